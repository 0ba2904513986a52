#include "core/verify/damage_log.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "core/json.h"

namespace ingot {

std::string Damage::ToLine() const {
  std::string line;
  if (frame.has_value()) absl::StrAppend(&line, "frame ", *frame, " at byte ", offset, ": ");
  if (!member.empty()) absl::StrAppend(&line, "member ", member, ": ");
  absl::StrAppend(&line, what);
  return line;
}

void DamageLog::Add(Damage damage) {
  absl::MutexLock lock(&mutex_);
  ++count_;
  if (!damage.member.empty()) members_.insert(HashBytes(damage.member).bytes);
  if (kept_.size() < kDamagesMax) kept_.push_back(std::move(damage));
}

void DamageLog::AddMember(uint64_t frame, absl::string_view member, absl::string_view what) {
  Add({std::string(member), frame, container_->frames()[frame].offset, std::string(what)});
}

void DamageLog::AddElsewhere(uint64_t offset, absl::string_view what) {
  Add({"", std::nullopt, offset, std::string(what)});
}

bool DamageLog::Names(absl::string_view member) const {
  absl::MutexLock lock(&mutex_);
  return members_.contains(HashBytes(member).bytes);
}

bool DamageLog::empty() const {
  absl::MutexLock lock(&mutex_);
  return count_ == 0;
}

void DamageLog::Finish(VerifyReport* report) {
  absl::MutexLock lock(&mutex_);
  // Those that name the frame itself before those of its members.
  std::stable_sort(kept_.begin(), kept_.end(), [](const Damage& a, const Damage& b) {
    return std::forward_as_tuple(!a.frame.has_value(), a.offset, a.member) <
           std::forward_as_tuple(!b.frame.has_value(), b.offset, b.member);
  });
  report->damage_count = count_;
  report->damages = std::move(kept_);
}

bool IsDamage(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsOutOfRange(status);
}

}  // namespace ingot
