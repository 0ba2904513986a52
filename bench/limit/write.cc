// The passes that write: one file, and a tree.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "bench/limit/limit.h"
#include "bench/limit/output_file.h"
#include "bench/limit/tree.h"
#include "bench/limit/work_stack.h"

namespace limit {
namespace {

namespace fs = std::filesystem;

constexpr int kWriteDepth = 8;

Memory Noise(size_t bytes) {
  Memory noise = AlignedMemory(bytes);
  std::mt19937_64 random(1);
  for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
    const uint64_t word = random();
    std::memcpy(noise.get() + at, &word, sizeof(word));
  }
  return noise;
}

// What is to be made, known beforehand.
struct Node {
  std::string name;
  std::vector<std::pair<std::string, uint64_t>> files;
  std::vector<Node> directories;
};

Node List(const fs::path& path) {
  Node node;
  node.name = path.filename();
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.is_symlink()) continue;
    if (entry.is_directory()) {
      node.directories.push_back(List(entry.path()));
    } else if (entry.is_regular_file()) {
      node.files.emplace_back(entry.path().filename(), entry.file_size());
    }
  }
  return node;
}

struct Task {
  std::shared_ptr<const Descriptor> parent;
  const Node* node;
};

class Maker {
 public:
  Maker(WorkStack<Task>* tasks, const Options& options, const char* noise)
      : tasks_(tasks), options_(options), noise_(noise) {}

  Counts Run() {
    while (std::optional<Task> task = tasks_->Pop()) {
      const int parent = task->parent->get();
      const char* const name = task->node->name.c_str();
      if (mkdirat(parent, name, 0755) != 0) Die(name);
      MakeContent(openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), *task->node);
      ++counts_.directories;
    }
    return counts_;
  }

  void MakeContent(int fd, const Node& node) {
    if (fd < 0) Die(node.name);
    const auto directory = std::make_shared<const Descriptor>(fd);
    for (const Node& child : node.directories) tasks_->Push({directory, &child});
    for (const auto& [name, size] : node.files) MakeFile(fd, name, size);
  }
  const Counts& counts() const { return counts_; }

 private:
  void MakeFile(int directory, const std::string& name, uint64_t size) {
    const bool direct = options_.direct != 0 && size >= options_.direct;
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | (direct ? O_DIRECT : 0);
    const int fd = openat(directory, name.c_str(), flags, 0644);
    if (fd < 0) Die(name);
    if (direct && fallocate(fd, 0, 0, static_cast<off_t>(size)) != 0 && errno != EOPNOTSUPP)
      Die(name);
    for (uint64_t done = 0; done < size;) {
      const size_t bytes = std::min<uint64_t>(size - done, kPieceBytes);
      const size_t padded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
      const ssize_t put = pwrite(fd, noise_, direct ? padded : bytes, static_cast<off_t>(done));
      if (put <= 0) Die(name);
      done += static_cast<uint64_t>(put);
    }
    if (direct && ftruncate(fd, static_cast<off_t>(size)) != 0) Die(name);
    close(fd);
    ++counts_.files;
    counts_.bytes += size;
  }

  WorkStack<Task>* const tasks_;
  const Options& options_;
  const char* const noise_;
  Counts counts_;
};

}  // namespace

Counts WritePass(const std::string& output, uint64_t bytes, const Options& options) {
  const Memory noise = Noise(kFrameBytes);
  const double begin = Now();
  OutputFile file(output);
  std::atomic<uint64_t> left{bytes / kAlignment * kAlignment};
  std::vector<std::thread> threads;
  for (int i = 0; i < (options.threads > 0 ? options.threads : kWriteDepth); ++i) {
    threads.emplace_back([&] {
      uint64_t had = left.load();
      while (had > 0) {
        const size_t piece = std::min<uint64_t>(had, kFrameBytes);
        if (!left.compare_exchange_weak(had, had - piece)) continue;
        file.Append(noise.get(), piece);
        had = left.load();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Counts counts;
  counts.output_bytes = file.Finish();
  counts.seconds = Now() - begin;
  return counts;
}

Counts FilesPass(const std::string& tree, const std::string& copy, const Options& options) {
  const Memory noise = Noise(kPieceBytes);
  const Node root = List(tree);
  const double begin = Now();
  if (mkdir(copy.c_str(), 0755) != 0) Die(copy);
  const int fd = open(copy.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) Die(copy);
  const int top = dup(fd);
  WorkStack<Task> tasks;
  Maker first(&tasks, options, noise.get());
  first.MakeContent(fd, root);
  std::mutex mutex;
  Counts counts = first.counts();
  ++counts.directories;
  tasks.Run(options.threads > 0 ? options.threads : 4 * Processors(), [&](int) {
    const Counts own = Maker(&tasks, options, noise.get()).Run();
    const std::lock_guard lock(mutex);
    counts += own;
  });
  if (syncfs(top) != 0) Die(copy);
  close(top);
  counts.seconds = Now() - begin;
  return counts;
}

}  // namespace limit
