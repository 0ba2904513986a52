#include "core/format/index_columns.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/format/bytes.h"
#include "core/format/frame.h"
#include "core/format/front_coding.h"
#include "core/format/seek_table.h"
#include "core/format/tar.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint64_t kFlagXattrs = 1;
constexpr uint64_t kFlagSparse = 2;
constexpr uint64_t kFlagChanged = 4;
constexpr uint64_t kFlagCut = 8;
constexpr uint64_t kFlagZeroFilled = 16;
constexpr uint64_t kFlagsMax = 31;
constexpr uint32_t kModeMax = 07777;

using Entries = absl::Span<const IndexEntry>;
using Decoded = std::vector<IndexEntry>;

bool IsRegular(const IndexEntry& entry) { return entry.type == MemberType::kRegular; }
bool IsLink(const IndexEntry& entry) {
  return entry.type == MemberType::kHardLink || entry.type == MemberType::kSymlink;
}
bool IsDevice(const IndexEntry& entry) {
  return entry.type == MemberType::kCharacterDevice || entry.type == MemberType::kBlockDevice;
}

// Paths, and the targets of links.
void AppendNames(Entries entries, std::string* out) {
  FrontCoder paths, targets;
  for (const IndexEntry& entry : entries) {
    paths.Add(entry.path);
    if (IsLink(entry)) targets.Add(entry.link_target);
  }
  paths.AppendTo(out);
  targets.AppendTo(out);
}

void ReadNames(ByteReader* reader, Decoded* entries) {
  std::vector<std::string> paths = ReadFrontCoded(entries->size(), kIndexBlockBytesMax, reader);
  const size_t links = static_cast<size_t>(std::count_if(entries->begin(), entries->end(), IsLink));
  std::vector<std::string> targets = ReadFrontCoded(links, kIndexBlockBytesMax, reader);
  if (!reader->ok()) return;
  size_t next_target = 0;
  for (size_t i = 0; i < entries->size(); ++i) {
    IndexEntry& entry = (*entries)[i];
    entry.path = std::move(paths[i]);
    if (IsLink(entry)) entry.link_target = std::move(targets[next_target++]);
  }
}

uint64_t Flags(const IndexEntry& entry) {
  return (entry.has_xattrs ? kFlagXattrs : 0) | (entry.sparse ? kFlagSparse : 0) |
         (entry.changed ? kFlagChanged : 0) | (entry.cut ? kFlagCut : 0) |
         (entry.zero_filled ? kFlagZeroFilled : 0);
}

void AppendKinds(Entries entries, std::string* out) {
  for (const IndexEntry& entry : entries) out->push_back(static_cast<char>(entry.type));
  for (const IndexEntry& entry : entries) AppendVarint(entry.mode, out);
  for (const IndexEntry& entry : entries) AppendVarint(Flags(entry), out);
}

void ReadKinds(ByteReader* reader, Decoded* entries) {
  for (IndexEntry& entry : *entries)
    entry.type = static_cast<MemberType>(reader->Little<uint8_t>());
  for (IndexEntry& entry : *entries)
    entry.mode = static_cast<uint32_t>(reader->VarintUpTo(kModeMax));
  for (IndexEntry& entry : *entries) {
    const uint64_t flags = reader->VarintUpTo(kFlagsMax);
    entry.has_xattrs = (flags & kFlagXattrs) != 0;
    entry.sparse = (flags & kFlagSparse) != 0;
    entry.changed = (flags & kFlagChanged) != 0;
    entry.cut = (flags & kFlagCut) != 0;
    entry.zero_filled = (flags & kFlagZeroFilled) != 0;
  }
}

using Owner = std::pair<uint32_t, std::string>;

// The owners that occur, each once in order of occurrence, then for each entry which.
void AppendOwners(const std::vector<Owner>& owners, std::string* out) {
  absl::flat_hash_map<Owner, uint64_t> numbers;
  std::string table, column;
  for (const Owner& owner : owners) {
    const auto [found, added] = numbers.try_emplace(owner, numbers.size());
    AppendVarint(found->second, &column);
    if (!added) continue;
    AppendVarint(owner.first, &table);
    AppendVarint(owner.second.size(), &table);
    table.append(owner.second);
  }
  AppendVarint(numbers.size(), out);
  out->append(table);
  out->append(column);
}

std::vector<Owner> ReadOwners(size_t count, ByteReader* reader) {
  std::vector<Owner> table(static_cast<size_t>(reader->VarintUpTo(count)));
  for (Owner& owner : table) {
    owner.first = static_cast<uint32_t>(reader->VarintUpTo(UINT32_MAX));
    owner.second = std::string(reader->Bytes(reader->Varint()));
  }
  std::vector<Owner> owners;
  uint64_t name_bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t number = reader->Varint();
    if (number >= table.size()) reader->Fail();
    if (!reader->ok()) break;
    owners.push_back(table[static_cast<size_t>(number)]);
    name_bytes += owners.back().second.size();
    if (name_bytes > kIndexBlockBytesMax) reader->Fail();
  }
  return owners;
}

void AppendUsersAndGroups(Entries entries, std::string* out) {
  std::vector<Owner> users, groups;
  for (const IndexEntry& entry : entries) {
    users.emplace_back(entry.uid, entry.user_name);
    groups.emplace_back(entry.gid, entry.group_name);
  }
  AppendOwners(users, out);
  AppendOwners(groups, out);
}

void ReadUsersAndGroups(ByteReader* reader, Decoded* entries) {
  std::vector<Owner> users = ReadOwners(entries->size(), reader);
  std::vector<Owner> groups = ReadOwners(entries->size(), reader);
  if (!reader->ok()) return;
  for (size_t i = 0; i < entries->size(); ++i) {
    IndexEntry& entry = (*entries)[i];
    entry.uid = users[i].first;
    entry.user_name = std::move(users[i].second);
    entry.gid = groups[i].first;
    entry.group_name = std::move(groups[i].second);
  }
}

// mtimes as differences from entry to entry, ctimes as differences from the entry's own mtime.
void AppendTimes(Entries entries, std::string* out) {
  uint64_t previous = 0;
  for (const IndexEntry& entry : entries) {
    const uint64_t seconds = static_cast<uint64_t>(entry.mtime.seconds);
    AppendVarint(ZigZag(seconds - previous), out);
    previous = seconds;
  }
  for (const IndexEntry& entry : entries) AppendLittle<uint32_t>(entry.mtime.nanoseconds, out);
  for (const IndexEntry& entry : entries) {
    const uint64_t difference = static_cast<uint64_t>(entry.source_ctime.seconds) -
                                static_cast<uint64_t>(entry.mtime.seconds);
    AppendVarint(ZigZag(difference), out);
  }
  for (const IndexEntry& entry : entries) {
    AppendLittle<uint32_t>(entry.source_ctime.nanoseconds - entry.mtime.nanoseconds, out);
  }
}

void ReadTimes(ByteReader* reader, Decoded* entries) {
  uint64_t seconds = 0;
  for (IndexEntry& entry : *entries) {
    seconds += UnZigZag(reader->Varint());
    entry.mtime.seconds = static_cast<int64_t>(seconds);
  }
  for (IndexEntry& entry : *entries) entry.mtime.nanoseconds = reader->Little<uint32_t>();
  for (IndexEntry& entry : *entries) {
    const uint64_t difference = UnZigZag(reader->Varint());
    entry.source_ctime.seconds =
        static_cast<int64_t>(static_cast<uint64_t>(entry.mtime.seconds) + difference);
  }
  for (IndexEntry& entry : *entries) {
    entry.source_ctime.nanoseconds = entry.mtime.nanoseconds + reader->Little<uint32_t>();
  }
}

// Sizes and digests of regular files, stored sizes where they differ.
void AppendContents(Entries entries, std::string* out) {
  for (const IndexEntry& entry : entries) {
    if (IsRegular(entry)) AppendVarint(entry.size, out);
  }
  for (const IndexEntry& entry : entries) {
    if (entry.sparse) AppendVarint(entry.stored_bytes, out);
  }
  for (const IndexEntry& entry : entries) {
    if (IsRegular(entry)) AppendDigest(entry.digest, out);
  }
}

void ReadContents(ByteReader* reader, Decoded* entries) {
  for (IndexEntry& entry : *entries) {
    if (IsRegular(entry)) entry.size = entry.stored_bytes = reader->VarintUpTo(kMemberSizeMax);
  }
  for (IndexEntry& entry : *entries) {
    if (entry.sparse) entry.stored_bytes = reader->VarintUpTo(entry.size);
  }
  for (IndexEntry& entry : *entries) {
    if (!IsRegular(entry)) continue;
    const absl::string_view digest = reader->Bytes(kDigestBytes);
    if (reader->ok()) entry.digest = LoadDigest(digest.data());
  }
}

void AppendDevices(Entries entries, std::string* out) {
  for (const IndexEntry& entry : entries) {
    if (!IsDevice(entry)) continue;
    AppendVarint(entry.device_major, out);
    AppendVarint(entry.device_minor, out);
  }
}

void ReadDevices(ByteReader* reader, Decoded* entries) {
  for (IndexEntry& entry : *entries) {
    if (!IsDevice(entry)) continue;
    entry.device_major = static_cast<uint32_t>(reader->VarintUpTo(kDeviceNumberMax));
    entry.device_minor = static_cast<uint32_t>(reader->VarintUpTo(kDeviceNumberMax));
  }
}

// Frames as differences; offsets in tar blocks, within one frame as differences.
void AppendPlaces(Entries entries, std::string* out) {
  uint64_t frame = 0;
  for (const IndexEntry& entry : entries) {
    AppendVarint(entry.frame - frame, out);
    frame = entry.frame;
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const bool same_frame = i > 0 && entries[i].frame == entries[i - 1].frame;
    const uint32_t base = same_frame ? entries[i - 1].frame_offset : 0;
    AppendVarint((entries[i].frame_offset - base) / kTarBlockBytes, out);
  }
}

void ReadPlaces(ByteReader* reader, Decoded* entries) {
  uint64_t frame = 0;
  for (IndexEntry& entry : *entries) {
    frame += reader->VarintUpTo(kSeekEntriesMax - frame);
    entry.frame = frame;
  }
  uint64_t blocks = 0;
  for (size_t i = 0; i < entries->size(); ++i) {
    const bool same_frame = i > 0 && (*entries)[i].frame == (*entries)[i - 1].frame;
    if (!same_frame) blocks = 0;
    blocks += reader->VarintUpTo(kFrameContentBytesMax / kTarBlockBytes - blocks);
    (*entries)[i].frame_offset = static_cast<uint32_t>(blocks * kTarBlockBytes);
  }
}

void AppendSources(Entries entries, std::string* out) {
  uint64_t device = 0;
  for (const IndexEntry& entry : entries) {
    AppendVarint(ZigZag(entry.source_device - device), out);
    device = entry.source_device;
  }
  uint64_t inode = 0;
  for (const IndexEntry& entry : entries) {
    AppendVarint(ZigZag(entry.source_inode - inode), out);
    inode = entry.source_inode;
  }
}

void ReadSources(ByteReader* reader, Decoded* entries) {
  uint64_t device = 0;
  for (IndexEntry& entry : *entries) entry.source_device = device += UnZigZag(reader->Varint());
  uint64_t inode = 0;
  for (IndexEntry& entry : *entries) entry.source_inode = inode += UnZigZag(reader->Varint());
}

}  // namespace

std::string EncodeIndexColumns(Entries entries) {
  INGOT_CHECK(!entries.empty() && entries.size() <= kIndexBlockEntriesMax);
  std::string raw;
  AppendKinds(entries, &raw);
  AppendNames(entries, &raw);
  AppendUsersAndGroups(entries, &raw);
  AppendTimes(entries, &raw);
  AppendContents(entries, &raw);
  AppendDevices(entries, &raw);
  AppendPlaces(entries, &raw);
  AppendSources(entries, &raw);
  return raw;
}

absl::StatusOr<Decoded> DecodeIndexColumns(absl::string_view raw, size_t count) {
  INGOT_CHECK(count > 0 && count <= kIndexBlockEntriesMax);
  ByteReader reader(absl::MakeConstSpan(raw.data(), raw.size()));
  Decoded entries(count);
  ReadKinds(&reader, &entries);
  ReadNames(&reader, &entries);
  ReadUsersAndGroups(&reader, &entries);
  ReadTimes(&reader, &entries);
  ReadContents(&reader, &entries);
  ReadDevices(&reader, &entries);
  ReadPlaces(&reader, &entries);
  ReadSources(&reader, &entries);
  if (!reader.AtEnd()) return absl::DataLossError("index block: its columns are malformed");
  for (size_t i = 0; i < count; ++i) {
    const char* problem = IndexEntryProblem(entries[i]);
    if (problem == nullptr && i > 0) problem = IndexOrderProblem(entries[i - 1], entries[i]);
    if (problem != nullptr)
      return absl::DataLossError(absl::StrCat("index block: an entry has ", problem));
  }
  return entries;
}

}  // namespace ingot
