// An SQL text for SQLite, cut into its statements as it streams by.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ingot::tools {

class SqliteStatements {
 public:
  static constexpr size_t kStatementBytesMax = 1'000'000'000;  // SQLite's own limit
  static constexpr size_t kTriggerBytesMax = size_t{256}
                                             << 10;  // looked at once for each of its ';'

  // Pieces are cut anywhere. `statement` gets whole ones, with their semicolon; an error of its own
  // ends the call. DataLoss for what is longer than the limits.
  absl::Status Feed(absl::Span<const char> bytes,
                    absl::FunctionRef<absl::Status(const std::string&)> statement);
  // DataLoss when the text ends in the middle of a statement.
  absl::Status Finish() const;

 private:
  enum class State { kNormal, kQuoted, kLineComment, kBlockComment };
  // Whether a statement ends here.
  bool Step(char c);
  void StepNormal(char c);
  bool IsComplete() const;

  State state_ = State::kNormal;
  char quote_ = 0;     // that ends what is quoted
  char previous_ = 0;  // for the two characters of comments
  bool blank_ = true;  // white space and comments only
  std::string begin_;  // the statement's first letters without comments, in upper case
  std::string statement_;
};

}  // namespace ingot::tools
