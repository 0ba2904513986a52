#include "tools/solr/replication.h"

#include <filesystem>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "io/interruption.h"
#include "tests/servers.h"
#include "tests/testing.h"
#include "tests/tools/solr/solr_server.h"
#include "tools/solr/snapshot.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kSnapshot[] = INGOT_TESTS_DIR "/tools/solr/snapshots/lucene410";
constexpr uint64_t kFiles = 32;

// Each trap of the API against a real server on loopback.
class ReplicationTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* core : {"alfresco", "archive"}) {
      fs::create_directories(scratch_ / core);
      request_.cores.push_back({core, scratch_ / core, scratch_ / core, 3});
    }
    request_.poll_interval = absl::Milliseconds(100);
    request_.appearance_limit = absl::Seconds(2);
    request_.limit = absl::Seconds(20);
    request_.failures_max = 5;
  }
  void Serve(json scenario) {
    scenario.emplace("snapshot", kSnapshot);
    server_ = std::make_unique<SolrServer>(scratch_ / "scenario.json", scenario);
    request_.url = absl::StrCat(scenario.contains("certificate") ? "https" : "http",
                                "://127.0.0.1:", server_->port(), "/solr");
  }
  absl::StatusOr<std::vector<SolrSnapshot>> Run() { return RunSolrBackups(request_, nullptr); }

  void ExpectError(absl::StatusCode code, const std::vector<std::string>& texts) {
    const absl::Status status = Run().status();
    EXPECT_EQ(status.code(), code) << status;
    for (const std::string& text : texts) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(text));
    }
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
  }
  void ExpectFailure(const std::vector<std::string>& texts) {
    ExpectError(absl::StatusCode::kFailedPrecondition, texts);
  }
  static json Success(const std::string& time) {
    return {{"startTime", time},
            {"fileCount", kFiles},
            {"status", "success"},
            {"snapshotCompletedAt", time},
            {"snapshotName", nullptr}};
  }

  ScratchDirectory scratch_;
  SolrRequest request_;
  std::unique_ptr<SolrServer> server_;
};

TEST_F(ReplicationTest, BothCoresOneAfterTheOther) {
  Serve({});
  const auto snapshots = Run();
  ASSERT_OK(snapshots);
  ASSERT_EQ(snapshots->size(), 2u);
  EXPECT_EQ((*snapshots)[1].core, "archive");
  for (const SolrSnapshot& snapshot : *snapshots) {
    EXPECT_EQ(snapshot.files, kFiles);
    EXPECT_TRUE(snapshot.proved);
    EXPECT_TRUE(fs::exists(scratch_ / (snapshot.core + "/" + snapshot.name + "/segments_4")));
  }
  EXPECT_THAT(server_->Log(), HasSubstr("/solr/archive/replication?command=backup&location="));
  EXPECT_THAT(server_->Log(), HasSubstr("numberToKeep=3"));
}

TEST_F(ReplicationTest, ProgressIsToldAboutOnceASecond) {
  request_.cores.resize(1);
  Serve({{"seconds", 2.5}});
  std::vector<absl::Duration> told;
  ASSERT_OK(RunSolrBackups(request_, [&](const SolrProgress& progress) {
    EXPECT_EQ(progress.core, "alfresco");
    EXPECT_NE(progress.text, "");
    told.push_back(progress.elapsed);
  }));
  EXPECT_GE(told.size(), 2u);
  EXPECT_LE(told.size(), 6u);
}

TEST_F(ReplicationTest, ListsThatAreFlatAreReadToo) {
  Serve({{"flat", true}, {"previous", Success("Thu Jan 01 02:00:00 UTC 2026")}});
  EXPECT_OK(Run());
}

TEST_F(ReplicationTest, LocationsAreEncodedInTheUrl) {
  request_.cores.resize(1);
  const std::string directory = scratch_ / "a b&c=d%41+\xc3\xa4";
  fs::create_directories(directory);
  request_.cores[0].location = request_.cores[0].directory = directory;
  Serve({});
  EXPECT_OK(Run());
}

// An old success stays visible until the new backup has ended.

TEST_F(ReplicationTest, AStaleSuccessIsNotTaken) {
  fs::create_directories(scratch_ / "alfresco/snapshot.20260101020000000");
  fs::copy(kSnapshot, scratch_ / "alfresco/snapshot.20260101020000000",
           fs::copy_options::overwrite_existing);
  Serve({{"previous", Success("Thu Jan 01 02:00:00 UTC 2026")}, {"seconds", 1}});
  const auto snapshots = Run();
  ASSERT_OK(snapshots);
  EXPECT_NE((*snapshots)[0].name, "snapshot.20260101020000000");
}

TEST_F(ReplicationTest, AStaleSuccessThatStaysEndsAtTheLimit) {
  request_.limit = absl::Seconds(2);
  Serve({{"previous", Success("Thu Jan 01 02:00:00 UTC 2026")}, {"silent", true}});
  ExpectError(absl::StatusCode::kDeadlineExceeded,
              {"core alfresco", "no new backup within 2s", "02:00:00", "--solr-timeout"});
}

// startTime counts whole seconds, so the new one must not begin in the second of the last.
TEST_F(ReplicationTest, ASuccessInTheSameSecondIsToldApart) {
  request_.limit = absl::Seconds(3);
  request_.cores.resize(1);
  Serve({{"previous", Success("")}, {"previous_now", true}, {"seconds", 0}});
  EXPECT_OK(Run());
}

// Behind a load balancer another server shows an even older one.
TEST_F(ReplicationTest, ASuccessOlderThanTheLastOneIsNotTaken) {
  request_.limit = absl::Seconds(2);
  Serve({{"previous", Success("Thu Jan 01 02:00:00 UTC 2026")},
         {"result", Success("Wed Dec 31 02:00:00 UTC 2025")}});
  ExpectError(absl::StatusCode::kDeadlineExceeded, {"no new backup"});
}

TEST_F(ReplicationTest, AStaleFailureIsNotTaken) {
  Serve({{"previous", {{"snapShootException", "No space left on device"}}}});
  EXPECT_OK(Run());
}

// What fails.

TEST_F(ReplicationTest, OkWithAnException) {
  Serve({{"start",
          {{"responseHeader", {{"status", 0}}},
           {"status", "OK"},
           {"exception", "Directory does not exist: /srv/x/snapshot.1"}}}});
  ExpectFailure({"core alfresco", "Directory does not exist", "--solr-location"});
}

TEST_F(ReplicationTest, NumberToKeepThatSolrRefuses) {
  Serve({{"start",
          {{"status", "OK"}, {"exception", "Cannot use numberToKeep if maxNumberOfBackups was"}}}});
  ExpectFailure({"Cannot use numberToKeep", "--solr-keep 0"});
}

TEST_F(ReplicationTest, AnErrorThatSolrTells) {
  Serve({{"start", {{"error", {{"msg", "no such handler"}, {"code", 400}}}}}, {"fail", 400}});
  ExpectFailure({"HTTP 400", "no such handler"});
}

TEST_F(ReplicationTest, ABackupThatFails) {
  Serve({{"previous", Success("Thu Jan 01 02:00:00 UTC 2026")},
         {"result", {{"snapShootException", "No space left on device"}}},
         {"without", {"startTime", "status", "fileCount", "snapshotCompletedAt"}}});
  ExpectFailure({"backup failed", "No space left on device"});
}

TEST_F(ReplicationTest, ABackupThatCouldNotMakeItsDirectory) {
  Serve({{"without", {"status", "fileCount", "snapshotCompletedAt"}}});
  ExpectFailure({"without a snapshot", "--solr-location"});
}

TEST_F(ReplicationTest, SuccessWithoutASnapshot) {
  Serve({{"lie", true}});
  ExpectFailure({"core alfresco", "nothing new is there", "--solr-location"});
}

TEST_F(ReplicationTest, SuccessWithNothingButAnOldSnapshot) {
  fs::copy(kSnapshot, scratch_ / "alfresco/snapshot.20260101020000000");
  fs::remove(scratch_ / "alfresco/snapshot.20260101020000000/segments.gen");
  Serve({{"lie", true}, {"result", {{"fileCount", kFiles}}}});
  ExpectFailure({"core alfresco", "nothing new is there"});
}

TEST_F(ReplicationTest, SuccessWithFilesThatAreCutOff) {
  Serve({{"partial", true}});
  ExpectFailure({"no new and whole snapshot", "snapshot."});
}

TEST_F(ReplicationTest, SuccessWithAFileMissing) {
  Serve({{"skip", "_0.fdt"}});
  ExpectFailure({"_0.fdt is missing"});
}

TEST_F(ReplicationTest, SuccessWithAnotherNumberOfFiles) {
  Serve({{"result", {{"fileCount", 33}}}});
  ExpectFailure({"has 32 files instead of 33"});
}

TEST_F(ReplicationTest, AMissingDirectoryIsFoundBeforeSolrIsAsked) {
  Serve({});
  fs::remove(scratch_ / "alfresco");
  ExpectError(absl::StatusCode::kInvalidArgument,
              {"core alfresco", scratch_ / "alfresco", "--solr-backup-dir"});
  EXPECT_FALSE(fs::exists(scratch_ / "scenario.json.log"));
}

// The server.

TEST_F(ReplicationTest, NoAccess) {
  Serve({{"status", 401}});
  ExpectError(absl::StatusCode::kPermissionDenied, {"HTTP 401", "--solr-secret-file"});
  Serve({{"status", 403}});
  ExpectError(absl::StatusCode::kPermissionDenied, {"HTTP 403", "--solr-cert"});
}

TEST_F(ReplicationTest, TheSecretIsSentAndNeverTold) {
  Serve({{"secret", "s3cret value"}});
  request_.http.header_name = "X-Alfresco-Search-Secret";
  request_.http.header_value = "s3cret value";
  EXPECT_OK(Run());
  request_.http.header_value = "wr0ng";
  ExpectError(absl::StatusCode::kPermissionDenied, {"HTTP 403"});
  EXPECT_THAT(std::string(Run().status().message()), Not(HasSubstr("wr0ng")));
  request_.http.header_value = "two\r\nX-Other: lines";
  ExpectError(absl::StatusCode::kInvalidArgument, {"one line"});
}

TEST_F(ReplicationTest, RedirectsAreNotFollowed) {
  SolrServer other(scratch_ / "other.json", {{"snapshot", kSnapshot}});
  const std::string target = absl::StrCat("http://127.0.0.1:", other.port(), "/login");
  for (const int status : {301, 302, 303, 307, 308}) {
    Serve({{"status", status}, {"location", target}});
    ExpectFailure({absl::StrCat("HTTP ", status), target, "--solr-url"});
  }
  EXPECT_FALSE(fs::exists(scratch_ / "other.json.log"));
}

TEST_F(ReplicationTest, WhatIsNotSolr) {
  Serve({{"body", "<html>It works!</html>"}});
  ExpectFailure({"not Solr's JSON", "It works!"});
  Serve({{"body", R"({"responseHeader": {"status": 0}})"}});
  ExpectFailure({"not Solr's replication handler"});
  Serve({{"status", 404}});
  ExpectFailure({"HTTP 404", "--solr-core"});
  Serve({{"body", std::string(100'000, '[')}});
  ExpectFailure({"not Solr's JSON"});
}

TEST_F(ReplicationTest, AnswersWithoutEndAreCutOff) {
  Serve({{"body", std::string(2000, ' ')}});
  request_.http.body_bytes_max = 1000;
  ExpectFailure({"larger than 1000 bytes"});
}

TEST_F(ReplicationTest, NobodyListens) {
  request_.url = absl::StrCat("http://127.0.0.1:", FreePort(), "/solr");
  ExpectFailure({request_.url, "is Solr running", "--solr-url"});
}

TEST_F(ReplicationTest, ASlowServerIsGivenUp) {
  Serve({{"slow", 30}});
  request_.http.timeout = absl::Milliseconds(300);
  ExpectError(absl::StatusCode::kDeadlineExceeded, {request_.url});
}

// Asked again it would begin a second backup.
TEST_F(ReplicationTest, ARequestThatIsNotAnsweredInTimeIsNotRepeated) {
  request_.cores.resize(1);
  request_.http.timeout = absl::Seconds(1);
  Serve({{"hang_on_start", 3}});
  EXPECT_OK(Run());
  const std::vector<std::string> begun = absl::StrSplit(server_->Log(), "command=backup");
  EXPECT_EQ(begun.size(), 2u) << server_->Log();
}

TEST_F(ReplicationTest, AServerThatIsGoneForAWhileIsWaitedFor) {
  request_.cores.resize(1);
  request_.failures_max = 100;
  Serve({{"die_for", 1.5}, {"seconds", 0.7}});
  EXPECT_OK(Run());
}

TEST_F(ReplicationTest, AServerThatStaysGoneIsGivenUp) {
  Serve({{"die_for", 60}});
  ExpectFailure({"Solr has stopped answering during its backup"});
}

TEST_F(ReplicationTest, ARestartLosesTheBackup) {
  Serve({{"restart", true}, {"previous", Success("Thu Jan 01 02:00:00 UTC 2026")}});
  ExpectFailure({"restarted during its backup"});
}

TEST_F(ReplicationTest, DeletionsAfterTheSuccessAreWaitedFor) {
  request_.cores.resize(1);
  request_.cores[0].keep = 1;
  fs::create_directories(scratch_ / "alfresco/snapshot.20260101020000000");
  Serve({{"delete_after", 1}});
  ASSERT_OK(Run());
  EXPECT_EQ(ListSnapshots(scratch_ / "alfresco")->size(), 1u);
}

TEST_F(ReplicationTest, AnInterruptionEndsItSoon) {
  request_.poll_interval = absl::Seconds(5);
  Serve({{"seconds", 60}});
  const absl::Cleanup clear = [] { io::SetInterrupted(false); };
  absl::Time interrupted;
  std::thread interrupter([&] {
    absl::SleepFor(absl::Seconds(1));
    interrupted = absl::Now();
    io::SetInterrupted(true);
  });
  const absl::Status status = Run().status();
  const absl::Time ended = absl::Now();
  interrupter.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_LT(ended - interrupted, absl::Milliseconds(200));
}

TEST_F(ReplicationTest, AnInterruptionEndsASlowRequestSoon) {
  Serve({{"slow", 30}});
  const absl::Cleanup clear = [] { io::SetInterrupted(false); };
  absl::Time interrupted;
  std::thread interrupter([&] {
    absl::SleepFor(absl::Milliseconds(500));
    interrupted = absl::Now();
    io::SetInterrupted(true);
  });
  const absl::Status status = Run().status();
  const absl::Time ended = absl::Now();
  interrupter.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_LT(ended - interrupted, absl::Milliseconds(200));
}

TEST_F(ReplicationTest, ProxiesOfTheEnvironmentAreNotUsed) {
  Serve({});
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  const absl::Cleanup clear = [] {
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
  };
  EXPECT_OK(Run());
}

TEST_F(ReplicationTest, AddressesThatCannotBe) {
  for (const char* url : {"", "localhost:8983/solr", "file:///etc/passwd", "http://",
                          "http://h/solr?x=1", "ftp://h/solr"}) {
    request_.url = url;
    ExpectError(absl::StatusCode::kInvalidArgument, {"--solr-url"});
  }
  request_.url = "http://me:s3cret@h/solr";
  ExpectError(absl::StatusCode::kInvalidArgument, {"--solr-secret-file"});
  EXPECT_THAT(std::string(Run().status().message()), Not(HasSubstr("s3cret")));
  request_.url = "http://h/solr";
  request_.cores[0].name = "../admin";
  ExpectError(absl::StatusCode::kInvalidArgument, {"--solr-core"});
}

// HTTPS with certificates of our own.

class TlsReplicationTest : public ReplicationTest {
 protected:
  void SetUp() override {
    ReplicationTest::SetUp();
    const ShellResult made = Shell(absl::StrCat(
        "cd ", scratch_.path(), " && for n in server client other; do ",
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 ",
        "-subj /CN=$n -addext subjectAltName=IP:127.0.0.1 -keyout $n.key -out $n.crt && ",
        "cat $n.crt $n.key > $n.pem || exit 1; done"));
    if (made.exit_code == 127) SKIP_OR_FAIL("the package openssl is missing");
    ASSERT_EQ(made.exit_code, 0) << made.error;
  }
};

TEST_F(TlsReplicationTest, TheServersCertificateIsChecked) {
  Serve({{"certificate", scratch_ / "server.pem"}});
  ExpectFailure({"certificate", "--solr-ca"});
  request_.http.ca_file = scratch_ / "other.crt";
  ExpectFailure({"certificate", "--solr-ca"});
  request_.http.ca_file = scratch_ / "server.crt";
  EXPECT_OK(Run());
}

TEST_F(TlsReplicationTest, AClientCertificateIsShown) {
  Serve({{"certificate", scratch_ / "server.pem"}, {"client_ca", scratch_ / "client.crt"}});
  request_.http.ca_file = scratch_ / "server.crt";
  EXPECT_FALSE(Run().ok());
  request_.http.certificate_file = scratch_ / "client.pem";
  EXPECT_OK(Run());
  request_.http.certificate_file = scratch_ / "client.crt";
  request_.http.key_file = scratch_ / "client.key";
  EXPECT_OK(Run());
  request_.http.key_file = scratch_ / "missing.key";
  ExpectError(absl::StatusCode::kInvalidArgument, {"missing.key"});
}

// Times.

TEST(SolrTimeTest, LaterIsLater) {
  EXPECT_TRUE(IsLaterSolrTime("Tue Jan 30 14:32:13 CET 2018", "Tue Jan 30 14:32:12 CET 2018"));
  EXPECT_FALSE(IsLaterSolrTime("Tue Jan 30 14:32:12 CET 2018", "Tue Jan 30 14:32:12 CET 2018"));
  EXPECT_FALSE(IsLaterSolrTime("Tue Jan 30 14:32:12 CET 2018", "Wed Jan 31 02:00:00 CET 2018"));
  EXPECT_TRUE(IsLaterSolrTime("Thu Feb 01 02:00:00 CET 2018", "Wed Jan 31 14:00:00 CET 2018"));
  // The hour that occurs twice.
  EXPECT_TRUE(IsLaterSolrTime("Sun Oct 28 02:10:00 CET 2018", "Sun Oct 28 02:50:00 CEST 2018"));
  EXPECT_FALSE(IsLaterSolrTime("Sun Oct 28 00:10:00 CET 2018", "Sun Oct 28 02:50:00 CEST 2018"));
  EXPECT_TRUE(IsLaterSolrTime("2026-01-02T02:00:00.123Z", "2026-01-02T02:00:00.001Z"));
  EXPECT_FALSE(IsLaterSolrTime("2026-01-01T02:00:00Z", "2026-01-02T02:00:00Z"));
  EXPECT_TRUE(IsLaterSolrTime("Tue Jan 30 14:32:13 CET 2018", ""));
  EXPECT_TRUE(IsLaterSolrTime("nach dem Essen", "vor dem Essen"));
}

}  // namespace
}  // namespace ingot
