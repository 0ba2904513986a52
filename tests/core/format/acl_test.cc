#include "core/format/acl.h"

#include "tests/core/format/hex.h"
#include "tests/testing.h"

namespace ingot {
namespace {

// user::rw-, user:1000:r--, group::r--, group:55:rw-, mask::rw-, other::r-- as the kernel gives it.
const char kBinary[] =
    "02000000"
    "01000600ffffffff"
    "02000400e8030000"
    "04000400ffffffff"
    "0800060037000000"
    "10000600ffffffff"
    "20000400ffffffff";
const char kText[] = "user::rw-\nuser:1000:r--\ngroup::r--\ngroup:55:rw-\nmask::rw-\nother::r--\n";

TEST(AclTest, TextAndBack) {
  EXPECT_EQ(AclToText(Unhex(kBinary)), kText);
  EXPECT_EQ(AclFromText(kText), Unhex(kBinary));
  const std::string minimal = "user::---\ngroup::-wx\nother::rwx\n";
  EXPECT_EQ(AclToText(*AclFromText(minimal)), minimal);
  const std::string many =
      "user::---\nuser:0:r--\nuser:4294967294:--x\ngroup::-wx\nmask::---\nother::rwx\n";
  EXPECT_EQ(AclToText(*AclFromText(many)), many);
}

TEST(AclTest, RefusesBinariesThatTheKernelDoesNotGive) {
  const std::string good = Unhex(kBinary);
  EXPECT_EQ(AclToText(""), std::nullopt);
  EXPECT_EQ(AclToText(good.substr(0, 4)), std::nullopt);                    // no entries
  EXPECT_EQ(AclToText(good.substr(0, good.size() - 1)), std::nullopt);      // cut
  EXPECT_EQ(AclToText(good.substr(0, good.size() - 8)), std::nullopt);      // no "other"
  EXPECT_EQ(AclToText(good + good.substr(good.size() - 8)), std::nullopt);  // two of them
  EXPECT_EQ(AclToText(Unhex("01000000") + good.substr(4)), std::nullopt);   // version 1
  EXPECT_EQ(AclToText(Unhex("0200000001000800ffffffff04000400ffffffff20000400ffffffff")),
            std::nullopt);
  EXPECT_EQ(AclToText(Unhex("020000000100060001000000"
                            "04000400ffffffff20000400ffffffff")),
            std::nullopt);
  EXPECT_EQ(AclToText(Unhex("0200000004000400ffffffff01000600ffffffff20000400ffffffff")),
            std::nullopt);
}

TEST(AclTest, WhatTheOwningGroupMayDo) {
  EXPECT_EQ(AclGroupBits(Unhex(kBinary)), 0040u);
  EXPECT_EQ(AclGroupBits(*AclFromText("user::rwx\ngroup::-wx\nother::rwx\n")), 0030u);
  EXPECT_EQ(AclGroupBits(Unhex(kBinary) + "x"), 0u);
  EXPECT_EQ(AclGroupBits(""), 0u);
}

TEST(AclTest, RefusesOtherTexts) {
  for (const char* text :
       {"", "user::rw-\ngroup::r--\nother::r--", "user::rw-,group::r--,other::r--\n",
        "user::rw\ngroup::r--\nother::r--\n", "user::wr-\ngroup::r--\nother::r--\n",
        "u::rw-\ngroup::r--\nother::r--\n", "user::rw-\nuser:bob:r--\ngroup::r--\nother::r--\n",
        "user::rw-\nuser:01:r--\ngroup::r--\nother::r--\n",
        "user::rw-\nuser:4294967295:r--\ngroup::r--\nother::r--\n",
        "user::rw-\ngroup::r--\nmask:1:rwx\nother::r--\n",
        "user::rw-:0\ngroup::r--\nother::r--\n"}) {
    EXPECT_EQ(AclFromText(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ingot
