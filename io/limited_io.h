// Reading and writing at a limited rate: decorators of the engine's readers and of a WriteQueue.
#pragma once

#include <memory>

#include "io/engine.h"
#include "io/rate_limit.h"

namespace ingot::io {

// The same engine, whose BatchReaders all keep to `limit` together. `limit` outlives it.
std::unique_ptr<Engine> LimitReads(std::unique_ptr<Engine> engine, RateLimit* limit);

// The same queue, written to in pieces, each in its turn: Submit waits for it. `limit` outlives it.
std::unique_ptr<WriteQueue> LimitWrites(std::unique_ptr<WriteQueue> queue, RateLimit* limit);

}  // namespace ingot::io
