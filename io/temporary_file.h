// Files without a name, or with one that nobody looks for, and giving them their real name.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "io/fd.h"

namespace ingot::io {

struct TemporaryFile {
  Fd fd;
  std::string name;  // in its directory; empty: it has none, and vanishes with its last descriptor
};

// One that nobody looks for: ".ingot-", random digits. Empty, with errno set, where the kernel
// gives no random number.
std::string HiddenName();

enum class Naming { kNone, kHidden };

// A new file in the directory, readable and writable by its owner alone. Where the file system has
// no O_TMPFILE, or with kHidden, it has a hidden name, which the caller has to unlink. `directory`
// is for messages.
absl::StatusOr<TemporaryFile> CreateTemporaryFile(int directory_fd, absl::string_view directory,
                                                  Naming naming);

// Gives the file the name `name` in its directory, in one step: whoever looks sees the whole file
// or what was there before. AlreadyExists when the name is taken and `replace` is false. `path` is
// for messages. On success file->name is empty.
absl::Status NameTemporaryFile(int directory_fd, const std::string& name, bool replace,
                               absl::string_view path, TemporaryFile* file);

}  // namespace ingot::io
