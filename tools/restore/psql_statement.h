// Whether pg_dump writes a statement like this one.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace ingot::tools {

class PsqlStatement {
 public:
  // A word without quotes, in lower case; of a number nothing is given.
  void AddWord(const std::string& word);
  void AddName(const std::string& name);  // between double quotes

  struct Verdict {
    std::string wrong;  // "" when nothing is
    // About `database` itself: of pg_dump --create, where there is one already. BEGIN and COMMIT,
    // as pg_dump has them around large objects.
    bool left_out = false;
  };
  // At its end. `text`: all of it, comments included; "" when it was too long to be kept.
  Verdict Check(absl::string_view text, absl::string_view database) const;

 private:
  static constexpr size_t kTokensKept = 24;
  struct Token {
    std::string text;
    bool quoted = false;
  };

  bool Is(size_t at, absl::string_view word) const;
  // What is created, altered or dropped: the token behind the verb's modifiers.
  size_t Kind() const;
  std::string CheckSelect(absl::string_view text) const;
  std::string CheckSet(absl::string_view text) const;
  // ALTER TABLE ... TYPE ... USING, which computes.
  bool Converts() const;
  // public.set_config and the like at `at`, a function of the user's own.
  bool IsOwnSetConfig(size_t at) const;
  std::string CheckDefinition(absl::string_view text) const;
  Verdict CheckDatabase(size_t at, absl::string_view database) const;

  std::vector<Token> tokens_;
  bool names_set_config_ = false;
  bool has_query_ = false;  // SELECT, VALUES and the like behind its first words
  bool has_using_ = false;  // in an ALTER, other than EXCLUDE USING
  bool has_schema_elements_ = false;
  bool in_values_ = false;    // of an INSERT
  bool no_literals_ = false;  // something else in them
  std::string last_;          // word
};

}  // namespace ingot::tools
