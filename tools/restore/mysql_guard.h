// What of a MySQL or MariaDB dump the client must not be given: statements that lead out of the
// database that is restored.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/restore/mysql_routine.h"
#include "tools/restore/mysql_statement.h"

namespace ingot::tools {

// Reads the dump as client and server do, code in /*! */ included, whatever version it is for. It
// lets through the statements that mysqldump and mariadb-dump write of one database, about that
// database, and refuses, as DataLoss with the statement's byte offset,
//   - all others: USE of another database, PREPARE, EXECUTE, GRANT, CALL, SELECT and the like; rows
//     that are no literals; tables of a query or like another; ALTER TABLE but for keys; SET of
//     what the dump programs do not set, to a sql_mode or a character set that is not known, or
//     back to what something stored may have set
//   - what client and server, or two versions of the server, read differently
//
// A routine, trigger, event or view that the dump defines may say anything: what is behind its end
// is looked at, its inside is not. A trigger runs with the rows that the dump puts into its table,
// a function with a view, an event when it is due, and a table of an engine such as FEDERATED is
// elsewhere: there the rights of the database user are all that holds.
class MysqlGuard {
 public:
  explicit MysqlGuard(std::string database) : part_(std::move(database), &session_) {}

  // The next piece, cut anywhere.
  absl::Status Feed(absl::Span<const char> bytes);
  // After the last piece. DataLoss when the dump ends in the middle of a string or comment.
  absl::Status Finish();

 private:
  static constexpr size_t kTokenBytesMax = 4096;
  static constexpr size_t kDelimiterBytesMax = 16;

  enum class State {
    kNormal,
    kQuoted,
    kQuotedEscape,  // behind a backslash
    kDash,          // behind "--"
    kCommentOpen,   // behind "/*"
    kCommentOpenM,  // behind "/*M"
    kVersion,       // digits behind "/*!"
    kBlockComment,
    kLineComment,
    kDelimiterLine,  // behind the word DELIMITER
  };
  absl::Status Step(char c);
  absl::Status StepNormal(char c);
  absl::Status StepSymbol(char c);
  absl::Status StepQuoted(char c);
  absl::Status StepDash(char c);
  absl::Status StepCommentOpen(char c);
  absl::Status StepVersion(char c);
  absl::Status StepComment(char c);
  absl::Status EndDelimiterLine();
  absl::Status EndWord(char next);
  absl::Status AddToken(MysqlToken token);
  absl::Status EndOperator(char c);
  absl::Status BeginVersion();
  absl::Status EndStatement(bool whole);
  absl::Status RefuseIf(const std::string& wrong) const;
  absl::Status Refuse(absl::string_view what) const;

  uint64_t offset_ = 0;     // of the byte at hand
  uint64_t statement_ = 0;  // where the statement begins
  State state_ = State::kNormal;
  std::string delimiter_ = ";";
  std::string tail_;  // the last bytes outside of strings and comments, at most a delimiter's
  char previous_ = 0;
  char last_ = 0;  // byte
  char quote_ = 0;
  bool quote_ended_ = false;    // with the byte before: the same quote again is a doubled one
  bool version_ = false;        // inside of /*! */
  bool uncertain_ = false;      // and not every server runs it
  bool of_mariadb_ = false;     // /*M! */
  bool all_uncertain_ = false;  // the statement is one such comment
  std::string word_;
  bool behind_number_ = false;
  bool behind_dot_ = false;
  bool behind_number_dot_ = false;
  std::string mark_;  // the version, or the rest of DELIMITER's line

  MysqlSession session_;
  MysqlStatement part_;     // up to the next ';'
  MysqlRoutine routine_;    // of the statement
  bool in_body_ = false;    // behind a ';' of it
  bool in_pieces_ = false;  // behind any ';' that is not the delimiter
};

}  // namespace ingot::tools
