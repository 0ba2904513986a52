#include "io/engine.h"

#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot::io {

absl::StatusOr<std::unique_ptr<Engine>> NewEngine(EngineKind kind, std::string* fallback_reason) {
  fallback_reason->clear();
  if (kind == EngineKind::kPosix) return NewPosixEngine();
  absl::StatusOr<std::unique_ptr<Engine>> uring = NewUringEngine();
  if (uring.ok() || kind == EngineKind::kUring) return uring;
  *fallback_reason = absl::StrCat("using plain system calls: ", uring.status().message());
  return NewPosixEngine();
}

}  // namespace ingot::io
