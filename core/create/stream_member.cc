#include "core/create/stream_member.h"

#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/create/press.h"
#include "core/format/frame.h"
#include "core/format/tar.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

// Where the header went, so that it can be patched.
struct HeaderPlace {
  uint64_t frame = 0;
  uint64_t offset = 0;  // in the file
};

Frame HeaderFrame(const std::shared_ptr<SpanningMember>& spanning, const std::string& header,
                  Frame frame) {
  std::memcpy(frame.buffer.data(), header.data(), header.size());
  frame.content_bytes = header.size();
  frame.spanning = spanning;
  frame.label.continued = true;
  frame.label.member = spanning->id;
  return frame;
}

absl::StatusOr<std::shared_ptr<SpanningMember>> PutHeader(const Member& member,
                                                          const std::string& header,
                                                          Pipeline* pipeline) {
  auto spanning = std::make_shared<SpanningMember>();
  spanning->entry = DeriveIndexEntry(member);
  spanning->id = SlicedMemberId(member.path, member.mtime);
  Frame frame = pipeline->NewFrame();
  if (frame.buffer.size() == 0) return pipeline->status();
  pipeline->SubmitRaw(HeaderFrame(spanning, header, std::move(frame)));
  return spanning;
}

// Fills the frame from the source, to its end or to frame_bytes.
absl::Status ReadSlice(StreamSource* source, uint64_t frame_bytes, Frame* frame) {
  while (frame->content_bytes < frame_bytes) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    const absl::Span<char> room(frame->buffer.data() + frame->content_bytes,
                                frame_bytes - frame->content_bytes);
    INGOT_ASSIGN_OR_RETURN(const size_t got, source->Read(room));
    if (got == 0) break;
    frame->content_bytes += got;
  }
  return absl::OkStatus();
}

// Sends the stream's bytes, slice after slice. The last one waits until the source has said that
// all is well: only then does it become the last.
absl::Status PutSlices(const std::shared_ptr<SpanningMember>& spanning, uint64_t frame_bytes,
                       StreamSource* source, Pipeline* pipeline, CreateProgress* progress) {
  std::optional<Frame> pending;
  uint64_t total = 0;
  bool at_end = false;
  while (!at_end) {
    Frame frame = pipeline->NewFrame();
    if (frame.buffer.size() == 0) return pipeline->status();
    INGOT_RETURN_IF_ERROR(ReadSlice(source, frame_bytes, &frame));
    const uint64_t got = frame.content_bytes;
    at_end = got < frame_bytes;
    progress->read_bytes += got;
    if (got == 0) {
      pipeline->Submit(std::move(frame));
      break;
    }
    frame.spanning = spanning;
    frame.content.push_back({total, got, 0});
    frame.slice_begin = total;
    frame.slice_end = total + got;
    frame.label.continues = true;
    frame.label.member = spanning->id;
    frame.label.member_offset = total;
    total += got;
    if (pending.has_value()) {
      pending->label.continued = true;
      pipeline->Submit(*std::move(pending));
    }
    pending = std::move(frame);
  }
  INGOT_RETURN_IF_ERROR(source->Finish());
  if (!pending.has_value()) return absl::AbortedError("the stream was empty");
  spanning->entry.size = total;
  spanning->entry.stored_bytes = total;
  std::memset(pending->buffer.data() + pending->content_bytes, 0, TarPadding(total));
  pending->content_bytes += TarPadding(total);
  pipeline->Submit(*std::move(pending));
  return absl::OkStatus();
}

absl::Status PatchHeader(const Member& member, const HeaderPlace& place, Pipeline* pipeline,
                         io::Output* output) {
  INGOT_ASSIGN_OR_RETURN(const std::string header, EncodePatchableTarHeader(member));
  auto spanning = std::make_shared<SpanningMember>();
  spanning->id = SlicedMemberId(member.path, member.mtime);
  Frame frame;
  frame.buffer = io::AlignedBuffer(LabelledFrameBytesMax(header.size()));
  frame = HeaderFrame(spanning, header, std::move(frame));
  PressRaw(&frame);
  INGOT_RETURN_IF_ERROR(output->Patch({frame.buffer.data(), frame.stored_bytes}, place.offset));
  pipeline->writer().NotePatched(place.frame, frame.checksum);
  return absl::OkStatus();
}

}  // namespace

Member DocumentMember(const std::string& path, uint64_t size, io::Timestamp now) {
  Member member;
  member.path = path;
  member.mode = 0600;
  member.mtime = {now.seconds, 0};
  member.size = size;
  return member;
}

absl::Status AddSmallDocument(const Member& member, absl::string_view content, Pipeline* pipeline) {
  INGOT_ASSIGN_OR_RETURN(const std::string header, EncodeTarHeader(member));
  Frame frame = pipeline->NewFrame();
  if (frame.buffer.size() == 0) return pipeline->status();
  char* out = frame.buffer.data();
  std::memcpy(out, header.data(), header.size());
  std::memcpy(out + header.size(), content.data(), content.size());
  std::memset(out + header.size() + content.size(), 0, TarPadding(content.size()));
  frame.content_bytes = header.size() + content.size() + TarPadding(content.size());
  FrameMember placed{DeriveIndexEntry(member), {}};
  if (!content.empty()) placed.content.push_back({0, content.size(), header.size()});
  frame.members.push_back(std::move(placed));
  pipeline->Submit(std::move(frame));
  return absl::OkStatus();
}

absl::Status AddSizedStream(const Member& member, uint64_t frame_bytes, StreamSource* source,
                            Pipeline* pipeline, CreateProgress* progress) {
  INGOT_ASSIGN_OR_RETURN(const std::string header, EncodeTarHeader(member));
  INGOT_ASSIGN_OR_RETURN(const std::shared_ptr<SpanningMember> spanning,
                         PutHeader(member, header, pipeline));
  INGOT_RETURN_IF_ERROR(PutSlices(spanning, frame_bytes, source, pipeline, progress));
  INGOT_CHECK(spanning->entry.size == member.size);
  return pipeline->Drain();
}

absl::StatusOr<StreamPlace> AddUnsizedStream(const Member& member, uint64_t frame_bytes,
                                             StreamSource* source, Pipeline* pipeline,
                                             io::Output* output, CreateProgress* progress) {
  INGOT_RETURN_IF_ERROR(pipeline->Drain());
  const HeaderPlace place{pipeline->writer().totals().frames, output->size()};
  INGOT_ASSIGN_OR_RETURN(const std::string header, EncodePatchableTarHeader(member));
  INGOT_ASSIGN_OR_RETURN(const std::shared_ptr<SpanningMember> spanning,
                         PutHeader(member, header, pipeline));
  INGOT_RETURN_IF_ERROR(PutSlices(spanning, frame_bytes, source, pipeline, progress));
  INGOT_RETURN_IF_ERROR(pipeline->Drain());
  Member complete = member;
  complete.size = spanning->entry.size;
  INGOT_RETURN_IF_ERROR(PatchHeader(complete, place, pipeline, output));
  const SeekEntry& header_frame = pipeline->writer().seek_entries()[2 * place.frame];
  return StreamPlace{place.frame + 1, place.offset + LabelledFrameBytes(header_frame.stored_bytes),
                     complete.size};
}

}  // namespace ingot
