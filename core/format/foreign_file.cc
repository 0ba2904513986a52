#include "core/format/foreign_file.h"

#include "absl/strings/match.h"
#include "core/format/ustar.h"

namespace ingot {
namespace {

struct Kind {
  absl::string_view begin;
  absl::string_view description;
};
constexpr Kind kKinds[] = {
    {"\x28\xb5\x2f\xfd",
     "it is zstd, perhaps a container that was cut off: ingot salvage brings back what is left of "
     "one, tar --zstd -xf may get at what else it holds, or zstd -d if it is no archive"},
    {"\x1f\x8b", "it is gzip: tar -xzf opens it, or gzip -d if it is no archive"},
    {"BZh", "it is bzip2: tar -xjf opens it, or bzip2 -d if it is no archive"},
    {"\xfd"
     "7zXZ",
     "it is xz: tar -xJf opens it, or xz -d if it is no archive"},
    {"PK\x03\x04", "it is a zip archive: unzip opens it"},
};

}  // namespace

absl::string_view DescribeForeignFile(absl::string_view first_bytes) {
  if (first_bytes.empty()) return "it is empty";
  for (const Kind& kind : kKinds) {
    if (absl::StartsWith(first_bytes, kind.begin)) return kind.description;
  }
  // With the magic of POSIX or of GNU.
  if (first_bytes.size() >= sizeof(UstarBlock) &&
      absl::StartsWith(first_bytes.substr(offsetof(UstarBlock, magic)), "ustar")) {
    return "it is a plain tar archive: tar -xf opens it";
  }
  return "it is neither zstd nor tar; if it was a container, ingot salvage finds what is left";
}

}  // namespace ingot
