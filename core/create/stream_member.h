// Members whose bytes are not files: dumps of unknown length, and documents of ours.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/create/create.h"
#include "core/create/pipeline.h"
#include "core/create/read_back.h"
#include "core/member.h"
#include "io/output.h"

namespace ingot {

// A regular file of root's, 0600, with whole seconds of `now` as its time.
Member DocumentMember(const std::string& path, uint64_t size, io::Timestamp now);

// A member that fits into one frame.
absl::Status AddSmallDocument(const Member& member, absl::string_view content, Pipeline* pipeline);

// A member of known size: `source` must bring exactly member.size bytes.
absl::Status AddSizedStream(const Member& member, uint64_t frame_bytes, StreamSource* source,
                            Pipeline* pipeline, CreateProgress* progress);

// A member whose size is known at its end only: its header is patched then. REQUIRES:
// output->CanPatch(). Tells where the bytes are.
absl::StatusOr<StreamPlace> AddUnsizedStream(const Member& member, uint64_t frame_bytes,
                                             StreamSource* source, Pipeline* pipeline,
                                             io::Output* output, CreateProgress* progress);

}  // namespace ingot
