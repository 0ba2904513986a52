// What the tests of checks ask of a result.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/testing.h"
#include "tools/preflight/result.h"

namespace ingot {

inline std::vector<Check> ChecksOf(const PreflightResult& result, const std::string& subject) {
  std::vector<Check> found;
  for (const Check& check : result.checks) {
    if (check.subject == subject) found.push_back(check);
  }
  return found;
}

inline void ExpectNone(const PreflightResult& result, const std::string& subject) {
  for (const Check& check : ChecksOf(result, subject)) {
    ADD_FAILURE() << SeverityName(check.severity) << " " << subject << ": " << CheckText(check);
  }
}

// Exactly one check of the subject, with all of `parts` in its line.
inline void ExpectOne(const PreflightResult& result, Severity severity, const std::string& subject,
                      const std::vector<std::string>& parts) {
  const std::vector<Check> found = ChecksOf(result, subject);
  ASSERT_EQ(found.size(), 1u) << subject;
  EXPECT_STREQ(SeverityName(found[0].severity), SeverityName(severity)) << CheckText(found[0]);
  for (const std::string& part : parts) {
    EXPECT_THAT(CheckText(found[0]), testing::HasSubstr(part));
  }
  EXPECT_EQ(CheckText(found[0]).find('\n'), std::string::npos) << "not one line";
  if (severity != Severity::kNote) {
    EXPECT_FALSE(found[0].remedy.empty()) << found[0].text;
  }
  EXPECT_EQ(result.verdict.ok(), severity != Severity::kError) << result.verdict;
}

}  // namespace ingot
