// The words of a statement of a MySQL or MariaDB dump.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ingot::tools {

struct MysqlToken {
  bool bare = false;  // a word without quotes
  bool symbol = false;
  std::string text;
};

using MysqlTokens = absl::Span<const MysqlToken>;

// Whether there is such a word or symbol at `at`, which may be behind the end. `word` in lower
// case.
bool IsWord(MysqlTokens tokens, size_t at, absl::string_view word);
bool IsSymbol(MysqlTokens tokens, size_t at, absl::string_view symbol);
// Behind all of `words` that are there at `at`.
size_t SkipWords(MysqlTokens tokens, size_t at, absl::Span<const absl::string_view> words);

}  // namespace ingot::tools
