#include "tools/alfresco/settings.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "io/file_stat.h"
#include "io/small_file.h"
#include "io/status.h"
#include "tools/alfresco/properties.h"
#include "tools/roots.h"

namespace ingot {
namespace {

// Of Alfresco's repository.properties. The index backup's locations depend on index.subsystem.name
// and are set by whoever knows it.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"dir.root", "./alf_data"},
    {"dir.contentstore", "${dir.root}/contentstore"},
    {"dir.contentstore.deleted", "${dir.root}/contentstore.deleted"},
    {"dir.contentstore.tenants", ""},
    {"dir.cachedcontent", "${dir.root}/cachedcontent"},
    {"dir.keystore", "classpath:alfresco/keystore"},
    {"db.name", "alfresco"},
};

}  // namespace

AlfrescoSettings::AlfrescoSettings(std::map<std::string, std::string> values,
                                   std::map<std::string, std::string> overrides)
    : values_(std::move(values)), overrides_(std::move(overrides)) {
  for (const auto& [name, value] : overrides_) values_[name] = value;
  for (const auto& [name, value] : kDefaults) SetDefault(name, value);
}

absl::StatusOr<AlfrescoSettings> AlfrescoSettings::Load(
    const std::string& properties_file, const std::map<std::string, std::string>& overrides,
    std::vector<std::string>* warnings) {
  if (overrides.contains("db.password")) {
    return absl::InvalidArgumentError(
        "a password in an argument can be seen by everyone on this machine: use --password-file");
  }
  INGOT_ASSIGN_OR_RETURN(const io::FileStat stat, io::StatPath(properties_file));
  if (S_ISFIFO(stat.mode)) {
    return absl::InvalidArgumentError(absl::StrCat(
        properties_file, " is a pipe: properties are read more than once, give a file"));
  }
  INGOT_ASSIGN_OR_RETURN(const std::string bytes,
                         io::ReadSmallFile(properties_file, kPropertiesBytesMax));
  absl::StatusOr<Properties> properties = ParseProperties(bytes);
  if (!properties.ok()) return Annotate(properties.status(), properties_file);
  if (!properties->utf8_lines.empty()) {
    warnings->push_back(
        absl::StrCat(properties_file, " holds UTF-8, first in line ", properties->utf8_lines[0],
                     ": Java reads it as Latin-1, and so does ingot; write \\uXXXX instead"));
  }
  return AlfrescoSettings(std::move(properties->values), overrides);
}

absl::StatusOr<std::string> AlfrescoSettings::Get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::string();
  absl::StatusOr<ResolvedValue> resolved = ResolvePlaceholders(values_, found->second);
  if (!resolved.ok()) return Annotate(resolved.status(), name);
  if (!resolved->unresolved.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " refers to ${", absl::StrJoin(resolved->unresolved, "}, ${"),
        "}, which has no value: give it with --set ", resolved->unresolved[0], "=VALUE"));
  }
  return std::move(resolved->text);
}

absl::StatusOr<std::string> AlfrescoSettings::GetWord(const std::string& name) const {
  INGOT_ASSIGN_OR_RETURN(const std::string value, Get(name));
  return std::string(absl::StripAsciiWhitespace(value));
}

absl::StatusOr<std::string> AlfrescoSettings::Password() const {
  const auto found = values_.find("db.password");
  if (found == values_.end()) return std::string();
  absl::StatusOr<ResolvedValue> resolved = ResolvePlaceholders(values_, found->second);
  if (!resolved.ok()) return Annotate(resolved.status(), "db.password");
  return std::move(resolved->text);
}

absl::StatusOr<std::string> AlfrescoSettings::Path(const std::string& name,
                                                   absl::string_view base) const {
  INGOT_ASSIGN_OR_RETURN(const std::string value, Get(name));
  if (value.empty() || absl::StartsWith(value, kClasspath)) return value;
  absl::string_view path = value;
  if (absl::ConsumePrefix(&path, "file:") && absl::StartsWith(path, "//")) path.remove_prefix(2);
  return AbsolutePath(path, base);
}

std::vector<std::string> AlfrescoSettings::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : values_) names.push_back(name);
  return names;
}

absl::StatusOr<ResolvedValue> AlfrescoSettings::Resolve(const std::string& name) const {
  const auto found = values_.find(name);
  return ResolveText(found == values_.end() ? "" : found->second);
}

absl::StatusOr<ResolvedValue> AlfrescoSettings::ResolveText(absl::string_view text) const {
  return ResolvePlaceholders(values_, text);
}

void AlfrescoSettings::SetDefault(const std::string& name, const std::string& value) {
  values_.emplace(name, value);
}

}  // namespace ingot
