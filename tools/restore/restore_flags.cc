#include "tools/restore/restore_flags.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/roots.h"

namespace ingot {
namespace {

constexpr char kGroup[] = "Alfresco";

// A flag's path counts from where the command was given, other than a property's (--base).
std::string FromHere(const std::string& path) {
  const absl::StatusOr<std::string> here = WorkingDirectory();
  return here.ok() && !path.empty() ? AbsolutePath(path, *here) : path;
}

// NAME=VALUE, cut at the first '='.
std::pair<std::string, std::string> Cut(const char* flag, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw CLI::ValidationError(flag, "'" + text + "' is not NAME=VALUE");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

using Take = std::function<void(const std::string&)>;

void AddRepeated(CLI::App* verb, const char* flag, const char* type, const std::string& help,
                 const Take& take) {
  verb->add_option_function<std::vector<std::string>>(
          flag,
          [take](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) take(text);
          },
          help)
      ->type_name(type)
      ->allow_extra_args(false)
      ->group(kGroup)
      ->needs(verb->get_option("--alfresco"));
}

void AddOne(CLI::App* verb, const char* flag, const char* type, const std::string& help,
            const Take& take) {
  verb->add_option_function<std::string>(flag, take, help)
      ->type_name(type)
      ->group(kGroup)
      ->needs(verb->get_option("--alfresco"));
}

void AddPlaces(CLI::App* verb, AlfrescoRestoreRequest* request) {
  std::map<std::string, std::string>* settings = &request->alfresco.settings;
  AddRepeated(verb, "--set", "NAME=VALUE",
              "A property that the server has from elsewhere (-D in JAVA_OPTS); wins over the "
              "file. May be repeated",
              [=](const std::string& text) {
                settings->insert_or_assign(Cut("--set", text).first, Cut("--set", text).second);
              });
  AddOne(verb, "--base", "DIR",
         "The server's working directory, from which relative paths in the properties count "
         "(default: the current one)",
         [=](const std::string& value) { request->alfresco.base = value; });
  AddOne(verb, "--dir-root", "DIR", "For dir.root",
         [=](const std::string& value) { (*settings)["dir.root"] = FromHere(value); });
  AddOne(verb, "--contentstore", "DIR", "For dir.contentstore",
         [=](const std::string& value) { (*settings)["dir.contentstore"] = FromHere(value); });
  AddOne(
      verb, "--contentstore-deleted", "DIR", "For dir.contentstore.deleted",
      [=](const std::string& value) { (*settings)["dir.contentstore.deleted"] = FromHere(value); });
  AddOne(verb, "--solr-backup-dir", "DIR",
         "The directory of the cores' index backups, DIR/alfresco and DIR/archive",
         [=](const std::string& value) {
           for (const char* core : {"alfresco", "archive"}) {
             (*settings)[absl::StrCat("solr.backup.", core, ".remoteBackupLocation")] =
                 absl::StrCat(FromHere(value), "/", core);
           }
         });
  AddRepeated(verb, "--place", "MEMBER=DIR",
              "Where a root of the backup (as ingot info names it) goes, whatever the properties "
              "say. May be repeated",
              [=](const std::string& text) {
                const auto [member, directory] = Cut("--place", text);
                request->places[member] = FromHere(directory);
              });
}

}  // namespace

void AddAlfrescoRestoreFlags(CLI::App* verb, AlfrescoRestoreRequest* request) {
  verb->add_option("--alfresco", request->alfresco.properties_file,
                   "A hot backup back into the place that this server's alfresco-global.properties "
                   "names: index, content, database. Empty targets only; --force goes on where "
                   "something is, but for a database that the dump does not empty itself")
      ->type_name("PROPERTIES")
      ->group(kGroup);
  AddPlaces(verb, request);
  AddOne(verb, "--database", "URL|none",
         "For db.url: postgresql://[user@]host[:port]/db, mysql://..., mariadb://..., "
         "sqlite:PATH; never with a password. 'none': files only",
         [=](const std::string& value) { request->alfresco.database_url = value; });
  AddOne(verb, "--db-user", "NAME", "Database user",
         [=](const std::string& value) { request->user = value; });
  AddOne(verb, "--password-file", "FILE",
         "A file whose first line is the database password (else: INGOT_DB_PASSWORD, PGPASSWORD "
         "or MYSQL_PWD in the environment, else db.password)",
         [=](const std::string& value) { request->alfresco.password_file = value; });
  verb->add_flag(
          "--no-owner", request->no_owner,
          "PostgreSQL: without the owners and rights that the dump names; all belongs to the "
          "database user")
      ->group(kGroup)
      ->needs(verb->get_option("--alfresco"));
}

}  // namespace ingot
