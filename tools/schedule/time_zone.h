// The time zone that a server's clock shows.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ingot {

// By name ("Europe/Berlin", "UTC"); an empty one is this machine's: $TZ, else /etc/localtime, else
// UTC. InvalidArgument, with the remedy, for what cannot be loaded: never UTC in its place.
absl::StatusOr<absl::TimeZone> FindTimeZone(const std::string& name);

}  // namespace ingot
