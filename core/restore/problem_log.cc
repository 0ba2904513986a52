#include "core/restore/problem_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/format/digest.h"
#include "io/status.h"

namespace ingot {
namespace {

RestoreProblemKind KindOf(const absl::Status& status) {
  if (absl::IsAlreadyExists(status)) return RestoreProblemKind::kExists;
  if (absl::IsDataLoss(status)) return RestoreProblemKind::kDamaged;
  return RestoreProblemKind::kFailed;
}

}  // namespace

void ProblemLog::Add(RestoreProblemKind kind, absl::string_view path, std::string text, bool keep) {
  absl::MutexLock lock(&mutex_);
  ++counts_[static_cast<size_t>(kind)];
  if (kind != RestoreProblemKind::kMetadata) failed_.insert(HashBytes(path).bytes);
  if (keep && kept_.size() < kRestoreProblemsMax) {
    kept_.push_back({kind, MemberAt(path), std::move(text)});
  }
}

// Whether the same was told of other members, often enough.
bool ProblemLog::IsTold(const absl::Status& why) {
  constexpr uint64_t kToldMax = 3;
  constexpr size_t kErrorsMax = 10'000;
  absl::MutexLock lock(&mutex_);
  if (met_.size() == kErrorsMax) met_.clear();
  return met_[std::string(why.message())]++ >= kToldMax;
}

std::string ProblemLog::MemberAt(absl::string_view path) const {
  if (root_.empty()) return std::string(path.empty() ? "." : path);
  return path.empty() ? root_ : absl::StrCat(root_, "/", path);
}

absl::Status ProblemLog::NotRestored(absl::string_view path, const absl::Status& why) {
  if (absl::IsCancelled(why)) return why;
  if (absl::IsResourceExhausted(why)) return Annotate(why, MemberAt(path));
  const RestoreProblemKind kind = KindOf(why);
  const std::string member = MemberAt(path);
  std::string text = absl::StrCat(member, ": ", why.message());
  if (kind == RestoreProblemKind::kExists) {
    text = absl::StrCat(member, ": exists and was kept; --force replaces it");
  } else if (kind == RestoreProblemKind::kDamaged) {
    text = absl::StrCat(member, ": not restored, the container is damaged: ", why.message());
  }
  Add(kind, path, std::move(text), kind != RestoreProblemKind::kFailed || !IsTold(why));
  return absl::OkStatus();
}

void ProblemLog::MetadataLost(absl::string_view path, absl::Span<const io::MetadataLoss> losses) {
  for (const io::MetadataLoss& loss : losses) {
    if (loss.privileged) {
      absl::MutexLock lock(&mutex_);
      ++privileged_;
    } else {
      Add(RestoreProblemKind::kMetadata, path, absl::StrCat(MemberAt(path), ": ", loss.what), true);
    }
  }
}

void ProblemLog::DirectoryKept() {
  absl::MutexLock lock(&mutex_);
  ++directories_kept_;
}

bool ProblemLog::Failed(absl::string_view path) const {
  absl::MutexLock lock(&mutex_);
  return failed_.contains(HashBytes(path).bytes);
}

void ProblemLog::Finish(RestoreSummary* summary) {
  absl::MutexLock lock(&mutex_);
  std::stable_sort(
      kept_.begin(), kept_.end(),
      [](const RestoreProblem& a, const RestoreProblem& b) { return a.path < b.path; });
  std::copy(std::begin(counts_), std::end(counts_), std::begin(summary->counts));
  summary->problems = std::move(kept_);
  summary->privileged_attributes = privileged_;
  summary->directories_kept = directories_kept_;
}

}  // namespace ingot
