// A process that knows a password.
#pragma once

namespace ingot::io {

// From now on what is in our memory gets into no core file, nor does the memory of programs that we
// start; and processes of the same user can neither trace us nor read our memory or environment in
// /proc. As far as the system lets us: there is nothing to do about it when it does not.
void KeepMemoryPrivate();

}  // namespace ingot::io
