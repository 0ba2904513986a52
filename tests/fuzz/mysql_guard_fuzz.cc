// A hostile MySQL dump: what the guard lets through is read once more by another lexer
// (core/join/sql_lexer.h), which must see no statement that leads to another database.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "core/join/sql_lexer.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/restore/mysql_guard.h"

namespace ingot {
namespace {

bool Passes(absl::string_view dump, size_t first, size_t piece) {
  tools::MysqlGuard guard("alfresco");
  absl::Status status;
  for (size_t length = first; status.ok() && !dump.empty(); length = piece) {
    const std::string part(dump.substr(0, length));
    dump.remove_prefix(part.size());
    status = guard.Feed(part);
  }
  if (status.ok()) status = guard.Finish();
  return status.ok();
}

// The statement's first words in lower case; "" for what is none.
void CheckStatement(const std::vector<std::string>& words) {
  constexpr absl::string_view kVerbs[] = {"alter",   "analyze", "commit", "create",
                                          "do",      "drop",    "insert", "lock",
                                          "replace", "set",     "unlock", "use"};
  if (words.empty() || words[0] == "delimiter") return;
  INGOT_CHECK(std::find(std::begin(kVerbs), std::end(kVerbs), words[0]) != std::end(kVerbs));
  if (words.size() < 2) return;
  if (words[0] == "use") INGOT_CHECK(words[1] == "alfresco" || words[1].empty());
  const bool database = words[1] == "database" || words[1] == "schema";
  if (words[0] == "create" && database) INGOT_CHECK(words.size() > 2 && words[2] == "if");
  if (words[0] == "drop") INGOT_CHECK(!database);
}

// "2E-": to the server no number goes on with a sign that no digit follows.
bool HasBareSign(absl::string_view number) {
  const size_t sign = number.find_first_of("+-");
  return sign != absl::string_view::npos &&
         (sign + 1 == number.size() ||
          !absl::ascii_isdigit(static_cast<unsigned char>(number[sign + 1])));
}

void CheckAll(absl::string_view text) {
  constexpr size_t kWordsMax = 4;
  SqlLexer lexer(DumpDialect::kMysql);
  std::vector<std::string> words;
  const char* cursor = text.data();
  const char* const end = cursor + text.size();
  SqlToken token;
  bool line_taken = false;
  while (lexer.Next(&cursor, end, &token)) {
    if (token.kind == SqlTokenKind::kNumber && HasBareSign(token.text)) return;
    if (line_taken) {
      line_taken = false;
      if (token.kind == SqlTokenKind::kLine &&
          !lexer.SetDelimiter(absl::StripAsciiWhitespace(token.text))) {
        return;
      }
      words.clear();
      continue;
    }
    if (token.kind == SqlTokenKind::kEnd) {
      CheckStatement(words);
      words.clear();
    } else if (words.empty() && token.kind == SqlTokenKind::kSymbol && token.text == ";") {
      continue;  // the server's end of an empty one
    } else if (words.size() < kWordsMax) {
      words.push_back(token.kind == SqlTokenKind::kWord ? absl::AsciiStrToLower(token.text) : "");
      if (words.size() == 1 && words[0] == "delimiter") {
        lexer.TakeLine();
        line_taken = true;
      }
    }
  }
  CheckStatement(words);
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const size_t first = input.Byte();
  const size_t piece = 1 + input.Byte();
  const absl::string_view dump = input.Rest();
  const bool passes = Passes(dump, dump.size(), dump.size());
  INGOT_CHECK(passes == Passes(dump, first, piece));
  if (passes) CheckAll(dump);
  return 0;
}
