#include "tools/preflight/source_sample.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "io/directory.h"
#include "io/interruption.h"

namespace ingot {
namespace {

// Neither gone nor forbidden.
bool IsBroken(int error) { return error != ENOENT && error != ENOTDIR && error != EACCES; }

constexpr uint64_t kClockEntries = 64;  // between two looks at the clock

// One root's share of the sample.
class Sampler {
 public:
  Sampler(SourceSample* sample, uint64_t entries_max, absl::Time deadline)
      : sample_(sample), end_(sample->entries + entries_max), deadline_(deadline) {}

  // False: the limits ended it, or an error of the disk.
  bool Run(const TreeRoot& root) {
    struct stat status;
    const int flags = root.follow_symlink ? 0 : AT_SYMLINK_NOFOLLOW;
    if (fstatat(AT_FDCWD, root.source_path.c_str(), &status, flags) != 0) return !IsBroken(errno);
    if (!S_ISDIR(status.st_mode)) {
      LookAt(AT_FDCWD, root.source_path, root.source_path, status);
      return true;
    }
    waiting_.push_back(root.source_path);
    while (!waiting_.empty()) {
      const std::string path = std::move(waiting_.back());
      waiting_.pop_back();
      if (!List(path)) return false;
    }
    return true;
  }

 private:
  bool IsOver() const {
    if (sample_->entries >= end_) return true;
    return sample_->entries % kClockEntries == 0 && (absl::Now() >= deadline_ || io::Interrupted());
  }

  // With readdir, not all names at once: a directory may have millions.
  bool List(const std::string& path) {
    absl::StatusOr<io::Fd> opened = io::OpenDirectory(AT_FDCWD, path, /*follow=*/true);
    if (!opened.ok()) {
      if (absl::IsPermissionDenied(opened.status())) Unreadable(path);
      return absl::IsPermissionDenied(opened.status()) || absl::IsNotFound(opened.status());
    }
    const int fd = opened->get();
    DIR* const stream = fdopendir(fd);
    if (stream == nullptr) return true;
    opened->Release();
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(stream, closedir);
    while (true) {
      errno = 0;
      const struct dirent* entry = readdir(directory.get());
      if (entry == nullptr) return errno == 0;
      const absl::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (IsOver()) return false;
      struct stat status;
      if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (IsBroken(errno)) return false;
        continue;
      }
      std::string whole = absl::StrCat(path, "/", name);
      LookAt(fd, std::string(name), whole, status);
      if (S_ISDIR(status.st_mode)) waiting_.push_back(std::move(whole));
    }
  }

  void LookAt(int directory_fd, const std::string& name, const std::string& path,
              const struct stat& status) {
    ++sample_->entries;
    if (!S_ISREG(status.st_mode)) return;
    sample_->bytes += std::min(static_cast<uint64_t>(status.st_size),
                               static_cast<uint64_t>(status.st_blocks) * 512);
    if (faccessat(directory_fd, name.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES) {
      Unreadable(path);
    }
  }

  void Unreadable(const std::string& path) {
    ++sample_->unreadable;
    if (sample_->unreadable_names.size() < SourceSample::kNamesMax) {
      sample_->unreadable_names.push_back(path);
    }
  }

  SourceSample* const sample_;
  const uint64_t end_;
  const absl::Time deadline_;
  std::vector<std::string> waiting_;
};

}  // namespace

SourceSample SampleSources(absl::Span<const TreeRoot> roots, const SampleLimits& limits) {
  SourceSample sample;
  sample.complete = true;
  const absl::Time end = absl::Now() + limits.time_max;
  for (size_t i = 0; i < roots.size(); ++i) {
    const uint64_t roots_left = roots.size() - i;
    const uint64_t entries_left = limits.entries_max - std::min(limits.entries_max, sample.entries);
    const absl::Time now = absl::Now();
    const absl::Time deadline =
        now + std::max(end - now, absl::ZeroDuration()) / static_cast<int64_t>(roots_left);
    Sampler sampler(&sample, entries_left / roots_left, deadline);
    if (!sampler.Run(roots[i])) sample.complete = false;
  }
  return sample;
}

}  // namespace ingot
