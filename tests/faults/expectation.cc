#include "tests/faults/expectation.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace ingot {
namespace {

bool Fits(absl::string_view words, absl::string_view text) {
  if (words.empty()) return true;
  const std::vector<absl::string_view> all = absl::StrSplit(words, ' ');
  return std::any_of(all.begin(), all.end(), [text](absl::string_view word) {
    return absl::ConsumeSuffix(&word, "*") ? absl::StartsWith(text, word) : text == word;
  });
}

// What a line can tell of a file: without what has no name, below the target's top as members are.
absl::string_view ToldPath(absl::string_view file) {
  for (const char* nameless : {"/#", "/.ingot-"}) file = file.substr(0, file.find(nameless));
  for (const char* top : {"out/", "old/root/", "new/root/"}) absl::ConsumePrefix(&file, top);
  return file;
}

// A "*" of the path is another in each run.
bool HasPath(absl::string_view line, absl::string_view path) {
  for (const absl::string_view part : absl::StrSplit(path, '*')) {
    const size_t at = line.find(part);
    if (at == absl::string_view::npos) return false;
    line.remove_prefix(at + part.size());
  }
  return true;
}

}  // namespace

const Rule& RuleOf(const std::vector<Rule>& rules, const Fault& fault) {
  return *std::find_if(rules.begin(), rules.end(), [&fault](const Rule& rule) {
    return Fits(rule.calls, fault.operation.call) && Fits(rule.files, fault.operation.file) &&
           Fits(rule.effects, fault.effect);
  });
}

testing::AssertionResult EndsAsExpected(const std::vector<Rule>& rules, const Fault& fault,
                                        const FaultyRun& run) {
  const Rule& rule = RuleOf(rules, fault);
  const std::vector<int> codes =
      IsHarmless(fault) || !run.met ? std::vector<int>{0} : rule.exit_codes;
  if (std::find(codes.begin(), codes.end(), run.exit_code) == codes.end()) {
    return testing::AssertionFailure() << "exit code " << run.exit_code << ", not "
                                       << absl::StrJoin(codes, " or ") << ": " << run.error;
  }
  if (run.exit_code == 0 || rule.says == Says::kSomething) return testing::AssertionSuccess();
  // What lasts fails for other files, too, and another thread may be the first to tell.
  const bool any_path = absl::EndsWith(fault.effect, "+");
  for (const std::string& line : Lines(run.error)) {
    if ((any_path || HasPath(line, ToldPath(fault.operation.file))) &&
        absl::StrContains(line, EffectText(fault.effect))) {
      return testing::AssertionSuccess();
    }
  }
  return testing::AssertionFailure() << "no line has " << ToldPath(fault.operation.file) << " and '"
                                     << EffectText(fault.effect) << "': " << run.error;
}

}  // namespace ingot
