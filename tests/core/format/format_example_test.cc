// The worked example of FORMAT.md is a whole container: the code writes it, reads it, and real
// tools open it.
#include <string>
#include <vector>

#include "core/format/frame.h"
#include "core/format/index.h"
#include "core/format/seek_table.h"
#include "core/format/tar.h"
#include "tests/core/format/hex.h"
#include "tests/core/format/specification_example.h"
#include "tests/testing.h"

namespace ingot {
namespace {

Member Directory() {
  Member member;
  member.path = "docs";
  member.type = MemberType::kDirectory;
  member.mode = 0755;
  member.mtime = {1'700'000'000, 0};
  return member;
}

Member File() {
  Member member;
  member.path = "docs/hello.txt";
  member.mode = 0644;
  member.uid = member.gid = 1000;
  member.user_name = member.group_name = "alice";
  member.mtime = {1'700'000'000, 500'000'000};
  member.size = 13;
  return member;
}

constexpr char kContent[] = "hello, ingot\n";
constexpr uint32_t kFileOffset = 512;

std::string Stream() {
  std::string stream = *EncodeTarHeader(Directory());
  EXPECT_EQ(stream.size(), kFileOffset);
  stream += *EncodeTarHeader(File());
  stream += kContent + std::string(TarPadding(13), '\0');
  return stream;
}

std::vector<IndexEntry> Entries() {
  IndexEntry directory = DeriveIndexEntry(Directory());
  directory.source_inode = 11;
  IndexEntry file = DeriveIndexEntry(File());
  file.frame_offset = kFileOffset;
  file.digest = HashBytes(std::string(kContent));
  file.source_inode = 12;
  std::vector<IndexEntry> entries = {directory, file};
  for (IndexEntry& entry : entries) {
    entry.source_device = 2049;
    entry.source_ctime = {1'700'000'001, 0};
  }
  return entries;
}

// The example as the code makes it, in pieces.
struct Pieces {
  std::string frame_and_label;
  std::string end_of_archive;
  std::string block;
  IndexRoot root;
  std::string root_frame;
  std::string seek_table;
  std::string All() const {
    return frame_and_label + end_of_archive + block + root_frame + seek_table;
  }
};

Pieces Make() {
  Pieces pieces;
  const std::string stream = Stream();
  const std::string frame = RawFrame(stream);
  FrameLabel label;
  label.stored_bytes = static_cast<uint32_t>(frame.size());
  label.content_bytes = static_cast<uint32_t>(stream.size());
  label.stored_digest = HashBytes(frame);
  pieces.frame_and_label = frame;
  pieces.frame_and_label.resize(LabelledFrameBytes(frame.size()));
  WriteLabel(label, absl::MakeSpan(pieces.frame_and_label));
  pieces.end_of_archive = std::string(EndOfArchiveFrame());

  io::Spool spool("/nonexistent", 1 << 20);
  IndexBuilder builder(&spool);
  for (const IndexEntry& entry : Entries()) EXPECT_OK(builder.Add(entry));
  IndexRoot facts;
  facts.created = {1'800'000'000, 0};
  facts.created_by = "ingot 0.1.0";
  facts.frames = 1;
  facts.stream_bytes = stream.size() + kEndOfArchiveContentBytes;
  pieces.root = *builder.Finish(facts);
  pieces.block.resize(spool.size());
  EXPECT_OK(spool.Read(0, absl::MakeSpan(pieces.block)));
  pieces.root_frame = *EncodeIndexRoot(pieces.root);
  const std::vector<SeekEntry> entries = {
      {label.stored_bytes, label.content_bytes, FrameChecksum(frame)},
      {static_cast<uint32_t>(pieces.frame_and_label.size() - frame.size()), 0, 0},
      {static_cast<uint32_t>(pieces.end_of_archive.size()), 1024,
       FrameChecksum(EndOfArchiveFrame())},
      {static_cast<uint32_t>(pieces.block.size()), 0, 0},
      {static_cast<uint32_t>(pieces.root_frame.size()), 0, 0}};
  pieces.seek_table = EncodeSeekTable(entries);
  return pieces;
}

// Compressed pieces depend on the version of libzstd; all others must be the very bytes.
TEST(FormatExampleTest, TheCodeWritesIt) {
  const std::string example = ExampleFromTheSpecification();
  const Pieces pieces = Make();
  const size_t head = pieces.frame_and_label.size() + pieces.end_of_archive.size();
  ASSERT_GT(example.size(), head) << "hexdump -C of what the code writes:\n" << Hex(pieces.All());
  EXPECT_EQ(Hex(example.substr(0, head)), Hex(pieces.frame_and_label + pieces.end_of_archive));
}

TEST(FormatExampleTest, TheCodeReadsIt) {
  const std::string example = ExampleFromTheSpecification();
  ASSERT_GT(example.size(), 4096u + kSeekTableFooterBytes);
  const uint64_t table_bytes =
      *SeekTableBytes(absl::MakeConstSpan(example).subspan(example.size() - kSeekTableFooterBytes));
  const std::string table = example.substr(example.size() - table_bytes);
  const std::vector<SeekEntry> seek = *ParseSeekTable(table);
  EXPECT_EQ(EncodeSeekTable(seek), table);
  ASSERT_EQ(seek.size(), 5u);
  std::vector<std::string> frames;
  size_t at = 0;
  for (const SeekEntry& entry : seek) {
    frames.push_back(example.substr(at, entry.stored_bytes));
    at += entry.stored_bytes;
  }
  EXPECT_EQ(at + table_bytes, example.size());

  EXPECT_EQ(ParseLabel(frames[1], frames[0].size())->stored_digest, HashBytes(frames[0]));
  const IndexRoot root = *ParseIndexRoot(frames[4]);
  ASSERT_EQ(root.blocks.size(), 1u);
  EXPECT_EQ(*ParseIndexBlock(frames[3], root.blocks[0]), Entries());
  IndexRoot expected = Make().root;
  expected.blocks = root.blocks;
  EXPECT_TRUE(root == expected);
}

TEST(FormatExampleTest, RealToolsOpenIt) {
  ScratchDirectory scratch;
  WriteFile(scratch / "example.tar.zst", ExampleFromTheSpecification());
  const std::string in = "cd " + scratch.path() + " && ";
  EXPECT_EQ(Shell(in + "zstd -tq example.tar.zst").exit_code, 0);
  EXPECT_EQ(Shell(in + "tar --zstd -xOf example.tar.zst docs/hello.txt").output, kContent);
  EXPECT_EQ(Shell(in + "bsdtar -xOf example.tar.zst docs/hello.txt").output, kContent);
}

}  // namespace
}  // namespace ingot
