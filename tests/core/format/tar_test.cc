#include "core/format/tar.h"

#include "absl/strings/str_replace.h"
#include "core/format/acl.h"
#include "core/format/digest.h"
#include "core/format/pax.h"
#include "core/format/ustar.h"
#include "tests/core/format/hex.h"
#include "tests/core/format/random_member.h"
#include "tests/testing.h"

namespace ingot {
namespace {

Member Plain() {
  Member member;
  member.path = "contentstore/2024/1/file.bin";
  member.mode = 0640;
  member.uid = 1000;
  member.gid = 100;
  member.user_name = "alfresco";
  member.group_name = "users";
  member.mtime = {1'700'000'000, 0};
  member.size = 12'345;
  return member;
}

bool operator==(const Member& a, const Member& b) {
  return a.path == b.path && a.type == b.type && a.mode == b.mode && a.uid == b.uid &&
         a.gid == b.gid && a.user_name == b.user_name && a.group_name == b.group_name &&
         a.mtime == b.mtime && a.size == b.size && a.link_target == b.link_target &&
         a.device_major == b.device_major && a.device_minor == b.device_minor &&
         a.xattrs == b.xattrs && a.sparse == b.sparse && a.extents == b.extents;
}

void ExpectSame(const Member& a, const Member& b) {
  EXPECT_TRUE(a == b) << a.path << " / " << b.path;
}

// A pax header with these records before a plain member's header.
std::string WithRecords(const std::string& records, const Member& member = Plain()) {
  UstarFields fields;
  fields.name = "PaxHeaders/file.bin";
  fields.mode = 0644;
  fields.mtime = 1'700'000'000;
  fields.size = records.size();
  fields.type = kUstarPaxHeader;
  return EncodeUstar(fields) + records +
         std::string(static_cast<size_t>(TarPadding(records.size())), '\0') +
         *EncodeTarHeader(member);
}

std::string Record(const std::string& keyword, const std::string& value) {
  std::string record;
  AppendPaxRecord(keyword, value, &record);
  return record;
}

absl::StatusCode Code(const std::string& stream) { return ParseTarHeader(stream).status().code(); }

TEST(TarTest, GoldenPlainHeader) {
  const std::string header = *EncodeTarHeader(Plain());
  ASSERT_EQ(header.size(), 512u);
  const std::string visible = absl::StrReplaceAll(header, {{absl::string_view("\0", 1), "."}});
  EXPECT_EQ(visible.substr(0, 157),
            "contentstore/2024/1/file.bin" + std::string(72, '.') +
                "0000640.0001750.0000144.00000030071.14524770400.016762. 0");
  EXPECT_EQ(visible.substr(157), std::string(100, '.') + "ustar.00alfresco" + std::string(24, '.') +
                                     "users" + std::string(27, '.') + "0000000.0000000." +
                                     std::string(167, '.'));
}

TEST(TarTest, GoldenExtendedHeader) {
  Member member = Plain();
  member.path = "d/" + std::string(99, 'n');
  member.mtime = {-2, 500'000'000};
  member.uid = 3'000'000;
  member.sparse = true;
  member.extents = {{4096, 10}};
  member.xattrs = {{"user.k=v", std::string("\0\n", 2)}};
  const std::string header = *EncodeTarHeader(member);
  ASSERT_EQ(header.size(), 4 * 512u);
  const std::string records = "122 GNU.sparse.name=d/" + std::string(99, 'n') +
                              "\n14 mtime=-1.5\n15 uid=3000000\n22 GNU.sparse.major=1\n22 "
                              "GNU.sparse.minor=0\n29 GNU.sparse.realsize=12345\n" +
                              std::string("30 SCHILY.xattr.user.k%3Dv=\0\n\n", 30);
  EXPECT_EQ(header.substr(512, records.size()), records);
  EXPECT_EQ(header.substr(0, 100), "PaxHeaders/" + std::string(89, 'n'));
  EXPECT_EQ(header.substr(1024, 100), "d/GNUSparseFile.0/" + std::string(82, 'n'));
  EXPECT_EQ(header.substr(1536, 22), std::string("2\n4096\n10\n12345\n0\n\0\0\0\0\0", 22));
  EXPECT_EQ(HashBytes(header).Hex(), "c934c760312e97bd12af85a0ddae19fb");
}

TEST(TarTest, NothingBesideUstarWithoutNeed) {
  Member member = Plain();
  member.path = std::string(100, 'n');
  member.user_name = std::string(31, 'u');
  member.mtime = {077777777777, 0};
  member.uid = member.gid = 07777777;
  member.size = 077777777777;
  EXPECT_EQ(EncodeTarHeader(member)->size(), 512u);
  member.path = "short \xFF";  // any bytes, as long as no pax record has them
  EXPECT_EQ(EncodeTarHeader(member)->size(), 512u);
  member.type = MemberType::kDirectory;
  member.size = 0;
  member.path = std::string(99, 'n');
  EXPECT_EQ(EncodeTarHeader(member)->size(), 512u);
  member.path = std::string(100, 'n');  // with its slash one too many
  EXPECT_GT(EncodeTarHeader(member)->size(), 512u);
}

TEST(TarTest, CharsetOnlyForNamesThatNeedIt) {
  Member member = Plain();
  member.path = std::string(120, 'n') + "\xC3\xA4";
  EXPECT_EQ(EncodeTarHeader(member)->find("hdrcharset"), std::string::npos);
  member.path += "\xC3";
  EXPECT_EQ(EncodeTarHeader(member)->find("21 hdrcharset=BINARY\n"), 512u);
  member = Plain();
  member.group_name = "\xFF";
  EXPECT_EQ(EncodeTarHeader(member)->find("21 hdrcharset=BINARY\n"), 512u);
}

TEST(TarTest, RoundTripsThousandsOfRandomMembers) {
  RandomMembers random(20261123);
  for (int i = 0; i < 5000; ++i) {
    const Member member = random.Next();
    const absl::StatusOr<std::string> header = EncodeTarHeader(member);
    ASSERT_OK(header);
    EXPECT_EQ(header->size() % kTarBlockBytes, 0u);
    const absl::StatusOr<TarHeader> parsed =
        ParseTarHeader(*header + "content that is none of the header's");
    ASSERT_OK(parsed);
    ExpectSame(parsed->member, member);
    EXPECT_EQ(parsed->header_bytes, header->size());
    EXPECT_EQ(parsed->content_bytes, member.StoredContentBytes());
  }
}

TEST(TarTest, PatchableHeadersKeepTheirLength) {
  Member member = Plain();
  member.mtime.nanoseconds = 5;
  member.size = 0;
  const std::string placeholder = *EncodePatchableTarHeader(member);
  EXPECT_NE(placeholder.find("29 size=00000000000000000000\n"), std::string::npos);
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{1}, uint64_t{123'456'789'012'345}, kMemberSizeMax}) {
    member.size = size;
    const std::string patched = *EncodePatchableTarHeader(member);
    EXPECT_EQ(patched.size(), placeholder.size());
    const absl::StatusOr<TarHeader> parsed = ParseTarHeader(patched);
    ASSERT_OK(parsed);
    ExpectSame(parsed->member, member);
    EXPECT_EQ(parsed->content_bytes, size);
  }
  member.sparse = true;
  EXPECT_EQ(EncodePatchableTarHeader(member).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TarTest, ThePathDotIsADirectoryToo) {
  Member member;
  member.type = MemberType::kDirectory;
  member.path = ".";
  EXPECT_EQ(EncodeTarHeader(member)->substr(0, 3), std::string("./\0", 3));
  EXPECT_EQ(ParseTarHeader(*EncodeTarHeader(member))->member.path, ".");
}

TEST(TarTest, RefusesMembersThatCannotBeSaid) {
  const auto refused = [](void (*change)(Member*)) {
    Member member = Plain();
    change(&member);
    return EncodeTarHeader(member).status().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_FALSE(refused([](Member*) {}));
  EXPECT_TRUE(refused([](Member* m) { m->path = ""; }));
  EXPECT_TRUE(refused([](Member* m) { m->path = "a/"; }));
  EXPECT_TRUE(refused([](Member* m) { m->path = std::string("a\0b", 3); }));
  EXPECT_TRUE(refused([](Member* m) { m->path = std::string(kPathBytesMax + 1, 'p'); }));
  EXPECT_TRUE(refused([](Member* m) { m->mode = 010000; }));
  EXPECT_TRUE(refused([](Member* m) { m->mtime.nanoseconds = 1'000'000'000; }));
  EXPECT_TRUE(refused([](Member* m) { m->user_name = std::string(1, '\0'); }));
  EXPECT_TRUE(refused([](Member* m) { m->size = kMemberSizeMax + 1; }));
  EXPECT_TRUE(refused([](Member* m) { m->type = MemberType::kFifo; }));  // with a size
  EXPECT_TRUE(refused([](Member* m) { m->link_target = "x"; }));
  EXPECT_TRUE(refused([](Member* m) { m->device_major = 1; }));
  EXPECT_TRUE(refused([](Member* m) { m->extents = {{0, 1}}; }));  // without `sparse`
  EXPECT_TRUE(refused([](Member* m) { m->xattrs = {{"b", ""}, {"a", ""}}; }));
  EXPECT_TRUE(refused([](Member* m) { m->xattrs = {{"a", ""}, {"a", ""}}; }));
  EXPECT_TRUE(refused([](Member* m) { m->xattrs = {{"", ""}}; }));
  EXPECT_TRUE(refused([](Member* m) { m->xattrs = {{kAclAccessXattr, "no ACL"}}; }));
  EXPECT_TRUE(refused([](Member* m) {
    m->xattrs = {{"user.x", std::string(kHeaderBytesMax, 'x')}};
  }));
}

TEST(TarTest, AMemberOfAllItMayBringFits) {
  Member member = Plain();
  member.size = kMemberSizeMax;
  member.sparse = true;
  for (uint64_t i = 1; i <= kSparseExtentsMax; ++i)
    member.extents.push_back({kMemberSizeMax - (kSparseExtentsMax - i + 2) * 4, 1});
  member.xattrs = {{"user.x", std::string(kXattrBytesMax, 'x')}};
  const absl::StatusOr<std::string> header = EncodeTarHeader(member);
  ASSERT_OK(header);
  EXPECT_LE(header->size(), kHeaderBytesMax);
  ExpectSame(ParseTarHeader(*header)->member, member);
}

TEST(TarTest, NoticesEveryFlippedBitOfAPlainHeader) {
  std::string header = *EncodeTarHeader(Plain());
  for (size_t bit = 0; bit < header.size() * 8; ++bit) {
    const char mask = static_cast<char>(1 << bit % 8);
    header[bit / 8] = static_cast<char>(header[bit / 8] ^ mask);
    EXPECT_EQ(Code(header), absl::StatusCode::kDataLoss) << bit;
    header[bit / 8] = static_cast<char>(header[bit / 8] ^ mask);
  }
}

// pax records have no checksum of their own (the frame's hash covers them): a flip is refused, or
// says something else in the one form in which that is said.
TEST(TarTest, FlippedBitsOfRecordsNeverGiveASecondForm) {
  Member member = Plain();
  member.path = std::string(110, 'p');
  member.mtime.nanoseconds = 120'000'000;
  member.uid = 3'000'000;
  member.sparse = true;
  member.extents = {{0, 4096}, {8192, 1}};
  member.xattrs = {
      {kAclAccessXattr, *AclFromText("user::rw-\nuser:5:r--\ngroup::r--\nmask::r--\nother::---\n")},
      {"user.x", "value"}};
  std::string header = *EncodeTarHeader(member);
  for (size_t bit = 0; bit < header.size() * 8; ++bit) {
    const char mask = static_cast<char>(1 << bit % 8);
    header[bit / 8] = static_cast<char>(header[bit / 8] ^ mask);
    const absl::StatusOr<TarHeader> parsed = ParseTarHeader(header);
    if (parsed.ok()) {
      EXPECT_EQ(*EncodeTarHeader(parsed->member), header) << bit;
    } else {
      EXPECT_EQ(parsed.status().code(), absl::StatusCode::kDataLoss);
    }
    header[bit / 8] = static_cast<char>(header[bit / 8] ^ mask);
  }
}

TEST(TarTest, NoticesEveryTruncation) {
  Member member = Plain();
  member.path = std::string(110, 'p');
  member.sparse = true;
  member.extents = {{0, 4096}, {8192, 1}};
  const std::string header = *EncodeTarHeader(member);
  for (size_t length = 0; length < header.size(); ++length) {
    EXPECT_EQ(Code(header.substr(0, length)), absl::StatusCode::kDataLoss) << length;
  }
}

TEST(TarTest, RefusesWhatIsNoHeader) {
  EXPECT_EQ(Code(std::string(1024, '\0')), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Code(std::string(1024, 'x')), absl::StatusCode::kDataLoss);
}

TEST(TarTest, RefusesRecordsThatIngotNeverWrites) {
  ASSERT_EQ(Code(WithRecords(Record("mtime", "1700000000.5"))), absl::StatusCode::kOk);
  for (const std::string& records :
       {Record("comment", "hello"),
        Record("atime", "1"),
        Record("GNU.sparse.major", "2"),
        Record("mtime", "1700000000.50"),
        Record("mtime", "1700000000"),
        Record("mtime", "later"),
        Record("path", "contentstore/2024/1/file.bin"),
        Record("uid", "1000"),
        Record("uid", "4294967296"),
        Record("size", "12345"),
        Record("size", "99999999999999999999"),
        Record("size", "-1"),
        Record("hdrcharset", "BINARY"),
        Record("hdrcharset", "ISO-IR 10646 2000 UTF-8"),
        Record("SCHILY.xattr.user.b", "") + Record("SCHILY.xattr.user.a", ""),
        Record("SCHILY.xattr.user.a", "") + Record("SCHILY.xattr.user.a", ""),
        Record("SCHILY.xattr.user.%3d", ""),
        Record("SCHILY.xattr.", "v"),
        Record("SCHILY.xattr.system.posix_acl_access", "v"),
        Record("SCHILY.acl.access", "user::rwx"),
        Record("GNU.sparse.name", "x"),
        Record("GNU.sparse.realsize", "5"),
        std::string("no record")}) {
    EXPECT_EQ(Code(WithRecords(records)), absl::StatusCode::kDataLoss) << records;
  }
}

TEST(TarTest, RefusesTwoPaxHeadersAndOtherTypes) {
  const std::string once = WithRecords(Record("mtime", "1700000000.5"));
  EXPECT_EQ(Code(once.substr(0, 1024) + once), absl::StatusCode::kDataLoss);
  for (const char type : std::string("7LKgxSV")) {
    UstarFields fields;
    fields.name = "x";
    fields.type = type;
    EXPECT_EQ(Code(EncodeUstar(fields) + std::string(2048, '\0')), absl::StatusCode::kDataLoss)
        << type;
  }
}

TEST(TarTest, RefusesSparseDataThatIsNotAsLongAsTheMapSays) {
  Member member = Plain();
  member.sparse = true;
  member.extents = {{0, 4096}};
  const std::string header = *EncodeTarHeader(member);
  std::string longer = header;
  const size_t at = longer.find("4096\n");
  longer.replace(at, 4, "4097");
  EXPECT_EQ(Code(longer), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace ingot
