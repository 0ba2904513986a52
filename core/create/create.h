// Making a container. The flow is in create.cc; the driver (tools/) calls it stage by stage.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/finding.h"
#include "core/format/digest.h"
#include "core/format/index.h"
#include "core/format/run_times.h"
#include "io/engine.h"
#include "io/file_stat.h"

namespace ingot {

inline constexpr uint64_t kFrameBytesMin = uint64_t{1} << 20;
inline constexpr uint64_t kFrameBytesMax = uint64_t{32} << 20;
inline constexpr uint64_t kDefaultFrameBytes = uint64_t{4} << 20;
inline constexpr uint64_t kDefaultMemoryBytes = uint64_t{384} << 20;

struct CreateOptions {
  std::string output;  // "-": standard output
  bool replace = false;
  io::EngineKind engine = io::EngineKind::kAuto;
  int threads = 0;  // that press; 0: one for each processor we may run on
  int level = 1;    // zstd's
  uint64_t frame_bytes = kDefaultFrameBytes;
  uint64_t memory_bytes = kDefaultMemoryBytes;  // of frame buffers, which are nearly all of it
  std::vector<std::string> excludes;            // core/glob.h
  bool one_file_system = false;
  uint64_t read_bytes_per_second = 0;   // the most that is read from trees; 0: no limit
  uint64_t write_bytes_per_second = 0;  // the most that is written of the container; 0: no limit
  std::string spool_directory;  // for unnamed temporary files; empty: beside the output, or $TMPDIR
  std::string created_by;       // "ingot 0.1.0"
};

// Written by the engine while it runs, read by whoever shows progress. Bytes.
struct CreateProgress {
  std::atomic<uint64_t> members{0};
  std::atomic<uint64_t> directories{0};
  std::atomic<uint64_t> read_bytes{0};     // content read from the source
  std::atomic<uint64_t> written_bytes{0};  // of the container
};

struct TreeRoot {
  std::string source_path;
  std::string member_path;      // the name that stands for source_path in the container
  bool follow_symlink = false;  // when source_path itself is a symbolic link
};

// Bytes of unknown length: a dump. Used by one thread.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  // 0 at the end. Blocks.
  virtual absl::StatusOr<size_t> Read(absl::Span<char> out) = 0;
  // Called once, at the end of the bytes: OK only when they are known to be complete.
  virtual absl::Status Finish() = 0;
};

// What one stage put into the container.
struct StageResult {
  uint64_t members = 0;
  uint64_t bytes = 0;        // logical content
  uint64_t first_frame = 0;  // frames [first_frame, end_frame) of the container
  uint64_t end_frame = 0;
};

struct CreateSummary {
  uint64_t members = 0;
  uint64_t logical_bytes = 0;
  uint64_t stream_bytes = 0;
  uint64_t file_bytes = 0;
  uint64_t frames = 0;
  RunTimes times;
};

// One container in the making. Stages are added one after the other by one thread; each has been
// read to its last byte when its call returns (what is still being pressed and written goes on
// meanwhile). Any error ends the whole: destroy the object, nothing is published.
class Creation {
 public:
  static absl::StatusOr<std::unique_ptr<Creation>> Begin(const CreateOptions& options);
  ~Creation();  // unless Seal succeeded: abandons

  // Walks the tree; what cannot be read is a finding. NotFound when source_path does not exist.
  absl::StatusOr<StageResult> AddTree(const TreeRoot& root);
  // One member of unknown size; `source` is read to its end and finished.
  absl::StatusOr<StageResult> AddStream(const std::string& member_path, StreamSource* source);
  // One member from memory.
  absl::StatusOr<StageResult> AddDocument(const std::string& member_path,
                                          absl::string_view content);
  // All members so far, in the order of the stream; stops at the first error, `visit`'s too.
  absl::Status ForEachEntry(absl::FunctionRef<absl::Status(const IndexEntry&)> visit);
  // What the last AddStream took, again from its beginning, as often as wanted. The source must go
  // before anything else is added or sealed.
  absl::StatusOr<std::unique_ptr<StreamSource>> ReadStream();
  // Adds ingot/findings.json when there are any and `findings_member` is set; writes the end of the
  // archive, index and seek table; fsyncs; publishes.
  absl::StatusOr<CreateSummary> Seal(bool findings_member);

  const CreateProgress& progress() const;
  Findings& findings();
  // "uring" or "posix", and why it is not what `auto` wanted (empty: it is).
  std::string engine_name() const;
  std::string engine_fallback() const;

 private:
  class Impl;
  explicit Creation(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot
