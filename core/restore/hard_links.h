// Hard links, made when all files are there.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "core/container/container.h"
#include "core/restore/directory_maker.h"
#include "core/restore/member_writer.h"
#include "core/restore/session.h"
#include "io/target_tree.h"

namespace ingot {

// A link whose carrier was not restored (not selected, or something else has its name) gets the
// carrier's content as a file of its own; further links to the same carrier are then links to that
// file. Belongs to one thread. Memory: for each carrier that has such a stand-in its two paths.
class HardLinks {
 public:
  HardLinks(const RestoreSession* session, DirectoryMaker* maker)
      : session_(session), maker_(maker), directories_(session->tree) {}

  // Goes over the index. Errors end the run.
  absl::Status MakeAll();

 private:
  struct Link {
    std::string path;  // relative
    IndexEntry entry;
    std::string carrier_path;  // of the member
  };
  static constexpr size_t kBatchMax = 4096;

  absl::Status Make(const IndexEntry& entry);
  absl::Status TryMake(const IndexEntry& entry);
  absl::Status CheckFree(const std::string& path);
  absl::Status LinkTo(const Link& link, const std::string& from);
  void GiveContent(Link link, IndexEntry carrier);
  absl::Status Flush();
  absl::Status RestoreStandIns();

  const RestoreSession* const session_;
  DirectoryMaker* const maker_;
  io::DirectoryCache directories_;
  absl::flat_hash_map<std::string, std::string>
      stand_ins_;                                     // carrier path -> path of the file instead
  std::vector<RestoreItem> wanted_;                   // stand-ins that are not yet restored
  std::vector<std::pair<Link, IndexEntry>> waiting_;  // links to those, with the carrier's entry
};

}  // namespace ingot
