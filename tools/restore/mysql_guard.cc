#include "tools/restore/mysql_guard.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr absl::string_view kNeverExecuted = "999999";  // MariaDB's sandbox comment
constexpr size_t kVersionDigitsMax = 6;

constexpr absl::string_view kModifiers[] = {
    "or",      "replace",      "temporary", "online", "offline", "ignore",
    "delayed", "low_priority", "into",      "quick",  "from",    "if",
    "not",     "exists",       "table",     "tables", "wait",    "high_priority"};
constexpr absl::string_view kRoutines[] = {"procedure", "function", "trigger", "event", "package"};

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

bool Contains(absl::Span<const absl::string_view> words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

absl::Status MysqlGuard::Refuse(absl::string_view what) const {
  return absl::DataLossError(
      absl::StrCat("refused: the statement at byte ", statement_, " of the dump ", what));
}

bool MysqlGuard::IsWord(size_t at, absl::string_view word) const {
  return at < tokens_.size() && tokens_[at].bare && absl::EqualsIgnoreCase(tokens_[at].text, word);
}

void MysqlGuard::AddToken(Token token) {
  if (tokens_.size() == kTokensKept) return;
  tokens_.push_back(std::move(token));
}

absl::Status MysqlGuard::EndWord() {
  if (word_.empty()) return absl::OkStatus();
  const std::string word = std::exchange(word_, "");
  if (absl::EndsWithIgnoreCase(word, "delimiter")) {
    if (word.size() != sizeof("delimiter") - 1 || version_ || !tokens_.empty()) {
      return Refuse("has a DELIMITER in its middle");
    }
    state_ = State::kDelimiterLine;
    mark_.clear();
    return absl::OkStatus();
  }
  AddToken({true, false, word});
  return absl::OkStatus();
}

// What comes next is the statement's begin for servers that skip what was before.
absl::Status MysqlGuard::BeginPart() {
  if (tokens_.size() == kTokensKept) {
    INGOT_RETURN_IF_ERROR(CheckParts());
    tokens_.clear();
    parts_.clear();
  }
  if (parts_.empty() || parts_.back() != tokens_.size()) parts_.push_back(tokens_.size());
  return absl::OkStatus();
}

absl::Status MysqlGuard::CheckParts() {
  for (const size_t part : parts_) INGOT_RETURN_IF_ERROR(CheckPart(part));
  return absl::OkStatus();
}

// `whole`: at the delimiter; else at a ';' that the server may take for the end of one.
absl::Status MysqlGuard::EndStatement(bool whole) {
  INGOT_RETURN_IF_ERROR(CheckParts());
  const auto is_routine = [](const Token& token) {
    return token.bare && Contains(kRoutines, absl::AsciiStrToLower(token.text));
  };
  in_body_ = !whole && (in_body_ || (IsWord(0, "create") && !IsWord(1, "table") &&
                                     std::any_of(tokens_.begin(), tokens_.end(), is_routine)));
  if (whole && version_) return Refuse("ends in the middle of a comment /*! */");
  tokens_.clear();
  parts_ = {0};
  tail_.clear();
  return absl::OkStatus();
}

size_t MysqlGuard::SkipWords(size_t at, absl::Span<const absl::string_view> words) const {
  while (at < tokens_.size() && tokens_[at].bare &&
         Contains(words, absl::AsciiStrToLower(tokens_[at].text)))
    ++at;
  return at;
}

absl::Status MysqlGuard::CheckTable(size_t at) const {
  at = SkipWords(at, kModifiers);
  if (at + 1 >= tokens_.size() || tokens_[at].symbol || tokens_[at + 1].text != "." ||
      !tokens_[at + 1].symbol || tokens_[at].text == database_) {
    return absl::OkStatus();
  }
  return Refuse(absl::StrCat("is about a table of another database, ", tokens_[at].text, ", than ",
                             database_));
}

absl::Status MysqlGuard::CheckTables(size_t at) const {
  if (tokens_.size() == kTokensKept) return Refuse("names more tables than any dump does");
  for (; at + 1 < tokens_.size(); ++at) {
    if (tokens_[at + 1].symbol && tokens_[at + 1].text == ".") {
      INGOT_RETURN_IF_ERROR(CheckTable(at));
    }
  }
  return absl::OkStatus();
}

// As tokens: "@@session.sql_mode" is three.
bool MysqlGuard::IsSqlMode(size_t at) const {
  return at < tokens_.size() && !tokens_[at].symbol &&
         absl::EndsWithIgnoreCase(tokens_[at].text, "sql_mode");
}

// Modes in which quotes mean something else, which no other form than a text can hide.
absl::Status MysqlGuard::CheckSet(size_t at) {
  if (!in_body_ && tokens_.size() == kTokensKept) return Refuse("is a SET longer than any dump's");
  for (; at < tokens_.size(); ++at) {
    const std::string text = absl::AsciiStrToLower(tokens_[at].text);
    if (absl::StrContains(text, "no_backslash_escapes")) {
      return Refuse("sets NO_BACKSLASH_ESCAPES, with which strings are read in another way");
    }
    if (absl::StrContains(text, "ansi_quotes")) ansi_quotes_ = true;
    // What a routine sets ends with it.
    if (in_body_ || !IsSqlMode(at)) continue;
    size_t value = at + 1;
    while (value < tokens_.size() && tokens_[value].symbol &&
           (tokens_[value].text == ":" || tokens_[value].text == "=")) {
      ++value;
    }
    if (value == at + 1) continue;  // it is the value
    const bool text_or_saved = value < tokens_.size() && !tokens_[value].symbol &&
                               (!tokens_[value].bare || IsSqlMode(value));
    const bool alone = value + 1 >= tokens_.size() ||
                       (tokens_[value + 1].symbol && tokens_[value + 1].text == ",");
    if (!text_or_saved || !alone) {
      return Refuse("sets sql_mode to something else than a text or what it was");
    }
  }
  return absl::OkStatus();
}

// A mode that was saved could be changed by SELECT ... INTO @saved_sql_mode.
absl::Status MysqlGuard::CheckNoModes(size_t at) const {
  for (; at < tokens_.size(); ++at) {
    if (tokens_[at].bare && absl::StartsWith(tokens_[at].text, "@") && IsSqlMode(at))
      return Refuse("uses a saved sql_mode: no dump needs that but in SET");
  }
  return absl::OkStatus();
}

absl::Status MysqlGuard::CheckPart(size_t at) {
  if (at >= tokens_.size() || !tokens_[at].bare) return absl::OkStatus();
  const std::string verb = absl::AsciiStrToLower(tokens_[at].text);
  if (verb != "set" && !in_body_) INGOT_RETURN_IF_ERROR(CheckNoModes(at));
  if (verb == "use") {
    return Refuse(absl::StrCat("is a USE, which leads to another database than ", database_,
                               ": it is no dump of one database; give it to the client by hand"));
  }
  const bool defines = verb == "create" || verb == "drop" || verb == "alter";
  const size_t object = defines ? SkipWords(at + 1, {"or", "replace"}) : at;
  if (defines && (IsWord(object, "database") || IsWord(object, "schema"))) {
    const bool target = verb == "alter" && object + 1 < tokens_.size() &&
                        !tokens_[object + 1].symbol && tokens_[object + 1].text == database_;
    if (target) return absl::OkStatus();
    return Refuse(absl::StrCat("is a ", absl::AsciiStrToUpper(verb),
                               " DATABASE: it is no dump of one database; give it to the client "
                               "by hand"));
  }
  // The client's own, whose reading of strings it changes.
  if (verb == "charset") return Refuse("is the client's command CHARSET: no dump needs it");
  if (verb == "set") return CheckSet(at + 1);
  if (in_body_) return absl::OkStatus();
  if (verb == "lock" || verb == "rename" || verb == "drop") return CheckTables(at + 1);
  constexpr absl::string_view kOneTable[] = {"insert",   "replace", "delete",
                                             "truncate", "update",  "load"};
  const size_t table = SkipWords(at + 1, {"or", "replace", "temporary", "online", "ignore"});
  if (Contains(kOneTable, verb) || (defines && IsWord(table, "table"))) return CheckTable(at + 1);
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
  const bool doubled = std::exchange(quote_ended_, false) && c == quote_;
  if (doubled && !tokens_.empty()) {
    if (tokens_.back().text.size() < kTokenBytesMax) tokens_.back().text += c;
    mark_ = tokens_.size() < kTokensKept ? std::move(tokens_.back().text) : "";
    if (tokens_.size() < kTokensKept) tokens_.pop_back();
    state_ = State::kQuoted;
    return absl::OkStatus();
  }
  if (tokens_.empty() && word_.empty() && IsSpace(c)) statement_ = offset_ + 1;
  bool ends = c == delimiter_.back();
  if (delimiter_.size() > 1) {
    tail_ += c;
    if (tail_.size() > delimiter_.size()) tail_.erase(0, 1);
    ends = tail_ == delimiter_;
  }
  if (!ends && IsWordByte(c)) {
    if (word_.size() < kTokenBytesMax) word_ += c;
    previous_ = 0;
    return absl::OkStatus();
  }
  INGOT_RETURN_IF_ERROR(EndWord());
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
      version_ = false;
      previous_ = 0;
      return BeginPart();
    case '\\':
    case '\0':
      return Refuse("has a backslash or a NUL outside of strings: no dump needs it");
    default:
      if (!IsSpace(c)) AddToken({false, true, std::string(1, c)});
      return absl::OkStatus();
  }
}

absl::Status MysqlGuard::StepQuoted(char c) {
  if (c == '\\' && quote_ != '`') {
    if (quote_ == '"' && ansi_quotes_) return Refuse("has a backslash in a name");
    state_ = State::kQuotedEscape;
  } else if (c == quote_) {
    state_ = State::kNormal;
    quote_ended_ = true;
    AddToken({false, false, std::move(mark_)});
    mark_.clear();
  } else if (version_ && c == '/' && previous_ == '*') {
    // A server that skips the comment knows no strings in it.
    return Refuse("has a string with */ in a comment /*! */");
  } else if (tokens_.size() < kTokensKept && mark_.size() < kTokenBytesMax) {
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
  return StepNormal(c);
}

absl::Status MysqlGuard::StepCommentOpen(char c) {
  if (c == '!') {
    if (version_) return Refuse("has a comment /*! */ in another");
    state_ = State::kVersion;
    mark_.clear();
    return absl::OkStatus();
  }
  if (c == 'M' && state_ == State::kCommentOpen) {
    state_ = State::kCommentOpenM;
    return absl::OkStatus();
  }
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
  state_ = State::kNormal;
  version_ = true;
  tail_.clear();
  INGOT_RETURN_IF_ERROR(BeginPart());
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
  if (tokens_.empty()) statement_ = offset_ + 1;
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
      if (mark_.size() < kTokenBytesMax) mark_ += c;
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
  INGOT_RETURN_IF_ERROR(EndWord());
  return EndStatement(true);
}

}  // namespace ingot::tools
