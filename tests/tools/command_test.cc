#include "tools/command.h"

#include <sys/resource.h>

#include <memory>
#include <thread>

#include "absl/strings/str_split.h"
#include "tests/tools/command_line.h"

namespace ingot {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// A verb that ends as its argument says.
void RegisterProbe(CLI::App& app, Invocation* invocation) {
  struct Options {
    int threads = 0;
    io::EngineKind engine = io::EngineKind::kAuto;
    uint64_t bytes = 0;
  };
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("probe", "For tests");
  AddThreads(verb, &options->threads, "work", "one");
  AddIo(verb, &options->engine);
  AddSize(verb, "--size", &options->bytes, 1 << 10, 1 << 20, "A size");
  AddQuiet(verb, invocation);
  verb->callback([=] {
    invocation->run = [=](Report& report) -> absl::StatusOr<ExitCode> {
      report.Note("ran");
      if (options->threads == 75) return absl::UnavailableError("later");
      if (options->threads == 3) return ExitCode::kIncomplete;
      EXPECT_EQ(options->bytes, options->engine == io::EngineKind::kPosix ? 4096 : 0);
      return ExitCode::kDone;
    };
  });
}

CommandResult Probe(const std::vector<std::string>& arguments) {
  return RunCommand(arguments, {RegisterProbe});
}

TEST(CommandTest, ResultsBecomeExitCodes) {
  EXPECT_EQ(Probe({"probe"}).exit_code, 0);
  EXPECT_EQ(Probe({"probe", "--threads", "3"}).exit_code, 3);
  const CommandResult later = Probe({"probe", "--threads", "75"});
  EXPECT_EQ(later.exit_code, 75);
  EXPECT_EQ(later.error, "ingot: ran\ningot: error: later\n");
  EXPECT_EQ(Probe({"probe", "--quiet", "--size=4K", "--io", "posix"}).error, "");
}

TEST(CommandTest, UsageErrorsAreOneLineAndTwo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"probe", "--threads", "-1"},
                                             {"probe", "--threads", "1025"},
                                             {"probe", "--threads", "x"},
                                             {"probe", "--io", "aio"},
                                             {"probe", "--size", "1023"},
                                             {"probe", "--size", "2M"},
                                             {"probe", "--size", "many"},
                                             {"probe", "--nonsense"},
                                             {"probe", "positional"},
                                             {"nonsense"},
                                             {"--nonsense"}}) {
    const CommandResult result = Probe(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments.back();
    EXPECT_THAT(result.error, StartsWith("ingot: error: ")) << arguments.back();
    EXPECT_EQ(result.error.find('\n'), result.error.size() - 1) << result.error;
    EXPECT_THAT(result.error, EndsWith("--help)\n"));
    EXPECT_EQ(result.output, "");
  }
}

// Tells how it runs by its exit code.
void RegisterNiceProbe(CLI::App& app, Invocation* invocation) {
  CLI::App* verb = app.add_subcommand("probe", "For tests");
  AddNice(verb, invocation);
  verb->callback([=] {
    invocation->run = [](Report&) -> absl::StatusOr<ExitCode> {
      return getpriority(PRIO_PROCESS, 0) == 19 ? ExitCode::kIncomplete : ExitCode::kDone;
    };
  });
}

TEST(CommandTest, NiceHoldsFromTheBeginning) {
  std::thread([] {  // a priority is a thread's
    EXPECT_EQ(RunCommand({"probe", "--nice"}, {RegisterNiceProbe}).exit_code, 3);
  })
      .join();
  if (getpriority(PRIO_PROCESS, 0) == 19) return;  // the tests themselves are nice
  EXPECT_EQ(RunCommand({"probe"}, {RegisterNiceProbe}).exit_code, 0);
}

TEST(CommandTest, LimitsAreNamed) {
  EXPECT_THAT(Probe({"probe", "--size", "2M"}).error,
              HasSubstr("2M is not between 1.0 KiB and 1.0 MiB"));
}

TEST(CommandTest, HelpAndVersionGoToStandardOutput) {
  CommandResult result = Probe({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.error, "");
  EXPECT_THAT(result.output, HasSubstr("Exit codes:"));
  EXPECT_THAT(result.output, HasSubstr("Examples:"));
  EXPECT_THAT(result.output, HasSubstr("probe"));
  result = Probe({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "ingot " INGOT_VERSION "\n");
  result = Probe({"probe", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("--size SIZE"));
}

TEST(CommandTest, HelpFitsInto100Columns) {
  const std::vector<RegisterVerb> verbs = {RegisterCreate, RegisterBackup, RegisterVerify,
                                           RegisterRestore, RegisterSalvage};
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--help"},
                                             {"create", "--help"},
                                             {"backup", "--help"},
                                             {"verify", "--help"},
                                             {"restore", "--help"},
                                             {"salvage", "--help"}}) {
    const CommandResult result = RunCommand(arguments, verbs);
    EXPECT_EQ(result.exit_code, 0);
    for (absl::string_view line : absl::StrSplit(result.output, '\n')) {
      EXPECT_LE(line.size(), 100u) << line;
    }
  }
}

TEST(CommandTest, NoVerbShowsHelpAsAnError) {
  const CommandResult result = Probe({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.error, HasSubstr("Exit codes:"));
}

}  // namespace
}  // namespace ingot
