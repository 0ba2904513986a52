#include "core/format/seek_table.h"

#include "absl/strings/str_cat.h"
#include "core/format/bytes.h"
#include "core/format/frame.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kFooterMagic = 0x8F92EAB1;
constexpr uint8_t kDescriptor = 0x80;  // entries have checksums; all other bits are reserved
constexpr size_t kEntryBytes = 12;
static_assert(kSeekEntriesMax * kEntryBytes + kSeekTableFooterBytes <= UINT32_MAX);

uint64_t TableBytes(uint64_t entries) {
  return kSkippableHeaderBytes + entries * kEntryBytes + kSeekTableFooterBytes;
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("seek table: ", what));
}

absl::StatusOr<SeekEntry> ParseEntry(const char* at) {
  const SeekEntry entry{LoadLittle<uint32_t>(at), LoadLittle<uint32_t>(at + 4),
                        LoadLittle<uint32_t>(at + 8)};
  if (entry.content_bytes > kFrameContentBytesMax) return Damaged("a frame's content is too large");
  if (entry.content_bytes == 0) {
    if (entry.checksum != 0) return Damaged("a skippable frame has a checksum");
    if (entry.stored_bytes < kSkippableHeaderBytes)
      return Damaged("a skippable frame is too small");
  } else if (entry.stored_bytes == 0 || entry.stored_bytes > FrameBytesMax(entry.content_bytes)) {
    return Damaged("a frame's stored size is out of range");
  }
  return entry;
}

}  // namespace

std::string EncodeSeekTable(absl::Span<const SeekEntry> entries) {
  INGOT_CHECK(entries.size() <= kSeekEntriesMax);
  const uint64_t table_bytes = TableBytes(entries.size());
  std::string table;
  table.reserve(static_cast<size_t>(table_bytes));
  AppendLittle<uint32_t>(kSeekTableMagic, &table);
  AppendLittle<uint32_t>(static_cast<uint32_t>(table_bytes - kSkippableHeaderBytes), &table);
  for (const SeekEntry& entry : entries) {
    AppendLittle<uint32_t>(entry.stored_bytes, &table);
    AppendLittle<uint32_t>(entry.content_bytes, &table);
    AppendLittle<uint32_t>(entry.checksum, &table);
  }
  AppendLittle<uint32_t>(static_cast<uint32_t>(entries.size()), &table);
  AppendLittle<uint8_t>(kDescriptor, &table);
  AppendLittle<uint32_t>(kFooterMagic, &table);
  return table;
}

absl::StatusOr<uint64_t> SeekTableBytes(absl::Span<const char> footer) {
  if (footer.size() != kSeekTableFooterBytes) return Damaged("footer is cut off");
  if (LoadLittle<uint32_t>(footer.data() + 5) != kFooterMagic)
    return Damaged("the file does not end with one");
  if (LoadLittle<uint8_t>(footer.data() + 4) != kDescriptor) return Damaged("unknown descriptor");
  const uint32_t entries = LoadLittle<uint32_t>(footer.data());
  if (entries > kSeekEntriesMax) return Damaged("too many frames");
  return TableBytes(entries);
}

absl::StatusOr<std::vector<SeekEntry>> ParseSeekTable(absl::Span<const char> table) {
  if (table.size() < TableBytes(0)) return Damaged("cut off");
  INGOT_ASSIGN_OR_RETURN(const uint64_t table_bytes,
                         SeekTableBytes(table.subspan(table.size() - kSeekTableFooterBytes)));
  if (table.size() != table_bytes) return Damaged("its length does not match its number of frames");
  if (LoadLittle<uint32_t>(table.data()) != kSeekTableMagic)
    return Damaged("no skippable frame begins it");
  if (LoadLittle<uint32_t>(table.data() + 4) != table.size() - kSkippableHeaderBytes) {
    return Damaged("its skippable frame is of another length");
  }
  std::vector<SeekEntry> entries;
  entries.reserve((table.size() - TableBytes(0)) / kEntryBytes);
  for (size_t at = kSkippableHeaderBytes; at < table.size() - kSeekTableFooterBytes;
       at += kEntryBytes) {
    INGOT_ASSIGN_OR_RETURN(const SeekEntry entry, ParseEntry(table.data() + at));
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace ingot
