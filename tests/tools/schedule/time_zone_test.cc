#include "tools/schedule/time_zone.h"

#include <cstdlib>
#include <optional>

#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class TimeZoneTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* value = std::getenv("TZ")) before_ = value;
  }
  void TearDown() override {
    if (before_.has_value()) {
      setenv("TZ", before_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
  }
  std::optional<std::string> before_;
};

TEST_F(TimeZoneTest, ByName) {
  setenv("TZ", "America/New_York", 1);
  const absl::StatusOr<absl::TimeZone> zone = FindTimeZone("Europe/Berlin");
  ASSERT_OK(zone);
  EXPECT_EQ(zone->name(), "Europe/Berlin");
}

TEST_F(TimeZoneTest, OfThisMachine) {
  for (const char* value : {"America/New_York", ":America/New_York"}) {
    setenv("TZ", value, 1);
    const absl::StatusOr<absl::TimeZone> zone = FindTimeZone("");
    ASSERT_OK(zone);
    EXPECT_EQ(zone->name(), "America/New_York");
  }
  setenv("TZ", "", 1);
  ASSERT_OK(FindTimeZone(""));
  EXPECT_EQ(FindTimeZone("")->name(), "UTC");
  unsetenv("TZ");
  EXPECT_OK(FindTimeZone(""));
}

TEST_F(TimeZoneTest, NeverUtcForWhatIsNotKnown) {
  const absl::Status named = FindTimeZone("Europe/Atlantis").status();
  EXPECT_EQ(named.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(named.message(), HasSubstr("Europe/Atlantis"));
  EXPECT_THAT(named.message(), HasSubstr("tzdata"));
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  const absl::Status variable = FindTimeZone("").status();
  EXPECT_EQ(variable.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(variable.message(), HasSubstr("TZ in the environment"));
  EXPECT_THAT(variable.message(), HasSubstr("--time-zone"));
}

}  // namespace
}  // namespace ingot
