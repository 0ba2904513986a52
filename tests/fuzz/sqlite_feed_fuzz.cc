// A hostile SQLite dump: it may fill its own database and touch no other file.
#include <sqlite3.h>

#include <filesystem>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/scratch.h"
#include "tools/restore/sqlite_feed.h"

namespace ingot {
namespace {

// Of one input. A dump may take its time and room; a fuzzer has neither.
constexpr int kStepsMax = 200'000;
constexpr int kValueBytesMax = 1 << 20;
constexpr int64_t kHeapBytesMax = int64_t{256} << 20;

void Feed(const std::string& file, absl::string_view dump, size_t piece) {
  const absl::StatusOr<std::unique_ptr<tools::SqliteConnection>> connection =
      tools::SqliteConnection::OpenForRestore(file);
  INGOT_CHECK(connection.ok());
  sqlite3* const handle = (*connection)->handle();
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kValueBytesMax);
  sqlite3_progress_handler(
      handle, kStepsMax, [](void*) { return 1; }, nullptr);
  sqlite3_exec(handle, "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF", nullptr, nullptr,
               nullptr);
  tools::SqliteFeed feed(connection->get());
  absl::Status status;
  for (; status.ok() && !dump.empty(); dump.remove_prefix(std::min(piece, dump.size())))
    status = feed.Feed(SpanOf(dump.substr(0, piece)));
  if (status.ok()) static_cast<void>(feed.Finish());
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  static const FuzzScratch scratch;
  static const bool set_up = [] {
    // Whatever name a statement opens, it is here.
    std::filesystem::current_path(scratch.path());
    sqlite3_hard_heap_limit64(kHeapBytesMax);
    return true;
  }();
  INGOT_CHECK(set_up);
  FuzzInput input(data, size);
  const size_t piece = 1 + input.Byte();
  Feed("db", input.Rest(), piece);
  for (const auto& entry : std::filesystem::directory_iterator(".")) {
    INGOT_CHECK(entry.path().filename() == "db");
  }
  std::filesystem::remove("db");
  return 0;
}
