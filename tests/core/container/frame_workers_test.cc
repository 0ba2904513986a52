#include "core/container/frame_workers.h"

#include <atomic>

#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

TEST(FrameWorkersTest, TheFirstErrorEndsEverything) {
  ScratchDirectory scratch;
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  const std::unique_ptr<Container> container = OpenBytes(builder.Build(), scratch / "c");
  FrameWorkers workers(*container, 2, 1);
  std::atomic<int> run = 0;
  ASSERT_OK(workers.Submit([](FrameWorker&) { return absl::ResourceExhaustedError("disk full"); }));
  absl::Status status;
  for (int i = 0; i < 100'000 && status.ok(); ++i) {
    status = workers.Submit([&run](FrameWorker&) {
      ++run;
      return absl::OkStatus();
    });
  }
  EXPECT_EQ(status, absl::ResourceExhaustedError("disk full"));
  const int before = run;
  EXPECT_EQ(workers.Submit([&run](FrameWorker&) {
    ++run;
    return absl::OkStatus();
  }),
            absl::ResourceExhaustedError("disk full"));
  EXPECT_EQ(workers.Finish(), absl::ResourceExhaustedError("disk full"));
  EXPECT_LE(run, before + 2);  // those that were under way
}

}  // namespace
}  // namespace ingot
