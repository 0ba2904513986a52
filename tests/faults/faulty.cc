#include "tests/faults/faulty.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/container/container.h"
#include "core/verify/verify.h"
#include "tests/interposer/error_names.h"

namespace ingot {
namespace {

constexpr char kTimeout[] = "timeout -s ABRT 120 ";  // a program that waits for ever has failed

struct Effects {
  const char* call;
  std::vector<std::string> effects;
};

const std::vector<Effects>& AllEffects() {
  static const auto* const all = new std::vector<Effects>{
      {"open", {"EINTR", "EAGAIN", "EIO", "EACCES", "EMFILE", "ENOENT", "ESTALE", "ENOMEM"}},
      {"reopen", {"EIO", "EMFILE", "ENOENT", "EINVAL"}},
      {"read", {"EINTR", "EAGAIN", "short", "EIO", "ESTALE", "EIO+"}},
      {"direct", {"EINTR", "EAGAIN", "short", "EIO", "EINVAL", "EIO+"}},
      {"create", {"ENOSPC", "EDQUOT", "EIO", "EACCES", "EROFS"}},
      {"write", {"EINTR", "EAGAIN", "short", "EIO", "ENOSPC", "EDQUOT", "ENOSPC+", "EIO+"}},
      {"fsync", {"EIO", "ENOSPC", "EDQUOT"}},
      {"syncfs", {"EIO", "ENOSPC", "EDQUOT"}},
      {"close", {"EINTR", "EIO", "EDQUOT"}},
      {"ring", {"EINTR", "EAGAIN", "ENOMEM", "EACCES", "EBADFD"}},
      {"thread", {"EAGAIN"}},
      {"stat", {"EIO", "ESTALE", "ENOMEM", "EACCES"}},
      {"access", {"EIO", "EACCES"}},
      {"statfs", {"EIO", "ENOSYS"}},
      {"resolve", {"EIO", "EACCES"}},
      {"list", {"EIO", "ESTALE", "ENOMEM"}},
      {"seek", {"EIO", "ESTALE"}},
      {"readlink", {"EIO", "ESTALE"}},
      {"listxattr", {"EIO", "ESTALE", "ENOMEM"}},
      {"getxattr", {"EIO", "ESTALE", "ENOMEM"}},
      {"allocate", {"EINTR", "EIO", "ENOSPC"}},
      {"truncate", {"EINTR", "EIO", "ENOSPC"}},
      {"fcntl", {"EINVAL", "EMFILE"}},
      {"lock", {"EINTR", "EIO", "ENOLCK"}},
      {"residency", {"ENOSYS", "EPERM", "ENOMEM"}},
      {"identity", {"EIO", "EMFILE"}},
      {"random", {"ENOSYS"}},
      {"priority", {"EPERM"}},
      {"process", {"EAGAIN", "ENOMEM"}},
      {"wait", {"EINTR"}},
      {"poll", {"EINTR", "ENOMEM"}},
      {"pipe", {"EMFILE", "ENFILE"}},
      {"eventfd", {"EMFILE", "ENOMEM"}},
      {"memfd", {"EMFILE", "ENOMEM"}},
      {"socket", {"EMFILE", "ENOMEM"}},
      {"connect", {"ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT"}},
      {"send", {"EINTR", "EAGAIN", "short", "ECONNRESET", "EPIPE"}},
      {"receive", {"EINTR", "EAGAIN", "short", "ECONNRESET", "ETIMEDOUT"}},
  };
  return *all;
}

// Of calls that change names or metadata.
const std::vector<std::string>& OtherEffects() {
  static const auto* const effects =
      new std::vector<std::string>{"EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES"};
  return *effects;
}

std::string Attributes(const std::string& path) {
  std::string names(4096, '\0');
  const ssize_t length = llistxattr(path.c_str(), names.data(), names.size());
  if (length <= 0) return "";
  names.resize(static_cast<size_t>(length));
  std::vector<std::string> lines;
  for (const absl::string_view name : absl::StrSplit(names, '\0', absl::SkipEmpty())) {
    std::string value(4096, '\0');
    const ssize_t bytes =
        lgetxattr(path.c_str(), std::string(name).c_str(), value.data(), value.size());
    value.resize(bytes < 0 ? 0 : static_cast<size_t>(bytes));
    lines.push_back(absl::StrCat(name, "=", value));
  }
  std::sort(lines.begin(), lines.end());
  return absl::StrJoin(lines, ";");
}

}  // namespace

std::string Fault::Text() const {
  return absl::StrJoin({operation.call, operation.file, absl::StrCat(operation.number), effect},
                       "\t");
}

FaultyRun FaultyProgram::Run(const std::string& fault) const {
  const std::string record = scratch_ / "record";
  WriteFile(record, "");
  std::string command =
      absl::StrCat("cd ", scratch_.path(), " && export INGOT_FAULT_ROOT=", scratch_.path(),
                   " INGOT_FAULT_RECORD=", record);
  if (!fault.empty()) absl::StrAppend(&command, " INGOT_FAULT=", Quote(fault));
  absl::StrAppend(&command, " INGOT_FAULT_KEEP=", scratch_ / "kept", "; mkdir -p kept; exec ",
                  kTimeout, Quote(INGOT_FAULTY_BINARY), " ", arguments_);
  const ShellResult result = Shell(command);
  FaultyRun run{.exit_code = result.exit_code, .output = result.output, .error = result.error};
  run.record = Lines(ReadFile(record));
  run.met = std::any_of(run.record.begin(), run.record.end(),
                        [](const std::string& line) { return absl::StartsWith(line, "fault\t"); });
  return run;
}

std::vector<FaultyOperation> OperationsOf(const FaultyRun& run) {
  std::vector<FaultyOperation> operations;
  for (const std::string& line : run.record) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    FaultyOperation operation;
    if (fields.size() != 3 || fields[0] == "memory" ||
        !absl::SimpleAtoi(fields[2], &operation.number))
      continue;
    operation.call = fields[0];
    operation.file = fields[1];
    operations.push_back(std::move(operation));
  }
  return operations;
}

std::vector<Fault> FaultsOf(const std::vector<FaultyOperation>& operations) {
  std::vector<Fault> faults;
  for (const FaultyOperation& operation : operations) {
    if (absl::StartsWith(operation.file, "anon_inode:")) continue;  // an eventfd does not fail
    const auto found =
        std::find_if(AllEffects().begin(), AllEffects().end(),
                     [&](const Effects& effects) { return operation.call == effects.call; });
    for (const std::string& effect :
         found == AllEffects().end() ? OtherEffects() : found->effects) {
      faults.push_back({operation, effect});
    }
  }
  return faults;
}

bool IsHarmless(const Fault& fault) {
  const std::string& call = fault.operation.call;
  const std::string& file = fault.operation.file;
  if (absl::StartsWith(file, "/")) return false;  // /dev/null, /proc: not ours
  // The program's own pipes are blocking ones.
  if (absl::StartsWith(file, "pipe:")) return fault.effect == "EINTR";
  if (call == "thread" || call == "process") return false;
  if (call == "close") return fault.effect == "EINTR";
  if (call == "ring" && file == "setup") return false;
  if (call == "ring" && file == "probe") return false;
  if (call == "ring" && file == "enable") return fault.effect == "EINTR";
  return fault.effect == "EINTR" || fault.effect == "EAGAIN" || fault.effect == "short";
}

std::vector<Fault> Sample(std::vector<Fault> faults, uint64_t usual) {
  if (LongTests()) return faults;
  // The order of a record differs from run to run.
  std::map<std::pair<std::string, std::string>, std::vector<Fault>> kinds;
  for (Fault& fault : faults) {
    kinds[{fault.operation.call, fault.effect}].push_back(std::move(fault));
  }
  std::mt19937_64 random(SweepSeed());
  std::vector<Fault> sample;
  for (auto& [kind, all] : kinds) {
    std::sort(all.begin(), all.end(),
              [](const Fault& a, const Fault& b) { return a.Text() < b.Text(); });
    std::shuffle(all.begin(), all.end(), random);
    sample.push_back(all.back());
    all.pop_back();
  }
  std::vector<std::vector<Fault>> rest;
  for (auto& [kind, all] : kinds) rest.push_back(std::move(all));
  while (true) {
    rest.erase(
        std::remove_if(rest.begin(), rest.end(), [](const auto& all) { return all.empty(); }),
        rest.end());
    std::shuffle(rest.begin(), rest.end(), random);
    for (std::vector<Fault>& all : rest) {
      if (sample.size() >= SweepRounds(usual)) return sample;
      sample.push_back(std::move(all.back()));
      all.pop_back();
    }
    if (rest.empty()) return sample;
  }
}

void SweepCount::Add(const FaultyRun& run) {
  ++runs;
  if (!run.met) return;
  ++met;
  ++exit_codes[run.exit_code];
}

std::string SweepCount::Text() const {
  std::string text = absl::StrCat(runs, " runs, ", met, " faults took place;");
  for (const auto& [code, count] : exit_codes) absl::StrAppend(&text, " exit ", code, ": ", count);
  return absl::StrCat(text, "; seed ", SweepSeed());
}

void SweepFaults(const FaultyProgram& program, const FaultyRun& clean, const FaultSweep& sweep) {
  SweepCount count;
  std::set<std::string> calls_met;
  for (const Fault& fault : Sample(FaultsOf(OperationsOf(clean)), sweep.usual)) {
    SCOPED_TRACE(absl::StrCat("INGOT_FAULT='", fault.Text(), "', seed ", SweepSeed()));
    sweep.reset();
    const FaultyRun run = program.Run(fault.Text());
    count.Add(run);
    if (run.met) calls_met.insert(fault.operation.call);
    EXPECT_TRUE(SpeaksPlainly(run));
    sweep.check(fault, run);
    if (testing::Test::HasFatalFailure()) break;
  }
  std::cout << count.Text() << "\n";
  EXPECT_GT(static_cast<double>(count.met), static_cast<double>(count.runs) * sweep.share_met);
  for (const std::string& call : sweep.calls) EXPECT_TRUE(calls_met.contains(call)) << call;
}

void SweepSpace(const FaultyProgram& program, const FaultyRun& clean, uint64_t usual,
                const std::function<void()>& reset,
                const std::function<void(const FaultyRun&, const std::string& text)>& check) {
  uint64_t bytes = 0;
  for (const std::string& line : clean.record) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    uint64_t written = 0;
    if (fields[0] == "wrote" && absl::SimpleAtoi(fields[3], &written)) bytes += written;
  }
  ASSERT_GT(bytes, 0u);
  std::mt19937_64 random(SweepSeed());
  SweepCount count;
  for (uint64_t round = 0; round < SweepRounds(usual); ++round) {
    for (const char* effect : {"ENOSPC", "EDQUOT"}) {
      const std::string fault = absl::StrCat("space\t", random() % bytes, "\t", effect);
      SCOPED_TRACE(absl::StrCat("INGOT_FAULT='", fault, "', seed ", SweepSeed()));
      reset();
      const FaultyRun run = program.Run(fault);
      count.Add(run);
      EXPECT_TRUE(run.met);
      EXPECT_EQ(run.exit_code, 1) << run.error;
      EXPECT_TRUE(SpeaksPlainly(run));
      EXPECT_THAT(run.error, testing::HasSubstr(EffectText(effect)));
      check(run, EffectText(effect));
    }
  }
  std::cout << count.Text() << "\n";
}

std::string EffectText(const std::string& effect) {
  const std::string name = effect.substr(0, effect.find('+'));
  for (const faults::ErrorName& error : faults::kErrorNames) {
    if (name == error.name) return std::strerror(error.number);
  }
  ADD_FAILURE() << effect << " is no error";
  return "";
}

testing::AssertionResult HidesNothing(const std::string& directory, const Fault& fault) {
  if (fault.operation.call == "unlink") return testing::AssertionSuccess();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (absl::StrContains(entry.path().string(), "/.ingot-")) {
      return testing::AssertionFailure() << entry.path() << " was left behind";
    }
  }
  return testing::AssertionSuccess();
}

bool Names(const FaultyRun& run, std::string path) {
  while (true) {
    if (absl::StrContains(run.error, absl::StrCat(" ", path, ": "))) return true;
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return false;
    path.resize(slash);
  }
}

testing::AssertionResult SpeaksPlainly(const FaultyRun& run) {
  bool error = false;
  for (const std::string& line : Lines(run.error)) {
    if (!absl::StartsWith(line, "ingot: ") && !absl::StartsWith(line, "  ")) {
      return testing::AssertionFailure() << "a line that is not ours: " << line;
    }
    if (absl::StartsWith(line, "ingot: error: ")) error = true;
  }
  if (run.exit_code == 0 || run.exit_code == 3 || error) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "exit code " << run.exit_code << " without an error line: " << run.error;
}

std::map<std::string, std::string> TreeOf(const std::string& directory) {
  namespace fs = std::filesystem;
  std::set<std::string> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (!absl::StrContains(entry.path().string(), "/.ingot-")) paths.insert(entry.path().string());
  }
  std::map<std::string, std::string> tree;
  std::map<std::pair<dev_t, ino_t>, std::string> first_names;
  for (const std::string& path : paths) {
    const std::string below = path.substr(directory.size() + 1);
    struct stat stat = {};
    if (lstat(path.c_str(), &stat) != 0) continue;
    std::string text =
        absl::StrCat(absl::Hex(stat.st_mode), " ", stat.st_uid, ":", stat.st_gid, " ",
                     stat.st_mtim.tv_sec, ".", stat.st_mtim.tv_nsec, " ", Attributes(path), " ");
    if (!S_ISDIR(stat.st_mode)) {
      absl::StrAppend(
          &text, first_names.try_emplace({stat.st_dev, stat.st_ino}, below).first->second, " ");
    }
    if (S_ISREG(stat.st_mode)) {
      constexpr off_t kBlockBytes = 512;
      const bool has_holes = stat.st_blocks * kBlockBytes < stat.st_size;
      absl::StrAppend(&text, stat.st_size, has_holes ? " sparse " : " whole ",
                      std::hash<std::string>()(ReadFile(path)));
    } else if (S_ISLNK(stat.st_mode)) {
      absl::StrAppend(&text, fs::read_symlink(path).string());
    }
    tree[below] = text;
  }
  return tree;
}

absl::StatusOr<std::map<std::string, std::string>> MembersOf(const std::string& path) {
  const absl::StatusOr<std::unique_ptr<Container>> container = Container::Open(path);
  if (!container.ok()) return container.status();
  VerifyProgress progress;
  const absl::StatusOr<VerifyReport> report = Verify(**container, {.threads = 1}, &progress);
  if (!report.ok()) return report.status();
  if (!report->damages.empty()) {
    return absl::DataLossError(absl::StrCat(path, ": ", report->damages.front().ToLine()));
  }
  std::map<std::string, std::string> members;
  std::map<std::string, std::string> links;
  const absl::Status read = (*container)->ForEachEntry([&](const IndexEntry& entry) {
    if (entry.type == MemberType::kHardLink) links[entry.path] = entry.link_target;
    members[entry.path] = absl::StrCat(
        static_cast<int>(entry.type), " ", entry.mode, " ", entry.uid, ":", entry.gid, " ",
        entry.mtime.seconds, ".", entry.mtime.nanoseconds, " ", entry.size, " ",
        absl::string_view(reinterpret_cast<const char*>(&entry.digest), sizeof(entry.digest)), " ",
        entry.link_target);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  for (const auto& [name, carrier] : links) members[name] = members[carrier];
  return members;
}

}  // namespace ingot
