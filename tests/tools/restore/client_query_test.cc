#include "tools/restore/client_query.h"

#include "absl/strings/str_cat.h"
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
      Bash(client), Bash(question), limits, BytesOf(std::string(bytes, 'x')), "a part is left",
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

TEST(FeedClientTest, AStatementThatTakesLongIsWaitedFor) {
  EXPECT_OK(Feed("sleep 2; exec cat > /dev/null", "echo 1", kMoreThanAPipe));
  EXPECT_OK(Feed("cat > /dev/null; sleep 2", "echo 1"));
  EXPECT_OK(Feed("cat > /dev/null; sleep 2", "echo 'FATAL: too many clients' >&2; exit 1"));
}

TEST(FeedClientTest, AServerThatIsGoneIsNot) {
  for (const char* question : {"exec sleep 60", "exit 1"}) {
    const absl::Status status = Feed("exec sleep 60", question, kMoreThanAPipe);
    EXPECT_TRUE(absl::IsAborted(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("server that is gone"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("a part is left"));
    const absl::Status behind = Feed("cat > /dev/null; exec sleep 60", question);
    EXPECT_TRUE(absl::IsAborted(behind)) << behind;
    EXPECT_THAT(std::string(behind.message()), HasSubstr("is not known"));
  }
}

// Once is not gone.
TEST(FeedClientTest, AnAnswerThatFailsOnce) {
  const ScratchDirectory scratch;
  EXPECT_OK(Feed(
      "cat > /dev/null; sleep 2",
      absl::StrCat("[ -e ", scratch / "mark", " ] || { touch ", scratch / "mark", "; exit 1; }")));
}

}  // namespace
}  // namespace ingot::tools
