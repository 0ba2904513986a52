// User and group names for ids and back, remembered. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ingot::io {

std::string UserName(uint32_t uid);  // empty when the system knows none
std::string GroupName(uint32_t gid);
std::optional<uint32_t> UserId(const std::string& name);
std::optional<uint32_t> GroupId(const std::string& name);

}  // namespace ingot::io
