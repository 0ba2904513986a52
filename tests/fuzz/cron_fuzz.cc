// Cron expressions: the times before and after any moment are neighbours, and a decision about
// windows keeps what it says.
#include "absl/time/time.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/schedule/cron.h"
#include "tools/schedule/window.h"

namespace ingot {
namespace {

absl::TimeZone Zone(size_t choice) {
  if (choice == 0) return absl::UTCTimeZone();
  absl::TimeZone zone;
  constexpr const char* kNames[] = {"Europe/Berlin", "America/St_Johns", "Pacific/Apia"};
  INGOT_CHECK(absl::LoadTimeZone(kNames[choice - 1], &zone));
  return zone;
}

void CheckNeighbours(const Cron& cron, absl::Time now, absl::TimeZone zone) {
  const std::optional<absl::Time> next = cron.Next(now, zone);
  const std::optional<absl::Time> previous = cron.Previous(now, zone);
  if (previous.has_value()) {
    INGOT_CHECK(*previous <= now);
    INGOT_CHECK(cron.Next(*previous - absl::Seconds(1), zone) == previous);
    INGOT_CHECK(cron.Next(*previous, zone) == next);
  }
  if (next.has_value()) {
    INGOT_CHECK(*next > now);
    INGOT_CHECK(cron.Previous(*next, zone) == next);
    INGOT_CHECK(cron.Previous(*next - absl::Seconds(1), zone) == previous);
  }
}

void CheckDecision(const Cron& cron, absl::Time now, absl::TimeZone zone, FuzzInput* input) {
  WindowRules rules;
  rules.jobs = {{"job", cron}};
  rules.zone = zone;
  rules.window_length = absl::Minutes(input->Byte());
  rules.expected = absl::Minutes(input->Byte());
  rules.mode = input->Flag() ? WindowMode::kStage : WindowMode::kRun;
  const WindowDecision decision = DecideWindow(rules, now);
  INGOT_CHECK(decision.may_start || !decision.reason.empty());
  if (decision.may_start || !decision.earliest.has_value()) return;
  INGOT_CHECK(*decision.earliest > now);
  INGOT_CHECK(DecideWindow(rules, *decision.earliest).may_start);
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const absl::TimeZone zone = Zone(input.Choice(4));
  const absl::Time now = absl::FromUnixSeconds(static_cast<int64_t>(input.Number(4)));
  FuzzInput window = input;
  input.Bytes(3);
  const absl::StatusOr<Cron> cron = ParseCron(input.Rest());
  if (!cron.ok()) return 0;
  CheckNeighbours(*cron, now, zone);
  CheckDecision(*cron, now, zone, &window);
  return 0;
}
