// Containers made to do harm, with all their hashes right: refused, or restored and salvaged
// safely.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "core/format/frame.h"
#include "core/format/tar.h"
#include "core/restore/restore.h"
#include "core/verify/verify.h"
#include "tests/core/container/container_fixture.h"
#include "tests/core/restore/nobody.h"
#include "tests/core/salvage/damage.h"
#include "tests/e2e/command.h"
#include "tests/memory_factor.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

// A target between things that must stay as they are.
class HostileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(outside());
    WriteFile(scratch_ / "bystander", "still");
  }
  void TearDown() override {
    EXPECT_TRUE(std::filesystem::is_empty(outside()));
    EXPECT_EQ(ReadFile(scratch_ / "bystander"), "still");
    struct stat stat = {};
    EXPECT_EQ(lstat((scratch_ / "bystander").c_str(), &stat), 0);
    EXPECT_EQ(stat.st_nlink, 1u);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch_.path()), {}),
              2 + (Exists("") ? 1 : 0));
  }

  std::string outside() const { return scratch_ / "outside"; }
  std::string target() const { return scratch_ / "target"; }
  std::string In(const std::string& path) const { return target() + "/" + path; }
  bool Exists(const std::string& path) const {
    struct stat stat = {};
    return lstat(In(path).c_str(), &stat) == 0;
  }
  struct stat StatIn(const std::string& path) const {
    struct stat stat = {};
    EXPECT_EQ(lstat(In(path).c_str(), &stat), 0) << path;
    return stat;
  }

  std::unique_ptr<Container> Open(const ContainerBuilder& builder) {
    return OpenBytes(builder.Build(), elsewhere_ / "c");
  }
  absl::StatusOr<RestoreSummary> RestoreAll(const ContainerBuilder& builder, bool replace = false,
                                            int threads = 3) {
    ExpectHarmlessSalvage(builder);
    const auto container = Open(builder);
    RestoreProgress progress;
    RestoreOptions options;
    options.directory = target();
    options.threads = threads;
    options.replace = replace;
    return Restore(*container, options, &progress);
  }
  uint64_t Damages(const ContainerBuilder& builder) {
    ExpectHarmlessSalvage(builder);
    const auto container = Open(builder);
    VerifyProgress progress;
    const absl::StatusOr<VerifyReport> report = Verify(*container, {}, &progress);
    EXPECT_OK(report);
    return report.ok() ? report->damage_count : 0;
  }
  absl::Status OpenError(const ContainerBuilder& builder) {
    ExpectHarmlessSalvage(builder);
    return Container::Open(elsewhere_ / "c").status();
  }
  // Between the same things as a restore; whatever the index names comes back or is told.
  void ExpectHarmlessSalvage(const ContainerBuilder& builder) {
    const std::string bytes = builder.Build();
    WriteFile(elsewhere_ / "c", bytes);
    if (std::exchange(salvaged_, bytes) == bytes) return;
    const SalvageResult result = SalvageFile(elsewhere_ / "c", scratch_ / "salvaged");
    EXPECT_OK(result.status);
    salvage_report_ = result.report;
    EXPECT_TRUE(std::filesystem::is_empty(outside()));
    for (const ContainerBuilder::Added& added : builder.entries()) {
      const std::string& path = added.entry.path;
      const absl::StatusOr<absl::string_view> place = RelativePath(path);
      EXPECT_TRUE(!result.report.index_complete || result.told.contains(path) ||
                  (place.ok() && result.tree.contains(std::string(*place))))
          << path.substr(0, 100) << " is lost without a word";
    }
    std::filesystem::remove_all(scratch_ / "salvaged");
  }

  ScratchDirectory scratch_;
  ScratchDirectory elsewhere_;
  std::string salvaged_;  // the last bytes that were
  SalvageReport salvage_report_;
};

void ExpectRefused(const absl::StatusOr<RestoreSummary>& summary) {
  EXPECT_TRUE(absl::IsDataLoss(summary.status())) << summary.status();
}

// 128 KiB of one byte in four.
std::string RepeatingBlock(bool last) {
  constexpr uint32_t kBlockBytes = 128 << 10;
  const uint32_t header = (last ? 1u : 0u) | 1u << 1 | kBlockBytes << 3;
  return {static_cast<char>(header), static_cast<char>(header >> 8),
          static_cast<char>(header >> 16), 'x'};
}

TEST_F(HostileTest, ABombIsRefusedBeforeItGoesOff) {
  // Single segment, checksum, a content size of 8 bytes: of 1 TiB, and a few blocks.
  std::string frame("\x28\xb5\x2f\xfd\xe4", 5);
  const std::string tebibyte("\0\0\0\0\0\1\0\0", 8);
  frame += tebibyte + RepeatingBlock(false) + RepeatingBlock(true) + "sum!";
  ContainerBuilder small;
  small.AddFile("a", "1").AddStoredFrame(frame, 4096);
  EXPECT_GT(Damages(small), 0u);

  // As much as a frame may have, of which it has 256 KiB; and more than it may have.
  ContainerBuilder short_of_it;
  short_of_it.AddFile("a", "1").AddStoredFrame(frame, kFrameContentBytesMax);
  EXPECT_GT(Damages(short_of_it), 0u);
  ContainerBuilder too_much;
  too_much.AddFile("a", "1");
  too_much.change_seek_table = [](std::vector<SeekEntry>* seek) {
    (*seek)[0].content_bytes = kFrameContentBytesMax + 1;
  };
  EXPECT_TRUE(absl::IsDataLoss(OpenError(too_much)));
}

TEST_F(HostileTest, AWindowOfTwoGibibytesIsRefused) {
  // Not a single segment: window descriptor 0xA8 is 2 GiB; content size of 4 bytes.
  const std::string frame =
      absl::StrCat(std::string("\x28\xb5\x2f\xfd\x84\xa8", 6), std::string("\0\0\4\0", 4),
                   RepeatingBlock(false), RepeatingBlock(true), "sum!");
  ContainerBuilder builder;
  builder.AddFile("a", "1").AddStoredFrame(frame, 256 << 10);
  EXPECT_GT(Damages(builder), 0u);
}

// 1.25 GiB of zeros in 240 KB, in frames as large as they may be.
TEST_F(HostileTest, FramesOfTheLargestSizeTakeBoundedMemory) {
  const std::string content(kFrameContentBytesMax, '\0');
  std::string frame(FrameBytesMax(content.size()), '\0');
  frame.resize(*FrameCompressor(1).Compress(content, absl::MakeSpan(frame)));
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  for (int i = 0; i < 20; ++i) builder.AddStoredFrame(frame, kFrameContentBytesMax);
  WriteFile(elsewhere_ / "bomb", builder.Build());
  for (const std::string& verb : {std::string("verify -q "), "salvage -q -C " + target() + " "}) {
    ShellResult result;
    ASSERT_TRUE(Succeeds(absl::StrCat("/usr/bin/python3 -c 'import resource, subprocess, sys; "
                                      "print(subprocess.run(sys.argv[1:]).returncode, "
                                      "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' ",
                                      IngotCommand(), verb, elsewhere_ / "bomb"),
                         &result));
    int exit_code = 0;
    int kibibytes = 0;
    ASSERT_EQ(std::sscanf(result.output.c_str(), "%d %d", &exit_code, &kibibytes), 2);
    EXPECT_EQ(exit_code, 4) << verb;  // zeros are no members
    constexpr int kKibibytesMax = (900 << 10) * kMemoryFactor;
    EXPECT_LT(kibibytes, kKibibytesMax) << verb;
  }
  EXPECT_EQ(ReadFile(In("a")), "1");
}

TEST_F(HostileTest, LinksInCirclesAreLinksOrRefused) {
  ContainerBuilder builder;
  builder.Add(SymlinkMember("a", "b")).Add(SymlinkMember("b", "a")).Add(SymlinkMember("c", "c"));
  builder.Add(HardLinkMember("d", "d")).Add(HardLinkMember("e", "f"));
  builder.Add(HardLinkMember("f", "e")).Add(DirectoryMember("g")).Add(HardLinkMember("h", "g"));
  const auto summary = RestoreAll(builder);
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 4u);
  for (const char* circle : {"a", "b", "c"}) EXPECT_TRUE(S_ISLNK(StatIn(circle).st_mode));
  for (const char* refused : {"d", "e", "f", "h"}) EXPECT_FALSE(Exists(refused)) << refused;
  EXPECT_GT(Damages(builder), 0u);
}

TEST_F(HostileTest, LinksThroughLinksLeadNowhere) {
  for (const bool replace : {false, true}) {
    ContainerBuilder builder;
    builder.Add(SymlinkMember("a", outside())).Add(HardLinkMember("b", "a"));
    builder.Add(SymlinkMember("c", "a")).Add(SymlinkMember("d", "../outside"));
    // By its name, its other name, a link to it, and in one of these.
    builder.Run().AddFile("a/1", "x").Run().AddFile("b/2", "x").Run().AddFile("c/3", "x");
    builder.Run().Add(DirectoryMember("d/4")).AddFile("d/4/5", "x");
    builder.Run().Add(HardLinkMember("e", "a/1")).Run().Add(SymlinkMember("c/6", "x"));
    const auto summary = RestoreAll(builder, replace);
    ASSERT_OK(summary);
    EXPECT_TRUE(std::filesystem::is_empty(outside()));
    std::filesystem::remove_all(target());
  }
}

TEST_F(HostileTest, ADirectoryThatBecomesALinkLeadsNowhere) {
  for (const bool replace : {false, true}) {
    for (const int threads : {1, 4}) {
      ContainerBuilder builder;
      builder.Add(DirectoryMember("d")).AddFile("d/a", "1").EndFrame();
      builder.Run().Add(SymlinkMember("d", "../outside")).EndFrame();
      builder.Run().Add(DirectoryMember("d")).AddFile("d/b", "2").EndFrame();
      builder.Run().Add(SymlinkMember("s", "../outside")).EndFrame();
      builder.Run().Add(DirectoryMember("s")).AddFile("s/c", "3").EndFrame();
      builder.Run().Add(SymlinkMember("s/c", "../../bystander")).EndFrame();
      builder.Run().AddFile("s/c", "4").Run().Add(HardLinkMember("s/e", "s/c"));
      ASSERT_OK(RestoreAll(builder, replace, threads));
      EXPECT_TRUE(std::filesystem::is_empty(outside()));
      EXPECT_EQ(ReadFile(scratch_ / "bystander"), "still");
      std::filesystem::remove_all(target());
    }
  }
}

TEST_F(HostileTest, NamesThatLeadOutOrAreNoneAreRefused) {
  for (const std::string path : {"..", "../outside/x", "a/../../outside/x", "/etc/x", "a//b",
                                 "a/./b", "a/", "./", "./..", ".//a", "./.", "/"}) {
    ContainerBuilder builder;
    // Some no header can say: there the index alone does.
    const bool in_stream = EncodeTarHeader(SymlinkMember(path, "x")).ok();
    builder.Add(SymlinkMember(in_stream ? path : "harmless", "x"));
    builder.last().path = path;
    ExpectRefused(RestoreAll(builder));
    EXPECT_FALSE(Exists("")) << path;
    EXPECT_GT(Damages(builder), 0u) << path;
  }
}

TEST_F(HostileTest, NamesOfAMebibyteAreRefused) {
  const std::string name(1 << 20, 'n');
  Member member = RegularMember(name, 0);
  EXPECT_FALSE(EncodeTarHeader(member).ok());  // so no stream has one
  ContainerBuilder builder;
  builder.AddFile("a", "1").AddFile("b", "2");
  builder.last().path = "b" + name;
  ExpectRefused(RestoreAll(builder));
  EXPECT_FALSE(Exists(""));
  EXPECT_GT(Damages(builder), 0u);
}

TEST_F(HostileTest, ThePathsThatAreTheLongest) {
  std::string deep = "a";
  while (deep.size() + 2 <= kPathBytesMax / 12) deep += "/a";
  ContainerBuilder builder;
  builder.AddFile(deep, "deep").AddFile(std::string(kPathBytesMax, 'w'), "wide");
  builder.Add(SymlinkMember("x", std::string(kPathBytesMax, '/')));
  const auto summary = RestoreAll(builder);
  ASSERT_OK(summary);
  // A component of 255 bytes is the most that a file system takes, a link's text 4,095.
  EXPECT_EQ(summary->Count(RestoreProblemKind::kFailed), 2u);
  EXPECT_EQ(summary->members, 1u);
  EXPECT_EQ(Shell("rm -r " + target()).exit_code, 0);
}

TEST_F(HostileTest, TimesOutOfRangeCostTheTimeAlone) {
  ContainerBuilder builder;
  Member far = RegularMember("far", 1);
  far.mtime = {INT64_MAX, 999'999'999};
  Member past = RegularMember("past", 1);
  past.mtime = {INT64_MIN, 1};
  Member negative = DirectoryMember("negative");
  negative.mtime = {-1, 1};
  builder.Add(far, "1").Add(negative).Add(past, "2");
  const auto summary = RestoreAll(builder);
  ASSERT_OK(summary);
  EXPECT_EQ(summary->members, 3u);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 0u);
  EXPECT_EQ(ReadFile(In("far")), "1");
  EXPECT_EQ(ReadFile(In("past")), "2");
  EXPECT_EQ(StatIn("negative").st_mtim.tv_sec, -1);
  ShellResult listed;
  ASSERT_TRUE(Succeeds(absl::StrCat(IngotCommand(), "list -l ", elsewhere_ / "c", " && ",
                                    IngotCommand(), "list --json ", elsewhere_ / "c"),
                       &listed));
  EXPECT_THAT(listed.output, HasSubstr("@9223372036854775807 far\n"));
  EXPECT_THAT(listed.output, HasSubstr("\"mtime_seconds\":-9223372036854775808"));
}

TEST_F(HostileTest, EntriesThatShareTheirBytesAreNoticed) {
  // A file with a member inside that the index shows and tar does not.
  ContainerBuilder inner;
  const std::string hidden = *EncodeTarHeader(SymlinkMember("evil", "/etc/passwd"));
  inner.AddFile("a", hidden).AddFile("b", "2").Add(SymlinkMember("evil", "/etc/passwd"));
  inner.last().frame_offset = 512;
  EXPECT_GT(Damages(inner), 0u);
  ExpectRefused(RestoreAll(inner));  // it does not lie behind b

  ContainerBuilder twice;
  twice.AddFile("a", "1").AddFile("b", "1");
  twice.last().frame_offset = 0;
  ExpectRefused(RestoreAll(twice));
  EXPECT_GT(Damages(twice), 0u);

  ContainerBuilder backwards;
  backwards.AddFile("a", "1").EndFrame().AddFile("b", "2").EndFrame().AddFile("c", "3");
  backwards.last().frame = 0;
  EXPECT_FALSE(OpenError(backwards).ok() && RestoreAll(backwards).ok());

  ContainerBuilder beyond;
  beyond.AddFile("a", "1").AddFile("b", "2");
  beyond.last().frame = 7;
  ExpectRefused(RestoreAll(beyond));
}

// A pattern leaves the block with the carrier unread until the link asks for it.
TEST_F(HostileTest, ACarrierThatLiesNowhereIsRefused) {
  for (const uint32_t offset : {uint32_t{0}, uint32_t{1} << 20}) {
    ContainerBuilder builder;
    builder.AddFile("a", "1");
    builder.last().frame_offset = offset;
    builder.last().frame = offset == 0 ? 3 : 0;
    for (int i = 0; i < 3; ++i) builder.Run().Add(DirectoryMember(absl::StrCat("d", i)));
    builder.Run().Add(HardLinkMember("z/link", "a"));
    builder.last().frame = 4;
    const auto container = Open(builder);
    RestoreProgress progress;
    RestoreOptions options;
    options.directory = target();
    options.patterns = {"z/link"};
    const auto summary = Restore(*container, options, &progress);
    EXPECT_TRUE(absl::IsDataLoss(summary.status()) ||
                (summary.ok() && summary->Count(RestoreProblemKind::kDamaged) == 1))
        << summary.status();
    std::filesystem::remove_all(target());
  }
}

TEST_F(HostileTest, FramesThatOverlapCannotBeSaid) {
  ContainerBuilder builder;
  builder.AddFile("a", "1").EndFrame().AddFile("b", "2");
  builder.change_seek_table = [](std::vector<SeekEntry>* seek) {
    (*seek)[1].stored_bytes += 4096;
    (*seek)[3].stored_bytes -= 4096;
  };
  EXPECT_TRUE(absl::IsDataLoss(OpenError(builder)));
}

TEST_F(HostileTest, AnIndexThatSwapsNamesRestoresNeither) {
  ContainerBuilder builder;
  builder.AddFile("a", "harmless").AddFile("b", "1").AddFile("c", "evil");
  const IndexEntry evil = builder.last();
  builder.RemoveEntry(2);
  builder.last().digest = evil.digest;
  builder.last().size = builder.last().stored_bytes = evil.size;
  builder.last().frame_offset = evil.frame_offset;  // b is where c is
  const auto summary = RestoreAll(builder);
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 1u);
  EXPECT_FALSE(Exists("b") || Exists("c"));
  EXPECT_GT(Damages(builder), 0u);
  EXPECT_EQ(salvage_report_.Lost(LossKind::kVersion), 1u);  // which is the stream's
}

TEST_F(HostileTest, AModeThatTheStreamDoesNotHave) {
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  builder.last().mode = 04755;
  builder.last().uid = 0;
  const auto summary = RestoreAll(builder);
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 1u);
  EXPECT_FALSE(Exists("a"));
  EXPECT_EQ(salvage_report_.Lost(LossKind::kVersion), 1u);
}

TEST_F(HostileTest, NamesOfAnyBytesAreJustNames) {
  const std::vector<std::string> names = {
      "\x1b]0;title\x07", "-rf", "\xc2\x9b", "\xe2\x80\xae.txt", "\xff\xfe", "a\nb", " ", "~root"};
  for (const std::string& name : names) {
    ContainerBuilder builder;
    builder.AddFile(name, name);
    const auto summary = RestoreAll(builder);
    ASSERT_OK(summary);
    EXPECT_EQ(summary->problems.size(), 0u);
    EXPECT_EQ(ReadFile(In(name)), name);
    std::filesystem::remove_all(target());
  }
}

TEST_F(HostileTest, TinyMembersWithoutNumber) {
  const int members = LongTests() ? 1'000'000 : 20'000;
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d"));
  for (int i = 1; i < members; ++i) {
    if (i % 8000 == 0) builder.EndFrame();
    builder.Add(RegularMember(absl::StrCat("d/", 10'000'000 + i), 0));
  }
  EXPECT_EQ(Damages(builder), 0u);
  const auto summary = RestoreAll(builder);
  ASSERT_OK(summary);
  EXPECT_EQ(summary->members, static_cast<uint64_t>(members));
  EXPECT_EQ(StatIn("d").st_mtim.tv_sec, 1700000000);
}

TEST_F(HostileTest, DirectoriesClosedToTheirOwnerAreFilledFirst) {
  if (!IsRoot()) SKIP_OR_FAIL("needs root to become another user");
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d", 0)).AddFile("d/a", "1").EndFrame();
  builder.Add(DirectoryMember("d/e", 0)).AddFile("d/e/b", "2").EndFrame().AddFile("d/f", "3");
  builder.Run().Add(DirectoryMember("g", 0)).Add(HardLinkMember("g/h", "d/a"));
  ASSERT_EQ(chmod(scratch_.path().c_str(), 0777), 0);
  const auto container = Open(builder);
  EXPECT_TRUE(AsNobody([&] {
    RestoreProgress progress;
    const auto summary = Restore(*container, {.directory = target(), .threads = 2}, &progress);
    return summary.ok() && summary->problems.empty() && summary->members == 7;
  }));
  EXPECT_EQ(StatIn("d").st_mode & 07777, 0u);
  EXPECT_EQ(ReadFile(In("d/e/b")), "2");
  EXPECT_EQ(ReadFile(In("g/h")), "1");
}

// What only root may make is refused to others, and root's set-id bits are nobody's.
TEST_F(HostileTest, NobodyGetsNeitherDevicesNorRootsSetId) {
  if (!IsRoot()) SKIP_OR_FAIL("needs root to become another user");
  Member disk = RegularMember("disk", 0);
  disk.type = MemberType::kBlockDevice;
  disk.device_major = 8;
  disk.mode = 0666;
  Member shell = RegularMember("shell", 1);
  shell.mode = 06755;
  Member directory = DirectoryMember("g", 02777);
  ContainerBuilder builder;
  builder.Add(disk).Add(directory).Add(HardLinkMember("h", "shell"));
  builder.Run().Add(shell, "#");
  ASSERT_EQ(chmod(scratch_.path().c_str(), 0777), 0);
  const auto container = Open(builder);
  EXPECT_TRUE(AsNobody([&] {
    RestoreProgress progress;
    const auto summary = Restore(*container, {.directory = target()}, &progress);
    return summary.ok() && summary->Count(RestoreProblemKind::kFailed) == 1;
  }));
  EXPECT_FALSE(Exists("disk"));
  EXPECT_EQ(StatIn("shell").st_mode & 07777, 0755u);
  EXPECT_EQ(StatIn("shell").st_uid, kNobody);
  EXPECT_EQ(StatIn("g").st_mode & 07777, 0777u);
}

// To root a stranger's container is as good as his own: what README warns of. But it writes into
// no device, and a set-id file is never one with another's content.
TEST_F(HostileTest, RootGetsDevicesAndSetIdAsTheyAre) {
  if (!IsRoot()) SKIP_OR_FAIL("needs root, to make devices");
  Member disk = RegularMember("disk", 0);
  disk.type = MemberType::kBlockDevice;
  disk.device_major = 8;
  disk.device_minor = 1;
  disk.mode = 0666;
  Member shell = RegularMember("shell", 1);
  shell.mode = 06755;
  shell.uid = 0;
  ContainerBuilder builder;
  builder.Add(disk).Add(HardLinkMember("link", "disk")).Add(shell, "#");
  const auto summary = RestoreAll(builder);
  ASSERT_OK(summary);
  EXPECT_TRUE(summary->problems.empty());
  for (const char* name : {"disk", "link"}) {
    EXPECT_TRUE(S_ISBLK(StatIn(name).st_mode)) << name;
    EXPECT_EQ(StatIn(name).st_rdev, makedev(8, 1)) << name;
    EXPECT_EQ(StatIn(name).st_mode & 07777, 0666u) << name;
  }
  EXPECT_EQ(StatIn("shell").st_mode & 07777, 06755u);
  EXPECT_EQ(StatIn("shell").st_uid, 0u);

  // The other way round: files where devices are, and set-id where others' files are.
  ASSERT_EQ(chown(In("shell").c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(chmod(In("shell").c_str(), 0644), 0);
  ASSERT_EQ(link(In("shell").c_str(), In("theirs").c_str()), 0);
  ContainerBuilder over;
  over.AddFile("disk", "content").AddFile("link", "content").Add(shell, "!");
  ASSERT_OK(RestoreAll(over, /*replace=*/true));
  EXPECT_EQ(ReadFile(In("disk")), "content");
  EXPECT_EQ(ReadFile(In("link")), "content");
  EXPECT_EQ(StatIn("shell").st_mode & 07777, 06755u);
  EXPECT_EQ(ReadFile(In("theirs")), "#");
  EXPECT_EQ(StatIn("theirs").st_mode & 07777, 0644u);
  EXPECT_EQ(StatIn("theirs").st_uid, kNobody);
}

}  // namespace
}  // namespace ingot
