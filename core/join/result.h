// What came out of joining a dump's rows with the content files of the same backup.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace ingot {

enum class JoinOutcome {
  kProved,       // every referenced URL has its whole content in the backup
  kFailed,       // content is missing, or not as long as its row says
  kNotPossible,  // JoinResult::reason says why
};
const char* JoinOutcomeName(JoinOutcome outcome);  // "proved", "failed", "not possible"

enum class ContentState {
  kMissing,      // no file in any store of the backup
  kWrongSize,    // a file, but not of the size that the row has
  kIncomplete,   // of the right size, but cut, filled with zeros or changed while it was read
  kRecoverable,  // whole, but in contentstore.deleted or a directory that is no store of the server
};
const char* ContentStateName(ContentState state);  // "missing", "wrong size", ...

// A document that refers to a URL.
struct JoinedNode {
  std::string uuid;
  std::string name;  // cm:name; empty when the dump does not tell
  bool operator==(const JoinedNode&) const = default;
};

struct JoinProblem {
  std::string url;  // "store://2026/1/2/3/4/....bin"
  ContentState state = ContentState::kMissing;
  uint64_t size = 0;        // as the row says, bytes
  uint64_t found_size = 0;  // of the file, bytes; 0 when there is none
  std::vector<JoinedNode> nodes;
  bool operator==(const JoinProblem&) const = default;
};

// Counts of URLs unless said otherwise.
struct JoinResult {
  // A manifest lists the first of them; the counts have all.
  static constexpr size_t kProblemsMax = 10'000;
  static constexpr size_t kNodesMax = 16;  // of one problem

  JoinOutcome outcome = JoinOutcome::kNotPossible;
  std::string reason;        // of kNotPossible; never empty then
  uint64_t url_rows = 0;     // rows of alf_content_url
  uint64_t data_rows = 0;    // rows of alf_content_data
  uint64_t referenced = 0;   // that a row of alf_content_data points to
  uint64_t present = 0;      // with the right size
  uint64_t encrypted = 0;    // of these: their size on disk is not compared
  uint64_t recoverable = 0;  // see ContentState
  uint64_t missing = 0;
  uint64_t wrong_size = 0;
  uint64_t incomplete = 0;
  std::map<std::string, uint64_t> not_on_disk;  // by design: "s3", "spoof", ... to a count
  uint64_t invalid_rows = 0;                    // rows that do not agree with their own CRC-32
  uint64_t unreferenced_files = 0;              // content files that no row refers to: harmless
  std::vector<JoinProblem> problems;            // missing first, then by URL
  bool operator==(const JoinResult&) const = default;
};

nlohmann::ordered_json JoinToJson(const JoinResult& result);
// DataLoss for what is none.
absl::StatusOr<JoinResult> ParseJoin(const nlohmann::ordered_json& json);

}  // namespace ingot
