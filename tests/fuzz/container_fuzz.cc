// Whole containers: opened, listed, proved, restored and salvaged, the latter also in part.
// Whatever they say, nothing is made outside the target; what verify calls whole is restored
// without a damaged member, and salvaged but for what is told.
#include <fcntl.h>
#include <ftw.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/container/read_member.h"
#include "core/restore/restore.h"
#include "core/salvage/salvage.h"
#include "core/salvage/surviving_index.h"
#include "core/verify/verify.h"
#include "io/fd.h"
#include "tests/fuzz/container_script.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/scratch.h"
#include "tools/entry_text.h"

namespace ingot {
namespace {

constexpr uint64_t kReadBytesMax = uint64_t{4} << 20;  // a hole of exabytes is right, but slow
constexpr absl::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

// The target lies between things that must stay as they are.
class Surroundings {
 public:
  Surroundings() {
    std::filesystem::create_directory(outside());
    const int fd = open(bystander().c_str(), O_WRONLY | O_CREAT, 0600);
    INGOT_CHECK(fd >= 0 && write(fd, "still", 5) == 5 && close(fd) == 0);
  }
  std::string outside() const { return scratch_.path() + "/outside"; }
  std::string target() const { return scratch_.path() + "/target"; }
  std::string spool() const { return scratch_.path(); }

  void Check() const {
    INGOT_CHECK(std::filesystem::is_empty(outside()));
    struct stat stat = {};
    INGOT_CHECK(lstat(bystander().c_str(), &stat) == 0 && stat.st_size == 5 && stat.st_nlink == 1);
    INGOT_CHECK((stat.st_mode & 07777) == 0600);
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
      const std::string name = entry.path().filename();
      INGOT_CHECK(name == "outside" || name == "target" || name == "bystander");
    }
  }
  // A directory of mode 0 is in the way of nobody but root's like.
  void RemoveTarget() const {
    const auto open_up = [](const char* path, const struct stat*, int type, struct FTW*) {
      return type == FTW_D || type == FTW_DNR ? chmod(path, 0700) : 0;
    };
    const auto remove_one = [](const char* path, const struct stat*, int, struct FTW*) {
      return remove(path);
    };
    if (access(target().c_str(), F_OK) != 0) return;
    nftw(target().c_str(), open_up, 16, FTW_PHYS);
    INGOT_CHECK(nftw(target().c_str(), remove_one, 16, FTW_PHYS | FTW_DEPTH) == 0);
  }

 private:
  std::string bystander() const { return scratch_.path() + "/bystander"; }
  FuzzScratch scratch_;
};

// A file that has a name only in /proc.
std::string InMemory(const std::string& bytes, io::Fd* file) {
  *file = io::Fd(memfd_create("container", MFD_CLOEXEC));
  INGOT_CHECK(file->valid());
  INGOT_CHECK(write(file->get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return absl::StrCat("/proc/self/fd/", file->get());
}

void ReadAll(const Container& container) {
  const absl::Status listed = container.ForEachEntry([&](const IndexEntry& entry) {
    INGOT_CHECK(!LongText(entry).empty() && !EntryToJson(entry).dump().empty());
    uint64_t bytes = 0;
    const absl::Status read = ReadMember(container, entry, [&](absl::Span<const char> piece) {
      bytes += piece.size();
      return bytes <= kReadBytesMax ? absl::OkStatus() : absl::CancelledError("enough");
    });
    if (read.ok() && entry.type == MemberType::kRegular) INGOT_CHECK(bytes == entry.size);
    return absl::OkStatus();
  });
  static_cast<void>(listed);
}

bool IsWhole(const Container& container, bool quick) {
  VerifyProgress progress;
  const absl::StatusOr<VerifyReport> report =
      Verify(container, {.quick = quick, .threads = 1}, &progress);
  if (!report.ok()) std::cerr << report.status() << "\n";
  INGOT_CHECK(report.ok());
  INGOT_CHECK(report->ok() == report->damages.empty());
  return report->ok();
}

absl::Status CheckRestore(const Container& container, const Surroundings& surroundings, int threads,
                          bool whole) {
  RestoreProgress progress;
  RestoreOptions options;
  options.directory = surroundings.target();
  options.threads = threads;
  const absl::StatusOr<RestoreSummary> summary = Restore(container, options, &progress);
  surroundings.Check();
  if (summary.ok() && whole) {
    INGOT_CHECK(summary->Count(RestoreProblemKind::kDamaged) == 0);
    // Twice: everything is in the way of itself, and stays.
    options.replace = true;
    const absl::StatusOr<RestoreSummary> again = Restore(container, options, &progress);
    surroundings.Check();
    INGOT_CHECK(!again.ok() || again->Count(RestoreProblemKind::kDamaged) == 0);
  }
  surroundings.RemoveTarget();
  return summary.status();
}

// `opened`: the same file's container, or null; `whole`: verify says so.
void CheckSalvage(const std::string& path, const Container* opened, bool whole,
                  const Surroundings& surroundings, int threads) {
  std::set<std::string> told;
  VerifyProgress progress;
  const absl::StatusOr<Salvaged> salvaged =
      Salvage(path, {.threads = threads, .spool_directory = surroundings.spool()}, &progress,
              [&told](const Loss& loss) { told.insert(loss.path); });
  surroundings.Check();
  if (!salvaged.ok()) {
    INGOT_CHECK(absl::IsDataLoss(salvaged.status()) && !whole);
    return;
  }
  INGOT_CHECK(!salvaged->report.NothingLost() || told.empty());
  INGOT_CHECK(salvaged->report.index_complete || !whole);
  if (opened != nullptr && salvaged->report.index_complete) {
    const absl::Status read = opened->ForEachEntry([&](const IndexEntry& entry) {
      const absl::StatusOr<std::optional<IndexEntry>> found = salvaged->container->Find(entry.path);
      INGOT_CHECK(found.ok());
      INGOT_CHECK(told.contains(entry.path) || (found->has_value() && SameMember(**found, entry)));
      return absl::OkStatus();
    });
    INGOT_CHECK(read.ok() || !whole);
  }
  ReadAll(*salvaged->container);
  // One member never takes the others along.
  const absl::Status restored =
      CheckRestore(*salvaged->container, surroundings, threads, /*whole=*/false);
  INGOT_CHECK(!absl::IsDataLoss(restored));
}

// What is left of the file when its end is lost, its beginning, or a block in between.
std::string Damaged(std::string bytes, uint8_t how) {
  constexpr size_t kBlockBytes = 4096;
  const size_t at = bytes.size() / 64 * (how >> 2);
  switch (how & 3) {
    case 0:
      return bytes.substr(0, at);
    case 1:
      return bytes.substr(at);
    case 2:
      return bytes.replace(at, std::min(kBlockBytes, bytes.size() - at), kBlockBytes, '\0');
    default:  // two of it, the second one first
      return absl::StrCat(bytes.substr(at), bytes.substr(0, at), bytes);
  }
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  static const Surroundings surroundings;
  FuzzInput input(data, size);
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool raw = absl::StartsWith(bytes, kZstdMagic);
  const uint8_t how = raw ? 0 : input.Byte();
  const std::string file =
      raw ? std::string(bytes) : ContainerScript::Run(input, surroundings.outside());
  io::Fd descriptor;
  const std::string path = InMemory(file, &descriptor);
  const int threads = 1 + how % 3;
  const absl::StatusOr<std::unique_ptr<Container>> container = Container::Open(path);
  bool whole = false;
  if (container.ok()) {
    ReadAll(**container);
    static_cast<void>(IsWhole(**container, /*quick=*/true));
    whole = IsWhole(**container, /*quick=*/false);
    const absl::Status restored = CheckRestore(**container, surroundings, threads, whole);
    INGOT_CHECK(!whole || !absl::IsDataLoss(restored));
  }
  CheckSalvage(path, container.ok() ? container->get() : nullptr, whole, surroundings, threads);
  const std::string rest = InMemory(Damaged(file, how), &descriptor);
  CheckSalvage(rest, nullptr, /*whole=*/false, surroundings, threads);
  return 0;
}
