// The join of a hostile dump with hostile names of files. Rows have their right CRC-32 first, so
// that what is behind it is reached. Each referenced URL is counted once, and the verdict is what
// the counts say.
#include "core/join/documents.h"
#include "core/join/join.h"
#include "nlohmann/json.hpp"
#include "tests/core/join/sample_dump.h"
#include "tests/fuzz/fuzz_input.h"

namespace ingot {
namespace {

constexpr size_t kRowsMax = 64;

std::string Name(FuzzInput* input) {
  constexpr const char* kNames[] = {"a", "2026/1/a.bin", "2026//1/a.bin", "../a", "", "b", "/a"};
  const size_t choice = input->Choice(std::size(kNames) + 1);
  return choice < std::size(kNames) ? kNames[choice] : input->Text();
}

void AddRow(FuzzInput* input, SampleDump* dump) {
  const uint64_t id = input->Byte();
  switch (input->Choice(8)) {
    case 0:
      dump->Url(id, Name(input), input->Byte());
      return;
    case 1:
      dump->RawUrl(id, Name(input), input->Number(8));
      return;
    case 2:
      dump->UrlRow(id, Name(input), input->Number(4), input->Text());
      return;
    case 3:
      dump->Data(id, absl::StrCat(input->Byte()));
      return;
    case 4:
      dump->Encrypted(id);
      return;
    case 5:
      dump->Node(id, Name(input));
      return;
    case 6:
      dump->Document(id, Name(input), input->Byte());
      return;
    default:
      dump->Insert("alf_content_data", input->Text());
  }
}

std::vector<IndexEntry> Files(FuzzInput* input) {
  constexpr const char* kRoots[] = {"contentstore/", "other/dir/", "old/", "contentstore.deleted/",
                                    ""};
  std::vector<IndexEntry> files(input->Choice(16));
  for (IndexEntry& file : files) {
    file.path = absl::StrCat(kRoots[input->Choice(std::size(kRoots))], Name(input));
    file.size = input->Byte();
    const uint8_t facts = input->Byte();
    file.cut = (facts & 1) != 0;
    if ((facts & 2) != 0) file.type = MemberType::kSymlink;
    if ((facts & 4) == 0) continue;
    file.type = MemberType::kHardLink;
    file.link_target = absl::StrCat(kRoots[input->Choice(std::size(kRoots))], Name(input));
  }
  return files;
}

JoinResult Join(const std::string& dump, const std::vector<IndexEntry>& files) {
  const ReadDump read = ReadText(dump);
  ReferencedUrls urls;
  const absl::StatusOr<DumpTables> tables =
      ReadRows(read, DumpDialect::kSqlite, ReferencedUrls::WantedTables(), &urls);
  INGOT_CHECK(tables.ok());
  urls.Finish(tables->understood, [&](size_t table) { return tables->has_table[table]; });
  const auto visit_all = [&files](EntryVisitor visit) {
    absl::Status status;
    for (size_t i = 0; i < files.size() && status.ok(); ++i) status = visit(files[i]);
    return status;
  };
  const absl::StatusOr<JoinResult> result =
      JoinContent({.urls = &urls,
                   .roots = {{"contentstore", StageRole::kContentStore},
                             {"other/dir", StageRole::kOtherStore},
                             {"old", StageRole::kOther},
                             {"contentstore.deleted", StageRole::kDeletedContent}},
                   .visit_entries = visit_all,
                   .read_dump = read,
                   .dialect = DumpDialect::kSqlite});
  INGOT_CHECK(result.ok());
  return *result;
}

void CheckResult(const JoinResult& result) {
  uint64_t counted =
      result.present + result.recoverable + result.missing + result.wrong_size + result.incomplete;
  for (const auto& [scheme, count] : result.not_on_disk) counted += count;
  const uint64_t lost = result.missing + result.wrong_size + result.incomplete;
  INGOT_CHECK(result.encrypted <= result.present);
  if (result.outcome == JoinOutcome::kNotPossible) {
    INGOT_CHECK(!result.reason.empty());
    return;
  }
  INGOT_CHECK((result.outcome == JoinOutcome::kFailed) == (lost > 0));
  if (lost == 0) INGOT_CHECK(counted == result.referenced);
  const absl::StatusOr<JoinResult> again = ParseJoin(JoinToJson(result));
  INGOT_CHECK(again.ok() && again->missing == result.missing && again->outcome == result.outcome);
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  SampleDump dump;
  const bool reversed = input.Flag();
  const std::vector<IndexEntry> files = Files(&input);
  for (size_t i = 0; i < kRowsMax && !input.empty(); ++i) AddRow(&input, &dump);
  const std::string text = dump.Text(reversed ? SampleDump::Reversed() : SampleDump::ByName());
  const JoinResult result = Join(text, files);
  CheckResult(result);

  DocumentQuery query;
  query.uuids.insert("uuid-1");
  absl::Status understood;
  const absl::StatusOr<std::vector<Document>> documents =
      FindDocuments(ReadText(text), DumpDialect::kSqlite, query, &understood);
  INGOT_CHECK(documents.ok() && documents->size() <= kRowsMax * kRowsMax);
  return 0;
}
