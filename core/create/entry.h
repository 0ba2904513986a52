// What the walk yields: one name in a directory that is held open, and what stat said of it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "io/directory.h"
#include "io/fd.h"
#include "io/file_stat.h"

namespace ingot {

// A directory of the source, open for as long as an entry in flight needs it.
struct SourceDirectory {
  io::Fd fd;  // not valid: the root's parent, where names are paths of the user's
  int descriptor() const { return fd.valid() ? fd.get() : io::kWorkingDirectory; }
};

// One name of a file with several links, in the order of the stream. Each name waits for the one
// before it: either that chain already has a carrier to link to, or this name becomes the carrier.
struct LinkName {
  std::shared_ptr<LinkName> previous;  // null: the first name seen
  std::string carrier_path;            // set before `resolved`; empty: nothing was stored so far
  absl::Notification resolved;
};

struct Entry {
  std::shared_ptr<const SourceDirectory> parent;
  std::string name;                             // below parent
  std::string member_path;                      // in the container
  io::FileStat stat;                            // at the time of the walk: an estimate for planning
  std::shared_ptr<const SourceDirectory> self;  // of a directory that could be opened
  std::shared_ptr<LinkName> link;               // of what has several links, and is no directory
};

// The path to link to, once all earlier names of the file are resolved; empty: this name is to
// carry the content. Gives up, empty, when `cancelled` says so.
std::string AwaitCarrier(const Entry& entry, const std::function<bool()>& cancelled);
// Says whether this name carries the content. Nothing to do where there is one name only.
void ResolveLink(const Entry& entry, bool stored);

}  // namespace ingot
