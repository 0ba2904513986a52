// Directories that are closed in one frame (closed_directories.h): made and finished with it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/restore/directory_maker.h"
#include "core/restore/member_writer.h"
#include "core/restore/session.h"

namespace ingot {

// Belongs to one thread; used for one frame after the other. Errors end the run, what is wrong with
// one directory is logged.
class FrameDirectories {
 public:
  explicit FrameDirectories(const RestoreSession* session) : session_(session), maker_(session) {}

  // For the next frame: what DirectoryMaker::Assume takes.
  void Begin(const std::string& known, const std::string& also_known);

  // Makes a closed directory. `content` is the frame's, empty when that is lost; `item` must live
  // until the directory was left.
  absl::Status Enter(const RestoreItem& item, absl::Span<const char> content);
  // Finishes the directories that `path` does not lie below: nothing comes any more into them.
  // Empty: all.
  absl::Status LeaveFor(absl::string_view path);

  DirectoryMaker* maker() { return &maker_; }

 private:
  struct Entered {
    const RestoreItem* item;
    bool existed;
    absl::Span<const char> content;
  };
  absl::Status Leave(const Entered& entered);
  absl::Status Finish(const Entered& entered);

  const RestoreSession* const session_;
  DirectoryMaker maker_;
  std::vector<Entered> entered_;  // each below the one before it
};

}  // namespace ingot
