// The Output that becomes a file; opened by OpenOutputFile of io/output.h.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "io/output.h"

namespace ingot::io {

// `options.path` names what it says: no symbolic link that is to be followed.
absl::StatusOr<std::unique_ptr<Output>> OpenFileOutput(const OutputOptions& options,
                                                       Engine* engine);

}  // namespace ingot::io
