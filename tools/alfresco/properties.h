// Java properties files: the syntax of java.util.Properties.load(InputStream), and Spring's ${name}
// placeholders.
//
// Bytes are read as Java reads them: as Latin-1, with \uXXXX for all else. Keys and values are
// UTF-8 here. A file in UTF-8 therefore gives the same odd names that the server sees; lines that
// look like it are listed, so that a directory that is then not found can be explained.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ingot {

inline constexpr size_t kPropertiesBytesMax = size_t{16} << 20;
inline constexpr size_t kResolvedBytesMax = size_t{64} << 10;  // of one value: nesting can explode
inline constexpr int kPlaceholderDepthMax = 64;

struct Properties {
  std::map<std::string, std::string> values;  // of a repeated key the last one
  std::vector<uint64_t> utf8_lines;           // numbers of lines that hold UTF-8 beyond ASCII
};

// InvalidArgument for a malformed \uXXXX (Java refuses it, too) and for files that are too large;
// the message has the line. Half a surrogate pair becomes U+FFFD.
absl::StatusOr<Properties> ParseProperties(absl::string_view bytes);

struct ResolvedValue {
  std::string text;
  std::vector<std::string> unresolved;  // names of placeholders that stayed as they were
};

// Replaces ${name} by the value of `name`, whose own placeholders are replaced first, and names may
// be made of placeholders: ${a.${b}}. What has no value, or would contain itself, stays literal and
// is listed. InvalidArgument when the result is longer than kResolvedBytesMax.
absl::StatusOr<ResolvedValue> ResolvePlaceholders(const std::map<std::string, std::string>& values,
                                                  absl::string_view text);

}  // namespace ingot
