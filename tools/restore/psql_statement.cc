#include "tools/restore/psql_statement.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"

namespace ingot::tools {
namespace {

using Words = absl::Span<const absl::string_view>;

constexpr char kStandardStrings[] = "standard_conforming_strings";
constexpr absl::string_view kModifiers[] = {"or",        "replace", "unlogged",  "unique",
                                            "recursive", "trusted", "constraint"};
// CREATE, DROP and ALTER are followed by one of these.
constexpr absl::string_view kKinds[] = {
    "access",       "aggregate", "cast",     "collation",  "conversion", "default",      "domain",
    "event",        "extension", "foreign",  "function",   "index",      "language",     "large",
    "materialized", "operator",  "policy",   "procedural", "procedure",  "publication",  "routine",
    "rule",         "schema",    "sequence", "server",     "statistics", "subscription", "table",
    "text",         "transform", "trigger",  "type",       "user",       "view"};
constexpr absl::string_view kSettings[] = {"check_function_bodies",
                                           "client_encoding",
                                           "client_min_messages",
                                           "default_table_access_method",
                                           "default_tablespace",
                                           "default_with_oids",
                                           "escape_string_warning",
                                           "idle_in_transaction_session_timeout",
                                           "lock_timeout",
                                           "row_security",
                                           "search_path",
                                           kStandardStrings,
                                           "statement_timeout",
                                           "transaction_timeout",
                                           "xmloption"};
// With literals as ?.
constexpr char kUnlinkIfThere[] =
    "SELECT CASE WHEN EXISTS(SELECT ? FROM pg_catalog.pg_largeobject_metadata WHERE oid = ?) THEN "
    "pg_catalog.lo_unlink(?) END;";
constexpr absl::string_view kSelects[] = {
    "SELECT pg_catalog.setval(?, ?, true);",
    "SELECT pg_catalog.setval(?, ?, false);",
    "SELECT pg_catalog.lo_create(?);",
    "SELECT pg_catalog.lo_open(?, ?);",
    "SELECT pg_catalog.lowrite(?, ?);",
    "SELECT pg_catalog.lo_close(?);",
    "SELECT pg_catalog.lo_unlink(?);",
    "SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata WHERE oid = ?;",
    kUnlinkIfThere};
constexpr absl::string_view kStatistics[] = {"SELECT * FROM pg_catalog.pg_restore_relation_stats(",
                                             "SELECT * FROM pg_catalog.pg_restore_attribute_stats(",
                                             "SELECT * FROM pg_catalog.pg_restore_extended_stats("};

bool Contains(Words words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

absl::string_view WithoutComments(absl::string_view text) {
  while (true) {
    text = absl::StripLeadingAsciiWhitespace(text);
    if (!absl::StartsWith(text, "--")) return text;
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
}

// Behind the string that has begun before `at`.
size_t EndOfString(absl::string_view text, size_t at, bool escapes) {
  for (; at < text.size(); ++at) {
    if (escapes && text[at] == '\\') {
      ++at;
    } else if (text[at] == '\'') {
      if (at + 1 == text.size() || text[at + 1] != '\'') return at + 1;
      ++at;
    }
  }
  return text.size();
}

// Strings and numbers become ?, white space one blank.
std::string Pattern(absl::string_view text) {
  std::string pattern;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i++];
    const bool escapes = c == 'E' && i < text.size() && text[i] == '\'' &&
                         (absl::EndsWith(pattern, "(") || absl::EndsWith(pattern, " "));
    if (c == '\'' || escapes) {
      i = EndOfString(text, escapes ? i + 1 : i, escapes);
      pattern += '?';
    } else if (IsDigit(c) || (c == '-' && i < text.size() && IsDigit(text[i]))) {
      while (i < text.size() && IsDigit(text[i])) ++i;
      pattern += '?';
    } else if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
      if (!absl::EndsWith(pattern, " ")) pattern += ' ';
    } else {
      pattern += c;
    }
  }
  return pattern;
}

// name, "name" or a qualified one.
bool ConsumeName(absl::string_view* text) {
  do {
    const bool quoted = absl::ConsumePrefix(text, "\"");
    size_t size = 0;
    while (size < text->size() &&
           (quoted ? (*text)[size] != '"'
                   : absl::ascii_isalnum(static_cast<unsigned char>((*text)[size])) ||
                         (*text)[size] == '_' || (*text)[size] == '$' ||
                         static_cast<unsigned char>((*text)[size]) >= 0x80))
      ++size;
    text->remove_prefix(size);
    if (quoted ? !absl::ConsumePrefix(text, "\"") : size == 0) return false;
    // A doubled quote ends one name and begins the next.
  } while (absl::StartsWith(*text, "\"") || absl::ConsumePrefix(text, "."));
  return true;
}

// COPY name [(columns)] FROM stdin; and nothing else: COPY ... FROM PROGRAM runs one on the server.
bool IsCopyFromDump(absl::string_view text) {
  text = WithoutComments(text);
  if (!absl::ConsumePrefix(&text, "COPY ") || !ConsumeName(&text)) return false;
  if (absl::ConsumePrefix(&text, " (")) {
    do {
      if (!ConsumeName(&text)) return false;
    } while (absl::ConsumePrefix(&text, ", "));
    if (!absl::ConsumePrefix(&text, ")")) return false;
  } else if (absl::StartsWith(text, "  ")) {
    text.remove_prefix(1);  // a table without columns
  }
  absl::ConsumePrefix(&text, " WITH OIDS");  // before PostgreSQL 12
  return text == " FROM stdin;";
}

std::string Hidden() {
  return absl::StrCat("sets ", kStandardStrings,
                      " to something else than on, or hides what it sets: dump again with "
                      "PGOPTIONS='-c ",
                      kStandardStrings, "=on'");
}

}  // namespace

bool PsqlStatement::Is(size_t at, absl::string_view word) const {
  return at < tokens_.size() && !tokens_[at].quoted && tokens_[at].text == word;
}

void PsqlStatement::AddWord(const std::string& word) {
  constexpr absl::string_view kLiterals[] = {"null", "default",  "true", "false",   "on", "b",
                                             "x",    "conflict", "do",   "nothing", "e"};
  if (word == "set_config") names_set_config_ = true;
  const bool insert = Is(0, "insert");
  if (insert && in_values_ && !Contains(kLiterals, word)) no_literals_ = true;
  if (insert && word == "values") in_values_ = true;
  const bool query = word == "select" || (!insert && word == "values") ||
                     (word == "execute" && last_ == "as") ||
                     (word == "table" && tokens_.size() > 2);
  if (query) has_query_ = true;
  const bool constraint =
      last_ == "exclude" && tokens_.size() > 2 && Is(tokens_.size() - 3, "constraint");
  if (word == "using" && !constraint) has_using_ = true;
  if ((word == "create" || word == "grant") && Is(1, "schema")) has_schema_elements_ = true;
  last_ = word;
  if (tokens_.size() < kTokensKept) tokens_.push_back({word, false});
}

void PsqlStatement::AddName(const std::string& name) {
  if (name == "set_config") names_set_config_ = true;
  if (in_values_) no_literals_ = true;
  last_.clear();
  if (tokens_.size() < kTokensKept) tokens_.push_back({name, true});
}

size_t PsqlStatement::Kind() const {
  size_t kind = 1;
  while (kind < tokens_.size() && !tokens_[kind].quoted && Contains(kModifiers, tokens_[kind].text))
    ++kind;
  return kind;
}

std::string PsqlStatement::CheckSelect(absl::string_view text) const {
  const absl::string_view statement = WithoutComments(text);
  if (statement == "SELECT pg_catalog.set_config('search_path', '', false);") return "";
  if (names_set_config_) return Hidden();
  const std::string pattern = Pattern(statement);
  if (Contains(kSelects, pattern)) return "";
  for (const absl::string_view begin : kStatistics) {
    if (!absl::StartsWith(pattern, begin)) continue;
    const absl::string_view arguments = absl::string_view(pattern).substr(begin.size());
    const size_t end = arguments.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_ ,:[]?");
    if (end != absl::string_view::npos && arguments.substr(end) == ");") return "";
  }
  return "is a SELECT that pg_dump never writes";
}

std::string PsqlStatement::CheckSet(absl::string_view text) const {
  const std::string lower = absl::AsciiStrToLower(text);
  // SET SESSION AUTHORIZATION 'role', "role" or DEFAULT.
  if (Is(1, "session") && Is(2, "authorization")) return "";
  if (text.empty() || tokens_.size() < 2 || tokens_[1].quoted || absl::StrContains(lower, "u&\"") ||
      absl::StrContains(lower, kStandardStrings)) {
    const bool on = tokens_.size() == 3 && Is(1, kStandardStrings) && Is(2, "on");
    if (!on || !absl::EndsWith(lower, absl::StrCat(kStandardStrings, " = on;"))) return Hidden();
  }
  return Contains(kSettings, tokens_[1].text)
             ? ""
             : absl::StrCat("sets ", tokens_[1].text, ", which pg_dump never does");
}

bool PsqlStatement::Converts() const {
  if (!has_using_ || !(Is(1, "table") || (Is(1, "foreign") && Is(2, "table")))) return false;
  // ALTER TABLE [ONLY] [schema.]table REPLICA IDENTITY USING INDEX index.
  for (size_t at = 3; at <= 5; ++at)
    if (Is(at, "replica") && Is(at + 1, "identity") && Is(at + 2, "using")) return false;
  return true;
}

bool PsqlStatement::IsOwnSetConfig(size_t at) const {
  const bool function = Is(at, "function") || Is(at, "procedure");
  return function && at + 2 < tokens_.size() && tokens_[at + 1].text != "pg_catalog" &&
         tokens_[at + 2].text == "set_config";
}

std::string PsqlStatement::CheckDefinition(absl::string_view text) const {
  const size_t kind = Kind();
  const std::string verb = absl::AsciiStrToUpper(tokens_[0].text);
  const bool known = kind < tokens_.size() && !tokens_[kind].quoted &&
                     Contains(kKinds, tokens_[kind].text) &&
                     (!Is(kind, "user") || Is(kind + 1, "mapping"));
  if (!known) {
    return absl::StrCat(
        "is a ", verb,
        kind < tokens_.size() ? absl::StrCat(" ", absl::AsciiStrToUpper(tokens_[kind].text)) : "",
        ", which pg_dump never writes");
  }
  // What a view or a routine says is not run when it is defined.
  const bool stored = Is(kind, "view") || Is(kind, "function") || Is(kind, "procedure");
  const bool harmless = verb == "CREATE" ? stored : IsOwnSetConfig(kind);
  if (names_set_config_ && !harmless) return Hidden();
  if (verb == "ALTER" && Converts()) return "computes a column's values";
  if (verb != "CREATE") return "";
  if (has_schema_elements_) return "creates a schema and more at once";
  const bool table = Is(kind, "table") || (Is(kind, "foreign") && Is(kind + 1, "table"));
  if (table && has_query_) return "makes a table of a query";
  if (Is(kind, "materialized") && !absl::EndsWith(text, "WITH NO DATA;")) {
    return "makes a materialized view that is not WITH NO DATA";
  }
  return "";
}

PsqlStatement::Verdict PsqlStatement::CheckDatabase(size_t at, absl::string_view database) const {
  if (Is(at, "if") && Is(at + 1, "exists")) at += 2;
  if (at < tokens_.size() && tokens_[at].text == database) return {"", true};
  return {absl::StrCat("is about another database than ", database), false};
}

PsqlStatement::Verdict PsqlStatement::Check(absl::string_view text,
                                            absl::string_view database) const {
  if (tokens_.empty()) return {};
  const std::string verb = tokens_[0].quoted ? "" : tokens_[0].text;
  if (verb == "copy") {
    return {IsCopyFromDump(text) ? "" : "copies from or to something else than the dump itself",
            false};
  }
  if ((verb == "begin" || verb == "commit") && tokens_.size() == 1 && !text.empty())
    return {"", true};
  if (verb == "select") return {CheckSelect(text), false};
  if (verb == "set") return {CheckSet(text), false};
  if (verb == "reset") return {Hidden(), false};
  if (verb == "create" || verb == "alter" || verb == "drop") {
    if (Is(1, "database")) return CheckDatabase(2, database);
    if (verb == "alter" && Is(1, "role") && Is(3, "in") && Is(4, "database"))
      return CheckDatabase(5, database);
    return {CheckDefinition(text), false};
  }
  const auto on = std::find_if(tokens_.begin(), tokens_.end(), [](const Token& token) {
    return !token.quoted && token.text == "on";
  });
  const size_t object = static_cast<size_t>(on - tokens_.begin()) + 1;
  if (names_set_config_ && !IsOwnSetConfig(object)) return {Hidden(), false};
  if (verb == "insert") {
    const bool rows = Is(1, "into") && in_values_ && !has_query_ && !no_literals_;
    return {rows ? "" : "is an INSERT of something else than rows of values", false};
  }
  if (verb == "comment" || verb == "security" || verb == "grant" || verb == "revoke") {
    if (Is(object, "database")) return CheckDatabase(object + 1, database);
    // Whole servers have these.
    const bool elsewhere = object > tokens_.size() || Is(object, "role") ||
                           Is(object, "tablespace") || Is(object, "parameter");
    if (!elsewhere) return {};
  }
  if (verb == "refresh" && Is(1, "materialized") && Is(2, "view")) return {};
  return {
      absl::StrCat("is a ", absl::AsciiStrToUpper(tokens_[0].text), ", which pg_dump never writes"),
      false};
}

}  // namespace ingot::tools
