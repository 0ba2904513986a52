// Values of SQLite as SQL text that gives exactly the same value when it is read back.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/database/sqlite_connection.h"

namespace ingot::tools {

std::string QuoteIdentifier(absl::string_view name);  // "name"
std::string QuoteText(absl::string_view text);        // see LiteralWriter

// Writes one value after the other, large ones piece by piece.
//   NULL, integers, X'..' blobs
//   reals    the shortest decimal number that SQLite reads back as the same bits; its reading is
//   off by
//            one in the last place for a few numbers: these become a product of exact ones.
//            Infinities are 1e999 and -1e999
//   texts    '...'; line feeds, carriage returns and NULs through replace(), as the sqlite3 shell
//   reads
//            line by line, drops a carriage return before a line feed and stops at a NUL
class LiteralWriter {
 public:
  static absl::StatusOr<LiteralWriter> Make(SqliteConnection* connection);

  // The value must stay where it is until it is written: no step of `statement` meanwhile.
  absl::Status Begin(const SqliteStatement& statement, int column);
  // Appends the next piece, at most about kLiteralPieceBytes; false once all has been appended.
  bool Continue(std::string* out);

  // Bytes of SQL text that the value needs, roughly and not less.
  static uint64_t SqlBytes(const SqliteStatement& statement, int column);

 private:
  friend std::string QuoteText(absl::string_view text);
  explicit LiteralWriter(std::unique_ptr<SqliteStatement> cast) : cast_(std::move(cast)) {}
  void BeginText(absl::string_view text);
  absl::StatusOr<std::string> RealLiteral(double value);

  std::unique_ptr<SqliteStatement> cast_;  // what SQLite reads from a decimal number
  std::string before_;
  absl::string_view rest_;  // of a text or blob, not yet written
  bool is_blob_ = false;
  std::vector<std::pair<char, std::string>> replaced_;  // a byte, and what stands for it
  std::string after_;
};

inline constexpr size_t kLiteralPieceBytes = 16 << 10;

}  // namespace ingot::tools
