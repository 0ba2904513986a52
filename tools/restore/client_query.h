// Queries through a vendor's client, which writes rows as lines of fields between tabs.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tools/database/connection.h"
#include "tools/database/program_dump.h"
#include "tools/restore/database_target.h"

namespace ingot::tools {

using Fields = std::vector<std::string>;

// An answer for which a server reads whole tables may take as long as a dump may be silent.
inline constexpr absl::Duration kTablesSilenceMax = absl::Minutes(30);

// Runs the program to its end and visits its lines; \\ \t \n and the like are undone, "\N" and
// "NULL" stay. FailedPrecondition, one line with its last words, when it fails or is silent for
// `silence_max`; when it cannot be started, the system's error.
absl::Status ForEachRow(const ClientConnection& client,
                        absl::FunctionRef<absl::Status(const Fields&)> visit,
                        absl::Duration silence_max = kTablesSilenceMax);
// All rows of a short answer, which comes within kAnswerSilenceMax.
absl::StatusOr<std::vector<Fields>> Rows(const ClientConnection& client);

// How long a client may take nothing of a dump. One statement may take hours (an index of a large
// table), so the server is asked something else then, over a connection of its own: as long as it
// answers it is waited for.
struct FeedLimits {
  absl::Duration silence_max = absl::Minutes(5);
  absl::Duration answer_max = kAnswerSilenceMax;
  int unanswered_max = 3;  // in a row
};

// What a feed that fails leaves behind, and the remedy.
struct WhatIsLeft {
  std::string of_a_part;  // the client did not get all of the dump, or a statement of it failed
  std::string not_known;  // it got all, and did not say whether it ran all
};

// Starts the program, gives it the dump as `filter` leaves it and what `finish` adds, and waits for
// its end. OK once it has answered the query behind all that: a client that got less takes that for
// all. Else an error that ends with what is left: Aborted, with the client's last words, when it
// fails, and when the server does not answer `question` any more; Cancelled when interrupted.
absl::Status FeedClient(
    const ClientConnection& client, const ClientConnection& question, const FeedLimits& limits,
    const DumpBytes& dump, const WhatIsLeft& left,
    absl::FunctionRef<absl::Status(absl::Span<const char>, std::string* out)> filter,
    absl::FunctionRef<absl::Status(std::string* out)> finish);

// Why the first question failed, with the remedy that fits: InvalidArgument, one line. `create`
// makes the database.
absl::Status CannotBeUsed(const DatabaseUrl& url, const absl::Status& why,
                          absl::string_view create);

// The statements behind ReadContentRows, the same for all vendors. The fields of the rows:
// content_url, content_size, 1 when encrypted.
inline constexpr char kCountUrls[] = "SELECT count(*) FROM alf_content_url";
inline constexpr char kCountData[] = "SELECT count(*) FROM alf_content_data";
std::string ReferencedUrlsQuery(bool has_encryption);
absl::StatusOr<ReferencedUrl> ParseReferencedUrl(const Fields& fields);

// What ReadContentRows does of an Alfresco database, given how to ask: `query` visits the rows of a
// statement, `tables` are those that exist.
absl::StatusOr<ContentRows> ReadContentRowsBy(
    const std::vector<std::string>& tables,
    absl::FunctionRef<absl::Status(const std::string& sql,
                                   absl::FunctionRef<absl::Status(const Fields&)>)>
        query,
    absl::FunctionRef<absl::Status(const ReferencedUrl&)> visit);

}  // namespace ingot::tools
