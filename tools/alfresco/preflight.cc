#include "tools/alfresco/preflight.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "io/directory.h"
#include "tools/alfresco/configuration_check.h"
#include "tools/alfresco/content_store_check.h"
#include "tools/alfresco/coverage.h"
#include "tools/roots.h"
#include "tools/size.h"

namespace ingot {
namespace {

constexpr absl::string_view kEncryptedPrefix = "ENC(";
constexpr size_t kPlaceholdersToldMax = 10;
// A placeholder without a value matters where ingot, or a restore, depends on the property.
constexpr absl::string_view kKnownPrefixes[] = {
    "dir.",           "db.", "solr.", "index.", "cryptodoc.", "encryption.", "filecontentstore.",
    "system.content."};
constexpr absl::string_view kSnapshotPrefix = "snapshot.";
constexpr size_t kSnapshotSecondDigits = 14;  // yyyyMMddHHmmss, then milliseconds

bool IsKnown(absl::string_view name) {
  return std::any_of(std::begin(kKnownPrefixes), std::end(kKnownPrefixes),
                     [&](absl::string_view prefix) { return absl::StartsWith(name, prefix); });
}

bool IsTrue(const AlfrescoSettings& settings, const std::string& name) {
  const absl::StatusOr<std::string> value = settings.GetWord(name);
  return value.ok() && absl::AsciiStrToLower(*value) == "true";
}

// Without regard to where an error comes from, scripts get a subject.
std::string SubjectOf(const absl::Status& status) {
  constexpr std::pair<absl::string_view, absl::string_view> kMarks[] = {
      {"ENC(", "password"},
      {"password", "password"},
      {"has no value", "placeholder"},
      {"solr.backup.", "index"},
      {"index.subsystem", "index"},
      {"db.", "database"},
      {"--database", "database"},
      {"contentstore", "content-store"},
      {"keystore", "keystore"},
  };
  for (const auto& [mark, subject] : kMarks) {
    if (absl::StrContains(status.message(), mark)) return std::string(subject);
  }
  return "configuration";
}

// Messages of the plan end with what to do.
std::pair<std::string, std::string> SplitRemedy(absl::string_view message) {
  for (const absl::string_view mark : {"; ", ": give ", ": use ", ": name ", ": leave "}) {
    const size_t at = message.find(mark);
    if (at == absl::string_view::npos) continue;
    return {std::string(message.substr(0, at)), std::string(message.substr(at + 2))};
  }
  return {std::string(message), ""};
}

// When the snapshot was made: by its name, else by its directory's time.
std::optional<absl::Time> SnapshotTime(const std::string& path, absl::TimeZone zone) {
  absl::string_view name = path;
  name.remove_prefix(path.rfind('/') + 1);
  absl::Time time;
  if (absl::ConsumePrefix(&name, kSnapshotPrefix) && name.size() >= kSnapshotSecondDigits &&
      absl::ParseTime("%E4Y%m%d%H%M%S", std::string(name.substr(0, kSnapshotSecondDigits)), zone,
                      &time, nullptr)) {
    return time;
  }
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return absl::TimeFromTimespec(status.st_mtim);
}

std::string Hours(absl::Duration duration) {
  const int64_t hours = duration / absl::Hours(1);
  return hours >= 48 ? absl::StrCat(hours / 24, " days") : absl::StrCat(hours, " h");
}

}  // namespace

PreflightResult CheckOrphans(const AlfrescoSettings& settings, absl::Duration expected_duration) {
  PreflightResult result;
  if (IsTrue(settings, "system.content.eagerOrphanCleanup")) {
    result.Warning("orphan-cleanup",
                   "system.content.eagerOrphanCleanup=true: files of documents that are deleted "
                   "while the backup runs go at once, though the dump still refers to them",
                   "set it to false, its default");
  }
  const absl::StatusOr<std::string> text = settings.GetWord("system.content.orphanProtectDays");
  int days = kOrphanProtectDaysDefault;
  if (text.ok() && !text->empty() && !absl::SimpleAtoi(*text, &days)) {
    result.Warning("orphan-protection",
                   absl::StrCat("system.content.orphanProtectDays=", *text, " is no number"),
                   absl::StrCat("set it to ", kOrphanProtectDaysDefault, ", its default"));
    return result;
  }
  const std::string remedy = absl::StrCat(
      "set it to more days than a backup takes; the default is ", kOrphanProtectDaysDefault);
  if (days < 1) {
    result.Warning("orphan-protection",
                   absl::StrCat("system.content.orphanProtectDays=", days,
                                ": the next cleaning takes the files of documents that were "
                                "deleted a moment ago, though the dump may still refer to them"),
                   remedy);
  } else if (expected_duration >= absl::Hours(24) * days) {
    result.Warning(
        "orphan-protection",
        absl::StrCat("system.content.orphanProtectDays=", days,
                     " is less than the backup is expected to take, ", Hours(expected_duration)),
        remedy);
  }
  return result;
}

PreflightResult CheckPlaceholders(const AlfrescoSettings& settings) {
  PreflightResult result;
  std::set<std::string> told;
  for (const std::string& name : settings.Names()) {
    if (!IsKnown(name) || told.size() >= kPlaceholdersToldMax) continue;
    const absl::StatusOr<ResolvedValue> value = settings.Resolve(name);
    if (!value.ok() || value->unresolved.empty()) continue;
    // It may be a part of the password, not a placeholder.
    if (absl::StrContains(absl::AsciiStrToLower(name), "password") ||
        absl::StrContains(absl::AsciiStrToLower(name), "secret")) {
      result.Warning("placeholder",
                     absl::StrCat(name,
                                  " holds a placeholder without a value, and is taken as it "
                                  "stands"),
                     "see whether it is meant so; else give the password with --password-file");
      continue;
    }
    const std::string& placeholder = value->unresolved[0];
    if (!told.insert(placeholder).second) continue;
    result.Warning("placeholder",
                   absl::StrCat(name, " refers to ${", placeholder, "}, which has no value"),
                   absl::StrCat("give it with --set ", ShellWord(placeholder), "=VALUE"));
  }
  return result;
}

PreflightResult CheckEncryptedValues(const AlfrescoSettings& settings, bool has_password) {
  PreflightResult result;
  const absl::StatusOr<std::string> password = settings.Password();
  if (password.ok() && has_password &&
      absl::StartsWith(absl::StripAsciiWhitespace(*password), kEncryptedPrefix)) {
    result.Note("password", "db.password is encrypted; the password comes from elsewhere");
  }
  const absl::StatusOr<std::string> secret = settings.GetWord("solr.sharedSecret");
  if (secret.ok() && absl::StartsWith(*secret, kEncryptedPrefix)) {
    result.Warning("password",
                   "solr.sharedSecret is encrypted, ENC(...): Solr cannot be asked with it",
                   "give it with --solr-secret-file when --solr-backup is used");
  }
  return result;
}

PreflightResult CheckSolr(const AlfrescoSettings& settings, absl::string_view base) {
  PreflightResult result;
  const absl::StatusOr<std::string> subsystem = settings.GetWord("index.subsystem.name");
  if (!subsystem.ok() || !(subsystem->empty() || absl::StartsWith(*subsystem, "solr"))) {
    return result;
  }
  const absl::StatusOr<std::string> alfresco =
      settings.Path("solr.backup.alfresco.remoteBackupLocation", base);
  const absl::StatusOr<std::string> archive =
      settings.Path("solr.backup.archive.remoteBackupLocation", base);
  if (alfresco.ok() && archive.ok() && !alfresco->empty() &&
      RealOrSame(*alfresco) == RealOrSame(*archive)) {
    result.Warning("solr-location",
                   absl::StrCat("both cores are backed up to ", *alfresco,
                                ": their snapshots cannot be told apart"),
                   "give each a directory of its own (solr.backup.CORE.remoteBackupLocation)");
  }
  return result;
}

PreflightResult CheckIndexAge(const BackupPlan& plan, absl::Time now, absl::TimeZone zone) {
  PreflightResult result;
  for (const TreeRoot& root : plan.index) {
    const std::optional<absl::Time> made = SnapshotTime(root.source_path, zone);
    if (!made.has_value() || now - *made <= kIndexAgeMax) continue;
    result.Warning("index-age",
                   absl::StrCat(root.source_path, " is ", Hours(now - *made),
                                " old: Solr's backup job seems not to run"),
                   "see to solr.backup.*.cronExpression and Solr's log, or make one with "
                   "--solr-backup");
  }
  return result;
}

PreflightResult CheckContentStoreHoldsSomething(const BackupPlan& plan) {
  PreflightResult result;
  const std::string& store = plan.content[0].source_path;  // dir.contentstore
  const absl::StatusOr<io::DirectoryNames> names = io::ReadDirectoryPath(store);
  if (!names.ok()) return result;  // the backup itself will tell
  if (names->size() == 0 || (names->size() == 1 && (*names)[0] == "lost+found")) {
    result.Warning("content-store", absl::StrCat(store, " is empty"),
                   "unless the repository is new: see whether what belongs there is mounted");
  }
  return result;
}

PreflightResult CheckAlfresco(const AlfrescoRequest& request,
                              const absl::StatusOr<BackupPlan>& plan,
                              const AlfrescoPreflightOptions& options) {
  PreflightResult result;
  if (!plan.ok()) {
    auto [text, remedy] = SplitRemedy(plan.status().message());
    std::string subject = SubjectOf(plan.status());
    if (absl::IsPermissionDenied(plan.status())) {
      subject = "unreadable";
      if (remedy.empty()) remedy = kRunAsRemedy;
    }
    result.Error(plan.status().code(), std::move(subject), std::move(text), std::move(remedy));
  }
  std::vector<std::string> ignored;  // the plan has them
  const absl::StatusOr<AlfrescoSettings> settings =
      AlfrescoSettings::Load(request.properties_file, request.settings, &ignored);
  const absl::StatusOr<std::string> here = WorkingDirectory();
  for (const absl::Status& status : {settings.status(), here.status()}) {
    if (status.ok()) continue;
    if (plan.ok()) {
      result.Error(status.code(), "configuration", std::string(status.message()), "");
    }
    return result;
  }
  const std::string base = AbsolutePath(request.base, *here);

  result.Append(CheckPlaceholders(*settings));
  result.Append(CheckOrphans(*settings, options.expected_duration));
  result.Append(CheckEncryptedValues(*settings, plan.ok() && !plan->dump.password.empty()));
  if (!request.index_none) result.Append(CheckSolr(*settings, base));
  if (!plan.ok()) return result;
  result.Append(CheckIndexAge(*plan, options.now, options.time_zone));
  result.Append(CheckContentStoreHoldsSomething(*plan));

  const std::string properties_file = AbsolutePath(request.properties_file, *here);
  const std::string classes = properties_file.substr(0, properties_file.rfind('/'));
  Coverage coverage(*plan);
  result.Append(CheckKeystores(*settings, base, &coverage));
  result.Append(CheckContentStores(*settings, base, classes, &coverage));
  result.Append(CheckConfiguration(*settings, base, properties_file, &coverage));
  return result;
}

}  // namespace ingot
