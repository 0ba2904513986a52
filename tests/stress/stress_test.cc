// Containers made, verified, restored and salvaged while every stage is held up at random, and
// interrupted at any moment. A round tells its seed when it fails: INGOT_TEST_SEED,
// INGOT_SWEEP_ROUNDS.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/container/container.h"
#include "core/create/create.h"
#include "core/join/dump_tap.h"
#include "core/restore/restore.h"
#include "core/salvage/salvage.h"
#include "core/verify/verify.h"
#include "io/interruption.h"
#include "io/status.h"
#include "tests/e2e/command.h"
#include "tests/stress/delays.h"
#include "tests/testing.h"

namespace ingot {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kDumpRows = 50'000;

// An interruption ends all after what is under way: of the borders that a whole run crosses, at
// most one in so many is crossed after it. One in ten was seen, more where other load holds threads
// up; did nobody mind the interruption, it would be more than this in every second round.
constexpr uint64_t kShareAfterInterruption = 2;

// A dump that is as long as wanted.
class Rows : public StreamSource {
 public:
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    if (rest_.empty() && row_ < kDumpRows)
      rest_ = absl::StrCat("INSERT INTO t VALUES(", row_++, ",'text');\n");
    const size_t size = std::min(out.size(), rest_.size());
    std::copy_n(rest_.begin(), size, out.begin());
    rest_.erase(0, size);
    return size;
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  uint64_t row_ = 0;
  std::string rest_;  // of the last row
};

class CountRows : public RowSink {
 public:
  void Row(size_t /*table*/, RowValues /*values*/) override { ++rows; }
  uint64_t rows = 0;
};

class StressTest : public testing::Test {
 protected:
  void SetUp() override {
    std::mt19937_64 random(SweepSeed());
    std::filesystem::create_directories(scratch_ / "target");
    for (int directory = 0; directory < 30; ++directory) {
      const std::string path = absl::StrCat(scratch_ / "tree/", directory % 7, "/", directory, "/");
      std::filesystem::create_directories(path);
      for (int file = 0; file < 10; ++file)
        WriteRandom(path + absl::StrCat(file), random() % 80'000, &random);
      std::filesystem::create_hard_link(path + "0", path + "link");
      std::filesystem::create_symlink("0", path + "symlink");
    }
    WriteRandom(scratch_ / "tree/3/large", 5 * kMiB + 4321, &random);  // several frames
    WriteRandom(scratch_ / "tree/4/larger", 9 * kMiB, &random);
  }

  // Half of it noise, half of it one letter.
  static void WriteRandom(const std::string& path, uint64_t bytes, std::mt19937_64* random) {
    std::string content(bytes, 'a');
    for (uint64_t i = 0; i < bytes / 2; ++i) content[i] = static_cast<char>((*random)());
    WriteFile(path, content);
  }

  // With little memory there are few frames under way when an interruption comes.
  CreateOptions Options(std::mt19937_64* random, uint64_t memory_bytes = 24 * kMiB) const {
    CreateOptions options;
    options.output = scratch_ / "target/made";
    options.replace = true;
    options.engine = TestEngineKind();
    options.threads = static_cast<int>(1 + (*random)() % 4);
    options.frame_bytes = kMiB;
    options.memory_bytes = memory_bytes;
    options.created_by = "a test";
    return options;
  }

  // With a dump before it, as a backup has.
  absl::Status Create(const CreateOptions& options, bool with_dump) const {
    INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Creation> creation, Creation::Begin(options));
    if (with_dump) {
      Rows rows;
      CountRows counted;
      DumpTap tap(&rows, DumpDialect::kSqlite, {{"t", {"id"}}}, &counted);
      INGOT_RETURN_IF_ERROR(creation->AddStream("dump.sql", &tap).status());
    }
    INGOT_RETURN_IF_ERROR(
        creation->AddTree({.source_path = scratch_ / "tree", .member_path = "tree"}).status());
    return creation->Seal(true).status();
  }

  static absl::Status VerifyWhole(const std::string& path, int threads) {
    INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container, Container::Open(path));
    VerifyProgress progress;
    INGOT_ASSIGN_OR_RETURN(const VerifyReport report,
                           Verify(*container, {.threads = threads}, &progress));
    return report.ok() ? absl::OkStatus() : absl::DataLossError(report.damages[0].ToLine());
  }

  static absl::Status RestoreAll(const std::string& path, const std::string& directory,
                                 int threads) {
    INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container, Container::Open(path));
    return RestoreFrom(*container, directory, threads);
  }

  static absl::Status SalvageAll(const std::string& path, const std::string& directory,
                                 int threads) {
    const std::string beside = std::filesystem::path(path).parent_path();
    VerifyProgress progress;
    INGOT_ASSIGN_OR_RETURN(const Salvaged salvaged,
                           Salvage(path, {.threads = threads, .spool_directory = beside}, &progress,
                                   [](const Loss&) {}));
    if (!salvaged.report.NothingLost()) return absl::DataLossError("something is lost");
    return RestoreFrom(*salvaged.container, directory, threads);
  }

  static absl::Status RestoreFrom(const Container& container, const std::string& directory,
                                  int threads) {
    RestoreProgress progress;
    INGOT_ASSIGN_OR_RETURN(
        const RestoreSummary summary,
        Restore(container, {.directory = directory, .threads = threads}, &progress));
    return summary.problems.empty() ? absl::OkStatus()
                                    : absl::InternalError(summary.problems[0].text);
  }

  // Interrupted, it leaves no file that is not as it was.
  void InterruptBringingBack(absl::Status (*bring_back)(const std::string&, const std::string&,
                                                        int)) {
    std::mt19937_64 random(SweepSeed());
    ASSERT_OK(Create(Options(&random), false));
    const std::string restored = scratch_ / "restored/";
    Interrupt(
        [&] {
          std::filesystem::remove_all(restored);
          return bring_back(scratch_ / "target/made", restored, 3);
        },
        [&](const absl::Status& status) {
          if (status.ok()) {
            EXPECT_TRUE(SameTrees(scratch_ / "tree", restored + "tree"));
          }
          if (!std::filesystem::exists(restored)) return;
          for (const auto& file : std::filesystem::recursive_directory_iterator(restored)) {
            if (!file.is_regular_file()) continue;
            const std::string path = file.path().string().substr(restored.size());
            EXPECT_TRUE(ReadFile(restored + path) == ReadFile(scratch_.path() + "/" + path))
                << path;
          }
        });
  }

  // All but the root, which says when it was made, and the seek table, which says how long the root
  // is.
  static std::string BytesBeforeTheRoot(const std::string& path) {
    const absl::StatusOr<std::unique_ptr<Container>> container = Container::Open(path);
    EXPECT_OK(container);
    if (!container.ok()) return "";
    const size_t last = (*container)->root().blocks.size() - 1;
    return ReadFile(path).substr(
        0, (*container)->IndexBlockOffset(last) + (*container)->root().blocks[last].stored_bytes);
  }

  static size_t OpenDescriptors() {
    const std::filesystem::directory_iterator descriptors("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin(descriptors), end(descriptors)));
  }

  // Runs `action` interrupted at random crossings, with all that it holds at the end given back
  // each time; `check` sees how it ended.
  void Interrupt(const std::function<absl::Status()>& action,
                 const std::function<void(const absl::Status&)>& check) {
    uint64_t crossings = 0;
    {
      const Delays delays(SweepSeed());
      ASSERT_OK(action());
      crossings = delays.counts().crossings;
    }
    const size_t descriptors = OpenDescriptors();
    std::mt19937_64 random(SweepSeed());
    uint64_t interrupted = 0;
    for (uint64_t round = 0; round < SweepRounds(8); ++round) {
      const uint64_t at = 1 + random() % crossings;
      SCOPED_TRACE(absl::StrCat("seed ", SweepSeed(), ", round ", round, ", interrupted at ", at,
                                " of ", crossings));
      absl::Status status;
      uint64_t after = 0;
      {
        const Delays delays(SweepSeed() + round, at);
        status = action();
        after = delays.counts().crossings_after_interruption;
      }
      EXPECT_EQ(OpenDescriptors(), descriptors);
      check(status);
      if (status.ok()) continue;  // was over before, or nearly so
      EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
      EXPECT_LT(after, crossings / kShareAfterInterruption);
      ++interrupted;
    }
    EXPECT_GT(interrupted, 0);
  }

  ScratchDirectory scratch_;
};

TEST_F(StressTest, EveryStageIsHeldUp) {
  std::mt19937_64 random(SweepSeed());
  const auto expect_delays = [](const Delays& delays, const std::vector<DelayedStage>& stages) {
    const DelayCounts counts = delays.counts();
    for (const DelayedStage stage : stages)
      EXPECT_GT(counts.delays[static_cast<size_t>(stage)], 0) << static_cast<int>(stage);
  };
  const std::string made = scratch_ / "target/made";
  {
    const Delays delays(SweepSeed());
    ASSERT_OK(Create(Options(&random), true));
    expect_delays(delays, {DelayedStage::kCaller, DelayedStage::kWalk, DelayedStage::kFill,
                           DelayedStage::kPress, DelayedStage::kFrames, DelayedStage::kWriteQueue,
                           DelayedStage::kRows});
  }
  {
    const Delays delays(SweepSeed());
    ASSERT_OK(VerifyWhole(made, 2));
    expect_delays(delays, {DelayedStage::kCaller, DelayedStage::kFrames});
  }
  const Delays delays(SweepSeed());
  ASSERT_OK(RestoreAll(made, scratch_ / "restored", 2));
  // Not kSync: whether that thread comes to any border depends on how long the restore takes.
  expect_delays(delays, {DelayedStage::kCaller, DelayedStage::kFrames});
}

TEST_F(StressTest, TheBytesAreTheSameWhateverIsSlow) {
  std::mt19937_64 random(SweepSeed());
  CreateOptions options = Options(&random);
  options.output = scratch_ / "target/reference";
  ASSERT_OK(Create(options, false));
  const std::string reference = BytesBeforeTheRoot(options.output);
  ASSERT_GT(reference.size(), 10 * kMiB);
  for (uint64_t round = 0; round < SweepRounds(4); ++round) {
    const uint64_t seed = SweepSeed() + round;
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    random.seed(seed);
    options = Options(&random, (round % 2 == 0 ? 24 : 64) * kMiB);
    const Delays delays(seed);
    ASSERT_OK(Create(options, false));
    ASSERT_TRUE(BytesBeforeTheRoot(options.output) == reference);
    ASSERT_OK(VerifyWhole(options.output, options.threads));
    for (const auto bring_back : {&RestoreAll, &SalvageAll}) {
      ASSERT_OK(bring_back(options.output, scratch_ / "restored", options.threads));
      ASSERT_TRUE(SameTrees(scratch_ / "tree", scratch_ / "restored/tree"));
      std::filesystem::remove_all(scratch_ / "restored");
    }
  }
}

TEST_F(StressTest, AnInterruptedCreateLeavesNothing) {
  std::mt19937_64 random(SweepSeed());
  const std::string made = scratch_ / "target/made";
  Interrupt(
      [&] {
        std::filesystem::remove(made);
        return Create(Options(&random), true);
      },
      [&](const absl::Status& status) {
        if (!status.ok()) {
          EXPECT_TRUE(std::filesystem::is_empty(scratch_ / "target"));
        } else {
          EXPECT_OK(VerifyWhole(made, 2));
        }
      });
}

TEST_F(StressTest, AnInterruptedVerifyProvesNothing) {
  std::mt19937_64 random(SweepSeed());
  ASSERT_OK(Create(Options(&random), true));
  Interrupt([&] { return VerifyWhole(scratch_ / "target/made", 3); }, [](const absl::Status&) {});
}

TEST_F(StressTest, AnInterruptedRestoreLeavesOnlyWholeFiles) { InterruptBringingBack(RestoreAll); }

TEST_F(StressTest, AnInterruptedSalvageLeavesOnlyWholeFiles) { InterruptBringingBack(SalvageAll); }

}  // namespace
}  // namespace ingot
