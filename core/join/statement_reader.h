// The statements of one dialect's dump, token by token: finds the rows of wanted tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/join/copy_reader.h"
#include "core/join/sql_lexer.h"
#include "core/join/sql_literal.h"
#include "core/join/wanted_tables.h"

namespace ingot {

// Of one statement before its rows.
inline constexpr size_t kHeadTokensMax = 100'000;
inline constexpr size_t kHeadBytesMax = 4 << 20;
// Of one value.
inline constexpr size_t kValueTokensMax = 1000;

class StatementReader {
 public:
  // `tables` and `sink` must outlive this.
  StatementReader(DumpDialect dialect, WantedTables* tables, RowSink* sink);

  // FailedPrecondition: the end of a sentence that begins with the dump. Nothing is to follow then.
  absl::Status Feed(absl::Span<const char> bytes);
  absl::Status Finish();

 private:
  enum class Kind { kOther, kInsert, kCopy, kCreate, kSet, kUse };
  enum class Where {
    kStart,
    kHead,       // tokens are collected
    kRest,       // nothing of it is wanted
    kRowStart,   // "(" is to come
    kRow,        // inside of the parentheses
    kRowEnd,     // "," or the end
    kDelimiter,  // its line is to come
    kBackslash,  // psql's command
    kCopyLine,   // the end of COPY's line
  };

  absl::Status Token(const SqlToken& token);
  absl::Status Start(const SqlToken& token);
  absl::Status Head(const SqlToken& token);
  absl::Status HeadEnd();
  absl::Status LineToken(absl::string_view line);
  bool EndsStatement(const SqlToken& token);
  void Collect(const SqlToken& token);
  void FollowBody(const SqlToken& token);
  absl::Status BeginRows();
  absl::Status BeginCopy();
  absl::Status CreateTable();
  void Set();
  void SetSqlMode(const std::string& name, const ValueToken& value);

  absl::Status RowToken(const SqlToken& token);
  absl::Status RowEnd();
  absl::Status BetweenRows(const SqlToken& token);
  absl::Status AddToValue(const SqlToken& token);
  absl::Status EndValue();
  void BeginValue();
  bool ValueIsWanted() const;
  bool IsWholeValue(const SqlToken& token) const;
  absl::Status UnknownValue() const;

  const DumpDialect dialect_;
  WantedTables* const tables_;
  RowSink* const sink_;
  SqlLexer lexer_;
  CopyReader copy_;
  uint64_t offset_ = 0;  // of the piece at hand

  Kind kind_ = Kind::kOther;
  Where where_ = Where::kStart;
  bool copying_ = false;
  std::vector<ValueToken> head_;
  size_t head_bytes_ = 0;
  bool head_is_cut_ = false;
  int head_depth_ = 0;  // of parentheses
  int body_depth_ = 0;  // PostgreSQL: BEGIN ATOMIC ... END
  bool is_routine_ = false;
  bool is_trigger_ = false;
  int trigger_end_ = 0;  // SQLite: 1 after ";", 2 after "; END"
  std::string sql_mode_;
  absl::flat_hash_map<std::string, std::string> saved_modes_;  // by variable

  RowShape shape_;
  RowBuffer row_;
  size_t column_ = 0;
  int depth_ = 0;  // of parentheses, inside of the row
  std::vector<ValueToken> value_;
  size_t value_size_ = 0;
  size_t value_bytes_ = 0;
  bool has_whole_ = false;  // the value is one token, in row_ already
};

}  // namespace ingot
