#include "core/create/write.h"

#include "io/spool.h"
#include "tests/testing.h"

namespace ingot {
namespace {

// The failure is known before all who wait are woken: meanwhile frames come that nobody pressed.
TEST(FrameWriterTest, AFrameThatWasNotPressedIsNotWritten) {
  const ScratchDirectory scratch;
  const std::unique_ptr<io::Engine> engine = TestEngine();
  absl::StatusOr<std::unique_ptr<io::Output>> output =
      io::OpenOutputFile({.path = scratch / "out"}, engine.get());
  ASSERT_OK(output);
  io::Spool blocks(scratch.path(), 1 << 20);
  IndexBuilder index(&blocks);
  FramePool pool(1, 8192);
  FramePool reserve(1, 8192);
  CreateProgress progress;
  StageClock clock;
  Failure failure([] {});
  FrameWriter writer(output->get(), &index, &pool, &reserve, &progress, &clock, &failure);
  ASSERT_OK(writer.Start());
  Frame frame;
  frame.buffer = pool.Take();
  frame.content_bytes = 10;
  failure.Set(absl::InternalError("some other thread's"));
  writer.Put(std::move(frame));
  writer.WaitForTurn(1, 0);
  EXPECT_EQ(writer.totals().frames, 0u);
  EXPECT_EQ((*output)->size(), 0u);
  EXPECT_GT(pool.Take().size(), 0u);  // its buffer came back
  writer.Stop();
  writer.Join();
}

}  // namespace
}  // namespace ingot
