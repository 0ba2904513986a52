#include "tools/preflight/space_check.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "tools/preflight/plan_roots.h"
#include "tools/size.h"

namespace ingot {
namespace {

constexpr char kSubject[] = "free-space";
constexpr char kRemedy[] = "free some, or name a target elsewhere with -o";
constexpr uint64_t kEntryBytes = 1024;  // tar header and index, roughly

double Of(double part, uint64_t bytes) { return part * static_cast<double>(bytes); }

PreflightResult ByEarlier(const EarlierBackup& earlier, uint64_t free_bytes,
                          const std::string& free) {
  PreflightResult result;
  const std::string text = absl::StrCat(free, "; by an earlier backup, ", earlier.path, ", about ",
                                        FormatSize(earlier.bytes), " are needed");
  const double bytes = static_cast<double>(free_bytes);
  if (bytes < Of(kEarlierTooLittle, earlier.bytes)) {
    result.Error(absl::StatusCode::kResourceExhausted, kSubject, text, kRemedy);
  } else if (bytes < Of(kEarlierEnough, earlier.bytes)) {
    result.Warning(kSubject, text, kRemedy);
  } else {
    result.Note(kSubject, text);
  }
  return result;
}

}  // namespace

PreflightResult JudgeSpace(const SizeEvidence& evidence, uint64_t free_bytes,
                           const std::string& where) {
  PreflightResult result;
  const std::string free = absl::StrCat(FormatSize(free_bytes), " are free in ", where);
  const std::string database =
      evidence.database == 0
          ? ", without the database, of which the size is not known"
          : absl::StrCat(", with ", FormatSize(evidence.database), " of database");
  if (evidence.sources.has_value()) {
    const uint64_t most = *evidence.sources + evidence.database;
    const std::string text = absl::StrCat(free, "; at most about ", FormatSize(most),
                                          " are needed, by the size of the sources", database);
    if (free_bytes >= most) {
      result.Note(kSubject, text);
      return result;
    }
    if (evidence.earlier.has_value()) return ByEarlier(*evidence.earlier, free_bytes, free);
    if (static_cast<double>(free_bytes) < Of(kSourcesTooLittle, most)) {
      result.Error(absl::StatusCode::kResourceExhausted, kSubject, text, kRemedy);
    } else {
      result.Warning(kSubject, text, kRemedy);
    }
    return result;
  }
  if (evidence.earlier.has_value()) return ByEarlier(*evidence.earlier, free_bytes, free);
  const uint64_t most = evidence.used + evidence.database;
  const std::string text = absl::StrCat(free, "; by what the sources' file systems hold, at most ",
                                        FormatSize(most), " are needed", database);
  if (free_bytes >= most) {
    result.Note(kSubject, text);
  } else {
    result.Warning(kSubject, absl::StrCat(text, ": it is not known whether that is enough"),
                   "see how large the content is; the next backup here will know");
  }
  return result;
}

SizeEvidence CollectEvidence(const BackupPlan& plan, const SourceSample& sample,
                             const DatabaseFacts& database, const EarlierRuns& earlier) {
  SizeEvidence evidence;
  evidence.earlier = earlier.largest;
  if (sample.complete) evidence.sources = sample.bytes + sample.entries * kEntryBytes;
  evidence.database = database.bytes.value_or(0);
  std::set<uint64_t> devices;
  for (const TreeRoot& root : RootsOfPlan(plan)) {
    struct stat status;
    struct statvfs space;
    if (stat(root.source_path.c_str(), &status) != 0 || !devices.insert(status.st_dev).second ||
        statvfs(root.source_path.c_str(), &space) != 0) {
      continue;
    }
    evidence.used += (uint64_t{space.f_blocks} - space.f_bfree) * space.f_frsize;
  }
  return evidence;
}

PreflightResult JudgeSpool(const DatabaseFacts& database, uint64_t free_bytes,
                           const std::string& directory) {
  PreflightResult result;
  if (!database.bytes.has_value()) {
    result.Note("spool", absl::StrCat("the dump is put aside in ", directory, ", where ",
                                      FormatSize(free_bytes), " are free, before it is written"));
  } else if (free_bytes < *database.bytes) {
    result.Warning("spool",
                   absl::StrCat("written to a pipe, the dump is first put aside in ", directory,
                                ", where ", FormatSize(free_bytes), " are free; the database has ",
                                FormatSize(*database.bytes)),
                   "set TMPDIR to a directory with more room, or write to a file");
  }
  return result;
}

}  // namespace ingot
