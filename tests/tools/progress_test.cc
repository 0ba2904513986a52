#include "tools/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kLongerThanAnEvent = absl::Milliseconds(1300);
constexpr absl::Duration kLongerThanALine = absl::Milliseconds(500);

// What the progress of one moment writes to `stream`.
void Show(ProgressMode mode, const ReportOptions& options, std::FILE* stream, absl::Duration time) {
  Report report(stream, options);
  CreateProgress source;
  source.members = 1234;
  source.read_bytes = 5 << 20;
  Progress progress(mode, &report, &source);
  progress.SetStage("content contentstore");
  absl::SleepFor(time);
}

std::string ToFile(ProgressMode mode, const ReportOptions& options) {
  std::FILE* stream = std::tmpfile();
  Show(mode, options, stream, kLongerThanAnEvent);
  std::rewind(stream);
  std::string text(1 << 16, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stream));
  std::fclose(stream);
  return text;
}

TEST(ProgressTest, JsonIsOneEventASecond) {
  const std::string text = ToFile(ProgressMode::kAuto, {.json_events = true});
  EXPECT_THAT(text,
              testing::StartsWith("{\"event\":\"progress\",\"stage\":\"content contentstore\","
                                  "\"members\":1234,\"read_bytes\":5242880,"));
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(ProgressTest, SilentWhereNobodyLooks) {
  EXPECT_EQ(ToFile(ProgressMode::kAuto, {}), "");
  EXPECT_EQ(ToFile(ProgressMode::kNever, {.json_events = true}), "");
}

TEST(ProgressTest, ALineOnATerminalThatIsClearedAtTheEnd) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
    SKIP_OR_FAIL("no pseudo-terminals");
  std::FILE* terminal = std::fopen(ptsname(master), "r+");
  ASSERT_NE(terminal, nullptr);
  Show(ProgressMode::kAuto, {}, terminal, kLongerThanALine);
  std::fclose(terminal);
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(master, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(count));
  }
  close(master);
  EXPECT_THAT(text, HasSubstr("content contentstore: 1,234 members  5.0 MiB read"));
  EXPECT_THAT(text, testing::EndsWith("\r\x1b[K"));
}

TEST(ProgressTest, Line) {
  EXPECT_EQ(ProgressLine("", {.count = 1, .read_bytes = 2048, .written_bytes = 1024}, 512, 3.2),
            "1 member  2.0 KiB read  1.0 KiB written  512 B/s  3.20 s");
  EXPECT_EQ(
      ProgressLine("", {.what = "frame", .count = 12, .read_bytes = 1024, .read_bytes_total = 4096},
                   512, 3.2),
      "12 frames  1.0 KiB of 4.0 KiB read (25 %)  512 B/s  3.20 s");
}

}  // namespace
}  // namespace ingot
