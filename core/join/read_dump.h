// A dump that lies in a container, read as often as it is needed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/create/create.h"
#include "core/join/dump_reader.h"

namespace ingot {

// Reads the dump from its first byte to its last, as often as it is called.
using ReadDump =
    std::function<absl::Status(absl::FunctionRef<absl::Status(absl::Span<const char>)> sink)>;
using OpenDump = std::function<absl::StatusOr<std::unique_ptr<StreamSource>>()>;
ReadDump ReadDumpFrom(OpenDump open);

struct DumpTables {
  absl::Status understood;      // DumpReader::Finish
  std::vector<bool> has_table;  // of each wanted table
};
// One pass. Errors are read_dump's alone.
absl::StatusOr<DumpTables> ReadRows(const ReadDump& read_dump, std::optional<DumpDialect> dialect,
                                    const std::vector<WantedTable>& wanted, RowSink* sink);

}  // namespace ingot
