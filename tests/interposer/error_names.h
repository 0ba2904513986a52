// The errno that a fault's effect names.
#pragma once

#include <cerrno>

namespace ingot::faults {

struct ErrorName {
  const char* name;
  int number;
};
inline constexpr ErrorName kErrorNames[] = {
    {"EINTR", EINTR},
    {"EAGAIN", EAGAIN},
    {"EIO", EIO},
    {"ENOSPC", ENOSPC},
    {"EDQUOT", EDQUOT},
    {"ESTALE", ESTALE},
    {"ENOMEM", ENOMEM},
    {"EACCES", EACCES},
    {"EROFS", EROFS},
    {"EMFILE", EMFILE},
    {"ENOENT", ENOENT},
    {"EBADFD", EBADFD},
    {"EINVAL", EINVAL},
    {"ENFILE", ENFILE},
    {"ENOSYS", ENOSYS},
    {"ENOLCK", ENOLCK},
    {"EPERM", EPERM},
    {"ECANCELED", ECANCELED},
    {"EOPNOTSUPP", EOPNOTSUPP},
    {"EPIPE", EPIPE},
    {"ECONNRESET", ECONNRESET},
    {"ECONNREFUSED", ECONNREFUSED},
    {"ENETUNREACH", ENETUNREACH},
    {"ETIMEDOUT", ETIMEDOUT},
};

}  // namespace ingot::faults
