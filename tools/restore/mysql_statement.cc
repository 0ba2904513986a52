#include "tools/restore/mysql_statement.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ingot::tools {
namespace {

constexpr absl::string_view kConditions[] = {"if", "not", "exists"};
constexpr absl::string_view kRowModifiers[] = {"low_priority", "high_priority", "delayed", "ignore",
                                               "into"};
constexpr absl::string_view kDropped[] = {"table",    "tables", "view",     "trigger", "procedure",
                                          "function", "event",  "sequence", "package"};
constexpr absl::string_view kCreated[] = {"table",    "view",  "trigger",  "procedure",
                                          "function", "event", "sequence", "package"};
constexpr absl::string_view kBeforeCreated[] = {"or",        "replace",   "temporary", "aggregate",
                                                "definer",   "sql",       "security",  "invoker",
                                                "algorithm", "undefined", "temptable", "merge"};
constexpr absl::string_view kKeys[] = {"key",     "index",   "unique",     "fulltext",
                                       "spatial", "primary", "constraint", "foreign"};

bool IsNumber(const MysqlToken& token) {
  return token.bare && absl::ascii_isdigit(static_cast<unsigned char>(token.text[0]));
}

}  // namespace

bool MysqlStatement::may_differ_by_version() const {
  if (is_table_) return in_columns_;
  if (verb_ == "create" && IsWord(tokens_, 1, "database"))
    return IsWord(tokens_, 2, "if") && tokens_.size() > 5;
  return verb_ == "set" && tokens_.size() == 5 && IsWord(tokens_, 3, "gtid_purged");
}

std::string MysqlStatement::Add(MysqlToken token) {
  if (tokens_.empty()) verb_ = token.bare ? absl::AsciiStrToLower(token.text) : "";
  if (token.symbol && token.text == ")") --parentheses_;
  std::string wrong;
  if (verb_ == "insert" || verb_ == "replace") {
    wrong = AddRows(token);
  } else if (verb_ == "create") {
    wrong = AddTable(token);
  }
  if (verb_ == "create") session_->AddStored(token);
  if (token.symbol && token.text == "(") ++parentheses_;
  before_ = std::exchange(previous_, token);
  cut_ = tokens_.size() == kTokensKept;
  if (!cut_) tokens_.push_back(std::move(token));
  return wrong;
}

// INSERT INTO name [(columns)] VALUES (...), (...): nothing but literals.
std::string MysqlStatement::AddRows(const MysqlToken& token) {
  constexpr char kNoRows[] = "is an INSERT of something else than rows of values";
  if (tokens_.empty()) return "";
  const std::string word = token.bare ? absl::AsciiStrToLower(token.text) : "";
  if (in_values_) {
    constexpr absl::string_view kLiterals[] = {"null", "default", "true", "false", "x", "b", "n"};
    const bool literal = word.empty() || word[0] == '_' || absl::c_linear_search(kLiterals, word) ||
                         absl::ascii_isdigit(static_cast<unsigned char>(word[0]));
    const bool call = token.symbol && token.text == "(" && !previous_.symbol &&
                      !(parentheses_ == 0 && previous_.bare);  // VALUES (
    return literal && !call ? "" : kNoRows;
  }
  if (parentheses_ > 0) {  // the columns
    const bool query = word == "select" || word == "with" || word == "table" || word == "values" ||
                       (token.symbol && token.text == "(");
    return query ? kNoRows : "";
  }
  if (word == "values" || word == "value") {
    in_values_ = true;
    return CheckName(SkipWords(tokens_, 1, kRowModifiers));
  }
  const size_t name = SkipWords(tokens_, 1, kRowModifiers);
  const bool behind_name = name < tokens_.size() && !IsSymbol(tokens_, tokens_.size() - 1, ".");
  return behind_name && !token.symbol ? kNoRows : "";
}

std::string MysqlStatement::AddTable(const MysqlToken& token) {
  const std::string word = token.bare ? absl::AsciiStrToLower(token.text) : "";
  if (word == "table" && SkipWords(tokens_, 1, kBeforeCreated) == tokens_.size()) is_table_ = true;
  const bool behind_dot = previous_.symbol && previous_.text == "." && !IsNumber(before_);
  if (!is_table_ || behind_dot) return "";
  constexpr char kQuery[] = "makes a table of a query";
  const bool is_like =
      word == "like" && (parentheses_ == 0 || (previous_.symbol && previous_.text == "("));
  const bool is_table = word == "table" && SkipWords(tokens_, 1, kBeforeCreated) != tokens_.size();
  if (word == "select" || is_table) return kQuery;
  if (is_like) return "makes a table like another one";
  // VALUES LESS THAN (...) and VALUES IN (...), of partitions.
  const bool behind_values = previous_.bare && absl::EqualsIgnoreCase(previous_.text, "values");
  if (behind_values && word != "less" && word != "in") return kQuery;
  if (token.symbol && token.text == "(") in_columns_ = true;
  if (word == "union") in_union_ = true;
  if (in_union_ && token.symbol && token.text == "." && previous_.text != database_) {
    return absl::StrCat("joins a table of another database, ", previous_.text, ", than ",
                        database_);
  }
  return "";
}

// The name of a table or the like at `at`.
std::string MysqlStatement::CheckName(size_t at) const {
  if (at >= tokens_.size() || tokens_[at].symbol) return "names nothing";
  if (!IsSymbol(tokens_, at + 1, ".") || tokens_[at].text == database_) return "";
  return absl::StrCat("is about another database, ", tokens_[at].text, ", than ", database_);
}

// All names up to the bare word `until`.
std::string MysqlStatement::CheckNames(size_t at, absl::string_view until) const {
  for (; at < tokens_.size(); ++at) {
    if (!until.empty() && IsWord(tokens_, at, until)) return "";
    if (!IsSymbol(tokens_, at, ".")) continue;
    if (std::string wrong = CheckName(at - 1); !wrong.empty()) return wrong;
  }
  return cut_ ? "names more than any dump does" : "";
}

// CREATE and ALTER of the target itself.
std::string MysqlStatement::CheckDatabase(size_t at) const {
  const bool there = verb_ == "create" && IsWord(tokens_, 2, "if") && IsWord(tokens_, 3, "not") &&
                     IsWord(tokens_, 4, "exists");
  if (verb_ == "create") at = there ? 5 : tokens_.size();
  if ((there || verb_ == "alter") && at < tokens_.size() && tokens_[at].text == database_)
    return "";
  return absl::StrCat("is a ", absl::AsciiStrToUpper(verb_),
                      " DATABASE: it is no dump of one database; give it to the client by hand");
}

// Behind its name: keys, off and on, or added.
std::string MysqlStatement::CheckAlterTable(size_t at) const {
  if (std::string wrong = CheckNames(at, ""); !wrong.empty()) return wrong;
  at += IsSymbol(tokens_, at + 1, ".") ? 3 : 1;
  const bool switched = (IsWord(tokens_, at, "disable") || IsWord(tokens_, at, "enable")) &&
                        IsWord(tokens_, at + 1, "keys");
  if (switched && tokens_.size() == at + 2) return "";
  int parentheses = 0;
  bool adds = at < tokens_.size();
  for (bool begins = true; adds && at < tokens_.size(); ++at) {
    if (begins) {
      adds = IsWord(tokens_, at, "add") && SkipWords(tokens_, at + 1, kKeys) > at + 1;
    } else if (IsSymbol(tokens_, at, "(")) {
      ++parentheses;
    } else if (IsSymbol(tokens_, at, ")")) {
      --parentheses;
    }
    begins = parentheses == 0 && IsSymbol(tokens_, at, ",");
  }
  return adds ? "" : "is an ALTER TABLE that no dump program writes";
}

std::string MysqlStatement::CheckCreate() const {
  size_t kind = 1;
  while (kind < tokens_.size()) {
    const size_t next = SkipWords(tokens_, kind, kBeforeCreated);
    if (next != kind) {
      kind = next;
    } else if (IsSymbol(tokens_, kind, "=")) {
      kind += 2;  // DEFINER=`a`@`b`, ALGORITHM=MERGE
    } else if (tokens_[kind].bare && tokens_[kind].text[0] == '@') {
      kind += tokens_[kind].text.size() == 1 ? 2 : 1;
    } else if (IsSymbol(tokens_, kind, "(") || IsSymbol(tokens_, kind, ")")) {
      ++kind;  // CURRENT_USER()
    } else {
      break;
    }
  }
  const std::string what =
      kind < tokens_.size() && tokens_[kind].bare ? absl::AsciiStrToLower(tokens_[kind].text) : "";
  if (kind == 1 && (what == "database" || what == "schema")) return CheckDatabase(2);
  if (!absl::c_linear_search(kCreated, what)) return "creates what no dump of one database does";
  size_t name = kind + 1;
  if (what == "package" && IsWord(tokens_, name, "body")) ++name;
  name = SkipWords(tokens_, name, kConditions);
  if (std::string wrong = CheckName(name); !wrong.empty()) return wrong;
  const size_t behind = IsSymbol(tokens_, name + 1, ".") ? name + 3 : name + 1;
  // CREATE FUNCTION f RETURNS INTEGER SONAME 'a library'.
  if (what == "function" && IsWord(tokens_, behind, "returns"))
    return "loads a library into the server";
  if (what == "trigger") return CheckNames(name, "for");
  return "";
}

std::string MysqlStatement::Check() {
  if (tokens_.empty()) return "";
  if (verb_ == "set") return cut_ ? "is a SET longer than any dump's" : session_->Set(tokens_);
  if (verb_ == "insert" || verb_ == "replace") {
    return in_values_ ? "" : "is an INSERT of something else than rows of values";
  }
  if (verb_ == "create") return CheckCreate();
  if (verb_ == "use") {
    const bool target = tokens_.size() == 2 && tokens_[1].text == database_;
    return target ? ""
                  : absl::StrCat("is a USE, which leads to another database than ", database_,
                                 ": it is no dump of one database; give it to the client by "
                                 "hand");
  }
  if (verb_ == "drop" || verb_ == "alter") {
    if (IsWord(tokens_, 1, "database") || IsWord(tokens_, 1, "schema")) return CheckDatabase(2);
    const size_t kind = IsWord(tokens_, 1, "temporary") ? 2 : 1;
    const std::string what = kind < tokens_.size() ? absl::AsciiStrToLower(tokens_[kind].text) : "";
    if (verb_ == "alter" && kind == 1 && what == "table") return CheckAlterTable(2);
    if (verb_ == "drop" && absl::c_linear_search(kDropped, what)) return CheckNames(kind, "");
  }
  if (verb_ == "lock" && (IsWord(tokens_, 1, "tables") || IsWord(tokens_, 1, "table")))
    return CheckNames(2, "");
  if (verb_ == "analyze" && IsWord(tokens_, 1, "table")) return CheckNames(2, "");
  if (verb_ == "unlock" && tokens_.size() == 2) return "";
  if (verb_ == "commit" && tokens_.size() == 1) return "";
  if ((verb_ == "do" || verb_ == "select") && IsWord(tokens_, 1, "setval") &&
      IsSymbol(tokens_, 2, "(")) {
    // Numbers behind the name, and nothing behind its one ')'.
    const auto end = std::find_if(tokens_.begin() + 3, tokens_.end(), [](const MysqlToken& token) {
      return token.symbol ? !absl::StrContains(".,-", token.text) : token.bare && !IsNumber(token);
    });
    const bool literals = end + 1 == tokens_.end() && end->symbol && end->text == ")";
    if (literals) return CheckNames(3, "");
  }
  return absl::StrCat("begins with ",
                      tokens_[0].bare ? absl::AsciiStrToUpper(tokens_[0].text) : tokens_[0].text,
                      ", and no dump of one database has that: give it to the client by hand");
}

std::string MysqlStatement::End() {
  std::string wrong = Check();
  tokens_.clear();
  verb_.clear();
  cut_ = is_table_ = in_columns_ = in_values_ = in_union_ = false;
  parentheses_ = 0;
  previous_ = before_ = MysqlToken();
  return wrong;
}

}  // namespace ingot::tools
