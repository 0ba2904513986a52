#include "tools/container_input.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/glob.h"
#include "io/interruption.h"
#include "io/readable_file.h"
#include "io/status.h"

namespace ingot {

absl::Status StatusOfFileArgument(const std::string& path, const absl::Status& status) {
  const bool missing = absl::IsNotFound(status);
  if (!missing && !absl::IsFailedPrecondition(status)) return status;
  if (missing && path == "-") {
    return absl::InvalidArgumentError(
        "-: a container is not read from standard input: store it in a file first");
  }
  return absl::InvalidArgumentError(status.message());
}

absl::StatusOr<std::unique_ptr<Container>> OpenContainer(const std::string& path,
                                                         uint64_t read_bytes_per_second) {
  absl::StatusOr<std::unique_ptr<Container>> container =
      Container::Open(path, read_bytes_per_second);
  INGOT_RETURN_IF_ERROR(StatusOfFileArgument(path, container.status()));
  return container;
}

absl::Status ForEachMatch(const Container& container, const std::vector<std::string>& patterns,
                          absl::FunctionRef<absl::Status(const IndexEntry&)> visit) {
  const GlobSet globs(patterns);
  std::vector<bool> met(patterns.size());
  const std::vector<BlockRange> blocks = BlocksThatMayMatch(globs, container.root());
  INGOT_RETURN_IF_ERROR(container.ForEachEntry(blocks, [&](const IndexEntry& entry) {
    if (const absl::Status status = io::CheckInterrupted(); !status.ok()) return status;
    if (!globs.empty() && !globs.Matches(entry.path)) return absl::OkStatus();
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (!met[i] && GlobSet::MatchesOne(patterns[i], entry.path)) met[i] = true;
    }
    return visit(entry);
  }));
  const auto unmet = std::find(met.begin(), met.end(), false);
  if (unmet == met.end()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no member of ", container.path(), " matches ",
                                          patterns[static_cast<size_t>(unmet - met.begin())]));
}

const char* MemberTypeName(MemberType type) {
  switch (type) {
    case MemberType::kRegular:
      return "file";
    case MemberType::kHardLink:
      return "hardlink";
    case MemberType::kSymlink:
      return "symlink";
    case MemberType::kCharacterDevice:
      return "character device";
    case MemberType::kBlockDevice:
      return "block device";
    case MemberType::kDirectory:
      return "directory";
    case MemberType::kFifo:
      return "fifo";
  }
  return "unknown";
}

bool StandardOutput::IsTerminal() { return isatty(STDOUT_FILENO) == 1; }

absl::Status StandardOutput::Write(absl::string_view bytes) {
  buffer_.append(bytes.data(), bytes.size());
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status StandardOutput::Flush() {
  const absl::Status status = io::WriteFully(STDOUT_FILENO, buffer_, "standard output");
  buffer_.clear();
  return status;
}

absl::Status IgnoreBrokenPipe(const absl::Status& status) {
  return io::IsBrokenPipe(status) ? absl::OkStatus() : status;
}

}  // namespace ingot
