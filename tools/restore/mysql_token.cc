#include "tools/restore/mysql_token.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace ingot::tools {

bool IsWord(MysqlTokens tokens, size_t at, absl::string_view word) {
  return at < tokens.size() && tokens[at].bare && absl::EqualsIgnoreCase(tokens[at].text, word);
}

bool IsSymbol(MysqlTokens tokens, size_t at, absl::string_view symbol) {
  return at < tokens.size() && tokens[at].symbol && tokens[at].text == symbol;
}

size_t SkipWords(MysqlTokens tokens, size_t at, absl::Span<const absl::string_view> words) {
  while (at < tokens.size() && tokens[at].bare &&
         absl::c_linear_search(words, absl::AsciiStrToLower(tokens[at].text)))
    ++at;
  return at;
}

}  // namespace ingot::tools
