#include "tools/restore/sqlite_statements.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr size_t kBeginKept = 32;  // "EXPLAIN CREATE TEMPORARY TRIGGER"

}  // namespace

void SqliteStatements::StepNormal(char c) {
  const char previous = std::exchange(previous_, c);
  if (c == '\'' || c == '"' || c == '`' || c == '[') {
    state_ = State::kQuoted;
    quote_ = c == '[' ? ']' : c;
  } else if (c == '-' && previous == '-') {
    state_ = State::kLineComment;
  } else if (c == '*' && previous == '/') {
    state_ = State::kBlockComment;
    previous_ = 0;
  }
  const bool space = absl::ascii_isspace(static_cast<unsigned char>(c));
  if (state_ == State::kLineComment || state_ == State::kBlockComment) {
    if (!begin_.empty()) begin_.pop_back();  // the comment's first character
    return;
  }
  if (!space && c != ';' && c != '-' && c != '/') blank_ = false;
  if (begin_.size() < kBeginKept && (!space || (!begin_.empty() && begin_.back() != ' '))) {
    begin_ += space ? ' ' : absl::ascii_toupper(static_cast<unsigned char>(c));
  }
}

bool SqliteStatements::Step(char c) {
  switch (state_) {
    case State::kNormal:
      StepNormal(c);
      return c == ';' && state_ == State::kNormal;
    case State::kQuoted:
      if (c == quote_) state_ = State::kNormal;
      previous_ = 0;
      return false;
    case State::kLineComment:
      if (c == '\n') state_ = State::kNormal;
      return false;
    case State::kBlockComment:
      if (std::exchange(previous_, c) == '*' && c == '/') {
        state_ = State::kNormal;
        previous_ = 0;
      }
      return false;
  }
  return false;
}

// Only a trigger has semicolons of its own.
bool SqliteStatements::IsComplete() const {
  if (!absl::StrContains(begin_, "TRIGGER")) return true;
  return sqlite3_complete(statement_.c_str()) != 0;
}

absl::Status SqliteStatements::Feed(absl::Span<const char> bytes,
                                    absl::FunctionRef<absl::Status(const std::string&)> statement) {
  for (size_t i = 0; i < bytes.size();) {
    if (state_ == State::kQuoted && bytes[i] != quote_) {  // long values
      const void* end = std::memchr(bytes.data() + i, quote_, bytes.size() - i);
      const size_t length =
          end == nullptr ? bytes.size() - i
                         : static_cast<size_t>(static_cast<const char*>(end) - (bytes.data() + i));
      statement_.append(bytes.data() + i, length);
      i += length;
    } else {
      const char c = bytes[i++];
      statement_ += c;
      if (Step(c) && IsComplete()) {
        if (!blank_) INGOT_RETURN_IF_ERROR(statement(statement_));
        statement_.clear();
        begin_.clear();
        blank_ = true;
        previous_ = 0;
      } else if (c == ';' && state_ == State::kNormal && statement_.size() > kTriggerBytesMax) {
        return absl::DataLossError("refused: the dump has a trigger that is too long");
      }
    }
    if (statement_.size() > kStatementBytesMax) {
      return absl::DataLossError("refused: the dump has a statement that is longer than SQLite's");
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteStatements::Finish() const {
  if (blank_ && state_ != State::kQuoted && state_ != State::kBlockComment) return absl::OkStatus();
  return absl::DataLossError("refused: the dump ends in the middle of a statement");
}

}  // namespace ingot::tools
