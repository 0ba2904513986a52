#include "tools/schedule/time_zone.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "io/file_stat.h"

namespace ingot {
namespace {

constexpr char kLocalTime[] = "/etc/localtime";

absl::StatusOr<absl::TimeZone> Load(const std::string& name, const std::string& said_by) {
  absl::TimeZone zone;
  if (absl::LoadTimeZone(name, &zone)) return zone;
  return absl::InvalidArgumentError(
      absl::StrCat(said_by, ": no time zone '", name,
                   "' is known here; name one like Europe/Berlin with --time-zone, and install "
                   "tzdata if it is missing"));
}

}  // namespace

absl::StatusOr<absl::TimeZone> FindTimeZone(const std::string& name) {
  if (!name.empty()) return Load(name, "--time-zone");
  const char* const variable = std::getenv("TZ");
  if (variable != nullptr) {
    const std::string value = variable[0] == ':' ? variable + 1 : variable;
    return value.empty() ? absl::UTCTimeZone() : Load(value, "TZ in the environment");
  }
  if (absl::IsNotFound(io::StatPath(kLocalTime).status())) return absl::UTCTimeZone();
  return Load(kLocalTime, kLocalTime);
}

}  // namespace ingot
