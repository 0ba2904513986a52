// ingot salvage: what is left of a damaged container, back into a tree.
#include <fcntl.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/json.h"
#include "core/restore/restore.h"
#include "core/salvage/salvage.h"
#include "io/file_stat.h"
#include "io/readable_file.h"
#include "io/status.h"
#include "tools/command.h"
#include "tools/container_input.h"
#include "tools/entry_text.h"
#include "tools/progress.h"
#include "tools/restore_report.h"
#include "tools/size.h"

namespace ingot {
namespace {

// More lost members than this are only counted; --json tells them all.
constexpr uint64_t kLossLinesMax = 10'000;
constexpr size_t kRangesShownMax = 20;

struct SalvageFlags {
  std::string file;
  RestoreOptions restore;
  uint64_t read_bytes_per_second = 0;
  ProgressMode progress = ProgressMode::kAuto;
};

// The target or, where it is to be made, what it will lie in: room is wanted there anyway. Known
// before the search, which takes long.
absl::StatusOr<std::string> SpoolDirectory(const std::string& target) {
  namespace fs = std::filesystem;
  if (target.empty()) return absl::InvalidArgumentError("say where to: -C DIR");
  const absl::StatusOr<io::FileStat> stat = io::StatPath(target);
  if (stat.ok() && stat->IsDirectory()) return target;
  if (!stat.ok() && !absl::IsNotFound(stat.status())) return stat.status();
  if (stat.ok() || io::StatAt(AT_FDCWD, target).ok()) {  // a link to nothing is there, too
    return absl::FailedPreconditionError(absl::StrCat(target, " is no directory"));
  }
  std::error_code ignored;
  const fs::path parent = (fs::absolute(target, ignored) / "").parent_path().parent_path();
  const absl::StatusOr<io::FileStat> above = io::StatPath(parent.string());
  if (above.ok() && above->IsDirectory()) return parent.string();
  if (!above.ok() && !absl::IsNotFound(above.status())) return above.status();
  return absl::FailedPreconditionError(
      absl::StrCat(target, " cannot be made: there is no directory ", parent.string()));
}

const char* LossName(LossKind kind) {
  switch (kind) {
    case LossKind::kMember:
      return "lost";
    case LossKind::kVersion:
      return "other-version";
    case LossKind::kRefused:
      return "refused";
  }
  return "lost";
}

// One line, or one event, for each loss as it is found.
class LossTeller {
 public:
  explicit LossTeller(Report* report) : report_(*report) {}

  void Tell(const Loss& loss) {
    if (report_.json_events()) {
      nlohmann::ordered_json fields = {{"kind", LossName(loss.kind)}};
      PutText("path", loss.path, &fields);
      fields["message"] = ToUtf8(loss.text);
      report_.Event("loss", fields);
      return;
    }
    if (++told_ <= kLossLinesMax) report_.Error(loss.text);
  }
  void Finish() {
    if (told_ > kLossLinesMax) {
      report_.Error(
          absl::StrCat(FormatCount(told_ - kLossLinesMax), " more; --json names all of them"));
    }
  }

 private:
  Report& report_;
  uint64_t told_ = 0;
};

void TellDamage(const SalvageReport& found, Report& report) {
  if (found.damaged_ranges_count > 0) {
    std::vector<std::string> ranges;
    for (const ByteRange& range : found.damaged_ranges) {
      if (ranges.size() == kRangesShownMax) break;
      ranges.push_back(absl::StrCat(range.begin, "-", range.end - 1));
    }
    const uint64_t untold = found.damaged_ranges_count - ranges.size();
    report.Warning(
        absl::StrCat(FormatCount(found.damaged_bytes), " of ", FormatCount(found.file_bytes),
                     " bytes are no part of a container any more: ", absl::StrJoin(ranges, ", "),
                     untold > 0 ? absl::StrCat(" and ", FormatCount(untold), " more ranges") : ""));
  }
  if (found.unreadable_bytes > 0) {
    report.Warning(absl::StrCat(FormatCount(found.unreadable_bytes),
                                " bytes could not be read: copy the file with a tool for "
                                "failing disks first, if that has not been done"));
  }
  if (found.frames_broken > 0) {
    report.Warning(absl::StrCat(FormatCount(found.frames_broken),
                                " frame(s) are damaged, as the labels behind them tell"));
  }
  if (found.frames_without_label > 0) {
    report.Warning(absl::StrCat(FormatCount(found.frames_without_label),
                                " frame(s) lost their labels and were taken on zstd's own "
                                "checksum of 32 bits"));
  }
  if (found.stray_slices > 0) {
    report.Warning(absl::StrCat(FormatCount(found.stray_slices),
                                " part(s) of large members are whole, but of no use without "
                                "the others"));
  }
  if (found.unparsed_bytes > 0) {
    report.Warning(absl::StrCat(FormatCount(found.unparsed_bytes),
                                " bytes in whole frames are no members that ingot writes"));
  }
}

// How far what was told can be relied on.
void TellIndex(const SalvageReport& found, Report& report) {
  if (!found.has_root) {
    report.Warning(
        "the end of the file, with the index's root, is lost: members that are not named here "
        "may be lost as well. Of a frame that was cut off nothing is taken, as nothing proves it: "
        "zstd -dc FILE | tar -x shows what there is in it");
  } else if (found.index_blocks_lost > 0) {
    report.Warning(absl::StrCat(FormatCount(found.index_blocks_lost),
                                " block(s) of the index are lost, and with them the names of ",
                                found.lost_unnamed > 0 ? FormatCount(found.lost_unnamed) : "no",
                                " lost member(s)"));
  } else if (!found.index_complete || found.members_unnamed > 0) {
    report.Warning(
        absl::StrCat("there are parts of a container whose index is lost, with ",
                     FormatCount(found.members_unnamed),
                     " whole member(s): others of it may be lost that are not named here"));
  }
}

void TellSummary(const SalvageFlags& flags, const SalvageReport& found,
                 const RestoreSummary& summary, Report& report) {
  const uint64_t gone = found.Lost(LossKind::kMember) + found.lost_unnamed +
                        found.Lost(LossKind::kRefused) +
                        summary.Count(RestoreProblemKind::kDamaged);
  report.Event("salvaged", {{"frames", found.frames},
                            {"frames_expected", found.frames_expected},
                            {"members", found.members},
                            {"restored", summary.members},
                            {"restored_bytes", summary.bytes},
                            {"lost", gone},
                            {"other_versions", found.Lost(LossKind::kVersion)},
                            {"index_complete", found.index_complete},
                            {"damaged_bytes", found.damaged_bytes}});
  if (found.NothingLost() && gone == 0) {
    report.Note(flags.restore.patterns.empty()
                    ? absl::StrCat(flags.file, ": nothing is lost: the index names ",
                                   FormatCount(found.members), " members, and all are whole")
                    : absl::StrCat(flags.file, ": nothing that matches is lost"));
    return;
  }
  report.Error(absl::StrCat(flags.file, ": DAMAGED: ", FormatCount(found.frames),
                            found.frames_expected >= found.frames + found.frames_broken
                                ? absl::StrCat(" of ", FormatCount(found.frames_expected))
                                : "",
                            " frames are whole; ", gone == 0 ? "no" : FormatCount(gone),
                            " member(s) are known to be lost, ",
                            FormatCount(found.Lost(LossKind::kVersion)),
                            " are of another version"));
}

ExitCode CodeOf(const SalvageReport& found, const RestoreSummary& summary) {
  if (!found.NothingLost()) return ExitCode::kDamaged;
  return RestoreExitCode(summary);
}

absl::StatusOr<ExitCode> RunSalvage(const SalvageFlags& flags, Report& report) {
  INGOT_RETURN_IF_ERROR(
      StatusOfFileArgument(flags.file, io::ReadableFile::Open(flags.file).status()));
  SalvageOptions options;
  options.threads = flags.restore.threads;
  options.read_bytes_per_second = flags.read_bytes_per_second;
  INGOT_ASSIGN_OR_RETURN(options.spool_directory, SpoolDirectory(flags.restore.directory));
  options.patterns = flags.restore.patterns;
  LossTeller losses(&report);
  VerifyProgress scanned;
  absl::StatusOr<Salvaged> salvaged = [&] {
    std::error_code ignored;
    Progress shown(flags.progress, &report, &scanned,
                   std::filesystem::file_size(flags.file, ignored));
    shown.SetStage("search");
    return Salvage(flags.file, options, &scanned,
                   [&losses](const Loss& loss) { losses.Tell(loss); });
  }();
  INGOT_RETURN_IF_ERROR(salvaged.status());
  losses.Finish();
  const SalvageReport& found = salvaged->report;
  TellDamage(found, report);
  TellIndex(found, report);

  RestoreProgress progress;
  const absl::StatusOr<RestoreSummary> summary = [&] {
    const Progress shown(flags.progress, &report, &progress);
    return Restore(*salvaged->container, flags.restore, &progress);
  }();
  if (absl::IsNotFound(summary.status()) && !found.NothingLost()) {
    return absl::DataLossError(
        absl::StrCat(summary.status().message(), " any more: the file is damaged"));
  }
  TellInterrupted(flags.restore.directory, summary.status(), progress, report);
  INGOT_RETURN_IF_ERROR(summary.status());
  TellRestored(flags.restore.directory, *summary, report);
  TellSummary(flags, found, *summary, report);
  return CodeOf(found, *summary);
}

}  // namespace

void RegisterSalvage(CLI::App& app, Invocation* invocation) {
  auto flags = std::make_shared<SalvageFlags>();
  CLI::App* verb =
      app.add_subcommand("salvage", "What is left of a damaged container, back into a tree");
  verb->add_option("FILE", flags->file, "container, or what is left of one")->required();
  verb->add_option("-C,--directory", flags->restore.directory,
                   "where to; made when it is missing in an existing directory")
      ->required();
  verb->add_option("PATTERN", flags->restore.patterns,
                   "shell patterns; without '/' tried on every part of the path");
  verb->add_flag("--force", flags->restore.replace,
                 "replace existing files, and change existing directories' metadata");
  verb->add_flag("--numeric-owner", flags->restore.numeric_owner,
                 "owners by number, even where their names are known here");
  AddProgress(verb, &flags->progress);
  AddThreads(verb, &flags->restore.threads, "read, decompress and write", "three");
  AddLimitRead(verb, &flags->read_bytes_per_second,
               "Read at most this much of the container in a second");
  AddLimitWrite(verb, &flags->restore.write_bytes_per_second,
                "Write at most this much into files in a second");
  AddNice(verb, invocation);
  AddJsonEvents(verb, invocation);
  AddQuiet(verb, invocation);
  verb->callback(
      [=] { invocation->run = [=](Report& report) { return RunSalvage(*flags, report); }; });
}

}  // namespace ingot
