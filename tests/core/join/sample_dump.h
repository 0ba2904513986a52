// Dumps for the tests of the join, as the sqlite3 shell writes them: table by table, in any order.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/join/read_dump.h"

namespace ingot {

class SampleDump {
 public:
  // "store://" is added.
  SampleDump& Url(uint64_t id, const std::string& path, uint64_t size) {
    return RawUrl(id, "store://" + path, size);
  }
  SampleDump& RawUrl(uint64_t id, const std::string& url, uint64_t size) {
    const auto* bytes = reinterpret_cast<const Bytef*>(url.data());
    return UrlRow(id, url, crc32(0, bytes, static_cast<uInt>(url.size())), absl::StrCat(size));
  }
  SampleDump& UrlRow(uint64_t id, const std::string& url, uint64_t crc, const std::string& size) {
    std::string last = url.substr(url.size() - std::min<size_t>(url.size(), 12));
    std::transform(last.begin(), last.end(), last.begin(), [](char c) { return std::tolower(c); });
    return Insert("alf_content_url",
                  absl::StrCat(id, ",'", url, "','", last, "',", crc, ",", size, ",NULL"));
  }
  SampleDump& Data(uint64_t id, const std::string& url_id) {
    return Insert("alf_content_data", absl::StrCat(id, ",1,", url_id));
  }
  SampleDump& Encrypted(uint64_t url_id) {
    return Insert("alf_content_url_encryption", absl::StrCat(url_id, ",", url_id));
  }
  SampleDump& Node(uint64_t id, const std::string& uuid) {
    return Insert("alf_node", absl::StrCat(id, ",1,'", uuid, "'"));
  }
  SampleDump& Name(uint64_t node, const std::string& name, uint64_t qname = 10) {
    return Insert(
        "alf_node_properties",
        absl::StrCat(node, ",6,0,'", absl::StrReplaceAll(name, {{"'", "''"}}), "',", qname));
  }
  SampleDump& Content(uint64_t node, uint64_t data, uint64_t qname = 11) {
    return Insert("alf_node_properties", absl::StrCat(node, ",21,", data, ",NULL,", qname));
  }
  // A URL, and a node that has it: all with the same id.
  SampleDump& Document(uint64_t id, const std::string& path, uint64_t size) {
    return Url(id, path, size)
        .Data(id, absl::StrCat(id))
        .Node(id, absl::StrCat("uuid-", id))
        .Name(id, absl::StrCat("Document ", id, ".txt"))
        .Content(id, id);
  }
  // cm:name has qname 10, cm:content 11; another model's name has 12.
  SampleDump& Model(bool with_namespaces = true) {
    Insert("alf_qname", "10,1,5,'name'").Insert("alf_qname", "11,1,5,'content'");
    if (!with_namespaces) return *this;
    Insert("alf_qname", "12,1,6,'name'");
    Insert("alf_namespace", "5,1,'http://www.alfresco.org/model/content/1.0'");
    return Insert("alf_namespace", "6,1,'http://example.org/model/1.0'");
  }
  SampleDump& Insert(const std::string& table, const std::string& values) {
    absl::StrAppend(&rows_[table], "INSERT INTO ", table, " VALUES(", values, ");\n");
    return *this;
  }

  // pg_dump and mysqldump write tables by name, SQLite as they were made.
  static std::vector<std::string> ByName() {
    return {"alf_content_data", "alf_content_url", "alf_content_url_encryption",
            "alf_namespace",    "alf_node",        "alf_node_properties",
            "alf_qname"};
  }
  static std::vector<std::string> Reversed() {
    std::vector<std::string> tables = ByName();
    std::reverse(tables.begin(), tables.end());
    return tables;
  }
  std::string Text(const std::vector<std::string>& tables = ByName()) const {
    static const std::map<std::string, std::string> kColumns = {
        {"alf_content_url",
         "id INTEGER, content_url VARCHAR, content_url_short VARCHAR, content_url_crc BIGINT, "
         "content_size BIGINT, orphan_time BIGINT"},
        {"alf_content_url_encryption", "id INTEGER, content_url_id BIGINT"},
        {"alf_content_data", "id INTEGER, version BIGINT, content_url_id BIGINT"},
        {"alf_node", "id INTEGER, version BIGINT, uuid VARCHAR"},
        {"alf_node_properties",
         "node_id BIGINT, actual_type_n INTEGER, long_value BIGINT, string_value VARCHAR, "
         "qname_id BIGINT"},
        {"alf_qname", "id INTEGER, version BIGINT, ns_id BIGINT, local_name VARCHAR"},
        {"alf_namespace", "id INTEGER, version BIGINT, uri VARCHAR"}};
    std::string text = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n";
    for (const std::string& table : tables) {
      absl::StrAppend(&text, "CREATE TABLE ", table, "(", kColumns.at(table), ");\n");
      if (rows_.contains(table)) text += rows_.at(table);
    }
    return text + "COMMIT;\n";
  }

 private:
  std::map<std::string, std::string> rows_;
};

// Counts how often it is read.
inline ReadDump ReadText(std::string text, int* times = nullptr) {
  return [text = std::move(text),
          times](absl::FunctionRef<absl::Status(absl::Span<const char>)> sink) -> absl::Status {
    if (times != nullptr) ++*times;
    return sink(text);
  };
}

}  // namespace ingot
