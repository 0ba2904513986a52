// Values of SQL text as the bytes that the server makes of them.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/join/sql_lexer.h"

namespace ingot {

// What the vendor's server makes of backslashes.
enum class EscapeRule { kNone, kPostgresql, kMysql };

// Appends the bytes of what stands between the quotes of `token`; false when it is malformed.
bool AppendQuoted(const SqlToken& token, EscapeRule rule, std::string* out);
// "00ff" as bytes; false when it is none.
bool AppendHexBytes(absl::string_view digits, std::string* out);
// A field of COPY's text format that holds backslashes.
void AppendCopyField(absl::string_view field, std::string* out);

// One token of a value, owned.
struct ValueToken {
  SqlTokenKind kind;
  std::string text;
  char quote;
  char prefix;
  bool has_escapes;
};

enum class ValueKind { kNull, kBytes, kUnknown };
// A value of INSERT, all its tokens: a number, a string, NULL, a blob, SQLite's replace(), char()
// and unistr(), MySQL's _charset. Bytes are appended.
ValueKind AppendValue(absl::Span<const ValueToken> tokens, DumpDialect dialect,
                      bool backslash_escapes, std::string* out);

}  // namespace ingot
