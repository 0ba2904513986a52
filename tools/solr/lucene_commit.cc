#include "tools/solr/lucene_commit.h"

#include <zlib.h>

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kHeaderMagic = 0x3FD76C17;
constexpr uint32_t kFooterMagic = ~kHeaderMagic;
constexpr size_t kChecksumBytes = 8;
constexpr size_t kIdBytes = 16;
constexpr size_t kNameBytesMax = 255;
constexpr size_t kVersionNumbers = 3;

// Versions of segments_N's header.
constexpr uint32_t kSegments46 = 1;
constexpr uint32_t kSegments48 = 2;
constexpr uint32_t kSegments49 = 3;
constexpr uint32_t kSegments50 = 4;
constexpr uint32_t kSegments51 = 5;
constexpr uint32_t kSegments53 = 6;
constexpr uint32_t kSegments70 = 7;
constexpr uint32_t kSegments72 = 8;
constexpr uint32_t kSegments74 = 9;
constexpr uint32_t kSegments86 = 10;
// Before 4.0 the file begins with one of these instead.
constexpr int32_t kSegments29 = -9;
constexpr int32_t kSegments30 = -10;
constexpr int32_t kSegments31 = -11;

absl::Status Broken(absl::string_view what) { return absl::DataLossError(what); }

uint64_t BigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

uint64_t Crc32(absl::string_view bytes) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

std::string Base36(uint64_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdefghijklmnopqrstuvwxyz"[value % 36]);
    value /= 36;
  } while (value > 0);
  return digits;
}

// After the first read that does not fit everything reads as zero or empty, and ok() is false.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }

  absl::string_view Bytes(size_t count) {
    if (!ok_ || count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const absl::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  uint8_t Byte() { return static_cast<uint8_t>(BigEndian(Bytes(1))); }
  uint32_t Int() { return static_cast<uint32_t>(BigEndian(Bytes(4))); }
  int64_t Long() { return static_cast<int64_t>(BigEndian(Bytes(8))); }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      const uint8_t byte = Byte();
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  absl::string_view String() { return Bytes(Varint()); }
  // Each entry takes at least one byte, so no count can make this run long.
  uint64_t Count(bool varint) {
    const uint64_t count = varint ? Varint() : Int();
    if (count > rest_.size()) ok_ = false;
    return ok_ ? count : 0;
  }
  void SkipMap(bool varint) {
    for (uint64_t left = Count(varint); left > 0 && ok_; --left) {
      String();
      String();
    }
  }
  void AppendSet(bool varint, std::vector<std::string>* files) {
    for (uint64_t left = Count(varint); left > 0 && ok_; --left) AppendName(files);
  }
  // A file of the same directory.
  std::string Name() {
    const absl::string_view name = String();
    if (name.empty() || name.size() > kNameBytesMax || name[0] == '.' ||
        name.find('/') != absl::string_view::npos || name.find('\0') != absl::string_view::npos) {
      ok_ = false;
    }
    return ok_ ? std::string(name) : std::string();
  }
  void AppendName(std::vector<std::string>* files) { files->push_back(Name()); }

 private:
  absl::string_view rest_;
  bool ok_ = true;
};

void SetDeletions(int64_t generation, LuceneSegment* segment) {
  if (generation <= 0) return;
  segment->deletions = absl::StrCat(segment->name, "_", Base36(static_cast<uint64_t>(generation)));
}

// One segment of 4.0 or newer, as SegmentInfos writes it.
LuceneSegment ReadSegment(Reader* reader, uint32_t version) {
  LuceneSegment segment;
  segment.has_info = true;
  segment.name = reader->Name();
  if (version >= kSegments70 || (version >= kSegments50 && reader->Byte() == 1)) {
    reader->Bytes(kIdBytes);
  }
  reader->String();  // codec
  SetDeletions(reader->Long(), &segment);
  reader->Int();                               // deleted documents
  if (version >= kSegments46) reader->Long();  // generation of field infos
  if (version >= kSegments49) reader->Long();  // of document values
  if (version >= kSegments74) reader->Int();   // softly deleted documents
  if (version >= kSegments86 && reader->Byte() == 1) reader->Bytes(kIdBytes);
  const bool varint = version >= kSegments51;
  if (version >= kSegments49) reader->AppendSet(varint, &segment.files);
  if (version >= kSegments46) {
    for (uint64_t left = reader->Count(false); left > 0 && reader->ok(); --left) {
      if (version >= kSegments49) {
        reader->Int();  // field
      } else {
        reader->Long();  // generation
      }
      reader->AppendSet(varint, &segment.files);
    }
  }
  return segment;
}

absl::StatusOr<LuceneCommit> ParseModern(absl::string_view bytes) {
  Reader reader(bytes);
  reader.Int();  // magic
  if (reader.String() != "segments") return Broken("its header is not that of a commit");
  const uint32_t version = reader.Int();
  if (!reader.ok()) return Broken("it is cut off");
  LuceneCommit commit;
  commit.footers = version >= kSegments48;
  if (commit.footers) {
    if (!HasValidLuceneFooter(bytes)) return Broken("its checksum is wrong, or it is cut off");
  } else if (bytes.size() < kChecksumBytes ||
             BigEndian(bytes.substr(bytes.size() - kChecksumBytes)) !=
                 Crc32(bytes.substr(0, bytes.size() - kChecksumBytes))) {
    return Broken("its checksum is wrong, or it is cut off");
  }
  if (version > kSegments86) return commit;
  if (version >= kSegments50) {
    reader.Bytes(kIdBytes);
    reader.Bytes(reader.Byte());  // the generation again
  }
  if (version >= kSegments53) {
    for (size_t i = 0; i < kVersionNumbers; ++i) reader.Varint();
  }
  if (version >= kSegments70) reader.Varint();  // major version that made the index
  reader.Long();
  if (version >= kSegments72) {
    reader.Varint();  // counter
  } else {
    reader.Int();
  }
  const uint64_t count = reader.Count(false);
  if (version >= kSegments53 && count > 0) {
    for (size_t i = 0; i < kVersionNumbers; ++i) reader.Varint();
  }
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    commit.segments.push_back(ReadSegment(&reader, version));
  }
  if (!reader.ok()) return Broken("its list of segments cannot be read");
  commit.understood = true;
  return commit;
}

// One segment of 2.9 to 3.6: there is no list of its files, so those are asked for that every
// segment has.
LuceneSegment ReadOldSegment(Reader* reader, int32_t format) {
  LuceneSegment segment;
  if (format <= kSegments31) reader->String();  // version
  segment.name = reader->Name();
  reader->Int();  // documents
  SetDeletions(reader->Long(), &segment);
  const bool shares_documents = reader->Int() != ~uint32_t{0};
  std::string documents = segment.name;
  bool documents_compound = false;
  if (shares_documents) {
    documents = reader->Name();
    documents_compound = reader->Byte() == 1;
  }
  reader->Byte();  // norms in one file
  const uint32_t norms = reader->Int();
  for (uint32_t i = 0; norms != ~uint32_t{0} && i < norms && reader->ok(); ++i) reader->Long();
  const bool compound = reader->Byte() == 1;
  reader->Int();   // deleted documents
  reader->Byte();  // positions
  reader->SkipMap(false);
  if (format <= kSegments30) reader->Byte();  // vectors
  if (compound) {
    segment.files.push_back(segment.name + ".cfs");
  } else {
    for (const char* extension : {".fnm", ".frq", ".tis", ".tii"}) {
      segment.files.push_back(segment.name + extension);
    }
  }
  if (documents_compound) {
    segment.files.push_back(documents + ".cfx");
  } else if (shares_documents || !compound) {
    segment.files.push_back(documents + ".fdt");
    segment.files.push_back(documents + ".fdx");
  }
  return segment;
}

absl::StatusOr<LuceneCommit> ParseOld(absl::string_view bytes) {
  Reader reader(bytes);
  const int32_t format = static_cast<int32_t>(reader.Int());
  LuceneCommit commit;
  if (format > kSegments29) return commit;
  if (bytes.size() < kChecksumBytes || BigEndian(bytes.substr(bytes.size() - kChecksumBytes)) !=
                                           Crc32(bytes.substr(0, bytes.size() - kChecksumBytes))) {
    return Broken("its checksum is wrong, or it is cut off");
  }
  if (format < kSegments31) return commit;
  reader.Long();  // version
  reader.Int();   // counter
  const uint64_t count = reader.Count(false);
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    commit.segments.push_back(ReadOldSegment(&reader, format));
  }
  if (!reader.ok()) return Broken("its list of segments cannot be read");
  commit.understood = true;
  return commit;
}

// What the .si formats hold before their list of files.
struct InfoFormat {
  absl::string_view codec;
  bool index_header;     // an id and a suffix after the header
  bool version_numbers;  // instead of a version as text
  bool oldest_version;   // of the documents in it
  bool attributes;       // before the files
  bool varint;           // counts, since version 1 of Lucene50SegmentInfo
};
constexpr InfoFormat kInfoFormats[] = {
    {"Lucene40SegmentInfo", false, false, false, true, false},
    {"Lucene46SegmentInfo", false, false, false, false, false},
    {"Lucene50SegmentInfo", true, true, false, false, true},
    {"Lucene62SegmentInfo", true, true, false, false, true},
    {"Lucene70SegmentInfo", true, true, true, false, true},
    {"Lucene86SegmentInfo", true, true, true, false, true},
};

}  // namespace

bool IsLuceneFooter(absl::string_view last_bytes) {
  return last_bytes.size() == kLuceneFooterBytes &&
         BigEndian(last_bytes.substr(0, 4)) == kFooterMagic &&
         BigEndian(last_bytes.substr(4, 4)) == 0 &&  // CRC-32
         BigEndian(last_bytes.substr(8, 4)) == 0;
}

bool HasValidLuceneFooter(absl::string_view file) {
  if (file.size() < kLuceneFooterBytes) return false;
  return IsLuceneFooter(file.substr(file.size() - kLuceneFooterBytes)) &&
         BigEndian(file.substr(file.size() - kChecksumBytes)) ==
             Crc32(file.substr(0, file.size() - kChecksumBytes));
}

absl::StatusOr<LuceneCommit> ParseLuceneCommit(absl::string_view bytes) {
  if (bytes.size() < sizeof(uint32_t)) return Broken("it is cut off");
  const uint64_t magic = BigEndian(bytes.substr(0, sizeof(uint32_t)));
  if (magic == kHeaderMagic) return ParseModern(bytes);
  if (static_cast<int32_t>(magic) < 0) return ParseOld(bytes);
  return Broken("it is not Lucene's");
}

absl::StatusOr<LuceneSegmentInfo> ParseLuceneSegmentInfo(absl::string_view bytes) {
  Reader reader(bytes);
  if (reader.Int() != kHeaderMagic) return Broken("it is cut off, or not Lucene's");
  const absl::string_view codec = reader.String();
  const uint32_t version = reader.Int();
  LuceneSegmentInfo info;
  const InfoFormat* const end = std::end(kInfoFormats);
  const InfoFormat* format = std::begin(kInfoFormats);
  while (format != end && format->codec != codec) ++format;
  const bool before_footers =
      format != end && !format->version_numbers && (version == 0 || format->attributes);
  info.footers =
      !before_footers || (bytes.size() >= kLuceneFooterBytes &&
                          IsLuceneFooter(bytes.substr(bytes.size() - kLuceneFooterBytes)));
  if (info.footers && !HasValidLuceneFooter(bytes)) {
    return Broken("its checksum is wrong, or it is cut off");
  }
  if (format == end) return info;
  const bool varint = format->varint && (format->codec != "Lucene50SegmentInfo" || version >= 1);
  if (format->index_header) {
    reader.Bytes(kIdBytes);
    reader.Bytes(reader.Byte());
  }
  if (format->version_numbers) {
    for (size_t i = 0; i < kVersionNumbers; ++i) reader.Int();
  } else {
    reader.String();
  }
  if (format->oldest_version && reader.Byte() == 1) {
    for (size_t i = 0; i < kVersionNumbers; ++i) reader.Int();
  }
  reader.Int();   // documents
  reader.Byte();  // compound
  reader.SkipMap(varint);
  if (format->attributes) reader.SkipMap(varint);
  reader.AppendSet(varint, &info.files);
  if (!reader.ok()) return Broken("its list of files cannot be read");
  info.understood = true;
  return info;
}

}  // namespace ingot
