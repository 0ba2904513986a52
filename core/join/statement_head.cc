#include "core/join/statement_head.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/match.h"

namespace ingot {
namespace {

constexpr size_t kWordsBeforeTable = 6;  // CREATE OR REPLACE GLOBAL TEMPORARY ...

bool IsName(const ValueToken& token) {
  return token.kind == SqlTokenKind::kWord || token.kind == SqlTokenKind::kQuotedName ||
         (token.kind == SqlTokenKind::kString && token.prefix == 0 && token.quote != '$');
}

std::string NameOf(const ValueToken& token) {
  SqlToken view;
  view.text = token.text;
  view.quote = token.quote;
  view.has_escapes = token.has_escapes;
  std::string name;
  AppendQuoted(view, EscapeRule::kNone, &name);
  return name;
}

class TokenReader {
 public:
  explicit TokenReader(SqlTokens tokens) : tokens_(tokens) {}

  bool AtEnd() const { return tokens_.empty(); }
  const ValueToken& front() const { return tokens_.front(); }
  void Skip() { tokens_.remove_prefix(1); }
  bool TakeWord(absl::string_view word) {
    if (AtEnd() || !IsWord(front(), word)) return false;
    Skip();
    return true;
  }
  bool TakeSymbol(char symbol) {
    if (AtEnd() || !IsSymbol(front(), symbol)) return false;
    Skip();
    return true;
  }
  std::optional<std::string> TakeName() {
    if (AtEnd() || !IsName(front())) return std::nullopt;
    std::string name = NameOf(front());
    Skip();
    return name;
  }
  // "a", "a.b", "a.b.c"
  std::optional<TableName> TakeTableName() {
    TableName name;
    do {
      std::optional<std::string> part = TakeName();
      if (!part.has_value()) return std::nullopt;
      name.schema = std::move(name.table);
      name.table = *std::move(part);
    } while (TakeSymbol('.'));
    return name;
  }
  // "(a, b)"; false when it is malformed.
  bool TakeColumns(std::vector<std::string>* columns) {
    if (!TakeSymbol('(')) return true;
    do {
      std::optional<std::string> column = TakeName();
      if (!column.has_value()) return false;
      columns->push_back(*std::move(column));
    } while (TakeSymbol(','));
    return TakeSymbol(')');
  }

 private:
  SqlTokens tokens_;
};

bool IsAnyWord(const ValueToken& token, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return IsWord(token, word); });
}

// Of the definitions in CREATE TABLE: a key or a constraint. All these words are reserved, so no
// column has such a name without quotes.
bool IsConstraint(SqlTokens definition, DumpDialect dialect) {
  const ValueToken& first = definition.front();
  if (IsAnyWord(first, {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})) return true;
  if (dialect != DumpDialect::kMysql) return false;
  if (IsAnyWord(first, {"KEY", "INDEX", "FULLTEXT", "SPATIAL"})) return true;
  return IsWord(first, "PERIOD") && definition.size() > 1 && IsWord(definition[1], "FOR");
}

// SQLite's generated columns have no values in rows.
bool IsGenerated(SqlTokens definition) {
  int depth = 0;
  for (const ValueToken& token : definition.subspan(1)) {
    if (IsSymbol(token, '(')) ++depth;
    if (IsSymbol(token, ')')) --depth;
    if (depth == 0 && IsAnyWord(token, {"GENERATED", "AS"})) return true;
  }
  return false;
}

// The definitions between the parentheses; what is behind them remains. False: no end.
bool TakeDefinitions(SqlTokens* tokens, DumpDialect dialect, std::vector<std::string>* columns) {
  int depth = 0;
  size_t begin = 1;
  for (size_t i = 0; i < tokens->size(); ++i) {
    const ValueToken& token = (*tokens)[i];
    if (IsSymbol(token, '(')) ++depth;
    if (IsSymbol(token, ')')) --depth;
    const bool ends = depth == 0 || (depth == 1 && IsSymbol(token, ','));
    if (!ends) continue;
    const SqlTokens definition = tokens->subspan(begin, i - begin);
    begin = i + 1;
    if (!definition.empty() && IsName(definition.front()) && !IsConstraint(definition, dialect) &&
        !(dialect == DumpDialect::kSqlite && IsGenerated(definition))) {
      columns->push_back(NameOf(definition.front()));
    }
    if (depth > 0) continue;
    tokens->remove_prefix(begin);
    return true;
  }
  return false;
}

}  // namespace

bool IsWord(const ValueToken& token, absl::string_view word) {
  return token.kind == SqlTokenKind::kWord && absl::EqualsIgnoreCase(token.text, word);
}

bool IsSymbol(const ValueToken& token, char symbol) {
  return token.kind == SqlTokenKind::kSymbol && token.text[0] == symbol;
}

std::optional<RowsHead> ParseInsertHead(SqlTokens tokens, DumpDialect dialect) {
  TokenReader reader(tokens);
  while (!reader.AtEnd() && !IsWord(reader.front(), "INTO")) reader.Skip();
  if (!reader.TakeWord("INTO")) return std::nullopt;
  std::optional<TableName> name = reader.TakeTableName();
  if (!name.has_value()) return std::nullopt;
  RowsHead head;
  head.name = *std::move(name);
  if (!reader.TakeColumns(&head.columns)) return head;
  if (dialect == DumpDialect::kPostgresql && reader.TakeWord("OVERRIDING")) {
    if (!reader.TakeWord("SYSTEM") && !reader.TakeWord("USER")) return head;
    if (!reader.TakeWord("VALUE")) return head;
  }
  head.understood = reader.AtEnd();
  return head;
}

std::optional<RowsHead> ParseCopyHead(SqlTokens tokens) {
  TokenReader reader(tokens);
  reader.Skip();
  std::optional<TableName> name = reader.TakeTableName();
  if (!name.has_value()) return std::nullopt;
  RowsHead head;
  head.name = *std::move(name);
  head.understood = reader.TakeColumns(&head.columns) && reader.TakeWord("FROM") &&
                    reader.TakeWord("STDIN") && reader.AtEnd();
  for (size_t i = 0; i + 1 < tokens.size(); ++i)
    head.from_stdin |= IsWord(tokens[i], "FROM") && IsWord(tokens[i + 1], "STDIN");
  return head;
}

std::optional<TableHead> ParseCreateTable(SqlTokens tokens, DumpDialect dialect) {
  size_t words = 0;
  while (!tokens.empty() && words < kWordsBeforeTable && !IsWord(tokens.front(), "TABLE")) {
    tokens.remove_prefix(1);
    ++words;
  }
  TokenReader reader(tokens);
  if (!reader.TakeWord("TABLE")) return std::nullopt;
  if (reader.TakeWord("IF")) {
    reader.TakeWord("NOT");
    reader.TakeWord("EXISTS");
  }
  std::optional<TableName> name = reader.TakeTableName();
  if (!name.has_value()) return std::nullopt;
  TableHead head;
  head.name = *std::move(name);
  while (!tokens.empty() && !IsSymbol(tokens.front(), '(')) tokens.remove_prefix(1);
  if (!TakeDefinitions(&tokens, dialect, &head.columns)) head.columns.clear();
  head.partitioned =
      dialect == DumpDialect::kPostgresql && !tokens.empty() && IsWord(tokens.front(), "PARTITION");
  return head;
}

}  // namespace ingot
