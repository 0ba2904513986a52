#include "tools/restore/mysql_guard.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr absl::string_view kNeverExecuted = "999999";  // MariaDB's sandbox comment
constexpr size_t kVersionDigitsMax = 6;

// All servers that live run code for this version or an older one. Of newer code some servers run
// all, others nothing, and MariaDB not MySQL's.
constexpr int kVersionAlwaysRun = 50503;
constexpr size_t kVersionDigits = 5;

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}
size_t SkipDigits(absl::string_view word, size_t at) {
  while (at < word.size() && absl::ascii_isdigit(static_cast<unsigned char>(word[at]))) ++at;
  return at;
}

// "1e5select", behind a '.' "5select", behind "1." "e5select": to the server two words.
bool IsNumberAndMore(absl::string_view word, bool behind_dot, bool behind_number_dot) {
  size_t end = SkipDigits(word, 0);
  const bool number = end > 0 || behind_number_dot;
  if (number && end < word.size() && (word[end] == 'e' || word[end] == 'E')) {
    const size_t digits = SkipDigits(word, end + 1);
    if (digits > end + 1) return digits < word.size();
    if (digits == word.size()) return false;  // of 1e-5
  }
  return end > 0 && behind_dot && end < word.size();
}

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

}  // namespace

absl::Status MysqlGuard::Refuse(absl::string_view what) const {
  return absl::DataLossError(
      absl::StrCat("refused: the statement at byte ", statement_, " of the dump ", what));
}

absl::Status MysqlGuard::RefuseIf(const std::string& wrong) const {
  return wrong.empty() ? absl::OkStatus() : Refuse(wrong);
}

absl::Status MysqlGuard::AddToken(MysqlToken token) {
  if (all_uncertain_ && !uncertain_) return Refuse("begins with code that not every server runs");
  behind_dot_ = token.symbol && token.text == ".";
  behind_number_dot_ = behind_dot_ && behind_number_;
  behind_number_ = token.bare && SkipDigits(token.text, 0) > 0;
  routine_.Add(token);
  if (routine_.is_unclear()) {
    return Refuse("is a routine whose end client and server may see in different places");
  }
  if (!in_body_) return RefuseIf(part_.Add(std::move(token)));
  session_.AddStored(token);
  return absl::OkStatus();
}

// DELIMITER is MariaDB's client's command at a statement's begin, MySQL's wherever the ten bytes
// "delimiter " stand outside of strings and comments, be it behind other letters.
absl::Status MysqlGuard::EndWord(char next) {
  if (word_.empty()) return absl::OkStatus();
  const std::string word = std::exchange(word_, "");
  const bool begins = part_.empty() && !in_pieces_ && !version_;
  if (begins && absl::EqualsIgnoreCase(word, "delimiter")) {
    state_ = State::kDelimiterLine;
    mark_.clear();
    return absl::OkStatus();
  }
  if (IsNumberAndMore(word, behind_dot_, behind_number_dot_)) {
    return Refuse("has a word right behind a number");
  }
  if (absl::EndsWithIgnoreCase(word, "delimiter") && (next == ' ' || part_.empty())) {
    return Refuse("has a DELIMITER in its middle: write the name in it between `");
  }
  return AddToken({true, false, word});
}

// A '-', '*' or '/' that begins or ends no comment.
absl::Status MysqlGuard::EndOperator(char c) {
  const bool lone = (previous_ == '-' && c != '-') || (previous_ == '/' && c != '*') ||
                    (previous_ == '*' && (c != '/' || !version_));
  if (!lone) return absl::OkStatus();
  return AddToken({false, true, std::string(1, std::exchange(previous_, '\0'))});
}

// Behind the version of a comment.
absl::Status MysqlGuard::BeginVersion() {
  int version = 0;
  const bool known = mark_.empty() || absl::SimpleAtoi(mark_, &version);
  if (!known || (!mark_.empty() && mark_.size() < kVersionDigits)) {
    return Refuse("has a comment /*! */ of an unknown version");
  }
  state_ = State::kNormal;
  version_ = true;
  tail_.clear();
  uncertain_ = of_mariadb_ || mark_.size() > kVersionDigits || version > kVersionAlwaysRun;
  if (!uncertain_) return absl::OkStatus();
  if (part_.empty() && !routine_.is_open() && !all_uncertain_) {
    all_uncertain_ = true;
  } else if (routine_.is_open() || !part_.may_differ_by_version()) {
    return Refuse("has code in its middle that not every server runs");
  }
  return absl::OkStatus();
}

// `whole`: at the delimiter; else at a ';', where the server may see its end.
absl::Status MysqlGuard::EndStatement(bool whole) {
  if (whole && version_) return Refuse("ends in the middle of a comment /*! */");
  if (uncertain_) return Refuse("ends in the middle of code that not every server runs");
  routine_.EndPiece();
  if (routine_.is_unclear() || (whole && routine_.is_open())) {
    return Refuse("is a routine whose end client and server may see in different places");
  }
  in_body_ = routine_.is_open();
  in_pieces_ = !whole;
  if (!in_body_) INGOT_RETURN_IF_ERROR(RefuseIf(part_.End()));
  all_uncertain_ = false;
  tail_.clear();
  return absl::OkStatus();
}

absl::Status MysqlGuard::EndDelimiterLine() {
  state_ = State::kNormal;
  const absl::string_view delimiter = absl::StripAsciiWhitespace(mark_);
  const bool known =
      delimiter == "//" ||
      (!delimiter.empty() && delimiter.find_first_not_of(";$|") == absl::string_view::npos);
  if (!known) return Refuse("is a DELIMITER that no dump program writes");
  delimiter_ = std::string(delimiter);
  tail_.clear();
  return EndStatement(true);
}

absl::Status MysqlGuard::StepNormal(char c) {
  if (std::exchange(quote_ended_, false)) {
    if (c == quote_) {  // doubled
      if (mark_.size() < kTokenBytesMax) mark_ += c;
      state_ = State::kQuoted;
      return absl::OkStatus();
    }
    INGOT_RETURN_IF_ERROR(AddToken({false, false, std::exchange(mark_, "")}));
  }
  INGOT_RETURN_IF_ERROR(EndOperator(c));
  if (part_.empty() && word_.empty() && IsSpace(c)) statement_ = offset_ + 1;
  bool ends = c == delimiter_.back();
  if (delimiter_.size() > 1) {
    tail_ += c;
    if (tail_.size() > delimiter_.size()) tail_.erase(0, 1);
    ends = tail_ == delimiter_;
  }
  if (!ends && IsWordByte(c)) {
    // "into@x"
    if (c == '@' && !word_.empty() && word_.back() != '@') INGOT_RETURN_IF_ERROR(EndWord(c));
    if (state_ == State::kDelimiterLine) return Step(c);
    if (word_.size() < kTokenBytesMax) {
      word_ += c;
    } else if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      return Refuse("has a word longer than any dump's");
    }
    previous_ = 0;
    return absl::OkStatus();
  }
  INGOT_RETURN_IF_ERROR(EndWord(c));
  if (state_ == State::kDelimiterLine) return Step(c);
  if (ends || c == ';') {
    previous_ = 0;
    INGOT_RETURN_IF_ERROR(EndStatement(ends));
    // The first byte of a delimiter of two.
    if (!ends) tail_ = ";";
    statement_ = offset_ + 1;
    return absl::OkStatus();
  }
  return StepSymbol(c);
}

absl::Status MysqlGuard::StepSymbol(char c) {
  const char previous = std::exchange(previous_, c);
  const auto enter = [this](State state) {
    state_ = state;
    previous_ = 0;
    mark_.clear();
    tail_.clear();
    return absl::OkStatus();
  };
  switch (c) {
    case '\'':
    case '"':
    case '`':
      quote_ = c;
      return enter(State::kQuoted);
    case '#':
      return enter(State::kLineComment);
    case '-':
      return previous == '-' ? enter(State::kDash) : absl::OkStatus();
    case '*':
      return previous == '/' ? enter(State::kCommentOpen) : absl::OkStatus();
    case '/':
      if (previous != '*' || !version_) return absl::OkStatus();
      version_ = uncertain_ = false;
      previous_ = 0;
      return absl::OkStatus();
    case '\\':
    case '\0':
      return Refuse("has a backslash or a NUL outside of strings: no dump needs it");
    default:
      return IsSpace(c) ? absl::OkStatus() : AddToken({false, true, std::string(1, c)});
  }
}

absl::Status MysqlGuard::StepQuoted(char c) {
  if (c == '\\' && quote_ != '`') {
    if (quote_ == '"' && session_.ansi_quotes()) return Refuse("has a backslash in a name");
    state_ = State::kQuotedEscape;
  } else if (c == quote_) {
    state_ = State::kNormal;
    quote_ended_ = true;
  } else if (uncertain_ && c == '/' && previous_ == '*') {
    // A server that skips the comment knows no strings in it.
    return Refuse("has a string with */ in a comment /*! */ that not every server runs");
  } else if (mark_.size() < kTokenBytesMax && part_.needs_texts()) {
    mark_ += c;
  }
  previous_ = c == quote_ ? '\0' : c;
  return absl::OkStatus();
}

absl::Status MysqlGuard::StepDash(char c) {
  if (IsSpace(c)) {
    state_ = State::kLineComment;
    return StepComment(c);
  }
  if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
    return Refuse("has a control character behind --");
  }
  state_ = State::kNormal;
  previous_ = '-';
  INGOT_RETURN_IF_ERROR(AddToken({false, true, "-"}));
  return StepNormal(c);
}

absl::Status MysqlGuard::StepCommentOpen(char c) {
  if (c == '!') {
    if (version_) return Refuse("has a comment /*! */ in another");
    of_mariadb_ = state_ == State::kCommentOpenM;
    state_ = State::kVersion;
    mark_.clear();
    return absl::OkStatus();
  }
  if (c == 'M' && state_ == State::kCommentOpen) {
    state_ = State::kCommentOpenM;
    return absl::OkStatus();
  }
  if (uncertain_) return Refuse("has a comment in code that not every server runs");
  state_ = State::kBlockComment;
  return StepComment(c);
}

absl::Status MysqlGuard::StepVersion(char c) {
  if (absl::ascii_isdigit(static_cast<unsigned char>(c)) && mark_.size() < kVersionDigitsMax) {
    mark_ += c;
    return absl::OkStatus();
  }
  if (mark_ == kNeverExecuted) {
    state_ = State::kBlockComment;
    return StepComment(c);
  }
  INGOT_RETURN_IF_ERROR(BeginVersion());
  return StepNormal(c);
}

absl::Status MysqlGuard::StepComment(char c) {
  const char previous = std::exchange(previous_, c);
  const bool closes = previous == '*' && c == '/';
  if (state_ == State::kLineComment) {
    if (closes && version_) return Refuse("has a line with */ in a comment /*! */");
    if (c != '\n') return absl::OkStatus();
  } else if (!closes) {
    return absl::OkStatus();
  }
  state_ = State::kNormal;
  previous_ = 0;
  tail_.clear();
  if (part_.empty()) statement_ = offset_ + 1;
  return absl::OkStatus();
}

absl::Status MysqlGuard::Step(char c) {
  switch (state_) {
    case State::kNormal:
      return StepNormal(c);
    case State::kQuoted:
      return StepQuoted(c);
    case State::kQuotedEscape:
      state_ = State::kQuoted;
      previous_ = c;
      if (mark_.size() < kTokenBytesMax && part_.needs_texts()) mark_ += c;
      return absl::OkStatus();
    case State::kDash:
      return StepDash(c);
    case State::kCommentOpen:
    case State::kCommentOpenM:
      return StepCommentOpen(c);
    case State::kVersion:
      return StepVersion(c);
    case State::kBlockComment:
    case State::kLineComment:
      return StepComment(c);
    case State::kDelimiterLine:
      if (c == '\n') return EndDelimiterLine();
      if (mark_.size() == kDelimiterBytesMax) return Refuse("is a very long DELIMITER");
      mark_ += c;
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status MysqlGuard::Feed(absl::Span<const char> bytes) {
  for (const char c : bytes) {
    const bool wide = session_.wide_characters() && (last_ & 0x80) != 0 && (c == '\\' || c == '`');
    if (wide) return Refuse("has a character that another character set reads in another way");
    last_ = c;
    INGOT_RETURN_IF_ERROR(Step(c));
    ++offset_;
  }
  return absl::OkStatus();
}

absl::Status MysqlGuard::Finish() {
  if (state_ == State::kDash) state_ = State::kLineComment;
  if (state_ == State::kDelimiterLine) INGOT_RETURN_IF_ERROR(EndDelimiterLine());
  if (state_ != State::kNormal && state_ != State::kLineComment) {
    return Refuse("is its last, in the middle of a string or a comment");
  }
  INGOT_RETURN_IF_ERROR(EndOperator('\n'));
  INGOT_RETURN_IF_ERROR(EndWord('\n'));
  if (quote_ended_) INGOT_RETURN_IF_ERROR(AddToken({false, false, std::exchange(mark_, "")}));
  return EndStatement(true);
}

}  // namespace ingot::tools
