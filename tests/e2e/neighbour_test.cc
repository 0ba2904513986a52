// The demonstration of what a backup does to others' page cache still runs. Without a memory limit,
// so anywhere.
#include "nlohmann/json.hpp"
#include "tests/e2e/command.h"

namespace ingot {
namespace {

TEST(NeighbourTest, TellsTheReadersHitRateForEachCandidate) {
  ScratchDirectory scratch;
  ASSERT_TRUE(Succeeds("mkdir " + (scratch / "tree") + " && cd " + (scratch / "tree") +
                       " && for i in $(seq 50); do head -c ${i}000 /dev/urandom > $i; done"));
  const ShellResult result =
      Shell("python3 " INGOT_TESTS_DIR "/../bench/neighbour.py " + (scratch / "tree") +
            " --memory none --seconds 0.3 --reads 1000 --candidates ingot,ingot-limited,tar-zstd"
            " --ingot " INGOT_BINARY " --scratch " +
            scratch.path() + " --json " + (scratch / "results"));
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const auto results = nlohmann::json::parse(ReadFile(scratch / "results"))["results"];
  ASSERT_EQ(results.size(), 3u);
  for (const auto& candidate : results) {
    for (const char* when : {"before", "after"}) {
      EXPECT_GT(candidate[when]["reads"], 10) << candidate;
      EXPECT_GT(candidate[when]["hit_rate"], 0.99) << candidate;
    }
  }
  EXPECT_EQ(Shell("ls " + scratch.path()).output, "results\ntree\n");
}

}  // namespace
}  // namespace ingot
