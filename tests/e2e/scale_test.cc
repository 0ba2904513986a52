// scripts/scale.sh on a tree that takes no time: that it cannot rot.
#include <sys/stat.h>

#include "nlohmann/json.hpp"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class ScaleTest : public testing::Test {
 protected:
  ScaleTest() {
    // In the place of ingot_corpus: KIND DIRECTORY FILES SEED.
    WriteFile(corpus_,
              "#!/bin/bash\n"
              "mkdir -p $2/000 $2/001\n"
              "for ((i = 0; i < $3; ++i)); do echo \"$4 $i\" >$2/00$((i % 2))/$i; done\n");
    chmod(corpus_.c_str(), 0755);
  }

  ShellResult Run(const std::string& arguments) {
    return Shell(INGOT_TESTS_DIR "/../bench/scale.py --ingot " INGOT_BINARY " --corpus " + corpus_ +
                 " --directory " + scratch_ / "work" + " --io " + TestEngineName() + " --json " +
                 scratch_ / "figures" + " " + arguments);
  }

  ScratchDirectory scratch_;
  const std::string corpus_ = scratch_ / "corpus";
};

TEST_F(ScaleTest, MeasuresEveryVerbAtEverySize) {
  const ShellResult result = Run("20 5000");
  EXPECT_EQ(result.exit_code, 0) << result.output << result.error;
  EXPECT_THAT(result.output, HasSubstr("all bounds hold"));
  const nlohmann::json runs = nlohmann::json::parse(ReadFile(scratch_ / "figures"));
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[1]["files"], 5000);
  EXPECT_EQ(runs[1]["listed"], 5003);
  EXPECT_TRUE(runs[1]["same"].get<bool>());
  for (const char* verb : {"create", "verify", "list", "list one", "cat one", "restore one"}) {
    EXPECT_GT(runs[1]["verbs"][verb]["memory"], 0) << verb;
    EXPECT_GT(runs[1]["verbs"][verb]["read"], 0) << verb;
  }
  EXPECT_EQ(Shell("ls " + scratch_ / "work").output, "");  // nothing is left, nor mounted
}

TEST_F(ScaleTest, AVerbThatFailsIsTold) {
  const ShellResult result = Run("20 --io none");
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.error, HasSubstr("create"));
}

}  // namespace
}  // namespace ingot
