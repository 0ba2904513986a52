// The rules for entries, and the builder. FORMAT.md, "Index".
#include "core/format/index.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/format/frame.h"
#include "core/format/index_columns.h"
#include "core/format/index_frame.h"
#include "core/format/seek_table.h"
#include "core/format/tar.h"
#include "core/json.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kModeMax = 07777;
constexpr uint32_t kNanosecondsMax = 999'999'999;
// A block is cut where its entries come to this: names as they are, numbers as at most so much.
constexpr uint64_t kBlockBytesTarget = uint64_t{1} << 20;
constexpr uint64_t kEntryNumbersBytesMax = 128;

bool HasNul(absl::string_view text) { return text.find('\0') != absl::string_view::npos; }
bool IsLink(MemberType type) {
  return type == MemberType::kHardLink || type == MemberType::kSymlink;
}
bool IsDevice(MemberType type) {
  return type == MemberType::kCharacterDevice || type == MemberType::kBlockDevice;
}

const char* LinkProblem(const IndexEntry& entry) {
  if (IsLink(entry.type) == entry.link_target.empty()) return "a link target that is none";
  if (entry.link_target.size() > kPathBytesMax || HasNul(entry.link_target))
    return "a link target that is none";
  return nullptr;
}

const char* DeviceProblem(const IndexEntry& entry) {
  if (!IsDevice(entry.type) && (entry.device_major != 0 || entry.device_minor != 0)) {
    return "device numbers, but it is no device";
  }
  const bool fits =
      entry.device_major <= kDeviceNumberMax && entry.device_minor <= kDeviceNumberMax;
  return fits ? nullptr : "a device number that is too large";
}

const char* ContentProblem(const IndexEntry& entry) {
  if (entry.size > kMemberSizeMax) return "a size that is too large";
  if (entry.sparse ? entry.stored_bytes > entry.size : entry.stored_bytes != entry.size) {
    return "a stored size that does not fit";
  }
  if (entry.type == MemberType::kRegular) return nullptr;
  const bool content = entry.size != 0 || entry.sparse || entry.cut || entry.zero_filled;
  return content || entry.digest != Digest{} ? "content, but it is not a regular file" : nullptr;
}

}  // namespace

int ComparePaths(absl::string_view a, absl::string_view b) {
  const size_t common = std::min(a.size(), b.size());
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.begin() + common, b.begin());
  if (at_a == a.begin() + common) return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  const auto rank = [](char byte) { return byte == '/' ? 0 : static_cast<uint8_t>(byte) + 1; };
  return rank(*at_a) < rank(*at_b) ? -1 : 1;
}

IndexEntry DeriveIndexEntry(const Member& member) {
  IndexEntry entry;
  entry.path = member.path;
  entry.type = member.type;
  entry.mode = member.mode;
  entry.uid = member.uid;
  entry.gid = member.gid;
  entry.user_name = member.user_name;
  entry.group_name = member.group_name;
  entry.mtime = member.mtime;
  entry.size = member.size;
  entry.stored_bytes = member.StoredContentBytes();
  entry.link_target = member.link_target;
  entry.device_major = member.device_major;
  entry.device_minor = member.device_minor;
  entry.has_xattrs = !member.xattrs.empty();
  entry.sparse = member.sparse;
  return entry;
}

const char* IndexEntryProblem(const IndexEntry& entry) {
  if (entry.type < MemberType::kRegular || entry.type > MemberType::kFifo) return "an unknown type";
  if (entry.path.empty() || entry.path.size() > kPathBytesMax || entry.path.back() == '/' ||
      HasNul(entry.path)) {
    return "a path that is none";
  }
  if (const char* problem = LinkProblem(entry); problem != nullptr) return problem;
  if (const char* problem = DeviceProblem(entry); problem != nullptr) return problem;
  if (entry.mode > kModeMax) return "mode bits that are none";
  if (entry.user_name.size() > kHeaderBytesMax || entry.group_name.size() > kHeaderBytesMax ||
      HasNul(entry.user_name) || HasNul(entry.group_name)) {
    return "an owner's name that is none";
  }
  if (entry.mtime.nanoseconds > kNanosecondsMax ||
      entry.source_ctime.nanoseconds > kNanosecondsMax) {
    return "a time that is none";
  }
  if (entry.frame >= kSeekEntriesMax || entry.frame_offset % kTarBlockBytes != 0 ||
      entry.frame_offset >= kFrameContentBytesMax) {
    return "a place that is none";
  }
  return ContentProblem(entry);
}

const char* IndexOrderProblem(const IndexEntry& previous, const IndexEntry& next) {
  if (ComparePaths(previous.path, next.path) >= 0) return "a path that does not ascend";
  const bool ascends = next.frame > previous.frame ||
                       (next.frame == previous.frame && next.frame_offset > previous.frame_offset);
  return ascends ? nullptr : "a place that does not ascend";
}

struct IndexBuilder::State {
  absl::Status Flush();

  io::Spool* blocks = nullptr;
  FrameCompressor compressor = NewIndexCompressor();
  std::vector<IndexEntry> pending;  // of the block in the making
  uint64_t pending_bytes = 0;
  bool run_begins = true;    // the next entry begins a run
  bool block_begins = true;  // the pending block does
  IndexEntry last;           // of the run
  IndexRoot root;
};

absl::Status IndexBuilder::State::Flush() {
  if (pending.empty()) return absl::OkStatus();
  const uint32_t count = static_cast<uint32_t>(pending.size());
  INGOT_ASSIGN_OR_RETURN(
      const std::string frame,
      SealIndexFrame(IndexFrameKind::kBlock, EncodeIndexColumns(pending), count, &compressor));
  INGOT_RETURN_IF_ERROR(blocks->Append(frame));
  root.blocks.push_back(
      {frame.size(), count, block_begins, pending.front().path, HashBytes(frame)});
  pending.clear();
  pending_bytes = 0;
  block_begins = false;
  return absl::OkStatus();
}

IndexBuilder::IndexBuilder(io::Spool* blocks) : state_(std::make_unique<State>()) {
  state_->blocks = blocks;
}
IndexBuilder::~IndexBuilder() = default;

void IndexBuilder::BeginRun() { state_->run_begins = true; }

absl::Status IndexBuilder::Add(const IndexEntry& entry) {
  State& state = *state_;
  const char* problem = IndexEntryProblem(entry);
  if (problem == nullptr && !state.run_begins) problem = IndexOrderProblem(state.last, entry);
  if (problem != nullptr) {
    return absl::InternalError(
        absl::StrCat("index: ", EscapeForTerminal(entry.path), " has ", problem));
  }
  const uint64_t entry_bytes = entry.path.size() + entry.link_target.size() +
                               entry.user_name.size() + entry.group_name.size() +
                               kEntryNumbersBytesMax;
  const bool full = state.pending.size() == kIndexBlockEntriesMax ||
                    state.pending_bytes + entry_bytes > kBlockBytesTarget;
  if (state.run_begins || full) INGOT_RETURN_IF_ERROR(state.Flush());
  if (state.run_begins) state.block_begins = true;
  state.run_begins = false;
  state.pending.push_back(entry);
  state.last = entry;
  state.pending_bytes += entry_bytes;
  state.root.members += 1;
  if (__builtin_add_overflow(state.root.logical_bytes, entry.size, &state.root.logical_bytes)) {
    state.root.logical_bytes = UINT64_MAX;
  }
  return absl::OkStatus();
}

absl::Status IndexBuilder::ForEachEntry(
    absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const {
  uint64_t offset = 0;
  std::string frame;
  for (const IndexBlockInfo& block : state_->root.blocks) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    frame.resize(block.stored_bytes);
    INGOT_RETURN_IF_ERROR(state_->blocks->Read(offset, absl::MakeSpan(frame)));
    INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> entries, ParseIndexBlock(frame, block));
    for (const IndexEntry& entry : entries) INGOT_RETURN_IF_ERROR(visit(entry));
    offset += frame.size();
  }
  for (const IndexEntry& entry : state_->pending) INGOT_RETURN_IF_ERROR(visit(entry));
  return absl::OkStatus();
}

absl::StatusOr<IndexRoot> IndexBuilder::Finish(IndexRoot facts) {
  INGOT_RETURN_IF_ERROR(state_->Flush());
  facts.members = state_->root.members;
  facts.logical_bytes = state_->root.logical_bytes;
  facts.blocks = std::move(state_->root.blocks);
  return facts;
}

absl::StatusOr<std::vector<IndexEntry>> ParseIndexBlock(absl::Span<const char> skippable_frame) {
  INGOT_ASSIGN_OR_RETURN(
      const IndexFrame frame,
      OpenIndexFrame(IndexFrameKind::kBlock, skippable_frame, kIndexBlockBytesMax));
  if (frame.count == 0 || frame.count > kIndexBlockEntriesMax) {
    return absl::DataLossError("index block: its number of entries is out of range");
  }
  return DecodeIndexColumns(frame.raw, frame.count);
}

absl::StatusOr<std::vector<IndexEntry>> ParseIndexBlock(absl::Span<const char> skippable_frame,
                                                        const IndexBlockInfo& info) {
  if (skippable_frame.size() != info.stored_bytes ||
      HashBytes(skippable_frame) != info.stored_digest) {
    return absl::DataLossError("index block: not the one that the root names");
  }
  INGOT_ASSIGN_OR_RETURN(std::vector<IndexEntry> entries, ParseIndexBlock(skippable_frame));
  if (entries.size() != info.entries) {
    return absl::DataLossError("index block: its number of entries is not the root's");
  }
  if (entries.front().path != info.first_path) {
    return absl::DataLossError("index block: its first path is not the root's");
  }
  return entries;
}

}  // namespace ingot
