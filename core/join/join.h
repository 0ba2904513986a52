// The join: every content URL that a dump's rows refer to, against the files of the same container.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/join/content_files.h"
#include "core/join/dump_reader.h"
#include "core/join/read_dump.h"
#include "core/join/referenced_urls.h"
#include "core/join/result.h"

namespace ingot {

struct JoinInput {
  ReferencedUrls* urls = nullptr;  // finished; used up
  std::vector<ContentRoot> roots;  // core/join/content_files.h
  VisitEntries visit_entries;
  // To name the problems and their nodes: only called when there are any.
  ReadDump read_dump;
  std::optional<DumpDialect> dialect;
};

// "store://P" is the file P below any root of the content store or another store; failing that
// below any other content root (recoverable). Without a content store every root but the deleted
// content is one. Problems come by state as in ContentState, then by URL. Missing content is
// kFailed even where the rows do not tell all that is referenced. Errors are those of visit_entries
// and read_dump.
absl::StatusOr<JoinResult> JoinContent(const JoinInput& input);

// `why` is the end of a sentence that begins "the dump cannot be joined with the content: ".
JoinResult JoinNotPossible(absl::string_view why);

}  // namespace ingot
