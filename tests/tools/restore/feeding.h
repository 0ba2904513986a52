// Dumps as texts, given to a database.
#pragma once

#include <csignal>
#include <memory>
#include <string>

#include "tests/testing.h"
#include "tools/restore/database_target.h"

namespace ingot::tools {

// In pieces of an odd size.
inline DumpBytes BytesOf(const std::string& dump) {
  return [dump](absl::FunctionRef<absl::Status(absl::Span<const char>)> sink) -> absl::Status {
    constexpr size_t kPieceBytes = 777;
    for (size_t i = 0; i < dump.size(); i += kPieceBytes) {
      const absl::Status status = sink(absl::MakeSpan(dump).subspan(i, kPieceBytes));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  };
}

// As a restore does it: the dump is looked at, then fed.
inline absl::Status Restore(DatabaseTarget* target, const std::string& dump) {
  if (const absl::Status status = target->Inspect(BytesOf(dump)); !status.ok()) return status;
  return target->Feed(BytesOf(dump));
}

// As main() has it: a program that stops reading is an error of write(2).
class IgnoreBrokenPipes {
 public:
  IgnoreBrokenPipes() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  ~IgnoreBrokenPipes() { std::signal(SIGPIPE, before_); }
  IgnoreBrokenPipes(const IgnoreBrokenPipes&) = delete;

 private:
  void (*before_)(int);
};

}  // namespace ingot::tools
