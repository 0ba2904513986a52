// Members with everything that a tree can hold, from a seed.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "core/format/acl.h"
#include "core/format/tar.h"
#include "core/member.h"

namespace ingot {

class RandomMembers {
 public:
  explicit RandomMembers(uint64_t seed) : random_(seed) {}

  Member Next() {
    Member member;
    constexpr char kTypes[] = "01234567";
    member.type = static_cast<MemberType>(kTypes[Below(7)]);
    member.path = Path();
    member.mode = static_cast<uint32_t>(Below(010000));
    member.uid = Id();
    member.gid = Id();
    member.user_name = OwnerName();
    member.group_name = OwnerName();
    member.mtime = Time();
    if (member.type == MemberType::kRegular) Content(&member);
    if (member.type == MemberType::kHardLink || member.type == MemberType::kSymlink)
      member.link_target = Path();
    if (member.type == MemberType::kCharacterDevice || member.type == MemberType::kBlockDevice) {
      member.device_major = static_cast<uint32_t>(Below(kDeviceNumberMax + 1));
      member.device_minor = static_cast<uint32_t>(Below(kDeviceNumberMax + 1));
    }
    if (OneIn(3)) Xattrs(&member);
    return member;
  }

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  // Any bytes but NUL; now and then only letters.
  std::string Bytes(size_t length) {
    const bool letters = OneIn(2);
    std::string bytes;
    while (bytes.size() < length) {
      bytes.push_back(static_cast<char>(letters ? 'a' + Below(26) : 1 + Below(255)));
    }
    return bytes;
  }

  std::string Path() {
    std::string path = Bytes(1 + static_cast<size_t>(Below(OneIn(4) ? 300 : 60)));
    for (int i = 0; i < 3; ++i) path[static_cast<size_t>(Below(path.size()))] = '/';
    if (path.back() == '/') path.back() = 'x';
    if (OneIn(8)) path = std::string(99 + static_cast<size_t>(Below(3)), 'p');
    return path;
  }

  io::Timestamp Time() {
    const int64_t seconds[] = {0,
                               -1,
                               1'700'000'000,
                               8'589'934'591,
                               8'589'934'592,
                               INT64_MAX,
                               INT64_MIN,
                               static_cast<int64_t>(random_())};
    const uint32_t nanoseconds[] = {0, 1, 500'000'000, 999'999'999,
                                    static_cast<uint32_t>(Below(1'000'000'000))};
    return {seconds[Below(std::size(seconds))], nanoseconds[Below(std::size(nanoseconds))]};
  }

 private:
  uint32_t Id() {
    const uint32_t ids[] = {0,         1000,       07777777,
                            010000000, UINT32_MAX, static_cast<uint32_t>(random_())};
    return ids[Below(std::size(ids))];
  }

  std::string OwnerName() {
    if (OneIn(3)) return "";
    return Bytes(OneIn(3) ? 30 + static_cast<size_t>(Below(4)) : 5);
  }

  uint64_t Size() {
    const uint64_t sizes[] = {
        0, 1, 511, 512, 077777777777, 0100000000000, Below(kMemberSizeMax), Below(1 << 20)};
    return sizes[Below(std::size(sizes))];
  }

  void Content(Member* member) {
    member->size = Size();
    member->sparse = OneIn(3);
    if (!member->sparse) return;
    uint64_t at = 0;
    for (uint64_t n = Below(20); n > 0 && at < member->size; --n) {
      const uint64_t offset = at + Below(std::min<uint64_t>(member->size - at, 1 << 30));
      const uint64_t length = 1 + Below(std::min<uint64_t>(member->size - offset, 1 << 20));
      member->extents.push_back({offset, length});
      at = offset + length;
    }
  }

  void Xattrs(Member* member) {
    const char* const names[] = {"security.x",       kAclAccessXattr, kAclDefaultXattr,
                                 "trusted.%=%25%3D", "user.a",        "user.\xFF"};
    for (const char* const name : names) {
      if (OneIn(2)) continue;
      const bool acl = name == names[1] || name == names[2];
      std::string value = Bytes(static_cast<size_t>(Below(200)));
      if (OneIn(2)) value.push_back('\0');
      member->xattrs.push_back({name, acl ? Acl() : value});
    }
  }

  std::string Acl() {
    std::string text = "user::rw-\n";
    for (uint64_t n = Below(5); n > 0; --n)
      text += "user:" + std::to_string(Below(UINT32_MAX)) + ":r-x\n";
    return *AclFromText(text + "group::-w-\ngroup:5:---\nmask::rwx\nother::r--\n");
  }

  std::mt19937_64 random_;
};

}  // namespace ingot
