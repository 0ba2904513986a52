#include "core/join/documents.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "io/status.h"

namespace ingot {
namespace {

enum Table : size_t {
  kUrl,
  kEncryption,
  kData,
  kNode,
  kProperty,
  kQName,
  kNamespace,
};
constexpr size_t kTables = 7;

constexpr absl::string_view kContentModel = "http://www.alfresco.org/model/content/1.0";
constexpr absl::string_view kNameProperty = "name";
constexpr uint64_t kContentType = 21;  // of actual_type_n
constexpr int kPassesMax = 6;          // no order of the tables needs more
constexpr size_t kQNamesMax = 1'000'000;

std::vector<WantedTable> Tables() {
  return {{"alf_content_url", {"id", "content_url", "content_size"}},
          {"alf_content_url_encryption", {"content_url_id"}},
          {"alf_content_data", {"id", "content_url_id"}},
          {"alf_node", {"id", "uuid"}},
          {"alf_node_properties",
           {"node_id", "actual_type_n", "qname_id", "long_value", "string_value"}},
          {"alf_qname", {"id", "ns_id", "local_name"}},
          {"alf_namespace", {"id", "uri"}}};
}

std::optional<uint64_t> Number(const std::optional<absl::string_view>& value) {
  uint64_t number;
  if (!value.has_value() || !absl::SimpleAtoi(*value, &number)) return std::nullopt;
  return number;
}

// Follows the rows from URLs to nodes, or from nodes to URLs. What is found in a pass may have come
// too late for rows of a table that was already over: then another pass is needed.
class DocumentSearch : public RowSink {
 public:
  explicit DocumentSearch(const DocumentQuery& query)
      : query_(query), by_node_(!query.uuids.empty()), url_ids_(query.url_ids) {}

  // Whether another pass is needed.
  bool EndPass() {
    names_known_ = true;
    seen_.fill(false);
    return std::exchange(again_, false);
  }

  void Row(size_t table, RowValues values) override {
    seen_[table] = true;
    switch (table) {
      case kUrl:
        return UrlRow(values);
      case kEncryption:
        if (const auto id = Number(values[0]); id && url_ids_.contains(*id)) encrypted_.insert(*id);
        return;
      case kData:
        return DataRow(values);
      case kNode:
        return NodeRow(values);
      case kProperty:
        return PropertyRow(values);
      case kQName:
        return QNameRow(values);
      case kNamespace:
        if (values[1] == kContentModel) content_model_ = Number(values[0]);
        return;
      default:
        INGOT_CHECK(false);
    }
  }

  std::vector<Document> Documents() const;

 private:
  struct Url {
    std::string text;
    uint64_t size = 0;
  };
  struct Node {
    std::string uuid;
    std::string name;
  };
  struct QName {
    uint64_t namespace_id = 0;
    std::string local_name;
  };
  using Content = std::tuple<uint64_t, uint64_t, uint64_t>;  // node, data, qname

  void UrlRow(RowValues values) {
    const std::optional<uint64_t> id = Number(values[0]);
    if (!id || !values[1]) return;
    if (!by_node_ && query_.urls.contains(*values[1])) AddUrlId(*id);
    if (!url_ids_.contains(*id)) return;
    urls_.try_emplace(*id, Url{std::string(*values[1]), Number(values[2]).value_or(0)});
  }

  void DataRow(RowValues values) {
    const std::optional<uint64_t> id = Number(values[0]);
    const std::optional<uint64_t> url_id = Number(values[1]);
    if (!id || !url_id) return;
    if (by_node_) {
      if (!data_ids_.contains(*id)) return;
      url_of_data_.try_emplace(*id, *url_id);
      AddUrlId(*url_id);
    } else if (url_ids_.contains(*url_id) && url_of_data_.size() < kDocumentsMax) {
      if (url_of_data_.try_emplace(*id, *url_id).second) again_ |= seen_[kProperty];
    }
  }

  void NodeRow(RowValues values) {
    const std::optional<uint64_t> id = Number(values[0]);
    if (!id || !values[1]) return;
    if (by_node_ && query_.uuids.contains(*values[1])) AddNode(*id);
    const auto node = nodes_.find(*id);
    if (node != nodes_.end()) node->second.uuid = std::string(*values[1]);
  }

  void PropertyRow(RowValues values) {
    const std::optional<uint64_t> node_id = Number(values[0]);
    const std::optional<uint64_t> qname = Number(values[2]);
    if (!node_id || !qname) return;
    if (Number(values[1]) == kContentType) {
      if (const std::optional<uint64_t> data = Number(values[3])) {
        AddContent(*node_id, *data, *qname);
      }
      return;
    }
    if (!values[4].has_value()) return;
    const auto node = nodes_.find(*node_id);
    if (node == nodes_.end()) return;
    if (!names_known_) {
      again_ = true;
    } else if (IsName(*qname)) {
      node->second.name = std::string(*values[4]);
    }
  }

  void QNameRow(RowValues values) {
    const std::optional<uint64_t> id = Number(values[0]);
    if (!id || !values[2] || qnames_.size() == kQNamesMax) return;
    qnames_.try_emplace(*id, QName{Number(values[1]).value_or(0), std::string(*values[2])});
  }

  // Without its namespace, as far as the dump has namespaces, it is another model's.
  bool IsName(uint64_t qname) const {
    const auto found = qnames_.find(qname);
    return found != qnames_.end() && found->second.local_name == kNameProperty &&
           (!content_model_.has_value() || found->second.namespace_id == *content_model_);
  }

  void AddUrlId(uint64_t id) {
    if (!url_ids_.insert(id).second) return;
    again_ |= seen_[kEncryption] || (by_node_ ? seen_[kUrl] : seen_[kData]);
  }

  void AddNode(uint64_t id) {
    if (nodes_.size() == kDocumentsMax || !nodes_.try_emplace(id).second) return;
    again_ |= seen_[kProperty] || (!by_node_ && seen_[kNode]);
  }

  void AddContent(uint64_t node_id, uint64_t data, uint64_t qname) {
    const bool wanted = by_node_ ? nodes_.contains(node_id) : url_of_data_.contains(data);
    if (!wanted || contents_.size() == kDocumentsMax) return;
    contents_.insert(Content(node_id, data, qname));
    if (!by_node_) {
      AddNode(node_id);
    } else if (data_ids_.insert(data).second) {
      again_ |= seen_[kData];
    }
  }

  const DocumentQuery& query_;
  const bool by_node_;
  std::array<bool, kTables> seen_{};  // in this pass
  bool again_ = false;
  bool names_known_ = false;  // the first pass has brought all names of properties
  absl::flat_hash_set<uint64_t> url_ids_;
  absl::flat_hash_map<uint64_t, Url> urls_;
  absl::flat_hash_set<uint64_t> encrypted_;
  absl::flat_hash_set<uint64_t> data_ids_;
  absl::flat_hash_map<uint64_t, uint64_t> url_of_data_;
  absl::flat_hash_map<uint64_t, Node> nodes_;
  absl::flat_hash_set<Content> contents_;
  absl::flat_hash_map<uint64_t, QName> qnames_;
  std::optional<uint64_t> content_model_;
};

std::vector<Document> DocumentSearch::Documents() const {
  std::vector<Document> documents;
  absl::flat_hash_set<uint64_t> told;  // ids of URLs
  for (const auto& [node_id, data, qname] : contents_) {
    const auto node = nodes_.find(node_id);
    const auto url_id = url_of_data_.find(data);
    if (node == nodes_.end() || url_id == url_of_data_.end()) continue;
    const auto url = urls_.find(url_id->second);
    if (url == urls_.end() || node->second.uuid.empty()) continue;
    const auto property = qnames_.find(qname);
    documents.push_back(
        {.uuid = node->second.uuid,
         .name = node->second.name,
         .url = url->second.text,
         .size = url->second.size,
         .encrypted = encrypted_.contains(url->first),
         .property = property == qnames_.end() ? std::string() : property->second.local_name});
    told.insert(url->first);
  }
  for (const auto& [id, url] : urls_) {
    if (by_node_ || told.contains(id)) continue;
    documents.push_back({.url = url.text, .size = url.size, .encrypted = encrypted_.contains(id)});
  }
  std::sort(documents.begin(), documents.end(), [](const Document& a, const Document& b) {
    return std::tie(a.uuid, a.property, a.url, a.name) <
           std::tie(b.uuid, b.property, b.url, b.name);
  });
  return documents;
}

}  // namespace

absl::StatusOr<std::vector<Document>> FindDocuments(const ReadDump& read_dump,
                                                    std::optional<DumpDialect> dialect,
                                                    const DocumentQuery& query,
                                                    absl::Status* understood) {
  INGOT_CHECK(query.uuids.empty() || (query.urls.empty() && query.url_ids.empty()));
  DocumentSearch search(query);
  for (int pass = 0; pass < kPassesMax; ++pass) {
    INGOT_ASSIGN_OR_RETURN(const DumpTables tables,
                           ReadRows(read_dump, dialect, Tables(), &search));
    understood->Update(tables.understood);
    if (!search.EndPass()) break;
  }
  return search.Documents();
}

}  // namespace ingot
