// ingot verify: proof that a container is whole.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/join/container_join.h"
#include "core/verify/verify.h"
#include "io/status.h"
#include "tools/command.h"
#include "tools/container_input.h"
#include "tools/join_report.h"
#include "tools/progress.h"
#include "tools/size.h"

namespace ingot {
namespace {

struct VerifyFlags {
  std::string file;
  VerifyOptions options;
  uint64_t read_bytes_per_second = 0;
  ProgressMode progress = ProgressMode::kAuto;
};

void TellStages(const Manifest& manifest, Report& report) {
  std::vector<std::string> stages;
  for (const ManifestStage& stage : manifest.stages) {
    stages.push_back(absl::StrCat(StageKindName(stage.kind), " ", stage.name));
  }
  report.Note(absl::StrCat("the order holds: ", absl::StrJoin(stages, ", then ")));
}

void TellResult(const Container& container, const VerifyFlags& flags, const VerifyReport& result,
                Report& report) {
  for (const Damage& damage : result.damages) report.Error(damage.ToLine());
  const uint64_t untold = result.damage_count - result.damages.size();
  if (untold > 0) report.Error(absl::StrCat(FormatCount(untold), " more"));
  if (!result.ok()) {
    const char* remedy =
        "members that are not named above are whole, and ingot restore brings them back; ingot "
        "salvage may bring back more";
    if (!result.names_known) {
      remedy =
          "the index is damaged, so that not all that is lost has a name: ingot salvage brings "
          "back what is whole";
    } else if (flags.options.quick) {
      remedy = "content was not looked at: without --quick it is";
    }
    report.Error(absl::StrCat(container.path(), ": DAMAGED in ", FormatCount(result.damage_count),
                              " place(s); ", remedy));
    return;
  }
  report.Note(
      absl::StrCat(container.path(), flags.options.quick ? ": structure is whole: " : ": whole: ",
                   FormatCount(result.members), " members of ", FormatSize(result.logical_bytes),
                   " in ", FormatCount(result.frames), result.frames == 1 ? " frame" : " frames"));
  if (result.manifest.has_value()) TellStages(*result.manifest, report);
  if (result.findings > 0) {
    report.Note(
        absl::StrCat(FormatCount(result.findings), " findings were recorded when it was made",
                     result.has_findings_member
                         ? absl::StrCat(": ingot cat ", container.path(), " ", kFindingsMember)
                         : std::string()));
  }
}

// The same that the backup found, from the file alone.
absl::StatusOr<ExitCode> VerifyJoin(const Container& container, const Manifest& manifest,
                                    Report& report) {
  INGOT_ASSIGN_OR_RETURN(const JoinResult join, JoinContainer(container, manifest));
  return ReportJoin(join, manifest.source == "alfresco", container.path(), report);
}

absl::StatusOr<ExitCode> RunVerify(const VerifyFlags& flags, Report& report) {
  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container,
                         OpenContainer(flags.file, flags.read_bytes_per_second));
  VerifyProgress progress;
  const absl::StatusOr<VerifyReport> verified = [&] {
    const Progress shown(flags.progress, &report, &progress, container->file_bytes());
    return Verify(*container, flags.options, &progress);
  }();
  INGOT_RETURN_IF_ERROR(verified.status());
  const VerifyReport& result = *verified;
  TellResult(*container, flags, result, report);
  if (!result.ok()) return ExitCode::kDamaged;
  if (flags.options.quick || !result.manifest.has_value()) return ExitCode::kDone;
  return VerifyJoin(*container, *result.manifest, report);
}

}  // namespace

void RegisterVerify(CLI::App& app, Invocation* invocation) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* verb = app.add_subcommand("verify", "Prove that every byte of a container is whole");
  verb->add_option("FILE", flags->file, "container")->required();
  verb->add_flag("--quick", flags->options.quick,
                 "structure only: index, labels and seek table; content is not read");
  AddProgress(verb, &flags->progress);
  AddThreads(verb, &flags->options.threads, "read and decompress", "two");
  AddLimitRead(verb, &flags->read_bytes_per_second,
               "Read at most this much of the container in a second");
  AddNice(verb, invocation);
  AddQuiet(verb, invocation);
  verb->callback(
      [=] { invocation->run = [=](Report& report) { return RunVerify(*flags, report); }; });
}

}  // namespace ingot
