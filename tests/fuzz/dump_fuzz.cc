// The rows of a dump are the same however it is cut into pieces, and bounded by the dump.
#include "core/join/referenced_urls.h"
#include "tests/core/join/dump_rows.h"
#include "tests/fuzz/fuzz_input.h"

namespace ingot {
namespace {

const std::vector<WantedTable>& Wanted() {
  static const std::vector<WantedTable> wanted = {
      {"alf_content_url", {"id", "content_url", "content_size"}}, {"t", {"b", "a"}}};
  return wanted;
}

std::optional<DumpDialect> Dialect(size_t choice) {
  constexpr DumpDialect kDialects[] = {DumpDialect::kPostgresql, DumpDialect::kMysql,
                                       DumpDialect::kSqlite};
  if (choice == std::size(kDialects)) return std::nullopt;
  return kDialects[choice];
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const std::optional<DumpDialect> dialect = Dialect(input.Choice(4));
  const size_t first = input.Byte();
  const size_t piece = 1 + input.Byte();
  const absl::string_view dump = input.Rest();
  const ReadDump whole = ReadRows(dialect, Wanted(), dump);
  const ReadDump cut = ReadRows(dialect, Wanted(), dump, std::min(first, dump.size()), piece);
  INGOT_CHECK(whole.status.ok() == cut.status.ok());
  INGOT_CHECK(whole.rows == cut.rows);
  if (whole.status.ok()) INGOT_CHECK(whole.has_table == cut.has_table);
  INGOT_CHECK(whole.rows.size() <= dump.size());

  ReferencedUrls urls;
  DumpReader reader(dialect, ReferencedUrls::WantedTables(), &urls);
  reader.Feed(SpanOf(dump));
  urls.Finish(reader.Finish(), [&](size_t table) { return reader.HasTable(table); });
  INGOT_CHECK(urls.table().size() <= dump.size());
  return 0;
}
