// Typed members of untrusted JSON objects.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace ingot {

// Reads typed members out of untrusted JSON; the first thing that is wrong stays in status().
class JsonFields {
 public:
  JsonFields(const nlohmann::ordered_json& json, std::string document, std::string where)
      : json_(json), document_(std::move(document)), where_(std::move(where)) {
    if (!json.is_object()) status_ = Malformed(absl::StrCat(where_, " is not an object"));
  }

  const nlohmann::ordered_json* Find(const char* name, bool required) {
    if (!status_.ok()) return nullptr;
    const auto found = json_.find(name);
    if (found != json_.end()) return &*found;
    if (required) status_ = Malformed(absl::StrCat(where_, " has no \"", name, "\""));
    return nullptr;
  }
  void Wrong(const char* name) {
    status_ = Malformed(absl::StrCat(where_, " has a wrong \"", name, "\""));
  }

  std::string Text(const char* name, bool required = true) {
    const nlohmann::ordered_json* value = Find(name, required);
    if (value == nullptr) return "";
    if (value->is_string()) return value->get<std::string>();
    Wrong(name);
    return "";
  }
  uint64_t Number(const char* name) {
    const nlohmann::ordered_json* value = Find(name, true);
    if (value == nullptr) return 0;
    if (value->is_number_unsigned()) return value->get<uint64_t>();
    Wrong(name);
    return 0;
  }
  bool Flag(const char* name) {
    const nlohmann::ordered_json* value = Find(name, false);
    if (value == nullptr) return false;
    if (value->is_boolean()) return value->get<bool>();
    Wrong(name);
    return false;
  }
  std::vector<std::string> List(const char* name) {
    std::vector<std::string> list;
    const nlohmann::ordered_json* value = Find(name, false);
    if (value == nullptr) return list;
    if (!value->is_array()) Wrong(name);
    for (const nlohmann::ordered_json& item : *value) {
      if (!status_.ok()) break;
      if (item.is_string()) {
        list.push_back(item.get<std::string>());
      } else {
        Wrong(name);
      }
    }
    return list;
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status Malformed(absl::string_view what) const {
    return absl::DataLossError(absl::StrCat(document_, ": ", what));
  }

  const nlohmann::ordered_json& json_;
  const std::string document_;
  const std::string where_;
  absl::Status status_;
};

}  // namespace ingot
