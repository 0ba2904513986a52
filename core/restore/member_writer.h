// One member, whole in memory, becomes a file, a link or a node.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/container/container.h"
#include "core/format/tar.h"
#include "core/restore/session.h"

namespace ingot {

// A member and the path, relative to the target, that it is to get: its own, or that of a hard link
// to it.
struct RestoreItem {
  IndexEntry entry;
  std::string path;
};

// `stored` is the member's stored content. Its digest is checked before anything is made.
// REQUIRES: no directory and no hard link.
absl::Status WriteMember(const RestoreSession& session, const RestoreItem& item,
                         const TarHeader& header, absl::Span<const char> stored,
                         io::DirectoryCache* directories);

// A regular member that spans frames, read by this thread alone.
absl::Status CopyMember(const RestoreSession& session, const RestoreItem& item,
                        io::DirectoryCache* directories);

// The new file, of its final length when the member is sparse.
absl::StatusOr<io::NewEntry> BeginFile(const RestoreSession& session, const std::string& path,
                                       const Member& member, io::DirectoryCache* directories);
absl::Status FinishFile(const RestoreSession& session, const RestoreItem& item,
                        const Member& member, io::NewEntry* file);

}  // namespace ingot
