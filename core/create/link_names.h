// Which names are links to the same file, across all trees of one container.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "core/create/entry.h"

namespace ingot {

// For the planning thread. Files are forgotten once all their names have been seen.
class LinkNames {
 public:
  // Null for what has one name only.
  std::shared_ptr<LinkName> Next(const io::FileStat& stat) {
    if (stat.IsDirectory() || stat.links < 2) return nullptr;
    const std::pair<uint64_t, uint64_t> file(stat.device, stat.inode);
    Seen& seen = seen_[file];
    if (seen.last != nullptr && (seen.stat.size != stat.size || seen.stat.mtime != stat.mtime)) {
      seen = Seen();  // written since, or the inode of a file that is gone was given to another
    }
    seen.stat = stat;
    auto name = std::make_shared<LinkName>();
    name->previous = std::exchange(seen.last, name);
    if (++seen.names >= stat.links) seen_.erase(file);
    return name;
  }

 private:
  struct Seen {
    std::shared_ptr<LinkName> last;
    uint32_t names = 0;
    io::FileStat stat;
  };
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, Seen> seen_;
};

}  // namespace ingot
