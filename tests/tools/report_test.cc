#include "tools/report.h"

#include "core/create/create.h"
#include "tests/testing.h"
#include "tools/create_report.h"

namespace ingot {
namespace {

// A report into memory.
class Recorder {
 public:
  explicit Recorder(const ReportOptions& options) : report_(stream_, options) {}
  ~Recorder() { std::fclose(stream_); }
  Report& report() { return report_; }
  std::string text() {
    std::fflush(stream_);
    std::rewind(stream_);
    std::string text(1 << 20, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), stream_));
    return text;
  }

 private:
  std::FILE* stream_ = std::tmpfile();
  Report report_;
};

TEST(ReportTest, OneLineForEachMessageAndNoControlCharacters) {
  Recorder recorder({});
  recorder.report().Error("cannot read a\x1b[2Jb\nc");
  recorder.report().Warning("w");
  recorder.report().Note("n");
  EXPECT_EQ(recorder.text(),
            "ingot: error: cannot read a\\033[2Jb\\nc\ningot: warning: w\ningot: n\n");
}

TEST(ReportTest, QuietKeepsErrorsAndWarnings) {
  Recorder recorder({.quiet = true});
  recorder.report().Note("n");
  recorder.report().Warning("w");
  recorder.report().Error("e");
  EXPECT_EQ(recorder.text(), "ingot: warning: w\ningot: error: e\n");
}

TEST(ReportTest, AFailedDumpsLastWordsKeepTheirLines) {
  Recorder recorder({});
  recorder.report().Error(absl::AbortedError("pg_dump failed\nconnection refused\n"));
  recorder.report().Error(absl::NotFoundError("open a\nb: no such file"));
  EXPECT_EQ(recorder.text(),
            "ingot: error: pg_dump failed\ningot:   connection refused\n"
            "ingot: error: open a\\nb: no such file\n");
}

TEST(ReportTest, JsonEventsAreOneObjectOnOneLineEach) {
  Recorder recorder({.json_events = true});
  recorder.report().Error("e\n\xff");
  recorder.report().Event("stage", {{"name", "a\nb"}, {"bytes", 5}});
  EXPECT_EQ(recorder.text(),
            "{\"event\":\"error\",\"message\":\"e\\n\xef\xbf\xbd\"}\n"
            "{\"event\":\"stage\",\"name\":\"a\\nb\",\"bytes\":5}\n");
}

TEST(ReportTest, WithoutJsonEventsAreSilent) {
  Recorder recorder({});
  recorder.report().Event("stage", {{"name", "a"}});
  EXPECT_EQ(recorder.text(), "");
}

TEST(ReportFindingsTest, NothingFoundIsDone) {
  Recorder recorder({});
  Findings findings;
  EXPECT_EQ(ReportFindings(findings, {}, recorder.report()), ExitCode::kDone);
  EXPECT_EQ(recorder.text(), "");
}

TEST(ReportFindingsTest, SkippedSocketsAreANote) {
  Recorder recorder({});
  Findings findings;
  findings.Add(FindingKind::kSocket, "a", "");
  EXPECT_EQ(ReportFindings(findings, {}, recorder.report()), ExitCode::kDone);
  EXPECT_THAT(recorder.text(), testing::HasSubstr("skipped: 1 socket"));
}

TEST(ReportFindingsTest, ShowsTheFirstAndCountsAll) {
  Recorder recorder({});
  Findings findings;
  for (int i = 0; i < 12; ++i)
    findings.Add(FindingKind::kUnreadable, "d/" + std::to_string(10 + i), "why");
  findings.Add(FindingKind::kVanished, "z", "");
  EXPECT_EQ(ReportFindings(findings, {}, recorder.report()), ExitCode::kIncomplete);
  const std::string text = recorder.text();
  EXPECT_THAT(text, testing::HasSubstr("warning: unreadable: d/10: why\n"));
  EXPECT_THAT(text, testing::HasSubstr("d/19"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("d/20")));
  EXPECT_THAT(text, testing::HasSubstr("12 unreadable, 1 vanished"));
  EXPECT_THAT(text, testing::HasSubstr("ingot/findings.json"));
}

TEST(ReportFindingsTest, WhatIsToleratedInContentIsSeriousInAnIndex) {
  Findings findings;
  findings.Add(FindingKind::kVanished, "contentstore/2024/a.bin", "");
  const Tolerance tolerance = {.members = {"contentstore"},
                               .counts = {{FindingKind::kVanished, 1}}};
  {
    Recorder recorder({});
    EXPECT_EQ(ReportFindings(findings, tolerance, recorder.report()), ExitCode::kDone);
    EXPECT_THAT(recorder.text(), testing::HasSubstr("1 vanished"));
  }
  findings.Add(FindingKind::kVanished, "solr4Backup/alfresco/snapshot.1/segments_1", "");
  Recorder recorder({});
  EXPECT_EQ(ReportFindings(findings, tolerance, recorder.report()), ExitCode::kIncomplete);
  EXPECT_THAT(recorder.text(), testing::HasSubstr("warning: vanished: solr4Backup/alfresco"));
  EXPECT_THAT(recorder.text(), testing::Not(testing::HasSubstr("warning: vanished: contentstore")));
}

}  // namespace
}  // namespace ingot
