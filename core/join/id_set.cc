#include "core/join/id_set.h"

#include "roaring/roaring64map.hh"

namespace roaring {}      // namespace roaring
using namespace roaring;  // NOLINT(google-build-using-namespace)

namespace ingot {

struct IdSet::State {
  Roaring64Map ids;
};

IdSet::IdSet() : state_(std::make_unique<State>()) {}
IdSet::~IdSet() = default;
IdSet::IdSet(IdSet&&) noexcept = default;
IdSet& IdSet::operator=(IdSet&&) noexcept = default;

void IdSet::Add(uint64_t id) { state_->ids.add(id); }
bool IdSet::Contains(uint64_t id) const { return state_->ids.contains(id); }
uint64_t IdSet::Count() const { return state_->ids.cardinality(); }
void IdSet::Intersect(const IdSet& other) { state_->ids &= other.state_->ids; }
uint64_t IdSet::MemoryBytes() const { return state_->ids.getSizeInBytes(/*portable=*/false); }

}  // namespace ingot
