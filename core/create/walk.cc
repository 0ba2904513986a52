#include "core/create/walk.h"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/format/index.h"
#include "io/directory.h"
#include "io/status.h"
#include "io/thread.h"

namespace ingot {
namespace {

// Names are looked up in windows, so that a directory of millions costs little more than its names.
constexpr size_t kWindowNames = 1024;
constexpr size_t kEntriesAheadMax = 65'536;

struct Listed {
  std::string name;
  io::FileStat stat;                            // unless there is a child, which has its own
  std::shared_ptr<struct DirectoryNode> child;  // of a directory that is to be entered
};

// A piece of reading that a thread ahead or the consumer does, exactly once.
enum class WorkState { kPending, kRunning, kDone };

struct DirectoryNode {
  std::shared_ptr<const SourceDirectory> parent;
  std::string name;
  std::string member_path;

  // Set while kRunning by the one thread that reads, read by others after kDone.
  bool looked_at = false;
  std::optional<io::FileStat> stat;       // none: it is gone
  std::shared_ptr<SourceDirectory> self;  // null: could not be opened
  io::DirectoryNames names;
  size_t names_done = 0;
  std::vector<Listed> window;  // the next names, looked up

  WorkState state = WorkState::kPending;  // guarded by Impl::mutex_
  size_t counted = 0;                     // entries of `window` in the budget; guarded too
  bool ahead = false;                     // counted as an open directory ahead; guarded too
};

struct EarlierInStream {
  bool operator()(const std::shared_ptr<DirectoryNode>& a,
                  const std::shared_ptr<DirectoryNode>& b) const {
    return ComparePaths(a->member_path, b->member_path) < 0;
  }
};

}  // namespace

class Walk::Impl {
 public:
  Impl(const WalkOptions& options, Findings* findings, StageClock* clock, StageTimer* consumer)
      : options_(options), findings_(findings), clock_(clock), consumer_(consumer) {}

  ~Impl() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Start(const TreeRoot& root) {
    root_path_ = root.member_path;
    std::string source = root.source_path;
    INGOT_ASSIGN_OR_RETURN(io::FileStat stat, root.follow_symlink
                                                  ? io::StatPath(source)
                                                  : io::StatAt(io::kWorkingDirectory, source));
    // "link/." is the directory behind the link, for calls that do not follow links.
    if (root.follow_symlink && stat.IsDirectory()) source += "/.";
    if (S_ISSOCK(stat.mode)) {
      return absl::InvalidArgumentError(
          absl::StrCat(source, " is a socket: sockets are not archived"));
    }
    auto cwd = std::make_shared<SourceDirectory>();
    Listed listed{source, stat, nullptr};
    if (stat.IsDirectory()) {
      listed.child = std::make_shared<DirectoryNode>();
      listed.child->parent = cwd;
      listed.child->name = source;
      listed.child->member_path = root.member_path;
      StartThreads();
    }
    pending_ = MakeEntry(std::move(listed), cwd, root.member_path);
    return absl::OkStatus();
  }

  // Fewer than wanted do as well: the consumer reads what nobody has read ahead.
  void StartThreads() {
    for (int i = 0; i < options_.threads; ++i) {
      absl::StatusOr<std::thread> thread = io::StartThread("ingot-walk", [this] { ReadAhead(); });
      if (!thread.ok()) break;
      threads_.push_back(*std::move(thread));
    }
    clock_->SetThreads(threads_.size());
  }

  std::optional<Entry> Next() {
    if (pending_.has_value()) return std::exchange(pending_, std::nullopt);
    while (!stack_.empty()) {
      Level& level = stack_.back();
      if (level.position == level.window.size()) {
        if (!NextWindow(level)) stack_.pop_back();
        continue;
      }
      Listed listed = std::move(level.window[level.position++]);
      std::string path = absl::StrCat(level.node->member_path, "/", listed.name);
      std::shared_ptr<const SourceDirectory> parent = level.node->self;
      // May push: `level` is stale.
      std::optional<Entry> entry = MakeEntry(std::move(listed), std::move(parent), std::move(path));
      if (entry.has_value()) return entry;
    }
    return std::nullopt;
  }

 private:
  // The consumer's place in one directory on the way down.
  struct Level {
    std::shared_ptr<DirectoryNode> node;
    std::vector<Listed> window;
    size_t position = 0;
  };

  // Nothing for what is no member, or gone.
  std::optional<Entry> MakeEntry(Listed listed, std::shared_ptr<const SourceDirectory> parent,
                                 std::string path) {
    Entry entry{
        std::move(parent), std::move(listed.name), std::move(path), listed.stat, nullptr, nullptr};
    if (listed.child != nullptr) {
      Await(listed.child);
      {
        absl::MutexLock lock(&mutex_);
        if (std::exchange(listed.child->ahead, false)) --directories_ahead_;
      }
      if (!listed.child->stat.has_value()) return std::nullopt;
      entry.stat = *listed.child->stat;
      entry.self = listed.child->self;
      if (entry.self != nullptr) stack_.push_back(Level{std::move(listed.child), {}, 0});
    }
    if (S_ISSOCK(entry.stat.mode)) {
      findings_->Add(FindingKind::kSocket, std::move(entry.member_path),
                     "sockets are not archived");
      return std::nullopt;
    }
    return entry;
  }

  // Takes over what was looked up and has the next names looked up ahead.
  bool NextWindow(Level& level) {
    DirectoryNode* node = level.node.get();
    Await(level.node);
    level.window = std::move(node->window);
    node->window.clear();
    level.position = 0;
    absl::MutexLock lock(&mutex_);
    entries_ahead_ -= node->counted;
    node->counted = 0;
    if (node->names_done < node->names.size()) {
      node->state = WorkState::kPending;
      queue_.insert(level.node);
    } else {
      node->names = io::DirectoryNames();
      node->names_done = 0;
    }
    return !level.window.empty() || node->state == WorkState::kPending;
  }

  // Returns when the node's window is there; reads it on this thread when nobody has begun.
  void Await(const std::shared_ptr<DirectoryNode>& awaited) {
    DirectoryNode* const node = awaited.get();
    {
      absl::MutexLock lock(&mutex_);
      if (node->state == WorkState::kRunning) {
        consumer_->WaitsForInput();
        mutex_.Await(absl::Condition(
            +[](DirectoryNode* n) { return n->state == WorkState::kDone; }, node));
        consumer_->Works();
      }
      if (node->state == WorkState::kDone) return;
      node->state = WorkState::kRunning;
      queue_.erase(awaited);  // it holds its directory open
    }
    ReadWindow(node, /*ahead=*/false);
  }

  bool MayReadAhead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || (!queue_.empty() && entries_ahead_ < kEntriesAheadMax &&
                         directories_ahead_ < options_.directories_ahead);
  }

  void ReadAhead() {
    StageTimer timer(clock_);
    while (true) {
      std::shared_ptr<DirectoryNode> node;
      {
        absl::MutexLock lock(&mutex_);
        if (!MayReadAhead()) {
          if (queue_.empty()) {
            timer.WaitsForInput();
          } else {
            timer.WaitsForOutput();
          }
          mutex_.Await(absl::Condition(this, &Impl::MayReadAhead));
          timer.Works();
        }
        if (stopping_) return;
        node = std::move(queue_.extract(queue_.begin()).value());
        node->state = WorkState::kRunning;
      }
      ReadWindow(node.get(), /*ahead=*/true);
    }
  }

  // Opens and lists the directory if that is still to be done, then looks up the next names.
  void ReadWindow(DirectoryNode* node, bool ahead) {
    const bool first = !std::exchange(node->looked_at, true);
    if (first) LookAt(node);
    const bool opened = first && node->self != nullptr;
    std::vector<std::shared_ptr<DirectoryNode>> children;
    LookUp(node, &children);
    absl::MutexLock lock(&mutex_);
    node->state = WorkState::kDone;
    node->counted = node->window.size();
    entries_ahead_ += node->counted;
    if (opened && ahead) {
      node->ahead = true;
      ++directories_ahead_;
    }
    for (std::shared_ptr<DirectoryNode>& child : children) queue_.insert(std::move(child));
  }

  // Opens it and says what it is: since it was listed it may have gone, or be something else now.
  void LookAt(DirectoryNode* node) {
    const int parent = node->parent->descriptor();
    absl::StatusOr<io::Fd> fd = io::OpenDirectory(parent, node->name, false);
    const absl::StatusOr<io::FileStat> stat =
        fd.ok() ? io::StatFd(fd->get()) : io::StatAt(parent, node->name);
    if (!stat.ok()) return Tell(node->member_path, stat.status());
    node->stat = *stat;
    if (!stat->IsDirectory()) return;
    if (!fd.ok()) return Tell(node->member_path, fd.status());
    node->self = std::make_shared<SourceDirectory>();
    node->self->fd = *std::move(fd);
    List(node);
  }

  void List(DirectoryNode* node) {
    absl::StatusOr<io::DirectoryNames> names = io::ReadDirectory(node->self->fd.get());
    if (!names.ok()) return Tell(node->member_path, names.status());
    node->names = *std::move(names);
    node->names.SortByName();
  }

  void LookUp(DirectoryNode* node, std::vector<std::shared_ptr<DirectoryNode>>* children) {
    const bool excludes = options_.excludes != nullptr && !options_.excludes->empty();
    const size_t end = std::min(node->names.size(), node->names_done + kWindowNames);
    for (; node->names_done < end; ++node->names_done) {
      // A directory that is written to while it is listed may give a name twice.
      const size_t i = node->names_done;
      if (i > 0 && node->names[i] == node->names[i - 1]) continue;
      Listed listed{std::string(node->names[i]), {}, nullptr};
      const auto path = [&] { return absl::StrCat(node->member_path, "/", listed.name); };
      if (excludes && options_.excludes->Matches(path())) continue;
      // What may be a mount point is looked at before it is opened.
      bool is_directory = node->names.is_directory(i) && !options_.one_file_system;
      if (!is_directory) {
        const absl::StatusOr<io::FileStat> stat = io::StatAt(node->self->fd.get(), listed.name);
        if (!stat.ok()) {
          Tell(path(), stat.status());
          continue;
        }
        if (stat->device == options_.leave_out.first && stat->inode == options_.leave_out.second)
          continue;
        const bool foreign = options_.one_file_system && stat->device != node->stat->device;
        if (foreign) findings_->Add(FindingKind::kOtherDevice, path(), "on another file system");
        if (foreign && !stat->IsDirectory()) continue;
        is_directory = stat->IsDirectory() && !foreign;
        listed.stat = *stat;
      }
      if (is_directory) {
        listed.child = std::make_shared<DirectoryNode>();
        listed.child->parent = node->self;
        listed.child->name = listed.name;
        listed.child->member_path = path();
        children->push_back(listed.child);
      }
      node->window.push_back(std::move(listed));
    }
  }

  void Tell(const std::string& path, const absl::Status& status) {
    // No file that somebody has just deleted: all of the tree is gone with it.
    if (path == root_path_ && absl::IsNotFound(status)) {
      return findings_->Add(FindingKind::kUnreadable, path, std::string(status.message()));
    }
    findings_->AddLost(path, status);
  }

  const WalkOptions options_;
  std::string root_path_;  // of the member
  Findings* const findings_;
  StageClock* const clock_;

  // The consumer's own.
  StageTimer* const consumer_;
  std::optional<Entry> pending_;
  std::vector<Level> stack_;

  absl::Mutex mutex_;
  // Those pending, nearest first.
  std::set<std::shared_ptr<DirectoryNode>, EarlierInStream> queue_ ABSL_GUARDED_BY(mutex_);
  size_t entries_ahead_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t directories_ahead_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::unique_ptr<Walk>> Walk::Begin(const TreeRoot& root, const WalkOptions& options,
                                                  Findings* findings, StageClock* clock,
                                                  StageTimer* consumer) {
  auto impl = std::make_unique<Impl>(options, findings, clock, consumer);
  INGOT_RETURN_IF_ERROR(impl->Start(root));
  return std::unique_ptr<Walk>(new Walk(std::move(impl)));
}

Walk::Walk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Walk::~Walk() = default;
std::optional<Entry> Walk::Next() { return impl_->Next(); }

}  // namespace ingot
