// What a dump costs on its way past the reader of its rows: rows that are wanted, and all others.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/join/dump_reader.h"
#include "core/join/dump_tap.h"

namespace ingot {
namespace {

constexpr size_t kDumpBytes = size_t{8} << 20;
constexpr size_t kPieceBytes = size_t{128} << 10;
constexpr size_t kInsertBytes = size_t{1} << 20;  // of one extended INSERT
constexpr char kColumns[] =
    "id, content_url, content_url_short, content_url_crc, content_size, orphan_time";

std::string Url(uint64_t id) {
  return absl::StrCat("store://2026/11/23/", id % 24, "/", id % 60, "/0b6cbdd8-2c8a-4d3d-9a43-",
                      100'000'000'000 + id, ".bin");
}

std::string CopyRow(uint64_t id) {
  return absl::StrCat(id, "\t", Url(id), "\t", 100'000'000'000 + id, "\t", id * 7919 % 4294967291,
                      "\t", id * 31, "\t\\N\n");
}

std::string InsertRow(uint64_t id) {
  return absl::StrCat("(", id, ",'", Url(id), "','", 100'000'000'000 + id, "',",
                      id * 7919 % 4294967291, ",", id * 31, ",NULL)");
}

std::string CopyDump(const std::string& table) {
  std::string dump = absl::StrCat("COPY public.", table, " (", kColumns, ") FROM stdin;\n");
  for (uint64_t id = 1; dump.size() < kDumpBytes; ++id) dump += CopyRow(id);
  return dump + "\\.\n";
}

std::string MysqlDump(const std::string& table) {
  std::string dump = absl::StrCat("CREATE TABLE `", table, "` (", kColumns, ");\n");
  size_t insert_end = 0;
  for (uint64_t id = 1; dump.size() < kDumpBytes; ++id) {
    const bool begins = dump.size() >= insert_end;
    if (begins) {
      absl::StrAppend(&dump, id == 1 ? "" : ";\n", "INSERT INTO `", table, "` VALUES ");
      insert_end = dump.size() + kInsertBytes;
    }
    absl::StrAppend(&dump, begins ? "" : ",", InsertRow(id));
  }
  return dump + ";\n";
}

std::string RowInserts(const std::string& table) {
  std::string dump = absl::StrCat("CREATE TABLE ", table, " (", kColumns, ");\n");
  for (uint64_t id = 1; dump.size() < kDumpBytes; ++id)
    absl::StrAppend(&dump, "INSERT INTO ", table, " VALUES", InsertRow(id), ";\n");
  return dump;
}

// Blobs as mysqldump --hex-blob writes them.
std::string HexBlobs() {
  std::string dump;
  while (dump.size() < kDumpBytes)
    absl::StrAppend(&dump, "INSERT INTO `blobs` VALUES (1,0x", std::string(1 << 20, 'A'), ");\n");
  return dump;
}

class CountingSink : public RowSink {
 public:
  void Row(size_t, RowValues values) override { benchmark::DoNotOptimize(values.size()); }
};

void Read(benchmark::State& state, DumpDialect dialect, const std::string& dump) {
  CountingSink sink;
  for (auto _ : state) {
    DumpReader reader(
        dialect,
        {{"alf_content_url",
          {"id", "content_url", "content_url_short", "content_url_crc", "content_size"}}},
        &sink);
    absl::Span<const char> rest = dump;
    for (; !rest.empty(); rest.remove_prefix(std::min(kPieceBytes, rest.size())))
      reader.Feed(rest.subspan(0, kPieceBytes));
    if (!reader.Finish().ok()) return state.SkipWithError("not understood");
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * dump.size()));
}

void BM_CopyWanted(benchmark::State& state) {
  Read(state, DumpDialect::kPostgresql, CopyDump("alf_content_url"));
}
BENCHMARK(BM_CopyWanted);
void BM_CopySkipped(benchmark::State& state) {
  Read(state, DumpDialect::kPostgresql, CopyDump("alf_node_properties"));
}
BENCHMARK(BM_CopySkipped);
void BM_MysqlWanted(benchmark::State& state) {
  Read(state, DumpDialect::kMysql, MysqlDump("alf_content_url"));
}
BENCHMARK(BM_MysqlWanted);
void BM_MysqlSkipped(benchmark::State& state) {
  Read(state, DumpDialect::kMysql, MysqlDump("alf_node_properties"));
}
BENCHMARK(BM_MysqlSkipped);
void BM_MysqlSkippedBlobs(benchmark::State& state) { Read(state, DumpDialect::kMysql, HexBlobs()); }
BENCHMARK(BM_MysqlSkippedBlobs);
void BM_SqliteWanted(benchmark::State& state) {
  Read(state, DumpDialect::kSqlite, RowInserts("alf_content_url"));
}
BENCHMARK(BM_SqliteWanted);
void BM_SqliteSkipped(benchmark::State& state) {
  Read(state, DumpDialect::kSqlite, RowInserts("alf_node_properties"));
}
BENCHMARK(BM_SqliteSkipped);

// A dump program that is never waited for.
class MemorySource : public StreamSource {
 public:
  explicit MemorySource(const std::string* bytes) : rest_(*bytes) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t size = std::min(out.size(), rest_.size());
    std::copy_n(rest_.data(), size, out.data());
    rest_.remove_prefix(size);
    return size;
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  absl::string_view rest_;
};

void Drain(StreamSource* source, benchmark::State& state) {
  std::vector<char> buffer(kPieceBytes);
  absl::StatusOr<size_t> size = 1;
  while (size.ok() && *size > 0) size = source->Read(absl::MakeSpan(buffer));
  if (!size.ok() || !source->Finish().ok()) state.SkipWithError("cannot read");
}

// The time that whoever reads the dump needs, without the tap and with it.
void BM_DrainWithoutTap(benchmark::State& state) {
  const std::string dump = MysqlDump("alf_content_url");
  for (auto _ : state) {
    MemorySource source(&dump);
    Drain(&source, state);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * dump.size()));
}
BENCHMARK(BM_DrainWithoutTap)->UseRealTime();
void BM_DrainWithTap(benchmark::State& state) {
  const std::string dump = MysqlDump(state.range(0) == 0 ? "alf_node" : "alf_content_url");
  CountingSink sink;
  for (auto _ : state) {
    MemorySource source(&dump);
    DumpTap tap(&source, DumpDialect::kMysql,
                {{"alf_content_url", {"id", "content_url", "content_size"}}}, &sink);
    Drain(&tap, state);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * dump.size()));
}
BENCHMARK(BM_DrainWithTap)->Arg(0)->Arg(1)->UseRealTime();

}  // namespace
}  // namespace ingot
