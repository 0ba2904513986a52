// The Output that is a stream; NewStreamOutput of io/output.h makes one of an open descriptor.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "io/output.h"

namespace ingot::io {

// The start of a zstd frame and nothing after it: zstd and tar fail on a stream that ends so.
inline constexpr std::array<char, 4> kBareMagic = {'\x28', '\xB5', '\x2F', '\xFD'};

// Puts that on the stream if its reader takes it right now; waits for nobody. Async-signal-safe.
void SpoilStream(int fd);

// Opens a FIFO (and waits for its reader) or a character device.
absl::StatusOr<std::unique_ptr<Output>> OpenStreamOutput(const std::string& path,
                                                         RateLimit* write_limit);

}  // namespace ingot::io
