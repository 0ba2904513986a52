#include "tools/preflight/tell.h"

#include <cstdio>

#include "tests/testing.h"

namespace ingot {
namespace {

PreflightResult SomeOfAll() {
  PreflightResult result;
  result.Error(absl::StatusCode::kAborted, "dump-program", "no pg_dump", "install it");
  result.Warning("target", "inside\nof a source", "elsewhere");
  result.Note("roles", "alf");
  return result;
}

struct Told {
  ExitCode code;
  std::string text;
};

Told TellTo(const PreflightResult& result, PreflightUse use, const ReportOptions& options) {
  std::FILE* stream = std::tmpfile();
  Report report(stream, options);
  Told told;
  told.code = TellPreflight(result, use, report);
  std::rewind(stream);
  told.text.resize(1 << 16);
  told.text.resize(std::fread(told.text.data(), 1, told.text.size(), stream));
  std::fclose(stream);
  return told;
}

TEST(TellPreflightTest, OneLineEachTheErrorsLast) {
  const Told told = TellTo(SomeOfAll(), PreflightUse::kBeforeBackup, {});
  EXPECT_EQ(told.code, ExitCode::kDumpFailed);
  EXPECT_EQ(told.text,
            "ingot: warning: [target] inside\\nof a source; elsewhere\n"
            "ingot: error: [dump-program] no pg_dump; install it\n");
  EXPECT_THAT(TellTo(SomeOfAll(), PreflightUse::kCheckOnly, {}).text,
              testing::StartsWith("ingot: [roles] alf\ningot: warning: [target]"));
}

TEST(TellPreflightTest, ACheckAloneEndsWithAConclusion) {
  EXPECT_THAT(
      TellTo(SomeOfAll(), PreflightUse::kCheckOnly, {}).text,
      testing::EndsWith("ingot: checked: 1 error, 1 warning, 1 note; a backup would not start\n"));
  const Told nothing = TellTo({}, PreflightUse::kCheckOnly, {});
  EXPECT_EQ(nothing.code, ExitCode::kDone);
  EXPECT_EQ(nothing.text, "ingot: checked: nothing to tell; nothing stops a backup\n");
}

TEST(TellPreflightTest, QuietLeavesErrorsAndWarnings) {
  const Told told = TellTo(SomeOfAll(), PreflightUse::kCheckOnly, {.quiet = true});
  EXPECT_EQ(told.text,
            "ingot: warning: [target] inside\\nof a source; elsewhere\n"
            "ingot: error: [dump-program] no pg_dump; install it\n");
}

TEST(TellPreflightTest, JsonEvents) {
  const Told told = TellTo(SomeOfAll(), PreflightUse::kCheckOnly, {.json_events = true});
  EXPECT_EQ(
      told.text,
      "{\"event\":\"check\",\"severity\":\"note\",\"subject\":\"roles\",\"text\":\"alf\","
      "\"remedy\":\"\"}\n"
      "{\"event\":\"check\",\"severity\":\"warning\",\"subject\":\"target\",\"text\":"
      "\"inside\\nof a source\",\"remedy\":\"elsewhere\"}\n"
      "{\"event\":\"check\",\"severity\":\"error\",\"subject\":\"dump-program\",\"text\":"
      "\"no pg_dump\",\"remedy\":\"install it\"}\n"
      "{\"event\":\"checked\",\"errors\":1,\"warnings\":1,\"notes\":1,\"may_start\":false}\n");
}

}  // namespace
}  // namespace ingot
