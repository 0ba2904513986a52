// What a disk may hold after the power failed, made of what it holds after the program was killed.
//
// Names: changes in a directory reach the disk in their order, so any number of the last ones since
// that directory was synced may be missing, as journals of ext4 and XFS have it. Content: of each
// file that still has a name, any of the 4 KiB blocks written since it was synced may be zeros, and
// its size may be that of any of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ingot {

struct PowerCut {
  uint64_t names_lost = 0;
  uint64_t files_torn = 0;
};

// `record`: lines of INGOT_FAULT_RECORD, of a run with INGOT_FAULT_KEEP. `directory`: what the
// program wrote to. The same seed does the same.
PowerCut CutPower(const std::vector<std::string>& record, const std::string& directory,
                  uint64_t seed);

}  // namespace ingot
