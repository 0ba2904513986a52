// ingot cat: one member's bytes to standard output.
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/container/read_member.h"
#include "io/readable_file.h"
#include "io/status.h"
#include "tools/command.h"
#include "tools/container_input.h"

namespace ingot {
namespace {

struct CatOptions {
  std::string file;
  std::string member;
};

absl::StatusOr<IndexEntry> FindMember(const Container& container, const std::string& member) {
  // As the other verbs' patterns, a path is the same with "./" before it and without.
  const std::string without = member.rfind("./", 0) == 0 ? member.substr(2) : member;
  for (const std::string& path : {member, without, absl::StrCat("./", without)}) {
    INGOT_ASSIGN_OR_RETURN(std::optional<IndexEntry> entry, container.Find(path));
    if (entry.has_value()) return *std::move(entry);
  }
  return absl::NotFoundError(absl::StrCat("no member ", member, " in ", container.path(),
                                          "; `ingot list ", container.path(),
                                          "` shows what there is"));
}

absl::StatusOr<ExitCode> Cat(const CatOptions& options) {
  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container, OpenContainer(options.file));
  INGOT_ASSIGN_OR_RETURN(const IndexEntry entry, FindMember(*container, options.member));
  INGOT_RETURN_IF_ERROR(
      IgnoreBrokenPipe(ReadMember(*container, entry, [](absl::Span<const char> bytes) {
        return io::WriteFully(STDOUT_FILENO, bytes, "standard output");
      })));
  return ExitCode::kDone;
}

}  // namespace

void RegisterCat(CLI::App& app, Invocation* invocation) {
  auto options = std::make_shared<CatOptions>();
  CLI::App* verb = app.add_subcommand("cat", "One member's bytes to standard output");
  verb->add_option("FILE", options->file, "container")->required();
  verb->add_option("MEMBER", options->member, "path of the member, as list --json shows it")
      ->required();
  AddQuiet(verb, invocation);
  verb->callback([=] { invocation->run = [=](Report&) { return Cat(*options); }; });
}

}  // namespace ingot
