// What real tars make of our headers: every feature is extracted with GNU tar and with bsdtar, and
// looked at.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/format/acl.h"
#include "core/format/bytes.h"
#include "core/format/tar.h"
#include "tests/testing.h"

namespace ingot {
namespace {

// An archive in the making.
class Archive {
 public:
  void Add(const Member& member, const std::string& content = "", bool patchable = false) {
    absl::StatusOr<std::string> header =
        patchable ? EncodePatchableTarHeader(member) : EncodeTarHeader(member);
    ASSERT_OK(header);
    ASSERT_EQ(content.size(), member.StoredContentBytes());
    bytes_ += *header + content + std::string(TarPadding(content.size()), '\0');
  }
  std::string Bytes() const { return bytes_ + std::string(1024, '\0'); }

 private:
  std::string bytes_;
};

Member Regular(const std::string& path, uint64_t size) {
  Member member;
  member.path = path;
  member.mode = 0644;
  member.mtime = {1'700'000'000, 0};
  member.size = size;
  return member;
}

struct stat Lstat(const std::string& path) {
  struct stat info = {};
  EXPECT_EQ(lstat(path.c_str(), &info), 0) << path;
  return info;
}

std::string Xattr(const std::string& path, const std::string& name) {
  std::string value(65536, '\0');
  const ssize_t bytes = lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
  if (bytes < 0) return std::string("error: ") + strerror(errno);
  value.resize(static_cast<size_t>(bytes));
  return value;
}

// "tar" and "bsdtar" with all that makes them restore everything.
class TarCompatTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (geteuid() != 0) SKIP_OR_FAIL("extracting owners, devices and trusted xattrs needs root");
    WriteFile(scratch_ / "probe", "");
    if (setxattr((scratch_ / "probe").c_str(), "user.probe", "1", 1, 0) != 0) {
      SKIP_OR_FAIL("no extended attributes in the temporary directory");
    }
    ASSERT_EQ(Shell(std::string("command -v ") + GetParam()).exit_code, 0)
        << GetParam() << " is missing";
  }

  bool IsBsdtar() const { return std::string(GetParam()) == "bsdtar"; }

  // GNU tar says of some headers that it does not know a keyword, or finds a time odd, and goes on
  // rightly.
  static std::string WithoutHarmlessWarnings(const std::string& error) {
    std::string rest;
    for (const absl::string_view line : absl::StrSplit(error, '\n', absl::SkipEmpty())) {
      const bool harmless = absl::EndsWith(line, "unknown extended header keyword 'hdrcharset'") ||
                            absl::StrContains(line, "implausibly old time stamp") ||
                            absl::EndsWith(line, "s in the future");
      if (!harmless) absl::StrAppend(&rest, line, "\n");
    }
    return rest;
  }

  // Extracts into Out(), lists, and expects no other word of complaint.
  void Extract(const Archive& archive, const std::string& locale = "C.UTF-8") {
    WriteFile(scratch_ / "archive.tar", archive.Bytes());
    const std::string flags = IsBsdtar() ? "-xpf" : "--xattrs --xattrs-include='*' --acls -xpf";
    const std::string in =
        "cd " + scratch_.path() + " && export LC_ALL=" + locale + " && mkdir out && ";
    const ShellResult extracted =
        Shell(in + "cd out && " + GetParam() + " " + flags + " ../archive.tar");
    EXPECT_EQ(extracted.exit_code, 0) << extracted.error;
    EXPECT_EQ(WithoutHarmlessWarnings(extracted.error), "");
    const ShellResult listed = Shell("cd " + scratch_.path() + " && LC_ALL=" + locale + " " +
                                     GetParam() + " -tvf archive.tar");
    EXPECT_EQ(listed.exit_code, 0) << listed.error;
    EXPECT_EQ(WithoutHarmlessWarnings(listed.error), "");
  }
  std::string Out(const std::string& path) const { return scratch_ / "out/" + path; }

  ScratchDirectory scratch_;
};

INSTANTIATE_TEST_SUITE_P(Tars, TarCompatTest, testing::Values("tar", "bsdtar"));

TEST_P(TarCompatTest, ModesOwnersAndTypes) {
  Archive archive;
  Member directory = Regular("d", 0);
  directory.type = MemberType::kDirectory;
  directory.mode = 02751;
  directory.mtime = {1'600'000'000, 123'456'789};
  archive.Add(directory);
  Member file = Regular("d/file", 5);
  file.mode = 06755;
  file.uid = 1234;
  file.gid = 4321;
  archive.Add(file, "hello");
  Member link = Regular("d/hard", 0);
  link.type = MemberType::kHardLink;
  link.link_target = "d/file";
  archive.Add(link);
  Member symlink = Regular("d/symlink", 0);
  symlink.type = MemberType::kSymlink;
  symlink.mode = 0777;
  symlink.link_target = "../no where\n";
  archive.Add(symlink);
  Member fifo = Regular("d/fifo", 0);
  fifo.type = MemberType::kFifo;
  archive.Add(fifo);
  Member device = Regular("d/null", 0);
  device.type = MemberType::kCharacterDevice;
  device.device_major = 1;
  device.device_minor = 3;
  archive.Add(device);
  device.path = "d/disk";
  device.type = MemberType::kBlockDevice;
  device.device_major = 0xFFF;
  device.device_minor = 0xFFFFF;
  archive.Add(device);
  Extract(archive);

  EXPECT_EQ(ReadFile(Out("d/file")), "hello");
  const struct stat info = Lstat(Out("d/file"));
  EXPECT_EQ(info.st_mode, S_IFREG | 06755u);
  EXPECT_EQ(info.st_uid, 1234u);
  EXPECT_EQ(info.st_gid, 4321u);
  EXPECT_EQ(info.st_mtim.tv_sec, 1'700'000'000);
  EXPECT_EQ(info.st_nlink, 2u);
  EXPECT_EQ(info.st_ino, Lstat(Out("d/hard")).st_ino);
  EXPECT_EQ(Lstat(Out("d")).st_mode, S_IFDIR | 02751u);
  EXPECT_EQ(Lstat(Out("d")).st_mtim.tv_sec, 1'600'000'000);
  EXPECT_EQ(Lstat(Out("d")).st_mtim.tv_nsec, 123'456'789);
  char target[100] = {};
  EXPECT_GT(readlink(Out("d/symlink").c_str(), target, sizeof(target)), 0);
  EXPECT_STREQ(target, "../no where\n");
  EXPECT_TRUE(S_ISFIFO(Lstat(Out("d/fifo")).st_mode));
  EXPECT_TRUE(S_ISCHR(Lstat(Out("d/null")).st_mode));
  EXPECT_EQ(Lstat(Out("d/null")).st_rdev, makedev(1, 3));
  EXPECT_TRUE(S_ISBLK(Lstat(Out("d/disk")).st_mode));
  EXPECT_EQ(Lstat(Out("d/disk")).st_rdev, makedev(0xFFF, 0xFFFFF));
}

TEST_P(TarCompatTest, LargeIds) {
  Archive archive;
  Member file = Regular("file", 0);
  file.uid = 4'000'000'000;
  file.gid = 2'097'152;
  archive.Add(file);
  Extract(archive);
  EXPECT_EQ(Lstat(Out("file")).st_uid, 4'000'000'000u);
  EXPECT_EQ(Lstat(Out("file")).st_gid, 2'097'152u);
}

// Names that exist here win over ids, as with every tar; long and foreign names must not disturb.
TEST_P(TarCompatTest, OwnerNames) {
  Archive archive;
  Member file = Regular("a", 0);
  file.uid = 77;
  file.user_name = "root";
  file.group_name = "root";
  archive.Add(file);
  file.path = "b";
  file.user_name = std::string(40, 'u');
  file.group_name =
      "gr\xC3\xBC"
      "n";
  archive.Add(file);
  Extract(archive);
  EXPECT_EQ(Lstat(Out("a")).st_uid, 0u);
  EXPECT_EQ(Lstat(Out("b")).st_uid, 77u);
  const ShellResult listed =
      Shell(std::string("LC_ALL=C.UTF-8 ") + GetParam() + " -tvf " + (scratch_ / "archive.tar"));
  EXPECT_THAT(listed.output, testing::HasSubstr(std::string(40, 'u')));
  EXPECT_THAT(listed.output, testing::HasSubstr("gr\xC3\xBC"
                                                "n"));
}

TEST_P(TarCompatTest, Names) {
  const std::string long_name = std::string(120, 'd') + "/" + std::string(200, 'f');
  const std::string foreign = std::string(60, 'x') + "\xC3\xA4\xE2\x82\xAC" + std::string(60, 'y');
  const std::string binary = std::string(60, 'x') + "\xFF\xC3" + std::string(60, 'y');
  Archive archive;
  Member directory = Regular(std::string(120, 'd'), 0);
  directory.type = MemberType::kDirectory;
  directory.mode = 0755;
  archive.Add(directory);
  const std::vector<std::string> names = {std::string(100, 'n'),
                                          "d\xC3\xA4",
                                          "\xFE\xFF",
                                          "new\nline",
                                          "-dash",
                                          long_name,
                                          foreign,
                                          binary};
  for (const std::string& name : names) archive.Add(Regular(name, 3), "yes");
  Member link = Regular("link", 0);
  link.type = MemberType::kSymlink;
  link.link_target = binary;
  archive.Add(link);
  link.path = "hard";
  link.type = MemberType::kHardLink;
  archive.Add(link);
  Extract(archive);
  for (const std::string& name : names) EXPECT_EQ(ReadFile(Out(name)), "yes") << name;
  EXPECT_EQ(ReadFile(Out("link")), "yes");
  EXPECT_EQ(Lstat(Out("hard")).st_ino, Lstat(Out(binary)).st_ino);
}

TEST_P(TarCompatTest, Times) {
  Archive archive;
  Member file = Regular("file", 0);
  const io::Timestamp times[] = {{0, 0},
                                 {0, 1},
                                 {1'700'000'000, 999'999'999},
                                 {-1, 0},
                                 {-5, 0},
                                 {8'589'934'591, 0},
                                 {8'589'934'592, 0}};
  int number = 0;
  for (const io::Timestamp& time : times) {
    file.path = "file" + std::to_string(number++);
    file.mtime = time;
    archive.Add(file);
  }
  // Half a second before -1: bsdtar 3.6 reads it as half a second after.
  file.path = "fraction";
  file.mtime = {-2, 500'000'000};
  if (!IsBsdtar()) archive.Add(file);
  Extract(archive);
  number = 0;
  for (const io::Timestamp& time : times) {
    const struct stat info = Lstat(Out("file" + std::to_string(number++)));
    EXPECT_EQ(info.st_mtim.tv_sec, time.seconds);
    EXPECT_EQ(info.st_mtim.tv_nsec, time.nanoseconds);
  }
  if (IsBsdtar()) return;
  EXPECT_EQ(Lstat(Out("fraction")).st_mtim.tv_sec, -2);
  EXPECT_EQ(Lstat(Out("fraction")).st_mtim.tv_nsec, 500'000'000);
}

TEST_P(TarCompatTest, ExtendedAttributes) {
  Archive archive;
  Member file = Regular("file", 0);
  file.xattrs = {{"trusted.t", "root's"},
                 {"user.a", ""},
                 {"user.bytes", std::string("\0\n=%\xFF\n5 a=b\n", 13)},
                 {"user.large", std::string(3000, 'v')}};
  archive.Add(file);
  Member directory = file;
  directory.path = "d";
  directory.type = MemberType::kDirectory;
  directory.mode = 0755;
  archive.Add(directory);
  Extract(archive);
  for (const io::ExtendedAttribute& xattr : file.xattrs) {
    EXPECT_EQ(Xattr(Out("file"), xattr.name), xattr.value) << xattr.name;
    EXPECT_EQ(Xattr(Out("d"), xattr.name), xattr.value) << xattr.name;
  }
}

TEST_P(TarCompatTest, ExtendedAttributeNamesWithEqualsAndPercent) {
  Archive archive;
  Member file = Regular("file", 0);
  file.xattrs = {{"user.a=b%c", "odd"}};
  archive.Add(file);
  Extract(archive);
  EXPECT_EQ(Xattr(Out("file"), IsBsdtar() ? "user.a%3Db%25c" : "user.a=b%c"), "odd");
}

TEST_P(TarCompatTest, Acls) {
  const std::string access = *AclFromText(
      "user::rw-\nuser:1234:r-x\nuser:5678:---\ngroup::r--\ngroup:77:-w-\nmask::rwx\nother::--x\n");
  const std::string defaults =
      *AclFromText("user::rwx\nuser:1234:rwx\ngroup::r-x\nmask::rwx\nother::---\n");
  Archive archive;
  Member file = Regular("file", 0);
  file.mode = 0671;
  file.xattrs = {{kAclAccessXattr, access}};
  archive.Add(file);
  Member directory = Regular("d", 0);
  directory.type = MemberType::kDirectory;
  directory.mode = 0671;
  directory.xattrs = {{kAclAccessXattr, access}, {kAclDefaultXattr, defaults}};
  archive.Add(directory);
  Extract(archive);
  EXPECT_EQ(*AclToText(Xattr(Out("file"), kAclAccessXattr)), *AclToText(access));
  EXPECT_EQ(Lstat(Out("file")).st_mode, S_IFREG | 0671u);
  EXPECT_EQ(*AclToText(Xattr(Out("d"), kAclAccessXattr)), *AclToText(access));
  EXPECT_EQ(*AclToText(Xattr(Out("d"), kAclDefaultXattr)), *AclToText(defaults));
}

TEST_P(TarCompatTest, SparseFiles) {
  constexpr uint64_t kMiB = 1 << 20;
  Archive archive;
  Member file = Regular("d/both", 8 * kMiB);
  file.sparse = true;
  file.extents = {{kMiB, 4096}, {5 * kMiB, 4096}};
  archive.Add(file, std::string(4096, 'a') + std::string(4096, 'b'));
  file.path = "nothing";
  file.extents = {};
  archive.Add(file);
  file.path = "end";
  file.size = 3 * kMiB + 7;
  file.extents = {{3 * kMiB, 7}};
  archive.Add(file, "the end");
  file.path = "deep/" + std::string(150, 'p') + "\xFF";
  file.extents = {{0, 5}};
  archive.Add(file, "start");
  file.path = "huge";
  file.size = uint64_t{100} << 30;
  file.extents = {{uint64_t{50} << 30, 4}};
  archive.Add(file, "core");
  archive.Add(Regular("after", 5), "after");
  Extract(archive);

  const std::string both = ReadFile(Out("d/both"));
  ASSERT_EQ(both.size(), 8 * kMiB);
  EXPECT_EQ(both.substr(kMiB - 1, 3), std::string("\0aa", 3));
  EXPECT_EQ(both.substr(5 * kMiB + 4094, 4), std::string("bb\0\0", 4));
  EXPECT_LT(Lstat(Out("d/both")).st_blocks * 512, static_cast<blkcnt_t>(kMiB));
  EXPECT_EQ(ReadFile(Out("nothing")), std::string(8 * kMiB, '\0'));
  EXPECT_EQ(Lstat(Out("nothing")).st_blocks, 0);
  EXPECT_EQ(ReadFile(Out("end")), std::string(3 * kMiB, '\0') + "the end");
  EXPECT_EQ(ReadFile(Out("deep/" + std::string(150, 'p') + "\xFF")),
            "start" + std::string(3 * kMiB + 2, '\0'));
  EXPECT_EQ(Lstat(Out("huge")).st_size, static_cast<off_t>(file.size));
  EXPECT_EQ(Shell("tail -c +53687091201 " + Out("huge") + " | head -c 4").output, "core");
  EXPECT_EQ(ReadFile(Out("after")), "after");
}

TEST_P(TarCompatTest, PatchedHeader) {
  Archive archive;
  Member file = Regular("database/dump.sql", 1000);
  file.mtime = {1'700'000'000, 5};
  archive.Add(file, std::string(1000, 'q'), /*patchable=*/true);
  archive.Add(Regular("after", 5), "after");
  Extract(archive);
  EXPECT_EQ(ReadFile(Out("database/dump.sql")), std::string(1000, 'q'));
  EXPECT_EQ(ReadFile(Out("after")), "after");
}

// Only the headers exist of a member that is larger than any disk here; both list what they say.
TEST_P(TarCompatTest, SizesPastOctal) {
  Member file = Regular("large", uint64_t{1} << 33);
  WriteFile(scratch_ / "large.tar", *EncodeTarHeader(file));
  const ShellResult listed =
      Shell("truncate -s +8589934592 " + (scratch_ / "large.tar") + " && truncate -s +1024 " +
            (scratch_ / "large.tar") + " && " + GetParam() + " -tvf " + (scratch_ / "large.tar"));
  EXPECT_EQ(listed.exit_code, 0) << listed.error;
  EXPECT_THAT(listed.output, testing::HasSubstr(" 8589934592 "));
}

// The whole of a name survives a reader that runs in the C locale.
TEST_P(TarCompatTest, NamesInTheCLocale) {
  const std::string short_name = "d\xC3\xA4";
  const std::string binary = std::string(110, 'x') + "\xFF";
  Archive archive;
  archive.Add(Regular(short_name, 3), "yes");
  archive.Add(Regular(binary, 3), "yes");
  Extract(archive, "C");
  EXPECT_EQ(ReadFile(Out(short_name)), "yes");
  EXPECT_EQ(ReadFile(Out(binary)), "yes");
}

}  // namespace
}  // namespace ingot
