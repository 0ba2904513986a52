#include "core/format/acl.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/format/bytes.h"
#include "core/format/pax.h"

namespace ingot {
namespace {

constexpr uint32_t kVersion = 2;  // POSIX_ACL_XATTR_VERSION
constexpr uint32_t kNoId = 0xFFFFFFFF;
constexpr char kPermissions[] = "rwx";

// The kernel's tags, in the order of their entries; u16 tag, u16 permissions, u32 id each.
enum Tag : uint16_t {
  kOwner = 1,
  kUser = 2,
  kOwningGroup = 4,
  kGroup = 8,
  kMask = 16,
  kOther = 32
};
struct TagForm {
  Tag tag;
  const char* word;
  bool has_id;  // and may occur any number of times
  bool required;
};
constexpr TagForm kForms[] = {
    {kOwner, "user", false, true},        {kUser, "user", true, false},
    {kOwningGroup, "group", false, true}, {kGroup, "group", true, false},
    {kMask, "mask", false, false},        {kOther, "other", false, true},
};

struct Entry {
  uint16_t tag = 0;
  uint16_t permissions = 0;
  uint32_t id = kNoId;
};

const TagForm* FindForm(uint16_t tag) {
  for (const TagForm& form : kForms) {
    if (form.tag == tag) return &form;
  }
  return nullptr;
}

bool InOrder(const std::vector<Entry>& entries) {
  size_t at = 0;
  for (const TagForm& form : kForms) {
    const size_t first = at;
    while (at < entries.size() && entries[at].tag == form.tag) ++at;
    if (form.required && at == first) return false;
    if (!form.has_id && at - first > 1) return false;
  }
  return at == entries.size();
}

bool Valid(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    const TagForm* const form = FindForm(entry.tag);
    if (form == nullptr || entry.permissions > 7 || form->has_id != (entry.id != kNoId))
      return false;
  }
  return InOrder(entries);
}

std::optional<std::vector<Entry>> ParseBinary(absl::string_view binary) {
  ByteReader reader(absl::MakeConstSpan(binary.data(), binary.size()));
  if (reader.Little<uint32_t>() != kVersion) return std::nullopt;
  std::vector<Entry> entries;
  while (reader.ok() && !reader.AtEnd()) {
    Entry entry;
    entry.tag = reader.Little<uint16_t>();
    entry.permissions = reader.Little<uint16_t>();
    entry.id = reader.Little<uint32_t>();
    entries.push_back(entry);
  }
  if (!reader.ok() || !Valid(entries)) return std::nullopt;
  return entries;
}

std::optional<Entry> ParseLine(absl::string_view line) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
  if (fields.size() != 3 || fields[2].size() != 3) return std::nullopt;
  Entry entry;
  const bool has_id = !fields[1].empty();
  for (const TagForm& form : kForms) {
    if (fields[0] == form.word && form.has_id == has_id) entry.tag = form.tag;
  }
  if (has_id) {
    const std::optional<uint64_t> id = ParseDecimal(fields[1]);
    if (!id.has_value() || *id >= kNoId || absl::StrCat(*id) != fields[1]) return std::nullopt;
    entry.id = static_cast<uint32_t>(*id);
  }
  for (size_t i = 0; i < 3; ++i) {
    const bool set = fields[2][i] == kPermissions[i];
    if (!set && fields[2][i] != '-') return std::nullopt;
    if (set) entry.permissions = static_cast<uint16_t>(entry.permissions | 4 >> i);
  }
  return entry;
}

}  // namespace

std::optional<std::string> AclToText(absl::string_view binary) {
  const std::optional<std::vector<Entry>> entries = ParseBinary(binary);
  if (!entries.has_value()) return std::nullopt;
  std::string text;
  for (const Entry& entry : *entries) {
    absl::StrAppend(&text, FindForm(entry.tag)->word, ":");
    if (entry.id != kNoId) absl::StrAppend(&text, entry.id);
    text.push_back(':');
    for (size_t i = 0; i < 3; ++i)
      text.push_back((entry.permissions & 4 >> i) != 0 ? kPermissions[i] : '-');
    text.push_back('\n');
  }
  return text;
}

uint32_t AclGroupBits(absl::string_view binary) {
  const std::optional<std::vector<Entry>> entries = ParseBinary(binary);
  if (!entries.has_value()) return 0;
  const auto group = std::find_if(entries->begin(), entries->end(),
                                  [](const Entry& entry) { return entry.tag == kOwningGroup; });
  return uint32_t{group->permissions} << 3;
}

std::optional<std::string> AclFromText(absl::string_view text) {
  std::string binary;
  AppendLittle<uint32_t>(kVersion, &binary);
  std::vector<Entry> entries;
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    if (newline == absl::string_view::npos) return std::nullopt;
    const std::optional<Entry> entry = ParseLine(text.substr(0, newline));
    if (!entry.has_value()) return std::nullopt;
    AppendLittle<uint16_t>(entry->tag, &binary);
    AppendLittle<uint16_t>(entry->permissions, &binary);
    AppendLittle<uint32_t>(entry->id, &binary);
    entries.push_back(*entry);
    text.remove_prefix(newline + 1);
  }
  if (!Valid(entries)) return std::nullopt;
  return binary;
}

}  // namespace ingot
