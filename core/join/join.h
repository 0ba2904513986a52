// The join: every content URL that a dump's rows refer to, against the files of the same container.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/create/create.h"
#include "core/format/index.h"
#include "core/join/dump_reader.h"
#include "core/join/referenced_urls.h"
#include "core/join/result.h"
#include "core/manifest.h"

namespace ingot {

struct ContentRoot {
  std::string member_path;
  StageRole role = StageRole::kOther;
};
// Of the manifest's content stages.
std::vector<ContentRoot> ContentRoots(const Manifest& manifest);

using EntryVisitor = absl::FunctionRef<absl::Status(const IndexEntry&)>;
// Visits all entries of a container, finished or in the making.
using VisitEntries = std::function<absl::Status(EntryVisitor)>;

// Reads the dump from its first byte to its last, as often as it is called.
using ReadDump =
    std::function<absl::Status(absl::FunctionRef<absl::Status(absl::Span<const char>)> sink)>;
using OpenDump = std::function<absl::StatusOr<std::unique_ptr<StreamSource>>()>;
ReadDump ReadDumpFrom(OpenDump open);

struct JoinInput {
  ReferencedUrls* urls = nullptr;  // finished; used up
  std::vector<ContentRoot> roots;
  VisitEntries visit_entries;
  // To name the problems and their nodes: only called when there are any.
  ReadDump read_dump;
  std::optional<DumpDialect> dialect;
};

// "store://P" is the file P below any root of the content store; failing that below any other
// content root; failing that below the deleted content (recoverable). Errors are those of
// visit_entries and read_dump.
absl::StatusOr<JoinResult> JoinContent(const JoinInput& input);

// kNotPossible; `why` is the end of the sentence "the dump cannot be joined with the content: ...".
JoinResult JoinNotPossible(std::string why);

}  // namespace ingot
