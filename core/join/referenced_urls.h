// What a dump's rows refer to: alf_content_url, alf_content_data and alf_content_url_encryption, in
// whatever order their rows come, in at most 24 bytes for each referenced URL.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/join/dump_reader.h"
#include "core/join/id_set.h"
#include "core/join/url_table.h"

namespace ingot {

// "store" of "store://2026/1/...", "" where there is no "://".
absl::string_view ContentScheme(absl::string_view url);
// Where a URL's file lies below its store: "2026/1/..."; single slashes, as a file's path has them.
std::string ContentPath(absl::string_view url);
inline constexpr char kStoreScheme[] = "store";

// Fed with rows by one thread, then finished once; what comes of it is in the members.
class ReferencedUrls : public RowSink {
 public:
  static std::vector<WantedTable> WantedTables();

  void Row(size_t table, RowValues values) override;
  // After the last row. `understood` and `has_table`: the reader's (DumpReader::Finish, HasTable).
  void Finish(const absl::Status& understood, absl::FunctionRef<bool(size_t)> has_table);

  // After Finish. FailedPrecondition says, as the end of a sentence, why the rows do not tell all
  // that is referenced: "it has no table alf_content_url".
  const absl::Status& known() const { return known_; }
  uint64_t url_rows() const { return url_rows_; }
  uint64_t data_rows() const { return data_rows_; }
  uint64_t referenced() const { return referenced_.Count(); }
  // Rows that are not what Alfresco writes: not of their own CRC-32, or without an id, URL or size.
  uint64_t invalid_rows() const { return invalid_rows_; }
  // Of referenced URLs of other schemes than "store": they are on no disk.
  const std::map<std::string, uint64_t>& not_on_disk() const { return not_on_disk_; }
  // The others; sealed.
  UrlTable& table() { return table_; }
  const UrlTable& table() const { return table_; }
  uint64_t MemoryBytes() const;

 private:
  // More schemes than that are counted together.
  static constexpr size_t kSchemesMax = 64;

  void UrlRow(RowValues values);
  void DataRow(RowValues values);
  void EncryptionRow(RowValues values);
  absl::Status CheckAll(const absl::Status& understood,
                        absl::FunctionRef<bool(size_t)> has_table) const;

  bool data_came_ = false;  // before the first URL: what is not referenced need not be kept
  uint64_t url_rows_ = 0;
  uint64_t data_rows_ = 0;
  uint64_t invalid_rows_ = 0;
  uint64_t beyond_limits_ = 0;
  IdSet referenced_;  // ids of URLs
  IdSet encrypted_;
  std::map<std::string, IdSet> elsewhere_;  // scheme to ids of URLs
  UrlTable table_;
  std::map<std::string, uint64_t> not_on_disk_;
  absl::Status known_ = absl::FailedPreconditionError("it was not read to its end");
};

}  // namespace ingot
