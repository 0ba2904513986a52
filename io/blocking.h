// Open, read and write by plain system calls, with all that a retry needs. What the posix engine is
// made of, and what the other falls back to for single operations.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "io/engine.h"

namespace ingot::io {

// More than this in one call is cut by the kernel (at 2 GiB less a page), so nothing asks for more.
inline constexpr uint64_t kCallBytesMax = uint64_t{1} << 30;

// Which failed calls are made again: after EINTR always, after EAGAIN with pauses for a second.
// That comes of regular files where another holds a lease (Samba does), or the kernel is short of
// memory. One for each operation.
class Retry {
 public:
  // May sleep.
  bool IsWorthwhile(int error_number);

 private:
  int again_attempts_ = 0;
};

void OpenBlocking(OpenRequest* request);
// From data + done on; past the page cache where the request allows that and it is cheaper.
void ReadBlocking(ReadRequest* request, uint64_t done = 0);

// All of `data`, short writes continued. Also continues what O_DIRECT refuses without it: then all
// later writes to `fd` are buffered.
absl::Status WriteBlocking(int fd, absl::string_view path, absl::Span<const char> data,
                           uint64_t offset);

// What an operation on a request tells about what to do next.
enum class Progress { kEnded, kRepeat };

// Takes the result of one read(2) at data + *done (bytes or -errno) into account.
Progress NoteRead(ReadRequest* request, uint64_t* done, int64_t result);

// Whether a read that ended so is to be tried again, once, without O_DIRECT: what it refuses
// (EINVAL; also of a buffered read, when another of the same file has set it), and whatever else
// goes wrong with it. It reports what an earlier write of the server's could not store, for one,
// where a buffered read has the content.
bool IsForBuffered(int64_t result, bool direct);

// Bytes that are to be asked for, of a request that is read with O_DIRECT: whole sectors. A file
// that has grown may give more of them than the request's length.
uint64_t DirectLength(const ReadRequest& request);
// The descriptor to read it by past the page cache; -1 where it is not better read so.
int DirectFd(const ReadRequest& request);

// Clears O_DIRECT; false when it was not set.
bool DropDirect(int fd);

}  // namespace ingot::io
