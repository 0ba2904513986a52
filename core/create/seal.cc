#include "core/create/seal.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/format/frame.h"
#include "core/format/seek_table.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr size_t kCopyBytes = size_t{1} << 20;

absl::Status CopySpool(const io::Spool& spool, io::Output* output) {
  std::string buffer;
  for (uint64_t offset = 0; offset < spool.size(); offset += buffer.size()) {
    buffer.resize(std::min<uint64_t>(kCopyBytes, spool.size() - offset));
    INGOT_RETURN_IF_ERROR(spool.Read(offset, absl::MakeSpan(buffer)));
    INGOT_RETURN_IF_ERROR(output->AppendTail(buffer));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CreateSummary> SealContainer(const IndexRoot& facts, IndexBuilder* index,
                                            const io::Spool& blocks, FrameWriter* writer,
                                            io::Output* output) {
  const WriteTotals totals = writer->totals();
  IndexRoot root = facts;
  root.frames = totals.frames;
  root.stream_bytes = totals.stream_bytes + kEndOfArchiveContentBytes;
  INGOT_ASSIGN_OR_RETURN(root, index->Finish(root));
  INGOT_ASSIGN_OR_RETURN(const std::string root_frame, EncodeIndexRoot(root));

  std::vector<SeekEntry>& seek = writer->seek_entries();
  const absl::string_view end = EndOfArchiveFrame();
  seek.push_back(
      {static_cast<uint32_t>(end.size()), kEndOfArchiveContentBytes, FrameChecksum(end)});
  for (const IndexBlockInfo& block : root.blocks)
    seek.push_back({static_cast<uint32_t>(block.stored_bytes), 0, 0});
  seek.push_back({static_cast<uint32_t>(root_frame.size()), 0, 0});

  INGOT_RETURN_IF_ERROR(output->AppendTail(end));
  INGOT_RETURN_IF_ERROR(CopySpool(blocks, output));
  INGOT_RETURN_IF_ERROR(output->AppendTail(root_frame));
  INGOT_RETURN_IF_ERROR(output->AppendTail(EncodeSeekTable(seek)));
  INGOT_RETURN_IF_ERROR(output->Publish());
  return CreateSummary{root.members,   root.logical_bytes, root.stream_bytes,
                       output->size(), root.frames,        root.times};
}

}  // namespace ingot
