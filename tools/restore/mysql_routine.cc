#include "tools/restore/mysql_routine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/types/span.h"

namespace ingot::tools {
namespace {

constexpr size_t kBlocksMax = 1000;

constexpr absl::string_view kCreateWords[] = {
    "or",        "replace",   "temporary", "aggregate",    "definer",     "sql",
    "security",  "invoker",   "algorithm", "if",           "not",         "exists",
    "undefined", "temptable", "merge",     "current_user", "current_role"};
constexpr absl::string_view kCharacteristics[] = {
    "not",      "deterministic", "contains", "no",      "reads",     "modifies", "language",
    "sql",      "data",          "security", "definer", "invoker",   "comment",  "character",
    "unsigned", "signed",        "zerofill", "binary",  "precision", "varying"};
constexpr absl::string_view kConditions[] = {"for",          "sqlstate", "value", "sqlwarning",
                                             "sqlexception", "not",      "found"};
constexpr absl::string_view kUnits[] = {"microsecond",
                                        "second",
                                        "minute",
                                        "hour",
                                        "day",
                                        "week",
                                        "month",
                                        "quarter",
                                        "year",
                                        "year_month",
                                        "day_hour",
                                        "day_minute",
                                        "day_second",
                                        "hour_minute",
                                        "hour_second",
                                        "minute_second",
                                        "day_microsecond",
                                        "hour_microsecond",
                                        "minute_microsecond",
                                        "second_microsecond"};
// Behind them comes an operand, so that an END is a name.
constexpr absl::string_view kOperators[] = {
    "when",   "then",    "else",  "case",   "and",    "or",       "not",      "xor",
    "in",     "like",    "rlike", "regexp", "is",     "between",  "div",      "mod",
    "escape", "collate", "for",   "row",    "binary", "interval", "distinct", "sounds",
    "prior",  "of",      "as",    "using",  "from",   "member"};

bool Contains(absl::Span<const absl::string_view> words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsNumber(const MysqlToken& token) {
  return token.bare && absl::ascii_isdigit(static_cast<unsigned char>(token.text[0]));
}

}  // namespace

void MysqlRoutine::Pop() {
  if (blocks_.empty()) {
    unclear_ = true;
    return;
  }
  blocks_.pop_back();
}

void MysqlRoutine::Add(const MysqlToken& token) {
  if (phase_ == Phase::kOther) return;
  // Behind a '.' every word is a name, unless it ends a number.
  const bool behind_dot = previous_.symbol && previous_.text == ".";
  const std::string word = token.bare && !behind_dot ? absl::AsciiStrToLower(token.text) : "";
  if (behind_dot && IsNumber(before_) && absl::EqualsIgnoreCase(token.text, "end")) unclear_ = true;
  if (token.symbol && token.text == ")") parentheses_ = std::max(0, parentheses_ - 1);
  if (phase_ == Phase::kBody) {
    AddBody(token, word);
  } else if (phase_ == Phase::kHeader) {
    AddHeader(token, word);
  } else {
    AddHead(token, word);
  }
  if (token.symbol && token.text == "(") ++parentheses_;
  before_ = std::exchange(previous_, token);
  if (token.bare) previous_.text = absl::AsciiStrToLower(token.text);
}

void MysqlRoutine::AddHead(const MysqlToken& token, absl::string_view word) {
  const bool value = previous_.symbol && previous_.text == "=";  // of DEFINER and ALGORITHM
  switch (phase_) {
    case Phase::kBegin:
      phase_ = word == "create" ? Phase::kCreate : Phase::kOther;
      return;
    case Phase::kCreate:
      if (value || word.empty() || word[0] == '@' || Contains(kCreateWords, word)) return;
      is_function_ = word == "function";
      if (is_function_ || word == "procedure") {
        phase_ = Phase::kName;
      } else if (word == "trigger") {
        phase_ = Phase::kTrigger;
      } else if (word == "event") {
        phase_ = Phase::kEvent;
      } else if (word == "package") {
        phase_ = Phase::kBody;
        Push(Block::kPackage);
        statement_ = "package";
      } else {
        phase_ = Phase::kOther;
      }
      return;
    case Phase::kName:
      if (token.symbol && token.text == "(") phase_ = Phase::kParameters;
      // Without parameters, in Oracle mode.
      if (word == "as" || word == "is" || word == "return") {
        phase_ = Phase::kHeader;
        AddHeader(token, word);
      }
      return;
    case Phase::kParameters:
      if (parentheses_ == 0 && token.symbol && token.text == ")") phase_ = Phase::kHeader;
      return;
    case Phase::kTrigger:
      if (word == "row" && previous_.bare && previous_.text == "each" && before_.text == "for") {
        phase_ = Phase::kTriggerRow;
      }
      return;
    case Phase::kTriggerRow:
      if (std::exchange(type_follows_, false)) return;
      type_follows_ = word == "follows" || word == "precedes";
      if (type_follows_) return;
      BeginBody();
      AddBody(token, word);
      return;
    case Phase::kEvent:
      if (word == "do" && parentheses_ == 0) BeginBody();
      return;
    default:
      return;
  }
}

void MysqlRoutine::AddHeader(const MysqlToken& token, absl::string_view word) {
  if (parentheses_ > 0 || token.symbol || std::exchange(type_follows_, false)) return;
  if (!token.bare) return;  // a comment's text
  if ((word == "as" || word == "is") && (oracle_return_ || !is_function_)) {
    Push(Block::kDeclarations);
    BeginBody();
    return;
  }
  if (oracle_return_ || Contains(kCharacteristics, word)) return;
  if (word == "return" && is_function_ && !returns_) {
    oracle_return_ = true;
    return;
  }
  if (word == "returns") returns_ = true;
  type_follows_ = word == "returns" || word == "charset" || word == "collate" ||
                  (word == "set" && previous_.text == "character");
  if (type_follows_) return;
  BeginBody();
  AddBody(token, word);
}

void MysqlRoutine::AddBody(const MysqlToken& token, absl::string_view word) {
  if (blocks_.size() > kBlocksMax) unclear_ = true;
  if (std::exchange(label_, false) && token.symbol && token.text == ":") {
    if (took_word_) unclear_ = true;
    at_start_ = true;
    return;
  }
  // <<label>>
  if (statement_ == "<" && token.symbol && token.text == ">" && previous_.text == ">") {
    at_start_ = true;
    return;
  }
  if (std::exchange(at_start_, false)) {
    statement_ = std::string(token.symbol ? absl::string_view(token.text) : word);
    label_ = !token.symbol;
    BeginStatement(word);
  } else if (!word.empty()) {
    GoOn(word);
  }
}

void MysqlRoutine::BeginStatement(absl::string_view word) {
  took_word_ = true;
  if (word == "begin") {
    // What was declared before it, in Oracle mode; its END is theirs, too.
    if (TopIs(Block::kDeclarations) || TopIs(Block::kPackage)) blocks_.pop_back();
    Push(Block::kBegin);
    at_start_ = true;
  } else if (word == "declare" && blocks_.empty()) {
    Push(Block::kDeclarations);  // of Oracle mode; the other one has none outside of BEGIN
  } else if (word == "if") {
    Push(Block::kIf);
  } else if (word == "case") {
    Push(Block::kCase);
  } else if (word == "loop" || word == "repeat" || word == "while" || word == "for") {
    Push(Block::kLoop);
    at_start_ = word == "loop" || word == "repeat";
  } else if (word == "else") {
    if (!TopIs(Block::kIf) && !TopIs(Block::kCase)) unclear_ = true;
    at_start_ = true;
  } else if (word == "exception" && TopIs(Block::kBegin)) {
    at_start_ = true;
  } else if (word == "end") {
    Pop();
  } else if ((word == "function" || word == "procedure") &&
             (TopIs(Block::kDeclarations) || TopIs(Block::kPackage))) {
    statement_ = "routine";
  } else {
    took_word_ = false;
  }
}

// A word of an expression, or of a compound statement's head.
void MysqlRoutine::GoOn(absl::string_view word) {
  const bool in_case = TopIs(Block::kCaseExpression);
  const bool level = parentheses_ == 0 && !in_case;
  const bool behind_end = previous_.bare && previous_.text == "end";
  if (statement_ == "end") return;
  if (statement_ == "handler") return GoOnHandler(word);
  if (word == "end" && in_case && parentheses_ == blocks_.back().parentheses) {
    EndCase();
  } else if (word == "case") {
    Push(Block::kCaseExpression);
  } else if (word == "then" && level) {
    at_start_ = statement_ == "if" || statement_ == "elseif" || statement_ == "elsif" ||
                statement_ == "when" || statement_ == "case";
  } else if (word == "do" && level && TopIs(Block::kLoop)) {
    at_start_ = statement_ == "while" || statement_ == "for";
  } else if (word == "loop" && level && TopIs(Block::kLoop)) {
    at_start_ = statement_ == "while" || statement_ == "for";
  } else if (word == "repeat" && level && behind_end && statement_ == "until") {
    Pop();
    statement_ = "end";
  } else if (word == "handler" && statement_ == "declare") {
    statement_ = "handler";
  } else if ((word == "as" || word == "is") && level && statement_ == "routine") {
    Push(Block::kDeclarations);
    at_start_ = true;
  } else if ((word == "as" || word == "is") && level && statement_ == "package") {
    at_start_ = true;
  } else if ((word == "function" || word == "procedure") && level && statement_ == "package") {
    statement_ = "routine";
  } else if (word == "begin" && level && statement_ == "routine" && TopIs(Block::kPackage)) {
    Push(Block::kBegin);
    at_start_ = true;
  }
}

// Its statement is behind the conditions, which may be names.
void MysqlRoutine::GoOnHandler(absl::string_view word) {
  const bool name =
      (previous_.bare && previous_.text == "for") || (previous_.symbol && previous_.text == ",");
  if (name || Contains(kConditions, word)) return;
  statement_ = std::string(word);
  BeginStatement(word);
}

// END in an expression CASE: its end, or a name.
void MysqlRoutine::EndCase() {
  if (previous_.symbol && previous_.text != ")") return;
  if (previous_.bare && Contains(kOperators, previous_.text)) return;
  // What stands before a word that may be an operator tells that it is an operand.
  const bool behind_operator =
      before_.symbol || (before_.bare && Contains(kOperators, before_.text));
  const bool value = !previous_.bare || IsNumber(previous_) || previous_.text == "null" ||
                     previous_.text == "true" || previous_.text == "false" ||
                     Contains(kUnits, previous_.text);
  if (!value && !behind_operator) unclear_ = true;
  blocks_.pop_back();
}

void MysqlRoutine::EndPiece() {
  if (TopIs(Block::kCaseExpression)) unclear_ = true;
  parentheses_ = 0;
  label_ = false;
  if (blocks_.empty()) {
    *this = MysqlRoutine();
    return;
  }
  at_start_ = true;
  statement_.clear();
  previous_ = before_ = MysqlToken();
}

}  // namespace ingot::tools
