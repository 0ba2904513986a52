// The Output that is a stream; NewStreamOutput of io/output.h makes one of an open descriptor.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "io/output.h"

namespace ingot::io {

// Opens a FIFO (and waits for its reader) or a character device.
absl::StatusOr<std::unique_ptr<Output>> OpenStreamOutput(const std::string& path,
                                                         RateLimit* write_limit);

}  // namespace ingot::io
