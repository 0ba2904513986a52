#include "tools/restore/restored_join.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/container/entry_check.h"
#include "io/interruption.h"
#include "io/status.h"
#include "tools/restore/content_store.h"

namespace ingot {
namespace {

using Stores = std::vector<std::unique_ptr<ContentStore>>;

absl::StatusOr<Stores> OpenAll(const std::vector<std::string>& directories) {
  Stores stores;
  for (const std::string& directory : directories) {
    INGOT_ASSIGN_OR_RETURN(std::unique_ptr<ContentStore> store, ContentStore::Open(directory));
    stores.push_back(std::move(store));
  }
  return stores;
}

struct Found {
  ContentStore* store = nullptr;
  uint64_t size = 0;
};

// A file of the right size before one of another.
absl::StatusOr<Found> FindIn(const Stores& stores, const std::string& path, uint64_t size) {
  Found found;
  for (const std::unique_ptr<ContentStore>& store : stores) {
    INGOT_ASSIGN_OR_RETURN(const std::optional<uint64_t> here, store->SizeOf(path));
    if (!here.has_value()) continue;
    if (*here == size) return Found{store.get(), size};
    if (found.store == nullptr) found = {store.get(), *here};
  }
  return found;
}

class Join {
 public:
  Join(Stores stores, Stores deleted) : stores_(std::move(stores)), deleted_(std::move(deleted)) {}

  absl::Status Take(const tools::ReferencedUrl& url) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    ++join_.result.referenced;
    const size_t colon = url.url.find("://");
    const absl::string_view scheme = absl::string_view(url.url).substr(0, colon);
    if (colon == std::string::npos) return Invalid(url);
    if (scheme != "store") {
      ++join_.result.not_on_disk[std::string(scheme)];
      return absl::OkStatus();
    }
    const std::string path = url.url.substr(colon + 3);
    const absl::StatusOr<absl::string_view> safe = RelativePath(path);
    if (!safe.ok() || *safe != path || path.empty()) return Invalid(url);
    return TakeFile(url, path);
  }

  RestoredJoin Finish(const tools::ContentRows& rows) {
    JoinResult& result = join_.result;
    result.url_rows = rows.url_rows;
    result.data_rows = rows.data_rows;
    std::stable_sort(result.problems.begin(), result.problems.end(),
                     [](const JoinProblem& a, const JoinProblem& b) {
                       return std::tie(a.state, a.url) < std::tie(b.state, b.url);
                     });
    if (!rows.has_tables) {
      result.outcome = JoinOutcome::kNotPossible;
      result.reason = "the database has no tables alf_content_url and alf_content_data";
    } else {
      const bool whole = result.missing + result.wrong_size + result.recoverable == 0;
      result.outcome = whole ? JoinOutcome::kProved : JoinOutcome::kFailed;
    }
    return std::move(join_);
  }

 private:
  absl::Status Invalid(const tools::ReferencedUrl& url) {
    ++join_.result.invalid_rows;
    ++join_.result.missing;
    return Keep(url, ContentState::kMissing, 0);
  }

  absl::Status TakeFile(const tools::ReferencedUrl& url, const std::string& path) {
    INGOT_ASSIGN_OR_RETURN(Found found, FindIn(stores_, path, url.size));
    if (found.store == nullptr) {
      INGOT_ASSIGN_OR_RETURN(found, FindIn(deleted_, path, url.size));
      const bool whole = found.store != nullptr && HasRightSize(url, found.size);
      if (whole && !stores_.empty()) {
        // Said in the result when it does not work: the next file may.
        const absl::Status moved = found.store->MoveTo(stores_[0].get(), path);
        join_.not_put_back.Update(moved);
        if (!moved.ok()) {
          ++join_.result.recoverable;
          return Keep(url, ContentState::kRecoverable, found.size);
        }
        ++join_.put_back;
      }
    }
    if (found.store == nullptr) {
      ++join_.result.missing;
      return Keep(url, ContentState::kMissing, 0);
    }
    if (url.encrypted) ++join_.result.encrypted;
    if (!HasRightSize(url, found.size)) {
      ++join_.result.wrong_size;
      return Keep(url, ContentState::kWrongSize, found.size);
    }
    ++join_.result.present;
    return absl::OkStatus();
  }

  // What encrypting leaves of something has another size, but never none.
  static bool HasRightSize(const tools::ReferencedUrl& url, uint64_t size) {
    return url.encrypted ? (size > 0) == (url.size > 0) : size == url.size;
  }

  absl::Status Keep(const tools::ReferencedUrl& url, ContentState state, uint64_t found_size) {
    if (join_.result.problems.size() < JoinResult::kProblemsMax) {
      join_.result.problems.push_back({url.url, state, url.size, found_size, {}});
    }
    return absl::OkStatus();
  }

  const Stores stores_;
  const Stores deleted_;
  RestoredJoin join_;
};

}  // namespace

absl::StatusOr<RestoredJoin> JoinRestored(tools::DatabaseTarget* database,
                                          const RestoredStores& stores) {
  std::vector<std::string> present = stores.stores;
  present.insert(present.end(), stores.others.begin(), stores.others.end());
  INGOT_ASSIGN_OR_RETURN(Stores opened, OpenAll(present));
  INGOT_ASSIGN_OR_RETURN(Stores deleted, OpenAll(stores.deleted));
  Join join(std::move(opened), std::move(deleted));
  INGOT_ASSIGN_OR_RETURN(const tools::ContentRows rows,
                         database->ReadContentRows(
                             [&join](const tools::ReferencedUrl& url) { return join.Take(url); }));
  return join.Finish(rows);
}

}  // namespace ingot
