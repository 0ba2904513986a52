// Somebody who changes a tree all the time while it is read.
//
//   Mutator mutator(directory, seed);   // makes directory/tree, directory/outside, directory/aside
//   ... create tree ...
//
// All content in the tree is Pattern: a copy that is neither a prefix of it nor told as changed is
// torn. Everything outside holds kSecret, and links and swapped directories lead there.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "io/fd.h"
#include "tests/testing.h"

namespace ingot {

class Mutator {
 public:
  static constexpr int kDirectories = 40;
  static constexpr int kFiles = 12;
  static constexpr int kSwapped = 8;  // directories, and files
  static constexpr size_t kSmallBytesMax = 40'000;
  static constexpr size_t kLargeBytesMax = 14'000'000;  // of the one file that spans frames
  static constexpr char kSecret[] = "OUTSIDE-AND-SECRET";

  static const std::string& Pattern() {
    static const std::string pattern = [] {
      std::string text(kLargeBytesMax, '\0');
      for (size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<char>('a' + (i ^ i / 251) % 26);
      return text;
    }();
    return pattern;
  }

  Mutator(const std::string& directory, uint64_t seed)
      : tree_(directory + "/tree"),
        outside_(directory + "/outside"),
        aside_(directory + "/aside"),
        random_(seed) {
    for (const std::string& made : {tree_, outside_, aside_, outside_ + "/d"})
      std::filesystem::create_directories(made);
    for (int file = 0; file < kFiles; ++file) WriteFile(outside_ + "/d/" + FileName(file), kSecret);
    for (int i = 0; i < kDirectories; ++i) MakeDirectory(i);
    WriteFile(tree_ + "/large", Pattern());
    for (int i = 0; i < kSwapped; ++i) {
      Call(symlink((outside_ + "/d").c_str(), Aside(i).c_str()));
      Call(symlink((outside_ + "/d/f1").c_str(), AsideFile(i).c_str()));
    }
    threads_[0] = std::thread([this] {
      while (!stop_) Step();
    });
    threads_[1] = std::thread([this] {
      while (!stop_) SwapAll();
    });
  }
  ~Mutator() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Mutator(const Mutator&) = delete;

  uint64_t steps() const { return steps_; }

 private:
  static std::string FileName(int file) { return absl::StrCat("f", file); }
  std::string Path(int i) const { return absl::StrCat(tree_, "/d", i); }
  std::string Aside(int i) const { return absl::StrCat(aside_, "/d", i); }
  std::string AsideFile(int i) const { return absl::StrCat(aside_, "/f", i); }
  size_t Below(size_t limit) { return random_() % limit; }

  int OpenDirectory(int i) const {
    return open(Path(i).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }

  void MakeDirectory(int i) {
    mkdir(Path(i).c_str(), 0755);
    for (int file = 0; file < kFiles; ++file) {
      WriteFile(absl::StrCat(Path(i), "/", FileName(file)),
                Pattern().substr(0, Below(kSmallBytesMax)));
    }
  }

  // Half of the time a directory and a file are links that lead outside: so are many of those that
  // were listed as what they are.
  void SwapAll() {
    for (int i = 0; i < kSwapped; ++i) {
      Swap(Path(i), Aside(i));
      // Never through a link ourselves: it would be a secret file that is swapped in.
      const io::Fd directory(OpenDirectory(kSwapped));
      Call(renameat2(directory.get(), FileName(i).c_str(), AT_FDCWD, AsideFile(i).c_str(),
                     RENAME_EXCHANGE));
      ++steps_;
    }
  }

  // What is the matter with single steps that come too late is of no interest.
  void Step() {
    ++steps_;
    const int i = static_cast<int>(Below(kDirectories));
    switch (Below(20)) {
      case 0:
        return Swap(Path(i), Path(static_cast<int>(Below(kDirectories))));
      case 1:  // a directory and a link that leads outside
        Call(symlink((outside_ + "/d").c_str(), (aside_ + "/link").c_str()));
        Swap(Path(i), aside_ + "/link");
        usleep(static_cast<useconds_t>(Below(300)));
        return Swap(Path(i), aside_ + "/link");
      case 2:  // out of the tree and back again
        Call(rename(Path(i).c_str(), (aside_ + "/moved").c_str()));
        Call(symlink((outside_ + "/d").c_str(), Path(i).c_str()));
        usleep(static_cast<useconds_t>(Below(300)));
        Call(unlink(Path(i).c_str()));
        return Call(rename((aside_ + "/moved").c_str(), Path(i).c_str()));
      case 3:
        return Resize(AT_FDCWD, tree_ + "/large", kLargeBytesMax);
      default: {
        const io::Fd directory(OpenDirectory(i));
        return ChangeFile(directory.get(), FileName(static_cast<int>(Below(kFiles))));
      }
    }
  }

  void ChangeFile(int directory, const std::string& name) {
    const char* const file = name.c_str();
    switch (Below(9)) {
      case 0:
      case 1:
      case 2:
        return Resize(directory, name, kSmallBytesMax);
      case 3:
        return Call(unlinkat(directory, file, 0));
      case 4:
        return Replace(directory, file, symlinkat((outside_ + "/d/f1").c_str(), directory, "new"));
      case 5:
        return Replace(directory, file, mkfifoat(directory, "new", 0600));
      case 6:  // endless, should anybody read it
        return Replace(directory, file, mknodat(directory, "new", S_IFCHR | 0600, makedev(1, 5)));
      case 7:  // a directory instead of a file, for a while
        Call(unlinkat(directory, file, 0));
        Call(mkdirat(directory, file, 0700));
        usleep(static_cast<useconds_t>(Below(200)));
        return Call(unlinkat(directory, file, AT_REMOVEDIR));
      default:
        Call(unlinkat(directory, file, 0));
        return Resize(directory, name, kSmallBytesMax);
    }
  }

  // Cuts it, or writes the pattern on.
  void Resize(int directory, const std::string& name, size_t bytes_max) {
    const io::Fd file(
        openat(directory, name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600));
    struct stat now = {};
    if (fstat(file.get(), &now) != 0 || !S_ISREG(now.st_mode)) return;
    const size_t size = Below(bytes_max);
    const size_t had = static_cast<size_t>(now.st_size);
    if (size <= had) return Call(ftruncate(file.get(), static_cast<off_t>(size)));
    Call(pwrite(file.get(), Pattern().data() + had, size - had, now.st_size) >= 0);
  }

  static void Replace(int directory, const char* name, int made) {
    if (made == 0) Call(renameat(directory, "new", directory, name));
  }
  static void Swap(const std::string& a, const std::string& b) {
    Call(renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE));
  }
  static void Call(int) {}

  const std::string tree_, outside_, aside_;
  std::mt19937_64 random_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> steps_{0};
  std::thread threads_[2];
};

}  // namespace ingot
