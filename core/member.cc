#include "core/member.h"

namespace ingot {

uint64_t Member::StoredContentBytes() const {
  if (type != MemberType::kRegular) return 0;
  if (!sparse) return size;
  uint64_t bytes = 0;
  for (const io::Extent& extent : extents) bytes += extent.length;
  return bytes;
}

}  // namespace ingot
