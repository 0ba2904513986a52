#include "tools/preflight/database_query.h"

#include <csignal>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/database/program_dump.h"
#include "tools/preflight/database_check.h"

namespace ingot {
namespace {

constexpr size_t kAnswerBytesMax = 1 << 20;

std::string OneLine(const std::string& lines) {
  std::vector<absl::string_view> parts = absl::StrSplit(lines, '\n', absl::SkipWhitespace());
  for (absl::string_view& part : parts) part = absl::StripAsciiWhitespace(part);
  return absl::StrJoin(parts, " ");
}

int LeadingNumber(absl::string_view* text) {
  size_t digits = 0;
  while (digits < text->size() && absl::ascii_isdigit((*text)[digits])) ++digits;
  int number = 0;
  if (!absl::SimpleAtoi(text->substr(0, digits), &number)) number = 0;
  text->remove_prefix(digits);
  return number;
}

}  // namespace

absl::StatusOr<Answers> Ask(const tools::ClientConnection& client, absl::Duration silence_max) {
  io::ProcessOptions process = client.process;
  const std::string program = process.arguments[0];
  // Clients have a limit for connecting, but none for an answer that does not come.
  process.silence_max = silence_max;
  const auto result = io::RunAndCapture(process, kAnswerBytesMax);
  if (absl::IsCancelled(result.status())) return result.status();
  if (absl::IsDeadlineExceeded(result.status())) {
    return absl::DeadlineExceededError(absl::StrCat(program, ": the server has not answered for ",
                                                    absl::FormatDuration(silence_max)));
  }
  if (!result.ok()) {
    return absl::AbortedError(absl::StrCat(program, ": ", result.status().message()));
  }
  const auto& [exit, output] = *result;
  if (!exit.ok()) {
    const std::string words = OneLine(tools::ErrorLines(exit.error_tail, client.secrets));
    return absl::AbortedError(
        absl::StrCat(program, " failed with ", exit.Describe(), words.empty() ? "" : ": ", words));
  }
  Answers answers;
  for (absl::string_view line : absl::StrSplit(output, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> answer =
        absl::StrSplit(line, absl::MaxSplits('\t', 1));
    answers[answer.first].push_back(answer.second);
  }
  return answers;
}

uint64_t NumberOf(const Answers& answers, const std::string& key) {
  uint64_t number = 0;
  return absl::SimpleAtoi(TextOf(answers, key), &number) ? number : 0;
}

std::string TextOf(const Answers& answers, const std::string& key) {
  const auto found = answers.find(key);
  return found == answers.end() ? "" : found->second.front();
}

Version ParseVersion(absl::string_view text) {
  Version version;
  version.major = LeadingNumber(&text);
  if (text.size() < 2 || text[0] != '.') return version;
  text.remove_prefix(1);
  version.minor = LeadingNumber(&text);
  return version;
}

std::string FormatVersion(const Version& version) {
  return absl::StrCat(version.major, ".", version.minor);
}

}  // namespace ingot
