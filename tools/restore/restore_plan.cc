#include "tools/restore/restore_plan.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/container/entry_check.h"
#include "io/status.h"
#include "tools/alfresco/settings.h"
#include "tools/roots.h"

namespace ingot {
namespace {

// "/srv/alf_data" of "/srv/alf_data/contentstore", named "contentstore"; else empty.
std::string RootOf(const ManifestStage& stage) {
  absl::string_view source = stage.source;
  const bool inside = absl::ConsumeSuffix(&source, stage.name) && absl::ConsumeSuffix(&source, "/");
  return inside ? std::string(source) : "";
}

// dir.root as it was. Members within it are named relative to it, all others by their last part: a
// name of several parts tells for certain.
std::string OldRoot(const Manifest& manifest) {
  std::string root;
  for (const ManifestStage& stage : manifest.stages) {
    if (stage.kind == StageKind::kDatabase) continue;
    if (absl::StrContains(stage.name, '/')) {
      if (const std::string certain = RootOf(stage); !certain.empty()) return certain;
    }
    const bool store = stage.role == StageRole::kContentStore || stage.name == "contentstore";
    if (root.empty() && store) root = RootOf(stage);
  }
  return root;
}

bool IsSameVendor(absl::string_view dump, tools::DatabaseVendor target) {
  const bool mysql =
      target == tools::DatabaseVendor::kMysql || target == tools::DatabaseVendor::kMariadb;
  return dump == tools::VendorName(target) || (mysql && (dump == "mysql" || dump == "mariadb"));
}

class Planner {
 public:
  Planner(const Manifest& manifest, const AlfrescoRestoreRequest& request,
          AlfrescoSettings settings, std::string base)
      : manifest_(manifest),
        request_(request),
        settings_(std::move(settings)),
        base_(std::move(base)),
        old_root_(OldRoot(manifest)) {}

  absl::StatusOr<RestorePlan> Plan() {
    plan_.dump_member = manifest_.database.member;
    INGOT_ASSIGN_OR_RETURN(root_, settings_.Path("dir.root", base_));
    plan_.lock_directory = root_;
    for (const ManifestStage& stage : manifest_.stages) {
      if (stage.kind == StageKind::kDatabase) continue;
      INGOT_RETURN_IF_ERROR(PlanTree(stage));
    }
    INGOT_RETURN_IF_ERROR(CheckPlaces());
    INGOT_RETURN_IF_ERROR(PlanDatabase());
    return std::move(plan_);
  }

 private:
  absl::Status PlanTree(const ManifestStage& stage) {
    if (const auto path = RelativePath(stage.name); !path.ok() || *path != stage.name) {
      return absl::DataLossError(
          absl::StrCat("the manifest names a root '", stage.name, "', as ingot never does"));
    }
    if (const auto place = request_.places.find(stage.name); place != request_.places.end()) {
      return Add(stage, stage.role, place->second, "--place");
    }
    if (stage.kind == StageKind::kIndex) return PlanIndex(stage);
    INGOT_ASSIGN_OR_RETURN(const bool store, PlanStore(stage));
    if (store) return absl::OkStatus();
    if (!old_root_.empty() && stage.source == absl::StrCat(old_root_, "/", stage.name)) {
      return Add(stage, StageRole::kOther, absl::StrCat(root_, "/", stage.name), "dir.root");
    }
    plan_.left_out.push_back(stage);
    return absl::OkStatus();
  }

  // By what the manifest says it is; by its name where it does not say.
  absl::StatusOr<bool> PlanStore(const ManifestStage& stage) {
    StageRole role = stage.role;
    std::string property;
    if (role == StageRole::kDeletedContent || stage.name == "contentstore.deleted") {
      role = StageRole::kDeletedContent;
      property = "dir.contentstore.deleted";
    } else if (role == StageRole::kContentStore || (!has_store_ && stage.name == "contentstore")) {
      role = StageRole::kContentStore;
      property = has_store_ ? "dir.contentstore.tenants" : "dir.contentstore";  // in this order
      has_store_ = true;
    } else {
      INGOT_ASSIGN_OR_RETURN(const std::string keystore, settings_.Path("dir.keystore", base_));
      if (!absl::EndsWith(keystore, absl::StrCat("/", stage.name))) return false;
      property = "dir.keystore";
    }
    INGOT_ASSIGN_OR_RETURN(const std::string path, settings_.Path(property, base_));
    INGOT_RETURN_IF_ERROR(Add(stage, role, path, property));
    return true;
  }

  // "solr4Backup/alfresco/snapshot.20260102020000123"
  absl::Status PlanIndex(const ManifestStage& stage) {
    const absl::string_view core = LastComponent(ParentPath(stage.name));
    const std::string property = absl::StrCat("solr.backup.", core, ".remoteBackupLocation");
    INGOT_ASSIGN_OR_RETURN(std::string subsystem, settings_.GetWord("index.subsystem.name"));
    if (subsystem.empty()) subsystem = manifest_.index_subsystem;
    if (!core.empty() && absl::StartsWith(subsystem, "solr")) {
      settings_.SetDefault(property, absl::StrCat("${dir.root}/", subsystem, "Backup/", core));
    }
    INGOT_ASSIGN_OR_RETURN(const std::string location, settings_.Path(property, base_));
    const std::string directory =
        location.empty() ? "" : absl::StrCat(location, "/", LastComponent(stage.name));
    return Add(stage, StageRole::kOther, directory, property);
  }

  absl::Status Add(const ManifestStage& stage, StageRole role, const std::string& directory,
                   const std::string& reason) {
    if (!absl::StartsWith(directory, "/") || directory == "/") {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no place for ", stage.name, ": ", reason, " is '", directory,
                       "'; give one with --place ", stage.name, "=DIR"));
    }
    plan_.trees.push_back({stage.kind, role, stage.name, directory, reason});
    return absl::OkStatus();
  }

  absl::Status CheckPlaces() const {
    std::map<std::string, std::string> members;
    for (const RestoreTree& tree : plan_.trees) {
      const auto [other, is_new] = members.emplace(tree.directory, tree.member);
      if (is_new) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(other->second, " and ", tree.member, " would both go to ", tree.directory,
                       ": give one its own with --place ", tree.member, "=DIR"));
    }
    for (const auto& [member, directory] : request_.places) {
      if (members.contains(directory)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "--place ", member, ": the backup has no such root (ingot info names them)"));
    }
    return absl::OkStatus();
  }

  absl::Status PlanDatabase() {
    if (request_.alfresco.database_url == kDatabaseNone) return absl::OkStatus();
    if (manifest_.database.vendor == tools::VendorName(tools::DatabaseVendor::kCommand)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the dump was written by a command of yours, so a command of yours must read it: restore "
          "with --database none, then: ingot cat ",
          request_.container, " ", plan_.dump_member, " | that command"));
    }
    AlfrescoRequest alfresco = request_.alfresco;
    if (!request_.user.empty()) alfresco.settings["db.username"] = request_.user;
    INGOT_ASSIGN_OR_RETURN(plan_.database, AlfrescoDatabase(alfresco));
    const tools::DatabaseUrl& url = plan_.database->url;
    if (IsSameVendor(manifest_.database.vendor, url.vendor)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("the dump is ", manifest_.database.vendor, "'s, and ", tools::Describe(url),
                     " is not: name the right database with --database URL"));
  }

  const Manifest& manifest_;
  const AlfrescoRestoreRequest& request_;
  AlfrescoSettings settings_;
  const std::string base_;
  const std::string old_root_;
  std::string root_;
  bool has_store_ = false;
  RestorePlan plan_;
};

}  // namespace

absl::StatusOr<RestorePlan> PlanRestore(const Manifest& manifest,
                                        const AlfrescoRestoreRequest& request) {
  if (manifest.source != "alfresco") {
    return absl::InvalidArgumentError(absl::StrCat(
        request.container, " is no backup of an Alfresco repository: restore it with -C DIR"));
  }
  INGOT_ASSIGN_OR_RETURN(const std::string here, WorkingDirectory());
  std::vector<std::string> warnings;
  absl::StatusOr<AlfrescoSettings> settings = AlfrescoSettings::Load(
      request.alfresco.properties_file, request.alfresco.settings, &warnings);
  if (absl::IsNotFound(settings.status())) {
    return absl::InvalidArgumentError(settings.status().message());
  }
  INGOT_RETURN_IF_ERROR(settings.status());
  Planner planner(manifest, request, *std::move(settings),
                  AbsolutePath(request.alfresco.base, here));
  INGOT_ASSIGN_OR_RETURN(RestorePlan plan, planner.Plan());
  plan.warnings = std::move(warnings);
  return plan;
}

}  // namespace ingot
