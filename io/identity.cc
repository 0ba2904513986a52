#include "io/identity.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"

namespace ingot::io {
namespace {

constexpr size_t kRememberedMax = 65536;              // names or ids; then the memory starts afresh
constexpr size_t kRecordBytes = 4096;                 // tried first
constexpr size_t kRecordBytesMax = size_t{16} << 20;  // a group lists all its members

// Remembers what the system answered, also that it knows nothing. Thread-safe.
template <typename Key, typename Value>
class Memory {
 public:
  Value Get(const Key& key, absl::FunctionRef<Value()> ask) {
    {
      absl::ReaderMutexLock lock(&mutex_);
      const auto found = answers_.find(key);
      if (found != answers_.end()) return found->second;
    }
    Value answer = ask();
    absl::MutexLock lock(&mutex_);
    if (answers_.size() >= kRememberedMax) answers_.clear();
    answers_.emplace(key, answer);
    return answer;
  }

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<Key, Value> answers_ ABSL_GUARDED_BY(mutex_);
};

// get*_r with a buffer that grows; whether a record was found.
template <typename Record, typename Call>
bool FindRecord(Call call, Record* record, std::string* buffer) {
  for (size_t bytes = kRecordBytes; bytes <= kRecordBytesMax; bytes *= 4) {
    buffer->resize(bytes);
    Record* found = nullptr;
    int error = EINTR;
    while (error == EINTR) error = call(record, buffer->data(), buffer->size(), &found);
    if (error != ERANGE) return error == 0 && found != nullptr;
  }
  return false;
}

}  // namespace

std::string UserName(uint32_t uid) {
  static auto* memory = new Memory<uint32_t, std::string>;
  return memory->Get(uid, [uid]() -> std::string {
    struct passwd record;
    std::string buffer;
    const bool found =
        FindRecord([uid](auto... rest) { return getpwuid_r(uid, rest...); }, &record, &buffer);
    return found ? record.pw_name : "";
  });
}

std::string GroupName(uint32_t gid) {
  static auto* memory = new Memory<uint32_t, std::string>;
  return memory->Get(gid, [gid]() -> std::string {
    struct group record;
    std::string buffer;
    const bool found =
        FindRecord([gid](auto... rest) { return getgrgid_r(gid, rest...); }, &record, &buffer);
    return found ? record.gr_name : "";
  });
}

std::optional<uint32_t> UserId(const std::string& name) {
  static auto* memory = new Memory<std::string, std::optional<uint32_t>>;
  return memory->Get(name, [&name]() -> std::optional<uint32_t> {
    struct passwd record;
    std::string buffer;
    const bool found = FindRecord(
        [&name](auto... rest) { return getpwnam_r(name.c_str(), rest...); }, &record, &buffer);
    return found ? std::optional<uint32_t>(record.pw_uid) : std::nullopt;
  });
}

std::optional<uint32_t> GroupId(const std::string& name) {
  static auto* memory = new Memory<std::string, std::optional<uint32_t>>;
  return memory->Get(name, [&name]() -> std::optional<uint32_t> {
    struct group record;
    std::string buffer;
    const bool found = FindRecord(
        [&name](auto... rest) { return getgrnam_r(name.c_str(), rest...); }, &record, &buffer);
    return found ? std::optional<uint32_t>(record.gr_gid) : std::nullopt;
  });
}

}  // namespace ingot::io
