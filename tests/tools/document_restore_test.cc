#include "tools/document_restore.h"

#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "core/create/create.h"
#include "core/manifest.h"
#include "tests/core/join/sample_dump.h"
#include "tests/tools/command_line.h"

namespace ingot {
namespace {

using testing::HasSubstr;

TEST(SafeFileNameTest, StaysInItsDirectory) {
  EXPECT_EQ(SafeFileName("Contract 2026.pdf"), "Contract 2026.pdf");
  EXPECT_EQ(SafeFileName("../../etc/passwd"), ".._.._etc_passwd");
  EXPECT_EQ(SafeFileName(".."), "_..");
  EXPECT_EQ(SafeFileName("."), "_.");
  EXPECT_EQ(SafeFileName("a\nb\x1b[31m\x7f"), "a_b_[31m_");
  EXPECT_EQ(SafeFileName(absl::string_view("a\0b", 3)), "a_b");
  EXPECT_EQ(SafeFileName(""), "");
  EXPECT_EQ(SafeFileName("Vertr\xC3\xA4ge\xFF.pdf"), "Vertr\xC3\xA4ge\xEF\xBF\xBD.pdf");
}

TEST(SafeFileNameTest, LongNamesKeepTheirExtension) {
  std::string name;
  for (int i = 0; i < 300; ++i) name += "\xC3\xA4";
  const std::string safe = SafeFileName(name + ".docx");
  EXPECT_LE(safe.size(), 240u);
  EXPECT_GT(safe.size(), 230u);
  EXPECT_EQ(safe.substr(safe.size() - 7), "\xC3\xA4.docx");
}

class DocumentRestoreTest : public testing::Test {
 protected:
  void Backup(const SampleDump& dump, bool with_manifest = true) {
    CreateOptions options{.output = scratch_ / "c", .engine = TestEngineKind()};
    auto creation = Creation::Begin(options);
    ASSERT_OK(creation);
    Manifest manifest;
    manifest.source = "alfresco";
    manifest.database = {.vendor = "sqlite", .member = "database/alf.sql"};
    ASSERT_OK((*creation)->AddDocument(manifest.database.member, dump.Text()));
    for (const auto& [name, role] :
         {std::pair("contentstore", StageRole::kContentStore),
          std::pair("contentstore.deleted", StageRole::kDeletedContent)}) {
      std::filesystem::create_directories(scratch_ / name);
      ASSERT_OK((*creation)->AddTree({.source_path = scratch_ / name, .member_path = name}));
      manifest.stages.push_back({.name = name, .role = role});
    }
    if (with_manifest) {
      ASSERT_OK((*creation)->AddDocument(kManifestMember, ManifestToJson(manifest)));
    }
    ASSERT_OK((*creation)->Seal(/*findings_member=*/false));
  }
  void Store(const std::string& path, const std::string& content) {
    const std::string file = scratch_ / path;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    WriteFile(file, content);
  }
  CommandResult Restore(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"restore", scratch_ / "c", "-C", scratch_ / "out"});
    return RunCommand(arguments, {RegisterRestore});
  }
  std::vector<std::string> Restored() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "out")) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  ScratchDirectory scratch_;
};

TEST_F(DocumentRestoreTest, ByNodeAndByUrlUnderTheirNames) {
  Store("contentstore/2026/a", "first");
  Store("contentstore/2026/b", std::string(9 << 20, 'b'));  // spans frames
  Store("contentstore/2026/c", "third");
  Backup(SampleDump()
             .Model()
             .Document(1, "2026/a", 5)
             .Document(2, "2026/b", 9 << 20)
             .Document(3, "2026/c", 5));
  const CommandResult result =
      Restore({"--node", "uuid-1", "--node", "uuid-2", "--content-url", "store://2026/c"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(ReadFile(scratch_ / "out/Document 1.txt"), "first");
  EXPECT_EQ(ReadFile(scratch_ / "out/Document 2.txt"), std::string(9 << 20, 'b'));
  EXPECT_EQ(ReadFile(scratch_ / "out/Document 3.txt"), "third");
  EXPECT_EQ(Restored().size(), 3u);
  EXPECT_THAT(result.error, HasSubstr("Document 1.txt (5 B"));
}

TEST_F(DocumentRestoreTest, OfTheDeletedAndOfHardLinksAndSparseFiles) {
  Store("contentstore.deleted/2026/a", "deleted");
  Store("contentstore/2026/b", "linked");
  std::filesystem::create_hard_link(scratch_ / "contentstore/2026/b",
                                    scratch_ / "contentstore/2026/c");
  Store("contentstore/2026/d", "x");
  std::filesystem::resize_file(scratch_ / "contentstore/2026/d", 3 << 20);
  Backup(SampleDump()
             .Model()
             .Document(1, "2026/a", 7)
             .Document(2, "2026/c", 6)
             .Document(3, "2026/d", 3 << 20));
  EXPECT_EQ(Restore({"--node", "uuid-1", "--node", "uuid-2", "--node", "uuid-3"}).exit_code, 0);
  EXPECT_EQ(ReadFile(scratch_ / "out/Document 1.txt"), "deleted");
  EXPECT_EQ(ReadFile(scratch_ / "out/Document 2.txt"), "linked");
  const std::string sparse = ReadFile(scratch_ / "out/Document 3.txt");
  EXPECT_EQ(sparse.size(), size_t{3} << 20);
  EXPECT_EQ(sparse.find_last_not_of('\0'), 0u);
}

TEST_F(DocumentRestoreTest, TheWholeOneOfSeveralFiles) {
  Store("contentstore/a", "shor");
  Store("contentstore.deleted/a", "whole");
  Backup(SampleDump().Model().Document(1, "a", 5));
  EXPECT_EQ(Restore({"--node", "uuid-1"}).exit_code, 0);
  EXPECT_EQ(ReadFile(scratch_ / "out/Document 1.txt"), "whole");
}

TEST_F(DocumentRestoreTest, NamesThatOccurTwiceAreNumbered) {
  Store("contentstore/a", "1");
  Store("contentstore/b", "2");
  SampleDump dump;
  dump.Model();
  for (uint64_t id = 1; id <= 2; ++id) {
    dump.Url(id, id == 1 ? "a" : "b", 1).Data(id, absl::StrCat(id)).Content(id, id);
    dump.Node(id, absl::StrCat("uuid-", id)).Name(id, "../same.txt");
  }
  Backup(dump);
  EXPECT_EQ(Restore({"--node", "uuid-1", "--node", "uuid-2"}).exit_code, 0);
  EXPECT_THAT(Restored(), testing::ElementsAre(".._same (2).txt", ".._same.txt"));
}

TEST_F(DocumentRestoreTest, WithoutANameItIsCalledAsItsFile) {
  Store("contentstore/2026/a.bin", "1");
  Backup(SampleDump().Url(1, "2026/a.bin", 1).Data(1, "1"));
  EXPECT_EQ(Restore({"--content-url", "store://2026/a.bin"}).exit_code, 0);
  EXPECT_THAT(Restored(), testing::ElementsAre("a.bin"));
}

TEST_F(DocumentRestoreTest, AUrlOfManyNodesComesBackOnce) {
  Store("contentstore/a", "1");
  Backup(SampleDump().Model().Document(1, "a", 1).Data(2, "1").Node(2, "uuid-2").Content(2, 2));
  EXPECT_EQ(Restore({"--content-url", "store://a"}).exit_code, 0);
  EXPECT_EQ(Restored().size(), 1u);
}

TEST_F(DocumentRestoreTest, ExistingFilesAreKept) {
  Store("contentstore/a", "1");
  Store("out/Document 1.txt", "mine");
  Backup(SampleDump().Model().Document(1, "a", 1));
  const CommandResult kept = Restore({"--node", "uuid-1"});
  EXPECT_EQ(kept.exit_code, 1);
  EXPECT_THAT(kept.error, HasSubstr("exists and was kept; --force replaces it"));
  EXPECT_EQ(ReadFile(scratch_ / "out/Document 1.txt"), "mine");
  EXPECT_EQ(Restore({"--force", "--node", "uuid-1"}).exit_code, 0);
  EXPECT_EQ(ReadFile(scratch_ / "out/Document 1.txt"), "1");
}

TEST_F(DocumentRestoreTest, WhatIsNotThereIsNamed) {
  Store("contentstore/a", "1");
  Store("contentstore/short", "1");
  Backup(SampleDump()
             .Model()
             .Document(1, "a", 1)
             .Document(2, "gone", 1)
             .Document(3, "short", 2)
             .RawUrl(4, "s3://bucket/x", 1)
             .Data(4, "4"));
  const CommandResult unknown = Restore({"--node", "uuid-9", "--node", "uuid-1"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.error, HasSubstr("no document with the node uuid-9"));
  EXPECT_THAT(Restored(), testing::ElementsAre("Document 1.txt"));
  const CommandResult gone = Restore({"--node", "uuid-2"});
  EXPECT_EQ(gone.exit_code, 6);
  EXPECT_THAT(gone.error, HasSubstr("Document 2.txt: the backup has no content for store://gone"));
  const CommandResult short_one = Restore({"--node", "uuid-3"});
  EXPECT_EQ(short_one.exit_code, 6);
  EXPECT_THAT(short_one.error, HasSubstr("it has 1 bytes, the database says 2"));
  EXPECT_EQ(Restore({"--content-url", "s3://bucket/x"}).exit_code, 6);
}

TEST_F(DocumentRestoreTest, EncryptedContentIsSaidToBe) {
  Store("contentstore/a", "################");
  Backup(SampleDump().Model().Document(1, "a", 5).Encrypted(1));
  const CommandResult result = Restore({"--node", "uuid-1"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.error, HasSubstr("it is encrypted"));
}

TEST_F(DocumentRestoreTest, ASnapshotHasNoDocuments) {
  Backup(SampleDump().Model().Document(1, "a", 1), /*with_manifest=*/false);
  const CommandResult result = Restore({"--node", "uuid-1"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, HasSubstr("no backup but a snapshot"));
  EXPECT_EQ(Restore({"--node", "uuid-1", "contentstore"}).exit_code, 2);
}

TEST_F(DocumentRestoreTest, DamageEndsAs4AndLeavesNothing) {
  Store("contentstore/a", std::string(300'000, 'a'));
  Store("contentstore/b", "b");
  Backup(SampleDump().Model().Document(1, "a", 300'000).Document(2, "b", 1));
  std::string bytes = ReadFile(scratch_ / "c");
  const CommandResult whole = Restore({"--node", "uuid-1"});
  ASSERT_EQ(whole.exit_code, 0);
  std::filesystem::remove_all(scratch_ / "out");
  // The dump's frame is the first; the content's begins on the next boundary after its label.
  const auto container = Container::Open(scratch_ / "c");
  ASSERT_OK(container);
  const auto entry = (*container)->Find("contentstore/a");
  ASSERT_OK(entry);
  bytes[(*container)->frames()[(*entry)->frame].offset + 30] ^= 1;
  WriteFile(scratch_ / "c", bytes);
  EXPECT_EQ(Restore({"--node", "uuid-1"}).exit_code, 4);
  EXPECT_TRUE(Restored().empty());
}

}  // namespace
}  // namespace ingot
