#include "core/join/read_dump.h"

#include <utility>

#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

}  // namespace

ReadDump ReadDumpFrom(OpenDump open) {
  return [open = std::move(open)](
             absl::FunctionRef<absl::Status(absl::Span<const char>)> sink) -> absl::Status {
    INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<StreamSource> dump, open());
    std::vector<char> piece(kPieceBytes);
    while (true) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      INGOT_ASSIGN_OR_RETURN(const size_t got, dump->Read(absl::MakeSpan(piece)));
      if (got == 0) return dump->Finish();
      INGOT_RETURN_IF_ERROR(sink(absl::MakeConstSpan(piece).first(got)));
    }
  };
}

absl::StatusOr<DumpTables> ReadRows(const ReadDump& read_dump, std::optional<DumpDialect> dialect,
                                    const std::vector<WantedTable>& wanted, RowSink* sink) {
  DumpReader reader(dialect, wanted, sink);
  INGOT_RETURN_IF_ERROR(read_dump([&reader](absl::Span<const char> bytes) {
    reader.Feed(bytes);
    return absl::OkStatus();
  }));
  DumpTables tables;
  tables.understood = reader.Finish();
  for (size_t table = 0; table < wanted.size(); ++table) {
    tables.has_table.push_back(reader.HasTable(table));
  }
  return tables;
}

}  // namespace ingot
