#include "tools/entry_text.h"

#include <sys/stat.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/json.h"
#include "io/clock.h"
#include "tools/container_input.h"

namespace ingot {
namespace {

using Json = nlohmann::ordered_json;

char TypeLetter(MemberType type) {
  switch (type) {
    case MemberType::kRegular:
      return '-';
    case MemberType::kHardLink:
      return 'h';
    case MemberType::kSymlink:
      return 'l';
    case MemberType::kCharacterDevice:
      return 'c';
    case MemberType::kBlockDevice:
      return 'b';
    case MemberType::kDirectory:
      return 'd';
    case MemberType::kFifo:
      return 'p';
  }
  return '?';
}

bool IsDevice(MemberType type) {
  return type == MemberType::kCharacterDevice || type == MemberType::kBlockDevice;
}

// "2026-11-23 16:23:35"
std::string TimeText(const io::Timestamp& time) {
  std::string text = io::FormatUtc(time);
  if (!text.empty() && text.back() == 'Z') text.pop_back();
  if (const size_t separator = text.find('T'); separator != std::string::npos) {
    text[separator] = ' ';
  }
  return text;
}

std::string OwnerText(const std::string& name, uint32_t id) {
  return name.empty() ? absl::StrCat(id) : EscapeForTerminal(name);
}

void PutTime(const char* key, const io::Timestamp& time, Json* json) {
  (*json)[key] = io::FormatUtc(time);
  (*json)[absl::StrCat(key, "_seconds")] = time.seconds;
  (*json)[absl::StrCat(key, "_nanoseconds")] = time.nanoseconds;
}

}  // namespace

std::string ModeText(MemberType type, uint32_t mode) {
  std::string text(1, TypeLetter(type));
  for (int shift = 6; shift >= 0; shift -= 3) {
    const uint32_t bits = mode >> shift;
    text += (bits & 4) != 0 ? 'r' : '-';
    text += (bits & 2) != 0 ? 'w' : '-';
    text += (bits & 1) != 0 ? 'x' : '-';
  }
  const auto mark = [&text](size_t at, char executable, char bare) {
    text[at] = text[at] == 'x' ? executable : bare;
  };
  if ((mode & S_ISUID) != 0) mark(3, 's', 'S');
  if ((mode & S_ISGID) != 0) mark(6, 's', 'S');
  if ((mode & S_ISVTX) != 0) mark(9, 't', 'T');
  return text;
}

std::string LongText(const IndexEntry& entry) {
  const std::string owner = absl::StrCat(OwnerText(entry.user_name, entry.uid), "/",
                                         OwnerText(entry.group_name, entry.gid));
  const std::string size = IsDevice(entry.type)
                               ? absl::StrCat(entry.device_major, ",", entry.device_minor)
                               : absl::StrCat(entry.size);
  return absl::StrFormat("%s %-17s %12s %s", ModeText(entry.type, entry.mode), owner, size,
                         TimeText(entry.mtime));
}

void PutText(const char* key, const std::string& text, Json* json) {
  (*json)[key] = ToUtf8(text);
  if (!IsValidUtf8(text)) (*json)[absl::StrCat(key, "_base64")] = absl::Base64Escape(text);
}

Json EntryToJson(const IndexEntry& entry) {
  Json json;
  PutText("path", entry.path, &json);
  json["type"] = MemberTypeName(entry.type);
  json["mode"] = absl::StrFormat("%04o", entry.mode);
  json["uid"] = entry.uid;
  json["gid"] = entry.gid;
  if (!entry.user_name.empty()) PutText("user", entry.user_name, &json);
  if (!entry.group_name.empty()) PutText("group", entry.group_name, &json);
  PutTime("mtime", entry.mtime, &json);
  if (entry.type == MemberType::kRegular) {
    json["size"] = entry.size;
    json["stored_bytes"] = entry.stored_bytes;
    json["sparse"] = entry.sparse;
    json["digest"] = entry.digest.Hex();
  }
  if (!entry.link_target.empty()) PutText("link_target", entry.link_target, &json);
  if (IsDevice(entry.type)) {
    json["device_major"] = entry.device_major;
    json["device_minor"] = entry.device_minor;
  }
  json["has_xattrs"] = entry.has_xattrs;
  json["frame"] = entry.frame;
  json["frame_offset"] = entry.frame_offset;
  json["source_device"] = entry.source_device;
  json["source_inode"] = entry.source_inode;
  PutTime("source_ctime", entry.source_ctime, &json);
  json["changed"] = entry.changed;
  json["cut"] = entry.cut;
  json["zero_filled"] = entry.zero_filled;
  return json;
}

}  // namespace ingot
