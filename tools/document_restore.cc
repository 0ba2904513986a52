#include "tools/document_restore.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "core/container/read_member.h"
#include "core/join/container_join.h"
#include "core/join/documents.h"
#include "core/json.h"
#include "core/manifest.h"
#include "io/interruption.h"
#include "io/metadata.h"
#include "io/new_entry.h"
#include "io/rate_limit.h"
#include "io/status.h"
#include "io/target_tree.h"
#include "tools/size.h"

namespace ingot {
namespace {

// ext4, XFS and most others take 255 bytes; a number in brackets needs some of them.
constexpr size_t kNameBytesMax = 240;
constexpr size_t kExtensionBytesMax = 32;  // what is longer is no extension

std::pair<absl::string_view, absl::string_view> SplitExtension(absl::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == absl::string_view::npos || dot == 0 || name.size() - dot > kExtensionBytesMax) {
    return {name, ""};
  }
  return {name.substr(0, dot), name.substr(dot)};
}

absl::StatusOr<Manifest> ReadManifest(const Container& container) {
  INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> entry, FindManifest(container));
  if (!entry.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(container.path(), " is no backup but a snapshot of files: it has no database ",
                     "in which to look up documents; restore its files by their paths"));
  }
  INGOT_ASSIGN_OR_RETURN(const std::string json,
                         ReadSmallMember(container, *entry, kManifestBytesMax));
  return ParseManifest(json);
}

class DocumentRestore {
 public:
  DocumentRestore(const Container& container, bool replace, Report& report)
      : container_(container), replace_(replace), report_(report) {}

  absl::Status Begin(const std::string& directory) {
    INGOT_ASSIGN_OR_RETURN(const Manifest manifest, ReadManifest(container_));
    roots_ = ContentRoots(manifest);
    dialect_ = DialectOfVendor(manifest.database.vendor);
    INGOT_ASSIGN_OR_RETURN(read_dump_, DumpOfContainer(container_, manifest));
    INGOT_ASSIGN_OR_RETURN(tree_, io::TargetTree::Open(directory));
    INGOT_ASSIGN_OR_RETURN(directory_, tree_->OpenDirectory(""));
    return absl::OkStatus();
  }

  void LimitWrites(uint64_t bytes_per_second) { write_limit_.emplace(bytes_per_second); }

  absl::Status ByNode(const std::vector<std::string>& uuids) {
    DocumentQuery query;
    query.uuids.insert(uuids.begin(), uuids.end());
    if (query.uuids.empty()) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(const std::vector<Document> documents,
                           FindDocuments(read_dump_, dialect_, query, &understood_));
    for (const Document& document : documents) {
      query.uuids.erase(document.uuid);
      INGOT_RETURN_IF_ERROR(Restore(document));
    }
    TellUnknown("node", query.uuids);
    return absl::OkStatus();
  }

  absl::Status ByUrl(const std::vector<std::string>& urls) {
    DocumentQuery query;
    query.urls.insert(urls.begin(), urls.end());
    if (query.urls.empty()) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(const std::vector<Document> documents,
                           FindDocuments(read_dump_, dialect_, query, &understood_));
    for (const Document& document : documents) {
      // Once, whatever the number of nodes that share it.
      if (query.urls.erase(document.url) == 1) INGOT_RETURN_IF_ERROR(Restore(document));
    }
    TellUnknown("content URL", query.urls);
    return absl::OkStatus();
  }

  ExitCode code() const {
    if (damaged_) return ExitCode::kDamaged;
    if (content_missing_) return ExitCode::kContentMissing;
    return failed_ ? ExitCode::kFailed : ExitCode::kDone;
  }

 private:
  void TellUnknown(absl::string_view what, const absl::flat_hash_set<std::string>& unknown) {
    for (const std::string& one : unknown) {
      report_.Error(absl::StrCat(
          container_.path(), ": its database has no document with the ", what, " ", one,
          understood_.ok() ? "" : " as far as it can be read: ", understood_.message()));
      failed_ = true;
    }
  }

  // Errors are those that would meet all other documents too.
  absl::Status Restore(const Document& document) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> entry, FindContent(document));
    if (!entry.has_value()) {
      report_.Error(
          absl::StrCat(NameOf(document), ": the backup has no content for ", document.url));
      content_missing_ = true;
      return absl::OkStatus();
    }
    const std::string name = FreeName(document);
    const absl::Status status = Write(*entry, name);
    if (absl::IsCancelled(status) || absl::IsResourceExhausted(status)) return status;
    if (!status.ok()) {
      damaged_ |= absl::IsDataLoss(status);
      failed_ = true;
      report_.Error(
          absl::IsAlreadyExists(status)
              ? absl::StrCat(tree_->top(), "/", name, ": exists and was kept; --force replaces it")
              : absl::StrCat(NameOf(document), ": ", status.message()));
      return absl::OkStatus();
    }
    Tell(document, *entry, name);
    return absl::OkStatus();
  }

  void Tell(const Document& document, const IndexEntry& entry, const std::string& name) {
    if (!IsWhole(document, entry)) {
      content_missing_ = true;
      report_.Error(absl::StrCat(
          tree_->top(), "/", name, ": not the whole content: it has ", entry.size,
          " bytes, the database says ", document.size,
          entry.size == document.size ? ", but it changed while it was backed up" : ""));
    }
    if (document.encrypted) {
      report_.Warning(absl::StrCat(tree_->top(), "/", name, ": it is encrypted, and only the ",
                                   "repository with its keystore can read it"));
    }
    report_.Note(absl::StrCat("restored ", tree_->top(), "/", name, " (", FormatSize(entry.size),
                              document.uuid.empty() ? "" : ", node ", document.uuid, ")"));
  }

  static bool IsWhole(const Document& document, const IndexEntry& file) {
    return !file.cut && !file.zero_filled && !file.changed &&
           (document.encrypted || file.size == document.size);
  }

  // The file itself, be it a hard link's carrier: in the store, elsewhere, among the deleted; the
  // first that is whole, or else the first.
  absl::StatusOr<std::optional<IndexEntry>> FindContent(const Document& document) const {
    std::optional<IndexEntry> first;
    const absl::string_view scheme = ContentScheme(document.url);
    if (scheme != kStoreScheme && !scheme.empty()) return first;
    for (const StageRole role :
         {StageRole::kContentStore, StageRole::kOther, StageRole::kDeletedContent}) {
      for (const ContentRoot& root : roots_) {
        if (root.role != role) continue;
        INGOT_ASSIGN_OR_RETURN(
            std::optional<IndexEntry> entry,
            container_.Find(absl::StrCat(root.member_path, "/", ContentPath(document.url))));
        if (entry.has_value() && entry->type == MemberType::kHardLink) {
          INGOT_ASSIGN_OR_RETURN(entry, FindCarrier(container_, *entry));
        }
        if (!entry.has_value() || entry->type != MemberType::kRegular) continue;
        if (IsWhole(document, *entry)) return entry;
        if (!first.has_value()) first = std::move(entry);
      }
    }
    return first;
  }

  static std::string NameOf(const Document& document) {
    return document.name.empty() ? document.url : document.name;
  }

  std::string FreeName(const Document& document) {
    std::string name = SafeFileName(document.name);
    if (name.empty()) name = SafeFileName(LastComponent(ContentPath(document.url)));
    if (name.empty()) name = "document";
    const auto [stem, extension] = SplitExtension(name);
    std::string free = name;
    for (int number = 2; !used_.insert(free).second; ++number) {
      free = absl::StrCat(stem, " (", number, ")", extension);
    }
    return free;
  }

  absl::Status Write(const IndexEntry& entry, const std::string& name) {
    INGOT_ASSIGN_OR_RETURN(
        io::NewEntry file,
        io::NewEntry::File({.parent = directory_,
                            .name = name,
                            .path = absl::StrCat(tree_->top(), "/", name),
                            .replace = replace_,
                            .write_limit = write_limit_.has_value() ? &*write_limit_ : nullptr},
                           /*unseen=*/true));
    INGOT_RETURN_IF_ERROR(ReadMemberData(
        container_, entry,
        [&file](const Member& member) {
          return member.sparse ? file.SetSize(member.size) : absl::OkStatus();
        },
        [&file](uint64_t offset, absl::Span<const char> data) {
          return file.WriteAt(offset, data);
        }));
    const io::Metadata metadata{.mode = entry.mode & 0777, .mtime = entry.mtime};
    for (const io::MetadataLoss& loss : io::SetMetadata(file.fd(), metadata)) {
      report_.Warning(absl::StrCat(tree_->top(), "/", name, ": ", loss.what));
    }
    return file.Commit();
  }

  const Container& container_;
  const bool replace_;
  Report& report_;
  std::vector<ContentRoot> roots_;
  std::optional<DumpDialect> dialect_;
  ReadDump read_dump_;
  std::optional<io::RateLimit> write_limit_;
  std::unique_ptr<io::TargetTree> tree_;
  io::SharedFd directory_;
  absl::flat_hash_set<std::string> used_;  // names
  bool damaged_ = false;
  bool content_missing_ = false;
  absl::Status understood_;  // of the dump
  bool failed_ = false;
};

}  // namespace

void AddDocumentRestoreFlags(CLI::App* verb, DocumentRestoreOptions* options) {
  verb->add_option("--node", options->nodes,
                   "the document with this UUID alone, under its own name; can be repeated")
      ->type_name("UUID")
      ->expected(1)
      ->take_all();
  verb->add_option("--content-url", options->content_urls,
                   "the content of this URL (store://...) alone; can be repeated")
      ->type_name("URL")
      ->expected(1)
      ->take_all();
}

absl::StatusOr<ExitCode> RestoreDocuments(const Container& container,
                                          const DocumentRestoreOptions& options,
                                          const std::string& directory, bool replace,
                                          Report& report) {
  DocumentRestore restore(container, replace, report);
  if (options.write_bytes_per_second > 0) restore.LimitWrites(options.write_bytes_per_second);
  INGOT_RETURN_IF_ERROR(restore.Begin(directory));
  INGOT_RETURN_IF_ERROR(restore.ByNode(options.nodes));
  INGOT_RETURN_IF_ERROR(restore.ByUrl(options.content_urls));
  return restore.code();
}

std::string SafeFileName(absl::string_view name) {
  std::string safe = ToUtf8(name);
  for (char& c : safe) {
    if (c == '/' || absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '_';
  }
  if (safe == "." || safe == "..") safe.insert(0, "_");
  if (safe.size() <= kNameBytesMax) return safe;
  const auto [stem, extension] = SplitExtension(safe);
  size_t end = kNameBytesMax - extension.size();
  while (end > 0 && (static_cast<unsigned char>(stem[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(stem.substr(0, end), extension);
}

}  // namespace ingot
