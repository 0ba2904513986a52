// The WriteQueue of the uring engine.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "io/engine.h"

namespace ingot::io {

absl::StatusOr<std::unique_ptr<WriteQueue>> NewUringWriteQueue(int fd, std::string path, int depth);

}  // namespace ingot::io
