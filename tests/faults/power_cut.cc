#include "tests/faults/power_cut.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/testing.h"

namespace ingot {
namespace {

constexpr size_t kBlockBytes = 4096;

struct Written {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

struct NameChange {
  std::string from;  // empty: `to` is new
  std::string to;    // empty: `from` was removed
  std::string kept;  // what was lost by it, or "-"
  std::string Directory() const {
    const std::string& path = to.empty() ? from : to;
    return path.substr(0, path.rfind('/'));
  }
};

// What is not safe on the disk when the record ends.
struct Unsynced {
  std::map<std::string, std::vector<Written>> writes;  // by inode
  std::vector<NameChange> names;
};

void Sync(const std::vector<std::string>& fields, Unsynced* unsynced) {
  if (fields[1] == "all") {
    *unsynced = Unsynced();
    return;
  }
  unsynced->writes.erase(fields[1]);
  const std::string& path = fields[2];
  std::vector<NameChange>& names = unsynced->names;
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const NameChange& name) { return name.Directory() == path; }),
              names.end());
}

Unsynced Read(const std::vector<std::string>& record) {
  Unsynced unsynced;
  for (const std::string& line : record) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields[0] == "wrote") {
      Written written;
      EXPECT_TRUE(absl::SimpleAtoi(fields[2], &written.offset));
      EXPECT_TRUE(absl::SimpleAtoi(fields[3], &written.bytes));
      unsynced.writes[fields[1]].push_back(written);
    } else if (fields[0] == "synced") {
      Sync(fields, &unsynced);
    } else if (fields[0] == "created" || fields[0] == "linked") {
      unsynced.names.push_back({"", fields[1], "-"});
    } else if (fields[0] == "renamed") {
      unsynced.names.push_back({fields[1], fields[2], fields[3]});
    } else if (fields[0] == "unlinked") {
      unsynced.names.push_back({fields[1], "", fields[2]});
    }
  }
  return unsynced;
}

void Undo(const NameChange& change) {
  if (change.from.empty()) {
    unlink(change.to.c_str());
  } else if (change.to.empty()) {
    if (change.kept != "-") static_cast<void>(!link(change.kept.c_str(), change.from.c_str()));
  } else {
    std::rename(change.to.c_str(), change.from.c_str());
    if (change.kept != "-") static_cast<void>(!link(change.kept.c_str(), change.to.c_str()));
  }
}

void Tear(const std::string& path, const std::vector<Written>& writes, std::mt19937_64* random) {
  std::string content = ReadFile(path);
  for (const Written& write : writes) {
    for (uint64_t at = write.offset; at < write.offset + write.bytes; at += kBlockBytes) {
      if ((*random)() % 2 == 0 || at >= content.size()) continue;
      const size_t bytes = std::min<size_t>(kBlockBytes, content.size() - at);
      content.replace(at, bytes, bytes, '\0');
    }
  }
  if ((*random)() % 2 == 0) content.resize((*random)() % (content.size() + 1));
  struct stat stat = {};
  ASSERT_EQ(lstat(path.c_str(), &stat), 0);
  // In place: the file keeps its inode and mode.
  std::FILE* file = std::fopen(path.c_str(), "r+b");
  ASSERT_NE(file, nullptr) << path;
  EXPECT_EQ(std::fwrite(content.data(), 1, content.size(), file), content.size());
  std::fclose(file);
  EXPECT_EQ(truncate(path.c_str(), static_cast<off_t>(content.size())), 0);
}

}  // namespace

PowerCut CutPower(const std::vector<std::string>& record, const std::string& directory,
                  uint64_t seed) {
  std::mt19937_64 random(seed);
  const Unsynced unsynced = Read(record);
  PowerCut cut;
  const size_t lost = seed % (unsynced.names.size() + 1);  // seeds in a row lose each number once
  for (size_t i = 0; i < lost; ++i) {
    const NameChange& change = unsynced.names[unsynced.names.size() - 1 - i];
    const std::string& path = change.to.empty() ? change.from : change.to;
    if (!absl::StartsWith(path, directory)) continue;
    Undo(change);
    ++cut.names_lost;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    struct stat stat = {};
    const std::string path = entry.path().string();
    if (lstat(path.c_str(), &stat) != 0 || !S_ISREG(stat.st_mode)) continue;
    const auto found = unsynced.writes.find(absl::StrCat(stat.st_ino));
    if (found == unsynced.writes.end()) continue;
    Tear(path, found->second, &random);
    ++cut.files_torn;
  }
  return cut;
}

}  // namespace ingot
