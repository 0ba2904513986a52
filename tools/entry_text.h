// An entry of the index for people and for scripts.
#pragma once

#include <string>

#include "core/format/index.h"
#include "nlohmann/json.hpp"

namespace ingot {

// "drwxr-xr-x", with s, S, t and T as ls shows them; 'h' for a hard link.
std::string ModeText(MemberType type, uint32_t mode);

// As `tar -tv` shows it, times in UTC: mode, owner/group, size or device numbers, time. Without the
// path.
std::string LongText(const IndexEntry& entry);

// Everything that the index knows. Strings that are not UTF-8 have their exact bytes as
// "<key>_base64" beside.
nlohmann::ordered_json EntryToJson(const IndexEntry& entry);

// {"key": text}, and "key_base64" where the text is not UTF-8.
void PutText(const char* key, const std::string& text, nlohmann::ordered_json* json);

}  // namespace ingot
