#include "tools/restore/psql_filter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "io/status.h"
#include "tools/restore/sql_roles.h"

namespace ingot::tools {
namespace {

constexpr size_t kWordsKept = 8;
constexpr size_t kCopyLineKept = 4;  // "\." with a carriage return, and one more

bool IsWordBegin(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string LineEndsOf(absl::string_view text) {
  return std::string(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), '\n');
}

// The name that \connect goes to: bare, quoted, or in a connection string as pg_dump writes it.
std::string ConnectTarget(absl::string_view arguments) {
  std::string name;
  for (absl::string_view word : absl::StrSplit(arguments, ' ', absl::SkipEmpty())) {
    if (absl::StartsWith(word, "-reuse-previous=")) continue;
    if (!name.empty()) return "";  // a user, a host: elsewhere
    name = std::string(word);
  }
  const auto unquote = [&name](char quote) {
    if (name.size() < 2 || name.front() != quote || name.back() != quote) return;
    name = name.substr(1, name.size() - 2);
  };
  unquote('"');
  if (absl::StartsWith(name, "dbname=")) {
    name = name.substr(7);
    unquote('\'');
  }
  return name;
}

bool EndsTransaction(absl::string_view word) {
  constexpr absl::string_view kWords[] = {"begin", "start",     "commit",  "end",    "rollback",
                                          "abort", "savepoint", "release", "prepare"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

bool BeginsFunction(const std::vector<std::string>& words) {
  if (words.empty() || words[0] != "create") return false;
  const size_t kind = words.size() > 2 && words[1] == "or" && words[2] == "replace" ? 3 : 1;
  return words.size() > kind && (words[kind] == "function" || words[kind] == "procedure");
}

}  // namespace

absl::Status PsqlFilter::Refuse(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat("refused: line ", line_, " of the dump ", what));
}

void PsqlFilter::ResetStatement() {
  statement_.clear();
  statement_given_ = false;
  statement_empty_ = true;
  words_.clear();
  last_word_.clear();
  begins_with_word_ = false;
  judged_ = PsqlStatement();
  lone_symbols_ = 0;
  parentheses_ = 0;
  blocks_ = 0;
  begin_pending_ = statement_begins_ = body_refused_ = false;
  behind_escape_string_ = false;
}

// As psql counts them; the server must see the same blocks, or what follows would not be in them.
void PsqlFilter::CountBlocks() {
  if (std::exchange(begin_pending_, false) && word_ != "atomic") body_refused_ = true;
  const bool first = std::exchange(statement_begins_, false);
  if (word_ == "begin") begin_pending_ = true;
  if (word_ == "begin" || (word_ == "case" && blocks_ > 0)) ++blocks_;
  if (word_ == "end" && blocks_ > 0) --blocks_;
  if (!first) return;
  if (EndsTransaction(word_) && (word_ != "end" || blocks_ > 0)) body_refused_ = true;
}

void PsqlFilter::EndWord() {
  if (word_.empty()) return;
  if (!word_is_number_) {
    judged_.AddWord(word_);
    if (words_.size() < kWordsKept) words_.push_back(word_);
    if (parentheses_ == 0 && BeginsFunction(words_)) CountBlocks();
  }
  last_word_ = std::exchange(word_, "");
}

bool PsqlFilter::StepDollar(char c) {
  if (!dollar_pending_) return false;
  if (c == '$') {
    dollar_ += c;
    dollar_pending_ = false;
    dollar_matched_ = 0;
    state_ = State::kDollar;
    return true;
  }
  if (IsWordBegin(c) || (IsDigit(c) && dollar_.size() > 1)) {
    dollar_ += c;
    return true;
  }
  dollar_pending_ = false;  // a parameter, or nothing at all
  return false;
}

bool PsqlFilter::StepWord(char c) {
  const bool more = IsWordBegin(c) || IsDigit(c) ||
                    (c == '$' && !word_.empty() && !word_is_number_) ||
                    (c == '.' && !word_.empty() && word_is_number_);
  if (!more) return false;
  if (word_.empty()) word_is_number_ = IsDigit(c);
  if (word_.size() < kWordBytesMax) {
    word_ += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return true;
}

absl::Status PsqlFilter::BeginString() {
  if (behind_escape_string_)
    return Refuse("goes on with a string in a way that pg_dump never does");
  if (!word_.empty() && word_is_number_ && !IsDigit(word_.back())) {
    return Refuse("has a string right behind a number");
  }
  state_ = word_ == "e" && !word_is_number_ ? State::kEscapeString : State::kString;
  return absl::OkStatus();
}

absl::Status PsqlFilter::StepSymbol(char c, std::string* out) {
  if (c == '\'') INGOT_RETURN_IF_ERROR(BeginString());
  // "1c$a$": a name behind a number, or the begin of a string.
  if (c == '$' && !word_.empty()) return Refuse("has a '$' right behind a number");
  EndWord();
  const char previous = std::exchange(previous_, c);
  switch (c) {
    case '"':
      if (previous == '&' && last_word_ == "u") return Refuse("has a name with Unicode escapes");
      state_ = State::kQuotedName;
      name_.clear();
      break;
    case '$':
      dollar_pending_ = true;
      dollar_ = "$";
      break;
    case '-':
    case '*':
      if (c == '-' && previous == '-') state_ = State::kLineComment;
      if (c == '*' && previous == '/') {
        state_ = State::kBlockComment;
        comment_depth_ = 1;
      }
      if (state_ == State::kNormal) {
        ++lone_symbols_;
      } else {
        --lone_symbols_;  // the comment's first byte
        previous_ = 0;
      }
      break;
    case '/':
      ++lone_symbols_;
      break;
    case '(':
      ++parentheses_;
      break;
    case ')':
      parentheses_ = std::max(0, parentheses_ - 1);
      break;
    case ';':
      if (body_refused_ || begin_pending_) {
        return Refuse("ends a routine whose body psql and the server may read differently");
      }
      statement_begins_ = parentheses_ == 0;
      if (parentheses_ == 0 && blocks_ == 0) return EndStatement(out);
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

absl::Status PsqlFilter::StepNormal(char c, std::string* out) {
  if (StepDollar(c)) return absl::OkStatus();
  const bool blank = absl::ascii_isspace(static_cast<unsigned char>(c));
  if (c == '\\') {
    if (!line_blank_ || !statement_empty_) {
      return Refuse("has a backslash command of psql's in the middle of a statement");
    }
    statement_.pop_back();  // the backslash
    state_ = State::kCommand;
    command_.clear();
    return absl::OkStatus();
  }
  if (StepWord(c)) {
    if (statement_empty_) begins_with_word_ = !IsDigit(c) && lone_symbols_ == 0;
    previous_ = 0;
    statement_empty_ = false;
    behind_escape_string_ = false;
    return absl::OkStatus();
  }
  INGOT_RETURN_IF_ERROR(StepSymbol(c, out));
  if (state_ == State::kNormal && !blank && c != ';' && c != '-' && c != '/') {
    statement_empty_ = false;
    behind_escape_string_ = false;
  }
  if (state_ == State::kString || state_ == State::kEscapeString || state_ == State::kQuotedName) {
    statement_empty_ = false;
  }
  return absl::OkStatus();
}

void PsqlFilter::StepBlockComment(char c) {
  const char previous = std::exchange(previous_, c);
  if (previous == '/' && c == '*') {
    ++comment_depth_;
    previous_ = 0;
  } else if (previous == '*' && c == '/') {
    previous_ = 0;
    if (--comment_depth_ == 0) state_ = State::kNormal;
  }
}

absl::Status PsqlFilter::Step(char c, std::string* out) {
  switch (state_) {
    case State::kEscapeQuote:
      if (c == '\'') {
        state_ = State::kEscapeString;
        return absl::OkStatus();
      }
      state_ = State::kNormal;
      behind_escape_string_ = true;
      return StepNormal(c, out);
    case State::kNormal:
      return StepNormal(c, out);
    case State::kString:
      if (c == '\'') state_ = State::kNormal;
      return absl::OkStatus();
    case State::kEscapeString:
      if (c == '\'') state_ = State::kEscapeQuote;
      if (c == '\\') {
        if (wide_characters_ && (last_ & 0x80) != 0) {
          return Refuse("has a character that another encoding reads in another way");
        }
        state_ = State::kEscaped;
      }
      return absl::OkStatus();
    case State::kEscaped:
      state_ = State::kEscapeString;
      return absl::OkStatus();
    case State::kQuotedName:
      if (c == '"') {
        state_ = State::kNormal;
        judged_.AddName(name_);
      } else if (name_.size() < kWordBytesMax) {
        name_ += c;
      }
      return absl::OkStatus();
    case State::kDollar:
      dollar_matched_ = c == dollar_[dollar_matched_] ? dollar_matched_ + 1 : (c == '$' ? 1 : 0);
      if (dollar_matched_ == dollar_.size()) {
        state_ = State::kNormal;
        statement_empty_ = false;
      }
      return absl::OkStatus();
    case State::kLineComment:
      if (c == '\n' || c == '\r') state_ = State::kNormal;
      return absl::OkStatus();
    case State::kBlockComment:
      StepBlockComment(c);
      return absl::OkStatus();
    case State::kCopyBegin:
      // psql runs what else is on the line when the data have ended.
      if (c == '\n') {
        state_ = State::kCopyData;
        absl::StrAppend(out, std::exchange(statement_, ""));
      } else if (!absl::ascii_isspace(static_cast<unsigned char>(c))) {
        return Refuse("goes on behind a COPY");
      }
      return absl::OkStatus();
    case State::kCommand:
    case State::kCopyData:
      break;
  }
  return absl::OkStatus();
}

// A character's second byte may be a backslash in encodings that are the client's only.
void PsqlFilter::NoteEncoding() {
  constexpr absl::string_view kSafe[] = {"utf",  "unicode", "sql", "latin", "iso",
                                         "koi8", "euc",     "win", "mule",  "alt"};
  if (words_.size() < 2 || words_[0] != "set" || words_[1] != "client_encoding") return;
  constexpr absl::string_view kSetting = "client_encoding";
  const std::string text = absl::AsciiStrToLower(statement_);
  absl::string_view name = text;
  name.remove_prefix(name.rfind(kSetting) + kSetting.size());
  name = absl::StripLeadingAsciiWhitespace(name);
  for (const absl::string_view before : {"to", "=", " ", "'", "\""})
    absl::ConsumePrefix(&name, before);
  const bool multibyte = absl::StartsWith(name, "win9") || absl::StartsWith(name, "windows9");
  const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-'\";") ==
                     absl::string_view::npos;  // no comment
  wide_characters_ = multibyte || !plain ||
                     std::none_of(std::begin(kSafe), std::end(kSafe), [&](absl::string_view safe) {
                       return absl::StartsWith(name, safe);
                     });
}

absl::Status PsqlFilter::EndStatement(std::string* out) {
  const bool copy = !words_.empty() && words_[0] == "copy";
  // Before a COPY, too: the server refuses it, and psql reads its rows as commands.
  if ((!statement_empty_ || lone_symbols_ > 0) && !begins_with_word_)
    return Refuse("begins with something else than a word");
  const PsqlStatement::Verdict verdict =
      judged_.Check(statement_given_ ? "" : absl::string_view(statement_), options_.database);
  if (!verdict.wrong.empty()) return Refuse(verdict.wrong);
  NoteEncoding();
  bool left_out = verdict.left_out;
  if (!statement_given_ && !left_out) {
    const SqlRoles named = RolesOf(words_, statement_);
    if (!options_.no_owner) roles_.insert(named.roles.begin(), named.roles.end());
    left_out = options_.no_owner && named.about_roles_only;
  }
  if (left_out) {
    absl::StrAppend(out, LineEndsOf(statement_));
  } else {
    if (words_.size() == 3 - (absl::StrContains(statement_, '"') ? 1 : 0) && !statement_given_ &&
        words_[0] == "create" && words_[1] == "schema") {
      const size_t schema = statement_.find("CREATE SCHEMA ");
      if (schema != std::string::npos) statement_.insert(schema + 14, "IF NOT EXISTS ");
    }
    absl::StrAppend(out, statement_);
  }
  ResetStatement();
  if (copy) {
    state_ = State::kCopyBegin;
  }
  return absl::OkStatus();
}

absl::Status PsqlFilter::EndCommand(std::string* out) {
  state_ = State::kNormal;
  absl::string_view command = absl::StripTrailingAsciiWhitespace(command_);
  const size_t blank = command.find(' ');
  const absl::string_view name = command.substr(0, blank);
  const absl::string_view arguments = blank == absl::string_view::npos ? "" : command.substr(blank);
  if (name == "connect" || name == "c") {
    const std::string target = ConnectTarget(arguments);
    if (target != options_.database) {
      return Refuse(absl::StrCat("connects to another database than ", options_.database));
    }
  } else if (name != "restrict" && name != "unrestrict" && command != ".") {
    return Refuse("is a backslash command of psql's, which can run programs: no dump needs it");
  }
  absl::StrAppend(out, statement_);  // comments before it
  statement_.clear();
  return absl::OkStatus();
}

// Returns how many bytes were data.
size_t PsqlFilter::TakeCopyData(absl::Span<const char> bytes, std::string* out) {
  size_t taken = 0;
  while (taken < bytes.size() && state_ == State::kCopyData) {
    const char* begin = bytes.data() + taken;
    const char* end = static_cast<const char*>(std::memchr(begin, '\n', bytes.size() - taken));
    const size_t length = end == nullptr ? bytes.size() - taken : static_cast<size_t>(end - begin);
    copy_line_.append(begin,
                      std::min(length, kCopyLineKept - std::min(kCopyLineKept, copy_line_.size())));
    taken += length;
    if (end == nullptr) break;
    ++taken;
    ++line_;
    if (copy_line_ == "\\." || copy_line_ == "\\.\r") state_ = State::kNormal;
    copy_line_.clear();
  }
  out->append(bytes.data(), taken);
  line_blank_ = true;
  return taken;
}

absl::Status PsqlFilter::Feed(absl::Span<const char> bytes, std::string* out) {
  // psql reads lines as C strings.
  if (std::memchr(bytes.data(), 0, bytes.size()) != nullptr)
    return Refuse("or one behind it holds a NUL");
  while (!bytes.empty()) {
    if (state_ == State::kCopyData) {
      bytes.remove_prefix(TakeCopyData(bytes, out));
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (state_ == State::kCommand && c != '\n') {
      command_ += c;
      if (command_.size() > kCommandBytesMax) return Refuse("is a very long backslash command");
      continue;
    }
    if (state_ == State::kCommand) INGOT_RETURN_IF_ERROR(EndCommand(out));
    statement_ += c;
    INGOT_RETURN_IF_ERROR(Step(c, out));
    last_ = c;
    if (c == '\n') ++line_;
    line_blank_ = c == '\n' || (line_blank_ && absl::ascii_isspace(static_cast<unsigned char>(c)));
    if (statement_.size() >= kStatementBytesMax) {
      if (!words_.empty() && words_[0] == "copy") return Refuse("has a COPY without an end");
      absl::StrAppend(out, statement_);
      statement_.clear();
      statement_given_ = true;
    }
  }
  return absl::OkStatus();
}

absl::Status PsqlFilter::Finish(std::string* out) {
  if (state_ == State::kCommand) INGOT_RETURN_IF_ERROR(EndCommand(out));
  if (state_ == State::kCopyData || state_ == State::kCopyBegin)
    return Refuse("is its last, in the middle of a table's rows");
  if (state_ != State::kNormal && state_ != State::kLineComment) {
    return Refuse("is its last, in the middle of a statement");
  }
  EndWord();
  if (!statement_empty_) return Refuse("is its last, in the middle of a statement");
  absl::StrAppend(out, statement_);
  ResetStatement();
  return absl::OkStatus();
}

}  // namespace ingot::tools
