#include "tools/alfresco/repository.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "io/directory.h"
#include "io/file_stat.h"
#include "io/status.h"
#include "tools/alfresco/index_backup.h"
#include "tools/alfresco/jdbc_url.h"
#include "tools/alfresco/other_directories.h"
#include "tools/alfresco/settings.h"
#include "tools/database/password.h"
#include "tools/roots.h"
#include "tools/schedule/index_jobs.h"

namespace ingot {
namespace {

constexpr absl::string_view kEncryptedPrefix = "ENC(";

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// One plan in the making; the public functions are its steps, in order.
class Planner {
 public:
  Planner(const AlfrescoRequest& request, AlfrescoSettings settings, std::string here,
          std::string base)
      : request_(request),
        settings_(std::move(settings)),
        here_(std::move(here)),
        base_(std::move(base)) {
    plan_.source = "alfresco";
    plan_.properties_file = AbsolutePath(request.properties_file, here_);
  }

  absl::Status FindRoot() {
    INGOT_ASSIGN_OR_RETURN(root_, settings_.Path("dir.root", base_));
    plan_.lock_directory = root_;
    return CheckProperty("dir.root", root_, "--dir-root DIR");
  }

  absl::Status PlanDatabase() {
    tools::DumpRequest& dump = plan_.dump;
    std::string password_of_url;
    if (!request_.dump_command.empty()) {
      dump.url.vendor = tools::DatabaseVendor::kCommand;
      dump.command = request_.dump_command;
      dump.expect = request_.dump_expect;
      INGOT_ASSIGN_OR_RETURN(dump.url.database, settings_.GetWord("db.name"));
    } else if (!request_.database_url.empty()) {
      INGOT_ASSIGN_OR_RETURN(dump.url, tools::ParseDatabaseUrl(request_.database_url));
      if (dump.url.vendor == tools::DatabaseVendor::kSqlite) {
        dump.url.database = AbsolutePath(dump.url.database, here_);
      }
    } else {
      INGOT_RETURN_IF_ERROR(PlanFromJdbc(&password_of_url));
    }
    INGOT_RETURN_IF_ERROR(PlanUser());
    INGOT_ASSIGN_OR_RETURN(dump.schema, settings_.GetWord("db.schema.name"));
    if (dump.url.vendor == tools::DatabaseVendor::kSqlite) {
      dump.url.database = AbsolutePath(dump.url.database, base_);
      return absl::OkStatus();
    }
    return FindPasswordOf(password_of_url);
  }

  absl::Status PlanIndex() {
    IndexBackup& index = plan_.index_backup;
    INGOT_ASSIGN_OR_RETURN(index, FindIndexLocations(settings_, root_, base_, request_.index_none));
    plan_.index_subsystem = index.subsystem;
    plan_.reindex_needed = index.reindex_needed;
    plan_.notes.insert(plan_.notes.end(), index.notes.begin(), index.notes.end());
    for (const IndexCore& core : index.cores) {
      plan_.index_directories.push_back(Root(core.directory));
      claimed_.push_back({core.directory, ""});
    }
    if (!index.cores.empty()) {
      INGOT_ASSIGN_OR_RETURN(plan_.index_jobs, FindIndexJobs(settings_, index.subsystem));
    }
    if (request_.solr.backup) {
      INGOT_ASSIGN_OR_RETURN(plan_.solr, PlanSolrRequest(request_.solr, settings_, index));
      return absl::OkStatus();  // what there will be is not there yet
    }
    const absl::Status chosen = ChooseIndexRoots(&plan_);
    if (absl::IsUnavailable(chosen)) {
      // Not yet: the index stage looks again.
      index.checks.push_back(
          {Severity::kWarning, "index", std::string(chosen.message()), "wait for it with --wait"});
      return absl::OkStatus();
    }
    INGOT_RETURN_IF_ERROR(chosen);
    for (const std::string& warning : index.warnings) {
      index.checks.push_back({Severity::kWarning, "index", warning, ""});
    }
    return absl::OkStatus();
  }

  absl::Status PlanContent() {
    INGOT_ASSIGN_OR_RETURN(const std::string store, settings_.Path("dir.contentstore", base_));
    INGOT_RETURN_IF_ERROR(CheckProperty("dir.contentstore", store, "--contentstore DIR"));
    Take(store, StageRole::kContentStore);
    INGOT_ASSIGN_OR_RETURN(const std::string tenants,
                           settings_.Path("dir.contentstore.tenants", base_));
    if (!tenants.empty()) {
      INGOT_RETURN_IF_ERROR(
          CheckProperty("dir.contentstore.tenants", tenants, "--set dir.contentstore.tenants=DIR"));
      Take(tenants, StageRole::kContentStore);
    }
    INGOT_ASSIGN_OR_RETURN(const std::string deleted,
                           settings_.Path("dir.contentstore.deleted", base_));
    claimed_.push_back({deleted, ""});
    INGOT_RETURN_IF_ERROR(PlanKeystore());
    INGOT_RETURN_IF_ERROR(PlanAlso());
    INGOT_RETURN_IF_ERROR(PlanOthers());
    // A link to nothing is there: what it leads to may not be mounted.
    const absl::Status is_there = io::StatAt(io::kWorkingDirectory, deleted).status();
    if (absl::IsNotFound(is_there) && !settings_.IsOverride("dir.contentstore.deleted")) {
      plan_.notes.push_back(
          absl::StrCat("dir.contentstore.deleted: ", deleted,
                       " does not exist (the server makes it with the first deletion)"));
      return absl::OkStatus();
    }
    INGOT_RETURN_IF_ERROR(
        CheckProperty("dir.contentstore.deleted", deleted, "--contentstore-deleted DIR"));
    // Last: the cleaner moves files from contentstore.
    plan_.content.push_back({Root(deleted), StageRole::kDeletedContent});
    return absl::OkStatus();
  }

  BackupPlan TakePlan() { return std::move(plan_); }

 private:
  // Named relative to dir.root, or by its last part when it lies elsewhere.
  TreeRoot Root(const std::string& path) const {
    TreeRoot root;
    root.source_path = path;
    root.follow_symlink = true;
    const bool inside = IsWithin(path, root_) && path != root_ && root_ != "/";
    root.member_path = path.substr(inside ? root_.size() + 1 : path.rfind('/') + 1);
    if (root.member_path.empty()) root.member_path = ".";
    return root;
  }

  void Take(const std::string& path, StageRole role) {
    plan_.content.push_back({Root(path), role});
    claimed_.push_back({path, ""});
  }

  absl::Status CheckProperty(absl::string_view property, const std::string& path,
                             absl::string_view flag) const {
    if (path.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(property, " has no value: give it with ", flag));
    }
    const bool blank = absl::ascii_isspace(path.back());
    return CheckDirectory(
        path, property,
        absl::StrCat(blank ? "its value ends with white space, which Java keeps; " : "",
                     "name the right one with ", flag, " (relative paths count from ", base_,
                     ": --base DIR)"));
  }

  absl::Status PlanFromJdbc(std::string* password) {
    INGOT_ASSIGN_OR_RETURN(const std::string text, settings_.Get("db.url"));
    if (text.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "db.url is not in ", request_.properties_file,
          ": name the database with --database postgresql://USER@HOST/NAME, mysql://..., "
          "mariadb://... or sqlite:PATH, or give --dump-command"));
    }
    INGOT_ASSIGN_OR_RETURN(JdbcUrl jdbc, ParseJdbcUrl(text));
    if (!jdbc.password.empty() && settings_.IsOverride("db.url")) {
      return absl::InvalidArgumentError(
          "a password in an argument can be seen by everyone on this machine: leave it out of "
          "db.url, and use --password-file");
    }
    if (!jdbc.parameters.empty()) {
      plan_.notes.push_back(absl::StrCat("parameters of db.url that the dump does not get: ",
                                         absl::StrJoin(jdbc.parameters, ", ")));
    }
    plan_.dump.url = std::move(jdbc.url);
    *password = std::move(jdbc.password);
    return absl::OkStatus();
  }

  // An override of db.username wins; else what the URL says; else db.username.
  absl::Status PlanUser() {
    tools::DatabaseUrl& url = plan_.dump.url;
    if (url.vendor == tools::DatabaseVendor::kSqlite) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(const std::string user, settings_.Get("db.username"));
    if (url.user.empty() || settings_.IsOverride("db.username")) url.user = user;
    if (url.database.empty() && url.vendor == tools::DatabaseVendor::kPostgresql) {
      url.database = url.user;
    }
    if (!url.database.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("db.url names no database: give --database URL");
  }

  absl::Status FindPasswordOf(const std::string& password_of_url) {
    std::string& password = plan_.dump.password;
    INGOT_ASSIGN_OR_RETURN(password,
                           tools::FindPassword(plan_.dump.url.vendor, request_.password_file));
    if (!password.empty()) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(password, settings_.Password());
    if (password.empty()) password = password_of_url;
    if (!absl::StartsWith(absl::StripAsciiWhitespace(password), kEncryptedPrefix)) {
      return absl::OkStatus();
    }
    if (plan_.dump.url.vendor == tools::DatabaseVendor::kCommand) {
      password.clear();  // the command has its own means
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        "db.password is encrypted, ENC(...): give the password with --password-file FILE or in "
        "the environment as INGOT_DB_PASSWORD");
  }

  absl::Status PlanKeystore() {
    INGOT_ASSIGN_OR_RETURN(const std::string keystore, settings_.Path("dir.keystore", base_));
    if (request_.keystore) {
      if (keystore.empty() || absl::StartsWith(keystore, kClasspath)) {
        return absl::InvalidArgumentError(
            absl::StrCat("--keystore: dir.keystore is '", keystore,
                         "', no directory: name it with --set dir.keystore=DIR"));
      }
      INGOT_RETURN_IF_ERROR(CheckProperty("dir.keystore", keystore, "--set dir.keystore=DIR"));
      Take(keystore, StageRole::kOther);
      return absl::OkStatus();
    }
    if (keystore.empty() || absl::StartsWith(keystore, kClasspath)) return absl::OkStatus();
    claimed_.push_back({keystore, ""});
    return absl::OkStatus();
  }

  absl::Status PlanAlso() {
    for (const std::string& path : request_.also) {
      const std::string absolute = AbsolutePath(path, here_);
      INGOT_RETURN_IF_ERROR(RootByLastPart(absolute, "--also", false).status());
      // What is named is meant: it may be a store that the server is configured to use elsewhere.
      Take(absolute, StageRole::kOtherStore);
    }
    return absl::OkStatus();
  }

  // Beside the stores and before contentstore.deleted.
  absl::Status PlanOthers() {
    INGOT_ASSIGN_OR_RETURN(const std::string cache, settings_.Path("dir.cachedcontent", base_));
    claimed_.push_back({cache, "a cache"});
    if (plan_.dump.url.vendor == tools::DatabaseVendor::kSqlite) {
      claimed_.push_back({Parent(plan_.dump.url.database), "it holds the database"});
    }
    if (request_.output != "-") {
      claimed_.push_back(
          {Parent(AbsolutePath(request_.output, here_)), "the container is written to it"});
    }
    INGOT_ASSIGN_OR_RETURN(const OtherDirectories others, FindOtherDirectories(root_, claimed_));
    for (const std::string& path : others.taken) {
      plan_.content.push_back(
          {Root(path), IsConfigured(path) ? StageRole::kOtherStore : StageRole::kOther});
      plan_.notes.push_back(absl::StrCat("taken as well: ", path));
    }
    plan_.notes.insert(plan_.notes.end(), others.notes.begin(), others.notes.end());
    for (const std::string& path : others.links_to_nothing) {
      if (IsConfigured(path)) return LinkToNothing(path);
      plan_.checks.push_back(
          {Severity::kWarning, "content-store",
           absl::StrCat(path, " is a link to nothing, and not in the backup"),
           "if it belongs to the repository, see whether what it leads to is mounted"});
    }
    plan_.unreadable = others.unreadable;
    for (UnreadableRoot& root : plan_.unreadable) {
      plan_.checks.push_back({Severity::kWarning, "unreadable", root.why, kRunAsRemedy});
      root.path = Root(root.path).member_path;
    }
    return absl::OkStatus();
  }

  // Whether a property names it, or it is the store of audits, which has a default: then the server
  // may look for content there.
  bool IsConfigured(const std::string& path) const {
    if (path == root_ + "/audit.contentstore") return true;
    for (const std::string& name : settings_.Names()) {
      const absl::StatusOr<std::string> value = settings_.Path(name, base_);
      if (value.ok() && *value == path) return true;
    }
    return false;
  }

  const AlfrescoRequest& request_;
  const AlfrescoSettings settings_;
  const std::string here_;
  const std::string base_;
  std::string root_;
  std::vector<ClaimedDirectory> claimed_;
  BackupPlan plan_;
};

}  // namespace

absl::StatusOr<BackupPlan> PlanAlfresco(const AlfrescoRequest& request) {
  INGOT_ASSIGN_OR_RETURN(const std::string here, WorkingDirectory());
  std::vector<std::string> warnings;
  absl::StatusOr<AlfrescoSettings> settings =
      AlfrescoSettings::Load(request.properties_file, request.settings, &warnings);
  if (absl::IsNotFound(settings.status())) {
    return absl::InvalidArgumentError(settings.status().message());
  }
  INGOT_RETURN_IF_ERROR(settings.status());
  Planner planner(request, *std::move(settings), here, AbsolutePath(request.base, here));
  INGOT_RETURN_IF_ERROR(planner.FindRoot());
  INGOT_RETURN_IF_ERROR(planner.PlanDatabase());
  INGOT_RETURN_IF_ERROR(planner.PlanIndex());
  INGOT_RETURN_IF_ERROR(planner.PlanContent());
  BackupPlan plan = planner.TakePlan();
  plan.checks.insert(plan.checks.begin(), plan.index_backup.checks.begin(),
                     plan.index_backup.checks.end());
  plan.warnings.insert(plan.warnings.begin(), warnings.begin(), warnings.end());
  INGOT_RETURN_IF_ERROR(CheckPlan(plan));
  return plan;
}

absl::StatusOr<tools::DumpRequest> AlfrescoDatabase(const AlfrescoRequest& request) {
  INGOT_ASSIGN_OR_RETURN(const std::string here, WorkingDirectory());
  std::vector<std::string> warnings;
  INGOT_ASSIGN_OR_RETURN(
      AlfrescoSettings settings,
      AlfrescoSettings::Load(request.properties_file, request.settings, &warnings));
  Planner planner(request, std::move(settings), here, AbsolutePath(request.base, here));
  INGOT_RETURN_IF_ERROR(planner.PlanDatabase());
  return planner.TakePlan().dump;
}

}  // namespace ingot
