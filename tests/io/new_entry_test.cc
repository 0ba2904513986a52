#include "io/new_entry.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "io/aligned_buffer.h"
#include "io/page_cache.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

class NewEntryTest : public testing::Test {
 protected:
  NewEntryName Name(const std::string& name, bool replace = false) {
    return {*tree_->OpenDirectory(""), name, scratch_ / name, replace};
  }
  size_t Count() {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
      count += entry.path().empty() ? 0 : 1;
    }
    return count;
  }
  ScratchDirectory scratch_;
  std::unique_ptr<TargetTree> tree_ = *TargetTree::Open(scratch_.path());
};

TEST_F(NewEntryTest, IsRemovedUnlessCommitted) {
  {
    auto file = NewEntry::File(Name("a"));
    ASSERT_OK(file);
    EXPECT_OK(file->WriteAt(2, absl::string_view("xyz")));
    EXPECT_EQ(Count(), 1u);
  }
  EXPECT_EQ(Count(), 0u);
  auto file = NewEntry::File(Name("a"));
  ASSERT_OK(file);
  EXPECT_OK(file->WriteAt(2, absl::string_view("xyz")));
  EXPECT_OK(file->Commit());
  EXPECT_EQ(ReadFile(scratch_ / "a"), std::string("\0\0xyz", 5));
}

TEST_F(NewEntryTest, KeepsTheOldFileUntilTheNewOneIsWhole) {
  WriteFile(scratch_ / "a", "old");
  EXPECT_TRUE(absl::IsAlreadyExists(NewEntry::File(Name("a")).status()));
  {
    auto file = NewEntry::File(Name("a", true));
    ASSERT_OK(file);
    EXPECT_OK(file->WriteAt(0, absl::string_view("half")));
    EXPECT_EQ(ReadFile(scratch_ / "a"), "old");
  }
  EXPECT_EQ(ReadFile(scratch_ / "a"), "old");
  EXPECT_EQ(Count(), 1u);
  auto link = NewEntry::Symlink(Name("a", true), "b");
  ASSERT_OK(link);
  EXPECT_OK(link->Commit());
  EXPECT_TRUE(std::filesystem::is_symlink(scratch_ / "a"));
  EXPECT_EQ(Count(), 1u);
}

TEST_F(NewEntryTest, AnUnseenFileHasItsNameOnceItIsWhole) {
  for (const bool taken : {false, true}) {
    for (const bool committed : {false, true}) {
      SCOPED_TRACE(absl::StrCat(taken, committed));
      if (taken) WriteFile(scratch_ / "a", "old");
      {
        auto file = NewEntry::File(Name("a", taken), /*unseen=*/true);
        ASSERT_OK(file);
        EXPECT_OK(file->WriteAt(0, absl::string_view("new")));
        EXPECT_EQ(Count(), taken ? 1u : 0u);
        EXPECT_OK(committed ? file->Commit() : absl::OkStatus());
      }
      EXPECT_EQ(Count(), taken || committed ? 1u : 0u);
      if (Count() > 0) {
        EXPECT_EQ(ReadFile(scratch_ / "a"), committed ? "new" : "old");
      }
      unlink((scratch_ / "a").c_str());
    }
  }
}

TEST_F(NewEntryTest, AnUnseenFileTakesNoNameFromAnother) {
  auto late = NewEntry::File(Name("a"), /*unseen=*/true);
  ASSERT_OK(late);
  WriteFile(scratch_ / "a", "mine");
  EXPECT_TRUE(absl::IsAlreadyExists(NewEntry::File(Name("a"), /*unseen=*/true).status()));
  EXPECT_TRUE(absl::IsAlreadyExists(late->Commit()));
  EXPECT_EQ(ReadFile(scratch_ / "a"), "mine");
  EXPECT_EQ(Count(), 1u);
}

TEST_F(NewEntryTest, DoesNotWriteThroughALink) {
  WriteFile(scratch_ / "victim", "mine");
  ASSERT_EQ(symlink("victim", (scratch_ / "a").c_str()), 0);
  EXPECT_TRUE(absl::IsAlreadyExists(NewEntry::File(Name("a")).status()));
  auto file = NewEntry::File(Name("a", true));
  ASSERT_OK(file);
  EXPECT_OK(file->WriteAt(0, absl::string_view("new")));
  EXPECT_OK(file->Commit());
  EXPECT_EQ(ReadFile(scratch_ / "victim"), "mine");
  EXPECT_FALSE(std::filesystem::is_symlink(scratch_ / "a"));
}

TEST_F(NewEntryTest, ReplacingANameOfTheSameFileLeavesNoOther) {
  WriteFile(scratch_ / "a", "x");
  ASSERT_EQ(link((scratch_ / "a").c_str(), (scratch_ / "b").c_str()), 0);
  auto entry = NewEntry::HardLink(Name("b", true), *tree_->OpenDirectory(""), "a");
  ASSERT_OK(entry);
  EXPECT_OK(entry->Commit());
  EXPECT_EQ(Count(), 2u);
}

TEST_F(NewEntryTest, ASizeThatNoFileCanHaveIsOneEntrysProblem) {
  auto file = NewEntry::File(Name("a"));
  ASSERT_OK(file);
  const absl::Status status = file->SetSize(uint64_t{1} << 63);
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(absl::IsResourceExhausted(status));
}

constexpr uint64_t kBytes = (uint64_t{5} << 20) + 1234;
constexpr uint64_t kBlock = 512;

class LargeNewEntryTest : public NewEntryTest {
 protected:
  LargeNewEntryTest() : content_(kBytes) {
    std::mt19937 random(11);
    for (uint64_t i = 0; i < kBytes; ++i) content_.data()[i] = static_cast<char>(random());
  }
  NewEntry Begin(const std::string& name) {
    absl::StatusOr<NewEntry> file = NewEntry::File(Name(name));
    EXPECT_OK(file);
    return *std::move(file);
  }
  absl::Span<const char> Piece(uint64_t offset, uint64_t bytes) const {
    return {content_.data() + offset, bytes};
  }
  void ExpectAllIn(const std::string& name) const {
    const std::string written = ReadFile(scratch_ / name);
    ASSERT_EQ(written.size(), kBytes);
    EXPECT_TRUE(written == absl::string_view(content_.data(), kBytes));
  }

  AlignedBuffer content_;
};

// Slices of a large member end where frames end: at a multiple of 512, seldom of 4096.
TEST_F(LargeNewEntryTest, ALargeFileIsWrittenInAnyPieces) {
  for (const uint64_t piece : {kBytes, uint64_t{4} << 20, 2 * kDirectAlignment, 2049 * kBlock,
                               uint64_t{100'001}, uint64_t{1500}}) {
    NewEntry file = Begin("large");
    file.Expect(kBytes);
    for (uint64_t at = 0; at < kBytes; at += piece) {
      ASSERT_OK(file.WriteAt(at, Piece(at, std::min(piece, kBytes - at))));
    }
    ASSERT_OK(file.Commit());
    ExpectAllIn("large");
    ASSERT_EQ(unlink((scratch_ / "large").c_str()), 0);
  }
}

TEST_F(LargeNewEntryTest, SlicesAreWrittenAtOnce) {
  NewEntry file = Begin("large");
  file.Expect(kBytes);
  constexpr uint64_t kSlice = 257 * kBlock;
  constexpr uint64_t kThreads = 4;
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (uint64_t at = thread * kSlice; at < kBytes; at += kThreads * kSlice) {
        EXPECT_OK(file.WriteAt(at, Piece(at, std::min(kSlice, kBytes - at))));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_OK(file.Commit());
  ExpectAllIn("large");
}

TEST_F(LargeNewEntryTest, MemoryThatIsNotAlignedIsWrittenAllTheSame) {
  NewEntry file = Begin("large");
  file.Expect(kBytes);
  const std::string moved = " " + std::string(content_.data(), kBytes);
  ASSERT_OK(file.WriteAt(0, absl::MakeConstSpan(moved).subspan(1)));
  ASSERT_OK(file.Commit());
  ExpectAllIn("large");
}

TEST_F(LargeNewEntryTest, ALargeFileLeavesThePageCacheAlone) {
  struct statfs file_system = {};
  ASSERT_EQ(statfs(scratch_.path().c_str(), &file_system), 0);
  const bool gains =
      file_system.f_type == EXT4_SUPER_MAGIC || file_system.f_type == XFS_SUPER_MAGIC;
  for (const bool expected : {false, true}) {
    NewEntry file = Begin("large");
    if (expected) file.Expect(kBytes);
    ASSERT_OK(file.WriteAt(0, Piece(0, kBytes)));
    ASSERT_OK(file.Commit());
    const Fd written(open((scratch_ / "large").c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(IsCold(written.get(), 0, kBytes), expected && gains);
    ASSERT_EQ(unlink((scratch_ / "large").c_str()), 0);
  }
}

TEST_F(LargeNewEntryTest, WhatIsNotCommittedIsGone) {
  {
    NewEntry file = Begin("large");
    file.Expect(kBytes);
    ASSERT_OK(file.WriteAt(0, Piece(0, kBytes)));
  }
  EXPECT_EQ(Count(), 0u);
}

}  // namespace
}  // namespace ingot::io
