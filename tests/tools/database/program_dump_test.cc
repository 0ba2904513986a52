// How dump programs fail, with programs that pretend to be the real ones.
#include "tools/database/program_dump.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "io/interruption.h"
#include "tests/testing.h"
#include "tests/tools/database/dumping.h"

namespace ingot::tools {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kPostgresqlEnd[] = "echo '-- PostgreSQL database dump complete'";
constexpr char kMysqlEnd[] = "echo '-- Dump completed on 2026-11-23 16:23:35'";

// Each kind of program with the names it goes by, and the end of a whole dump.
struct Kind {
  const char* url;
  const char* program;
  const char* end;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.program; }

class FakeDump : public testing::TestWithParam<Kind> {
 protected:
  DumpResult Run(const std::string& script) {
    FakeProgram(directory_, GetParam().program, script);
    const PathOverride path(directory_.path());
    DumpRequest request;
    request.url = ParseDatabaseUrl(GetParam().url).value();
    request.password = "hush:hush";
    request.silence_max = silence_max_;
    return DumpTo(request, directory_ / "dump.sql");
  }

  // The script must fail as Aborted; its message.
  std::string Failure(const std::string& script) {
    const DumpResult result = Run(script);
    EXPECT_EQ(result.status.code(), absl::StatusCode::kAborted) << result.status;
    EXPECT_THAT(result.status.message(), HasSubstr(GetParam().program));
    return std::string(result.status.message());
  }

  ScratchDirectory directory_;
  absl::Duration silence_max_ = absl::Minutes(5);
};

TEST_P(FakeDump, Whole) {
  const DumpResult result = Run(absl::StrCat("echo data\n", GetParam().end));
  EXPECT_OK(result.status);
  EXPECT_THAT(ReadFile(directory_ / "dump.sql"), HasSubstr("data\n"));
  EXPECT_EQ(result.tool, GetParam().program);
}

TEST_P(FakeDump, ProgramMissing) {
  const PathOverride path("");
  DumpRequest request;
  request.url = ParseDatabaseUrl(GetParam().url).value();
  const absl::Status status = StartDump(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(status.message(), AllOf(HasSubstr(GetParam().program),
                                      HasSubstr("install Debian's package"), HasSubstr("client")));
}

TEST_P(FakeDump, ProgramThatCannotStart) {
  WriteFile(directory_ / GetParam().program, "#!/no/such/interpreter\n");
  chmod((directory_ / GetParam().program).c_str(), 0755);
  const PathOverride path(directory_.path());
  DumpRequest request;
  request.url = ParseDatabaseUrl(GetParam().url).value();
  const absl::Status status = StartDump(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(status.message(), HasSubstr("cannot start"));
}

TEST_P(FakeDump, KilledMidway) {
  EXPECT_THAT(Failure("head -c 3000000 /dev/zero; echo gone soon >&2; kill -9 $$"),
              AllOf(HasSubstr("killed by signal 9"), HasSubstr("gone soon")));
}

TEST_P(FakeDump, EmptyOutput) { EXPECT_THAT(Failure("exit 0"), HasSubstr("wrote nothing")); }

TEST_P(FakeDump, NoCompletionLine) {
  EXPECT_THAT(Failure("yes data | head -c 3000000"), HasSubstr("cut off"));
  EXPECT_THAT(Failure("echo data"), HasSubstr("cut off"));
  // The line is there, but it is not the end.
  EXPECT_THAT(Failure(absl::StrCat(GetParam().end, "\necho more data")), HasSubstr("cut off"));
  EXPECT_THAT(Failure(absl::StrCat(GetParam().end, "\nyes data | head -c 3000000")),
              HasSubstr("cut off"));
}

TEST_P(FakeDump, HalfAndAnError) {
  EXPECT_THAT(
      Failure(absl::StrCat("echo half; echo 'disk on fire' >&2\n", GetParam().end, "; exit 1")),
      AllOf(HasSubstr("exit code 1"), HasSubstr("disk on fire")));
}

TEST_P(FakeDump, FloodOfErrors) {
  const std::string message = Failure(
      "echo data; yes 'noise noise noise' | head -c 104857600 >&2; echo >&2; echo last >&2; exit "
      "2");
  EXPECT_THAT(message, AllOf(HasSubstr("exit code 2"), HasSubstr("\n    last")));
  EXPECT_LT(message.size(), 4096u);
}

TEST_P(FakeDump, PasswordAndControlCharactersAreTakenOut) {
  EXPECT_THAT(Failure("printf 'bad password hush:hush \\033[31mred\\n' >&2; exit 1"),
              AllOf(HasSubstr("bad password *** ?[31mred"), Not(HasSubstr("hush"))));
}

TEST_P(FakeDump, WordsOnSuccessAreWarnings) {
  const DumpResult result =
      Run(absl::StrCat("echo 'careful, hush:hush' >&2; echo data\n", GetParam().end));
  EXPECT_OK(result.status);
  EXPECT_THAT(result.warnings, Contains(HasSubstr("careful, ***")));
}

TEST_P(FakeDump, HangsAndIsInterrupted) {
  const std::string pid = directory_ / "pid";
  absl::Time start;
  std::thread interrupter([&] {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    struct stat status = {};
    while ((stat(pid.c_str(), &status) != 0 || status.st_size == 0) && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(10));
    }
    start = absl::Now();
    io::SetInterrupted(true);
  });
  const DumpResult result = Run(absl::StrCat("echo data; echo $$ > ", pid, "; sleep 300"));
  interrupter.join();
  io::SetInterrupted(false);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kCancelled) << result.status;
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_NE(kill(std::atoi(ReadFile(pid).c_str()), 0), 0) << "it still runs";
}

TEST_P(FakeDump, HangsAndIsEnded) {
  silence_max_ = absl::Seconds(4);  // bash has begun and spoken before
  const std::string message = Failure(
      absl::StrCat("trap '' TERM; echo $$ > ", directory_ / "pid",
                   "; echo 'waiting for hush:hush' >&2; echo data; while :; do sleep 1; done"));
  EXPECT_THAT(message, AllOf(HasSubstr("wrote nothing for 4s"), HasSubstr("--dump-timeout"),
                             HasSubstr("\n    waiting for ***")));
  EXPECT_NE(kill(std::atoi(ReadFile(directory_ / "pid").c_str()), 0), 0) << "it still runs";
}

TEST_P(FakeDump, ClosesItsOutputAndGoesOn) {
  silence_max_ = absl::Seconds(4);  // bash has begun and spoken before
  EXPECT_THAT(Failure(absl::StrCat("echo data\n", GetParam().end, "\nexec >&-; sleep 300")),
              HasSubstr("closed its output and not ended for 4s"));
}

INSTANTIATE_TEST_SUITE_P(
    Programs, FakeDump,
    testing::Values(Kind{"postgresql://h/d", "pg_dump", kPostgresqlEnd},
                    Kind{"mysql://h/d", "mysqldump", kMysqlEnd},
                    Kind{"mariadb://h/d", "mariadb-dump", kMysqlEnd}),
    [](const testing::TestParamInfo<Kind>& kind) {
      return std::string(kind.param.url).substr(0, std::string(kind.param.url).find(':'));
    });

TEST(MysqlDump, WithoutAClientTheTablesAreUnchecked) {
  ScratchDirectory directory;
  FakeProgram(directory, "mariadb-dump", absl::StrCat("echo data\n", kMysqlEnd));
  const PathOverride path(directory.path());
  DumpRequest request;
  request.url = ParseDatabaseUrl("mysql://h/d").value();
  const DumpResult result = DumpTo(request, directory / "dump.sql");
  EXPECT_OK(result.status);
  EXPECT_EQ(result.tool, "mariadb-dump");  // as there is no mysqldump
  EXPECT_THAT(result.warnings,
              Contains(HasSubstr("could not check whether a transaction protects all tables")));
}

TEST(PostgresqlDump, KeyAfterTheCompletionLine) {
  ScratchDirectory directory;
  FakeProgram(
      directory, "pg_dump",
      absl::StrCat("echo data\n", kPostgresqlEnd, "\necho --\necho\necho '\\unrestrict kEy'"));
  const PathOverride path(directory.path());
  DumpRequest request;
  request.url = ParseDatabaseUrl("postgresql://h/d").value();
  EXPECT_OK(DumpTo(request, directory / "dump.sql").status);
}

TEST(PostgresqlDump, WithoutAPasswordTheErrorTellsHowToGiveOne) {
  ScratchDirectory directory;
  FakeProgram(directory, "pg_dump", "echo 'fe_sendauth: no password supplied' >&2; exit 1");
  const PathOverride path(directory.path());
  DumpRequest request;
  request.url = ParseDatabaseUrl("postgresql://h/d").value();
  EXPECT_THAT(DumpTo(request, directory / "dump.sql").status.message(),
              HasSubstr("INGOT_DB_PASSWORD"));
  request.password = "two\nlines";
  EXPECT_EQ(StartDump(request).status().code(), absl::StatusCode::kInvalidArgument);
}

class CommandDump : public testing::Test {
 protected:
  DumpResult Run(const std::string& command, const std::string& expect = "") {
    DumpRequest request;
    request.url.vendor = DatabaseVendor::kCommand;
    request.command = command;
    request.expect = expect;
    request.password = password_;
    return DumpTo(request, directory_ / "dump.sql");
  }
  ScratchDirectory directory_;
  std::string password_;
};

TEST_F(CommandDump, ExpectedLineMakesItSure) {
  const DumpResult result = Run("echo data; echo '-- Fin 7 --'; echo; echo", "Fin 7");
  EXPECT_OK(result.status);
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(result.tool, "command");
  EXPECT_EQ(ReadFile(directory_ / "dump.sql"), "data\n-- Fin 7 --\n\n\n");
  const absl::Status status = Run("echo Fin 7; echo data", "Fin 7").status;
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(status.message(), HasSubstr("Fin 7"));
}

TEST_F(CommandDump, WithoutExpectationThereIsAWarning) {
  const DumpResult result = Run("echo data");
  EXPECT_OK(result.status);
  EXPECT_THAT(result.warnings, Contains(HasSubstr("--dump-expect")));
}

TEST_F(CommandDump, FailureAnywhereInAPipeline) {
  const absl::Status status = Run("(echo data; echo oops >&2; exit 3) | cat").status;
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("exit code 3"), HasSubstr("oops")));
  EXPECT_EQ(Run("no-such-tool-here").status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Run("true").status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Run("").status.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CommandDump, PasswordComesThroughTheEnvironment) {
  password_ = "hush hush";
  EXPECT_OK(Run("[ \"$INGOT_DB_PASSWORD\" = 'hush hush' ] && echo yes").status);
  const absl::Status status = Run("echo \"wrong: $INGOT_DB_PASSWORD\" >&2; exit 1").status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("wrong: ***"), Not(HasSubstr("hush"))));
}

TEST_F(CommandDump, StoppedWithUsItIsInterruptedAndHasNotFailed) {
  DumpRequest request;
  request.url.vendor = DatabaseVendor::kCommand;
  request.command = "echo data; kill -TERM $$";
  absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(request);
  ASSERT_OK(dump);
  std::string buffer(100, '\0');
  for (absl::StatusOr<size_t> size = 1; size.ok() && *size > 0;) {
    size = (*dump)->Read(absl::MakeSpan(buffer));
    ASSERT_OK(size);
  }
  absl::SleepFor(absl::Milliseconds(100));
  io::SetInterrupted(true);
  const absl::Status status = (*dump)->Finish();
  io::SetInterrupted(false);
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
}

TEST_F(CommandDump, UnfinishedDumpEndsItsProgram) {
  DumpRequest request;
  request.url.vendor = DatabaseVendor::kCommand;
  request.command = absl::StrCat("echo $$ > ", directory_ / "pid", "; echo data; sleep 300");
  {
    absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(request);
    ASSERT_OK(dump);
    char byte;
    ASSERT_OK((*dump)->Read(absl::Span<char>(&byte, 1)));
  }
  EXPECT_NE(kill(std::atoi(ReadFile(directory_ / "pid").c_str()), 0), 0) << "it still runs";
}

TEST_F(CommandDump, LargeOutputInFewBytesOfMemory) {
  EXPECT_OK(Run("head -c 50000000 /dev/zero; echo; echo end", "end").status);
  EXPECT_EQ(ReadFile(directory_ / "dump.sql").size(), 50'000'005u);
}

}  // namespace
}  // namespace ingot::tools
