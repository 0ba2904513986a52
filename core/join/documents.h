// Documents as a dump's rows describe them: which node has which content, and what it is called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "core/join/dump_reader.h"
#include "core/join/read_dump.h"

namespace ingot {

// One content property of one node; without a node (an empty uuid) when no node has the URL.
struct Document {
  std::string uuid;
  std::string name;  // cm:name; may be empty
  std::string url;
  uint64_t size = 0;       // as the row says, bytes
  bool encrypted = false;  // the file is not what the document's reader sees
  std::string property;    // local name: "content"
  bool operator==(const Document&) const = default;
};

// Either by node or by URL.
struct DocumentQuery {
  absl::flat_hash_set<std::string> uuids;
  absl::flat_hash_set<std::string> urls;
  absl::flat_hash_set<uint64_t> url_ids;
};
// A hostile dump could have any number of them for one URL: what is beyond is left out.
inline constexpr size_t kDocumentsMax = 1'000'000;

// Sorted by UUID, property and URL. Reads the dump as often as the order of its tables makes
// necessary: two times where pg_dump or mysqldump wrote it. A dump that is not understood gives
// what was found until then, and *understood says why. Errors are read_dump's. REQUIRES: no uuids
// together with URLs.
absl::StatusOr<std::vector<Document>> FindDocuments(const ReadDump& read_dump,
                                                    std::optional<DumpDialect> dialect,
                                                    const DocumentQuery& query,
                                                    absl::Status* understood);

}  // namespace ingot
