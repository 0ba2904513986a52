#include "tools/preflight/database_query.h"

#include "tests/testing.h"
#include "tests/tools/database/dumping.h"
#include "tools/preflight/database_check.h"

namespace ingot {
namespace {

using testing::HasSubstr;
using testing::Not;

tools::ClientConnection Bash(const std::string& script) {
  tools::ClientConnection client;
  client.process.arguments = {"bash", "-c", script};
  client.secrets = {"s3cret"};
  return client;
}

TEST(VersionTest, ReadsWhatServersSay) {
  EXPECT_EQ(ParseVersion("15.18 (Debian 15.18-0+deb12u1)"), (Version{15, 18}));
  EXPECT_EQ(ParseVersion("10.11.19-MariaDB-0+deb12u1"), (Version{10, 11}));
  EXPECT_EQ(ParseVersion("16beta1"), (Version{16, 0}));
  EXPECT_EQ(ParseVersion(""), Version());
  EXPECT_EQ(ParseVersion("MariaDB"), Version());
  EXPECT_EQ(ParseVersion("99999999999999999999.1"), (Version{0, 1}));
  EXPECT_LT(ParseVersion("9.6"), ParseVersion("10.0"));
}

TEST(AskTest, AnswersByKey) {
  const absl::StatusOr<Answers> answers =
      Ask(Bash("printf 'bytes\\t17\\nrole\\ta\\nrole\\tb\\tc\\nodd\\n'"));
  ASSERT_OK(answers);
  EXPECT_EQ(NumberOf(*answers, "bytes"), 17u);
  EXPECT_EQ(NumberOf(*answers, "none"), 0u);
  EXPECT_THAT(answers->at("role"), testing::ElementsAre("a", "b\tc"));
  EXPECT_EQ(TextOf(*answers, "odd"), "");
}

TEST(AskTest, AFailureIsOneLineWithoutSecrets) {
  const absl::Status status =
      Ask(Bash("echo 'cannot log in' >&2; echo 'with s3cret' >&2; exit 3")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("exit code 3: cannot log in with ***"));
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  EXPECT_THAT(message, Not(HasSubstr("s3cret")));
}

TEST(AskTest, AServerThatDoesNotAnswer) {
  const absl::Status status = Ask(Bash("exec sleep 60"), absl::Milliseconds(300)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not answered for 300ms"));
}

}  // namespace
}  // namespace ingot
