// Containers for the tests of what reads them, put together by hand: so they can also be what ingot
// would never write.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/container/container.h"
#include "core/format/index.h"
#include "core/format/seek_table.h"
#include "core/member.h"

namespace ingot {

Member RegularMember(const std::string& path, uint64_t size);
Member DirectoryMember(const std::string& path, uint32_t mode = 0755);
Member SymlinkMember(const std::string& path, const std::string& target);
Member HardLinkMember(const std::string& path, const std::string& carrier);

class ContainerBuilder {
 public:
  ContainerBuilder();

  // The next member begins a run.
  ContainerBuilder& Run();
  // The next member begins a frame.
  ContainerBuilder& EndFrame();
  // `stored`: its stored content, all of it.
  ContainerBuilder& Add(const Member& member, absl::string_view stored = "");
  ContainerBuilder& AddFile(const std::string& path, absl::string_view content);
  // In slices with frames of their own, of so many stored bytes each; the first one goes with the
  // header, or with header_apart the header has a frame to itself, as a dump's has.
  ContainerBuilder& AddSliced(const Member& member, absl::string_view stored,
                              const std::vector<size_t>& slices, bool header_apart = false);

  // A frame that lies in the file as it is, of what its label and the seek table call content.
  ContainerBuilder& AddStoredFrame(absl::string_view stored, uint32_t content_bytes);

  // Changes what the index will say of the member added last.
  IndexEntry& last() { return entries_.back().entry; }
  // Takes a member out of the index again, not out of the stream.
  void RemoveEntry(size_t number);
  // Changes the stream of the frame that is being filled.
  void ChangeContent(const std::function<void(std::string*)>& change) { change(&frame_); }
  // Changes labels as they are written.
  std::function<void(uint64_t frame, FrameLabel*)> change_label;
  // Changes the root, and the seek table before it is written.
  std::function<void(IndexRoot*)> change_root;
  std::function<void(std::vector<SeekEntry>*)> change_seek_table;

  // The file's bytes.
  std::string Build() const { return ContainerBuilder(*this).Finish(); }

  struct Added {
    IndexEntry entry;
    bool run_begins = false;
  };
  const std::vector<Added>& entries() const { return entries_; }

 private:
  std::string Finish();
  std::string EncodeBlocks(IndexRoot* root) const;
  void CloseFrame(FrameLabel label);
  void AppendFrame(absl::string_view stored, uint64_t content_bytes, FrameLabel label);

  std::string frame_;  // content so far
  uint64_t frames_ = 0;
  std::vector<Added> entries_;
  bool run_begins_ = true;
  std::vector<SeekEntry> seek_;
  std::string file_;
  uint64_t stream_bytes_ = 0;
};

// Random bytes that are always the same.
std::string Noise(size_t bytes, uint64_t seed = 1);

// Writes the bytes to `path` and opens them. Aborts the process when that fails.
std::unique_ptr<Container> OpenBytes(const std::string& bytes, const std::string& path);

}  // namespace ingot
