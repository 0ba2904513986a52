// The end of a container: end of archive, index, seek table, and its name.
#pragma once

#include "absl/status/statusor.h"
#include "core/create/create.h"
#include "core/create/write.h"
#include "core/format/index.h"
#include "io/output.h"
#include "io/spool.h"

namespace ingot {

// `facts`: what the root says beside what index and writer know. REQUIRES: everything was written,
// in sequence. Beyond this point no new member is added.
absl::StatusOr<CreateSummary> SealContainer(const IndexRoot& facts, IndexBuilder* index,
                                            const io::Spool& blocks, FrameWriter* writer,
                                            io::Output* output);

}  // namespace ingot
