#include "tools/restore/client_query.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "io/interruption.h"
#include "tests/testing.h"
#include "tests/tools/restore/feeding.h"

namespace ingot::tools {
namespace {

using testing::HasSubstr;

ClientConnection Bash(const std::string& script) {
  ClientConnection client;
  client.process.arguments = {"bash", "-c", script};
  return client;
}

absl::Status Feed(const std::string& client, const std::string& question, size_t bytes = 10) {
  const IgnoreBrokenPipes pipes;
  const FeedLimits limits = {absl::Milliseconds(300), absl::Milliseconds(300), 2};
  return FeedClient(
      Bash(client), Bash(question), limits, BytesOf(std::string(bytes, 'x')),
      {"a part is left", "nobody knows"},
      [](absl::Span<const char> piece, std::string* out) {
        out->append(piece.data(), piece.size());
        return absl::OkStatus();
      },
      [](std::string*) { return absl::OkStatus(); });
}

TEST(ForEachRowTest, AServerThatDoesNotAnswer) {
  const absl::Status status = ForEachRow(
      Bash("exec sleep 60"), [](const Fields&) { return absl::OkStatus(); },
      absl::Milliseconds(300));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("has not answered for 300ms"));
}

constexpr size_t kMoreThanAPipe = 4 << 20;
constexpr char kRunsAll[] = "tail -n 1 | sed -n \"s/.*SELECT '\\(.*\\)';$/\\1/p\"";

TEST(FeedClientTest, AStatementThatTakesLongIsWaitedFor) {
  EXPECT_OK(Feed(absl::StrCat("sleep 2; ", kRunsAll), "echo 1", kMoreThanAPipe));
  EXPECT_OK(Feed(absl::StrCat(kRunsAll, "; sleep 2"), "echo 1"));
  for (const char* words : {"psql: error: FATAL:  sorry, too many clients already",
                            "psql: error: connection to server on socket failed: "
                            "\xd0\x92\xd0\x90\xd0\x96\xd0\x9d\xd0\x9e:  x",
                            "ERROR 1040 (08004): Zu viele Verbindungen", "ERROR 3032 (HY000): x",
                            "ERROR 4151 (HY000): x"}) {
    EXPECT_EQ(
        Feed(absl::StrCat(kRunsAll, "; sleep 1"), absl::StrCat("echo '", words, "' >&2; exit 1")),
        absl::OkStatus())
        << words;
  }
}

TEST(FeedClientTest, AServerThatIsGoneIsNot) {
  for (const char* question :
       {"exec sleep 60", "exit 1",
        "echo 'ERROR 2002 (HY000): Can not connect: too many open files' >&2; exit 1",
        "echo 'psql: error: connection to server failed: Connection refused' >&2; exit 1"}) {
    const absl::Status status = Feed("exec sleep 60", question, kMoreThanAPipe);
    EXPECT_TRUE(absl::IsAborted(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("server that is gone"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("a part is left"));
    const absl::Status behind = Feed("cat > /dev/null; exec sleep 60", question);
    EXPECT_TRUE(absl::IsAborted(behind)) << behind;
    EXPECT_THAT(std::string(behind.message()), HasSubstr("nobody knows"));
  }
}

TEST(FeedClientTest, AClientThatDoesNotGetToTheEndHasFailed) {
  for (const char* client :
       {"head -c 5 > /dev/null; exec cat > /dev/null", "cat > /dev/null; echo x",
        "cat > /dev/null; printf 'ingot: all of the dump was run'"}) {
    const absl::Status status = Feed(client, "echo 1");
    EXPECT_TRUE(absl::IsAborted(status)) << client;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("bash ended before it had run all of the dump; nobody knows"));
  }
  EXPECT_FALSE(Feed(absl::StrCat(kRunsAll, "; echo x"), "echo 1").ok());
}

TEST(FeedClientTest, WhatIsLeftOfAClientThatFails) {
  const absl::Status statement = Feed("cat > /dev/null; exit 3", "echo 1");
  EXPECT_THAT(std::string(statement.message()), HasSubstr("exit code 3; a part is left"));
  const absl::Status connection = Feed("cat > /dev/null; exit 2", "echo 1");
  EXPECT_THAT(std::string(connection.message()), HasSubstr("exit code 2; nobody knows"));
  const absl::Status early = Feed("head -c 5 > /dev/null; exit 2", "echo 1", kMoreThanAPipe);
  EXPECT_THAT(std::string(early.message()), HasSubstr("exit code 2; a part is left"));
  EXPECT_OK(Feed(absl::StrCat(kRunsAll, "; exit 2"), "echo 1"));
}

TEST(FeedClientTest, AnInterruptionSaysWhatIsLeft) {
  for (const bool takes_all : {true, false}) {
    std::thread later([] {
      absl::SleepFor(absl::Milliseconds(300));
      io::SetInterrupted(true);
    });
    const absl::Status status = Feed(takes_all ? "cat > /dev/null; exec sleep 60" : "exec sleep 60",
                                     "echo 1", kMoreThanAPipe);
    later.join();
    io::SetInterrupted(false);
    EXPECT_TRUE(absl::IsCancelled(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(takes_all ? "; nobody knows" : "; a part is left"));
  }
}

// Once is not gone.
TEST(FeedClientTest, AnAnswerThatFailsOnce) {
  const ScratchDirectory scratch;
  EXPECT_OK(Feed(
      absl::StrCat(kRunsAll, "; sleep 2"),
      absl::StrCat("[ -e ", scratch / "mark", " ] || { touch ", scratch / "mark", "; exit 1; }")));
}

}  // namespace
}  // namespace ingot::tools
