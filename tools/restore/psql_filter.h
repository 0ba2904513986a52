// What of a PostgreSQL dump psql is given: a dump is code to psql, whose backslash commands run
// programs.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/restore/psql_statement.h"

namespace ingot::tools {

struct PsqlFilterOptions {
  std::string database;   // that psql is connected to
  bool no_owner = false;  // leave out who owns what, and who may do what
};

// Reads the dump as psql's own scanner does. It lets through the statements that pg_dump writes,
// and refuses, as DataLoss with the line's number,
//   - backslash commands outside COPY data; \restrict, \unrestrict, "\." and \connect to the
//     database that we are connected to already are left out (psql gets a \restrict of our own)
//   - COPY other than COPY name (columns) FROM stdin: COPY ... FROM PROGRAM runs programs on the
//     server
//   - DO, UPDATE, WITH and all else that pg_dump never writes; rows that are no literals; SELECT
//     other than its own few; SET of what it does not set; ALTER TABLE ... USING
//   - what psql's versions scan differently, and what sets standard_conforming_strings to anything
//     but on, with which all strings are read in another way: set_config is named by no statement
//     but the one that pg_dump writes, views and routines apart
//   - what ends the one transaction that everything is in; no dump needs it
// and changes, line by line so that psql's line numbers stay right,
//   - BEGIN and COMMIT around large objects: left out, everything is one transaction
//   - what pg_dump --create says of the database: left out, it is there
//   - CREATE SCHEMA name: not if it exists; a dump of the schema public creates it, and so does
//     createdb
//
// What runs while the dump is restored although no statement names it stays unseen: a function of
// the dump's own, or one of the server's that runs a text, in a trigger, a default, a constraint,
// an index or the query of a materialized view. It can do what the database user may do, and can
// set standard_conforming_strings behind the filter's back: psql's \restrict is what holds then,
// and nothing with DatabaseTargetOptions::unguarded_client and a psql that does not know it.
class PsqlFilter {
 public:
  explicit PsqlFilter(PsqlFilterOptions options) : options_(std::move(options)) {}

  // The next piece, cut anywhere; appends to *out.
  absl::Status Feed(absl::Span<const char> bytes, std::string* out);
  // After the last piece. DataLoss when the dump ends in the middle of something.
  absl::Status Finish(std::string* out);

  // That the dump says own something, or may do something; PUBLIC is none.
  const std::set<std::string>& roles() const { return roles_; }

 private:
  static constexpr size_t kStatementBytesMax = size_t{1} << 20;  // longer ones are not looked into
  static constexpr size_t kCommandBytesMax = 4096;
  static constexpr size_t kWordBytesMax = 64;

  enum class State {
    kNormal,
    kString,
    kEscapeString,
    kEscaped,      // behind a backslash in one
    kEscapeQuote,  // behind a quote in one
    kQuotedName,
    kDollar,
    kLineComment,
    kBlockComment,
    kCommand,
    kCopyBegin,  // the rest of COPY's own line
    kCopyData,
  };

  absl::Status Step(char c, std::string* out);
  absl::Status StepNormal(char c, std::string* out);
  absl::Status StepSymbol(char c, std::string* out);
  bool StepDollar(char c);
  bool StepWord(char c);
  void StepBlockComment(char c);
  void EndWord();
  absl::Status BeginString();
  void CountBlocks();
  void NoteEncoding();
  absl::Status EndStatement(std::string* out);
  absl::Status EndCommand(std::string* out);
  size_t TakeCopyData(absl::Span<const char> bytes, std::string* out);
  void ResetStatement();
  absl::Status Refuse(absl::string_view what) const;

  const PsqlFilterOptions options_;
  std::set<std::string> roles_;
  uint64_t line_ = 1;
  State state_ = State::kNormal;

  std::string statement_;          // not yet given on
  bool statement_given_ = false;   // its begin was, as it is too long
  bool statement_empty_ = true;    // white space and comments so far
  bool line_blank_ = true;         // white space since the line began
  bool begins_with_word_ = false;  // nothing stands before its first word
  PsqlStatement judged_;
  int lone_symbols_ = 0;            // '-', '*' and '/' in it that begin no comment
  std::vector<std::string> words_;  // the first identifiers that are not quoted, in lower case
  std::string last_word_;
  int parentheses_ = 0;
  int blocks_ = 0;                 // BEGIN ATOMIC ... END of a function
  bool begin_pending_ = false;     // behind that BEGIN
  bool statement_begins_ = false;  // behind a ';' in it
  bool body_refused_ = false;

  bool wide_characters_ = false;
  char last_ = 0;  // byte
  std::string name_;
  std::string word_;
  bool word_is_number_ = false;
  char previous_ = 0;  // for "--" and comments
  int comment_depth_ = 0;
  bool dollar_pending_ = false;  // behind a '$' that may begin a quote
  std::string dollar_;           // "$tag$", or what there is of it
  size_t dollar_matched_ = 0;
  bool behind_escape_string_ = false;
  std::string command_;
  std::string copy_line_;  // the begin of the data's last line, at most 4 bytes
};

}  // namespace ingot::tools
