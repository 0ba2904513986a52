// The properties that a server runs with, as far as ingot can know them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/alfresco/properties.h"

namespace ingot {

inline constexpr char kClasspath[] = "classpath:";  // inside the web application, not on disk

class AlfrescoSettings {
 public:
  // NotFound and the like when the file cannot be read; InvalidArgument when it is malformed, and
  // for an override of db.password (an argument is no place for a password). Warnings go to
  // `warnings`.
  static absl::StatusOr<AlfrescoSettings> Load(const std::string& properties_file,
                                               const std::map<std::string, std::string>& overrides,
                                               std::vector<std::string>* warnings);
  AlfrescoSettings(std::map<std::string, std::string> values,
                   std::map<std::string, std::string> overrides);

  // With placeholders replaced; empty when it has no value. InvalidArgument when one stays
  // unresolved, with the remedy.
  absl::StatusOr<std::string> Get(const std::string& name) const;
  // The same without the white space that Java keeps at the end: for names and switches.
  absl::StatusOr<std::string> GetWord(const std::string& name) const;
  // db.password as it is; what cannot be replaced in it stays: it may be meant so.
  absl::StatusOr<std::string> Password() const;
  // A directory, made absolute; empty when the property has no value. A "file:" before it is
  // dropped, and "classpath:..." comes back as it is.
  absl::StatusOr<std::string> Path(const std::string& name, absl::string_view base) const;
  // All that have a value, sorted.
  std::vector<std::string> Names() const;
  // As Get, but what cannot be replaced stays and is listed.
  absl::StatusOr<ResolvedValue> Resolve(const std::string& name) const;
  // `text` with its placeholders replaced by these settings.
  absl::StatusOr<ResolvedValue> ResolveText(absl::string_view text) const;
  bool IsOverride(const std::string& name) const { return overrides_.contains(name); }
  // Used where the properties, overrides and defaults have none.
  void SetDefault(const std::string& name, const std::string& value);

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, std::string> overrides_;
};

}  // namespace ingot
