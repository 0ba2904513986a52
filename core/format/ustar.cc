#include "core/format/ustar.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr char kMagic[] = {'u', 's', 't', 'a', 'r', '\0'};
constexpr char kVersion[] = {'0', '0'};
constexpr char kChecksumEnd[] = {'\0', ' '};  // behind its six digits, as every tar has it

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("tar header: ", what));
}

void PutOctal(uint64_t value, absl::Span<char> digits) {
  for (size_t i = digits.size(); i-- > 0; value >>= 3)
    digits[i] = static_cast<char>('0' + (value & 7));
  INGOT_CHECK(value == 0);
}

// All but the last byte of the field are digits, the last is NUL.
template <size_t N>
void PutNumber(uint64_t value, char (&field)[N]) {
  PutOctal(value, absl::Span<char>(field, N - 1));
}

template <size_t N>
void PutText(absl::string_view text, char (&field)[N]) {
  text.copy(field, N);
}

absl::StatusOr<uint64_t> GetOctal(absl::Span<const char> digits) {
  uint64_t value = 0;  // at most 11 digits: cannot overflow
  for (const char digit : digits) {
    if (digit < '0' || digit > '7') return Damaged("not an octal number");
    value = value << 3 | static_cast<uint64_t>(digit - '0');
  }
  return value;
}

template <size_t N>
absl::StatusOr<uint64_t> GetNumber(const char (&field)[N]) {
  if (field[N - 1] != '\0') return Damaged("a number is not terminated");
  return GetOctal(absl::Span<const char>(field, N - 1));
}

template <size_t N>
absl::string_view GetText(const char (&field)[N]) {
  return absl::string_view(field, strnlen(field, N));
}

// Of the block with its checksum field as spaces.
uint64_t Checksum(const UstarBlock& block) {
  // 16 bits hold the sum of 256 bytes, and vectors hold many of them.
  static_assert(sizeof(block) % 256 == 0);
  uint64_t sum = 0;
  const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(&block);
  for (size_t begin = 0; begin < sizeof(block); begin += 256) {
    uint16_t part = 0;
    for (size_t i = 0; i < 256; ++i) part = static_cast<uint16_t>(part + bytes[begin + i]);
    sum += part;
  }
  for (const char byte : block.checksum) sum += uint64_t{' '} - static_cast<uint8_t>(byte);
  return sum;
}

absl::Status CheckBlock(const UstarBlock& block) {
  if (std::memcmp(block.magic, kMagic, sizeof(kMagic)) != 0 ||
      std::memcmp(block.version, kVersion, sizeof(kVersion)) != 0) {
    return Damaged("not a ustar header");
  }
  const absl::Span<const char> field(block.checksum);
  INGOT_ASSIGN_OR_RETURN(const uint64_t checksum, GetOctal(field.subspan(0, 6)));
  if (std::memcmp(block.checksum + 6, kChecksumEnd, sizeof(kChecksumEnd)) != 0 ||
      checksum != Checksum(block)) {
    return Damaged("its checksum does not match");
  }
  return absl::OkStatus();
}

}  // namespace

void AppendUstar(const UstarFields& fields, std::string* out) {
  // In place: a block of its own would be cleared and copied by `rep`, slow to start.
  const size_t begin = out->size();
  out->append(sizeof(UstarBlock), '\0');
  UstarBlock& block = *reinterpret_cast<UstarBlock*>(out->data() + begin);
  PutText(fields.name, block.name);
  PutNumber(fields.mode, block.mode);
  PutNumber(fields.uid, block.uid);
  PutNumber(fields.gid, block.gid);
  PutNumber(fields.size, block.size);
  PutNumber(fields.mtime, block.mtime);
  block.type = fields.type;
  PutText(fields.link_name, block.link_name);
  std::memcpy(block.magic, kMagic, sizeof(kMagic));
  std::memcpy(block.version, kVersion, sizeof(kVersion));
  INGOT_CHECK(fields.user_name.size() <= kUstarOwnerBytesMax);
  INGOT_CHECK(fields.group_name.size() <= kUstarOwnerBytesMax);
  PutText(fields.user_name, block.user_name);
  PutText(fields.group_name, block.group_name);
  PutNumber(fields.device_major, block.device_major);
  PutNumber(fields.device_minor, block.device_minor);
  PutOctal(Checksum(block), absl::Span<char>(block.checksum, 6));
  std::memcpy(block.checksum + 6, kChecksumEnd, sizeof(kChecksumEnd));
}

std::string EncodeUstar(const UstarFields& fields) {
  std::string block;
  AppendUstar(fields, &block);
  return block;
}

absl::StatusOr<UstarFields> ParseUstar(absl::Span<const char> bytes) {
  if (bytes.size() != sizeof(UstarBlock)) return Damaged("cut off");
  const UstarBlock& block = *reinterpret_cast<const UstarBlock*>(bytes.data());
  INGOT_RETURN_IF_ERROR(CheckBlock(block));
  UstarFields fields;
  fields.name = GetText(block.name);
  INGOT_ASSIGN_OR_RETURN(const uint64_t mode, GetNumber(block.mode));
  fields.mode = static_cast<uint32_t>(mode);
  INGOT_ASSIGN_OR_RETURN(fields.uid, GetNumber(block.uid));
  INGOT_ASSIGN_OR_RETURN(fields.gid, GetNumber(block.gid));
  INGOT_ASSIGN_OR_RETURN(fields.size, GetNumber(block.size));
  INGOT_ASSIGN_OR_RETURN(fields.mtime, GetNumber(block.mtime));
  fields.type = block.type;
  fields.link_name = GetText(block.link_name);
  fields.user_name = GetText(block.user_name);
  fields.group_name = GetText(block.group_name);
  INGOT_ASSIGN_OR_RETURN(fields.device_major, GetNumber(block.device_major));
  INGOT_ASSIGN_OR_RETURN(fields.device_minor, GetNumber(block.device_minor));
  return fields;
}

}  // namespace ingot
