// JSON from bytes that need not be UTF-8.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace ingot {

// Strict: no overlong forms, surrogates, or code points past U+10FFFF.
bool IsValidUtf8(absl::string_view bytes);
// Bytes that are not UTF-8 become U+FFFD, one for each broken sequence; who needs them exactly adds
// "<key>_base64" beside.
std::string ToUtf8(absl::string_view bytes);
// For terminals and logs: control characters, those that turn the direction of text or end a line
// (U+202E, U+2028 ...), bytes that are not UTF-8 and backslashes as \n, \t, \ooo, \\.
std::string EscapeForTerminal(absl::string_view bytes);
// JSON text, which may hold DEL, U+0080 to U+009F and the like as they are, with all of these as
// \uXXXX: the same JSON. REQUIRES: it is valid.
std::string JsonForTerminal(absl::string_view json);

}  // namespace ingot
