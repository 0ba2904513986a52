// Whether there is room for the container.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/backup/earlier_runs.h"
#include "tools/backup/plan.h"
#include "tools/preflight/database_check.h"
#include "tools/preflight/result.h"
#include "tools/preflight/source_sample.h"

namespace ingot {

// What is known about the size of what is to be written.
struct SizeEvidence {
  std::optional<EarlierBackup> earlier;
  std::optional<uint64_t> sources;  // bytes, uncompressed: the trees were walked to their ends
  uint64_t used = 0;                // on the sources' file systems: they hold no more than that
  uint64_t database = 0;            // bytes; 0: not known
};

// An earlier backup says most: with a tenth more there is room enough, with less than four fifths
// of it there is not. Without one, what the sources hold is an upper bound; less than a twentieth
// of it is not enough whatever compresses. What the file systems hold only proves that there is
// room.
inline constexpr double kEarlierEnough = 1.1;
inline constexpr double kEarlierTooLittle = 0.8;
inline constexpr double kSourcesTooLittle = 0.05;

// `where`: the directory that the container is written to.
PreflightResult JudgeSpace(const SizeEvidence& evidence, uint64_t free_bytes,
                           const std::string& where);

SizeEvidence CollectEvidence(const BackupPlan& plan, const SourceSample& sample,
                             const DatabaseFacts& database, const EarlierRuns& earlier);

// Room for a dump that is put aside in `directory` while it is written to a pipe.
PreflightResult JudgeSpool(const DatabaseFacts& database, uint64_t free_bytes,
                           const std::string& directory);

}  // namespace ingot
