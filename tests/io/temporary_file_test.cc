#include "io/temporary_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "io/directory.h"
#include "io/file_stat.h"
#include "tests/testing.h"

namespace ingot::io {

// Found beside its type alone.
static void PrintTo(Naming naming, std::ostream* out) {
  *out << (naming == Naming::kNone ? "unnamed" : "hidden");
}

namespace {

// Unnamed files, and the hidden ones of file systems that have no unnamed ones.
class TemporaryFileTest : public testing::TestWithParam<Naming> {
 protected:
  void SetUp() override {
    absl::StatusOr<Fd> directory = OpenDirectory(AT_FDCWD, scratch_.path(), false);
    ASSERT_OK(directory);
    directory_ = *std::move(directory);
    absl::StatusOr<TemporaryFile> file =
        CreateTemporaryFile(directory_.get(), scratch_.path(), GetParam());
    ASSERT_OK(file);
    file_ = *std::move(file);
    ASSERT_EQ(write(file_.fd.get(), "new", 3), 3);
  }
  absl::Status Name(bool replace) {
    return NameTemporaryFile(directory_.get(), "name", replace, scratch_ / "name", &file_);
  }
  std::ptrdiff_t Entries() {
    return std::distance(std::filesystem::directory_iterator(scratch_.path()), {});
  }

  ScratchDirectory scratch_;
  Fd directory_;
  TemporaryFile file_;
};

TEST_P(TemporaryFileTest, IsPrivate) {
  const absl::StatusOr<FileStat> stat = StatFd(file_.fd.get());
  ASSERT_OK(stat);
  EXPECT_EQ(stat->mode & 07777, 0600u);
  EXPECT_EQ(stat->links, file_.name.empty() ? 0u : 1u);
  if (!file_.name.empty()) {
    EXPECT_EQ(file_.name[0], '.');
  }
  EXPECT_EQ(Entries(), file_.name.empty() ? 0 : 1);
}

TEST_P(TemporaryFileTest, TakesAFreeName) {
  ASSERT_OK(Name(false));
  EXPECT_TRUE(file_.name.empty());
  EXPECT_EQ(ReadFile(scratch_ / "name"), "new");
  EXPECT_EQ(Entries(), 1);
}

TEST_P(TemporaryFileTest, LeavesATakenName) {
  WriteFile(scratch_ / "name", "old");
  const absl::Status status = Name(false);
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_EQ(ReadFile(scratch_ / "name"), "old");
}

TEST_P(TemporaryFileTest, ReplacesATakenName) {
  WriteFile(scratch_ / "name", "old");
  ASSERT_OK(Name(true));
  EXPECT_EQ(ReadFile(scratch_ / "name"), "new");
  EXPECT_EQ(Entries(), 1);
}

TEST_P(TemporaryFileTest, CannotReplaceADirectory) {
  ASSERT_EQ(mkdir((scratch_ / "name").c_str(), 0700), 0);
  EXPECT_FALSE(Name(true).ok());
  // What is left has the name that the caller is told to unlink.
  if (!file_.name.empty()) {
    EXPECT_EQ(ReadFile(scratch_ / file_.name), "new");
  }
}

INSTANTIATE_TEST_SUITE_P(, TemporaryFileTest, testing::Values(Naming::kNone, Naming::kHidden),
                         [](const testing::TestParamInfo<Naming>& naming) {
                           return naming.param == Naming::kNone ? "Unnamed" : "Hidden";
                         });

TEST(TemporaryFileErrorTest, NamesTheDirectory) {
  const absl::StatusOr<Fd> directory = OpenDirectory(AT_FDCWD, "/proc", false);
  ASSERT_OK(directory);
  const absl::Status status =
      CreateTemporaryFile(directory->get(), "/proc", Naming::kNone).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("/proc"));
}

}  // namespace
}  // namespace ingot::io
