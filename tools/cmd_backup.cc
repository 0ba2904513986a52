#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "io/private_memory.h"
#include "io/status.h"
#include "tools/alfresco/repository.h"
#include "tools/backup/hot_backup.h"
#include "tools/backup/plan.h"
#include "tools/command.h"
#include "tools/create_flags.h"
#include "tools/database/password.h"
#include "tools/roots.h"
#include "tools/schedule/duration_text.h"

namespace ingot {
namespace {

constexpr char kIndexNone[] = "none";
constexpr char kDefaultDumpName[] = "dump";
constexpr absl::Duration kDumpTimeoutMin = absl::Seconds(1);
constexpr absl::Duration kDumpTimeoutMax = absl::Hours(24 * 7);

struct BackupCommand {
  CreateFlags flags;
  AlfrescoRequest alfresco;  // properties_file is empty in the form without Alfresco
  std::vector<std::string> content;
  std::vector<std::string> index;
  std::string user;
  absl::Duration dump_timeout = tools::DumpRequest().silence_max;
  ScheduleOptions schedule;
  bool check_only = false;
};

bool IsAlfresco(const BackupCommand& command) { return !command.alfresco.properties_file.empty(); }

absl::StatusOr<AlfrescoRequest> AlfrescoOf(const BackupCommand& command) {
  AlfrescoRequest request = command.alfresco;
  if (!command.content.empty()) {
    return absl::InvalidArgumentError(
        "--content belongs to a backup without Alfresco: use --contentstore, or --also for more");
  }
  if (!command.index.empty()) {
    if (command.index != std::vector<std::string>{kIndexNone}) {
      return absl::InvalidArgumentError(
          "with --alfresco only --index none can be said: use --solr-backup-dir DIR");
    }
    request.index_none = true;
  }
  if (!command.user.empty()) request.settings["db.username"] = command.user;
  request.output = command.flags.options.output;
  return request;
}

absl::StatusOr<BackupPlan> PlanOfRepository(const BackupCommand& command) {
  RepositoryRequest request;
  tools::DumpRequest& dump = request.dump;
  if (!command.alfresco.dump_command.empty()) {
    dump.url.vendor = tools::DatabaseVendor::kCommand;
    dump.url.database = kDefaultDumpName;
    dump.command = command.alfresco.dump_command;
    dump.expect = command.alfresco.dump_expect;
  } else if (!command.alfresco.database_url.empty()) {
    INGOT_ASSIGN_OR_RETURN(dump.url, tools::ParseDatabaseUrl(command.alfresco.database_url));
  } else {
    return absl::InvalidArgumentError(
        "name what to take: --alfresco PROPERTIES, or --database URL (or --dump-command) with "
        "--content DIR");
  }
  if (command.content.empty()) {
    return absl::InvalidArgumentError("name the content with --content DIR");
  }
  if (!command.user.empty()) dump.url.user = command.user;
  if (dump.url.vendor != tools::DatabaseVendor::kSqlite) {
    INGOT_ASSIGN_OR_RETURN(dump.password,
                           tools::FindPassword(dump.url.vendor, command.alfresco.password_file));
  }
  request.content = command.content;
  if (command.index != std::vector<std::string>{kIndexNone}) request.index = command.index;
  request.also = command.alfresco.also;
  return PlanRepository(request);
}

absl::StatusOr<ExitCode> RunBackupCommand(const BackupCommand& command, Report& report) {
  io::KeepMemoryPrivate();  // before a password is read
  INGOT_RETURN_IF_ERROR(CheckCreateFlags(command.flags));
  HotBackupRequest request;
  request.create = command.flags.options;
  request.progress = command.flags.progress;
  request.perf = command.flags.perf;
  request.schedule = command.schedule;
  request.check_only = command.check_only;
  AlfrescoRequest alfresco;
  if (IsAlfresco(command)) {
    INGOT_ASSIGN_OR_RETURN(alfresco, AlfrescoOf(command));
    request.alfresco = &alfresco;
    request.plan = PlanAlfresco(alfresco);
  } else {
    request.plan = PlanOfRepository(command);
  }
  if (request.plan.ok()) request.plan->dump.silence_max = command.dump_timeout;
  return HotBackup(std::move(request), report);
}

// A flag's path counts from where the command was given, other than a property's (--base).
std::string FromHere(const std::string& path) {
  const absl::StatusOr<std::string> here = WorkingDirectory();
  return here.ok() && !path.empty() ? AbsolutePath(path, *here) : path;
}

// NAME=VALUE into `settings`.
void AddSetting(const std::string& text, std::map<std::string, std::string>* settings) {
  const std::pair<std::string, std::string> setting = absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (setting.first.empty() || !absl::StrContains(text, '=')) {
    throw CLI::ValidationError("--set", "'" + text + "' is not NAME=VALUE");
  }
  (*settings)[setting.first] = setting.second;
}

void AddAlfrescoFlags(CLI::App* verb, AlfrescoRequest* request) {
  CLI::Option* alfresco = verb->add_option("--alfresco", request->properties_file,
                                           "The server's alfresco-global.properties")
                              ->type_name("PROPERTIES")
                              ->group("Alfresco");
  const auto add = [=](const char* flag, const char* type, const std::string& help,
                       const std::function<void(const std::string&)>& take) {
    verb->add_option_function<std::string>(flag, take, help)
        ->type_name(type)
        ->group("Alfresco")
        ->needs(alfresco);
  };
  std::map<std::string, std::string>* settings = &request->settings;
  verb->add_option_function<std::vector<std::string>>(
          "--set",
          [=](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) AddSetting(text, settings);
          },
          "A property that the server has from elsewhere (-D in JAVA_OPTS); wins over the file. "
          "May "
          "be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->group("Alfresco")
      ->needs(alfresco);
  add("--base", "DIR",
      "The server's working directory, from which relative paths in the properties count "
      "(default: the current one)",
      [=](const std::string& value) { request->base = value; });
  add("--dir-root", "DIR", "For dir.root",
      [=](const std::string& value) { (*settings)["dir.root"] = FromHere(value); });
  add("--contentstore", "DIR", "For dir.contentstore",
      [=](const std::string& value) { (*settings)["dir.contentstore"] = FromHere(value); });
  add("--contentstore-deleted", "DIR", "For dir.contentstore.deleted",
      [=](const std::string& value) { (*settings)["dir.contentstore.deleted"] = FromHere(value); });
  add("--solr-backup-dir", "DIR",
      "The directory of the cores' index backups, DIR/alfresco and DIR/archive",
      [=](const std::string& value) {
        for (const char* core : {"alfresco", "archive"}) {
          (*settings)[absl::StrCat("solr.backup.", core, ".remoteBackupLocation")] =
              absl::StrCat(FromHere(value), "/", core);
        }
      });
  verb->add_flag("--keystore", request->keystore, "Take dir.keystore, too")
      ->group("Alfresco")
      ->needs(alfresco);
}

void AddSourceFlags(CLI::App* verb, BackupCommand* command) {
  AlfrescoRequest* request = &command->alfresco;
  verb->add_option("--database", request->database_url,
                   "postgresql://[user@]host[:port]/db, mysql://..., mariadb://..., sqlite:PATH. "
                   "Never with a password")
      ->type_name("URL")
      ->group("Source");
  verb->add_option(
          "--content", command->content,
          "Content, read after the dump. Each DIR is named by its last part in the container")
      ->type_name("DIR")
      ->group("Source");
  verb->add_option("--index", command->index,
                   "Index backups, read before the dump; 'none': there is no index to take")
      ->type_name("DIR|none")
      ->group("Source");
  verb->add_option("--also", request->also, "One more file or tree, read with the content")
      ->type_name("PATH")
      ->allow_extra_args(false)
      ->group("Source");
  verb->add_option("--db-user", command->user, "Database user")->type_name("NAME")->group("Source");
  verb->add_option("--password-file", request->password_file,
                   "A file whose first line is the database password (else: INGOT_DB_PASSWORD, "
                   "PGPASSWORD or MYSQL_PWD in the environment, else db.password)")
      ->type_name("FILE")
      ->group("Source");
  CLI::Option* dump_command =
      verb->add_option("--dump-command", request->dump_command,
                       "Run by bash with pipefail instead of a known dump program; its standard "
                       "output is the dump, INGOT_DB_PASSWORD in its environment the password")
          ->type_name("COMMAND")
          ->group("Source")
          ->excludes(verb->get_option("--database"));
  verb->add_option("--dump-expect", request->dump_expect,
                   "What the last line of a whole dump contains (of a current pg_dump: unrestrict)")
      ->type_name("TEXT")
      ->group("Source")
      ->needs(dump_command);
  verb->add_option_function<std::string>(
          "--dump-timeout",
          [=](const std::string& text) {
            command->dump_timeout =
                TakeDuration("--dump-timeout", text, kDumpTimeoutMin, kDumpTimeoutMax);
          },
          absl::StrCat("A dump program that writes nothing for so long is ended, and the dump has "
                       "failed (default: ",
                       DurationText(command->dump_timeout), ")"))
      ->type_name("DURATION")
      ->group("Source");
}

}  // namespace

void RegisterBackup(CLI::App& app, Invocation* invocation) {
  auto command = std::make_shared<BackupCommand>();
  CLI::App* verb =
      app.add_subcommand("backup", "A hot backup: index, then database, then content, in one file");
  AddAlfrescoFlags(verb, &command->alfresco);
  AddSourceFlags(verb, command.get());
  AddSolrFlags(verb, &command->alfresco.solr);
  AddScheduleFlags(verb, &command->schedule);
  verb->add_flag("--check", command->check_only,
                 "Only look whether a backup could start, and what would stand in its way")
      ->group("Schedule");
  AddCreateFlags(verb, invocation, &command->flags);
  verb->footer(
      "Of dir.root everything is taken that is content: the stores and other directories, but not\n"
      "caches, live indexes, a database's files or the keystore. Notes tell what was chosen.\n"
      "\n"
      "Examples:\n"
      "  ingot backup --alfresco /opt/alfresco/tomcat/shared/classes/alfresco-global.properties "
      "\\\n"
      "      --base /opt/alfresco -o /backup/alfresco.tar.zst\n"
      "  ingot backup --database postgresql://dms@db/dms --password-file /etc/dms.password \\\n"
      "      --content /srv/dms/content -o /backup/dms.tar.zst\n"
      "  ingot backup --dump-command 'expdump dms' --dump-expect 'Export done' \\\n"
      "      --content /srv/dms/content -o /backup/dms.tar.zst\n");
  verb->callback([=] {
    invocation->run = [=](Report& report) { return RunBackupCommand(*command, report); };
  });
}

}  // namespace ingot
