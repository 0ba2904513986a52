// A repository that is written to all the time: every backup of it must be whole.
//
// INGOT_LIVE_ROUNDS says how many backups are taken of each repository.
#include <memory>
#include <string>

#include "absl/strings/str_split.h"
#include "core/manifest.h"
#include "tests/e2e/command.h"
#include "tests/servers.h"

namespace ingot {
namespace {

constexpr int kRows = 200'000;
constexpr uint64_t kRounds = 3;

// Users of the repository at work, from the constructor to the destructor.
class Writer {
 public:
  Writer(const std::string& directory, const std::string& client, int first)
      : stop_(directory + "/stop"), done_(directory + "/done") {
    // The client ends with the file that it reads, and the writer with its reader.
    EXPECT_TRUE(Succeeds(
        absl::StrCat("rm -f ", stop_, " ", done_, "; (", E2eScript("make_live_repository.py"),
                     "write ", directory, " --from ", first, " | (while [ ! -e ", stop_,
                     " ] && IFS= read -r line; do printf '%s\\n' \"$line\"; done) | ", client,
                     " > ", directory, "/writer.log 2>&1; touch ", done_, ") > /dev/null 2>&1 &")));
  }
  ~Writer() {
    EXPECT_TRUE(Succeeds("touch " + stop_ + "; for i in {1..300}; do [ -e " + done_ +
                         " ] && exit 0; sleep 0.1; done; exit 1"));
  }

 private:
  const std::string stop_;
  const std::string done_;
};

class LiveBackupTest : public testing::TestWithParam<ServerVendor> {
 protected:
  void SetUp() override {
    std::string why_not;
    server_ = GetParam().start(&why_not);
    if (server_ == nullptr) SKIP_OR_FAIL(why_not);
    ASSERT_TRUE(Succeeds(absl::StrCat(E2eScript("make_live_repository.py"), "make ",
                                      GetParam().name, " ", directory_, " --rows ", Rows())));
    server_->CreateDatabase("alfresco");
    server_->RunFile("alfresco", directory_ + "/load.sql");
    WriteFile(directory_ + "/alfresco-global.properties",
              absl::StrCat("dir.root=", directory_, "/alf_data\n", server_->Properties("alfresco"),
                           "index.subsystem.name=noindex\n"));
  }

  // Sanitizers make all of it slower, and it is the order that is tested.
  static int Rows() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return kRows / 10;
#else
    return kRows;
#endif
  }

  std::string Properties() const {
    return "--alfresco " + directory_ + "/alfresco-global.properties ";
  }
  std::string Container() const { return directory_ + "/backup.tar.zst"; }

  Manifest ReadManifest() {
    const absl::StatusOr<Manifest> manifest =
        ParseManifest(Shell(IngotCommand() + "cat " + Container() + " " + kManifestMember).output);
    EXPECT_OK(manifest);
    return manifest.ok() ? *manifest : Manifest();
  }

  // Every backup is whole, however much is written meanwhile.
  void TakesProvedBackups() {
    uint64_t before = static_cast<uint64_t>(Rows());
    for (uint64_t round = 0; round < EnvironmentNumber("INGOT_LIVE_ROUNDS", kRounds); ++round) {
      ASSERT_TRUE(Succeeds(IngotBackup() + Properties() + "--force --quiet -o " + Container()))
          << "round " << round;
      const Manifest manifest = ReadManifest();
      ASSERT_TRUE(manifest.join.has_value());
      EXPECT_EQ(manifest.join->outcome, JoinOutcome::kProved);
      EXPECT_GT(manifest.join->url_rows, before) << "nothing was written: this proves little";
      EXPECT_GT(manifest.join->referenced, manifest.join->url_rows / 2);
      before = manifest.join->url_rows;
    }
    ShellResult verified;
    ASSERT_TRUE(Succeeds(IngotCommand() + "verify " + Container(), &verified));
    EXPECT_THAT(verified.error, testing::HasSubstr("proved"));
  }

  // Content before database, by a build of the same source with its stages in another order.
  void FailsInTheWrongOrder() {
    ShellResult result;
    EXPECT_TRUE(ExitsWith(6,
                          absl::StrCat(Quote(INGOT_REVERSED_BINARY), " backup --force --io ",
                                       TestEngineName(), " ", Properties(), "-o ", Container()),
                          &result));
    EXPECT_THAT(result.error, testing::HasSubstr("missing"));
    EXPECT_EQ(ReadManifest().join->outcome, JoinOutcome::kFailed);
    EXPECT_TRUE(ExitsWith(4, IngotCommand() + "verify " + Container())) << "the order is recorded";
  }

  void NamesAMissingFile() {
    const std::string row = server_->Query(
        "alfresco",
        "SELECT u.content_url, n.uuid FROM alf_node n JOIN alf_node_properties p ON p.node_id = "
        "n.id JOIN alf_content_data d ON d.id = p.long_value AND p.actual_type_n = 21 JOIN "
        "alf_content_url u ON u.id = d.content_url_id ORDER BY u.id LIMIT 1");
    const std::vector<std::string> fields =
        absl::StrSplit(Lines(row).at(0), absl::ByAnyChar("|\t"));
    ASSERT_EQ(fields.size(), 2u) << row;
    const std::string& url = fields[0];
    ASSERT_TRUE(Succeeds("rm " + Quote(directory_ + "/alf_data/contentstore/" +
                                       url.substr(sizeof("store://") - 1))));
    ShellResult result;
    EXPECT_TRUE(ExitsWith(6, IngotBackup() + Properties() + "--force -o " + Container(), &result));
    EXPECT_THAT(result.error, testing::HasSubstr(url));
    const Manifest manifest = ReadManifest();
    ASSERT_TRUE(manifest.join.has_value());
    ASSERT_EQ(manifest.join->problems.size(), 1u);
    const JoinProblem& problem = manifest.join->problems[0];
    EXPECT_EQ(problem.url, url);
    EXPECT_EQ(problem.state, ContentState::kMissing);
    ASSERT_EQ(problem.nodes.size(), 1u);
    EXPECT_EQ(problem.nodes[0].uuid, fields[1]);
    EXPECT_THAT(problem.nodes[0].name, testing::StartsWith("R\xc3\xa9port '"));
    EXPECT_THAT(problem.nodes[0].name, testing::HasSubstr("\t%.txt"));
    EXPECT_TRUE(ExitsWith(6, IngotCommand() + "verify " + Container(), &result));
    EXPECT_THAT(result.error, testing::HasSubstr(url));
  }

  ServerDirectory scratch_;
  const std::string directory_ = scratch_ / "live";
  std::unique_ptr<DatabaseServer> server_;
};

TEST_P(LiveBackupTest, OnlyTheRightOrderIsProved) {
  {
    const Writer writer(directory_, server_->Client("alfresco"), Rows() + 1);
    TakesProvedBackups();
    FailsInTheWrongOrder();
  }
  NamesAMissingFile();
}

INSTANTIATE_TEST_SUITE_P(Vendors, LiveBackupTest, testing::ValuesIn(kServerVendors),
                         [](const auto& vendor) { return std::string(vendor.param.name); });

}  // namespace
}  // namespace ingot
