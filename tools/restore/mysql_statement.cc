#include "tools/restore/mysql_statement.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace ingot::tools {
namespace {

using Words = absl::Span<const absl::string_view>;

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
// What the dump programs set, for the session.
constexpr absl::string_view kVariables[] = {"autocommit",
                                            "character_set_client",
                                            "character_set_connection",
                                            "character_set_results",
                                            "check_constraint_checks",
                                            "collation_connection",
                                            "foreign_key_checks",
                                            "log_slow_query",
                                            "note_verbosity",
                                            "sql_log_bin",
                                            "sql_log_off",
                                            "sql_mode",
                                            "sql_notes",
                                            "system_versioning_insert_history",
                                            "time_zone",
                                            "unique_checks"};
constexpr absl::string_view kModes[] = {"allow_invalid_dates",
                                        "empty_string_is_null",
                                        "error_for_division_by_zero",
                                        "high_not_precedence",
                                        "ignore_bad_table_options",
                                        "ignore_space",
                                        "mysql323",
                                        "mysql40",
                                        "no_auto_create_user",
                                        "no_auto_value_on_zero",
                                        "no_dir_in_create",
                                        "no_engine_substitution",
                                        "no_field_options",
                                        "no_key_options",
                                        "no_table_options",
                                        "no_unsigned_subtraction",
                                        "no_zero_date",
                                        "no_zero_in_date",
                                        "only_full_group_by",
                                        "pad_char_to_full_length",
                                        "pipes_as_concat",
                                        "real_as_float",
                                        "simultaneous_assignment",
                                        "strict_all_tables",
                                        "strict_trans_tables",
                                        "time_round_fractional",
                                        "time_truncate_fractional",
                                        "traditional"};
// With them "x" is a name.
constexpr absl::string_view kAnsiModes[] = {"ansi",  "ansi_quotes", "db2",       "maxdb",
                                            "mssql", "oracle",      "postgresql"};
constexpr absl::string_view kWideCharsets[] = {"big5", "cp932", "gb18030", "gbk", "sjis"};
// In which a backslash or a quote is never a part of another character. What is in neither list the
// servers refuse as a client's (ucs2, utf16, utf32, filename), or do not know.
constexpr absl::string_view kCharsets[] = {
    "armscii8", "ascii",  "binary", "cp1250", "cp1251",  "cp1256",  "cp1257", "cp850",  "cp852",
    "cp866",    "dec8",   "euckr",  "gb2312", "eucjpms", "geostd8", "greek",  "hebrew", "hp8",
    "keybcs2",  "koi8r",  "koi8u",  "latin1", "latin2",  "latin5",  "latin7", "macce",  "macroman",
    "swe7",     "tis620", "ujis",   "utf8",   "utf8mb3", "utf8mb4"};
// Where the dump programs save what they set.
constexpr absl::string_view kSaved[] = {"@old_", "@saved_", "@save_time_zone",
                                        "@mysqldump_temp_log_bin"};
constexpr size_t kSavedMax = 64;
constexpr absl::string_view kKeys[] = {"key",     "index",   "unique",     "fulltext",
                                       "spatial", "primary", "constraint", "foreign"};

bool Contains(Words words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsNumber(const MysqlToken& token) {
  return token.bare && absl::ascii_isdigit(static_cast<unsigned char>(token.text[0]));
}

bool IsSaved(absl::string_view name) {
  return std::any_of(std::begin(kSaved), std::end(kSaved),
                     [name](absl::string_view begin) { return absl::StartsWith(name, begin); });
}

}  // namespace

bool MysqlStatement::Is(size_t at, absl::string_view word) const {
  return at < tokens_.size() && tokens_[at].bare && absl::EqualsIgnoreCase(tokens_[at].text, word);
}
bool MysqlStatement::IsSymbol(size_t at, absl::string_view symbol) const {
  return at < tokens_.size() && tokens_[at].symbol && tokens_[at].text == symbol;
}

size_t MysqlStatement::SkipWords(size_t at, Words words) const {
  while (at < tokens_.size() && tokens_[at].bare &&
         Contains(words, absl::AsciiStrToLower(tokens_[at].text)))
    ++at;
  return at;
}

bool MysqlStatement::may_differ_by_version() const {
  if (is_table_) return in_columns_;
  if (verb_ == "create" && Is(1, "database")) return Is(2, "if") && tokens_.size() > 5;
  return verb_ == "set" && tokens_.size() == 5 && Is(3, "gtid_purged");
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
  if (verb_ == "create") AddStored(token);
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
    const bool literal = word.empty() || word[0] == '_' || Contains(kLiterals, word) ||
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
    return CheckName(SkipWords(1, kRowModifiers));
  }
  const size_t name = SkipWords(1, kRowModifiers);
  const bool behind_name = name < tokens_.size() && !IsSymbol(tokens_.size() - 1, ".");
  return behind_name && !token.symbol ? kNoRows : "";
}

// @name, or @`name`, which is the same with other letters' accents and with blanks at its end.
void MysqlStatement::AddStored(const MysqlToken& token) {
  const bool quoted = !token.bare && !token.symbol && behind_at_;
  behind_at_ = token.bare && token.text == "@";
  if (!quoted && (!token.bare || token.text[0] != '@')) return;
  std::string name = absl::AsciiStrToLower(quoted ? absl::StrCat("@", token.text) : token.text);
  absl::StripTrailingAsciiWhitespace(&name);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });
  if (plain && !IsSaved(name)) return;
  session_->stored.insert(plain && session_->stored.size() < kSavedMax ? name : "");
}

std::string MysqlStatement::AddTable(const MysqlToken& token) {
  const std::string word = token.bare ? absl::AsciiStrToLower(token.text) : "";
  if (word == "table" && SkipWords(1, kBeforeCreated) == tokens_.size()) is_table_ = true;
  const bool behind_dot = previous_.symbol && previous_.text == "." && !IsNumber(before_);
  if (!is_table_ || behind_dot) return "";
  constexpr char kQuery[] = "makes a table of a query";
  const bool is_like =
      word == "like" && (parentheses_ == 0 || (previous_.symbol && previous_.text == "("));
  const bool is_table = word == "table" && SkipWords(1, kBeforeCreated) != tokens_.size();
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
  if (!IsSymbol(at + 1, ".") || tokens_[at].text == database_) return "";
  return absl::StrCat("is about another database, ", tokens_[at].text, ", than ", database_);
}

// All names up to the bare word `until`.
std::string MysqlStatement::CheckNames(size_t at, absl::string_view until) const {
  for (; at < tokens_.size(); ++at) {
    if (!until.empty() && Is(at, until)) return "";
    if (!IsSymbol(at, ".")) continue;
    if (std::string wrong = CheckName(at - 1); !wrong.empty()) return wrong;
  }
  return cut_ ? "names more than any dump does" : "";
}

// CREATE and ALTER of the target itself.
std::string MysqlStatement::CheckDatabase(size_t at) const {
  const bool there = verb_ == "create" && Is(2, "if") && Is(3, "not") && Is(4, "exists");
  if (verb_ == "create") at = there ? 5 : tokens_.size();
  if ((there || verb_ == "alter") && at < tokens_.size() && tokens_[at].text == database_)
    return "";
  return absl::StrCat("is a ", absl::AsciiStrToUpper(verb_),
                      " DATABASE: it is no dump of one database; give it to the client by hand");
}

// Behind its name: keys, off and on, or added.
std::string MysqlStatement::CheckAlterTable(size_t at) const {
  if (std::string wrong = CheckNames(at, ""); !wrong.empty()) return wrong;
  at += IsSymbol(at + 1, ".") ? 3 : 1;
  const bool switched = (Is(at, "disable") || Is(at, "enable")) && Is(at + 1, "keys");
  if (switched && tokens_.size() == at + 2) return "";
  int parentheses = 0;
  bool adds = at < tokens_.size();
  for (bool begins = true; adds && at < tokens_.size(); ++at) {
    if (begins) {
      adds = Is(at, "add") && SkipWords(at + 1, kKeys) > at + 1;
    } else if (IsSymbol(at, "(")) {
      ++parentheses;
    } else if (IsSymbol(at, ")")) {
      --parentheses;
    }
    begins = parentheses == 0 && IsSymbol(at, ",");
  }
  return adds ? "" : "is an ALTER TABLE that no dump program writes";
}

std::string MysqlStatement::CheckCreate() const {
  size_t kind = 1;
  while (kind < tokens_.size()) {
    const size_t next = SkipWords(kind, kBeforeCreated);
    if (next != kind) {
      kind = next;
    } else if (IsSymbol(kind, "=")) {
      kind += 2;  // DEFINER=`a`@`b`, ALGORITHM=MERGE
    } else if (tokens_[kind].bare && tokens_[kind].text[0] == '@') {
      kind += tokens_[kind].text.size() == 1 ? 2 : 1;
    } else if (IsSymbol(kind, "(") || IsSymbol(kind, ")")) {
      ++kind;  // CURRENT_USER()
    } else {
      break;
    }
  }
  const std::string what =
      kind < tokens_.size() && tokens_[kind].bare ? absl::AsciiStrToLower(tokens_[kind].text) : "";
  if (kind == 1 && (what == "database" || what == "schema")) return CheckDatabase(2);
  if (!Contains(kCreated, what)) return "creates what no dump of one database does";
  size_t name = kind + 1;
  if (what == "package" && Is(name, "body")) ++name;
  name = SkipWords(name, kConditions);
  if (std::string wrong = CheckName(name); !wrong.empty()) return wrong;
  const size_t behind = IsSymbol(name + 1, ".") ? name + 3 : name + 1;
  // CREATE FUNCTION f RETURNS INTEGER SONAME 'a library'.
  if (what == "function" && Is(behind, "returns")) return "loads a library into the server";
  if (what == "trigger") return CheckNames(name, "for");
  return "";
}

// "@@session.sql_mode", "@saved", "sql_mode"; *at moves behind it. "" for something else.
std::string MysqlStatement::VariableAt(size_t* at) const {
  if (Is(*at, "session") || Is(*at, "local")) ++*at;
  if (*at >= tokens_.size() || !tokens_[*at].bare) return "";
  std::string name = absl::AsciiStrToLower(tokens_[(*at)++].text);
  if (absl::StartsWith(name, "@@") && IsSymbol(*at, ".")) {
    const bool session = name == "@@session" || name == "@@local";
    if (!session || *at + 1 >= tokens_.size() || !tokens_[*at + 1].bare) return "";
    name = absl::StrCat("@@", absl::AsciiStrToLower(tokens_[*at + 1].text));
    *at += 2;
  }
  return absl::StartsWith(name, "@@") ? name.substr(2) : name;
}

// The name of a character set or of a collation, whose first word is one; no number of one.
std::string MysqlStatement::CheckCharset(absl::string_view name) {
  const std::string charset = absl::AsciiStrToLower(name.substr(0, name.find('_')));
  if (Contains(kWideCharsets, charset)) {
    session_->wide_characters = true;
  } else if (!Contains(kCharsets, charset)) {
    return absl::StrCat("sets the character set ", name, ", which may hide how strings are read");
  }
  return "";
}

std::string MysqlStatement::CheckMode(absl::string_view modes) {
  for (const absl::string_view mode : absl::StrSplit(modes, ',', absl::SkipEmpty())) {
    const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(mode));
    if (Contains(kAnsiModes, word)) {
      session_->ansi_quotes = true;
    } else if (!Contains(kModes, word)) {
      return absl::StrCat("sets the sql_mode ", mode,
                          ", with which strings may be read in "
                          "another way");
    }
  }
  return "";
}

std::string MysqlStatement::CheckAssignment(size_t* at) {
  constexpr char kOther[] = "is a SET that no dump program writes";
  const std::string name = VariableAt(at);
  if (IsSymbol(*at, ":")) ++*at;
  if (name.empty() || !IsSymbol(*at, "=") || ++*at >= tokens_.size()) return kOther;
  const bool is_user = name[0] == '@';
  if (!is_user && !Contains(kVariables, name)) return kOther;
  if (tokens_[*at].bare && tokens_[*at].text[0] == '@') {
    const bool is_saved = !absl::StartsWith(tokens_[*at].text, "@@");
    const std::string value = VariableAt(at);
    if (value.empty() || is_user == is_saved) return kOther;
    if (is_user) {
      if (!IsSaved(name)) return kOther;
      session_->saved[name] = value;
      return session_->saved.size() > kSavedMax ? "saves more than any dump program" : "";
    }
    if (session_->stored.count(value) + session_->stored.count("") != 0) {
      return absl::StrCat("sets ", name, " to ", value, ", which something stored may have set");
    }
    const auto saved = session_->saved.find(value);
    return saved != session_->saved.end() && saved->second == name
               ? ""
               : absl::StrCat("sets ", name, " to something else than what it was");
  }
  if (is_user || tokens_[*at].symbol) return kOther;
  const MysqlToken& value = tokens_[(*at)++];
  if (name == "sql_mode") {
    return value.bare ? "sets sql_mode to something else than a text or what it was"
                      : CheckMode(value.text);
  }
  const bool charset =
      absl::StartsWith(name, "character_set_") || absl::StartsWith(name, "collation_");
  return charset ? CheckCharset(value.text) : "";
}

std::string MysqlStatement::CheckSet() {
  if (cut_) return "is a SET longer than any dump's";
  size_t at = 1;
  const bool names = Is(1, "names") || Is(1, "charset") || (Is(1, "character") && Is(2, "set"));
  if (names) {
    const size_t value = Is(1, "character") ? 3 : 2;
    const bool collate = tokens_.size() == value + 3 && Is(value + 1, "collate");
    if (value >= tokens_.size() || tokens_[value].symbol ||
        (tokens_.size() > value + 1 && !collate)) {
      return "is a SET that no dump program writes";
    }
    const std::string wrong = collate ? CheckCharset(tokens_[value + 2].text) : "";
    return wrong.empty() ? CheckCharset(tokens_[value].text) : wrong;
  }
  // Of a MySQL server with GTIDs: SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'uuid:1-5'.
  if (Is(1, "@@global") && IsSymbol(2, ".") && Is(3, "gtid_purged") && IsSymbol(4, "=")) {
    const auto is_text = [](const MysqlToken& token) { return !token.bare && !token.symbol; };
    if (std::all_of(tokens_.begin() + 5, tokens_.end(), is_text)) return "";
  }
  while (true) {
    if (std::string wrong = CheckAssignment(&at); !wrong.empty()) return wrong;
    if (at == tokens_.size()) return "";
    if (!IsSymbol(at++, ",")) return "is a SET that no dump program writes";
  }
}

std::string MysqlStatement::Check() {
  if (tokens_.empty()) return "";
  if (verb_ == "set") return CheckSet();
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
    if (Is(1, "database") || Is(1, "schema")) return CheckDatabase(2);
    const size_t kind = Is(1, "temporary") ? 2 : 1;
    const std::string what = kind < tokens_.size() ? absl::AsciiStrToLower(tokens_[kind].text) : "";
    if (verb_ == "alter" && kind == 1 && what == "table") return CheckAlterTable(2);
    if (verb_ == "drop" && Contains(kDropped, what)) return CheckNames(kind, "");
  }
  if (verb_ == "lock" && (Is(1, "tables") || Is(1, "table"))) return CheckNames(2, "");
  if (verb_ == "analyze" && Is(1, "table")) return CheckNames(2, "");
  if (verb_ == "unlock" && tokens_.size() == 2) return "";
  if (verb_ == "commit" && tokens_.size() == 1) return "";
  if ((verb_ == "do" || verb_ == "select") && Is(1, "setval") && IsSymbol(2, "(")) {
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
  behind_at_ = false;
  return wrong;
}

}  // namespace ingot::tools
