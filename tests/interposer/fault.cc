#include "tests/interposer/fault.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "tests/interposer/error_names.h"

namespace ingot::faults {
namespace {

struct Effect {
  int error = 0;
  bool lasting = false;
  bool is_short = false;
  bool kill = false;
};

struct Planned {
  std::string call;
  std::string file;
  uint64_t number = 0;
  std::string effect_text;
  Effect effect;
  bool met = false;
  Kind kind = Kind::kOther;  // once met
};

[[noreturn]] void Misuse(const char* why) {
  static_cast<void>(!::write(STDERR_FILENO, why, std::strlen(why)));
  std::abort();
}

Effect ParseEffect(std::string text) {
  Effect effect;
  if (text == "short") {
    effect.is_short = true;
    return effect;
  }
  if (text == "kill") {
    effect.kill = true;
    return effect;
  }
  if (!text.empty() && text.back() == '+') {
    effect.lasting = true;
    text.pop_back();
  }
  for (const ErrorName& error : kErrorNames) {
    if (text == error.name) effect.error = error.number;
  }
  if (effect.error == 0) Misuse("INGOT_FAULT: unknown effect\n");
  return effect;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> fields(1);
  for (const char c : text) {
    if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back().push_back(c);
    }
  }
  return fields;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class Plan {
 public:
  Plan() : root_(Environment("INGOT_FAULT_ROOT")), keep_(Environment("INGOT_FAULT_KEEP")) {
    const std::string record = Environment("INGOT_FAULT_RECORD");
    if (!record.empty()) {
      record_fd_ = static_cast<int>(syscall(SYS_openat, AT_FDCWD, record.c_str(),
                                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
      if (record_fd_ < 0) Misuse("INGOT_FAULT_RECORD cannot be written\n");
    }
    const std::string fault = Environment("INGOT_FAULT");
    for (const std::string& line : Split(fault, '\n')) {
      if (!line.empty()) Parse(Split(line, '\t'));
    }
  }

  Outcome Meet(Operation operation) {
    constexpr char kNoFile[] = "anon_inode:";  // an eventfd
    if (operation.file.compare(0, sizeof(kNoFile) - 1, kNoFile) == 0) operation.kind = Kind::kOther;
    const std::lock_guard<std::mutex> lock(mutex_);
    const uint64_t number = counts_[{operation.call, operation.file}]++;
    Tell(std::string(operation.call) + '\t' + operation.file + '\t' + std::to_string(number));
    Outcome outcome;
    outcome.bytes = operation.bytes;
    for (Planned& planned : planned_) {
      if (planned.call == operation.call && planned.file == operation.file &&
          planned.number == number) {
        return Hit(operation, &planned, outcome);
      }
      if (planned.met && planned.effect.lasting && planned.kind != Kind::kOther &&
          operation.kind == planned.kind) {
        outcome.error = planned.effect.error;
      }
    }
    const bool is_ours = operation.file[0] != '/' && operation.file.compare(0, 5, "pipe:") != 0;
    if (space_ && is_ours && operation.kind == Kind::kWriting) return Take(operation, outcome);
    return outcome;
  }

  bool IsRefused() {
    const bool refused = allocations_.fetch_add(1) == refused_;
    if (refused) Tell("fault\tmemory\t-\tENOMEM");
    return refused;
  }

  void Tell(std::string line) const {
    if (record_fd_ < 0) return;
    line.push_back('\n');
    if (syscall(SYS_write, record_fd_, line.data(), line.size()) !=
        static_cast<long>(line.size())) {
      Misuse("INGOT_FAULT_RECORD cannot be written\n");
    }
  }
  void TellEnd() const { Tell("memory\t-\t" + std::to_string(allocations_.load())); }

  const std::string& root() const { return root_; }
  const std::string& keep() const { return keep_; }

 private:
  void Parse(const std::vector<std::string>& fields) {
    if (fields[0] == "memory" && fields.size() == 2) {
      refused_ = std::stoull(fields[1]);
    } else if (fields[0] == "space" && fields.size() == 3) {
      space_ = true;
      space_bytes_ = std::stoull(fields[1]);
      space_error_ = ParseEffect(fields[2]).error;
    } else if (fields.size() == 4) {
      planned_.push_back(
          {fields[0], fields[1], std::stoull(fields[2]), fields[3], ParseEffect(fields[3])});
    } else {
      Misuse("INGOT_FAULT: wrong number of fields\n");
    }
  }

  Outcome Hit(const Operation& operation, Planned* planned, Outcome outcome) {
    planned->met = true;
    planned->kind = operation.kind;
    Tell("fault\t" + planned->call + '\t' + planned->file + '\t' + std::to_string(planned->number) +
         '\t' + planned->effect_text);
    if (planned->effect.kill) {
      syscall(SYS_kill, getpid(), SIGKILL);
      while (true) pause();
    }
    outcome.error = planned->effect.error;
    if (planned->effect.is_short && operation.bytes > 1) {
      constexpr uint64_t kBlockBytes = 4096;  // as short as direct I/O can be
      outcome.bytes = operation.bytes / 2;
      if (outcome.bytes > kBlockBytes) outcome.bytes -= outcome.bytes % kBlockBytes;
    }
    return outcome;
  }

  Outcome Take(const Operation& operation, Outcome outcome) {
    if (space_bytes_ == 0) {
      if (!std::exchange(space_met_, true)) {
        Tell(std::string("fault\t") + operation.call + "\tspace");
      }
      outcome.error = space_error_;
      return outcome;
    }
    outcome.bytes = std::min(operation.bytes, space_bytes_);
    space_bytes_ -= outcome.bytes;
    return outcome;
  }

  const std::string root_;
  const std::string keep_;
  int record_fd_ = -1;
  bool space_ = false;
  int space_error_ = 0;

  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, uint64_t> counts_;
  std::vector<Planned> planned_;
  bool space_met_ = false;
  uint64_t space_bytes_ = 0;

  std::atomic<uint64_t> allocations_ = 0;
  uint64_t refused_ = UINT64_MAX;
};

// The plan's own allocations and calls are nobody's operations, nor is what a forked child does
// before it runs another program.
thread_local int depth = 0;
bool is_child = false;

struct Inside {
  Inside() { ++depth; }
  ~Inside() { --depth; }
};

Plan& ThePlan() {
  static Plan* const plan = [] {
    Plan* const made = new Plan;  // never destroyed: threads may outlive main
    pthread_atfork(nullptr, nullptr, [] { is_child = true; });
    std::atexit([] {
      const Inside inside;
      ThePlan().TellEnd();
    });
    return made;
  }();
  return *plan;
}

std::string InodeOf(int fd) {
  const Inside inside;
  struct stat stat = {};
  return fstat(fd, &stat) == 0 ? std::to_string(stat.st_ino) : "?";
}

// "*" for each number in hexadecimal of `digits_min` digits or more that `is_digit` takes.
std::string WithoutNumbers(const std::string& text, int (*is_digit)(int), size_t digits_min) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && is_digit(static_cast<unsigned char>(text[end])) != 0) ++end;
    if (end - i >= digits_min) {
      result.push_back('*');
      i = end;
    } else {
      result.push_back(text[i++]);
    }
  }
  return result;
}

}  // namespace

Outcome Meet(const Operation& operation) {
  Outcome as_wanted;
  as_wanted.bytes = operation.bytes;
  if (depth > 0 || is_child) return as_wanted;
  const Inside inside;
  return ThePlan().Meet(operation);
}

bool IsRefused(size_t bytes) {
  if (bytes < kLargeBytes || depth > 0 || is_child) return false;
  const Inside inside;
  return ThePlan().IsRefused();
}

void Tell(const std::string& line) {
  if (depth > 0 || is_child) return;
  const Inside inside;
  ThePlan().Tell(line);
}

void TellWrite(int fd, uint64_t offset, uint64_t bytes) {
  Tell("wrote\t" + InodeOf(fd) + '\t' + std::to_string(offset) + '\t' + std::to_string(bytes));
}

void TellSync(int fd) { Tell("synced\t" + InodeOf(fd) + '\t' + PathOfFd(fd)); }

std::string Told(const std::string& path) {
  const Inside inside;
  const std::string& root = ThePlan().root();
  if (root.empty() || path.compare(0, root.size(), root) != 0) {
    return WithoutNumbers(path, std::isdigit, 1);
  }
  constexpr size_t kRandomDigits = 16;  // of temporary names
  std::string told = path.size() > root.size() ? path.substr(root.size() + 1) : ".";
  const size_t unnamed = told.find("/#");
  if (unnamed != std::string::npos) told.replace(unnamed + 2, std::string::npos, "*");
  return WithoutNumbers(told, std::isxdigit, kRandomDigits);
}

std::string PathOfFd(int fd) {
  const Inside inside;
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = readlink(link.c_str(), path, sizeof(path));
  return length < 0 ? "?" : std::string(path, static_cast<size_t>(length));
}

const char* ReadOf(int fd) {
  const Inside inside;
  return (fcntl(fd, F_GETFL) & O_DIRECT) != 0 ? "direct" : "read";
}

std::string PathOfName(int directory_fd, const char* name) {
  const Inside inside;
  constexpr char kOwnFds[] = "/proc/self/fd/";
  if (std::strncmp(name, kOwnFds, sizeof(kOwnFds) - 1) == 0) {
    char* rest = nullptr;
    const long fd = std::strtol(name + sizeof(kOwnFds) - 1, &rest, 10);
    return PathOfFd(static_cast<int>(fd)) + rest;
  }
  if (name[0] == '/') return name;
  char here[PATH_MAX];
  const std::string directory = directory_fd != AT_FDCWD                ? PathOfFd(directory_fd)
                                : getcwd(here, sizeof(here)) != nullptr ? std::string(here)
                                                                        : "?";
  if (name[0] == '\0' || std::strcmp(name, ".") == 0) return directory;
  return directory + '/' + name;
}

std::string Keep(int directory_fd, const char* name) {
  const Inside inside;
  static std::atomic<int> number = 0;
  const std::string& keep = ThePlan().keep();
  if (keep.empty()) return "-";
  const std::string kept = keep + '/' + std::to_string(number++);
  const long result = syscall(SYS_linkat, directory_fd, name, AT_FDCWD, kept.c_str(), 0);
  return result == 0 ? kept : "-";
}

}  // namespace ingot::faults
