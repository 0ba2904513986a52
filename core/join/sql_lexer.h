// Tokens of an SQL dump that arrives in pieces cut anywhere, as the vendor's own client cuts them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "core/join/dump_reader.h"

namespace ingot {

enum class SqlTokenKind {
  kWord,        // keyword, bare name, variable
  kQuotedName,  // "x", `x`, [x]
  kString,      // 'x', $$x$$, MySQL's "x"
  kNumber,
  kSymbol,  // one byte
  kEnd,     // of a statement: ';', or what DELIMITER says
  kLine,    // the rest of a line, after TakeLine
};

struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kSymbol;
  absl::string_view text;    // of strings and quoted names: what is between the quotes, undecoded
  char quote = 0;            // the opening one
  char prefix = 0;           // of x'..', e'..', b'..', n'..': that letter in lower case
  bool has_escapes = false;  // there are backslash escapes or doubled quotes to decode
  bool is_cut = false;       // the text was longer than kTokenBytesMax, or not wanted
};

// More of one token is not kept.
inline constexpr size_t kTokenBytesMax = 1 << 20;
// Of DELIMITER, dollar quotes, versions in comments.
inline constexpr size_t kMarkBytesMax = 64;

// Memory: one token. Not thread-safe.
class SqlLexer {
 public:
  explicit SqlLexer(DumpDialect dialect);

  // The next token of [*cursor, end); *cursor moves behind it. False: all is taken, go on with the
  // next piece. The token's text is valid until the next call and while the piece is.
  bool Next(const char** cursor, const char* end, SqlToken* token);

  // Up to the next kEnd no other token is given.
  void SkipStatement() { skipping_ = true; }
  // The next token is the rest of the line.
  void TakeLine();
  // Whether the texts of strings are kept.
  void KeepStrings(bool keep) { keep_strings_ = keep; }

  // PostgreSQL: a backslash in '..' is an escape unless strings conform to the standard.
  void SetStandardStrings(bool standard) { backslash_escapes_ = !standard; }
  // MySQL's sql_mode.
  void SetMode(bool ansi_quotes, bool backslash_escapes);
  // MySQL's DELIMITER. False for one that could be a part of other tokens.
  bool SetDelimiter(absl::string_view delimiter);

  bool backslash_escapes() const { return backslash_escapes_; }
  // Nothing has begun that did not end.
  bool IsBetweenTokens() const {
    return state_ == State::kBetween || state_ == State::kLineComment;
  }

 private:
  enum class State {
    kBetween,
    kWord,
    kNumber,
    kQuoted,
    kQuotedEscape,  // after a backslash
    kQuotedEnd,     // after a quote that may be doubled
    kDollarTag,
    kDollarBody,
    kDash,
    kDashDash,  // MySQL: a comment only before white space
    kSlash,
    kStar,  // in a versioned comment
    kCommentOpen,
    kCommentOpenM,
    kCommentVersion,
    kBlockComment,
    kLineComment,
    kDelimiter,
    kLine,
  };

  bool Step(SqlToken* token);  // true: a token
  bool Between(SqlToken* token);
  bool Begin(char c, SqlToken* token);
  bool Word(SqlToken* token);
  bool Number(SqlToken* token);
  bool Quoted(SqlToken* token);
  bool QuotedEnd(SqlToken* token);
  bool DollarTag(SqlToken* token);
  bool DollarBody(SqlToken* token);
  bool Dash(SqlToken* token);
  bool DashDash(SqlToken* token);
  bool Slash(SqlToken* token);
  bool Star(SqlToken* token);
  bool CommentOpen();
  bool CommentVersion();
  bool BlockComment();
  bool LineComment();
  bool Delimiter(SqlToken* token);
  bool Line(SqlToken* token);
  bool SkipBetween(SqlToken* token);

  void BeginQuoted(char quote, char prefix);
  void BeginText(const char* at);
  void KeepText(const char* until);
  bool Emit(SqlTokenKind kind, const char* until, SqlToken* token);
  bool EmitSymbols(absl::string_view symbols, SqlToken* token);
  bool FollowsEscapeLetter() const;
  void FillSpecial();

  const DumpDialect dialect_;
  bool backslash_escapes_;
  bool ansi_quotes_ = false;
  std::string delimiter_ = ";";
  bool skipping_ = false;
  bool keep_strings_ = true;

  State state_ = State::kBetween;
  const char* cursor_ = nullptr;  // of the piece at hand
  const char* end_ = nullptr;
  const char* text_ = nullptr;  // where the token's text begins in it
  std::string partial_;         // the token's text from earlier pieces
  bool is_partial_ = false;
  bool is_cut_ = false;
  bool keep_ = true;  // this token's text
  bool has_escapes_ = false;
  bool escapes_ = false;  // of the quoted token at hand
  char quote_ = 0;
  char close_ = 0;
  char prefix_ = 0;
  const char* begin_ = nullptr;
  std::array<char, 2> before_ = {' ', ' '};  // the last two bytes of earlier pieces
  std::string mark_;                         // dollar tag with its dollars, version
  size_t matched_ = 0;                       // bytes of the mark or the delimiter
  bool versioned_ = false;                   // inside of /*! */
  int comment_depth_ = 0;                    // PostgreSQL's comments nest
  char comment_last_ = 0;                    // the byte before, inside of a comment
  std::string symbols_;                      // read already, to be given first
  std::array<bool, 256> special_;            // what a skipped statement stops at
};

}  // namespace ingot
