// The backups that lie beside the one to be made: what the next one will need, they needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/backup/plan.h"

namespace ingot {

struct EarlierBackup {
  std::string path;
  uint64_t bytes = 0;
};

inline constexpr size_t kEarlierNamesMax = 10'000;  // looked at in the directory
inline constexpr size_t kEarlierOpenedMax = 8;      // of *.tar.zst, the newest first

// The largest of the newest backups in `directory` that were made from the same properties file or,
// without Alfresco, of the same content. What cannot be read, and other files, are passed over.
std::optional<EarlierBackup> FindEarlierBackup(const std::string& directory,
                                               const BackupPlan& plan);

}  // namespace ingot
