#include "core/join/referenced_urls.h"

#include <zlib.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot {
namespace {

enum Table : size_t { kUrlTable, kDataTable, kEncryptionTable };
constexpr char kOtherSchemes[] = "other";
constexpr size_t kShortLength = 12;  // of content_url_short

std::optional<uint64_t> Number(const std::optional<absl::string_view>& value) {
  uint64_t number;
  if (!value.has_value() || !absl::SimpleAtoi(*value, &number)) return std::nullopt;
  return number;
}

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isascii(c); });
}

// A row's own word on its URL. The last characters are lower-cased by Java in the server's
// language, which not every language does as ASCII would.
bool AgreesWithItself(absl::string_view url, absl::string_view url_short, uint64_t crc) {
  if (crc != crc32_z(0, reinterpret_cast<const Bytef*>(url.data()), url.size())) return false;
  const absl::string_view last = url.substr(url.size() - std::min(url.size(), kShortLength));
  return !IsAscii(last) || !IsAscii(url_short) || absl::EqualsIgnoreCase(last, url_short);
}

absl::Status Unknown(absl::string_view why) { return absl::FailedPreconditionError(why); }

}  // namespace

absl::string_view ContentScheme(absl::string_view url) {
  const size_t end = url.find("://");
  return end == absl::string_view::npos ? absl::string_view() : url.substr(0, end);
}

std::string ContentPath(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != absl::string_view::npos) url.remove_prefix(scheme + 3);
  std::string path;
  path.reserve(url.size());
  for (const char c : url) {
    if (c != '/' || (!path.empty() && path.back() != '/')) path.push_back(c);
  }
  return path;
}

std::vector<WantedTable> ReferencedUrls::WantedTables() {
  return {{"alf_content_url",
           {"id", "content_url", "content_url_short", "content_url_crc", "content_size"}},
          {"alf_content_data", {"content_url_id"}},
          {"alf_content_url_encryption", {"content_url_id"}}};
}

void ReferencedUrls::Row(size_t table, RowValues values) {
  switch (table) {
    case kUrlTable:
      return UrlRow(values);
    case kDataTable:
      return DataRow(values);
    case kEncryptionTable:
      return EncryptionRow(values);
    default:
      INGOT_CHECK(false);
  }
}

void ReferencedUrls::UrlRow(RowValues values) {
  ++url_rows_;
  const std::optional<uint64_t> id = Number(values[0]);
  const std::optional<uint64_t> crc = Number(values[3]);
  const std::optional<uint64_t> size = Number(values[4]);
  if (!id || !values[1] || values[1]->empty() || !values[2] || !crc || !size) {
    ++invalid_rows_;
    return;
  }
  const absl::string_view url = *values[1];
  if (!AgreesWithItself(url, *values[2], *crc)) ++invalid_rows_;  // it may be in the backup yet
  if (data_came_ && !referenced_.Contains(*id)) return;
  const absl::string_view scheme = ContentScheme(url);
  if (scheme == kStoreScheme || scheme.empty()) {
    if (!table_.Add(ContentPath(url), *id, *size)) ++beyond_limits_;
    return;
  }
  auto ids = elsewhere_.find(std::string(scheme));
  if (ids == elsewhere_.end()) {
    ids = elsewhere_
              .try_emplace(elsewhere_.size() < kSchemesMax ? std::string(scheme) : kOtherSchemes)
              .first;
  }
  ids->second.Add(*id);
}

void ReferencedUrls::DataRow(RowValues values) {
  data_came_ |= url_rows_ == 0;
  ++data_rows_;
  if (!values[0].has_value()) return;  // a document without content
  if (const std::optional<uint64_t> id = Number(values[0])) {
    referenced_.Add(*id);
  } else {
    ++invalid_rows_;
  }
}

void ReferencedUrls::EncryptionRow(RowValues values) {
  if (const std::optional<uint64_t> id = Number(values[0])) {
    encrypted_.Add(*id);
  } else {
    ++invalid_rows_;
  }
}

void ReferencedUrls::Finish(const absl::Status& understood,
                            absl::FunctionRef<bool(size_t)> has_table) {
  table_.Seal([this](uint64_t id) { return referenced_.Contains(id); },
              [this](uint64_t id) { return encrypted_.Contains(id); });
  for (auto& [scheme, ids] : elsewhere_) {
    ids.Intersect(referenced_);
    if (ids.Count() > 0) not_on_disk_[scheme] = ids.Count();
  }
  elsewhere_.clear();
  known_ = CheckAll(understood, has_table);
}

uint64_t ReferencedUrls::MemoryBytes() const {
  uint64_t bytes = table_.MemoryBytes() + referenced_.MemoryBytes() + encrypted_.MemoryBytes();
  for (const auto& [scheme, ids] : elsewhere_) bytes += ids.MemoryBytes();
  return bytes;
}

absl::Status ReferencedUrls::CheckAll(const absl::Status& understood,
                                      absl::FunctionRef<bool(size_t)> has_table) const {
  INGOT_RETURN_IF_ERROR(understood);
  for (const Table table : {kUrlTable, kDataTable}) {
    if (!has_table(table)) {
      return Unknown(absl::StrCat("it has no table ", WantedTables()[table].name,
                                  ": is it of Alfresco's database, and of all its tables?"));
    }
  }
  if (beyond_limits_ > 0) {
    return Unknown(absl::StrCat(beyond_limits_, " of its rows of alf_content_url have an id or a ",
                                "size beyond what ingot handles, or there are too many of them"));
  }
  if (invalid_rows_ > 0) {
    return Unknown(absl::StrCat(invalid_rows_, " of its rows are not as Alfresco writes them: ",
                                "without an id or a size, or with a URL that does not agree with ",
                                "its own CRC-32"));
  }
  uint64_t found = table_.size();
  for (const auto& [scheme, count] : not_on_disk_) found += count;
  if (found < referenced()) {
    return Unknown(absl::StrCat("its rows of alf_content_data refer to ", referenced() - found,
                                " rows of alf_content_url that it does not have"));
  }
  if (found > referenced()) {
    return Unknown(
        "it has rows of alf_content_url with the same id: more than one schema of Alfresco's? "
        "Dump one alone (db.schema.name)");
  }
  return absl::OkStatus();
}

}  // namespace ingot
