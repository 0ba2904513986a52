// Single documents out of a backup, under their own names: no database server is needed, the dump's
// rows tell which file it is.
#pragma once

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/container/container.h"
#include "tools/exit_code.h"
#include "tools/report.h"

namespace ingot {

struct DocumentRestoreOptions {
  std::vector<std::string> nodes;  // UUIDs
  std::vector<std::string> content_urls;
  uint64_t write_bytes_per_second = 0;  // 0: no limit
  bool wanted() const { return !nodes.empty() || !content_urls.empty(); }
};
void AddDocumentRestoreFlags(CLI::App* verb, DocumentRestoreOptions* options);

// Into `directory`, which is made when only its last component is missing. Every version and copy
// that has the UUID comes back; names that occur twice are numbered. Existing files are kept unless
// `replace` is set. What is wrong with single documents is told and decides the exit code: 4
// damaged, 6 the backup has no content for it, 1 all else. InvalidArgument for a container that is
// no backup.
absl::StatusOr<ExitCode> RestoreDocuments(const Container& container,
                                          const DocumentRestoreOptions& options,
                                          const std::string& directory, bool replace,
                                          Report& report);

// A document's name as that of a file: without '/' and control characters, and not longer than a
// file system takes. Empty for an empty name.
std::string SafeFileName(absl::string_view name);

}  // namespace ingot
