// ingot restore: a container back into a tree.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/restore/restore.h"
#include "io/status.h"
#include "tools/command.h"
#include "tools/container_input.h"
#include "tools/document_restore.h"
#include "tools/progress.h"
#include "tools/restore/alfresco_restore.h"
#include "tools/restore/restore_flags.h"
#include "tools/restore_report.h"

namespace ingot {
namespace {

struct RestoreFlags {
  std::string file;
  RestoreOptions options;
  DocumentRestoreOptions documents;
  AlfrescoRestoreRequest alfresco;
  uint64_t read_bytes_per_second = 0;
};

// The form that knows where things go.
absl::StatusOr<ExitCode> RunWithAlfresco(const RestoreFlags& flags, Report& report) {
  if (!flags.options.directory.empty() || !flags.options.patterns.empty()) {
    return absl::InvalidArgumentError(
        "--alfresco restores all of a backup to where the properties say: without -C and PATTERN");
  }
  AlfrescoRestoreRequest request = flags.alfresco;
  request.container = flags.file;
  request.force = flags.options.replace;
  request.numeric_owner = flags.options.numeric_owner;
  request.threads = flags.options.threads;
  request.read_bytes_per_second = flags.read_bytes_per_second;
  request.write_bytes_per_second = flags.options.write_bytes_per_second;
  return RunAlfrescoRestore(request, report);
}

absl::StatusOr<ExitCode> RunRestore(const RestoreFlags& flags, Report& report) {
  if (!flags.alfresco.alfresco.properties_file.empty()) return RunWithAlfresco(flags, report);
  if (flags.options.directory.empty()) {
    return absl::InvalidArgumentError("say where to: -C DIR, or --alfresco PROPERTIES");
  }
  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container,
                         OpenContainer(flags.file, flags.read_bytes_per_second));
  if (flags.documents.wanted()) {
    DocumentRestoreOptions documents = flags.documents;
    documents.write_bytes_per_second = flags.options.write_bytes_per_second;
    return RestoreDocuments(*container, documents, flags.options.directory, flags.options.replace,
                            report);
  }
  RestoreProgress progress;
  const absl::StatusOr<RestoreSummary> summary = [&] {
    const Progress shown(flags.alfresco.progress, &report, &progress);
    return Restore(*container, flags.options, &progress);
  }();
  TellInterrupted(flags.options.directory, summary.status(), progress, report);
  INGOT_RETURN_IF_ERROR(summary.status());
  TellRestored(flags.options.directory, *summary, report);
  if (summary->Count(RestoreProblemKind::kDamaged) > 0) {
    report.Error("ingot salvage may bring back more of a damaged container");
  }
  return RestoreExitCode(*summary);
}

}  // namespace

void RegisterRestore(CLI::App& app, Invocation* invocation) {
  auto flags = std::make_shared<RestoreFlags>();
  CLI::App* verb = app.add_subcommand("restore", "A container, or what matches, back into a tree");
  verb->add_option("FILE", flags->file, "container")->required();
  verb->add_option("-C,--directory", flags->options.directory,
                   "where to; made when it is missing in an existing directory");
  CLI::Option* pattern =
      verb->add_option("PATTERN", flags->options.patterns,
                       "shell patterns; without '/' tried on every part of the path");
  verb->add_flag("--force", flags->options.replace,
                 "replace existing files, and change existing directories' metadata");
  verb->add_flag("--numeric-owner", flags->options.numeric_owner,
                 "owners by number, even where their names are known here");
  AddDocumentRestoreFlags(verb, &flags->documents);
  for (const char* option : {"--node", "--content-url"})
    verb->get_option(option)->excludes(pattern);
  AddAlfrescoRestoreFlags(verb, &flags->alfresco);
  AddProgress(verb, &flags->alfresco.progress);
  AddThreads(verb, &flags->options.threads, "read, decompress and write", "three");
  AddLimitRead(verb, &flags->read_bytes_per_second,
               "Read at most this much of the container in a second");
  AddLimitWrite(verb, &flags->options.write_bytes_per_second,
                "Write at most this much into files in a second; a database takes what it gets as "
                "fast as it can");
  AddNice(verb, invocation);
  AddQuiet(verb, invocation);
  verb->callback(
      [=] { invocation->run = [=](Report& report) { return RunRestore(*flags, report); }; });
}

}  // namespace ingot
