#include "core/create/entry.h"

#include "absl/time/time.h"

namespace ingot {
namespace {

constexpr absl::Duration kLookForCancelEvery = absl::Milliseconds(100);

}  // namespace

std::string AwaitCarrier(const Entry& entry, const std::function<bool()>& cancelled) {
  if (entry.link == nullptr || entry.link->previous == nullptr) return "";
  LinkName* previous = entry.link->previous.get();
  while (!previous->resolved.WaitForNotificationWithTimeout(kLookForCancelEvery)) {
    if (cancelled()) return "";
  }
  return previous->carrier_path;
}

void ResolveLink(const Entry& entry, bool stored) {
  if (entry.link == nullptr) return;
  const LinkName* previous = entry.link->previous.get();
  const bool carried = previous != nullptr && previous->resolved.HasBeenNotified() &&
                       !previous->carrier_path.empty();
  if (carried) {
    entry.link->carrier_path = previous->carrier_path;
  } else if (stored) {
    entry.link->carrier_path = entry.member_path;
  }
  entry.link->previous.reset();  // a file of a million names keeps no chain of them
  entry.link->resolved.Notify();
}

}  // namespace ingot
