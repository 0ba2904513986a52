#include "core/container/container.h"

#include <algorithm>
#include <list>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/format/foreign_file.h"
#include "core/manifest.h"
#include "io/status.h"

namespace ingot {
namespace {

// Parsed blocks that Find keeps: links and carriers in similar trees are looked up side by side.
constexpr size_t kRememberedBlocksMax = 16;

// A block that zstd could not make smaller, with its headers.
constexpr uint64_t kStoredBlockBytesMax = kIndexBlockBytesMax + kIndexBlockBytesMax / 128;

using Block = std::shared_ptr<const std::vector<IndexEntry>>;

absl::Status NotOurs(const io::ReadableFile& file, absl::string_view why) {
  std::string begin(std::min<uint64_t>(file.size(), kForeignFileBytes), '\0');
  INGOT_RETURN_IF_ERROR(file.ReadAt(0, absl::MakeSpan(begin)));
  return absl::DataLossError(absl::StrCat(file.path(), ": not an ingot container: ", why, "; ",
                                          DescribeForeignFile(begin)));
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, ": damaged: ", what));
}

// Where it cannot be used at all.
absl::Status Unusable(const std::string& path, absl::string_view what) {
  return Damaged(path, absl::StrCat(what, "; ingot salvage brings back what is whole"));
}

void Reserve(uint64_t bytes, io::AlignedBuffer* buffer) {
  if (buffer->size() < bytes) *buffer = io::AlignedBuffer(bytes);
}

}  // namespace

struct Container::State {
  explicit State(io::ReadableFile opened) : file(std::move(opened)) {}

  absl::StatusOr<std::vector<SeekEntry>> ReadSeekTable(uint64_t* table_offset) const;
  absl::Status TakeFrames(absl::Span<const SeekEntry> entries);
  absl::Status TakeTail(absl::Span<const SeekEntry> entries);
  absl::StatusOr<std::vector<IndexEntry>> ReadBlock(size_t block) const;
  absl::StatusOr<Block> RememberedBlock(size_t block);
  absl::StatusOr<std::optional<IndexEntry>> FindInRun(const BlockRange& run,
                                                      absl::string_view path);
  absl::Status FrameDamage(uint64_t frame, absl::string_view what) const;
  absl::Status CheckLabel(uint64_t frame, const FrameLabel& label) const;

  io::ReadableFile file;
  std::unique_ptr<io::Spool> block_spool;  // of an assembled container; null: they are in `file`
  std::vector<FrameLabel> labels;          // likewise
  IndexRoot root;
  std::vector<FrameInfo> frames;
  FrameInfo end_of_archive;
  std::vector<uint64_t> block_offsets;
  std::vector<BlockRange> runs;

  absl::Mutex mutex;
  std::list<std::pair<size_t, Block>> remembered ABSL_GUARDED_BY(mutex);  // the latest first
};

absl::StatusOr<std::vector<SeekEntry>> Container::State::ReadSeekTable(
    uint64_t* table_offset) const {
  const std::string& path = file.path();
  if (file.size() < kSeekTableFooterBytes) return NotOurs(file, "too short");
  char footer[kSeekTableFooterBytes];
  INGOT_RETURN_IF_ERROR(file.ReadAt(file.size() - sizeof(footer), absl::MakeSpan(footer)));
  const absl::StatusOr<uint64_t> table_bytes = SeekTableBytes(footer);
  if (!table_bytes.ok()) return NotOurs(file, "no seek table at its end (or it was cut off)");
  if (*table_bytes > file.size() || *table_bytes > kSeekTableBytesMax) {
    return NotOurs(file, "its seek table is longer than it can be");
  }
  std::string table(*table_bytes, '\0');
  *table_offset = file.size() - *table_bytes;
  INGOT_RETURN_IF_ERROR(file.ReadAt(*table_offset, absl::MakeSpan(table)));
  absl::StatusOr<std::vector<SeekEntry>> entries = ParseSeekTable(table);
  if (!entries.ok()) return Unusable(path, entries.status().message());
  uint64_t sum = 0;  // at most 2^27 entries of 2^32 bytes: cannot overflow
  for (const SeekEntry& entry : *entries) sum += entry.stored_bytes;
  if (sum != *table_offset) {
    return Unusable(path, absl::StrCat("the seek table describes ", sum, " bytes, but ",
                                       *table_offset, " lie before it"));
  }
  return entries;
}

// Data frames and their labels alternate; the end-of-archive frame is the last that has content.
absl::Status Container::State::TakeFrames(absl::Span<const SeekEntry> entries) {
  const std::string& path = file.path();
  uint64_t offset = 0;
  for (size_t i = 0; i < entries.size(); i += 2) {
    const SeekEntry& frame = entries[i];
    if (i + 1 == entries.size() || frame.content_bytes > kFrameContentBytesMax) {
      return Unusable(path, absl::StrCat("seek table entry ", i, " is impossible"));
    }
    const SeekEntry& label = entries[i + 1];
    if (label.content_bytes != 0 || label.checksum != 0 ||
        frame.stored_bytes + uint64_t{label.stored_bytes} !=
            LabelledFrameBytes(frame.stored_bytes) ||
        LabelledFrameBytes(frame.stored_bytes) > LabelledFrameBytesMax(frame.content_bytes)) {
      return Unusable(path, absl::StrCat("seek table entries ", i, " and ", i + 1,
                                         " are no frame and its label"));
    }
    frames.push_back({offset, frame.stored_bytes, frame.content_bytes, frame.checksum});
    offset += LabelledFrameBytes(frame.stored_bytes);
  }
  return absl::OkStatus();
}

// End-of-archive frame, index blocks, root.
absl::Status Container::State::TakeTail(absl::Span<const SeekEntry> entries) {
  const std::string& path = file.path();
  uint64_t offset =
      frames.empty() ? 0 : frames.back().offset + LabelledFrameBytes(frames.back().stored_bytes);
  end_of_archive = {offset, entries[0].stored_bytes, entries[0].content_bytes, entries[0].checksum};
  if (end_of_archive.stored_bytes != EndOfArchiveFrame().size() ||
      end_of_archive.content_bytes != kEndOfArchiveContentBytes ||
      end_of_archive.checksum != FrameChecksum(EndOfArchiveFrame())) {
    return NotOurs(file, "no end-of-archive frame");
  }
  offset += end_of_archive.stored_bytes;
  for (const SeekEntry& entry : entries.subspan(1)) {
    if (entry.checksum != 0) return Unusable(path, "a skippable frame has a checksum");
  }
  const SeekEntry& root_entry = entries.back();
  if (root_entry.stored_bytes > kIndexRootBytesMax) return NotOurs(file, "its root is too large");
  std::string bytes(root_entry.stored_bytes, '\0');
  const uint64_t tail_bytes = [&entries] {
    uint64_t sum = 0;
    for (const SeekEntry& entry : entries.subspan(1)) sum += entry.stored_bytes;
    return sum;
  }();
  INGOT_RETURN_IF_ERROR(
      file.ReadAt(offset + tail_bytes - root_entry.stored_bytes, absl::MakeSpan(bytes)));
  absl::StatusOr<IndexRoot> parsed = ParseIndexRoot(bytes);
  if (!parsed.ok()) return Unusable(path, parsed.status().message());
  root = *std::move(parsed);

  const absl::Span<const SeekEntry> blocks = entries.subspan(1, entries.size() - 2);
  if (root.blocks.size() != blocks.size() || root.frames != frames.size()) {
    return Unusable(path, "root and seek table disagree on the number of blocks or frames");
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (root.blocks[i].stored_bytes != blocks[i].stored_bytes ||
        blocks[i].stored_bytes > kStoredBlockBytesMax) {
      return Unusable(path, absl::StrCat("root and seek table disagree on index block ", i));
    }
    block_offsets.push_back(offset);
    offset += blocks[i].stored_bytes;
  }
  runs = RunsOf(root);
  uint64_t stream_bytes = kEndOfArchiveContentBytes;
  for (const FrameInfo& frame : frames) stream_bytes += frame.content_bytes;
  if (stream_bytes != root.stream_bytes) {
    return Unusable(path, "root and seek table disagree on the length of the stream");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Container>> Container::Open(const std::string& path,
                                                           uint64_t read_bytes_per_second) {
  INGOT_ASSIGN_OR_RETURN(io::ReadableFile file, io::ReadableFile::Open(path));
  if (read_bytes_per_second > 0) {
    file.LimitReads(std::make_unique<io::RateLimit>(read_bytes_per_second));
  }
  auto state = std::make_unique<State>(std::move(file));
  uint64_t table_offset = 0;
  INGOT_ASSIGN_OR_RETURN(const std::vector<SeekEntry> entries, state->ReadSeekTable(&table_offset));
  const auto last = std::find_if(entries.rbegin(), entries.rend(),
                                 [](const SeekEntry& entry) { return entry.content_bytes != 0; });
  const size_t with_content = static_cast<size_t>(entries.rend() - last);
  // An odd number: pairs, then the end-of-archive frame; behind it at least the root.
  if (with_content % 2 == 0 || with_content == entries.size()) {
    return NotOurs(state->file, "its frames are not in the order of a container");
  }
  const auto all = absl::MakeConstSpan(entries);
  INGOT_RETURN_IF_ERROR(state->TakeFrames(all.first(with_content - 1)));
  INGOT_RETURN_IF_ERROR(state->TakeTail(all.subspan(with_content - 1)));
  return std::unique_ptr<Container>(new Container(std::move(state)));
}

std::unique_ptr<Container> Container::Assemble(io::ReadableFile file, std::vector<FrameInfo> frames,
                                               std::vector<FrameLabel> labels, IndexRoot root,
                                               std::unique_ptr<io::Spool> blocks) {
  INGOT_CHECK(frames.size() == labels.size() && blocks != nullptr);
  auto state = std::make_unique<State>(std::move(file));
  state->block_spool = std::move(blocks);
  state->labels = std::move(labels);
  state->frames = std::move(frames);
  state->root = std::move(root);
  state->runs = RunsOf(state->root);
  uint64_t offset = 0;
  for (const IndexBlockInfo& block : state->root.blocks) {
    state->block_offsets.push_back(offset);
    offset += block.stored_bytes;
  }
  return std::unique_ptr<Container>(new Container(std::move(state)));
}

Container::Container(std::unique_ptr<State> state) : state_(std::move(state)) {}
Container::~Container() = default;

bool Container::assembled() const { return state_->block_spool != nullptr; }
const std::string& Container::path() const { return state_->file.path(); }
uint64_t Container::file_bytes() const { return state_->file.size(); }
const IndexRoot& Container::root() const { return state_->root; }
const std::vector<FrameInfo>& Container::frames() const { return state_->frames; }
uint64_t Container::IndexBlockOffset(size_t block) const { return state_->block_offsets[block]; }

absl::StatusOr<std::vector<IndexEntry>> Container::State::ReadBlock(size_t block) const {
  INGOT_CHECK(block < root.blocks.size());
  const IndexBlockInfo& info = root.blocks[block];
  std::string bytes(info.stored_bytes, '\0');
  INGOT_RETURN_IF_ERROR(block_spool != nullptr
                            ? block_spool->Read(block_offsets[block], absl::MakeSpan(bytes))
                            : file.ReadAt(block_offsets[block], absl::MakeSpan(bytes)));
  absl::StatusOr<std::vector<IndexEntry>> entries = ParseIndexBlock(bytes, info);
  if (!entries.ok()) {
    return Unusable(file.path(),
                    absl::StrCat("index block ", block, " at byte ", block_offsets[block], ": ",
                                 entries.status().message()));
  }
  return entries;
}

absl::StatusOr<Block> Container::State::RememberedBlock(size_t block) {
  {
    absl::MutexLock lock(&mutex);
    for (auto it = remembered.begin(); it != remembered.end(); ++it) {
      if (it->first != block) continue;
      remembered.splice(remembered.begin(), remembered, it);
      return it->second;
    }
  }
  INGOT_ASSIGN_OR_RETURN(std::vector<IndexEntry> read, ReadBlock(block));
  Block entries = std::make_shared<const std::vector<IndexEntry>>(std::move(read));
  absl::MutexLock lock(&mutex);
  if (remembered.size() == kRememberedBlocksMax) remembered.pop_back();
  remembered.emplace_front(block, entries);
  return entries;
}

absl::StatusOr<std::vector<IndexEntry>> Container::ReadIndexBlock(size_t block) const {
  return state_->ReadBlock(block);
}

absl::Status Container::ForEachEntry(
    absl::Span<const BlockRange> blocks,
    absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const {
  for (const BlockRange& range : blocks) {
    for (size_t block = range.begin; block < range.end; ++block) {
      INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> entries, state_->ReadBlock(block));
      for (const IndexEntry& entry : entries) INGOT_RETURN_IF_ERROR(visit(entry));
    }
  }
  return absl::OkStatus();
}

absl::Status Container::ForEachEntry(
    absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const {
  const BlockRange all{0, state_->root.blocks.size()};
  return ForEachEntry(absl::MakeConstSpan(&all, 1), visit);
}

absl::StatusOr<std::optional<IndexEntry>> Container::State::FindInRun(const BlockRange& run,
                                                                      absl::string_view path) {
  const auto begin = root.blocks.begin();
  const auto after = std::upper_bound(begin + static_cast<ptrdiff_t>(run.begin),
                                      begin + static_cast<ptrdiff_t>(run.end), path,
                                      [](absl::string_view wanted, const IndexBlockInfo& block) {
                                        return ComparePaths(wanted, block.first_path) < 0;
                                      });
  if (after == begin + static_cast<ptrdiff_t>(run.begin)) return std::nullopt;
  INGOT_ASSIGN_OR_RETURN(const Block entries,
                         RememberedBlock(static_cast<size_t>(after - begin) - 1));
  const auto found = std::lower_bound(entries->begin(), entries->end(), path,
                                      [](const IndexEntry& entry, absl::string_view wanted) {
                                        return ComparePaths(entry.path, wanted) < 0;
                                      });
  if (found == entries->end() || found->path != path) return std::nullopt;
  return *found;
}

absl::StatusOr<std::optional<IndexEntry>> Container::Find(absl::string_view path) const {
  // First the runs whose root the path lies below: nearly always the only ones to be read.
  for (const bool below_wanted : {true, false}) {
    for (const BlockRange& run : state_->runs) {
      const std::string& root = state_->root.blocks[run.begin].first_path;
      const bool below =
          absl::StartsWith(path, root) && (path.size() == root.size() || path[root.size()] == '/');
      if (below != below_wanted) continue;
      INGOT_ASSIGN_OR_RETURN(std::optional<IndexEntry> found, state_->FindInRun(run, path));
      if (found.has_value()) return found;
    }
  }
  return std::nullopt;
}

absl::Status Container::State::FrameDamage(uint64_t frame, absl::string_view what) const {
  return Damaged(file.path(),
                 absl::StrCat("frame ", frame, " at byte ", frames[frame].offset, ": ", what));
}

absl::Status Container::State::CheckLabel(uint64_t frame, const FrameLabel& label) const {
  const FrameInfo& info = frames[frame];
  if (label.stored_bytes != info.stored_bytes || label.content_bytes != info.content_bytes) {
    return FrameDamage(frame, "label and seek table disagree on its size");
  }
  return absl::OkStatus();
}

absl::Status UnpackFrame(absl::Span<const char> stored, const FrameLabel& label,
                         FrameScratch* scratch) {
  scratch->content = {};
  if (HashBytes(stored) != label.stored_digest) {
    return absl::DataLossError("its bytes do not match the hash in its label");
  }
  Reserve(label.content_bytes, &scratch->buffer);
  const absl::Span<char> content(scratch->buffer.data(), label.content_bytes);
  INGOT_RETURN_IF_ERROR(scratch->decompressor.Decompress(stored, content));
  scratch->content = content;
  return absl::OkStatus();
}

absl::StatusOr<FrameLabel> Container::ReadFrame(uint64_t frame, FrameScratch* scratch) const {
  INGOT_CHECK(frame < state_->frames.size());
  const FrameInfo& info = state_->frames[frame];
  const uint64_t bytes = assembled() ? info.stored_bytes : LabelledFrameBytes(info.stored_bytes);
  Reserve(bytes, &scratch->stored);
  scratch->content = {};
  INGOT_RETURN_IF_ERROR(state_->file.ReadAt(info.offset, {scratch->stored.data(), bytes}));
  const absl::Span<const char> stored(scratch->stored.data(), info.stored_bytes);
  const absl::Span<const char> behind(scratch->stored.data() + info.stored_bytes,
                                      bytes - info.stored_bytes);
  const absl::StatusOr<FrameLabel> label =
      assembled() ? state_->labels[frame] : ParseLabel(behind, info.stored_bytes);
  if (!label.ok()) return state_->FrameDamage(frame, label.status().message());
  INGOT_RETURN_IF_ERROR(state_->CheckLabel(frame, *label));
  const absl::Status status = UnpackFrame(stored, *label, scratch);
  if (!status.ok()) return state_->FrameDamage(frame, status.message());
  if (FrameChecksum(stored) != info.checksum) {
    return state_->FrameDamage(frame, "its checksum is not the one in the seek table");
  }
  return *label;
}

absl::StatusOr<FrameLabel> Container::ReadLabel(uint64_t frame) const {
  INGOT_CHECK(frame < state_->frames.size());
  const FrameInfo& info = state_->frames[frame];
  std::string bytes(LabelledFrameBytes(info.stored_bytes) - info.stored_bytes, '\0');
  INGOT_RETURN_IF_ERROR(
      state_->file.ReadAt(info.offset + info.stored_bytes, absl::MakeSpan(bytes)));
  const absl::StatusOr<FrameLabel> label = ParseLabel(bytes, info.stored_bytes);
  if (!label.ok()) return state_->FrameDamage(frame, label.status().message());
  INGOT_RETURN_IF_ERROR(state_->CheckLabel(frame, *label));
  return *label;
}

absl::Status Container::CheckEndOfArchive() const {
  std::string bytes(EndOfArchiveFrame().size(), '\0');
  INGOT_RETURN_IF_ERROR(state_->file.ReadAt(state_->end_of_archive.offset, absl::MakeSpan(bytes)));
  if (bytes == EndOfArchiveFrame()) return absl::OkStatus();
  return Damaged(path(), absl::StrCat("the end-of-archive frame at byte ",
                                      state_->end_of_archive.offset, " is not what it must be"));
}

void Container::ReadAhead(uint64_t frame) const {
  const FrameInfo& info = state_->frames[frame];
  state_->file.ReadAhead(info.offset, LabelledFrameBytes(info.stored_bytes));
}

void Container::ReleaseReadLimit() const { state_->file.ReleaseLimit(); }

absl::StatusOr<std::optional<IndexEntry>> FindManifest(const Container& container) {
  const std::vector<IndexBlockInfo>& blocks = container.root().blocks;
  const bool alone = !blocks.empty() && blocks.back().run_begins && blocks.back().entries == 1 &&
                     blocks.back().first_path == kManifestMember;
  if (!alone) return std::nullopt;
  INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> entries,
                         container.ReadIndexBlock(blocks.size() - 1));
  if (entries.back().type != MemberType::kRegular) return std::nullopt;
  return entries.back();
}

}  // namespace ingot
