// Proof that a container is whole: every byte of the file is covered by a hash that is recomputed,
// or has a fixed value that is compared.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/container/container.h"
#include "core/manifest.h"

namespace ingot {

struct VerifyOptions {
  bool quick = false;  // structure only: no frame is decompressed, content is not looked at
  int threads = 0;     // 0: a default made from the number of processors
};

// Written while it runs, read by whoever shows progress.
struct VerifyProgress {
  std::atomic<uint64_t> frames{0};
  std::atomic<uint64_t> bytes{0};  // of the file
};

// One thing that is not as it must be. What is lost with a frame is told for each of its members.
struct Damage {
  std::string member;             // empty: no member in particular
  std::optional<uint64_t> frame;  // none: outside the data frames
  uint64_t offset = 0;            // of frame or block in the file; 0 where there is none to tell
  std::string what;
  std::string ToLine() const;  // "frame 12 at byte 4096: member a/b: ..."
};

struct VerifyReport {
  uint64_t members = 0;
  uint64_t frames = 0;         // that were looked at
  uint64_t logical_bytes = 0;  // as the index says
  uint64_t findings = 0;       // that create recorded: the backup is whole, the source was not
  bool has_findings_member = false;
  std::optional<Manifest> manifest;  // of a backup
  bool names_known = true;  // else a part of the index is lost: what it names cannot be told
  uint64_t damage_count = 0;
  std::vector<Damage> damages;  // the first kDamagesMax, by place
  bool ok() const { return damage_count == 0; }
};
inline constexpr size_t kDamagesMax = 10'000;

// Goes on after damage and reports all of it. An error is only returned when reading itself fails
// (the file cannot be read, interrupted), not for damage.
absl::StatusOr<VerifyReport> Verify(const Container& container, const VerifyOptions& options,
                                    VerifyProgress* progress);

}  // namespace ingot
