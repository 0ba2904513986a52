// A set of row ids: a compressed bitmap, two bytes at most for each id of a table that is not
// nearly empty, a bit or so where ids are dense.
#pragma once

#include <cstdint>
#include <memory>

namespace ingot {

// Not thread-safe.
class IdSet {
 public:
  IdSet();
  ~IdSet();
  IdSet(IdSet&&) noexcept;
  IdSet& operator=(IdSet&&) noexcept;

  void Add(uint64_t id);
  bool Contains(uint64_t id) const;
  uint64_t Count() const;
  void Intersect(const IdSet& other);
  uint64_t MemoryBytes() const;  // as much as it takes when written, which is nearly what it takes

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ingot
