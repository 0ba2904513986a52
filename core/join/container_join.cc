#include "core/join/container_join.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/container/read_member.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {

absl::StatusOr<ReadDump> DumpOfContainer(const Container& container, const Manifest& manifest) {
  INGOT_ASSIGN_OR_RETURN(std::optional<IndexEntry> entry, container.Find(manifest.database.member));
  if (!entry.has_value() || entry->type != MemberType::kRegular) {
    return absl::DataLossError(absl::StrCat(container.path(), ": it has no database dump ",
                                            manifest.database.member,
                                            ", which its manifest names"));
  }
  return [&container,
          entry = *std::move(entry)](absl::FunctionRef<absl::Status(absl::Span<const char>)> sink) {
    return ReadMember(container, entry, sink);
  };
}

absl::StatusOr<JoinResult> JoinContainer(const Container& container, const Manifest& manifest) {
  INGOT_ASSIGN_OR_RETURN(ReadDump read_dump, DumpOfContainer(container, manifest));
  const std::optional<DumpDialect> dialect = DialectOfVendor(manifest.database.vendor);
  ReferencedUrls urls;
  INGOT_ASSIGN_OR_RETURN(const DumpTables tables,
                         ReadRows(read_dump, dialect, ReferencedUrls::WantedTables(), &urls));
  urls.Finish(tables.understood, [&tables](size_t table) { return tables.has_table[table]; });
  return JoinContent({.urls = &urls,
                      .roots = ContentRoots(manifest),
                      .visit_entries =
                          [&container](EntryVisitor visit) {
                            uint64_t entries = 0;
                            return container.ForEachEntry([&](const IndexEntry& entry) {
                              if (++entries % 4096 == 0)
                                INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
                              return visit(entry);
                            });
                          },
                      .read_dump = std::move(read_dump),
                      .dialect = dialect});
}

}  // namespace ingot
