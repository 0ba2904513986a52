#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "io/interruption.h"
#include "nlohmann/json.hpp"
#include "tests/tools/command_line.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr uid_t kNobody = 65534;

class CreateCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(scratch_ / "tree/sub");
    WriteFile(scratch_ / "tree/file", "content");
    WriteFile(scratch_ / "tree/sub/other.tmp", "temporary");
    output_ = scratch_ / "out.tar.zst";
    before_ = fs::current_path();
    fs::current_path(scratch_.path());
  }
  void TearDown() override { fs::current_path(before_); }

  CommandResult Create(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"create", "--io", TestEngineName()});
    return RunCommand(arguments, {RegisterCreate});
  }
  std::string Members() { return Shell("tar --zstd -tf " + output_).output; }
  std::vector<std::string> Leftovers() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scratch_.path())) {
      if (entry.path().filename() != "tree") names.push_back(entry.path().filename());
    }
    return names;
  }

  ScratchDirectory scratch_;
  std::string output_;
  fs::path before_;
};

TEST_F(CreateCommandTest, MakesAContainerAndSumsUpOnStandardError) {
  const CommandResult result = Create({"-o", output_, "tree"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.error, HasSubstr("4 members"));
  EXPECT_THAT(result.error, HasSubstr(TestEngineName()));
  EXPECT_EQ(Members(), "tree/\ntree/file\ntree/sub/\ntree/sub/other.tmp\n");
  EXPECT_EQ(Create({"-o", output_, "--force", "--quiet", "tree"}).error, "");
}

TEST_F(CreateCommandTest, PerfTellsWhereTheTimeWent) {
  const CommandResult text = Create({"-o", output_, "--perf", "tree"});
  EXPECT_EQ(text.exit_code, 0) << text.error;
  for (const char* stage : {"walk", "plan", "fill", "press", "write"})
    EXPECT_THAT(text.error, HasSubstr(stage));
  EXPECT_THAT(text.error, HasSubstr("waiting for input"));
  const CommandResult json = Create({"-o", output_, "--force", "--perf", "--json", "tree"});
  EXPECT_THAT(json.error, HasSubstr("\"event\":\"perf\""));
  EXPECT_THAT(Create({"-o", output_, "--force", "tree"}).error, Not(HasSubstr("waiting")));
}

TEST_F(CreateCommandTest, StripsLeadingSlashesWithANote) {
  const CommandResult result = Create({"-o", output_, scratch_ / "tree/file"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.error, HasSubstr("removing leading '/'"));
  EXPECT_EQ(Members(), (scratch_ / "tree/file").substr(1) + "\n");
}

TEST_F(CreateCommandTest, ExcludesDoNotSwallowPaths) {
  EXPECT_EQ(
      Create({"-o", output_, "--exclude", "*.tmp", "--exclude", "tree/none", "tree"}).exit_code, 0);
  EXPECT_EQ(Members(), "tree/\ntree/file\ntree/sub/\n");
}

TEST_F(CreateCommandTest, AnExistingFileNeedsForce) {
  WriteFile(output_, "precious");
  const CommandResult result = Create({"-o", output_, "tree"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, HasSubstr("--force"));
  EXPECT_EQ(ReadFile(output_), "precious");
  EXPECT_EQ(Create({"-o", output_, "--force", "tree"}).exit_code, 0);
  EXPECT_THAT(Members(), HasSubstr("tree/file"));
}

TEST_F(CreateCommandTest, UsageErrorsComeBeforeAnythingIsWritten) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"-o", output_, "tree", "missing"},
           {"-o", output_, "tree", "tree/sub"},
           {"-o", output_},
           {"tree"},
           {"-o", "", "tree"},
           {"-o", scratch_.path(), "tree"},
           {"-o", output_, "--level", "0", "tree"},
           {"-o", output_, "--level", "20", "tree"},
           {"-o", output_, "--frame-size", "1K", "tree"},
           {"-o", output_, "--frame-size", "65M", "tree"},
           {"-o", output_, "--memory", "1M", "tree"},
           {"-o", output_, "--memory", "32M", "--frame-size", "8M", "tree"},
           {"-o", output_, "--limit-read", "63K", "tree"},
           {"-o", output_, "--limit-write", "0", "tree"},
           {"-o", output_, "--limit-write", "1M/m", "tree"},
           {"-o", output_, "--progress", "sometimes", "tree"}}) {
    const CommandResult result = Create(arguments);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(result.error, testing::StartsWith("ingot: error: "));
    EXPECT_EQ(result.error.find('\n'), result.error.size() - 1) << result.error;
    EXPECT_THAT(Leftovers(), testing::IsEmpty()) << testing::PrintToString(arguments);
  }
}

TEST_F(CreateCommandTest, TheLeastMemoryWillDo) {
  EXPECT_EQ(Create({"-o", output_, "--memory", "32M", "tree"}).exit_code, 0);
}

TEST_F(CreateCommandTest, AMissingDirectoryForTheOutputIsAFailure) {
  const CommandResult result = Create({"-o", scratch_ / "no/out.tar.zst", "tree"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("no"));
}

TEST_F(CreateCommandTest, UnreadableFilesAreThreeAndListedInTheContainer) {
  fs::permissions(scratch_ / "tree/file", fs::perms::none);
  fs::permissions(scratch_.path(), fs::perms::all);
  const bool is_root = geteuid() == 0;  // who reads everything
  ASSERT_EQ(is_root ? seteuid(kNobody) : 0, 0);
  const CommandResult result = Create({"-o", output_, "tree"});
  ASSERT_EQ(is_root ? seteuid(0) : 0, 0);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.error, HasSubstr("warning: unreadable: tree/file"));
  EXPECT_THAT(Members(), HasSubstr("ingot/findings.json"));
  const auto findings =
      nlohmann::json::parse(Shell("tar --zstd -xOf " + output_ + " ingot/findings.json").output);
  EXPECT_EQ(findings["findings"][0]["path"], "tree/file");
}

TEST_F(CreateCommandTest, SocketsAreSkippedWithANote) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof(address.sun_path), "tree/socket");
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const CommandResult result = Create({"-o", output_, "tree"});
  close(fd);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.error, HasSubstr("1 socket"));
  EXPECT_THAT(Members(), Not(HasSubstr("tree/socket")));
}

TEST_F(CreateCommandTest, InterruptedIs130AndLeavesNothing) {
  io::SetInterrupted(true);
  const CommandResult result = Create({"-o", output_, "tree"});
  io::SetInterrupted(false);
  EXPECT_EQ(result.exit_code, 130) << result.error;
  EXPECT_THAT(Leftovers(), testing::IsEmpty());
}

TEST_F(CreateCommandTest, LimitsChangeNothingButTime) {
  const std::string content(3'000'000, 'x');
  WriteFile(scratch_ / "tree/large", content);
  EXPECT_EQ(Create({"-o", output_, "--limit-read", "64M", "--limit-write=64M/s", "tree"}).exit_code,
            0);
  EXPECT_EQ(Shell("tar --zstd -xOf " + output_ + " tree/large").output, content);
  EXPECT_EQ(Shell("tar --zstd -xOf " + output_ + " tree/file").output, "content");
}

// At this rate it would go on for 8 minutes.
TEST_F(CreateCommandTest, AnInterruptionIsHeardWhileALimitHoldsItUp) {
  std::mt19937_64 random(1);
  std::string noise(32'000'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  WriteFile(scratch_ / "tree/large", noise);
  for (const char* limit : {"--limit-read=64K", "--limit-write=64K"}) {
    std::thread interruption([] {
      absl::SleepFor(absl::Milliseconds(300));
      io::SetInterrupted(true);
    });
    const CommandResult result = Create({"-o", output_, limit, "tree"});
    interruption.join();
    io::SetInterrupted(false);
    EXPECT_EQ(result.exit_code, 130) << result.error;
    EXPECT_THAT(Leftovers(), testing::IsEmpty());
  }
}

TEST_F(CreateCommandTest, JsonIsOneEventInEachLine) {
  const CommandResult result = Create({"-o", output_, "--json", scratch_ / "tree"});
  EXPECT_EQ(result.exit_code, 0);
  std::vector<std::string> names;
  std::istringstream lines(result.error);
  for (std::string line; std::getline(lines, line);) {
    names.push_back(nlohmann::json::parse(line)["event"]);
  }
  EXPECT_EQ(names.front(), "note");
  EXPECT_EQ(names.back(), "summary");
}

}  // namespace
}  // namespace ingot
