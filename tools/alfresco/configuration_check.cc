#include "tools/alfresco/configuration_check.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "io/directory.h"
#include "io/status.h"
#include "tools/roots.h"

namespace ingot {
namespace {

constexpr absl::string_view kOwnWebApplications[] = {
    "alfresco.war", "share.war",        "ROOT.war",    "solr.war",         "solr4.war",
    "_vti_bin.war", "awe.war",          "wcmqs.war",   "api-explorer.war", "alfresco-mmt.war",
    "docs.war",     "host-manager.war", "manager.war", "examples.war",
};
constexpr const char* kModuleDirectories[] = {"amps", "amps_share", "modules"};
constexpr const char* kSolrHomes[] = {"solr",
                                      "solr4",
                                      "solr6",
                                      "solrhome",
                                      "alfresco-search-services/solrhome",
                                      "alfresco-insight-engine/solrhome"};
constexpr absl::string_view kEncryptedStore = "encryptedcontentstore";

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string LastPart(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class ConfigurationCheck {
 public:
  ConfigurationCheck(const AlfrescoSettings& settings, const std::string& base,
                     const std::string& properties_file, Coverage* coverage)
      : settings_(settings), properties_file_(properties_file), coverage_(coverage) {
    // .../tomcat/shared/classes/alfresco-global.properties, and Alfresco's home beside tomcat
    const std::string classes = Parent(properties_file);
    homes_.push_back(base);
    if (LastPart(classes) != "classes") return;
    classes_ = classes;
    const std::string tomcat = Parent(Parent(classes));
    tomcats_.push_back(tomcat);
    if (Parent(tomcat) != "/" && Parent(tomcat) != base) homes_.push_back(Parent(tomcat));
  }

  void Properties() {
    const std::string secret = !HasPassword() ? "" : ", with the database's password in it";
    if (!classes_.empty()) {
      Tell(classes_, absl::StrCat("the server's configuration", secret));
    } else {
      Tell(properties_file_, absl::StrCat("the server's configuration", secret));
      Tell(absl::StrCat(Parent(properties_file_), "/alfresco/extension"),
           "extensions of the configuration");
    }
    const absl::StatusOr<std::string> licenses = settings_.Path("dir.license.external", homes_[0]);
    if (!licenses.ok() || !absl::StartsWith(*licenses, "/")) return;
    for (const std::string& name : Names(*licenses)) {
      if (absl::EndsWith(name, ".lic")) Tell(absl::StrCat(*licenses, "/", name), "a licence");
    }
  }

  void Applications() {
    for (const std::string& tomcat : tomcats_) {
      const std::string directory = absl::StrCat(tomcat, "/webapps");
      for (const std::string& name : Names(directory)) {
        const bool is_own =
            std::find(std::begin(kOwnWebApplications), std::end(kOwnWebApplications), name) !=
            std::end(kOwnWebApplications);
        if (absl::EndsWith(name, ".war") && !is_own) {
          Tell(absl::StrCat(directory, "/", name), "a web application of your own");
        }
      }
    }
    std::vector<std::string> places = homes_;
    places.insert(places.end(), tomcats_.begin(), tomcats_.end());
    for (const std::string& place : places) {
      for (const char* name : kModuleDirectories) {
        const std::string path = absl::StrCat(place, "/", name);
        if (!Names(path).empty()) Tell(path, "modules of the server");
      }
    }
  }

  // solrcore.properties of each core, and shared.properties.
  void Solr() {
    std::vector<std::string> places = homes_;
    if (const absl::StatusOr<std::string> root = settings_.Path("dir.root", homes_[0]); root.ok()) {
      places.push_back(*root);
    }
    for (const std::string& place : places) {
      for (const char* home : kSolrHomes) {
        const std::string path = absl::StrCat(place, "/", home);
        for (const std::string& name : Names(path)) {
          const std::string conf =
              name == "conf" ? absl::StrCat(path, "/conf") : absl::StrCat(path, "/", name, "/conf");
          const char* file = name == "conf" ? "/shared.properties" : "/solrcore.properties";
          if (MayExist(conf + file)) Tell(conf, "Solr's configuration");
        }
      }
    }
  }

  PreflightResult Take() { return std::move(result_); }

 private:
  bool HasPassword() const {
    const absl::StatusOr<std::string> password = settings_.Password();
    return password.ok() && !password->empty();
  }

  // Sorted, without those that begin with a dot; empty when there is no such directory.
  std::vector<std::string> Names(const std::string& directory) {
    const absl::StatusOr<io::DirectoryNames> read = io::ReadDirectoryPath(directory);
    if (!read.ok()) {
      if (!absl::IsNotFound(read.status())) {
        result_.Note("configuration", std::string(read.status().message()),
                     "make it readable, or see for yourself whether it holds configuration");
      }
      return {};
    }
    std::vector<std::string> names;
    for (size_t i = 0; i < read->size() && names.size() < kConfigurationEntriesMax; ++i) {
      if (!absl::StartsWith((*read)[i], ".")) names.emplace_back((*read)[i]);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  void Tell(const std::string& path, absl::string_view what) {
    if (!MayExist(path) || coverage_->Covers(path)) return;
    if (!told_.insert(RealOrSame(path)).second) return;
    result_.Note("configuration", absl::StrCat(path, " (", what, ") is not in the backup"),
                 coverage_->HowToTake(path));
  }

  const AlfrescoSettings& settings_;
  const std::string properties_file_;
  Coverage* const coverage_;
  std::vector<std::string> homes_;    // Alfresco's, and the server's working directory
  std::vector<std::string> tomcats_;  // at most one
  std::string classes_;               // of tomcat; empty: the properties lie elsewhere
  std::set<std::string> told_;
  PreflightResult result_;
};

// Properties that name the keys of encrypted content: Alfresco's own store, and add-ons' like it.
bool NamesContentKeys(absl::string_view name) {
  return name == "cryptodoc.jce.keystore.path" ||
         absl::EndsWith(absl::AsciiStrToLower(name), "keystorepath");
}

void TellKeys(const std::string& path, absl::string_view why, Coverage* coverage,
              PreflightResult* result) {
  if (coverage->Covers(path)) return;
  result->Warning(
      "keystore", absl::StrCat(path, " is not in the backup: ", why),
      absl::StrCat("keep a copy apart from the backup, or ", coverage->HowToTake(path)));
}

}  // namespace

PreflightResult CheckKeystores(const AlfrescoSettings& settings, absl::string_view base,
                               Coverage* coverage) {
  constexpr char kOfContent[] = "the content is encrypted, and cannot be read without it";
  constexpr char kOfProperties[] = "encrypted properties cannot be read without it";
  PreflightResult result;
  bool has_content_keys = false;
  for (const std::string& name : settings.Names()) {
    if (!NamesContentKeys(name)) continue;
    const absl::StatusOr<std::string> path = settings.Path(name, base);
    if (!path.ok() || path->empty()) continue;
    has_content_keys = true;
    if (!absl::StartsWith(*path, kClasspath)) TellKeys(*path, kOfContent, coverage, &result);
  }
  const absl::StatusOr<std::string> store = settings.GetWord("filecontentstore.subsystem.name");
  if (!has_content_keys && store.ok() && absl::AsciiStrToLower(*store) == kEncryptedStore) {
    result.Warning("keystore",
                   "the content store is encrypted, and no property (cryptodoc.jce.keystore.path) "
                   "tells where its keys are",
                   "find the keystore, and keep a copy apart from the backup or take it with "
                   "--also");
  }
  absl::StatusOr<std::string> own = settings.Path("encryption.keystore.location", base);
  if (!own.ok() || own->empty()) own = settings.Path("dir.keystore", base);
  if (!own.ok() || own->empty()) return result;
  if (absl::StartsWith(*own, kClasspath)) {
    result.Note("keystore",
                absl::StrCat("the keystore is inside of the web application (", *own,
                             "), or JAVA_OPTS name another (-Dencryption.keystore.location)"),
                "keep a copy apart from the backup");
  } else if (MayExist(*own)) {
    TellKeys(*own, kOfProperties, coverage, &result);
  }
  return result;
}

PreflightResult CheckConfiguration(const AlfrescoSettings& settings, const std::string& base,
                                   const std::string& properties_file, Coverage* coverage) {
  ConfigurationCheck check(settings, base, properties_file, coverage);
  check.Properties();
  check.Applications();
  check.Solr();
  return check.Take();
}

}  // namespace ingot
