#include "core/container/container.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/container/read_member.h"
#include "core/manifest.h"
#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

absl::Status OpenStatus(const std::string& bytes) {
  ScratchDirectory scratch;
  WriteFile(scratch / "c", bytes);
  return Container::Open(scratch / "c").status();
}

ContainerBuilder Small() {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d")).AddFile("d/a", "alpha").EndFrame().AddFile("d/b", "beta");
  return builder;
}

TEST(ContainerTest, KnowsFramesAndMembers) {
  ScratchDirectory scratch;
  const auto container = OpenBytes(Small().Build(), scratch / "c");
  EXPECT_EQ(container->frames().size(), 2u);
  EXPECT_EQ(container->frames()[1].offset % kFrameAlignment, 0u);
  std::vector<std::string> paths;
  EXPECT_OK(container->ForEachEntry([&paths](const IndexEntry& entry) {
    paths.push_back(entry.path);
    return absl::OkStatus();
  }));
  EXPECT_THAT(paths, testing::ElementsAre("d", "d/a", "d/b"));
  EXPECT_EQ(container->root().members, 3u);
  EXPECT_OK(container->CheckEndOfArchive());
}

TEST(ContainerTest, AnEmptyOneOpens) {
  ScratchDirectory scratch;
  const auto container = OpenBytes(ContainerBuilder().Build(), scratch / "c");
  EXPECT_EQ(container->frames().size(), 0u);
  const auto found = container->Find("a");
  ASSERT_OK(found);
  EXPECT_FALSE(found->has_value());
}

TEST(ContainerTest, MissingFileIsNotFound) {
  const absl::Status status = Container::Open("/nonexistent/file").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nonexistent/file"));
}

TEST(ContainerTest, WhatIsNotOursIsDataLoss) {
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string(100000, '\0'), Noise(100000)}) {
    const absl::Status status = OpenStatus(bytes);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("not an ingot container"));
  }
  EXPECT_FALSE(Container::Open("/").ok());
}

TEST(ContainerTest, EveryTruncationIsRefused) {
  const std::string bytes = Small().Build();
  for (size_t length = 0; length < bytes.size(); length += length % 64 == 0 ? 1 : 7) {
    EXPECT_TRUE(absl::IsDataLoss(OpenStatus(bytes.substr(0, length)))) << length;
  }
}

TEST(ContainerTest, BytesBehindTheEndAreRefused) {
  EXPECT_TRUE(absl::IsDataLoss(OpenStatus(Small().Build() + std::string(1, '\0'))));
}

TEST(ContainerTest, SeekTableMustDescribeTheFile) {
  const std::vector<std::function<void(std::vector<SeekEntry>*)>> changes = {
      [](std::vector<SeekEntry>* table) { (*table)[0].stored_bytes += 1; },
      [](std::vector<SeekEntry>* table) {  // a frame and its label change places
        std::swap((*table)[0], (*table)[1]);
      },
      [](std::vector<SeekEntry>* table) { (*table)[0].content_bytes = 0xFFFFFFFF; },
      [](std::vector<SeekEntry>* table) { (*table)[0].content_bytes += 512; },
      [](std::vector<SeekEntry>* table) { (*table)[4].checksum ^= 1; },
      [](std::vector<SeekEntry>* table) {  // the root becomes data
        table->back().content_bytes = 1;
      },
      [](std::vector<SeekEntry>* table) {  // one entry less, with the same sum
        (*table)[table->size() - 2].stored_bytes += table->back().stored_bytes;
        table->pop_back();
      },
      [](std::vector<SeekEntry>* table) { table->clear(); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    ContainerBuilder builder = Small();
    builder.change_seek_table = changes[i];
    EXPECT_TRUE(absl::IsDataLoss(OpenStatus(builder.Build()))) << i;
  }
}

TEST(ContainerTest, RootMustFitTheSeekTable) {
  const std::vector<std::function<void(IndexRoot*)>> changes = {
      [](IndexRoot* root) { root->frames += 1; },
      [](IndexRoot* root) { root->stream_bytes += 512; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    ContainerBuilder builder = Small();
    builder.change_root = changes[i];
    EXPECT_TRUE(absl::IsDataLoss(OpenStatus(builder.Build()))) << i;
  }
}

TEST(ContainerTest, AHugeSeekTableIsNotAllocated) {
  // A footer that promises 2^32 - 1 frames at the end of a short file.
  std::string bytes(5000, 'x');
  bytes += std::string("\xff\xff\xff\xff\x80\xb1\xea\x92\x8f", 9);
  EXPECT_TRUE(absl::IsDataLoss(OpenStatus(bytes)));
}

TEST(ContainerTest, FindsMembersOfEveryRun) {
  ContainerBuilder builder;
  std::vector<std::string> paths;
  for (const std::string root : {"m", "a", "z/deep", "./dot"}) {
    builder.Run().Add(DirectoryMember(root));
    for (int i = 0; i < 3000; ++i) {
      paths.push_back(absl::StrCat(root, "/f", 100000 + i));
      builder.AddFile(paths.back(), absl::StrCat(i));
    }
  }
  ScratchDirectory scratch;
  const auto container = OpenBytes(builder.Build(), scratch / "c");
  EXPECT_GT(container->root().blocks.size(), 4u);
  for (size_t i = 0; i < paths.size(); i += 97) {
    const auto entry = container->Find(paths[i]);
    ASSERT_OK(entry);
    ASSERT_TRUE(entry->has_value()) << paths[i];
    EXPECT_EQ((*entry)->path, paths[i]);
  }
  for (const char* path : {"", "m/", "m/f", "m/f1000000", "mm", "zz", "A", "./dot/f1", "z"}) {
    const auto entry = container->Find(path);
    ASSERT_OK(entry);
    EXPECT_FALSE(entry->has_value()) << path;
  }
}

TEST(ContainerTest, ADamagedFrameIsNamed) {
  std::string bytes = Small().Build();
  bytes[5] ^= 1;
  ScratchDirectory scratch;
  const auto container = OpenBytes(bytes, scratch / "c");
  FrameScratch frame;
  const absl::Status status = container->ReadFrame(0, &frame).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("frame 0 at byte 0"));
  EXPECT_OK(container->ReadFrame(1, &frame));
}

std::string Content(const Container& container, const std::string& path) {
  const auto entry = container.Find(path);
  std::string content;
  EXPECT_OK(ReadMember(container, **entry, [&content](absl::Span<const char> bytes) {
    content.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }));
  return content;
}

TEST(ReadMemberTest, GivesContentHolesAndCarriers) {
  Member sparse = RegularMember("d/s", 3000000);
  sparse.sparse = true;
  sparse.extents = {{4096, 512}, {2000000, 512}};
  std::string expected(3000000, '\0');
  const std::string data = Noise(1024);
  expected.replace(4096, 512, data, 0, 512).replace(2000000, 512, data, 512, 512);
  ContainerBuilder builder = Small();
  builder.Add(HardLinkMember("d/l", "d/a")).Add(sparse, data).AddFile("d/z", "");
  ScratchDirectory scratch;
  const auto container = OpenBytes(builder.Build(), scratch / "c");
  EXPECT_EQ(Content(*container, "d/a"), "alpha");
  EXPECT_EQ(Content(*container, "d/l"), "alpha");
  EXPECT_EQ(Content(*container, "d/z"), "");
  EXPECT_TRUE(Content(*container, "d/s") == expected);
  const auto directory = container->Find("d");
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadMember(
      *container, **directory, [](absl::Span<const char>) { return absl::OkStatus(); })));
}

TEST(ReadMemberTest, JoinsSlices) {
  const std::string content = Noise((5 << 20) + 77);
  const std::vector<size_t> slices = {2 << 20, 3 << 20, 77};
  for (const bool header_apart : {false, true}) {
    ContainerBuilder builder;
    builder.AddSliced(RegularMember("big", content.size()), content, slices, header_apart)
        .AddFile("c", "after");
    ScratchDirectory scratch;
    const auto container = OpenBytes(builder.Build(), scratch / "c");
    EXPECT_EQ(container->frames().size(), header_apart ? 5u : 4u);
    EXPECT_TRUE(Content(*container, "big") == content);
    EXPECT_EQ(Content(*container, "c"), "after");
  }
}

TEST(ReadMemberTest, RefusesSlicesOfAnotherMember) {
  const std::string content = Noise(3 << 20);
  ContainerBuilder builder;
  builder.change_label = [](uint64_t frame, FrameLabel* label) {
    if (frame == 1) label->member = HashBytes("other");
  };
  builder.AddSliced(RegularMember("big", content.size()), content, {1 << 20, 1 << 20, 1 << 20});
  ScratchDirectory scratch;
  const auto container = OpenBytes(builder.Build(), scratch / "c");
  const auto entry = container->Find("big");
  const absl::Status status =
      ReadMember(*container, **entry, [](absl::Span<const char>) { return absl::OkStatus(); });
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("frame 1 does not continue it"));
}

TEST(ReadMemberTest, AWrongDigestIsDataLoss) {
  ContainerBuilder builder = Small();
  builder.last().digest.bytes[3] ^= 1;
  ScratchDirectory scratch;
  const auto container = OpenBytes(builder.Build(), scratch / "c");
  const auto entry = container->Find("d/b");
  EXPECT_TRUE(absl::IsDataLoss(
      ReadMember(*container, **entry, [](absl::Span<const char>) { return absl::OkStatus(); })));
}

// By name alone: nobody has looked at the rest of the index.
TEST(ReadMemberTest, WhatLiesOutsideTheStreamIsDataLoss) {
  ContainerBuilder builder = Small();
  builder.AddFile("d/c", "gamma");
  builder.last().frame = 7;
  builder.Add(HardLinkMember("d/link", "d/c"));
  builder.last().frame = 8;
  builder.Run().AddFile("e", "delta").Add(HardLinkMember("f", "e"));
  builder.last().frame_offset += 512;
  ScratchDirectory scratch;
  const auto container = OpenBytes(builder.Build(), scratch / "c");
  for (const char* path : {"d/c", "d/link"}) {
    const auto entry = container->Find(path);
    ASSERT_OK(entry);
    ASSERT_TRUE(entry->has_value());
    const absl::Status status =
        ReadMember(*container, **entry, [](absl::Span<const char>) { return absl::OkStatus(); });
    EXPECT_TRUE(absl::IsDataLoss(status)) << path << ": " << status;
  }
}

TEST(FindManifestTest, IsAFileInARunOfItsOwnAtTheEnd) {
  ScratchDirectory scratch;
  const auto found = [&scratch](ContainerBuilder& builder) {
    const auto container = OpenBytes(builder.Build(), scratch / "c");
    const auto entry = FindManifest(*container);
    EXPECT_OK(entry);
    return entry.ok() && entry->has_value();
  };
  ContainerBuilder manifest = Small();
  EXPECT_TRUE(found(manifest.Run().AddFile(kManifestMember, "{}")));
  EXPECT_FALSE(found(manifest.Run().AddFile("later", "")));
  ContainerBuilder tree = Small();
  EXPECT_FALSE(found(tree.Run().Add(DirectoryMember("ingot")).AddFile(kManifestMember, "{}")));
  ContainerBuilder directory = Small();
  EXPECT_FALSE(found(directory.Run().Add(DirectoryMember(kManifestMember))));
  ContainerBuilder link = Small();
  EXPECT_FALSE(found(link.Run().Add(HardLinkMember(kManifestMember, "d/b"))));
}

}  // namespace
}  // namespace ingot
