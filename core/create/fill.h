// Fills a frame with whole members: opens each file, lays out exact headers, reads. FORMAT.md,
// "Members".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/create/create.h"
#include "core/create/entry.h"
#include "core/create/frame.h"
#include "core/finding.h"
#include "io/engine.h"

namespace ingot {

// One for each reader thread.
class Filler {
 public:
  // `cancelled` ends waiting for other threads' links. All pointers outlive the filler.
  Filler(io::BatchReader* reader, uint64_t content_bytes_max, Findings* findings,
         CreateProgress* progress, std::function<bool()> cancelled);
  ~Filler();

  // Appends members to the frame, in order, until one does not fit any more. Returns how many
  // entries were dealt with; those that vanished or cannot be read are findings and leave nothing
  // behind.
  size_t Fill(absl::Span<const Entry> entries, Frame* frame);

 private:
  struct Laid;
  struct WindowResult {
    size_t done = 0;    // entries dealt with
    bool full = false;  // the next one does not fit
  };
  enum class Outcome { kLaid, kLost, kFull };

  WindowResult FillWindow(absl::Span<const Entry> window, bool last_try, Frame* frame);
  bool IsSameFile(const Entry& entry, const Laid& laid) const;
  void OpenAll(absl::Span<const Entry> window, const std::string& carrier);
  Outcome LayOut(const Entry& entry, size_t i, const std::string& carrier, Frame* frame);
  Outcome Put(const Entry& entry, const Member& member, const io::FileStat& stat, size_t i, int fd,
              Frame* frame);
  size_t ReadAll(absl::Span<const Entry> window, bool last_try, Frame* frame);
  void CheckUnchanged(const Laid& laid, IndexEntry* entry);

  io::BatchReader* const reader_;
  const uint64_t content_bytes_max_;
  Findings* const findings_;
  CreateProgress* const progress_;
  const std::function<bool()> cancelled_;

  // Of the window at hand.
  std::vector<io::OpenRequest> opens_;
  std::vector<size_t> open_of_;  // index into opens_ for each entry, or kNotOpened
  std::vector<Laid> laid_;
  std::vector<io::ReadRequest> reads_;
  std::string header_;  // of the member at hand
};

}  // namespace ingot
