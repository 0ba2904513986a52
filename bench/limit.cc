// What the machine can do with a tree, without the engine; prints one line of JSON.
#include "bench/limit/limit.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace limit {

Descriptor::~Descriptor() { close(fd_); }

int Processors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Die(const std::string& what) {
  std::fprintf(stderr, "ingot_limit: %s%s%s\n", what.c_str(), errno != 0 ? ": " : "",
               errno != 0 ? std::strerror(errno) : "");
  std::_Exit(1);
}

namespace {

constexpr char kUsage[] =
    "Usage: ingot_limit read TREE              walk, open, read, close\n"
    "       ingot_limit compress TREE          read, XXH3, zstd; nothing is written\n"
    "       ingot_limit create TREE FILE       the same, and written with O_DIRECT\n"
    "       ingot_limit write FILE BYTES       one file of so many bytes with O_DIRECT\n"
    "       ingot_limit files TREE DIRECTORY   a new tree with the names and sizes of TREE\n"
    "       ingot_limit decompress FILE        a seekable .zst: read, XXH3, decompress\n"
    "Options: --threads N   --level N (1)   --direct BYTES (files of so many bytes and more with\n"
    "         O_DIRECT)   --ring (read: io_uring)   --press N (create: threads that compress at "
    "once)\n"
    "         --metadata (create: directories, times and a look for attributes, too)\n";

[[noreturn]] void Usage() {
  std::fputs(kUsage, stderr);
  std::exit(2);
}

uint64_t Number(const char* text) {
  char* end = nullptr;
  const uint64_t number = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0') Usage();
  return number;
}

Counts Run(const std::vector<std::string>& words, const Options& options) {
  const std::string pass = words.empty() ? "" : words[0];
  if (words.size() == 2 && pass == "read")
    return options.ring ? RingReadPass(words[1], options) : ReadPass(words[1], options);
  if (words.size() == 2 && pass == "compress") return CompressPass(words[1], options);
  if (words.size() == 2 && pass == "decompress") return DecompressPass(words[1], options);
  if (words.size() == 3 && pass == "create") return CreatePass(words[1], words[2], options);
  if (words.size() == 3 && pass == "files") return FilesPass(words[1], words[2], options);
  if (words.size() == 3 && pass == "write")
    return WritePass(words[1], Number(words[2].c_str()), options);
  Usage();
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

void Print(const std::string& pass, const Counts& counts) {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"pass\": \"%s\", \"seconds\": %.3f, \"user\": %.3f, \"sys\": %.3f, \"peak_bytes\": %lld, "
      "\"files\": %llu, \"directories\": %llu, \"bytes\": %llu, \"output_bytes\": %llu}\n",
      pass.c_str(), counts.seconds, Seconds(usage.ru_utime), Seconds(usage.ru_stime),
      usage.ru_maxrss * 1024LL, static_cast<unsigned long long>(counts.files),
      static_cast<unsigned long long>(counts.directories),
      static_cast<unsigned long long>(counts.bytes),
      static_cast<unsigned long long>(counts.output_bytes));
}

}  // namespace
}  // namespace limit

int main(int argc, char** argv) {
  limit::Options options;
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.substr(0, 2) != "--") {
      words.push_back(word);
    } else if (word == "--ring") {
      options.ring = true;
    } else if (word == "--metadata") {
      options.metadata = true;
    } else if (i + 1 == argc) {
      limit::Usage();
    } else if (word == "--threads") {
      options.threads = static_cast<int>(limit::Number(argv[++i]));
    } else if (word == "--press") {
      options.press = static_cast<int>(limit::Number(argv[++i]));
    } else if (word == "--level") {
      options.level = static_cast<int>(limit::Number(argv[++i]));
    } else if (word == "--direct") {
      options.direct = limit::Number(argv[++i]);
    } else {
      limit::Usage();
    }
  }
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  errno = 0;
  const limit::Counts counts = limit::Run(words, options);
  limit::Print(words[0], counts);
  return 0;
}
