#include "tools/create_flags.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/format/frame.h"
#include "io/status.h"
#include "tools/roots.h"
#include "tools/size.h"

namespace ingot {
namespace {

int LevelMax() {
  return ZSTD_versionNumber() >= kZstdSafeAtAllLevels ? kLevelMax : kLevelMaxOldZstd;
}

std::string CheckLevel(const std::string& text) {
  int level = 0;
  if (CLI::detail::lexical_cast(text, level) && level >= kLevelMin && level <= LevelMax())
    return "";
  if (level > LevelMax() && level <= kLevelMax) {
    return absl::StrCat("levels above ", kLevelMaxOldZstd,
                        " need zstd 1.5.5 or newer, older ones can damage data; this is ",
                        ZSTD_versionString());
  }
  return absl::StrCat(text, " is not between ", kLevelMin, " and ", LevelMax());
}

absl::Status CheckOutput(const CreateOptions& options) {
  if (options.output == "-") {
    if (isatty(STDOUT_FILENO) == 0) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "standard output is a terminal: send it to a file or a pipe, or name a file with -o");
  }
  struct stat status;
  if (lstat(options.output.c_str(), &status) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return UsageOrErrno(errno, "write", options.output);
  }
  if (S_ISLNK(status.st_mode) && stat(options.output.c_str(), &status) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.output, " is a symbolic link to nothing: name the file itself"));
  }
  if (S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.output, " is a directory: name a file in it"));
  }
  // A pipe or a device is written to, not replaced.
  if (!S_ISREG(status.st_mode) || options.replace) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(options.output, " exists: --force replaces it once the new one is whole"));
}

}  // namespace

void AddCreateFlags(CLI::App* verb, Invocation* invocation, CreateFlags* flags) {
  CreateOptions* options = &flags->options;
  options->created_by = "ingot " INGOT_VERSION;
  verb->add_option("-o,--output", options->output,
                   "The container to write: a new file, or - for standard output")
      ->required()
      ->type_name("FILE");
  verb->add_flag("--force", options->replace, "Replace FILE where it exists, atomically");
  verb->add_option(
          "--exclude", options->excludes,
          "Leave out what matches; without a slash GLOB is tried on every name, with one on "
          "the whole member name. May be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  verb->add_flag("--one-file-system", options->one_file_system,
                 "Do not descend into other file systems");
  verb->add_option("--level", options->level, absl::StrCat("zstd's level, up to ", LevelMax()))
      ->check(CheckLevel)
      ->capture_default_str()
      ->type_name("N");
  AddThreads(verb, &options->threads, "compress", "one");
  AddSize(verb, "--frame-size", &options->frame_bytes, kFrameBytesMin, kFrameBytesMax,
          absl::StrCat("Stream bytes that are compressed together (default ",
                       FormatSize(options->frame_bytes), ")"));
  AddSize(verb, "--memory", &options->memory_bytes, kMemoryBytesMin, kMemoryBytesMax,
          absl::StrCat("Memory for frames (default ", FormatSize(options->memory_bytes), ")"));
  AddIo(verb, &options->engine);
  AddLimitRead(verb, &options->read_bytes_per_second,
               "Read at most this much of the trees in a second (100M), whether it is cached or "
               "not; a dump comes as fast as it can");
  AddLimitWrite(verb, &options->write_bytes_per_second,
                "Write at most this much of the container in a second");
  AddNice(verb, invocation);
  verb->add_flag("--perf", flags->perf,
                 "Tell at the end where the time went, stage by stage (info tells it later, too)");
  AddProgress(verb, &flags->progress);
  AddQuiet(verb, invocation);
  AddJsonEvents(verb, invocation);
}

absl::Status CheckCreateFlags(const CreateFlags& flags) {
  const CreateOptions& options = flags.options;
  if (options.memory_bytes / kFramesInMemoryMin < options.frame_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--memory ", FormatSize(options.memory_bytes), " is less than ", kFramesInMemoryMin,
        " frames of ", FormatSize(options.frame_bytes), ": give more, or a smaller --frame-size"));
  }
  if (options.output.empty()) return absl::InvalidArgumentError("-o needs the name of a file");
  return CheckOutput(options);
}

}  // namespace ingot
