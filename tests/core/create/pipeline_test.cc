#include "core/create/pipeline.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "core/container/container.h"
#include "core/create/link_names.h"
#include "core/create/seal.h"
#include "io/directory.h"
#include "io/limits.h"
#include "io/output.h"
#include "io/spool.h"
#include "tests/testing.h"

namespace ingot {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

std::string RandomBytes(size_t bytes, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string out(bytes, '\0');
  for (char& byte : out) byte = static_cast<char>(random());
  return out;
}

// A pipeline with everything around it; entries say what the test wants them to say.
class PipelineTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(scratch_ / "source");
    absl::StatusOr<io::Fd> fd = io::OpenDirectory(io::kWorkingDirectory, scratch_ / "source", true);
    ASSERT_OK(fd);
    source_->fd = *std::move(fd);
    absl::StatusOr<std::unique_ptr<io::Output>> output =
        io::OpenOutputFile({.path = scratch_ / "out.tar.zst"}, engine_.get());
    ASSERT_OK(output);
    output_ = *std::move(output);
  }

  void TearDown() override {
    if (pipeline_ != nullptr) pipeline_->Stop();
    output_.reset();
  }

  void Start(uint64_t frame_bytes, uint64_t memory_bytes = 256 * kMiB) {
    index_.BeginRun();
    absl::StatusOr<std::unique_ptr<Pipeline>> pipeline =
        Pipeline::Start({.threads = 2,
                         .level = 1,
                         .frame_bytes = frame_bytes,
                         .memory_bytes = memory_bytes,
                         .open_files_max = io::RaiseOpenFilesLimit()},
                        engine_.get(), output_.get(), &index_, &findings_, &progress_, &clocks_);
    ASSERT_OK(pipeline);
    pipeline_ = *std::move(pipeline);
  }

  void Write(const std::string& name, const std::string& content) {
    WriteFile(scratch_ / "source/" + name, content);
  }

  // As the walk would have yielded it.
  Entry Look(const std::string& name) {
    Entry entry;
    entry.parent = source_;
    entry.name = name;
    entry.member_path = name;
    entry.stat.mode = S_IFREG | 0644;
    entry.stat.links = 1;
    absl::StatusOr<io::FileStat> stat = io::StatAt(source_->descriptor(), name);
    if (stat.ok()) entry.stat = *stat;
    return entry;
  }

  void Seal() {
    ASSERT_OK(pipeline_->Drain());
    ASSERT_OK(SealContainer(IndexRoot(), &index_, blocks_, &pipeline_->writer(), output_.get()));
  }

  // What GNU tar makes of the container.
  std::string Extract() {
    std::filesystem::create_directory(scratch_ / "tar");
    const ShellResult result =
        Shell("tar --zstd -xpf " + (scratch_ / "out.tar.zst") + " -C " + (scratch_ / "tar"));
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return scratch_ / "tar/";
  }

  // Every member's path, in order, read back through the index.
  std::vector<std::string> Members() {
    std::vector<std::string> paths;
    absl::StatusOr<std::unique_ptr<Container>> container =
        Container::Open(scratch_ / "out.tar.zst");
    EXPECT_OK(container);
    if (!container.ok()) return paths;
    EXPECT_OK((*container)->ForEachEntry([&](const IndexEntry& entry) {
      paths.push_back(entry.path);
      return absl::OkStatus();
    }));
    return paths;
  }

  ScratchDirectory scratch_;
  std::shared_ptr<SourceDirectory> source_ = std::make_shared<SourceDirectory>();
  std::unique_ptr<io::Engine> engine_ = TestEngine();
  Findings findings_;
  StageClocks clocks_;
  StageTimer timer_{&clocks_[RunStage::kPlan]};
  CreateProgress progress_;
  io::Spool blocks_{"/tmp", kMiB};
  IndexBuilder index_{&blocks_};
  std::unique_ptr<io::Output> output_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, FilesThatOutgrewTheirPlanAreWhole) {
  // The walk saw three empty files; by now they are larger than any frame's buffer together, one
  // alone.
  Write("a", RandomBytes(3 * kMiB, 1));
  Write("b", RandomBytes(11 * kMiB + 5, 2));
  Write("c", RandomBytes(100, 3));
  Write("d", RandomBytes(2 * kMiB, 4));
  Start(2 * kMiB);
  FramePlan plan;
  for (const char* name : {"a", "b", "c", "d"}) {
    plan.push_back(Look(name));
    plan.back().stat.size = 0;
  }
  pipeline_->Fill(std::move(plan), &timer_);
  Write("e", "after");
  pipeline_->Fill({Look("e")}, &timer_);
  Seal();
  const std::string extracted = Extract();
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    EXPECT_EQ(ReadFile(extracted + name), ReadFile(scratch_ / "source/" + name)) << name;
  }
  EXPECT_THAT(Members(), testing::ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(findings_.CountSerious(), 0u);
}

TEST_F(PipelineTest, ManyPlansThatOutgrowAtOnceDoNotBlockEachOther) {
  Start(2 * kMiB, 64 * kMiB);
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) {
    names.push_back(absl::StrCat("f", 100 + i));
    Write(names.back(), RandomBytes(kMiB + 1234, static_cast<unsigned>(i)));
  }
  for (size_t i = 0; i < names.size(); i += 4) {
    FramePlan plan;
    for (size_t k = i; k < i + 4; ++k) {
      plan.push_back(Look(names[k]));
      plan.back().stat.size = 0;
    }
    pipeline_->Fill(std::move(plan), &timer_);
  }
  Seal();
  EXPECT_EQ(Members(), names);
  const std::string extracted = Extract();
  for (const std::string& name : names)
    EXPECT_EQ(ReadFile(extracted + name), ReadFile(scratch_ / "source/" + name));
}

TEST_F(PipelineTest, VanishedFilesLeaveNothingBehind) {
  Write("a", "a");
  Write("z", "z");
  Start(2 * kMiB);
  pipeline_->Fill({Look("a"), Look("gone"), Look("z")}, &timer_);
  pipeline_->Fill({Look("gone too")}, &timer_);
  Seal();
  EXPECT_THAT(Members(), testing::ElementsAre("a", "z"));
  EXPECT_EQ(findings_.Count(FindingKind::kVanished), 2u);
}

TEST_F(PipelineTest, AFileReplacedByALinkIsNotFollowed) {
  Write("secret", "secret");
  std::filesystem::create_symlink("secret", scratch_ / "source/file");
  Entry entry = Look("file");
  entry.stat.mode = S_IFREG | 0644;
  Start(2 * kMiB);
  pipeline_->Fill({entry}, &timer_);
  Seal();
  EXPECT_TRUE(Members().empty());
  EXPECT_EQ(findings_.Count(FindingKind::kVanished), 1u);
}

TEST_F(PipelineTest, TheNextNameCarriesTheContentWhenTheFirstVanished) {
  Write("b", RandomBytes(5 * kMiB, 9));
  LinkNames links;
  io::FileStat stat = Look("b").stat;
  stat.links = 4;
  Start(2 * kMiB);
  for (const char* name : {"a", "b", "c", "d"}) {
    Entry entry = Look(name);
    entry.stat = stat;
    entry.link = links.Next(stat);
    ASSERT_NE(entry.link, nullptr);
    if (std::string(name) == "c")
      std::filesystem::create_hard_link(scratch_ / "source/b", scratch_ / "source/c");
    if (std::string(name) == "a") entry.name = "gone";
    pipeline_->Fill({entry}, &timer_);
  }
  Seal();
  EXPECT_THAT(Members(), testing::ElementsAre("b", "c", "d"));
  const std::string extracted = Extract();
  EXPECT_EQ(ReadFile(extracted + "b"), ReadFile(scratch_ / "source/b"));
  struct stat c;
  ASSERT_EQ(::stat((extracted + "c").c_str(), &c), 0);
  EXPECT_EQ(c.st_nlink, 3u);
}

TEST_F(PipelineTest, AFileThatTookThePlaceOfAnotherCarriesNoOtherName) {
  // x and y were one file when the walk saw them; by the time x is opened, it is another.
  Write("y", "old content");
  io::FileStat walked = Look("y").stat;
  walked.links = 2;
  Write("x", "replacement");
  LinkNames links;
  Start(2 * kMiB);
  for (const char* name : {"x", "y"}) {
    Entry entry = Look(name);
    entry.stat = walked;
    entry.link = links.Next(walked);
    pipeline_->Fill({entry}, &timer_);
  }
  Seal();
  const std::string extracted = Extract();
  EXPECT_EQ(ReadFile(extracted + "x"), "replacement");
  EXPECT_EQ(ReadFile(extracted + "y"), "old content");
}

TEST_F(PipelineTest, FramesOfTheLargestSizeMayBeOutgrownToo) {
  Write("a", RandomBytes(300'000, 1));
  Write("b", RandomBytes(kFrameBytesMax, 2));
  Start(kFrameBytesMax, 1024 * kMiB);
  FramePlan plan = {Look("a"), Look("b")};
  plan[1].stat.size = 0;
  pipeline_->Fill(std::move(plan), &timer_);
  Seal();
  const std::string extracted = Extract();
  for (const char* name : {"a", "b"}) {
    EXPECT_EQ(ReadFile(extracted + name), ReadFile(scratch_ / "source/" + name)) << name;
  }
}

TEST_F(PipelineTest, TooFewDescriptorsAreRefusedBeforeAnyIsMissing) {
  const absl::Status status =
      Pipeline::Start({.threads = 1,
                       .level = 1,
                       .frame_bytes = 4 * kMiB,
                       .memory_bytes = 256 * kMiB,
                       .open_files_max = 1024},
                      engine_.get(), output_.get(), &index_, &findings_, &progress_, &clocks_)
          .status();
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("ulimit -n"));
}

TEST_F(PipelineTest, TooLittleMemorySaysHowMuchIsNeeded) {
  absl::StatusOr<std::unique_ptr<Pipeline>> pipeline =
      Pipeline::Start({.threads = 2,
                       .level = 1,
                       .frame_bytes = 4 * kMiB,
                       .memory_bytes = 8 * kMiB,
                       .open_files_max = 1024},
                      engine_.get(), output_.get(), &index_, &findings_, &progress_, &clocks_);
  EXPECT_EQ(pipeline.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(pipeline.status().message()), testing::HasSubstr("MiB"));
}

TEST_F(PipelineTest, AFailureEndsAllWaiting) {
  Start(2 * kMiB, 64 * kMiB);
  for (int i = 0; i < 50; ++i) {
    const std::string name = absl::StrCat("f", 100 + i);
    Write(name, RandomBytes(kMiB, 1));
    pipeline_->Fill({Look(name)}, &timer_);
    if (i == 10) pipeline_->Fail(absl::UnknownError("planted"));
  }
  EXPECT_EQ(pipeline_->Drain().message(), "planted");
}

}  // namespace
}  // namespace ingot
