// The threads between plan and file: reader threads fill, a TBB arena presses, one thread writes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/create/create.h"
#include "core/create/failure.h"
#include "core/create/frame.h"
#include "core/create/large_member.h"
#include "core/create/plan.h"
#include "core/create/stage_clock.h"
#include "core/create/write.h"
#include "io/engine.h"

namespace ingot {

struct PipelineOptions {
  int threads =
      0;  // that press; 0: one for each processor that we may use, as far as memory_bytes goes
  int level = 1;
  uint64_t frame_bytes = 0;   // multiple of kChunkBytes
  uint64_t memory_bytes = 0;  // for all frame buffers together
  uint64_t open_files_max = 0;
};

// Used by one thread, the planner's. Whatever is given is worked off in that order; a call waits
// while all buffers are in use, on the planner's timer.
class Pipeline {
 public:
  // InvalidArgument when memory_bytes does not suffice.
  static absl::StatusOr<std::unique_ptr<Pipeline>> Start(PipelineOptions options,
                                                         io::Engine* engine, io::Output* output,
                                                         IndexBuilder* index, Findings* findings,
                                                         CreateProgress* progress,
                                                         StageClocks* clocks);
  ~Pipeline();
  // Ends all threads; what was not written is dropped. The buffers live on, for writes in flight,
  // until the destructor.
  void Stop();

  // One frame of whole members (more, when they have grown).
  void Fill(FramePlan plan, StageTimer* timer);
  // One frame for each slice.
  void FillSlices(const std::shared_ptr<LargeMember>& member, StageTimer* timer);

  // An empty frame, next in sequence, to be filled by the caller and given back by Submit. Its
  // buffer is empty when the run has failed.
  Frame NewFrame();
  void Submit(Frame frame);     // presses it
  void SubmitRaw(Frame frame);  // not to be compressed: it will be patched

  // Returns when all that was given has been read, pressed and handed to the output in sequence;
  // the first error of the run, if there is any.
  absl::Status Drain();
  absl::Status status() const;
  void Fail(absl::Status status);

  FrameWriter& writer();
  uint64_t content_bytes_max() const;

 private:
  class Impl;
  explicit Pipeline(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot
