#include "tools/database/program_dump.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr size_t kErrorLinesMax = 10;
constexpr size_t kErrorBytesMax = 2000;  // less than is kept, so that no half of a secret is shown
constexpr size_t kVersionBytesMax = 4096;
constexpr char kPasswordHint[] =
    "no password was given: INGOT_DB_PASSWORD in the environment or --password-file FILE gives one";

std::vector<std::string> CleanLines(absl::string_view error_tail,
                                    const std::vector<std::string>& secrets) {
  std::string text(error_tail);
  for (const std::string& secret : secrets)
    if (!secret.empty()) text = absl::StrReplaceAll(text, {{secret, "***"}});
  if (text.size() > kErrorBytesMax) text.erase(0, text.size() - kErrorBytesMax);
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripTrailingAsciiWhitespace(line);
    if (line.empty()) continue;
    std::string& clean = lines.emplace_back(line);
    for (char& c : clean)
      if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = c == '\t' ? ' ' : '?';
  }
  if (lines.size() > kErrorLinesMax)
    lines.erase(lines.begin(), lines.end() - static_cast<ptrdiff_t>(kErrorLinesMax));
  return lines;
}

class ProgramDump : public Dump {
 public:
  ProgramDump(ProgramDumpOptions options, io::Process process)
      : options_(std::move(options)), process_(std::move(process)) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    absl::StatusOr<size_t> size = process_.ReadOutput(out);
    if (!size.ok()) return Failed(size.status());
    bytes_ += *size;
    KeepTail(absl::string_view(out.data(), *size));
    return size;
  }

  absl::Status Finish() override;

  DatabaseVendor vendor() const override { return options_.vendor; }
  std::string tool() const override { return options_.tool; }
  std::vector<std::string> warnings() const override { return options_.warnings; }
  uint64_t bytes() const override { return bytes_; }

 private:
  void KeepTail(absl::string_view data) {
    if (data.size() >= kCompletionTailBytes) tail_.clear();
    absl::StrAppend(&tail_, data.substr(data.size() - std::min(data.size(), kCompletionTailBytes)));
    if (tail_.size() > 2 * kCompletionTailBytes)
      tail_.erase(0, tail_.size() - kCompletionTailBytes);
  }

  absl::Status Failed(const absl::Status& status) {
    if (absl::IsCancelled(status)) return status;
    std::string message = absl::StrCat("database dump: ", options_.program, ": ", status.message());
    if (absl::IsDeadlineExceeded(status))
      absl::StrAppend(&message, " and was ended (--dump-timeout gives it longer)");
    AppendLastWords(process_.Kill(), &message);
    return absl::AbortedError(message);
  }

  void AppendLastWords(absl::string_view error_tail, std::string* message) const {
    const std::string lines = ErrorLines(error_tail, options_.secrets);
    if (!lines.empty()) absl::StrAppend(message, "; its last words:", lines);
  }

  absl::Status Failed(absl::string_view what, const io::ProcessExit& exit) const {
    std::string message = absl::StrCat("database dump: ", options_.program, " ", what);
    const bool has_password =
        std::any_of(options_.secrets.begin(), options_.secrets.end(),
                    [](const std::string& secret) { return !secret.empty(); });
    if (!has_password && absl::StrContains(absl::AsciiStrToLower(exit.error_tail), "password"))
      absl::StrAppend(&message, " (", kPasswordHint, ")");
    AppendLastWords(exit.error_tail, &message);
    return absl::AbortedError(message);
  }

  ProgramDumpOptions options_;
  io::Process process_;
  uint64_t bytes_ = 0;
  std::string tail_;
};

absl::Status ProgramDump::Finish() {
  absl::StatusOr<io::ProcessExit> exit = process_.Wait();
  if (!exit.ok()) return Failed(exit.status());
  if (!exit->ok()) {
    // Whoever stops a service often signals all its processes at once.
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    return Failed(exit->exited ? absl::StrCat("failed with ", exit->Describe())
                               : absl::StrCat("was ", exit->Describe()),
                  *exit);
  }
  if (bytes_ == 0) return Failed("wrote nothing, though it reports success", *exit);
  if (options_.is_complete != nullptr && !options_.is_complete(tail_)) {
    return Failed(absl::StrCat("reports success, but the dump is cut off: its end is not \"",
                               options_.completion_line, "\""),
                  *exit);
  }
  for (const std::string& line : CleanLines(exit->error_tail, options_.secrets))
    options_.warnings.push_back(absl::StrCat(options_.program, " said: ", line));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dump>> StartProgramDump(ProgramDumpOptions options) {
  absl::StatusOr<io::Process> process = io::Process::Start(options.process);
  if (!process.ok()) {
    if (absl::IsCancelled(process.status())) return process.status();
    const bool is_missing =
        absl::IsNotFound(process.status()) || absl::IsPermissionDenied(process.status());
    return absl::AbortedError(absl::StrCat(
        "database dump: cannot start ", options.program, ": ", process.status().message(),
        is_missing && !options.remedy.empty() ? absl::StrCat("; ", options.remedy) : ""));
  }
  return std::make_unique<ProgramDump>(std::move(options), *std::move(process));
}

absl::StatusOr<std::string> ChooseProgram(std::initializer_list<const char*> programs,
                                          absl::string_view remedy) {
  std::string problems;
  for (const char* program : programs) {
    const absl::StatusOr<std::string> path = io::FindProgram(program);
    if (path.ok()) return std::string(program);
    absl::StrAppend(&problems, problems.empty() ? "" : ", ", path.status().message());
  }
  return absl::AbortedError(absl::StrCat("database dump: ", problems, "; ", remedy));
}

absl::StatusOr<std::string> VersionLine(const std::string& program) {
  io::ProcessOptions options;
  options.arguments = {program, "--version"};
  options.unset_environment = PasswordVariables();
  options.silence_max = kAnswerSilenceMax;
  const auto result = io::RunAndCapture(options, kVersionBytesMax);
  if (absl::IsCancelled(result.status())) return result.status();
  if (!result.ok() || !result->first.ok()) return std::string();
  return std::string(
      absl::StripAsciiWhitespace(result->second.substr(0, result->second.find('\n'))));
}

absl::string_view LastLine(absl::string_view text) {
  text = absl::StripTrailingAsciiWhitespace(text);
  const size_t line_feed = text.rfind('\n');
  return line_feed == absl::string_view::npos ? text : text.substr(line_feed + 1);
}

std::string ErrorLines(absl::string_view error_tail, const std::vector<std::string>& secrets) {
  std::string text;
  for (const std::string& line : CleanLines(error_tail, secrets))
    absl::StrAppend(&text, "\n    ", line);
  return text;
}

std::vector<std::string> PasswordVariables() {
  return {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"};
}

}  // namespace ingot::tools
