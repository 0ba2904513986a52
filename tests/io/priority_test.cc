#include "io/priority.h"

#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "io/process.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

// As ionice(1) shows it, which is no code of ours.
std::string IoPriority() { return Shell("ionice -p " + std::to_string(gettid())).output; }

// Priorities are a thread's: the test's own stays as it is.
template <typename Body>
void InThread(const Body& body) {
  std::thread(body).join();
}

TEST(PriorityTest, NiceAndLastOfTheBestEffortClass) {
  InThread([] {
    ASSERT_OK(YieldToOthers());
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), kNicest);
    EXPECT_EQ(IoPriority(), "best-effort: prio 7\n");
    InThread([] {  // a thread of the pipeline
      EXPECT_EQ(getpriority(PRIO_PROCESS, 0), kNicest);
      EXPECT_EQ(IoPriority(), "best-effort: prio 7\n");
    });
    // A dump program.
    const auto dump = RunAndCapture({.arguments = {"nice"}}, 100);
    ASSERT_OK(dump);
    EXPECT_EQ(dump->second, "19\n");
  });
}

TEST(PriorityTest, TheIdleClassIsKept) {
  InThread([] {
    ASSERT_EQ(Shell("ionice -c 3 -p " + std::to_string(gettid())).exit_code, 0);
    ASSERT_OK(YieldToOthers());
    EXPECT_EQ(IoPriority(), "idle\n");
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), kNicest);
  });
}

}  // namespace
}  // namespace ingot::io
