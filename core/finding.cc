#include "core/finding.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "io/status.h"

namespace ingot {
namespace {

struct KindForm {
  FindingKind kind;
  const char* name;
  bool is_note;
};
constexpr KindForm kForms[] = {
    {FindingKind::kUnreadable, "unreadable", false},   {FindingKind::kVanished, "vanished", false},
    {FindingKind::kChanged, "changed", false},         {FindingKind::kCut, "cut", false},
    {FindingKind::kZeroFilled, "zero-filled", false},  {FindingKind::kMetadata, "metadata", false},
    {FindingKind::kIndexJob, "index-job", false},      {FindingKind::kSocket, "socket", true},
    {FindingKind::kOtherDevice, "other-device", true},
};

size_t Number(FindingKind kind) { return static_cast<size_t>(kind); }

const KindForm& Form(FindingKind kind) {
  INGOT_CHECK(Number(kind) < std::size(kForms) && kForms[Number(kind)].kind == kind);
  return kForms[Number(kind)];
}

}  // namespace

const char* FindingName(FindingKind kind) { return Form(kind).name; }

bool IsNote(FindingKind kind) { return Form(kind).is_note; }

void Findings::Add(FindingKind kind, std::string path, std::string detail) {
  static_assert(std::size(kForms) == kKinds);
  const uint64_t hash = absl::HashOf(Number(kind), path);
  absl::MutexLock lock(&mutex_);
  // A file that is laid out a second time tells the same again.
  if (told_.size() < kFindingsMax && !told_.insert(hash).second) return;
  counts_[Number(kind)] += 1;
  if (kept_.size() < kFindingsMax) kept_.push_back({kind, std::move(path), std::move(detail)});
}

void Findings::AddLost(std::string path, const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) {
    return Add(absl::IsNotFound(status) ? FindingKind::kVanished : FindingKind::kUnreadable,
               std::move(path), std::string(status.message()));
  }
  absl::MutexLock lock(&mutex_);
  exhausted_.Update(absl::ResourceExhaustedError(
      absl::StrCat(path, ": ", status.message(),
                   " (raise the limits, as ulimit -n shows them, and try again)")));
}

absl::Status Findings::exhausted() const {
  absl::MutexLock lock(&mutex_);
  return exhausted_;
}

std::vector<Finding> Findings::Kept() const {
  std::vector<Finding> kept;
  {
    absl::MutexLock lock(&mutex_);
    kept = kept_;
  }
  std::sort(kept.begin(), kept.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.path, a.kind, a.detail) < std::tie(b.path, b.kind, b.detail);
  });
  return kept;
}

uint64_t Findings::Count(FindingKind kind) const {
  absl::MutexLock lock(&mutex_);
  return counts_[Number(kind)];
}

uint64_t Findings::CountSerious() const {
  absl::MutexLock lock(&mutex_);
  uint64_t count = 0;
  for (const KindForm& form : kForms) {
    if (!form.is_note) count += counts_[Number(form.kind)];
  }
  return count;
}

std::string Findings::ToJson() const {
  nlohmann::ordered_json json;
  json["findings"] = nlohmann::ordered_json::array();
  for (const Finding& finding : Kept()) {
    nlohmann::ordered_json item;
    item["kind"] = FindingName(finding.kind);
    item["path"] = ToUtf8(finding.path);
    if (!IsValidUtf8(finding.path)) item["path_base64"] = absl::Base64Escape(finding.path);
    item["detail"] = ToUtf8(finding.detail);
    json["findings"].push_back(std::move(item));
  }
  json["counts"] = nlohmann::ordered_json::object();
  for (const KindForm& form : kForms) {
    if (const uint64_t count = Count(form.kind); count > 0) json["counts"][form.name] = count;
  }
  return JsonForTerminal(json.dump(2)) + "\n";
}

}  // namespace ingot
