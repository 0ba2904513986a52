#include "tests/fuzz/container_script.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/container/sliced_member.h"
#include "core/format/index_columns.h"
#include "core/format/index_frame.h"
#include "core/format/tar.h"
#include "core/manifest.h"

namespace ingot {
namespace {

constexpr MemberType kTypes[] = {MemberType::kRegular,    MemberType::kDirectory,
                                 MemberType::kSymlink,    MemberType::kHardLink,
                                 MemberType::kFifo,       MemberType::kCharacterDevice,
                                 MemberType::kBlockDevice};
constexpr const char* kNames[] = {
    "a",          "b",    "a/b", "a/c", "b/a", "a/b/c", "..",
    "../outside", "a/..", ".",   "./a", "/a",  "a//b",  "database/db.sql"};
// What an entry of the index can be made to say instead.
enum Tweak { kPath, kType, kMode, kSize, kStored, kTarget, kPlace, kOffset, kDigest, kTweaks };

FrameCompressor& Compressor() {
  static FrameCompressor compressor(1);
  return compressor;
}

}  // namespace

std::string ContainerScript::Name() {
  const size_t choice = input_.Choice(std::size(kNames) + 4);
  if (choice < std::size(kNames)) return kNames[choice];
  switch (choice - std::size(kNames)) {
    case 0:
      return kManifestMember;
    case 1:
      return absl::StrCat(outside_, "/", input_.Text());
    case 2:
      return std::string(size_t{300} * input_.Byte(), 'n');
    default:
      return input_.Text();
  }
}

Member ContainerScript::NewMember() {
  Member member;
  member.type = kTypes[input_.Choice(std::size(kTypes))];
  member.path = Name();
  const uint8_t facts = input_.Byte();
  member.mode = member.type == MemberType::kDirectory ? 0755 : 0644;
  if ((facts & 1) != 0) member.mode = static_cast<uint32_t>(input_.Number(2)) & 07777;
  if ((facts & 2) != 0) {
    member.mtime.seconds = static_cast<int64_t>(input_.Number(8));
    member.mtime.nanoseconds = static_cast<uint32_t>(input_.Number(4) % 1'000'000'000);
  }
  if ((facts & 4) != 0) member.uid = member.gid = static_cast<uint32_t>(input_.Number(4));
  if ((facts & 8) != 0) member.xattrs = {{absl::StrCat("user.", input_.Text()), input_.Text()}};
  const bool is_link = member.type == MemberType::kSymlink || member.type == MemberType::kHardLink;
  if (is_link) member.link_target = Name();
  if ((facts & 16) != 0) {
    member.device_major = static_cast<uint32_t>(input_.Number(3));
    member.device_minor = static_cast<uint32_t>(input_.Number(3));
  }
  if ((facts & 32) != 0 && member.type == MemberType::kRegular) {
    member.sparse = true;
    for (size_t left = input_.Choice(4); left > 0; --left) {
      member.extents.push_back({input_.Number(3), input_.Number(1)});
    }
    member.size = input_.Number(8);
  }
  return member;
}

void ContainerScript::AddMember() {
  Member member = NewMember();
  std::string content;
  if (member.type == MemberType::kRegular) {
    if (member.sparse) {
      content = std::string(std::min<uint64_t>(member.StoredContentBytes(), kStreamBytesMax), 's');
    } else {
      content = input_.Text();
      member.size = content.size();
    }
  }
  const absl::StatusOr<std::string> header = EncodeTarHeader(member);
  if (!header.ok()) return;
  Added added{DeriveIndexEntry(member), std::exchange(run_begins_, false)};
  added.entry.frame = frames_;
  added.entry.frame_offset = static_cast<uint32_t>(frame_.size());
  if (member.type == MemberType::kRegular) added.entry.digest = DigestOfMember(member, content);
  entries_.push_back(std::move(added));
  absl::StrAppend(&frame_, *header, content);
  frame_.append(TarPadding(content.size()), '\0');
}

// The first slice brings a header for more content than it has; the next ones go on.
void ContainerScript::AddSlice() {
  constexpr size_t kSliceBytes = kChunkBytes;
  const bool begins = input_.Flag();
  const bool ends = input_.Flag();
  if (stream_bytes_ + kSliceBytes > kStreamBytesMax) return;
  if (begins) {
    EndFrame(false, false);
    sliced_ = NewMember();
    sliced_.type = MemberType::kRegular;
    sliced_.sparse = false;
    sliced_.extents.clear();
    sliced_.link_target.clear();
    sliced_.size = kSliceBytes * (1 + input_.Choice(4)) + input_.Byte();
    sliced_bytes_.clear();
    const absl::StatusOr<std::string> header =
        input_.Flag() ? EncodePatchableTarHeader(sliced_) : EncodeTarHeader(sliced_);
    if (!header.ok()) return;
    Added added{DeriveIndexEntry(sliced_), std::exchange(run_begins_, false)};
    added.entry.frame = frames_;
    entries_.push_back(std::move(added));
    frame_ = *header;
  }
  const std::string slice(ends ? size_t{input_.Byte()} : kSliceBytes,
                          static_cast<char>(input_.Byte()));
  frame_ += slice;
  if (ends) frame_.append(TarPadding(frame_.size()), '\0');
  EndFrame(!begins, !ends);
  sliced_bytes_ += slice;
  for (Added& added : entries_) {
    if (ends && added.entry.path == sliced_.path && sliced_bytes_.size() == sliced_.size) {
      added.entry.digest = DigestOfMember(sliced_, sliced_bytes_);
    }
  }
}

void ContainerScript::AppendFrame(absl::string_view stored, size_t content_bytes,
                                  FrameLabel label) {
  label.stored_bytes = static_cast<uint32_t>(stored.size());
  label.content_bytes = static_cast<uint32_t>(content_bytes);
  label.stored_digest = HashBytes(SpanOf(stored));
  const uint64_t all = LabelledFrameBytes(stored.size());
  std::string out(all, '\0');
  stored.copy(out.data(), stored.size());
  WriteLabel(label, absl::MakeSpan(out));
  seek_.push_back({label.stored_bytes, label.content_bytes, FrameChecksum(SpanOf(stored))});
  seek_.push_back({static_cast<uint32_t>(all - stored.size()), 0, 0});
  file_ += out;
  stream_bytes_ += content_bytes;
  ++frames_;
}

void ContainerScript::EndFrame(bool continues, bool continued) {
  if (frame_.empty()) return;
  std::string stored(FrameBytesMax(frame_.size()), '\0');
  const absl::StatusOr<size_t> bytes = Compressor().Compress(frame_, absl::MakeSpan(stored));
  INGOT_CHECK(bytes.ok());
  FrameLabel label;
  label.continues = continues;
  label.continued = continued;
  if (continues || continued) label.member = SlicedMemberId(sliced_.path, sliced_.mtime);
  if (continues) label.member_offset = sliced_bytes_.size();
  AppendFrame(absl::string_view(stored).substr(0, *bytes), frame_.size(), label);
  frame_.clear();
}

void ContainerScript::TweakEntry() {
  if (entries_.empty()) return;
  Added& added = entries_[input_.Choice(entries_.size())];
  IndexEntry& entry = added.entry;
  switch (static_cast<Tweak>(input_.Choice(kTweaks))) {
    case kPath:
      entry.path = Name();
      break;
    case kType:
      entry.type = kTypes[input_.Choice(std::size(kTypes))];
      break;
    case kMode:
      entry.mode = static_cast<uint32_t>(input_.Number(2)) & 07777;
      break;
    case kSize:
      entry.size = input_.Number(8) & kMemberSizeMax;
      if (!entry.sparse) entry.stored_bytes = entry.size;
      break;
    case kStored:
      entry.sparse = !entry.sparse;
      entry.stored_bytes = entry.sparse ? std::min(entry.size, input_.Number(2)) : entry.size;
      break;
    case kTarget:
      entry.link_target = Name();
      break;
    case kPlace:
      entry.frame = input_.Byte();
      break;
    case kOffset:
      entry.frame_offset = static_cast<uint32_t>(input_.Byte() * kTarBlockBytes);
      break;
    case kDigest:
      entry.digest.bytes[0] ^= input_.Byte();
      break;
    case kTweaks:
      break;
  }
}

// Bytes of the frame at hand.
void ContainerScript::TweakStream() {
  if (frame_.empty()) return;
  const size_t at = input_.Number(2) % frame_.size();
  const std::string bytes = input_.Text();
  frame_.replace(at, std::min(bytes.size(), frame_.size() - at), bytes, 0, frame_.size() - at);
}

void ContainerScript::Step() {
  switch (input_.Choice(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return AddMember();
    case 4:
      return EndFrame(input_.Flag(), input_.Flag());
    case 5:
      run_begins_ = true;
      return;
    case 6:
      return TweakEntry();
    case 7:
      return TweakStream();
    case 8:
      return AddSlice();
    case 9:
      if (!entries_.empty()) entries_.push_back(entries_[input_.Choice(entries_.size())]);
      return;
    case 10:
      if (!entries_.empty())
        entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(input_.Choice(entries_.size())));
      return;
    default:
      // A bomb: a frame of zeros.
      EndFrame(false, false);
      frame_.assign(std::min<size_t>(size_t{input_.Byte()} << 12, kStreamBytesMax) + 1, '\0');
      return EndFrame(false, false);
  }
}

std::string ContainerScript::EncodeBlocks(IndexRoot* root) {
  std::string blocks;
  const size_t block_entries_max = 1 + input_.Choice(8);
  for (size_t begin = 0, end = 0; begin < entries_.size(); begin = end) {
    std::vector<IndexEntry> entries;
    for (end = begin; end < entries_.size() && entries.size() < block_entries_max; ++end) {
      if (end > begin && entries_[end].run_begins) break;
      entries.push_back(entries_[end].entry);
      root->members += 1;
      root->logical_bytes += entries.back().size;
    }
    const absl::StatusOr<std::string> frame =
        SealIndexFrame(IndexFrameKind::kBlock, EncodeIndexColumns(entries),
                       static_cast<uint32_t>(entries.size()), &Compressor());
    INGOT_CHECK(frame.ok());
    root->blocks.push_back({frame->size(), static_cast<uint32_t>(entries.size()),
                            begin == 0 || entries_[begin].run_begins, entries[0].path,
                            HashBytes(*frame)});
    blocks += *frame;
  }
  return blocks;
}

std::string ContainerScript::Finish() {
  EndFrame(false, false);
  const absl::string_view end = EndOfArchiveFrame();
  absl::StrAppend(&file_, end);
  seek_.push_back(
      {static_cast<uint32_t>(end.size()), kEndOfArchiveContentBytes, FrameChecksum(SpanOf(end))});
  IndexRoot root;
  root.created_by = "a fuzzer";
  root.frames = frames_;
  root.stream_bytes = stream_bytes_ + kEndOfArchiveContentBytes;
  file_ += EncodeBlocks(&root);
  for (const IndexBlockInfo& block : root.blocks)
    seek_.push_back({static_cast<uint32_t>(block.stored_bytes), 0, 0});
  // What no root can be is for the target of the index.
  const absl::StatusOr<std::string> root_frame = EncodeIndexRoot(root);
  if (!root_frame.ok()) return "";
  file_ += *root_frame;
  seek_.push_back({static_cast<uint32_t>(root_frame->size()), 0, 0});
  file_ += EncodeSeekTable(seek_);
  for (size_t flips = input_.Byte(); flips > 0 && flips < 4; --flips) {
    file_[input_.Number(2) % file_.size()] ^= static_cast<char>(input_.Byte());
  }
  return file_;
}

std::string ContainerScript::Run(FuzzInput input, const std::string& outside) {
  // The last 8 bytes are for the end, so that what comes before does not shift them.
  ContainerScript script(input, outside);
  for (size_t i = 0; i < kOperationsMax && !script.input_.empty(); ++i) {
    if (script.stream_bytes_ + script.frame_.size() > kStreamBytesMax) break;
    script.Step();
  }
  return script.Finish();
}

}  // namespace ingot
