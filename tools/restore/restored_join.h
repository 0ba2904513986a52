// Whether what was restored is whole: the rows of the restored database against the files on disk.
//
// Neither dump nor container is looked at any more, so that this holds of what the server will
// find.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/join/result.h"
#include "tools/restore/database_target.h"

namespace ingot {

struct RestoredStores {
  std::vector<std::string> stores;   // dir.contentstore, dir.contentstore.tenants
  std::vector<std::string> others;   // content stores of one's own
  std::vector<std::string> deleted;  // dir.contentstore.deleted
};

struct RestoredJoin {
  JoinResult result;
  // Referenced files that were in contentstore.deleted, and are in the first of the stores now;
  // they count as present.
  uint64_t put_back = 0;
  absl::Status not_put_back;  // why one of them could not be, the first
};

// A URL "store://P" stands for the file P of a store, else of another directory, else of a deleted
// one. Files that no row refers to are not counted.
absl::StatusOr<RestoredJoin> JoinRestored(tools::DatabaseTarget* database,
                                          const RestoredStores& stores);

}  // namespace ingot
