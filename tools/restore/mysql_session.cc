#include "tools/restore/mysql_session.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace ingot::tools {
namespace {

constexpr char kOtherSet[] = "is a SET that no dump program writes";
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

bool IsSaved(absl::string_view name) {
  return std::any_of(std::begin(kSaved), std::end(kSaved),
                     [name](absl::string_view begin) { return absl::StartsWith(name, begin); });
}

// "@@session.sql_mode", "@saved", "sql_mode"; *at moves behind it. "" for something else.
std::string VariableAt(MysqlTokens statement, size_t* at) {
  if (IsWord(statement, *at, "session") || IsWord(statement, *at, "local")) ++*at;
  if (*at >= statement.size() || !statement[*at].bare) return "";
  std::string name = absl::AsciiStrToLower(statement[(*at)++].text);
  if (absl::StartsWith(name, "@@") && IsSymbol(statement, *at, ".")) {
    const bool session = name == "@@session" || name == "@@local";
    if (!session || *at + 1 >= statement.size() || !statement[*at + 1].bare) return "";
    name = absl::StrCat("@@", absl::AsciiStrToLower(statement[*at + 1].text));
    *at += 2;
  }
  return absl::StartsWith(name, "@@") ? name.substr(2) : name;
}

}  // namespace

std::string MysqlSession::Set(MysqlTokens statement) {
  const bool names = IsWord(statement, 1, "names") || IsWord(statement, 1, "charset") ||
                     (IsWord(statement, 1, "character") && IsWord(statement, 2, "set"));
  if (names) return SetNames(statement);
  // Of a MySQL server with GTIDs: SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'uuid:1-5'.
  if (IsWord(statement, 1, "@@global") && IsSymbol(statement, 2, ".") &&
      IsWord(statement, 3, "gtid_purged") && IsSymbol(statement, 4, "=")) {
    const auto is_text = [](const MysqlToken& token) { return !token.bare && !token.symbol; };
    if (absl::c_all_of(statement.subspan(5), is_text)) return "";
  }
  for (size_t at = 1;; ++at) {
    if (std::string wrong = Assign(statement, &at); !wrong.empty()) return wrong;
    if (at == statement.size()) return "";
    if (!IsSymbol(statement, at, ",")) return kOtherSet;
  }
}

// SET NAMES charset [COLLATE collation], SET CHARACTER SET charset.
std::string MysqlSession::SetNames(MysqlTokens statement) {
  const size_t value = IsWord(statement, 1, "character") ? 3 : 2;
  const bool collate = statement.size() == value + 3 && IsWord(statement, value + 1, "collate");
  if (value >= statement.size() || statement[value].symbol ||
      (statement.size() > value + 1 && !collate)) {
    return kOtherSet;
  }
  const std::string wrong = collate ? SetCharset(statement[value + 2].text) : "";
  return wrong.empty() ? SetCharset(statement[value].text) : wrong;
}

// One `variable = value` at `at`, which moves behind it.
std::string MysqlSession::Assign(MysqlTokens statement, size_t* at) {
  const std::string name = VariableAt(statement, at);
  if (IsSymbol(statement, *at, ":")) ++*at;
  if (name.empty() || !IsSymbol(statement, *at, "=") || ++*at >= statement.size()) return kOtherSet;
  const bool is_user = name[0] == '@';
  if (!is_user && !absl::c_linear_search(kVariables, name)) return kOtherSet;
  const MysqlToken& first = statement[*at];
  if (!first.bare || first.text[0] != '@') {
    if (is_user || first.symbol) return kOtherSet;
    ++*at;
    return SetSystem(name, first);
  }
  const bool is_saved = !absl::StartsWith(first.text, "@@");
  const std::string value = VariableAt(statement, at);
  if (value.empty() || is_user == is_saved) return kOtherSet;
  if (is_user) {
    if (!IsSaved(name)) return kOtherSet;
    saved_[name] = value;
    return saved_.size() > kSavedMax ? "saves more than any dump program" : "";
  }
  if (stored_.count(value) + stored_.count("") != 0) {
    return absl::StrCat("sets ", name, " to ", value, ", which something stored may have set");
  }
  const auto saved = saved_.find(value);
  return saved != saved_.end() && saved->second == name
             ? ""
             : absl::StrCat("sets ", name, " to something else than what it was");
}

// To a literal.
std::string MysqlSession::SetSystem(absl::string_view name, const MysqlToken& value) {
  if (name == "sql_mode") {
    return value.bare ? "sets sql_mode to something else than a text or what it was"
                      : SetMode(value.text);
  }
  const bool charset =
      absl::StartsWith(name, "character_set_") || absl::StartsWith(name, "collation_");
  return charset ? SetCharset(value.text) : "";
}

// The name of a character set or of a collation, whose first word is one; no number of one.
std::string MysqlSession::SetCharset(absl::string_view name) {
  const std::string charset = absl::AsciiStrToLower(name.substr(0, name.find('_')));
  if (absl::c_linear_search(kWideCharsets, charset)) {
    wide_characters_ = true;
  } else if (!absl::c_linear_search(kCharsets, charset)) {
    return absl::StrCat("sets the character set ", name, ", which may hide how strings are read");
  }
  return "";
}

std::string MysqlSession::SetMode(absl::string_view modes) {
  for (const absl::string_view mode : absl::StrSplit(modes, ',', absl::SkipEmpty())) {
    const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(mode));
    if (absl::c_linear_search(kAnsiModes, word)) {
      ansi_quotes_ = true;
    } else if (!absl::c_linear_search(kModes, word)) {
      return absl::StrCat("sets the sql_mode ", mode,
                          ", with which strings may be read in another way");
    }
  }
  return "";
}

// @name, or @`name`, which is the same with other letters' accents and with blanks at its end.
void MysqlSession::AddStored(const MysqlToken& token) {
  const bool quoted = !token.bare && !token.symbol && behind_at_;
  behind_at_ = token.bare && token.text == "@";
  if (!quoted && (!token.bare || token.text[0] != '@')) return;
  std::string name = absl::AsciiStrToLower(quoted ? absl::StrCat("@", token.text) : token.text);
  absl::StripTrailingAsciiWhitespace(&name);
  const bool plain = absl::c_all_of(name, [](char c) { return (c & 0x80) == 0; });
  if (plain && !IsSaved(name)) return;
  stored_.insert(plain && stored_.size() < kSavedMax ? name : "");
}

}  // namespace ingot::tools
