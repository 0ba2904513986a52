// segments_N and .si files. The checksum in the footer is put right first.
#include <zlib.h>

#include "tests/fuzz/fuzz_input.h"
#include "tools/solr/lucene_commit.h"

namespace ingot {
namespace {

constexpr size_t kChecksumBytes = 8;

// Big-endian, of all before it; segments_N before 4.8 ends in the same.
void CorrectChecksum(std::string* file) {
  if (file->size() < kChecksumBytes) return;
  const size_t end = file->size() - kChecksumBytes;
  const uint64_t sum =
      crc32(0, reinterpret_cast<const Bytef*>(file->data()), static_cast<uInt>(end));
  for (size_t i = 0; i < kChecksumBytes; ++i) {
    (*file)[end + i] = static_cast<char>(sum >> (8 * (kChecksumBytes - 1 - i)));
  }
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const bool info = input.Flag();
  std::string file(input.Rest());
  CorrectChecksum(&file);
  if (info) {
    const absl::StatusOr<LuceneSegmentInfo> parsed = ParseLuceneSegmentInfo(file);
    if (parsed.ok()) INGOT_CHECK(parsed->understood || parsed->files.empty());
    if (parsed.ok()) INGOT_CHECK(parsed->files.size() <= file.size());
  } else {
    const absl::StatusOr<LuceneCommit> parsed = ParseLuceneCommit(file);
    if (parsed.ok()) INGOT_CHECK(parsed->understood || parsed->segments.empty());
    if (parsed.ok()) INGOT_CHECK(parsed->segments.size() <= file.size());
  }
  return 0;
}
