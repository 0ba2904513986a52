#include "tests/faults/rules.h"

namespace ingot {
namespace {

// There is another way, or it was only to be faster.
constexpr char kHints[] =
    "direct residency statfs fcntl identity allocate random reopen priority access";
// They concern all files, so the run ends.
constexpr char kLimits[] = "ENOMEM EMFILE";

}  // namespace

const std::vector<Rule>& CreateRules() {
  static const auto* const rules = new std::vector<Rule>{
      {"", "/*", "", {0}},                               // what the machine is like
      {"random", "", "", {0, 1}, Says::kSomething},      // a temporary name is needed
      {"direct", "", "EIO+", {1, 3}, Says::kSomething},  // nor can it be read in another way
      {kHints, "", "", {0}},
      {"close", "", "", {0}},  // of what was only read, or is synced
      {"ring", "workers reap", "", {0}},
      {"ring", "submit", "ENOMEM", {0}},
      {"ring", "complete", "", {0, 1, 3}, Says::kSomething},
      {"ring", "", "", {1}, Says::kSomething},
      {"thread", "", "", {0, 1}, Says::kSomething},  // TBB does with fewer
      {"eventfd", "", "", {1}, Says::kSomething},
      {"seek", "tree*", "", {0}},  // then it has no holes
      {"resolve", "tree .", "", {1}},
      {"stat", "tree", "", {0, 1, 3}},         // also looked at before, to compare
      {"stat", "tree/d/text", "", {0, 1, 3}},  // then it is a copy and no link
      {"stat", "tree*", kLimits, {1, 3}},      // 3: after it was read, it may have changed
      {"open list", "tree*", kLimits, {1}},
      {"", "tree*", "", {3}},
      {"", "target*", "", {1}},
      {"", "", "", {}},
  };
  return *rules;
}

const std::vector<Rule>& BackupRules() {
  static const auto* const rules = [] {
    auto* const all = new std::vector<Rule>{
        {"", "pipe:*", "EIO+ ENOSPC+", {0, 1, 5}, Says::kSomething},
        {"", "pipe:*", "", {0, 5}, Says::kSomething},  // of the dump, or of what guards it
        {"process pipe memfd wait poll", "", "", {0, 5}, Says::kSomething},
        {"eventfd", "", "", {1, 5}, Says::kSomething},
        {"thread", "", "", {0, 1, 5}, Says::kSomething},
        {"access", "target", "", {1}},  // may it be written to?
        {"", "/*", "EIO+ ENOSPC+", {0, 1, 5}, Says::kSomething},
        {"", "/dev/null", "", {0, 5}},
        {"", "/*", "", {0}},
        // Before the dump all is looked at once, and earlier backups are.
        {"resolve", "", "", {0, 1}},
        {"open", "tree*", "EACCES", {0, 1, 3}, Says::kSomething},
        {"open", "tree*", "ENOENT", {0, 1, 3}, Says::kSomething},  // what vanishes is a note
        {"stat open list", "tree*", "", {0, 1, 3}},
        {"stat open list read direct", "target*", "", {0, 1}},
        {"lock", "", "", {1}},
    };
    all->insert(all->end(), CreateRules().begin(), CreateRules().end());
    return all;
  }();
  return *rules;
}

const std::vector<Rule>& RestoreRules() {
  static const auto* const rules = new std::vector<Rule>{
      {"", "/*", "", {0}},
      {"random", "", "", {0, 1}, Says::kSomething},
      {"direct", "", "EIO+", {1}, Says::kSomething},  // nor can it be read in another way
      {kHints, "", "", {0}},
      {"thread", "", "", {0, 1}, Says::kSomething},
      {"close", "f.tar.zst", "", {0}},
      {"read", "f.tar.zst", "EIO+", {1}, Says::kSomething},  // nor can anything else be opened
      {"open", "f.tar.zst", "ENOENT", {2}},
      {"getxattr", "out*", "", {0}},  // an ACL may be inherited, then
      {"close", "out*", "", {0, 1}},  // a directory's says nothing
      {"stat unlink", "out*", "", {0, 1}},
      // For its place alone, where that is enough.
      {"open", "out/tree*", "EACCES", {0, 1}, Says::kSomething},
      {"write", "out*", "EIO+", {1}, Says::kSomething},  // the sync at the end fails, too
      {"", "", "", {1}},
  };
  return *rules;
}

const std::vector<Rule>& SalvageRules() {
  static const auto* const rules = [] {
    auto* const all = new std::vector<Rule>{
        {"read direct", "f.tar.zst", "", {0, 1, 4}, Says::kSomething},
        {"stat", "f.tar.zst", "", {0, 1}},        // also to show how far it is
        {"open", "f.tar.zst", "ENOENT", {1, 2}},  // it is opened three times
    };
    all->insert(all->end(), RestoreRules().begin(), RestoreRules().end());
    return all;
  }();
  return *rules;
}

const std::vector<Rule>& AlfrescoBackupRules() {
  static const auto* const rules = [] {
    auto* const all = new std::vector<Rule>{
        {"direct", "", "EIO+", {1, 3, 6}, Says::kSomething},  // nor can it be read in another way
        {"close residency direct", "", "", {0}},
        {"open", "old.properties", "ENOENT", {1, 2}},  // it is read twice
        {"", "old.properties", "", {0, 1}},
        // What may lie beside a server is only told of.
        {"", "alfresco* amps* modules* solr*", "", {0}},
        {"", "old/root/alfresco-* old/root/solr old/root/solr4 old/root/solrhome", "", {0}},
        {"", "old/root/solrBackup old/root/solr4Backup", "", {0}},
        // As if the snapshot were being deleted, or the file.
        {"", "old/root/solr6Backup*", "ENOENT", {0, 1, 3, 75}, Says::kSomething},
        {"", "old/alf.db*", "", {0, 1, 5}, Says::kSomething},  // SQLite has texts of its own
        {"open", "old*", "ENOENT EACCES", {0, 1, 3, 6}, Says::kSomething},
        {"stat", "old/root/contentstore*", "", {0, 1, 3, 6}, Says::kSomething},
        {"", "old*", "", {0, 1, 3, 6}},
        {"ring", "complete", "", {0, 1, 3, 6}, Says::kSomething},
    };
    all->insert(all->end(), BackupRules().begin(), BackupRules().end());
    return all;
  }();
  return *rules;
}

const std::vector<Rule>& AlfrescoRestoreRules() {
  static const auto* const rules = [] {
    auto* const all = new std::vector<Rule>{
        {"mkdir", "/* .", "", {1}, Says::kSomething},  // directories that are there
        {"write", "/*", "EIO+ ENOSPC+", {0, 1}, Says::kSomething},
        {"open", "new.properties", "ENOENT", {1, 2}},  // it is read twice
        {"", "new.properties", "", {0, 1}},
        {"", "new/alf.db*", "", {0, 1}, Says::kSomething},  // SQLite has texts of its own
        {"read", "/*", "EIO+", {0, 1}, Says::kSomething},
        {"direct", "f.tar.zst", "EIO+", {1, 6}, Says::kSomething},
        {"read", "f.tar.zst", "", {1, 6}, Says::kSomething},  // what it holds is lost
        // For its place alone, where that is enough.
        {"open", "new/root/contentstore*", "EACCES ENOENT", {0, 1, 6}, Says::kSomething},
        {"", "new/root/contentstore*", "", {0, 1, 6}},
        {"fsync syncfs chmod chown", "new*", "", {1}},
        {"", "new*", "", {0, 1}},
    };
    all->insert(all->end(), RestoreRules().begin(), RestoreRules().end());
    return all;
  }();
  return *rules;
}

const std::vector<Rule>& ServerBackupRules() {
  static const auto* const rules = [] {
    auto* const all = new std::vector<Rule>{
        // What lasts befalls files, too.
        {"", "", "EIO+ ENOSPC+", {0, 1, 3, 5, 6}, Says::kSomething},
        {"", "pipe:* /memfd:* /dev/null", "", {0, 5}, Says::kSomething},
        {"eventfd", "", "", {0, 1, 5}, Says::kSomething},
    };
    all->insert(all->end(), AlfrescoBackupRules().begin(), AlfrescoBackupRules().end());
    return all;
  }();
  return *rules;
}

const std::vector<Rule>& ServerRestoreRules() {
  static const auto* const rules = [] {
    auto* const all = new std::vector<Rule>{
        {"", "", "EIO+ ENOSPC+", {0, 1, 6}, Says::kSomething},
        {"open", "/dev/null", "EACCES", {0, 1, 2}, Says::kSomething},  // as if there were no psql
        {"", "pipe:* /memfd:* /dev/null", "", {0, 1}, Says::kSomething},
        {"process pipe memfd wait poll thread eventfd", "", "", {0, 1}, Says::kSomething},
        {"access", ".", "", {1}, Says::kSomething},  // directories that are there
    };
    all->insert(all->end(), AlfrescoRestoreRules().begin(), AlfrescoRestoreRules().end());
    return all;
  }();
  return *rules;
}

const std::vector<Rule>& SolrBackupRules() {
  static const auto* const rules = [] {
    auto* const all = new std::vector<Rule>{
        // While Solr is at work it is asked again.
        {"socket connect send receive", "", "", {0, 1}, Says::kSomething},
        {"poll", "socket:*", "", {0, 1}, Says::kSomething},
        {"open", "old/root/solr6Backup/alfresco", "ENOENT", {0, 1, 2, 3, 75}, Says::kSomething},
    };
    all->insert(all->end(), AlfrescoBackupRules().begin(), AlfrescoBackupRules().end());
    return all;
  }();
  return *rules;
}

const std::vector<Rule>& ReadingRules() {
  static const auto* const rules = new std::vector<Rule>{
      {"", "/*", "", {0}},
      {"direct", "", "EIO+", {1}, Says::kSomething},  // nor can it be read in another way
      {kHints, "", "", {0}},
      {"close", "f.tar.zst", "", {0}},
      {"thread", "", "", {0, 1}, Says::kSomething},
      {"open", "f.tar.zst", "ENOENT", {2}},
      {"stat", "printed", "", {0}},
      {"poll", "printed", "", {0}},
      {"write", "printed", "", {1}, Says::kSomething},
      {"", "", "", {1}},
  };
  return *rules;
}

}  // namespace ingot
