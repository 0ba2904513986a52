// What verify found, from all its threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "core/container/container.h"
#include "core/format/digest.h"
#include "core/verify/verify.h"

namespace ingot {

// Thread-safe.
class DamageLog {
 public:
  explicit DamageLog(const Container* container) : container_(container) {}

  void AddMember(uint64_t frame, absl::string_view member, absl::string_view what);
  void AddFrame(uint64_t frame, absl::string_view what) { AddMember(frame, "", what); }
  void AddElsewhere(uint64_t offset, absl::string_view what);

  // Whether AddMember was called for it.
  bool Names(absl::string_view member) const;
  bool empty() const;

  // Moves what was found into the report, sorted by place.
  void Finish(VerifyReport* report);

 private:
  void Add(Damage damage);
  const Container* const container_;
  mutable absl::Mutex mutex_;
  // XXH3-128 of their paths: there may be millions.
  absl::flat_hash_set<std::array<uint8_t, kDigestBytes>> members_ ABSL_GUARDED_BY(mutex_);
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Damage> kept_ ABSL_GUARDED_BY(mutex_);
};

// Whether verify can go on after it: the file is damaged, or says less than it should.
bool IsDamage(const absl::Status& status);

}  // namespace ingot
