// ingot list: the members, from the index alone.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "io/status.h"
#include "tools/command.h"
#include "tools/container_input.h"
#include "tools/entry_text.h"

namespace ingot {
namespace {

struct ListOptions {
  std::string file;
  std::vector<std::string> patterns;
  bool long_format = false;
  bool json = false;
  bool null = false;
};

std::string LineOf(const ListOptions& options, const IndexEntry& entry) {
  if (options.json) return absl::StrCat(JsonForTerminal(EntryToJson(entry).dump()), "\n");
  const auto name = [&options](const std::string& bytes) {
    return options.null ? bytes : EscapeForTerminal(bytes);
  };
  std::string line;
  if (options.long_format) line = absl::StrCat(LongText(entry), " ");
  line += name(entry.path);
  if (options.long_format && entry.type == MemberType::kSymlink) {
    absl::StrAppend(&line, " -> ", name(entry.link_target));
  }
  if (options.long_format && entry.type == MemberType::kHardLink) {
    absl::StrAppend(&line, " link to ", name(entry.link_target));
  }
  line += options.null ? '\0' : '\n';
  return line;
}

absl::StatusOr<ExitCode> List(const ListOptions& options) {
  if (options.null && StandardOutput::IsTerminal()) {
    return absl::InvalidArgumentError(
        "-0 gives names as they are, and a terminal might obey them: give it a pipe or a file");
  }
  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container, OpenContainer(options.file));
  StandardOutput output;
  absl::Status status = ForEachMatch(*container, options.patterns, [&](const IndexEntry& entry) {
    return output.Write(LineOf(options, entry));
  });
  status.Update(output.Flush());
  INGOT_RETURN_IF_ERROR(IgnoreBrokenPipe(status));
  return ExitCode::kDone;
}

}  // namespace

void RegisterList(CLI::App& app, Invocation* invocation) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* verb = app.add_subcommand("list", "The members, in the order of the stream");
  verb->add_option("FILE", options->file, "container")->required();
  verb->add_option("PATTERN", options->patterns,
                   "shell patterns; without '/' tried on every part of the path");
  verb->add_flag("-l,--long", options->long_format,
                 "mode, owner, size and time (UTC) as well, as tar -tv shows them");
  CLI::Option* json =
      verb->add_flag("--json", options->json, "one JSON object per line, with all that is known");
  verb->add_flag("-0,--null", options->null,
                 "names as they are, each ended by NUL; not to a terminal")
      ->excludes(json);
  AddQuiet(verb, invocation);
  verb->callback([=] { invocation->run = [=](Report&) { return List(*options); }; });
}

}  // namespace ingot
