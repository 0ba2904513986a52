// One io_uring: set up, submitted to and reaped by us. Wraps liburing for the uring engine alone.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ingot::io {

// Belongs to the thread that first calls SubmitAndWait: the kernel may be told so and then refuses
// others. REQUIRES: never more operations unreaped than `entries`.
class Ring {
 public:
  // The cheapest way of running completions that this kernel knows. Errors say why no ring is to be
  // had.
  static absl::StatusOr<std::unique_ptr<Ring>> Create(unsigned entries);
  ~Ring();
  Ring(const Ring&) = delete;

  // Whether the kernel has all operations that we use; Unimplemented names the missing one.
  absl::Status CheckOperations();

  // An entry for io_uring_prep_* and a user_data.
  struct io_uring_sqe* Next();
  // Submits what was prepared and waits until `wait` completions are there, or less: callers loop.
  void SubmitAndWait(unsigned wait);
  // Takes all completions that are there.
  void Reap(absl::FunctionRef<void(uint64_t user_data, int result)> completed);

 private:
  Ring() = default;
  void Enable();

  struct io_uring ring_;
  bool enabled_ = false;
  int attempts_ = 0;  // to submit, since the kernel last took something
};

}  // namespace ingot::io
