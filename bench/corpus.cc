// Makes a seeded tree to measure on: ingot_corpus KIND DIRECTORY [FILES] [SEED]
//
// The same arguments give the same names and sizes anywhere, and the same bytes on machines with
// the same /usr: text and binaries are slices of real ones, what is "compressed already" is noise.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;

enum class Layout { kContentStore, kDeep, kWide, kTiny };

// Shares of text and binaries; the rest is noise, as documents and pictures are.
struct Kind {
  const char* name;
  uint64_t files;
  double mean_bytes;  // of a log-normal distribution
  double sigma;
  double text;
  double binary;
  Layout layout;
  const char* what;
};

constexpr Kind kKinds[] = {
    {"small", 120'000, 22.5e3, 1.3, 0.30, 0.15, Layout::kContentStore, "many small files: 2.7 GB"},
    {"mixed", 30'000, 187e3, 1.8, 0.30, 0.15, Layout::kContentStore, "mixed sizes: 5.6 GB"},
    {"huge", 4, 700e6, 0.2, 0.30, 0.15, Layout::kWide, "few huge files: 2.8 GB"},
    {"noise", 10'000, 200e3, 1.5, 0, 0, Layout::kContentStore, "incompressible: 2 GB"},
    {"text", 40'000, 50e3, 1.5, 1, 0, Layout::kContentStore, "text: 2 GB"},
    {"deep", 20'000, 20e3, 1.3, 0.30, 0.15, Layout::kDeep, "directories 60 levels deep: 0.4 GB"},
    {"wide", 100'000, 8e3, 1.0, 0.30, 0.15, Layout::kWide, "all in one directory: 0.8 GB"},
    {"flat", 1'000'000, 64, 0.5, 1, 0, Layout::kWide, "64 bytes each, all in one directory"},
    {"tiny", 1'000'000, 64, 0.5, 1, 0, Layout::kTiny, "64 bytes each, 1,000 in a directory"},
};

constexpr double kBytesMax = 1e9;
constexpr size_t kPoolBytes = size_t{96} << 20;
constexpr int kThreads = 8;
constexpr uint64_t kTime = 1'700'000'000;  // when the first file was written; one a minute

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  double Normal() {
    return std::sqrt(-2 * std::log(1 - Fraction())) * std::cos(2 * M_PI * Fraction());
  }

 private:
  uint64_t state_;
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "ingot_corpus: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

// Real bytes of one sort, in the order of their paths.
std::string Pool(const fs::path& root, const std::vector<std::string>& endings) {
  std::vector<fs::path> paths;
  const auto passing = fs::directory_options::skip_permission_denied;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root, passing)) {
    const std::string name = entry.path().filename();
    const bool wanted = std::any_of(endings.begin(), endings.end(), [&](const std::string& end) {
      return name.find(end) != std::string::npos;
    });
    if (wanted && entry.is_regular_file() && !entry.is_symlink()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::string pool;
  for (const fs::path& path : paths) {
    if (pool.size() >= kPoolBytes) break;
    std::ifstream file(path, std::ios::binary);
    std::string bytes(1 << 20, '\0');  // of each, so that one cannot fill the pool
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    pool.append(bytes, 0, static_cast<size_t>(file.gcount()));
  }
  if (pool.size() < (1 << 20)) {
    std::fprintf(stderr, "ingot_corpus: less than 1 MiB of such files below %s\n", root.c_str());
    std::exit(1);
  }
  return pool;
}

std::string Directory(const Kind& kind, uint64_t i) {
  char path[512];
  if (kind.layout == Layout::kContentStore) {
    const time_t time = static_cast<time_t>(kTime + i * 60);
    struct tm parts;
    gmtime_r(&time, &parts);
    std::snprintf(path, sizeof(path), "/%d/%d/%d/%d/%d", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min);
    return path;
  }
  if (kind.layout == Layout::kTiny) {
    std::snprintf(path, sizeof(path), "/%03u/%03u", static_cast<unsigned>(i / 1'000'000),
                  static_cast<unsigned>(i / 1000 % 1000));
    return path;
  }
  std::string deep;
  if (kind.layout == Layout::kDeep) {
    deep = "/branch" + std::to_string(i % 50);
    for (uint64_t level = 0; level < i / 50 % 60; ++level) deep += "/l" + std::to_string(level);
  }
  return deep;
}

class Maker {
 public:
  Maker(const Kind& kind, std::string root, uint64_t seed)
      : kind_(kind), root_(std::move(root)), seed_(seed) {
    if (kind.text > 0)
      text_ = Pool("/usr/share", {".txt", ".py", ".pm", ".html", "copyright", ".xml"});
    if (kind.binary > 0) binary_ = Pool("/usr/lib", {".so"});
  }

  void MakeFile(uint64_t i, std::string* noise) {
    Random random(seed_ * 0x100000001B3 + i);
    const double mu = std::log(kind_.mean_bytes) - kind_.sigma * kind_.sigma / 2;
    const double drawn = std::exp(mu + kind_.sigma * random.Normal());
    const size_t size = static_cast<size_t>(std::min(drawn, kBytesMax));
    char name[64];
    std::snprintf(name, sizeof(name), "/%08x-%04x-%04x.bin", static_cast<unsigned>(random.Next()),
                  static_cast<unsigned>(random.Next() & 0xFFFF), static_cast<unsigned>(i & 0xFFFF));
    const std::string directory = root_ + Directory(kind_, i);
    const std::string path = directory + name;
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == ENOENT) {
      fs::create_directories(directory);
      fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    }
    if (fd < 0) Die(path);
    const double sort = random.Fraction();
    const std::string* pool = sort < kind_.text                  ? &text_
                              : sort < kind_.text + kind_.binary ? &binary_
                                                                 : nullptr;
    for (size_t done = 0; done < size;) {
      size_t length = std::min(size - done, noise->size());
      const char* bytes = noise->data();
      if (pool == nullptr) {
        for (size_t at = 0; at < length; at += 8) {
          const uint64_t word = random.Next();
          std::memcpy(noise->data() + at, &word, std::min<size_t>(8, length - at));
        }
      } else {
        const size_t offset = random.Next() % pool->size();
        length = std::min(length, pool->size() - offset);
        bytes = pool->data() + offset;
      }
      if (write(fd, bytes, length) != static_cast<ssize_t>(length)) Die(path);
      done += length;
    }
    if (close(fd) != 0) Die(path);
    bytes_ += size;
  }

  void Run(uint64_t files) {
    fs::create_directories(root_);
    std::atomic<uint64_t> next{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        std::string noise(1 << 20, '\0');
        for (uint64_t i = next++; i < files; i = next++) MakeFile(i, &noise);
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::printf("%s: %llu files, %.2f GB\n", kind_.name, static_cast<unsigned long long>(files),
                static_cast<double>(bytes_) * 1e-9);
  }

 private:
  const Kind& kind_;
  const std::string root_;
  const uint64_t seed_;
  std::string text_;
  std::string binary_;
  std::atomic<uint64_t> bytes_{0};
};

}  // namespace

int main(int argc, char** argv) {
  for (const Kind& kind : kKinds) {
    if (argc < 3 || std::strcmp(argv[1], kind.name) != 0) continue;
    const uint64_t files = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : kind.files;
    const uint64_t seed = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1;
    Maker(kind, argv[2], seed).Run(files);
    return 0;
  }
  std::fprintf(stderr, "Usage: ingot_corpus KIND DIRECTORY [FILES] [SEED]\n");
  for (const Kind& kind : kKinds)
    std::fprintf(stderr, "  %-6s %7llu files  %s\n", kind.name,
                 static_cast<unsigned long long>(kind.files), kind.what);
  return 2;
}
