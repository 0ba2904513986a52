// Questions to a database server through its own client.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tools/database/connection.h"
#include "tools/preflight/database_check.h"

namespace ingot {

// What the server said, as "key TAB value" lines: all values of a key, in order.
using Answers = std::map<std::string, std::vector<std::string>>;

// Runs the client to its end. Aborted, as one line with the client's own last words and without
// secrets, when it fails; DeadlineExceeded when it is silent for `silence_max`; Cancelled when
// interrupted.
absl::StatusOr<Answers> Ask(const tools::ClientConnection& client,
                            absl::Duration silence_max = absl::Seconds(kDatabaseSecondsMax));

// The first answer as a number; 0 when there is none.
uint64_t NumberOf(const Answers& answers, const std::string& key);
std::string TextOf(const Answers& answers, const std::string& key);

struct Version {
  int major = 0;
  int minor = 0;
  auto operator<=>(const Version&) const = default;
};
// Of "15.18 (Debian)", "10.11.19-MariaDB", "16beta1"; 0.0 when it begins with no number.
Version ParseVersion(absl::string_view text);
std::string FormatVersion(const Version& version);  // "10.11"

}  // namespace ingot
