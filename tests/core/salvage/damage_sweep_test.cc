// Damage of every kind, over whole containers: verify notices all of it, restore writes no wrong
// byte without saying so, salvage brings back exactly what is whole.
//
// Of the worked example every byte, of what is larger a sample: INGOT_SWEEP_ROUNDS makes it larger,
// INGOT_TESTS_LONG the container of which blocks are damaged, and has verify look at every byte.
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/create/create.h"
#include "core/format/frame.h"
#include "core/verify/verify.h"
#include "tests/core/container/container_fixture.h"
#include "tests/core/format/specification_example.h"
#include "tests/core/salvage/damage.h"
#include "tests/e2e/command.h"
#include "tests/servers.h"
#include "tests/testing.h"

namespace ingot {
namespace {

std::string Create(const std::string& tree, uint64_t frame_bytes) {
  ScratchDirectory scratch;
  CreateOptions options;
  options.output = scratch / "c";
  options.engine = TestEngineKind();
  options.threads = 2;
  options.frame_bytes = frame_bytes;
  options.created_by = "a test";
  const absl::StatusOr<std::unique_ptr<Creation>> creation = Creation::Begin(options);
  EXPECT_OK(creation);
  EXPECT_OK((*creation)->AddTree({tree, "tree"}));
  EXPECT_OK((*creation)->AddDocument("zdocument", "the last of all"));
  EXPECT_OK((*creation)->Seal(/*findings_member=*/true));
  return ReadFile(scratch / "c");
}

// Several frames, of which some are slices, in a few KiB.
std::string CreatedContainer() {
  ScratchDirectory scratch;
  const std::string tree = scratch / "tree";
  std::filesystem::create_directories(tree + "/d/e");
  WriteFile(tree + "/a", "alpha");
  WriteFile(tree + "/d/large", std::string(2'500'000, 'l'));
  WriteFile(tree + "/d/tagged", "with an attribute");
  setxattr((tree + "/d/tagged").c_str(), "user.color", "blue", 4, 0);
  WriteFile(tree + "/d/e/noise", Noise(700));
  WriteFile(tree + "/holes", "begin");
  std::filesystem::resize_file(tree + "/holes", 5'000'000);
  std::filesystem::create_hard_link(tree + "/a", tree + "/link");
  std::filesystem::create_symlink("a", tree + "/sym");
  return Create(tree, kFrameBytesMin);
}

// A file that is damaged in one place after the other.
class DamagedFile {
 public:
  explicit DamagedFile(std::string bytes) : bytes_(std::move(bytes)) {
    WriteFile(path(), bytes_);
    fd_ = open(path().c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_GE(fd_, 0);
  }
  ~DamagedFile() { close(fd_); }

  std::string path() const { return scratch_ / "c"; }
  // Until the next call.
  void Flip(size_t at, char mask) {
    Mend();
    flipped_ = at;
    Put(at, static_cast<char>(bytes_[at] ^ mask));
  }
  void Mend() { Put(flipped_, bytes_[flipped_]); }
  void Cut(size_t length) { EXPECT_EQ(ftruncate(fd_, static_cast<off_t>(length)), 0); }

 private:
  void Put(size_t at, char byte) { EXPECT_EQ(pwrite(fd_, &byte, 1, static_cast<off_t>(at)), 1); }
  const std::string bytes_;
  ServerDirectory scratch_;
  int fd_ = -1;
  size_t flipped_ = 0;
};

// Whether verify says that the file is whole.
bool VerifyIsContent(const std::string& path) {
  const auto container = Container::Open(path);
  if (!container.ok()) {
    EXPECT_TRUE(absl::IsDataLoss(container.status())) << container.status();
    return false;
  }
  VerifyProgress progress;
  const auto report = Verify(**container, {.threads = 1}, &progress);
  EXPECT_OK(report);
  return report.ok() && report->ok();
}

// What is restored without a word is as it was.
void ExpectHonestRestore(const KnownContainer& known, const std::string& path) {
  const auto container = Container::Open(path);
  if (!container.ok()) return;
  const ServerDirectory scratch;  // in memory: nothing waits for a disk
  RestoreOptions options;
  options.directory = scratch / "out";
  options.threads = 1;
  RestoreProgress progress;
  const auto summary = Restore(**container, options, &progress);
  const TreeContent tree = ReadTree(scratch / "out");
  for (const auto& [name, content] : tree) {
    const auto was = known.tree.find(name);
    ASSERT_NE(was, known.tree.end()) << name;
    EXPECT_EQ(content, was->second) << name;
  }
  if (!summary.ok()) return;
  std::set<std::string> told;
  for (const RestoreProblem& problem : summary->problems) told.insert(problem.path);
  for (const auto& [name, places] : known.members) {
    EXPECT_TRUE(tree.contains(name) || told.contains(name)) << name;
  }
}

struct Sample {
  const char* name;
  std::string bytes;
};
std::vector<Sample> Containers() {
  return {{"the worked example", ExampleFromTheSpecification()}, {"created", CreatedContainer()}};
}

char RandomMask(std::mt19937_64* random) {
  const uint64_t number = (*random)();
  return number % 2 == 0 ? '\xff' : static_cast<char>(1 << (number / 2 % 8));
}

// Of a container as small as the worked example every byte is tried.
constexpr size_t kAllBytesMax = 6000;

// Positions to try: so many at random, or all.
std::vector<size_t> Positions(size_t size, uint64_t sample, std::mt19937_64* random) {
  std::vector<size_t> positions(size);
  for (size_t i = 0; i < size; ++i) positions[i] = i;
  if (sample >= size || size <= kAllBytesMax) return positions;
  std::shuffle(positions.begin(), positions.end(), *random);
  positions.resize(sample);
  return positions;
}

TEST(DamageSweep, VerifyNoticesEveryFlippedByte) {
  std::mt19937_64 random(SweepSeed());
  for (const Sample& sample : Containers()) {
    DamagedFile file(sample.bytes);
    ASSERT_TRUE(VerifyIsContent(file.path())) << sample.name;
    size_t tried = 0;
    const uint64_t tries = LongTests() ? sample.bytes.size() : SweepRounds(5) * 600;
    for (const size_t at : Positions(sample.bytes.size(), tries, &random)) {
      for (const char mask : {static_cast<char>(1 << (random() % 8)), '\xff'}) {
        file.Flip(at, mask);
        ++tried;
        EXPECT_FALSE(VerifyIsContent(file.path()))
            << sample.name << ", byte " << at << " of " << sample.bytes.size() << ", mask "
            << int{mask} << ", seed " << SweepSeed();
      }
    }
    std::cout << sample.name << ": " << sample.bytes.size() << " bytes, " << tried
              << " flips noticed, seed " << SweepSeed() << "\n";
    file.Mend();
    EXPECT_TRUE(VerifyIsContent(file.path()));
  }
}

TEST(DamageSweep, EveryTruncationIsNoticed) {
  for (const Sample& sample : Containers()) {
    DamagedFile file(sample.bytes);
    for (size_t length = sample.bytes.size(); length-- > 0;) {
      file.Cut(length);
      EXPECT_TRUE(absl::IsDataLoss(Container::Open(file.path()).status()))
          << sample.name << " of " << sample.bytes.size() << " bytes cut to " << length;
    }
    std::cout << sample.name << ": " << sample.bytes.size() << " truncations noticed\n";
  }
}

TEST(DamageSweep, RestoreWritesNoWrongByteSilently) {
  std::mt19937_64 random(SweepSeed());
  for (const Sample& sample : Containers()) {
    const KnownContainer known = Know(sample.bytes);
    DamagedFile file(sample.bytes);
    for (const size_t at : Positions(sample.bytes.size(), SweepRounds(5) * 60, &random)) {
      const char mask = RandomMask(&random);
      SCOPED_TRACE(
          absl::StrCat(sample.name, ", byte ", at, ", mask ", int{mask}, ", seed ", SweepSeed()));
      file.Flip(at, mask);
      ExpectHonestRestore(known, file.path());
    }
  }
}

TEST(DamageSweep, SalvageBringsBackExactlyWhatIsWhole) {
  std::mt19937_64 random(SweepSeed());
  for (const Sample& sample : Containers()) {
    const KnownContainer known = Know(sample.bytes);
    for (const size_t at : Positions(sample.bytes.size(), SweepRounds(5) * 40, &random)) {
      std::string bytes = sample.bytes;
      const char mask = RandomMask(&random);
      SCOPED_TRACE(
          absl::StrCat(sample.name, ", byte ", at, ", mask ", int{mask}, ", seed ", SweepSeed()));
      bytes[at] = static_cast<char>(bytes[at] ^ mask);
      ExpectExactSalvage(known, bytes);
    }
    for (const size_t length : Positions(sample.bytes.size(), SweepRounds(5) * 20, &random)) {
      SCOPED_TRACE(absl::StrCat(sample.name, " cut to ", length));
      ExpectExactSalvage(known, absl::string_view(sample.bytes).substr(0, length));
    }
  }
}

// Text of which about a third is left when compressed.
std::string Text(size_t bytes, std::mt19937_64* random) {
  std::string text;
  while (text.size() < bytes) absl::StrAppend(&text, (*random)() % 100'000, " grows and ");
  text.resize(bytes);
  return text;
}

void MakeTree(const std::string& tree, size_t files, std::mt19937_64* random) {
  for (size_t i = 0; i < files; ++i) {
    const std::string directory = absl::StrCat(tree, "/", i / 100 % 10, "/", i / 1000);
    std::filesystem::create_directories(directory);
    const size_t bytes = i % 500 == 499 ? 3'000'000 : (*random)() % 24'000;
    WriteFile(absl::StrCat(directory, "/file", i), Text(bytes, random));
  }
}

// One block of 4 KiB: not written, torn, overwritten, or what lay there before.
void DamageBlock(std::string* bytes, size_t at, std::mt19937_64* random) {
  const size_t length = std::min<size_t>(4096, bytes->size() - at);
  switch ((*random)() % 4) {
    case 0:
      bytes->replace(at, length, length, '\0');
      break;
    case 1:
      bytes->replace(at, length / 2, length / 2, '\0');
      break;
    case 2:
      bytes->replace(at, length, Noise(length, (*random)()));
      break;
    case 3: {
      const size_t other = (*random)() % (bytes->size() / 4096) * 4096;
      bytes->replace(at, length, bytes->substr(other, length));
      break;
    }
  }
}

TEST(DamageSweep, OnePercentOfTheBlocks) {
  const uint64_t seed = SweepSeed();
  std::mt19937_64 random(seed);
  ScratchDirectory scratch;
  MakeTree(scratch / "tree", LongTests() ? 80'000 : 8'000, &random);
  const KnownContainer known = Know(Create(scratch / "tree", kFrameBytesMin));
  const size_t blocks = (known.bytes.size() + 4095) / 4096;
  // With the index as it is, and with what damage makes of it.
  for (const bool spare_index : {true, false}) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, spare_index ? ", the index spared" : ""));
    const size_t content_end = known.bytes.find("IGIB") / 4096;
    std::string bytes = known.bytes;
    for (size_t block = 0; block < (spare_index ? content_end : blocks); ++block) {
      if (random() % 100 == 0) DamageBlock(&bytes, block * 4096, &random);
    }
    size_t whole = 0;
    size_t frames_whole = 0;
    for (const auto& [path, places] : known.members) {
      whole += IsWhole(known, bytes, path);
      frames_whole += IsWhole(known, bytes, path, /*with_labels=*/false);
    }
    EXPECT_GT(whole, known.members.size() / 10);
    EXPECT_LT(whole, known.members.size() * 9 / 10);
    const SalvageResult result = ExpectExactSalvage(known, bytes);
    size_t back = 0;
    for (const auto& [path, places] : known.members) {
      back += result.tree.contains(path) && !result.told.contains(path);
    }
    std::cout << known.bytes.size() << " bytes, " << result.report.frames << " of "
              << result.report.frames_expected << " frames whole: " << back << " of "
              << known.members.size() << " members salvaged, " << frames_whole
              << " are in undamaged frames, " << whole << " of them with their labels; seed "
              << seed << "\n";
    if (spare_index) {
      EXPECT_GE(back, whole);
      EXPECT_LE(back, frames_whole);
    }
  }
}

}  // namespace
}  // namespace ingot
