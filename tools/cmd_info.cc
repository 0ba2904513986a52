// ingot info: what a container is, from its tail and its index.
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/container/read_member.h"
#include "core/json.h"
#include "core/manifest.h"
#include "io/clock.h"
#include "io/interruption.h"
#include "io/status.h"
#include "nlohmann/json.hpp"
#include "tools/command.h"
#include "tools/container_input.h"
#include "tools/entry_text.h"
#include "tools/join_report.h"
#include "tools/perf_report.h"
#include "tools/size.h"

namespace ingot {
namespace {

using Json = nlohmann::ordered_json;

struct InfoOptions {
  std::string file;
  bool json = false;
};

constexpr std::array<MemberType, 7> kTypes = {
    MemberType::kRegular,     MemberType::kDirectory, MemberType::kSymlink,
    MemberType::kHardLink,    MemberType::kFifo,      MemberType::kCharacterDevice,
    MemberType::kBlockDevice,
};

struct Facts {
  std::array<uint64_t, kTypes.size()> counts{};
  std::optional<Manifest> manifest;
};

absl::StatusOr<Facts> Collect(const Container& container) {
  Facts facts;
  INGOT_RETURN_IF_ERROR(container.ForEachEntry([&facts](const IndexEntry& entry) {
    for (size_t i = 0; i < kTypes.size(); ++i) facts.counts[i] += entry.type == kTypes[i];
    return io::CheckInterrupted();
  }));
  INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> entry, FindManifest(container));
  if (entry.has_value()) {
    INGOT_ASSIGN_OR_RETURN(const std::string json,
                           ReadSmallMember(container, *entry, kManifestBytesMax));
    INGOT_ASSIGN_OR_RETURN(facts.manifest, ParseManifest(json));
  }
  return facts;
}

double Ratio(const Container& container) {
  return static_cast<double>(container.root().logical_bytes) /
         static_cast<double>(container.file_bytes());
}

Json ToJson(const Container& container, const Facts& facts) {
  const IndexRoot& root = container.root();
  Json json;
  PutText("file", container.path(), &json);
  json["created"] = io::FormatUtc(root.created);
  json["created_by"] = ToUtf8(root.created_by);
  json["format_version"] = root.version;
  json["members"] = root.members;
  Json types = Json::object();
  for (size_t i = 0; i < kTypes.size(); ++i) types[MemberTypeName(kTypes[i])] = facts.counts[i];
  json["members_by_type"] = std::move(types);
  json["logical_bytes"] = root.logical_bytes;
  json["stream_bytes"] = root.stream_bytes;
  json["file_bytes"] = container.file_bytes();
  json["ratio"] = Ratio(container);
  json["frames"] = root.frames;
  json["findings"] = root.findings;
  json["perf"] = PerfJson(root.times);
  if (facts.manifest.has_value()) json["manifest"] = Json::parse(ManifestToJson(*facts.manifest));
  return json;
}

std::string StageText(const ManifestStage& stage) {
  return absl::StrCat("  ", StageKindName(stage.kind), "  ", EscapeForTerminal(stage.name), ": ",
                      FormatCount(stage.members), " members, ", FormatSize(stage.bytes), ", ",
                      io::FormatUtc(stage.started), " to ", io::FormatUtc(stage.finished), "\n");
}

std::string ToText(const Container& container, const Facts& facts) {
  const IndexRoot& root = container.root();
  std::string text =
      absl::StrCat("file      ", EscapeForTerminal(container.path()), "\n", "created   ",
                   io::FormatUtc(root.created), " by ", EscapeForTerminal(root.created_by), "\n");
  std::string types;
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (facts.counts[i] == 0) continue;
    absl::StrAppend(&types, types.empty() ? "" : ", ", MemberTypeName(kTypes[i]), " ",
                    FormatCount(facts.counts[i]));
  }
  absl::StrAppend(&text, "members   ", FormatCount(root.members),
                  types.empty() ? "" : absl::StrCat(" (", types, ")"), "\n");
  absl::StrAppend(&text, "content   ", FormatSize(root.logical_bytes), " logical, ",
                  FormatSize(root.stream_bytes), " as tar, ", FormatSize(container.file_bytes()),
                  " in the file ", absl::StrFormat("(%.2fx)", Ratio(container)), "\n");
  absl::StrAppend(&text, "frames    ", FormatCount(root.frames), "\n");
  absl::StrAppend(&text, "findings  ", FormatCount(root.findings), "\n");
  text += PerfText(root.times);
  if (!facts.manifest.has_value()) return text;
  absl::StrAppend(&text, "backup    of ", EscapeForTerminal(facts.manifest->source), " on ",
                  EscapeForTerminal(facts.manifest->host), ", database ",
                  EscapeForTerminal(facts.manifest->database.vendor), "\nstages\n");
  for (const ManifestStage& stage : facts.manifest->stages) text += StageText(stage);
  if (facts.manifest->reindex_needed) {
    text += "index     none: search must be rebuilt after a restore\n";
  }
  if (facts.manifest->join.has_value()) {
    absl::StrAppend(&text, "join      ", EscapeForTerminal(JoinText(*facts.manifest->join)), "\n");
  }
  for (const Check& check : facts.manifest->checks) {
    if (check.severity == Severity::kNote) continue;
    absl::StrAppend(&text, SeverityName(check.severity), "   [", EscapeForTerminal(check.subject),
                    "] ", EscapeForTerminal(check.text), "\n");
  }
  return text;
}

absl::StatusOr<ExitCode> Info(const InfoOptions& options) {
  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container, OpenContainer(options.file));
  INGOT_ASSIGN_OR_RETURN(const Facts facts, Collect(*container));
  StandardOutput output;
  absl::Status status = output.Write(
      options.json ? absl::StrCat(JsonForTerminal(ToJson(*container, facts).dump(2)), "\n")
                   : ToText(*container, facts));
  status.Update(output.Flush());
  INGOT_RETURN_IF_ERROR(IgnoreBrokenPipe(status));
  return ExitCode::kDone;
}

}  // namespace

void RegisterInfo(CLI::App& app, Invocation* invocation) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* verb = app.add_subcommand("info", "Summary of a container, and a backup's stages");
  verb->add_option("FILE", options->file, "container")->required();
  verb->add_flag("--json", options->json, "as one JSON object");
  AddQuiet(verb, invocation);
  verb->callback([=] { invocation->run = [=](Report&) { return Info(*options); }; });
}

}  // namespace ingot
