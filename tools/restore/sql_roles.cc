#include "tools/restore/sql_roles.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace ingot::tools {
namespace {

struct Token {
  std::string text;  // an identifier as the server reads it, or one symbol
  bool quoted = false;
  bool Is(absl::string_view word) const { return !quoted && text == word; }
};

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Without comments. Of strings, which no role is in, nothing is kept.
std::vector<Token> TokensOf(absl::string_view sql) {
  std::vector<Token> tokens;
  for (size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    size_t end = i + 1;
    if (sql.substr(i, 2) == "--") {
      end = std::min(sql.find('\n', i), sql.size());
    } else if (c == '"' || c == '\'') {
      std::string text;
      for (; end < sql.size(); ++end) {
        if (sql[end] == c && (end + 1 == sql.size() || sql[end + 1] != c)) break;
        if (sql[end] == c) ++end;
        text += sql[end];
      }
      ++end;
      if (c == '"') tokens.push_back({text, true});
    } else if (IsWordByte(c)) {
      while (end < sql.size() && IsWordByte(sql[end])) ++end;
      tokens.push_back({absl::AsciiStrToLower(sql.substr(i, end - i)), false});
    } else if (!absl::ascii_isspace(static_cast<unsigned char>(c))) {
      tokens.push_back({std::string(1, c), false});
    }
    i = end;
  }
  return tokens;
}

bool IsRole(const Token& token) {
  for (const char* word : {"public", "current_user", "current_role", "session_user", "default"}) {
    if (token.Is(word)) return false;
  }
  return token.quoted || IsWordByte(token.text[0]);
}

// "a, b, c" from `at` on.
void AddList(const std::vector<Token>& tokens, size_t at, std::vector<std::string>* roles) {
  for (; at < tokens.size(); at += 2) {
    if (tokens[at].Is("group") && at + 1 < tokens.size()) ++at;
    if (IsRole(tokens[at])) roles->push_back(tokens[at].text);
    if (at + 1 >= tokens.size() || !tokens[at + 1].Is(",")) return;
  }
}

}  // namespace

SqlRoles RolesOf(const std::vector<std::string>& words, absl::string_view statement) {
  SqlRoles result;
  if (words.empty()) return result;
  const bool grant = words[0] == "grant" || words[0] == "revoke";
  const bool alter = words[0] == "alter";
  const bool set = words[0] == "set" && words.size() > 1 && words[1] == "session";
  if (!grant && !alter && !set) return result;
  const std::vector<Token> tokens = TokensOf(statement);
  const bool defaults =
      alter && words.size() > 2 && words[1] == "default" && words[2] == "privileges";
  result.about_roles_only = grant || defaults;
  size_t receivers = 0;  // behind the last TO or FROM
  for (size_t i = 1; i < tokens.size(); ++i) {
    if (tokens[i].Is("to") || tokens[i].Is("from")) receivers = i + 1;
    const bool owner = alter && tokens[i - 1].Is("owner") && tokens[i].Is("to");
    const bool other =
        (defaults && tokens[i - 1].Is("for") && (tokens[i].Is("role") || tokens[i].Is("user"))) ||
        (set && tokens[i].Is("authorization")) ||
        (tokens[i - 1].Is("granted") && tokens[i].Is("by"));
    if (owner || other) AddList(tokens, i + 1, &result.roles);
    result.about_roles_only = result.about_roles_only || owner || (set && other);
  }
  if ((grant || defaults) && receivers > 0) AddList(tokens, receivers, &result.roles);
  return result;
}

}  // namespace ingot::tools
