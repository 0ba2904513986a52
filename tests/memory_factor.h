// Bounds of memory, in tests.
#pragma once

namespace ingot {

// By what a build takes more for itself: ThreadSanitizer remembers who used what.
#ifdef __SANITIZE_THREAD__
inline constexpr int kMemoryFactor = 4;
#else
inline constexpr int kMemoryFactor = 1;
#endif

}  // namespace ingot
