// Puts pressed frames back into sequence, appends them to the output and feeds index and seek
// table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/create/create.h"
#include "core/create/failure.h"
#include "core/create/frame.h"
#include "core/create/frame_pool.h"
#include "core/create/stage_clock.h"
#include "core/format/index.h"
#include "core/format/seek_table.h"
#include "io/output.h"

namespace ingot {

// What has been written in sequence so far.
struct WriteTotals {
  uint64_t frames = 0;
  uint64_t members = 0;
  uint64_t logical_bytes = 0;
  uint64_t stream_bytes = 0;
};

// Thread-safe. Everything it is given outlives it.
class FrameWriter {
 public:
  FrameWriter(io::Output* output, IndexBuilder* index, FramePool* pool, FramePool* reserve,
              CreateProgress* progress, StageClock* clock, Failure* failure);
  ~FrameWriter();
  absl::Status Start();  // its thread; called once, before anything else

  // In any order. Frames are kept until all before them have come: their buffers bound how many.
  void Put(Frame frame);
  // Returns when this part of this sequence is the next to be written, or the run has failed.
  void WaitForTurn(uint64_t sequence, uint32_t part);
  // Wakes all waiting: the run has failed.
  void Stop();
  // Ends the thread; what was not written is dropped.
  void Join();

  WriteTotals totals() const;
  // After the last WaitForTurn: the entries so far, frames and labels by turns.
  std::vector<SeekEntry>& seek_entries() { return seek_entries_; }
  // The frame was written again, with other content of the same length.
  void NotePatched(uint64_t frame_number, uint32_t checksum);

 private:
  void Loop();
  void Write(Frame frame, StageTimer* timer);
  void IndexMembers(Frame& frame, uint64_t number);
  void Add(const IndexEntry& entry);

  io::Output* const output_;
  IndexBuilder* const index_;
  FramePool* const pool_;
  FramePool* const reserve_;
  CreateProgress* const progress_;
  StageClock* const clock_;
  Failure* const failure_;
  std::vector<SeekEntry> seek_entries_;  // the writer thread's, until it has nothing left to write

  mutable absl::Mutex mutex_;
  std::map<std::pair<uint64_t, uint32_t>, Frame> waiting_ ABSL_GUARDED_BY(mutex_);
  std::pair<uint64_t, uint32_t> next_ ABSL_GUARDED_BY(mutex_){0, 0};
  WriteTotals totals_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ingot
