// What of a MySQL or MariaDB dump the client must not be given: statements that lead out of the
// database that is restored.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ingot::tools {

// Reads the dump as client and server do, code in /*! */ included, whatever version it is for. It
// refuses, as DataLoss with the statement's byte offset,
//   - USE; CREATE, DROP and ALTER of a database, but for ALTER DATABASE of the target itself, which
//     the dump programs write around triggers of another collation
//   - statements that make, change, fill or lock a table of another database
//   - what client and server, or two versions of the server, read differently
class MysqlGuard {
 public:
  explicit MysqlGuard(std::string database) : database_(std::move(database)) {}

  // The next piece, cut anywhere.
  absl::Status Feed(absl::Span<const char> bytes);
  // After the last piece. DataLoss when the dump ends in the middle of a string or comment.
  absl::Status Finish();

 private:
  // More of a statement is not kept: none of a dump's has its table behind it.
  static constexpr size_t kTokensKept = 64;
  static constexpr size_t kTokenBytesMax = 4096;
  static constexpr size_t kDelimiterBytesMax = 16;

  enum class State {
    kNormal,
    kQuoted,
    kQuotedEscape,  // behind a backslash
    kDash,          // behind "--"
    kCommentOpen,   // behind "/*"
    kCommentOpenM,  // behind "/*M"
    kVersion,       // digits behind "/*!"
    kBlockComment,
    kLineComment,
    kDelimiterLine,  // behind the word DELIMITER
  };
  struct Token {
    bool bare = false;  // a word without quotes
    bool symbol = false;
    std::string text;
  };

  absl::Status Step(char c);
  absl::Status StepNormal(char c);
  absl::Status StepSymbol(char c);
  absl::Status StepQuoted(char c);
  absl::Status StepDash(char c);
  absl::Status StepCommentOpen(char c);
  absl::Status StepVersion(char c);
  absl::Status StepComment(char c);
  absl::Status EndDelimiterLine();
  absl::Status EndWord();
  void AddToken(Token token);
  absl::Status BeginPart();
  absl::Status EndStatement(bool whole);
  absl::Status CheckParts();
  absl::Status CheckPart(size_t at);
  absl::Status CheckTable(size_t at) const;
  absl::Status CheckTables(size_t at) const;
  absl::Status CheckSet(size_t at);
  absl::Status CheckNoModes(size_t at) const;
  bool IsSqlMode(size_t at) const;
  size_t SkipWords(size_t at, absl::Span<const absl::string_view> words) const;
  bool IsWord(size_t at, absl::string_view word) const;
  absl::Status Refuse(absl::string_view what) const;

  const std::string database_;
  uint64_t offset_ = 0;     // of the byte at hand
  uint64_t statement_ = 0;  // where the statement begins
  State state_ = State::kNormal;
  std::string delimiter_ = ";";
  std::string tail_;  // the last bytes outside of strings and comments, at most a delimiter's
  char previous_ = 0;
  char quote_ = 0;
  bool quote_ended_ = false;  // with the byte before: the same quote again is a doubled one
  bool version_ = false;      // inside of /*! */
  bool ansi_quotes_ = false;
  bool in_body_ = false;  // of a routine: not run now
  std::string word_;
  std::string mark_;  // the version, or the rest of DELIMITER's line

  std::vector<Token> tokens_;
  std::vector<size_t> parts_ = {0};  // tokens that come first if a server skips what is before
};

}  // namespace ingot::tools
