// A hostile PostgreSQL dump: whatever the filter lets through is read once more by another lexer
// (core/join/sql_lexer.h), which must see neither a backslash command nor a COPY that is not the
// dump's own.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/join/sql_lexer.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/restore/psql_filter.h"

namespace ingot {
namespace {

struct Filtered {
  bool ok = false;
  std::string text;
  std::set<std::string> roles;
};

Filtered Filter(absl::string_view dump, bool no_owner, size_t first, size_t piece) {
  tools::PsqlFilter filter({"alfresco", no_owner});
  Filtered result;
  absl::Status status;
  for (size_t length = first; status.ok() && !dump.empty(); length = piece) {
    const std::string part(dump.substr(0, length));
    dump.remove_prefix(part.size());
    status = filter.Feed(part, &result.text);
  }
  if (status.ok()) status = filter.Finish(&result.text);
  result.ok = status.ok();
  result.roles = filter.roles();
  return result;
}

// Statements by the other lexer; COPY's rows are left out as psql leaves them out.
class Reader {
 public:
  explicit Reader(absl::string_view text) : cursor_(text.data()), end_(cursor_ + text.size()) {}

  void CheckAll() {
    SqlToken token;
    int parentheses = 0;
    while (lexer_.Next(&cursor_, end_, &token)) {
      INGOT_CHECK(token.kind != SqlTokenKind::kSymbol || token.text != "\\");
      if (token.kind == SqlTokenKind::kSymbol && token.text == "(") ++parentheses;
      if (token.kind == SqlTokenKind::kSymbol && token.text == ")" && parentheses > 0)
        --parentheses;
      const bool is_word = token.kind == SqlTokenKind::kWord;
      // Where a routine's body ends, this reading does not know.
      if (is_word && absl::EqualsIgnoreCase(token.text, "atomic")) return;
      if (token.kind == SqlTokenKind::kEnd && parentheses == 0) {
        EndStatement();
      } else if (words_.size() < kWordsMax) {
        words_.push_back(is_word ? absl::AsciiStrToLower(token.text) : "");
      }
    }
  }

 private:
  static constexpr size_t kWordsMax = 1000;

  void EndStatement() {
    constexpr absl::string_view kVerbs[] = {"alter",  "comment",  "copy",   "create",
                                            "drop",   "grant",    "insert", "refresh",
                                            "revoke", "security", "select", "set"};
    const std::vector<std::string> words = std::exchange(words_, {});
    if (!words.empty()) {
      INGOT_CHECK(std::find(std::begin(kVerbs), std::end(kVerbs), words[0]) != std::end(kVerbs));
    }
    if (words.empty() || words[0] != "copy" || words.size() == kWordsMax) return;
    INGOT_CHECK(words.size() >= 3);
    INGOT_CHECK(words.back() == "stdin" && words[words.size() - 2] == "from");
    SkipRows();
  }

  void SkipRows() {
    const absl::string_view rest(cursor_, static_cast<size_t>(end_ - cursor_));
    size_t line = rest.find('\n');
    while (line != absl::string_view::npos) {
      const absl::string_view begin = rest.substr(line + 1);
      line = rest.find('\n', line + 1);
      absl::string_view row = begin.substr(0, begin.find('\n'));
      if (row != "\\." && row != "\\.\r") continue;
      cursor_ = row.data() + row.size();
      return;
    }
    cursor_ = end_;
  }

  SqlLexer lexer_{DumpDialect::kPostgresql};
  const char* cursor_;
  const char* end_;
  std::vector<std::string> words_;
};

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const bool no_owner = input.Flag();
  const size_t first = input.Byte();
  const size_t piece = 1 + input.Byte();
  const absl::string_view dump = input.Rest();
  const Filtered whole = Filter(dump, no_owner, dump.size(), dump.size());
  const Filtered cut = Filter(dump, no_owner, first, piece);
  INGOT_CHECK(whole.ok == cut.ok);
  if (!whole.ok) return 0;
  INGOT_CHECK(whole.text == cut.text && whole.roles == cut.roles);
  // As many lines: psql's line numbers are the dump's.
  INGOT_CHECK(std::count(whole.text.begin(), whole.text.end(), '\n') ==
              std::count(dump.begin(), dump.end(), '\n'));
  // What was let through is let through again.
  const Filtered again = Filter(whole.text, no_owner, whole.text.size(), whole.text.size());
  INGOT_CHECK(again.ok);
  Reader(whole.text).CheckAll();
  return 0;
}
