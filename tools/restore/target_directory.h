// The directories that trees are put back into.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ingot {

// The name of something that lies in it; empty when nothing does, or when there is no such
// directory. A mount point's lost+found is nothing. FailedPrecondition when it is no directory.
absl::StatusOr<std::string> SomethingIn(const std::string& directory);

// PermissionDenied and the like when the directory, or the one in which it would be made, cannot be
// written to.
absl::Status CheckWritable(const std::string& directory);

// Makes all directories above `directory` that are missing; returns those it made.
absl::StatusOr<std::vector<std::string>> MakeParents(const std::string& directory);

// Gives directories the owner and mode of another, which lies in them: the server that owns the one
// must be able to write to the others. Only root can; others keep their own.
// Goes on after an error, and returns the first.
absl::Status MakeLike(const std::vector<std::string>& directories, const std::string& model);

}  // namespace ingot
