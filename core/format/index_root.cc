// The root of the index. FORMAT.md, "Index".
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/format/bytes.h"
#include "core/format/frame.h"
#include "core/format/front_coding.h"
#include "core/format/index.h"
#include "core/format/index_frame.h"
#include "core/format/seek_table.h"
#include "core/format/tar.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kNanosecondsMax = 999'999'999;
constexpr uint32_t kVersion = 1;
// Of a block in the root: four varints, a byte, a digest.
constexpr uint64_t kBlockBytesMin = 5 + kDigestBytes;

const char* BlockProblem(const IndexBlockInfo& block, const IndexBlockInfo* previous) {
  if (block.entries == 0 || block.entries > kIndexBlockEntriesMax)
    return "a block of too many entries or none";
  if (block.stored_bytes <= kSkippableHeaderBytes || block.stored_bytes > UINT32_MAX)
    return "a block of wrong size";
  const std::string& path = block.first_path;
  if (path.empty() || path.size() > kPathBytesMax || path.find('\0') != std::string::npos)
    return "a path that is none";
  if (block.run_begins) return nullptr;
  if (previous == nullptr) return "a first block that begins no run";
  return ComparePaths(previous->first_path, path) < 0 ? nullptr : "blocks that do not ascend";
}

// What keeps a root from being one; nullptr when nothing does.
const char* Problem(const IndexRoot& root) {
  if (root.created.nanoseconds > kNanosecondsMax) return "a time that is none";
  if (root.created_by.size() > kCreatedByBytesMax) return "a maker's name that is too long";
  if (root.frames > kSeekEntriesMax) return "too many frames";
  if (root.times.stages.size() > kRunStages) return "too many stages";
  uint64_t entries = 0;
  uint64_t path_bytes = 0;
  const IndexBlockInfo* previous = nullptr;
  for (const IndexBlockInfo& block : root.blocks) {
    if (const char* problem = BlockProblem(block, previous); problem != nullptr) return problem;
    entries += block.entries;
    path_bytes += block.first_path.size();
    previous = &block;
  }
  if (path_bytes > kIndexRootPathBytesMax) return "first paths that are too long";
  if (entries != root.members) return "another number of members than its blocks";
  return root.members > 0 && root.frames == 0 ? "members but no frames" : nullptr;
}

void AppendFacts(const IndexRoot& root, std::string* raw) {
  AppendVarint(ZigZag(static_cast<uint64_t>(root.created.seconds)), raw);
  AppendLittle<uint32_t>(root.created.nanoseconds, raw);
  AppendVarint(root.created_by.size(), raw);
  raw->append(root.created_by);
  AppendVarint(root.members, raw);
  AppendVarint(root.frames, raw);
  AppendVarint(root.logical_bytes, raw);
  AppendVarint(root.stream_bytes, raw);
  AppendVarint(root.findings, raw);
  AppendRunTimes(root.times, raw);
}

void ReadFacts(ByteReader* reader, IndexRoot* root) {
  root->created.seconds = static_cast<int64_t>(UnZigZag(reader->Varint()));
  root->created.nanoseconds = reader->Little<uint32_t>();
  root->created_by = std::string(reader->Bytes(reader->VarintUpTo(kCreatedByBytesMax)));
  root->members = reader->Varint();
  root->frames = reader->Varint();
  root->logical_bytes = reader->Varint();
  root->stream_bytes = reader->Varint();
  root->findings = reader->Varint();
  root->times = ReadRunTimes(reader);
}

void AppendBlocks(const IndexRoot& root, std::string* raw) {
  FrontCoder first_paths;
  for (const IndexBlockInfo& block : root.blocks) AppendVarint(block.stored_bytes, raw);
  for (const IndexBlockInfo& block : root.blocks) AppendVarint(block.entries, raw);
  for (const IndexBlockInfo& block : root.blocks) raw->push_back(block.run_begins ? 1 : 0);
  for (const IndexBlockInfo& block : root.blocks) first_paths.Add(block.first_path);
  first_paths.AppendTo(raw);
  for (const IndexBlockInfo& block : root.blocks) AppendDigest(block.stored_digest, raw);
}

void ReadBlocks(size_t count, ByteReader* reader, IndexRoot* root) {
  root->blocks.resize(count);
  for (IndexBlockInfo& block : root->blocks) block.stored_bytes = reader->Varint();
  for (IndexBlockInfo& block : root->blocks)
    block.entries = static_cast<uint32_t>(reader->VarintUpTo(UINT32_MAX));
  for (IndexBlockInfo& block : root->blocks) block.run_begins = reader->VarintUpTo(1) == 1;
  std::vector<std::string> first_paths = ReadFrontCoded(count, kIndexRootPathBytesMax, reader);
  for (size_t i = 0; i < count && reader->ok(); ++i) {
    root->blocks[i].first_path = std::move(first_paths[i]);
  }
  for (IndexBlockInfo& block : root->blocks) {
    const absl::string_view digest = reader->Bytes(kDigestBytes);
    if (reader->ok()) block.stored_digest = LoadDigest(digest.data());
  }
}

}  // namespace

absl::StatusOr<std::string> EncodeIndexRoot(const IndexRoot& root) {
  const char* problem = Problem(root);
  if (problem == nullptr && root.version != kVersion)
    problem = "a version that this ingot does not write";
  if (problem != nullptr) return absl::InternalError(absl::StrCat("index root: ", problem));
  std::string raw;
  AppendFacts(root, &raw);
  AppendBlocks(root, &raw);
  if (raw.size() > kIndexRootBytesMax) return absl::InternalError("index root: too many blocks");
  FrameCompressor compressor = NewIndexCompressor();
  return SealIndexFrame(IndexFrameKind::kRoot, raw, static_cast<uint32_t>(root.blocks.size()),
                        &compressor);
}

absl::StatusOr<IndexRoot> ParseIndexRoot(absl::Span<const char> skippable_frame) {
  INGOT_ASSIGN_OR_RETURN(
      const IndexFrame frame,
      OpenIndexFrame(IndexFrameKind::kRoot, skippable_frame, kIndexRootBytesMax));
  if (frame.count > frame.raw.size() / kBlockBytesMin) {  // before anything is allocated for them
    return absl::DataLossError("index root: more blocks than it has room for");
  }
  ByteReader reader(frame.raw);
  IndexRoot root;
  ReadFacts(&reader, &root);
  ReadBlocks(frame.count, &reader, &root);
  if (!reader.AtEnd()) return absl::DataLossError("index root: its columns are malformed");
  if (const char* problem = Problem(root); problem != nullptr) {
    return absl::DataLossError(absl::StrCat("index root: it has ", problem));
  }
  return root;
}

}  // namespace ingot
