// The join of real dumps with the content of the same container, and documents out of it: what the
// container alone tells is what the database says.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/container/read_member.h"
#include "core/join/container_join.h"
#include "tests/e2e/command.h"
#include "tests/servers.h"

namespace ingot {
namespace {

constexpr int kFiles = 60;

class JoinEndToEndTest : public testing::Test {
 protected:
  // Two of its files are not what their rows say: number 5 is gone, number 7 is short.
  void MakeRepository() {
    ASSERT_TRUE(Succeeds(absl::StrCat(ProjectScript("make_demo_repository.py"), scratch_ / "repo",
                                      " --files ", kFiles)));
    std::filesystem::remove(FileOf(5));
    std::filesystem::resize_file(FileOf(7), 1);
  }
  std::string Query(const std::string& sql) {
    ShellResult result;
    EXPECT_TRUE(Succeeds(in_scratch_ + "sqlite3 repo/alf.db " + Quote(sql), &result));
    return result.output.substr(0, result.output.find('\n'));
  }
  std::string UrlOf(int number) {
    return Query(absl::StrCat("SELECT content_url FROM alf_content_url WHERE id = ", number));
  }
  std::string FileOf(int number) {
    return scratch_ / ("repo/alf_data/contentstore/" + ContentPath(UrlOf(number)));
  }
  JoinedNode NodeOf(int number) {
    return {
        Query(absl::StrCat("SELECT uuid FROM alf_node WHERE id = ", number)),
        Query(absl::StrCat("SELECT string_value FROM alf_node_properties WHERE qname_id = 2 AND "
                           "node_id = ",
                           number))};
  }

  // The repository's rows in the server's database instead.
  void Move(DatabaseServer* server) {
    server->CreateFromDemo("alfresco", scratch_ / "repo");
    WriteFile(
        scratch_ / "repo/alfresco-global.properties",
        absl::StrCat("dir.root=", scratch_ / "repo/alf_data", "\n", server->Properties("alfresco"),
                     "index.subsystem.name=solr4\n", kNoIndexJobs));
  }

  // Published, whatever backup itself makes of the two files.
  void Backup() {
    const ShellResult made = Shell(in_scratch_ + IngotBackup() +
                                   "--alfresco repo/alfresco-global.properties -o f.tar.zst");
    ASSERT_TRUE(made.exit_code == 0 || made.exit_code == 6) << made.error;
  }

  void JoinTellsTheTwoFiles() {
    const auto container = Container::Open(scratch_ / "f.tar.zst");
    ASSERT_OK(container);
    const auto entry = FindManifest(**container);
    ASSERT_OK(entry);
    ASSERT_TRUE(entry->has_value());
    const auto json = ReadSmallMember(**container, **entry, kManifestBytesMax);
    ASSERT_OK(json);
    const auto manifest = ParseManifest(*json);
    ASSERT_OK(manifest);
    const auto result = JoinContainer(**container, *manifest);
    ASSERT_OK(result);
    EXPECT_EQ(result->outcome, JoinOutcome::kFailed) << result->reason;
    EXPECT_EQ(result->referenced, kFiles);
    EXPECT_EQ(result->present, kFiles - 2);
    EXPECT_EQ(result->invalid_rows, 0);
    EXPECT_EQ(result->unreferenced_files, 0);
    ASSERT_EQ(result->problems.size(), 2);
    EXPECT_EQ(result->problems[0].url, UrlOf(5));
    EXPECT_EQ(result->problems[0].state, ContentState::kMissing);
    EXPECT_THAT(result->problems[0].nodes, testing::ElementsAre(NodeOf(5)));
    EXPECT_EQ(result->problems[1].url, UrlOf(7));
    EXPECT_EQ(result->problems[1].state, ContentState::kWrongSize);
    EXPECT_EQ(result->problems[1].found_size, 1);
    EXPECT_THAT(result->problems[1].nodes, testing::ElementsAre(NodeOf(7)));
  }

  void DocumentsComeBack() {
    const std::string restore = in_scratch_ + IngotCommand() + "restore f.tar.zst -C out ";
    ASSERT_TRUE(Succeeds(restore + "--node " + NodeOf(2).uuid));  // spans frames
    EXPECT_EQ(ReadFile(scratch_ / ("out/" + NodeOf(2).name)), ReadFile(FileOf(2)));
    ASSERT_TRUE(Succeeds(restore + "--content-url " + UrlOf(9)));
    EXPECT_EQ(ReadFile(scratch_ / ("out/" + NodeOf(9).name)), ReadFile(FileOf(9)));
    EXPECT_TRUE(ExitsWith(6, restore + "--node " + NodeOf(5).uuid));
  }

  void OnServer(std::unique_ptr<DatabaseServer> (*start)(std::string*)) {
    std::string why_not;
    const std::unique_ptr<DatabaseServer> server = start(&why_not);
    if (server == nullptr) SKIP_OR_FAIL(why_not);
    for (const auto& step : std::vector<std::function<void()>>{
             [&] { MakeRepository(); }, [&] { Move(server.get()); }, [&] { Backup(); },
             [&] { JoinTellsTheTwoFiles(); }, [&] { DocumentsComeBack(); }}) {
      step();
      if (HasFatalFailure()) return;
    }
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(JoinEndToEndTest, Sqlite) {
  MakeRepository();
  Backup();
  if (HasFatalFailure()) return;
  JoinTellsTheTwoFiles();
  DocumentsComeBack();
}

TEST_F(JoinEndToEndTest, Postgresql) { OnServer(StartPostgresql); }

TEST_F(JoinEndToEndTest, Mariadb) { OnServer(StartMariadb); }

}  // namespace
}  // namespace ingot
