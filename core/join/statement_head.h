// What stands before the rows: CREATE TABLE, COPY and INSERT as lists of tokens.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/join/sql_lexer.h"
#include "core/join/sql_literal.h"
#include "core/join/wanted_tables.h"

namespace ingot {

using SqlTokens = absl::Span<const ValueToken>;

bool IsWord(const ValueToken& token, absl::string_view word);
bool IsSymbol(const ValueToken& token, char symbol);

struct RowsHead {
  TableName name;
  std::vector<std::string> columns;  // empty: it names none
  bool understood = false;           // the rest of it, too
  bool from_stdin = false;           // of COPY: its rows follow
};

// "INSERT INTO t (a, b)", without VALUES. nullopt: it names no table.
std::optional<RowsHead> ParseInsertHead(SqlTokens tokens, DumpDialect dialect);
// "COPY t (a, b) FROM stdin"
std::optional<RowsHead> ParseCopyHead(SqlTokens tokens);

// "CREATE TABLE t (a int, ...) ...". nullopt: it creates something else.
struct TableHead {
  TableName name;
  std::vector<std::string> columns;  // that have values in rows; empty: it tells none
  bool partitioned = false;
};
std::optional<TableHead> ParseCreateTable(SqlTokens tokens, DumpDialect dialect);

}  // namespace ingot
