// tar headers with whatever they bring: pax records, ACLs, sparse maps. Checksums are put right
// first, so that what is behind them is reached.
#include <absl/strings/str_format.h>

#include <cstring>

#include "core/container/entry_header.h"
#include "core/container/sliced_member.h"
#include "core/format/tar.h"
#include "core/format/ustar.h"
#include "tests/fuzz/fuzz_input.h"

namespace ingot {
namespace {

void CorrectChecksum(char* block) {
  UstarBlock header;
  std::memcpy(&header, block, sizeof(header));
  std::memset(header.checksum, ' ', sizeof(header.checksum));
  uint32_t sum = 0;
  for (size_t i = 0; i < sizeof(header); ++i) sum += reinterpret_cast<const uint8_t*>(&header)[i];
  absl::SNPrintF(header.checksum, sizeof(header.checksum), "%06o", sum);
  header.checksum[7] = ' ';
  std::memcpy(block, &header, sizeof(header));
}

void CheckAccepted(const TarHeader& header, absl::string_view stream) {
  const absl::string_view bytes = stream.substr(0, static_cast<size_t>(header.header_bytes));
  INGOT_CHECK(bytes.size() == header.header_bytes && bytes.size() % kTarBlockBytes == 0);
  const absl::StatusOr<std::string> again = EncodeTarHeader(header.member);
  const absl::StatusOr<std::string> patchable = EncodePatchableTarHeader(header.member);
  INGOT_CHECK((again.ok() && *again == bytes) || (patchable.ok() && *patchable == bytes));
  INGOT_CHECK(CheckExtents(header.member).ok());
  INGOT_CHECK(header.content_bytes == header.member.StoredContentBytes());

  // What an index made from it says is what it says, by either way of reading it.
  const IndexEntry entry = DeriveIndexEntry(header.member);
  const absl::StatusOr<TarHeader> read = ReadEntryHeader(entry, SpanOf(stream));
  INGOT_CHECK(read.ok() && read->header_bytes == header.header_bytes);
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  std::string stream(input.Rest());
  for (size_t at = 0; at + kTarBlockBytes <= stream.size(); at += kTarBlockBytes) {
    if (std::memcmp(stream.data() + at + offsetof(UstarBlock, magic), "ustar", 5) == 0) {
      CorrectChecksum(stream.data() + at);
    }
  }
  absl::string_view rest = stream;
  while (!rest.empty()) {
    const absl::StatusOr<TarHeader> header = ParseTarHeader(SpanOf(rest));
    if (!header.ok()) break;
    CheckAccepted(*header, rest);
    rest.remove_prefix(static_cast<size_t>(header->header_bytes));
    const uint64_t content = header->content_bytes + TarPadding(header->content_bytes);
    rest.remove_prefix(static_cast<size_t>(std::min<uint64_t>(content, rest.size())));
  }
  return 0;
}
