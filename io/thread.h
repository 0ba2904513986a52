// Starting a thread of our own.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace ingot::io {

// The thread takes no signals, so that they reach those who wait for them. `name` has at most 15
// bytes.
absl::StatusOr<std::thread> StartThread(const std::string& name, std::function<void()> run);

// For threads that a library started: they have the name of whoever made the library do so.
void NameThisThread(const std::string& name);

}  // namespace ingot::io
