// The index read from end to end, with what can be said of it alone.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/container/container.h"
#include "core/container/entry_check.h"
#include "core/verify/damage_log.h"
#include "core/verify/verify.h"

namespace ingot {

// Not thread-safe. Memory: 8 bytes, doubled for the table, for each member of a container with
// several roots.
class IndexScan {
 public:
  IndexScan(const Container* container, DamageLog* log);

  // Gives every entry that can be trusted to `entry`, and calls `gap` where a block or an entry is
  // missing.
  absl::Status Run(absl::FunctionRef<absl::Status(IndexEntry)> entry, absl::FunctionRef<void()> gap,
                   VerifyReport* report);

  // After Run: whether all of the index could be read.
  bool complete() const { return complete_; }

 private:
  absl::Status Take(const IndexEntry& entry, bool run_begins);
  absl::Status CheckUnique(const IndexEntry& entry);
  void CheckCounters(const VerifyReport& report);

  const Container* const container_;
  DamageLog* const log_;
  EntryCheck check_;
  bool several_runs_ = false;
  bool complete_ = true;
  absl::flat_hash_set<uint64_t> paths_;  // hashes; only where there are several runs
};

}  // namespace ingot
