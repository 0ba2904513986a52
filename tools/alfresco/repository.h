// An Alfresco configuration as a plan of what to take.
//
// Settings are alfresco-global.properties, over Alfresco's own defaults (kDefaults in
// repository.cc), under overrides from the command line: a server takes many of them from -D
// options that no file holds. An override is put in before placeholders are replaced, so dir.root
// moves all that is made of it. Relative paths count from the server's working directory, which no
// file tells: from `base`.
//
// What is taken of dir.root, beside dir.contentstore, its tenants and (last of all)
// dir.contentstore.deleted: every other directory in it, because content stores of one's own
// (audit.contentstore, a store selector's) are configured where ingot does not look, and content
// too much is harmless where content too little is lost. Left out, each with a note:
//   - caches: dir.cachedcontent
//   - live indexes, which cannot be copied while they are written: solr, solr4, solr6,
//   lucene-indexes,
//     backup-lucene-indexes, and solr's workspace and archive
//   - index backups, of which the index stage takes the newest snapshots: solrBackup, solr4Backup,
//   solr6Backup
//   - a database server's files: postgresql, mysql, mariadb; the directory of the SQLite database
//   - the keystore, unless asked for: a backup that holds its own key protects nothing
//   - the directory that the container is written to: yesterday's backup is no content
//   - lost+found and names that begin with a dot (snapshots of filers)
// Files that lie in dir.root itself are not taken.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/backup/plan.h"
#include "tools/solr/solr_flags.h"

namespace ingot {

struct AlfrescoRequest {
  std::string properties_file;
  std::map<std::string, std::string> settings;  // --set, and the flags that stand for one property
  std::string base;         // relative paths of settings; empty: the working directory
  bool index_none = false;  // --index none
  SolrOptions solr;
  bool keystore = false;
  std::vector<std::string> also;
  std::string output;  // of the container; "-" or a path

  // Each replaces what the properties say.
  std::string database_url;  // --database
  std::string password_file;
  std::string dump_command;
  std::string dump_expect;
};

// InvalidArgument names property, path and remedy when something needed is missing or cannot be
// used; an errno's code when it cannot be looked at, which is not taken for missing. Passwords: the
// password file, else the environment (tools/database/password.h), else db.password.
absl::StatusOr<BackupPlan> PlanAlfresco(const AlfrescoRequest& request);

// The database of that plan alone: no directory is looked at.
absl::StatusOr<tools::DumpRequest> AlfrescoDatabase(const AlfrescoRequest& request);

}  // namespace ingot
