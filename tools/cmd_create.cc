#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/create/create.h"
#include "io/status.h"
#include "tools/command.h"
#include "tools/create_flags.h"
#include "tools/create_report.h"
#include "tools/progress.h"
#include "tools/roots.h"

namespace ingot {
namespace {

struct CreateCommand {
  CreateFlags flags;
  std::vector<std::string> paths;
};

absl::StatusOr<ExitCode> Create(const CreateCommand& command, Report& report) {
  const absl::Time begin = absl::Now();
  std::vector<std::string> notes;
  INGOT_RETURN_IF_ERROR(CheckCreateFlags(command.flags));
  INGOT_ASSIGN_OR_RETURN(const std::vector<TreeRoot> roots, RootsOf(command.paths, &notes));
  for (const std::string& note : notes) report.Note(note);

  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Creation> creation,
                         Creation::Begin(command.flags.options));
  if (!creation->engine_fallback().empty()) report.Note(creation->engine_fallback());
  CreateSummary summary;
  {
    Progress progress(command.flags.progress, &report, &creation->progress());
    for (const TreeRoot& root : roots) {
      INGOT_RETURN_IF_ERROR(creation->AddTree(root).status());
    }
    INGOT_ASSIGN_OR_RETURN(summary, creation->Seal(/*findings_member=*/true));
  }
  const ExitCode code = ReportFindings(creation->findings(), Tolerance(), report);
  ReportSummary(summary,
                {.output = command.flags.options.output,
                 .seconds = absl::ToDoubleSeconds(absl::Now() - begin),
                 .engine = creation->engine_name(),
                 .engine_fallback = creation->engine_fallback(),
                 .perf = command.flags.perf},
                report);
  return code;
}

}  // namespace

void RegisterCreate(CLI::App& app, Invocation* invocation) {
  auto command = std::make_shared<CreateCommand>();
  CLI::App* verb = app.add_subcommand("create", "A snapshot of trees");
  verb->add_option("PATH", command->paths, "What to take: directories or files")->required();
  AddCreateFlags(verb, invocation, &command->flags);
  verb->footer(
      "Members are named as tar names them: a leading / is stripped, and all through the last ..;\n"
      "a symbolic link is taken as a link, or followed when a / is behind its name.\n"
      "\n"
      "Examples:\n"
      "  ingot create -o home.tar.zst /home\n"
      "  ingot create -o - --exclude '*.tmp' project | ssh backup 'cat > project.tar.zst'\n");
  verb->callback(
      [=] { invocation->run = [=](Report& report) { return Create(*command, report); }; });
}

}  // namespace ingot
