// What was looked at before a backup, and whether anything stands in its way.
//
// Subjects are words that scripts may depend on: clock, configuration, content-store, database,
// dump-program, engine, free-space, index, index-age, keystore, open-files, orphan-cleanup,
// orphan-protection, password, placeholder, rights, roles, sharded-solr, solr-location, spool,
// target, unreadable.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/manifest.h"

namespace ingot {

struct PreflightResult {
  std::vector<Check> checks;
  // OK, or the worst error: its code becomes the exit code, its message is the check's text and
  // remedy. Wrong usage is worse than a dump that cannot be made, and that is worse than all else:
  // it is what has to be mended first. The first one of several.
  absl::Status verdict;

  void Note(std::string subject, std::string text, std::string remedy = "");
  void Warning(std::string subject, std::string text, std::string remedy);
  // InvalidArgument: usage or configuration; Aborted: the dump could not be made; Unavailable: try
  // later; ResourceExhausted and all others: it would fail.
  void Error(absl::StatusCode code, std::string subject, std::string text, std::string remedy);
  void Append(PreflightResult other);
};

// "text; remedy", or the text alone.
std::string CheckText(const Check& check);

}  // namespace ingot
