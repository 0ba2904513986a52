#include "tools/alfresco/content_store_check.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "io/directory.h"
#include "io/file_stat.h"
#include "io/small_file.h"
#include "tools/roots.h"

namespace ingot {
namespace {

constexpr char kSubject[] = "content-store";

// What names a directory that is no content: decided about elsewhere.
constexpr absl::string_view kOtherProperties[] = {
    "dir.root",    "dir.cachedcontent",  "dir.keystore",     "dir.license.external",
    "dir.indexes", "dir.indexes.backup", "dir.indexes.lock",
};
constexpr absl::string_view kObjectStoreSuffixes[] = {"bucketname", "containername"};

bool NamesStore(absl::string_view name) {
  for (const absl::string_view other : kOtherProperties) {
    if (name == other) return false;
  }
  const std::string lower = absl::AsciiStrToLower(name);
  return absl::StartsWith(lower, "dir.") || absl::StrContains(lower, "contentstore") ||
         absl::StrContains(lower, ".root.") || absl::EndsWith(lower, "rootpath");
}

bool NamesObjectStore(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const absl::string_view suffix : kObjectStoreSuffixes) {
    if (absl::EndsWith(lower, suffix)) return true;
  }
  return false;
}

class Finder {
 public:
  Finder(const AlfrescoSettings& settings, absl::string_view base, Coverage* coverage)
      : settings_(settings), base_(base), coverage_(coverage) {
    if (const absl::StatusOr<std::string> root = settings.Path("dir.root", base); root.ok()) {
      root_ = RealOrSame(*root);
    }
  }

  void LookAtProperty(const std::string& name, absl::string_view value, const std::string& where) {
    const absl::StatusOr<ResolvedValue> resolved = settings_.ResolveText(value);
    if (!resolved.ok() || !resolved->unresolved.empty() || resolved->text.empty()) return;
    if (NamesObjectStore(name)) {
      result_.Warning(kSubject,
                      absl::StrCat(where, ": content in the object store ", resolved->text,
                                   " is on no disk, and not in the backup"),
                      "back it up by its own means");
    } else if (NamesStore(name)) {
      LookAtPath(resolved->text, where);
    }
  }

  void LookAtXml(absl::string_view xml, const std::string& file) {
    if (!absl::StrContains(xml, "ontentStore")) return;
    for (const std::string& text : PathsInXml(xml)) {
      const absl::StatusOr<ResolvedValue> resolved = settings_.ResolveText(text);
      if (resolved.ok() && resolved->unresolved.empty()) LookAtPath(resolved->text, file);
    }
  }

  void CannotLook(absl::string_view why) {
    result_.Warning(kSubject, absl::StrCat(why, ": content stores that it names are not known"),
                    "make it readable, or see for yourself whether it names a store");
  }

  PreflightResult Take() { return std::move(result_); }

 private:
  void LookAtPath(absl::string_view text, const std::string& where) {
    if (absl::StartsWith(text, kClasspath)) return;
    if (absl::ConsumePrefix(&text, "file:") && absl::StartsWith(text, "//")) text.remove_prefix(2);
    const std::string path = AbsolutePath(text, base_);
    const std::string real = RealOrSame(path);
    if (!MayBeDirectory(path) || coverage_->Covers(path)) return;
    // What holds dir.root, or all stores, is a place for them and no store.
    if (IsWithin(root_, real) || coverage_->HoldsRoot(path)) return;
    if (!told_.insert(real).second || told_.size() > kStoresToldMax) return;
    result_.Warning(kSubject, absl::StrCat(where, ": ", path, " is not in the backup"),
                    absl::StrCat(coverage_->HowToTake(path), ", if it is a content store"));
  }

  const AlfrescoSettings& settings_;
  const std::string base_;
  Coverage* const coverage_;
  std::string root_;
  std::set<std::string> told_;
  PreflightResult result_;
};

// Files below alfresco/extension, within the bounds.
class ExtensionWalk {
 public:
  explicit ExtensionWalk(Finder* finder) : finder_(finder) {}

  void Walk(const std::string& path, int depth) {
    const absl::StatusOr<io::DirectoryNames> names = io::ReadDirectoryPath(path);
    if (absl::IsNotFound(names.status())) return;
    if (!names.ok()) return finder_->CannotLook(names.status().message());
    for (size_t i = 0; i < names->size(); ++i) {
      const absl::string_view name = (*names)[i];
      if (absl::StartsWith(name, ".") || ++seen_ > kExtensionFilesMax) continue;
      const std::string inner = absl::StrCat(path, "/", name);
      const absl::StatusOr<io::FileStat> stat = io::StatAt(io::kWorkingDirectory, inner);
      if (absl::IsNotFound(stat.status())) continue;
      if (!stat.ok()) {
        finder_->CannotLook(stat.status().message());
      } else if (stat->IsDirectory()) {
        if (depth < kExtensionDepthMax) Walk(inner, depth + 1);
      } else if (stat->IsRegular()) {
        Read(inner);
      }
    }
  }

 private:
  void Read(const std::string& path) {
    const bool is_xml = absl::EndsWith(path, "-context.xml");
    if (!is_xml && !absl::EndsWith(path, ".properties")) return;
    const absl::StatusOr<std::string> bytes = io::ReadSmallFile(path, kExtensionFileBytesMax);
    if (!bytes.ok()) return finder_->CannotLook(bytes.status().message());
    if (is_xml) return finder_->LookAtXml(*bytes, path);
    const absl::StatusOr<Properties> properties = ParseProperties(*bytes);
    if (!properties.ok()) {
      return finder_->CannotLook(absl::StrCat(path, ": ", properties.status().message()));
    }
    for (const auto& [name, value] : properties->values) {
      finder_->LookAtProperty(name, value, absl::StrCat(name, " in ", path));
    }
  }

  Finder* const finder_;
  size_t seen_ = 0;
};

bool MayBePath(absl::string_view text) {
  return absl::StartsWith(text, "/") || absl::StartsWith(text, "${") ||
         absl::StartsWith(text, "file:");
}

}  // namespace

std::vector<std::string> PathsInXml(absl::string_view xml) {
  constexpr absl::string_view kComment = "<!--";
  constexpr absl::string_view kCommentEnd = "-->";
  std::vector<std::string> paths;
  while (!xml.empty()) {
    if (absl::StartsWith(xml, kComment)) {
      const size_t end = xml.find(kCommentEnd);
      if (end == absl::string_view::npos) return paths;
      xml.remove_prefix(end + kCommentEnd.size());
      continue;
    }
    const char begin = xml.front();
    xml.remove_prefix(1);
    if (begin != '>' && begin != '"' && begin != '\'') continue;
    const absl::string_view text =
        absl::StripAsciiWhitespace(xml.substr(0, xml.find_first_of("<>\"'")));
    if (MayBePath(text)) paths.emplace_back(text);
  }
  return paths;
}

PreflightResult CheckContentStores(const AlfrescoSettings& settings, absl::string_view base,
                                   const std::string& classes, Coverage* coverage) {
  Finder finder(settings, base, coverage);
  for (const std::string& name : settings.Names()) {
    const absl::StatusOr<ResolvedValue> value = settings.Resolve(name);
    if (value.ok() && value->unresolved.empty()) finder.LookAtProperty(name, value->text, name);
  }
  ExtensionWalk(&finder).Walk(absl::StrCat(classes, "/alfresco/extension"), 0);
  return finder.Take();
}

}  // namespace ingot
