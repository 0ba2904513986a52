#include "tools/command.h"

#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "io/fatal.h"
#include "io/priority.h"
#include "tools/help_formatter.h"
#include "tools/schedule/duration_text.h"
#include "tools/size.h"

namespace ingot {
namespace {

constexpr char kDescription[] =
    "ingot " INGOT_VERSION
    ": cast a live repository into one solid file.\n"
    "The file is an ordinary seekable .tar.zst: tar --zstd -xf FILE opens it anywhere.";

constexpr char kExamples[] =
    "Examples:\n"
    "  ingot create -o home.tar.zst /home\n"
    "  ingot backup --alfresco alfresco-global.properties -o alfresco.tar.zst\n"
    "  ingot backup --database postgresql://dms@db/dms --content /srv/content -o dms.tar.zst\n"
    "  ingot verify alfresco.tar.zst\n"
    "  ingot restore alfresco.tar.zst -C /srv/restored 'contentstore/2024/*'\n"
    "\n"
    "ingot VERB --help tells more.\n"
    "\n";

// CLI11 spreads some messages over lines; ours are one line each.
std::string OneLine(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipWhitespace());
  for (std::string& line : lines) absl::StripAsciiWhitespace(&line);
  return absl::StrJoin(lines, " ");
}

int UsageError(const CLI::App& app, const std::string& message, std::FILE* error) {
  std::string verb;
  for (const CLI::App* parsed : app.get_subcommands()) verb = absl::StrCat(parsed->get_name(), " ");
  Report report(error, ReportOptions());
  report.Error(absl::StrCat(OneLine(message), " (see: ingot ", verb, "--help)"));
  return static_cast<int>(ExitCode::kUsage);
}

// What helps is what the verb has.
const char* OutOfMemoryText(const CLI::App& verb) {
  if (verb.get_option_no_throw("--memory") != nullptr)
    return "out of memory: a smaller --memory or fewer --threads need less";
  if (verb.get_option_no_throw("--threads") != nullptr)
    return "out of memory: fewer --threads need less";
  return "out of memory";
}

int Run(const Invocation& invocation, std::FILE* error) {
  Report report(error, invocation.report);
  if (invocation.report.json_events) io::TellFatalAsJson();
  if (invocation.nice) {
    // Now, before there are threads, which would keep what they have.
    if (const absl::Status status = io::YieldToOthers(); !status.ok()) {
      report.Warning(absl::StrCat("--nice: ", status.message()));
    }
  }
  const absl::StatusOr<ExitCode> result = invocation.run(report);
  if (result.ok()) return static_cast<int>(*result);
  report.Error(result.status());
  return static_cast<int>(ExitCodeOf(result.status()));
}

uint64_t SizeBetween(const std::string& flag, absl::string_view text, uint64_t min, uint64_t max) {
  const absl::StatusOr<uint64_t> size = ParseSize(text);
  if (!size.ok()) throw CLI::ValidationError(flag, std::string(size.status().message()));
  if (*size < min || *size > max) {
    throw CLI::ValidationError(
        flag, absl::StrCat(text, " is not between ", FormatSize(min), " and ", FormatSize(max)));
  }
  return *size;
}

void AddRate(CLI::App* verb, const std::string& flag, uint64_t* bytes_per_second,
             const std::string& help) {
  verb->add_option_function<std::string>(
          flag,
          [=](const std::string& text) {
            *bytes_per_second =
                SizeBetween(flag, absl::StripSuffix(text, "/s"), kRateBytesMin, kRateBytesMax);
          },
          help)
      ->type_name("SIZE/s");
}

}  // namespace

void AddQuiet(CLI::App* verb, Invocation* invocation) {
  verb->add_flag("-q,--quiet", invocation->report.quiet, "Errors and warnings only");
}

void AddJsonEvents(CLI::App* verb, Invocation* invocation) {
  verb->add_flag("--json", invocation->report.json_events,
                 "Tell everything as JSON events on standard error, one object per line");
}

void AddThreads(CLI::App* verb, int* threads, const std::string& what,
                const std::string& for_each) {
  verb->add_option("--threads", *threads,
                   absl::StrCat("Threads that ", what, " (default: ", for_each,
                                " for each processor, fewer where memory is short)"))
      ->check(CLI::Range(0, kThreadsMax))
      ->type_name("N");
}

void AddIo(CLI::App* verb, io::EngineKind* engine) {
  static const std::map<std::string, io::EngineKind> kinds = {{"auto", io::EngineKind::kAuto},
                                                              {"uring", io::EngineKind::kUring},
                                                              {"posix", io::EngineKind::kPosix}};
  verb->add_option_function<std::string>(
          "--io", [engine](const std::string& name) { *engine = kinds.at(name); },
          "I/O engine: io_uring, plain system calls, or what is better here (default auto)")
      ->check(CLI::IsMember({"auto", "uring", "posix"}))
      ->type_name("auto|uring|posix");
}

void AddNice(CLI::App* verb, Invocation* invocation) {
  verb->add_flag("--nice", invocation->nice,
                 "Let others have processor and disk first: nice 19, best-effort I/O class, level "
                 "7; also for the programs that are run");
}

void AddLimitRead(CLI::App* verb, uint64_t* bytes_per_second, const std::string& help) {
  AddRate(verb, "--limit-read", bytes_per_second, help);
}

void AddLimitWrite(CLI::App* verb, uint64_t* bytes_per_second, const std::string& help) {
  AddRate(verb, "--limit-write", bytes_per_second, help);
}

void AddSize(CLI::App* verb, const std::string& flag, uint64_t* bytes, uint64_t min, uint64_t max,
             const std::string& help) {
  verb->add_option_function<std::string>(
          flag, [=](const std::string& text) { *bytes = SizeBetween(flag, text, min, max); }, help)
      ->type_name("SIZE");
}

absl::Duration TakeDuration(const std::string& flag, const std::string& text, absl::Duration min,
                            absl::Duration max) {
  const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
  if (!duration.ok()) {
    throw CLI::ValidationError(flag, std::string(duration.status().message()));
  }
  if (*duration < min || *duration > max) {
    throw CLI::ValidationError(flag, absl::StrCat("'", text, "' is not between ", DurationText(min),
                                                  " and ", DurationText(max)));
  }
  return *duration;
}

int RunCommandLine(const std::vector<std::string>& arguments, absl::Span<const RegisterVerb> verbs,
                   std::FILE* error) {
  CLI::App app(kDescription, "ingot");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Show this help");
  app.set_version_flag("--version", "ingot " INGOT_VERSION, "Show the version");
  app.require_subcommand(0, 1);
  Invocation invocation;
  for (RegisterVerb register_verb : verbs) register_verb(app, &invocation);
  for (CLI::App* verb : app.get_subcommands({})) verb->group("Verbs");
  // After the verbs, which would inherit it.
  app.footer(absl::StrCat(kExamples, kExitCodeHelp));

  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream ignored;
    return app.exit(success, std::cout, ignored);
  } catch (const CLI::ParseError& problem) {
    return UsageError(app, problem.what(), error);
  }
  if (!invocation.run) {
    std::fputs(app.help().c_str(), error);
    return static_cast<int>(ExitCode::kUsage);
  }
  io::SetOutOfMemoryText(OutOfMemoryText(*app.get_subcommands().front()));
  return Run(invocation, error);
}

}  // namespace ingot
