#include "tools/restore/client_query.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "io/process.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kLineBytesMax = 1 << 20;  // of a row of short fields
constexpr size_t kRowsMax = 100'000;       // of a short answer
// The answer to the last statement.
constexpr char kAllWasRun[] = "ingot: all of the dump was run";
constexpr int kStatementFailed = 3;  // psql's exit code: it did not go on, so not to COMMIT

char Unescaped(char c) {
  switch (c) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    default:
      return c;
  }
}

std::string UndoEscapes(absl::string_view field) {
  std::string text;
  for (size_t i = 0; i < field.size(); ++i) {
    const bool escape = field[i] == '\\' && i + 1 < field.size();
    text += escape ? Unescaped(field[++i]) : field[i];
  }
  return text;
}

std::string OneLine(absl::string_view lines) {
  return absl::StrReplaceAll(lines, {{"\n    ", " | "}});
}

absl::Status VisitLine(absl::string_view line,
                       absl::FunctionRef<absl::Status(const Fields&)> visit) {
  Fields fields;
  for (const absl::string_view field : absl::StrSplit(line, '\t')) {
    fields.push_back(UndoEscapes(field));
  }
  return visit(fields);
}

absl::StatusOr<io::Process> Start(const io::ProcessOptions& options) {
  absl::StatusOr<io::Process> process = io::Process::Start(options);
  if (process.ok()) return process;
  // FailedPrecondition would be the client's own failure.
  return Annotate(absl::IsFailedPrecondition(process.status())
                      ? absl::InternalError(process.status().message())
                      : process.status(),
                  absl::StrCat("start ", options.arguments[0]));
}

}  // namespace

absl::Status ForEachRow(const ClientConnection& client,
                        absl::FunctionRef<absl::Status(const Fields&)> visit,
                        absl::Duration silence_max) {
  const std::string& program = client.process.arguments[0];
  io::ProcessOptions options = client.process;
  options.silence_max = silence_max;
  options.on_silence = [&program, silence_max] {
    return absl::FailedPreconditionError(absl::StrCat(program, ": the server has not answered for ",
                                                      absl::FormatDuration(silence_max)));
  };
  INGOT_ASSIGN_OR_RETURN(io::Process process, Start(options));
  std::string pending;
  std::string buffer(kReadBytes, '\0');
  while (true) {
    INGOT_ASSIGN_OR_RETURN(const size_t size, process.ReadOutput(absl::MakeSpan(buffer)));
    if (size == 0) break;
    pending.append(buffer, 0, size);
    size_t begin = 0;
    for (size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
      INGOT_RETURN_IF_ERROR(
          VisitLine(absl::string_view(pending).substr(begin, end - begin), visit));
    }
    pending.erase(0, begin);
    if (pending.size() > kLineBytesMax) {
      return absl::FailedPreconditionError(absl::StrCat(program, " answered with a line too long"));
    }
  }
  INGOT_ASSIGN_OR_RETURN(const io::ProcessExit exit, process.Wait());
  if (exit.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(program, " failed with ", exit.Describe(),
                   OneLine(ErrorLines(exit.error_tail, client.secrets))));
}

absl::StatusOr<std::vector<Fields>> Rows(const ClientConnection& client) {
  std::vector<Fields> rows;
  const auto visit = [&rows](const Fields& fields) {
    if (rows.size() == kRowsMax) return absl::OutOfRangeError("an answer of too many rows");
    rows.push_back(fields);
    return absl::OkStatus();
  };
  INGOT_RETURN_IF_ERROR(ForEachRow(client, visit, kAnswerSilenceMax));
  return rows;
}

namespace {

// A server's own words: the number of its error (2000 to 2999, and MariaDB's from 5000 on, are the
// client's), or in whatever language a severity, behind which libpq writes two blanks.
bool IsOfServer(absl::string_view words) {
  constexpr absl::string_view kError = "ERROR ";
  for (size_t at = words.find(kError); at != absl::string_view::npos;
       at = words.find(kError, at + 1)) {
    const absl::string_view number = words.substr(at + kError.size(), 4);
    const absl::string_view behind = words.substr(std::min(words.size(), at + kError.size() + 4));
    int error = 0;
    if (absl::StartsWith(behind, " (") && absl::SimpleAtoi(number, &error) &&
        ((error >= 1000 && error < 2000) || (error >= 3000 && error < 5000)))
      return true;
  }
  return absl::StrContains(words, ":  ");
}

// Whether the server answers at all: a refusal is an answer, too.
absl::Status CheckAnswers(const ClientConnection& question, absl::Duration answer_max) {
  const absl::Status status = ForEachRow(
      question, [](const Fields&) { return absl::OkStatus(); }, answer_max);
  return IsOfServer(status.message()) ? absl::OkStatus() : status;
}

// Also where it fails, *all_was_run is whether the last statement was answered.
absl::StatusOr<io::ProcessExit> WaitForEnd(io::Process* process, bool* all_was_run) {
  process->CloseInput();
  std::string tail;
  std::string buffer(kReadBytes, '\0');
  while (true) {
    INGOT_ASSIGN_OR_RETURN(const size_t size, process->ReadOutput(absl::MakeSpan(buffer)));
    if (size == 0) return process->Wait();
    tail.append(buffer, 0, size);
    tail.erase(0, tail.size() - std::min(tail.size(), sizeof(kAllWasRun)));
    *all_was_run = tail == absl::StrCat(kAllWasRun, "\n");
  }
}

}  // namespace

absl::Status FeedClient(
    const ClientConnection& client, const ClientConnection& question, const FeedLimits& limits,
    const DumpBytes& dump, const WhatIsLeft& left,
    absl::FunctionRef<absl::Status(absl::Span<const char>, std::string*)> filter,
    absl::FunctionRef<absl::Status(std::string*)> finish) {
  const std::string& program = client.process.arguments[0];
  io::ProcessOptions options = client.process;
  options.write_input = true;
  options.silence_max = limits.silence_max;
  int unanswered = 0;
  options.on_silence = [&]() -> absl::Status {
    const absl::Status status = CheckAnswers(question, limits.answer_max);
    if (absl::IsCancelled(status)) return status;
    // Where the question cannot even be asked, the server is not to blame.
    unanswered = absl::IsFailedPrecondition(status) ? unanswered + 1 : 0;
    if (unanswered < limits.unanswered_max) return absl::OkStatus();
    return absl::AbortedError(absl::StrCat("database restore: ", program,
                                           " waits for a server that is gone: ", status.message()));
  };
  INGOT_ASSIGN_OR_RETURN(io::Process process, Start(options));
  bool taken = true;
  std::string out;
  const auto give = [&]() -> absl::Status {
    INGOT_ASSIGN_OR_RETURN(taken, process.WriteInput(out));
    out.clear();
    return taken ? absl::OkStatus() : absl::AbortedError("it takes no more");
  };
  absl::Status status = dump([&](absl::Span<const char> bytes) -> absl::Status {
    INGOT_RETURN_IF_ERROR(filter(bytes, &out));
    return give();
  });
  if (status.ok()) status = finish(&out);
  const bool dump_given = status.ok();
  if (dump_given) {
    absl::StrAppend(&out, "SELECT '", kAllWasRun, "';\n");
    status = give();
  }
  const auto behind = [&] { return dump_given ? left.not_known : left.of_a_part; };
  // Killed before it sees the end of its input.
  if (!status.ok() && taken) {
    return absl::Status(status.code(), absl::StrCat(status.message(), "; ", behind()));
  }
  bool all_was_run = false;
  const absl::StatusOr<io::ProcessExit> exit = WaitForEnd(&process, &all_was_run);
  if (all_was_run) return absl::OkStatus();
  if (!exit.ok()) {
    return absl::Status(exit.status().code(),
                        absl::StrCat(exit.status().message(), "; ", behind()));
  }
  const bool statement_failed = exit->exited && exit->code == kStatementFailed;
  return absl::AbortedError(
      absl::StrCat("database restore: ", program,
                   exit->ok() ? " ended before it had run all of the dump"
                              : absl::StrCat(" failed with ", exit->Describe()),
                   "; ", statement_failed ? left.of_a_part : behind(),
                   "; its last words:", ErrorLines(exit->error_tail, client.secrets)));
}

absl::Status CannotBeUsed(const DatabaseUrl& url, const absl::Status& why,
                          absl::string_view create) {
  const absl::string_view words = why.message();  // the client's, in English
  std::string remedy;
  if (absl::StrContains(words, "Unknown database") ||
      (absl::StrContains(words, "database \"") && absl::StrContains(words, "does not exist"))) {
    remedy = absl::StrCat("; make it: ", create);
  } else if (absl::StrContains(words, "password")) {
    remedy =
        "; the password is taken from the file of --password-file, from INGOT_DB_PASSWORD, or from "
        "the properties";
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Describe(url), " cannot be used: ", words, remedy));
}

std::string ReferencedUrlsQuery(bool has_encryption) {
  return absl::StrCat(
      "SELECT u.content_url, u.content_size, ",
      has_encryption
          ? "CASE WHEN u.id IN (SELECT content_url_id FROM alf_content_url_encryption) THEN 1 ELSE "
            "0 END"
          : "0",
      " FROM alf_content_url u WHERE u.id IN (SELECT content_url_id FROM alf_content_data)");
}

absl::StatusOr<ReferencedUrl> ParseReferencedUrl(const Fields& fields) {
  ReferencedUrl url;
  if (fields.size() != 3 || !absl::SimpleAtoi(fields[1], &url.size)) {
    return absl::FailedPreconditionError(
        "the database answered something else than a content URL and its size");
  }
  url.url = fields[0];
  url.encrypted = fields[2] == "1";
  return url;
}

absl::StatusOr<ContentRows> ReadContentRowsBy(
    const std::vector<std::string>& tables,
    absl::FunctionRef<absl::Status(const std::string&,
                                   absl::FunctionRef<absl::Status(const Fields&)>)>
        query,
    absl::FunctionRef<absl::Status(const ReferencedUrl&)> visit) {
  const auto has = [&tables](absl::string_view name) {
    return std::any_of(tables.begin(), tables.end(), [name](const std::string& table) {
      return absl::EqualsIgnoreCase(table, name);
    });
  };
  ContentRows rows;
  rows.has_tables = has("alf_content_url") && has("alf_content_data");
  if (!rows.has_tables) return rows;
  const auto count = [](uint64_t* number) {
    return [number](const Fields& fields) {
      return absl::SimpleAtoi(fields[0], number)
                 ? absl::OkStatus()
                 : absl::FailedPreconditionError("the database does not count its rows");
    };
  };
  INGOT_RETURN_IF_ERROR(query(kCountUrls, count(&rows.url_rows)));
  INGOT_RETURN_IF_ERROR(query(kCountData, count(&rows.data_rows)));
  INGOT_RETURN_IF_ERROR(query(ReferencedUrlsQuery(has("alf_content_url_encryption")),
                              [visit](const Fields& fields) -> absl::Status {
                                INGOT_ASSIGN_OR_RETURN(const ReferencedUrl url,
                                                       ParseReferencedUrl(fields));
                                return visit(url);
                              }));
  return rows;
}

}  // namespace ingot::tools
