#include "core/verify/verify.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/format/tar.h"
#include "io/interruption.h"
#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

struct Result {
  absl::Status open;
  VerifyReport report;
  std::string Lines() const {
    std::string lines;
    for (const Damage& damage : report.damages) absl::StrAppend(&lines, damage.ToLine(), "\n");
    return lines;
  }
  bool ok() const { return open.ok() && report.ok(); }
};

Result VerifyBytes(const std::string& bytes, bool quick = false, int threads = 2) {
  ScratchDirectory scratch;
  WriteFile(scratch / "c", bytes);
  const auto container = Container::Open(scratch / "c");
  if (!container.ok()) return {container.status(), {}};
  VerifyProgress progress;
  const auto report = Verify(**container, {.quick = quick, .threads = threads}, &progress);
  EXPECT_OK(report);
  return {absl::OkStatus(), report.ok() ? *report : VerifyReport()};
}

Member SparseMember(const std::string& path) {
  Member member = RegularMember(path, 9 << 20);
  member.sparse = true;
  member.extents = {{0, 512}, {3 << 20, 1 << 20}, {(8 << 20) + 4096, 512}};
  return member;
}

// Every kind of member, two runs, slices of plain and of sparse members, a header apart.
ContainerBuilder Rich() {
  ContainerBuilder builder;
  Member tagged = RegularMember("r/tagged", 3);
  tagged.xattrs = {{"user.color", "blue"}};
  Member fifo = RegularMember("r/fifo", 0);
  fifo.type = MemberType::kFifo;
  Member device = RegularMember("r/null", 0);
  device.type = MemberType::kCharacterDevice;
  device.device_major = 1;
  device.device_minor = 3;
  const std::string big = Noise((2 << 20) + 5);
  const std::string holes = Noise((1 << 20) + 1024, 2);
  builder.Add(DirectoryMember("r")).AddFile("r/a", "alpha");
  builder.AddSliced(RegularMember("r/big", big.size()), big, {1 << 20, 1 << 20, 5}, true);
  builder.AddFile("r/empty", "")
      .Add(fifo)
      .Add(HardLinkMember("r/link", "r/a"))
      .Add(device)
      .EndFrame();
  builder.AddSliced(SparseMember("r/sparse"), holes, {512, 1 << 20, 512});
  builder.Add(SymlinkMember("r/sym", "a")).Add(tagged, "xyz");
  builder.Run().AddFile("q", "second run");
  return builder;
}

TEST(VerifyTest, AWholeContainerIsWhole) {
  const std::string bytes = Rich().Build();
  for (const bool quick : {false, true}) {
    for (const int threads : {1, 2, 8}) {
      const Result result = VerifyBytes(bytes, quick, threads);
      EXPECT_TRUE(result.ok()) << result.open << result.Lines();
      EXPECT_EQ(result.report.members, 11u);
    }
  }
}

TEST(VerifyTest, AnEmptyContainerIsWhole) {
  EXPECT_TRUE(VerifyBytes(ContainerBuilder().Build()).ok());
}

TEST(VerifyTest, AHardLinkIsLostWithWhatItLeadsTo) {
  ContainerBuilder builder;
  builder.AddFile("a", "alpha").EndFrame().AddFile("b", "beta").EndFrame();
  builder.Add(HardLinkMember("c", "a")).Add(HardLinkMember("d", "b"));
  std::string bytes = builder.Build();
  bytes[20] ^= 1;
  const Result result = VerifyBytes(bytes);
  EXPECT_TRUE(result.report.names_known);
  EXPECT_THAT(result.Lines(), HasSubstr("member c: lost with a, which it is a hard link to\n"));
  EXPECT_THAT(result.Lines(), testing::Not(HasSubstr("member d")));

  bytes[bytes.find("IGIB") + 30] ^= 1;
  EXPECT_FALSE(VerifyBytes(bytes).report.names_known);
}

ContainerBuilder Tiny() {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d")).AddFile("d/a", Noise(300)).EndFrame();
  builder.AddFile("d/b", "beta").Add(SymlinkMember("d/c", "a"));
  return builder;
}

TEST(VerifyTest, EveryFlippedByteIsNoticed) {
  const std::string whole = Tiny().Build();
  ASSERT_TRUE(VerifyBytes(whole).ok());
  ScratchDirectory scratch;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] ^= static_cast<char>(1 << (at % 8));
    WriteFile(scratch / "c", bytes);
    const auto container = Container::Open(scratch / "c");
    if (!container.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(container.status())) << at << container.status();
      continue;
    }
    VerifyProgress progress;
    const auto report = Verify(**container, {.threads = 1}, &progress);
    ASSERT_OK(report);
    EXPECT_FALSE(report->ok()) << "byte " << at << " of " << whole.size();
  }
}

TEST(VerifyTest, ReportsAllDamageAndNamesIt) {
  ContainerBuilder builder;
  for (int i = 0; i < 6; ++i) {
    builder.AddFile(absl::StrCat("f", i, "a"), Noise(100)).AddFile(absl::StrCat("f", i, "b"), "x");
    builder.EndFrame();
  }
  std::string bytes = builder.Build();
  ScratchDirectory scratch;
  const auto container = OpenBytes(bytes, scratch / "whole");
  for (const size_t frame : {1, 4}) bytes[container->frames()[frame].offset + 20] ^= 4;
  const Result result = VerifyBytes(bytes);
  ASSERT_TRUE(result.open.ok());
  EXPECT_EQ(result.report.damage_count, 6u) << result.Lines();
  std::map<uint64_t, std::vector<std::string>> by_frame;
  for (const Damage& damage : result.report.damages) {
    ASSERT_TRUE(damage.frame.has_value());
    EXPECT_EQ(damage.offset, container->frames()[*damage.frame].offset);
    by_frame[*damage.frame].push_back(damage.member);
  }
  EXPECT_THAT(by_frame[1], testing::ElementsAre("", "f1a", "f1b"));
  EXPECT_THAT(by_frame[4], testing::ElementsAre("", "f4a", "f4b"));
  EXPECT_THAT(result.Lines(),
              HasSubstr(absl::StrCat("frame 1 at byte ", container->frames()[1].offset)));
}

TEST(VerifyTest, ALostSliceIsToldOnceForItsMember) {
  const std::string big = Noise(4 << 20);
  ContainerBuilder builder;
  builder.AddSliced(RegularMember("big", big.size()), big, std::vector<size_t>(4, 1 << 20));
  builder.AddFile("c", "x");
  std::string bytes = builder.Build();
  ScratchDirectory scratch;
  const auto container = OpenBytes(bytes, scratch / "whole");
  for (const size_t frame : {0, 2}) {  // the header's frame, and one in the middle
    std::string damaged = bytes;
    damaged[container->frames()[frame].offset + 1000] ^= 1;
    const Result result = VerifyBytes(damaged);
    EXPECT_EQ(result.report.damage_count, 2u) << result.Lines();
    EXPECT_THAT(result.Lines(), HasSubstr("member big"));
    EXPECT_THAT(result.Lines(), testing::Not(HasSubstr("member c")));
  }
}

TEST(VerifyTest, ADamagedIndexBlockLeavesTheFramesToCheck) {
  ContainerBuilder builder;
  for (int run = 0; run < 3; ++run) {
    builder.Run().EndFrame().AddFile(absl::StrCat("f", run), Noise(100));
  }
  std::string bytes = builder.Build();
  ScratchDirectory scratch;
  const auto container = OpenBytes(bytes, scratch / "whole");
  bytes[container->IndexBlockOffset(1) + 40] ^= 1;
  Result result = VerifyBytes(bytes);
  EXPECT_EQ(result.report.damage_count, 1u) << result.Lines();
  EXPECT_THAT(result.Lines(), HasSubstr("index block 1"));
  bytes[container->frames()[1].offset + 20] ^= 1;
  result = VerifyBytes(bytes);
  EXPECT_EQ(result.report.damage_count, 2u) << result.Lines();
  EXPECT_THAT(result.Lines(), HasSubstr("frame 1"));
}

// What each change must be told as.
void ExpectDamage(ContainerBuilder builder, const std::string& told) {
  const Result result = VerifyBytes(builder.Build());
  EXPECT_FALSE(result.ok()) << told;
  EXPECT_THAT(absl::StrCat(result.open.message(), result.Lines()), HasSubstr(told));
}

TEST(VerifyTest, IndexAndStreamMustAgree) {
  using Change = void (*)(IndexEntry*);
  const std::vector<std::pair<std::string, Change>> changes = {
      {"mode", [](IndexEntry* entry) { entry->mode ^= 1; }},
      {"owner", [](IndexEntry* entry) { entry->uid += 1; }},
      {"owner", [](IndexEntry* entry) { entry->group_name = "staff"; }},
      {"mtime", [](IndexEntry* entry) { entry->mtime.nanoseconds += 1; }},
      {"path", [](IndexEntry* entry) { entry->path += "x"; }},
      {"attributes", [](IndexEntry* entry) { entry->has_xattrs = true; }},
      {"size",
       [](IndexEntry* entry) {
         entry->size -= 1;
         entry->stored_bytes -= 1;
       }},
      {"does not match its digest", [](IndexEntry* entry) { entry->digest.bytes[0] ^= 1; }},
      {"member d/b", [](IndexEntry* entry) { entry->frame_offset -= 512; }},
  };
  for (const auto& [told, change] : changes) {
    ContainerBuilder builder;
    builder.Add(DirectoryMember("d")).AddFile("d/a", Noise(300)).AddFile("d/b", "beta");
    change(&builder.last());
    ExpectDamage(std::move(builder), told);
  }
}

TEST(VerifyTest, LabelsMustSayWhereMembersBeginAndEnd) {
  using Change = void (*)(FrameLabel*);
  const std::vector<Change> changes = {
      [](FrameLabel* label) { label->continued = !label->continued; },
      [](FrameLabel* label) { label->member = HashBytes("another"); },
      [](FrameLabel* label) { label->member_offset += 512; },
      [](FrameLabel* label) { label->member_offset += kChunkBytes; },
  };
  for (const Change change : changes) {
    ContainerBuilder builder;
    builder.change_label = [change](uint64_t frame, FrameLabel* label) {
      if (frame == 1) change(label);
    };
    const std::string big = Noise(3 << 20);
    builder.AddSliced(RegularMember("big", big.size()), big, std::vector<size_t>(3, 1 << 20));
    ExpectDamage(std::move(builder), "frame ");
  }
}

TEST(VerifyTest, MembersMustFollowEachOtherWithoutAGap) {
  ContainerBuilder builder;
  builder.AddFile("a", "1").AddFile("b", "2").AddFile("c", "3");
  ContainerBuilder missing = builder;
  missing.RemoveEntry(1);
  ExpectDamage(std::move(missing), "its header is not where the member before it ends");
  ContainerBuilder last = builder;
  last.RemoveEntry(2);
  ExpectDamage(std::move(last), "belong to none");
  ContainerBuilder first = builder;
  first.RemoveEntry(0);
  ExpectDamage(std::move(first), "does not begin with");
}

TEST(VerifyTest, PaddingMustBeZero) {
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  builder.ChangeContent([](std::string* content) { content->back() = 'x'; });
  ExpectDamage(std::move(builder), "its padding is not zero");
}

TEST(VerifyTest, PathsMustBeUniqueAcrossRuns) {
  ContainerBuilder builder;
  builder.AddFile("a", "1").Run().AddFile("b", "2").Run().AddFile("a", "3");
  ExpectDamage(std::move(builder), "its path occurs twice");
  ContainerBuilder dotted;
  dotted.AddFile("./a", "1").Run().AddFile("a", "2");
  ExpectDamage(std::move(dotted), "its path occurs twice");
}

TEST(VerifyTest, HardLinksNeedACarrier) {
  ContainerBuilder builder;
  builder.AddFile("a", "1").Add(HardLinkMember("b", "nothing"));
  ExpectDamage(std::move(builder), "its carrier nothing");
}

TEST(VerifyTest, UnsafePathsAreDamage) {
  ContainerBuilder builder;
  builder.AddFile("../a", "1");
  ExpectDamage(std::move(builder), "..");
}

TEST(VerifyTest, CountersInTheRootMustBeRight) {
  ContainerBuilder builder = Tiny();
  builder.change_root = [](IndexRoot* root) { root->logical_bytes += 1; };
  ExpectDamage(std::move(builder), "its root says");
}

TEST(VerifyTest, SeekTableMustCutWhereTheFramesEnd) {
  ContainerBuilder builder = Tiny();
  builder.change_seek_table = [](std::vector<SeekEntry>* table) {
    (*table)[0].stored_bytes += 1;
    (*table)[1].stored_bytes -= 1;
  };
  ExpectDamage(std::move(builder), "frame 0");
}

TEST(VerifyTest, SeekTableChecksumsMustBeTheFrames) {
  ContainerBuilder builder = Tiny();
  builder.change_seek_table = [](std::vector<SeekEntry>* table) { (*table)[0].checksum ^= 1; };
  ExpectDamage(std::move(builder), "its checksum is not the one in the seek table");
}

TEST(VerifyTest, QuickSeesLabelsAndIndexButNotFrames) {
  const std::string whole = Tiny().Build();
  ScratchDirectory scratch;
  const auto container = OpenBytes(whole, scratch / "c");
  std::string frame = whole;
  frame[20] ^= 1;
  EXPECT_TRUE(VerifyBytes(frame, /*quick=*/true).ok());
  std::string label = whole;
  label[container->frames()[0].stored_bytes + 20] ^= 1;
  EXPECT_FALSE(VerifyBytes(label, /*quick=*/true).ok());
}

Manifest OrderedManifest() {
  Manifest manifest;
  manifest.tool = "a test";
  manifest.database = {"sqlite", "sqlite3", "database/x.sql"};
  const auto stage = [](const char* name, StageKind kind, uint64_t frame, uint64_t members,
                        uint64_t bytes) {
    ManifestStage one;
    one.name = name;
    one.kind = kind;
    one.members = members;
    one.bytes = bytes;
    one.first_frame = frame;
    one.end_frame = frame + 1;
    one.started_boot_ns = 100 * frame + 100;
    one.finished_boot_ns = 100 * frame + 150;
    return one;
  };
  manifest.stages = {stage("index", StageKind::kIndex, 0, 2, 1),
                     stage("database/x.sql", StageKind::kDatabase, 1, 1, 4),
                     stage("contentstore", StageKind::kContent, 2, 2, 2)};
  return manifest;
}

ContainerBuilder Backup(const Manifest& manifest) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("index")).AddFile("index/i", "1").EndFrame();
  builder.Run().AddFile("database/x.sql", "dump").EndFrame();
  builder.Run().Add(DirectoryMember("contentstore")).AddFile("contentstore/c", "22").EndFrame();
  builder.Run().AddFile(kManifestMember, ManifestToJson(manifest));
  return builder;
}

TEST(VerifyTest, AManifestsOrderIsProved) {
  const Result result = VerifyBytes(Backup(OrderedManifest()).Build());
  EXPECT_TRUE(result.ok()) << result.open << result.Lines();
  ASSERT_TRUE(result.report.manifest.has_value());
  EXPECT_EQ(result.report.manifest->stages.size(), 3u);
}

TEST(VerifyTest, AManifestThatLiesIsDamage) {
  using Change = void (*)(Manifest*);
  const std::vector<Change> changes = {
      [](Manifest* manifest) { std::swap(manifest->stages[0], manifest->stages[2]); },
      [](Manifest* manifest) { manifest->stages[1].members = 2; },
      [](Manifest* manifest) { manifest->stages[2].bytes = 3; },
      [](Manifest* manifest) { manifest->stages[2].end_frame = 9; },
      [](Manifest* manifest) { manifest->stages[2].name = "elsewhere"; },
      [](Manifest* manifest) { manifest->stages[1].started_boot_ns = 1; },
      [](Manifest* manifest) {  // content that claims to lie where the index lies
        std::swap(manifest->stages[0].name, manifest->stages[2].name);
      },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    Manifest manifest = OrderedManifest();
    changes[i](&manifest);
    const Result result = VerifyBytes(Backup(manifest).Build());
    EXPECT_FALSE(result.ok()) << i;
    EXPECT_THAT(result.Lines(), HasSubstr(kManifestMember)) << i;
  }
}

TEST(VerifyTest, AFileOfTheManifestsNameIsNoManifest) {
  // A restored backup that was backed up again, as a tree.
  ContainerBuilder builder;
  builder.Run().AddFile("a", "x").AddFile(kManifestMember, "not even JSON");
  const Result result = VerifyBytes(builder.Build());
  EXPECT_TRUE(result.ok()) << result.Lines();
  EXPECT_FALSE(result.report.manifest.has_value());
}

TEST(VerifyTest, AnInterruptionEndsIt) {
  ScratchDirectory scratch;
  const auto container = OpenBytes(Rich().Build(), scratch / "c");
  io::SetInterrupted(true);
  VerifyProgress progress;
  const absl::Status status = Verify(*container, {}, &progress).status();
  io::SetInterrupted(false);
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}

}  // namespace
}  // namespace ingot
