#include "tools/solr/snapshot.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/testing.h"
#include "tests/tools/lucene_files.h"
#include "tools/solr/lucene_commit.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Real indexes, each of a commit that took in two flushed segments with a deletion and one compound
// segment; those of Lucene 4.10 and 8.7 with updated document values, too.
std::string Golden(const std::string& name) {
  return absl::StrCat(INGOT_TESTS_DIR, "/tools/solr/snapshots/", name);
}

class SnapshotTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { fs::copy(Golden(GetParam()), directory_); }

  SnapshotState Inspect() {
    absl::StatusOr<SnapshotState> state = InspectSnapshot(directory_);
    EXPECT_OK(state);
    return state.ok() ? *std::move(state) : SnapshotState();
  }
  std::vector<std::string> Files() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_)) {
      if (entry.path().filename() != "segments.gen") names.push_back(entry.path().filename());
    }
    return names;
  }
  bool HasFooters() const { return absl::string_view(GetParam()) != "lucene36"; }
  // Lucene 3 does not list these, and most indexes have none.
  bool IsUnlisted(absl::string_view name) const {
    return !HasFooters() && (absl::EndsWith(name, ".prx") || absl::EndsWith(name, ".nrm"));
  }

  ScratchDirectory scratch_;
  const std::string directory_ = scratch_ / "snapshot.1";
};

TEST_P(SnapshotTest, AWholeOneIsComplete) {
  const SnapshotState state = Inspect();
  EXPECT_EQ(state.incomplete, "");
  EXPECT_EQ(state.proved, HasFooters());
  EXPECT_EQ(state.files, Files().size());
}

TEST_P(SnapshotTest, EveryFileIsNeeded) {
  for (const std::string& name : Files()) {
    if (IsUnlisted(name)) continue;
    const std::string bytes = ReadFile(directory_ + "/" + name);
    fs::remove(directory_ + "/" + name);
    EXPECT_NE(Inspect().incomplete, "") << name;
    EXPECT_FALSE(Inspect().proved);
    WriteFile(directory_ + "/" + name, bytes);
  }
  EXPECT_EQ(Inspect().incomplete, "");
}

TEST_P(SnapshotTest, NoFileMayBeCutOff) {
  for (const std::string& name : Files()) {
    const std::string bytes = ReadFile(directory_ + "/" + name);
    if (!HasFooters() && name != "segments_3") continue;
    for (const size_t length : {bytes.size() - 1, bytes.size() / 2, size_t{0}}) {
      WriteFile(directory_ + "/" + name, bytes.substr(0, length));
      EXPECT_THAT(Inspect().incomplete, HasSubstr(name)) << length;
    }
    WriteFile(directory_ + "/" + name, bytes);
  }
}

// A length in a segments file that leads anywhere, and names that lead out of the directory.
TEST_P(SnapshotTest, DamagedListsAreRefusedWithoutHarm) {
  for (const std::string& name : Files()) {
    if (name != "_0.si" && !absl::StartsWith(name, "segments")) continue;
    const std::string bytes = ReadFile(directory_ + "/" + name);
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (const int flip : {0x01, 0x80}) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ flip);
        WriteFile(directory_ + "/" + name, damaged);
        EXPECT_FALSE(Inspect().proved) << name << " at " << i;
        if (!HasFooters()) continue;
        EXPECT_NE(Inspect().incomplete, "") << name << " at " << i;
      }
    }
    WriteFile(directory_ + "/" + name, bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Lucene, SnapshotTest, testing::Values("lucene36", "lucene410", "lucene87"),
                         [](const auto& one) { return one.param; });

TEST(SnapshotsTest, WhatIsNoSnapshot) {
  const ScratchDirectory scratch;
  EXPECT_EQ(InspectSnapshot(scratch / "nowhere").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(InspectSnapshot(scratch.path())->incomplete, HasSubstr("empty"));
  WriteFile(scratch / "_0.fdt", "x");
  EXPECT_THAT(InspectSnapshot(scratch.path())->incomplete, HasSubstr("no segments file"));
  WriteFile(scratch / "segments_1", "something else");
  EXPECT_THAT(InspectSnapshot(scratch.path())->incomplete, HasSubstr("not Lucene's"));
}

// Parsers see every prefix and every single byte, whatever the checksums say.
TEST(LuceneCommitTest, TruncatedAndShiftedBytesNeverCount) {
  for (const char* path : {"lucene36/segments_3", "lucene410/segments_4", "lucene87/segments_4"}) {
    const std::string bytes = ReadFile(Golden(path));
    ASSERT_OK(ParseLuceneCommit(bytes));
    EXPECT_EQ(ParseLuceneCommit(bytes)->segments.size(),
              absl::StartsWith(path, "lucene36") ? 2u : 3u);
    for (size_t i = 0; i < bytes.size(); ++i) {
      EXPECT_FALSE(ParseLuceneCommit(bytes.substr(0, i)).ok() &&
                   ParseLuceneCommit(bytes.substr(0, i))->understood)
          << path << " cut at " << i;
      ParseLuceneSegmentInfo(bytes.substr(i)).IgnoreError();
    }
  }
}

TEST(LuceneCommitTest, SegmentsAreNamed) {
  const absl::StatusOr<LuceneCommit> commit =
      ParseLuceneCommit(ReadFile(Golden("lucene410/segments_4")));
  ASSERT_OK(commit);
  EXPECT_TRUE(commit->footers && commit->understood);
  EXPECT_EQ(commit->segments[0].name, "_0");
  EXPECT_EQ(commit->segments[0].deletions, "_0_1");
  EXPECT_THAT(
      commit->segments[0].files,
      testing::UnorderedElementsAre("_0_1.fnm", "_0_1_Lucene410_0.dvd", "_0_1_Lucene410_0.dvm"));
  EXPECT_EQ(commit->segments[2].deletions, "");
  const absl::StatusOr<LuceneSegmentInfo> info =
      ParseLuceneSegmentInfo(ReadFile(Golden("lucene410/_2.si")));
  ASSERT_OK(info);
  EXPECT_THAT(info->files, testing::UnorderedElementsAre("_2.cfs", "_2.cfe", "_2.si"));
}

// What Debian has no Lucene for is made by hand, after the formats' documentation.

void AppendStrings(const std::vector<std::string>& strings, std::string* out) {
  out->push_back(static_cast<char>(strings.size()));
  for (const std::string& string : strings) AppendLuceneString(string, out);
}

// Lucene 6.6, of Search Services: one segment with a deletion and updated document values.
std::string CommitOf66() {
  std::string bytes = LuceneHeader("segments", 6) + std::string(16, 'i');
  AppendLuceneString("1", &bytes);  // generation
  bytes += std::string({6, 6, 0});  // of the writer
  AppendBigEndian(9, 8, &bytes);    // version
  AppendBigEndian(4, 4, &bytes);    // counter
  AppendBigEndian(1, 4, &bytes);    // segments
  bytes += std::string({6, 6, 0});  // the oldest segment's
  AppendLuceneString("_0", &bytes);
  bytes += std::string({1}) + std::string(16, 'j');
  AppendLuceneString("Lucene62", &bytes);
  AppendBigEndian(2, 8, &bytes);  // generation of deletions
  AppendBigEndian(1, 4, &bytes);  // deleted documents
  AppendBigEndian(3, 8, &bytes);  // of field infos
  AppendBigEndian(3, 8, &bytes);  // of document values
  AppendStrings({"_0_3.fnm"}, &bytes);
  AppendBigEndian(1, 4, &bytes);
  AppendBigEndian(5, 4, &bytes);  // field
  AppendStrings({"_0_3_Lucene54_0.dvd", "_0_3_Lucene54_0.dvm"}, &bytes);
  AppendStrings({}, &bytes);  // user data
  return WithLuceneFooter(bytes);
}

std::string InfoOf66() {
  std::string bytes = LuceneHeader("Lucene62SegmentInfo", 1) + std::string(16, 'j') + '\0';
  for (const int number : {6, 6, 0}) AppendBigEndian(static_cast<uint64_t>(number), 4, &bytes);
  AppendBigEndian(10, 4, &bytes);  // documents
  bytes += '\xff';                 // not compound
  bytes += '\x01';                 // diagnostics
  AppendLuceneString("os", &bytes);
  AppendLuceneString("Linux", &bytes);
  AppendStrings({"_0.fdt", "_0.fdx"}, &bytes);
  return WithLuceneFooter(bytes + std::string(5, '\0'));  // attributes and sort order
}

TEST(LuceneCommitTest, SearchServicesLucene66) {
  const ScratchDirectory scratch;
  WriteFile(scratch / "segments_1", CommitOf66());
  WriteFile(scratch / "_0.si", InfoOf66());
  const std::vector<std::string> files = {"_0.fdt",   "_0.fdx",   "_0_3_Lucene54_0.dvd",
                                          "_0_3.fnm", "_0_2.liv", "_0_3_Lucene54_0.dvm"};
  for (const std::string& name : files) {
    WriteFile(scratch / name, WithLuceneFooter(LuceneHeader("any", 1)));
  }
  EXPECT_EQ(InspectSnapshot(scratch.path())->incomplete, "");
  EXPECT_TRUE(InspectSnapshot(scratch.path())->proved);
  for (const std::string& name : files) {
    fs::rename(scratch / name, scratch / "away");
    EXPECT_THAT(InspectSnapshot(scratch.path())->incomplete, HasSubstr(" is missing")) << name;
    fs::rename(scratch / "away", scratch / name);
  }
}

// Before 4.8 there are lists, but no footers: a file that is cut off cannot be told.
TEST(LuceneCommitTest, Lucene46HasNoFooters) {
  const ScratchDirectory scratch;
  std::string commit = LuceneHeader("segments", 1);
  AppendBigEndian(9, 8, &commit);
  AppendBigEndian(4, 4, &commit);
  AppendBigEndian(1, 4, &commit);
  AppendLuceneString("_0", &commit);
  AppendLuceneString("Lucene46", &commit);
  AppendBigEndian(~uint64_t{0}, 8, &commit);  // no deletions
  AppendBigEndian(0, 4, &commit);
  AppendBigEndian(1, 8, &commit);  // of field infos
  AppendBigEndian(1, 4, &commit);
  AppendBigEndian(1, 8, &commit);  // generation
  AppendBigEndian(1, 4, &commit);
  AppendLuceneString("_0_1.fnm", &commit);
  AppendBigEndian(0, 4, &commit);  // user data
  const uint64_t checksum =
      crc32(0, reinterpret_cast<const Bytef*>(commit.data()), static_cast<uInt>(commit.size()));
  AppendBigEndian(checksum, 8, &commit);
  WriteFile(scratch / "segments_1", commit);
  std::string info = LuceneHeader("Lucene46SegmentInfo", 0);
  AppendLuceneString("4.6", &info);
  AppendBigEndian(10, 4, &info);
  info += '\xff';
  AppendBigEndian(0, 4, &info);
  AppendBigEndian(1, 4, &info);
  AppendLuceneString("_0.fdt", &info);
  WriteFile(scratch / "_0.si", info);
  WriteFile(scratch / "_0.fdt", "no footer");
  EXPECT_THAT(InspectSnapshot(scratch.path())->incomplete, HasSubstr("_0_1.fnm is missing"));
  WriteFile(scratch / "_0_1.fnm", "no footer");
  EXPECT_EQ(InspectSnapshot(scratch.path())->incomplete, "");
  EXPECT_FALSE(InspectSnapshot(scratch.path())->proved);
  commit.back() = static_cast<char>(commit.back() ^ 1);
  WriteFile(scratch / "segments_1", commit);
  EXPECT_THAT(InspectSnapshot(scratch.path())->incomplete, HasSubstr("checksum is wrong"));
}

// A Lucene to come: nothing is listed, but everything must be ended.
TEST(LuceneCommitTest, ANewerFormatIsLessThanAProof) {
  const ScratchDirectory scratch;
  WriteFile(scratch / "segments_1", WithLuceneFooter(LuceneHeader("segments", 99) + "what comes"));
  WriteFile(scratch / "_0.new", WithLuceneFooter("x"));
  EXPECT_EQ(InspectSnapshot(scratch.path())->incomplete, "");
  EXPECT_FALSE(InspectSnapshot(scratch.path())->proved);
  WriteFile(scratch / "_1.new", "cut off");
  EXPECT_THAT(InspectSnapshot(scratch.path())->incomplete, HasSubstr("_1.new is cut off"));
}

TEST(ListSnapshotsTest, TheNewestComesFirst) {
  const ScratchDirectory scratch;
  for (const char* name : {"snapshot.20260101020000123", "snapshot.20260102020000123",
                           "snapshot.before-upgrade", "other"}) {
    fs::create_directory(scratch / name);
  }
  WriteFile(scratch / "snapshot.20270101020000123", "no directory");
  EXPECT_THAT(*ListSnapshots(scratch.path()),
              ElementsAre("snapshot.20260102020000123", "snapshot.20260101020000123",
                          "snapshot.before-upgrade"));
}

TEST(ListSnapshotsTest, TwelveHourClocksAreToldApartByTheDirectorysTime) {
  const ScratchDirectory scratch;
  fs::create_directory(scratch / "snapshot.20260101110000");  // in the morning
  fs::create_directory(scratch / "snapshot.20260101020000");  // in the afternoon
  fs::create_directory(scratch / "snapshot.20251231110000");
  EXPECT_EQ(
      Shell(absl::StrCat("cd ", scratch.path(), " && touch -d 2026-01-01T11:00 *0101110000 &&",
                         " touch -d 2026-01-01T14:00 *0101020000"))
          .exit_code,
      0);
  EXPECT_THAT(
      *ListSnapshots(scratch.path()),
      ElementsAre("snapshot.20260101020000", "snapshot.20260101110000", "snapshot.20251231110000"));
}

TEST(ListSnapshotsTest, AMissingLocationIsNotFound) {
  EXPECT_EQ(ListSnapshots("/nowhere/at/all").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace ingot
