#include "tools/solr/solr_flags.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "io/status.h"
#include "tools/database/password.h"
#include "tools/roots.h"

namespace ingot {
namespace {

constexpr char kGroup[] = "Solr";
constexpr char kSolr1[] = "solr";  // Solr 1.4, which keeps all snapshots
constexpr char kSecretProperty[] = "solr.sharedSecret";
constexpr absl::Duration kTimeoutMin = absl::Seconds(1);
constexpr absl::Duration kTimeoutMax = absl::Hours(24 * 7);
constexpr int kPortMax = 65535;

// What Alfresco's subsystems have where no property says otherwise.
void SetDefaults(const std::string& subsystem, AlfrescoSettings* settings) {
  const bool solr6 = subsystem == "solr6";
  settings->SetDefault("solr.host", "localhost");
  settings->SetDefault("solr.port", solr6 ? "8983" : "8080");
  settings->SetDefault("solr.port.ssl", solr6 ? "8983" : "8443");
  settings->SetDefault("solr.baseUrl", subsystem == "solr4" ? "/solr4" : "/solr");
  settings->SetDefault("solr.sharedSecret.header", "X-Alfresco-Search-Secret");
  const absl::StatusOr<std::string> secret = settings->Get(kSecretProperty);
  settings->SetDefault("solr.secureComms", secret.ok() && !secret->empty() ? "secret" : "https");
}

absl::StatusOr<std::string> PlanUrl(const AlfrescoSettings& settings, bool https) {
  INGOT_ASSIGN_OR_RETURN(std::string host, settings.GetWord("solr.host"));
  const char* const port_property = https ? "solr.port.ssl" : "solr.port";
  INGOT_ASSIGN_OR_RETURN(const std::string port, settings.GetWord(port_property));
  INGOT_ASSIGN_OR_RETURN(const std::string base, settings.GetWord("solr.baseUrl"));
  int number = 0;
  if (!absl::SimpleAtoi(port, &number) || number < 1 || number > kPortMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(port_property, "=", port, " is no port: name Solr's address with --solr-url"));
  }
  if (absl::StrContains(host, ":") && !absl::StartsWith(host, "[")) host = "[" + host + "]";
  return absl::StrCat(https ? "https" : "http", "://", host, ":", number,
                      absl::StartsWith(base, "/") ? "" : "/", base);
}

absl::Status PlanSecret(const SolrOptions& options, const AlfrescoSettings& settings, bool needed,
                        HttpOptions* http) {
  if (!options.secret_file.empty()) {
    const absl::StatusOr<std::string> secret =
        tools::FindPassword(tools::DatabaseVendor::kCommand, options.secret_file);
    if (!secret.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--solr-secret-file: ", secret.status().message()));
    }
    http->header_value = *secret;
  } else if (needed) {
    INGOT_ASSIGN_OR_RETURN(http->header_value, settings.Get(kSecretProperty));
    if (http->header_value.empty()) {
      return absl::InvalidArgumentError(
          "solr.secureComms=secret, but solr.sharedSecret is not in the properties: give it with "
          "--solr-secret-file FILE");
    }
  }
  if (http->header_value.empty()) return absl::OkStatus();
  INGOT_ASSIGN_OR_RETURN(http->header_name, settings.GetWord("solr.sharedSecret.header"));
  return absl::OkStatus();
}

absl::StatusOr<int> PlanKeep(const SolrOptions& options, AlfrescoSettings* settings,
                             const std::string& subsystem, const std::string& core) {
  if (options.keep != SolrOptions::kKeepOfProperties) return options.keep;
  if (subsystem == kSolr1) return 0;
  const std::string property = absl::StrCat("solr.backup.", core, ".numberToKeep");
  settings->SetDefault(property, "3");
  INGOT_ASSIGN_OR_RETURN(const std::string text, settings->GetWord(property));
  int keep = 0;
  if (absl::SimpleAtoi(text, &keep) && keep >= 0 && keep <= SolrOptions::kKeepMax) return keep;
  return absl::InvalidArgumentError(
      absl::StrCat(property, "=", text, " is no number of snapshots: give --solr-keep N"));
}

absl::Status PlanCores(const SolrOptions& options, const IndexBackup& index,
                       AlfrescoSettings* settings, std::vector<SolrCore>* cores) {
  std::vector<std::string> names;
  for (const IndexCore& core : index.cores) names.push_back(core.name);
  if (names.empty()) {
    return absl::InvalidArgumentError(
        "--solr-backup: there is no index to back up (index.subsystem.name or --index none says "
        "so): leave it out");
  }
  for (const std::string& wanted : options.cores) {
    if (std::count(names.begin(), names.end(), wanted) > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--solr-core ", wanted, " is none of ", absl::StrJoin(names, ", ")));
  }
  for (const IndexCore& core : index.cores) {
    if (!options.cores.empty() &&
        std::count(options.cores.begin(), options.cores.end(), core.name) == 0) {
      continue;
    }
    SolrCore planned;
    planned.name = core.name;
    planned.directory = core.directory;
    planned.location =
        options.location.empty() ? core.location : absl::StrCat(options.location, "/", core.name);
    INGOT_ASSIGN_OR_RETURN(planned.keep, PlanKeep(options, settings, index.subsystem, core.name));
    cores->push_back(std::move(planned));
  }
  return absl::OkStatus();
}

std::string CheckTimeout(const std::string& text) {
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) && duration >= kTimeoutMin && duration <= kTimeoutMax) {
    return "";
  }
  return absl::StrCat("'", text, "' is no time from ", absl::FormatDuration(kTimeoutMin), " to ",
                      absl::FormatDuration(kTimeoutMax), ": write it as 90m or 2h30m");
}

std::string FromHere(const std::string& path) {
  const absl::StatusOr<std::string> here = WorkingDirectory();
  return here.ok() && !path.empty() ? AbsolutePath(path, *here) : path;
}

}  // namespace

void AddSolrFlags(CLI::App* verb, SolrOptions* options) {
  CLI::Option* const backup =
      verb->add_flag("--solr-backup", options->backup,
                     "Ask Solr for a backup of each core first, wait for it and take that; its "
                     "address, secret and locations come from the properties")
          ->group(kGroup);
  const auto add = [&](const char* flag, const char* type, std::string* value, const char* help) {
    return verb->add_option(flag, *value, help)->type_name(type)->group(kGroup)->needs(backup);
  };
  const auto add_file = [&](const char* flag, std::string* value, const char* help) {
    verb->add_option_function<std::string>(
            flag, [value](const std::string& path) { *value = FromHere(path); }, help)
        ->type_name("FILE")
        ->group(kGroup)
        ->needs(backup);
  };
  add("--solr-url", "URL", &options->url,
      "Solr's address, as http://localhost:8983/solr; proxies are not used, redirects not "
      "followed");
  verb->add_option("--solr-core", options->cores, "Only this core; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->group(kGroup)
      ->needs(backup);
  verb->add_option_function<std::string>(
          "--solr-timeout",
          [options](const std::string& text) {
            absl::ParseDuration(text, &options->timeout);  // CheckTimeout has seen it
          },
          "How long one core's backup may take (default 2h)")
      ->check(CheckTimeout)
      ->type_name("TIME")
      ->group(kGroup)
      ->needs(backup);
  verb->add_option("--solr-keep", options->keep,
                   "How many snapshots Solr keeps of each core (default: as in the properties); 0: "
                   "as Solr itself is configured")
      ->check(CLI::Range(0, SolrOptions::kKeepMax))
      ->type_name("N")
      ->group(kGroup)
      ->needs(backup);
  add("--solr-location", "DIR", &options->location,
      "The backups' directory, DIR/alfresco and DIR/archive, as Solr's host sees it");
  add_file("--solr-secret-file", &options->secret_file,
           "A file whose first line is the shared secret");
  add_file("--solr-cert", &options->certificate_file, "Client certificate, PEM");
  add_file("--solr-key", &options->key_file, "Its key, PEM, where it is not in the same file");
  add_file("--solr-ca", &options->ca_file, "Certificates that Solr's is checked against, PEM");
}

absl::StatusOr<SolrRequest> PlanSolrRequest(const SolrOptions& options, AlfrescoSettings settings,
                                            const IndexBackup& index) {
  if (settings.IsOverride(kSecretProperty)) {
    return absl::InvalidArgumentError(
        "a secret in an argument can be seen by everyone on this machine: use --solr-secret-file");
  }
  SetDefaults(index.subsystem, &settings);
  INGOT_ASSIGN_OR_RETURN(const std::string comms, settings.GetWord("solr.secureComms"));
  SolrRequest request;
  request.limit = options.timeout;
  request.url = options.url;
  if (request.url.empty()) {
    INGOT_ASSIGN_OR_RETURN(request.url, PlanUrl(settings, absl::EqualsIgnoreCase(comms, "https")));
  }
  while (absl::EndsWith(request.url, "/")) request.url.pop_back();
  request.http.certificate_file = options.certificate_file;
  request.http.key_file = options.key_file;
  request.http.ca_file = options.ca_file;
  INGOT_RETURN_IF_ERROR(
      PlanSecret(options, settings, absl::EqualsIgnoreCase(comms, "secret"), &request.http));
  INGOT_RETURN_IF_ERROR(PlanCores(options, index, &settings, &request.cores));
  return request;
}

}  // namespace ingot
