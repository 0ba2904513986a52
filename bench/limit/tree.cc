#include "bench/limit/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "bench/limit/work_stack.h"

namespace limit {
namespace {

constexpr size_t kListBytes = size_t{64} << 10;  // of one getdents64 call
constexpr size_t kHugePageBytes = size_t{2} << 20;
constexpr size_t kNamesPerTask = 64;  // of a large directory's files
constexpr size_t kXattrNamesBytes = 4096;

// A directory to list (no names, no file), files to read, or a piece of a file.
struct Task {
  std::shared_ptr<const OpenDirectory> parent;
  std::string directory;
  std::vector<std::string> names;
  std::shared_ptr<const Descriptor> file;
  uint64_t offset = 0;
  uint64_t end = 0;
};

int OpenSource(int directory, const char* name, int flags) {
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME | flags);
  if (fd < 0 && errno == EPERM) fd = openat(directory, name, O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) Die(name);
  return fd;
}

class Reader {
 public:
  // Without a sink files are given to `take` and not read.
  Reader(WorkStack<Task>* tasks, const Options& options, std::unique_ptr<Sink> sink,
         const FileTaker* take)
      : tasks_(tasks), options_(options), sink_(std::move(sink)), take_(take), list_(kListBytes) {}

  Counts Run() {
    while (std::optional<Task> task = tasks_->Pop()) {
      if (task->file != nullptr) {
        ReadPiece(task->file->get(), task->offset, task->end, nullptr);
      } else if (!task->names.empty()) {
        TakeFiles(task->parent, task->names);
      } else {
        ListDirectory(*task);
      }
    }
    if (sink_ != nullptr) sink_->Finish();
    return counts_;
  }

 private:
  void ListDirectory(const Task& task) {
    const bool is_root = task.parent == nullptr;
    const int parent = is_root ? AT_FDCWD : task.parent->fd.get();
    const auto directory = std::make_shared<const OpenDirectory>(
        OpenSource(parent, task.directory.c_str(), O_DIRECTORY),
        is_root ? "" : task.parent->path + task.directory + "/");
    ++counts_.directories;
    if (options_.metadata && sink_ != nullptr && !is_root) {
      LookForXattrs(directory->fd.get(), directory->path);
      sink_->TakeDirectory(
          {directory->path, 0, Stat(directory->fd.get(), directory->path).st_mtim});
    }
    std::vector<std::string> files;
    while (true) {
      const long got = syscall(SYS_getdents64, directory->fd.get(), list_.data(), list_.size());
      if (got < 0) Die(directory->path);
      if (got == 0) break;
      for (long at = 0; at < got;) {
        const dirent64* entry = reinterpret_cast<const dirent64*>(list_.data() + at);
        at += entry->d_reclen;
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (entry->d_type == DT_DIR) tasks_->Push({.parent = directory, .directory = name});
        if (entry->d_type == DT_REG) files.push_back(name);
      }
      while (files.size() > kNamesPerTask) {
        tasks_->Push({.parent = directory, .names = {files.end() - kNamesPerTask, files.end()}});
        files.resize(files.size() - kNamesPerTask);
      }
    }
    TakeFiles(directory, files);
  }

  void TakeFiles(const std::shared_ptr<const OpenDirectory>& directory,
                 const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (sink_ == nullptr) {
        (*take_)(directory, name);
      } else {
        ReadFile(*directory, name.c_str());
      }
    }
  }

  void ReadFile(const OpenDirectory& directory, const char* name) {
    const auto file =
        std::make_shared<const Descriptor>(OpenSource(directory.fd.get(), name, O_NONBLOCK));
    const struct stat stat = Stat(file->get(), name);
    const uint64_t size = static_cast<uint64_t>(stat.st_size);
    const Member member{directory.path + name, size, stat.st_mtim};
    if (options_.metadata) LookForXattrs(file->get(), name);
    if (options_.direct != 0 && size >= options_.direct &&
        fcntl(file->get(), F_SETFL, O_RDONLY | O_NOATIME | O_DIRECT) != 0) {
      Die(name);
    }
    for (uint64_t offset = kPieceBytes; offset < size; offset += kPieceBytes)
      tasks_->Push({.file = file, .offset = offset, .end = std::min(size, offset + kPieceBytes)});
    ReadPiece(file->get(), 0, std::min<uint64_t>(size, kPieceBytes), &member);
    if (options_.metadata && Stat(file->get(), name).st_size != stat.st_size) Die(name);
    ++counts_.files;
  }

  void ReadPiece(int fd, uint64_t offset, uint64_t end, const Member* begins) {
    const size_t bytes = end - offset;
    char* const room = sink_->Room(bytes, begins);
    for (size_t done = 0; done < bytes;) {
      // Up to a block: O_DIRECT takes nothing less.
      const size_t wanted = (bytes - done + kAlignment - 1) / kAlignment * kAlignment;
      const ssize_t got = pread(fd, room + done, wanted, static_cast<off_t>(offset + done));
      if (got <= 0) Die("a file that shrank or cannot be read");
      done += static_cast<size_t>(got);
    }
    sink_->Take(bytes);
    counts_.bytes += bytes;
  }

  static struct stat Stat(int fd, const std::string& name) {
    struct stat stat;
    if (fstat(fd, &stat) != 0) Die(name);
    return stat;
  }

  static void LookForXattrs(int fd, const std::string& name) {
    char names[kXattrNamesBytes];
    if (flistxattr(fd, names, sizeof(names)) < 0) Die(name);
  }

  WorkStack<Task>* const tasks_;
  const Options& options_;
  const std::unique_ptr<Sink> sink_;
  const FileTaker* const take_;
  std::vector<char> list_;
  Counts counts_;
};

Counts Run(const std::string& tree, int threads,
           const std::function<Counts(WorkStack<Task>*)>& thread) {
  WorkStack<Task> tasks;
  tasks.Push({.directory = tree});
  std::mutex mutex;
  Counts counts;
  tasks.Run(threads, [&](int) {
    const Counts own = thread(&tasks);
    const std::lock_guard lock(mutex);
    counts += own;
  });
  return counts;
}

}  // namespace

Counts ReadTree(const std::string& tree, const Options& options, int threads,
                const std::function<std::unique_ptr<Sink>()>& make_sink) {
  return Run(tree, threads, [&](WorkStack<Task>* tasks) {
    return Reader(tasks, options, make_sink(), nullptr).Run();
  });
}

Counts WalkTree(const std::string& tree, int threads, const FileTaker& take) {
  const Options options;
  return Run(tree, threads,
             [&](WorkStack<Task>* tasks) { return Reader(tasks, options, nullptr, &take).Run(); });
}

void FreeMemory::operator()(char* memory) const { std::free(memory); }

Memory AlignedMemory(size_t bytes) {
  const bool huge = bytes >= kHugePageBytes;
  const size_t alignment = huge ? kHugePageBytes : kAlignment;
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  Memory memory(static_cast<char*>(std::aligned_alloc(alignment, rounded)));
  if (memory == nullptr) Die("memory");
  // A disk's request takes a limited number of pieces of memory.
  if (huge) madvise(memory.get(), rounded, MADV_HUGEPAGE);
  return memory;
}

}  // namespace limit
