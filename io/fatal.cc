#include "io/fatal.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>

#include "io/stream_output.h"

namespace ingot::io {
namespace {

std::atomic<bool> as_json{false};
std::atomic<const char*> out_of_memory{"out of memory"};
std::atomic<int> unfinished_stream{-1};

std::atomic<bool> ending{false};

// One line, told at once.
class Line {
 public:
  void Add(const char* text) {
    for (; *text != '\0' && size_ < sizeof(text_) - kEndBytes; ++text) text_[size_++] = *text;
  }
  // What would need an escape in JSON is left out.
  void AddPlain(const char* text) {
    for (; *text != '\0'; ++text) {
      const char plain[] = {*text, '\0'};
      if (*text != '"' && *text != '\\' && *text >= ' ') Add(plain);
    }
  }
  void Tell(const char* end) {
    for (; *end != '\0'; ++end) text_[size_++] = *end;
    // There is nobody left to tell of a standard error that takes nothing.
    static_cast<void>(!write(STDERR_FILENO, text_, size_));
  }

 private:
  static constexpr size_t kEndBytes = 8;
  char text_[1024];
  size_t size_ = 0;
};

[[noreturn]] void OnTerminate() {
  try {
    if (std::current_exception() != nullptr) std::rethrow_exception(std::current_exception());
  } catch (const std::bad_alloc&) {
    ExitOutOfMemory();
  } catch (const std::runtime_error& refused) {  // std::system_error is one
    ExitFailed(refused.what());
  } catch (...) {
    __gnu_cxx::__verbose_terminate_handler();  // tells which it is and aborts
  }
  std::abort();
}

}  // namespace

void ExitFailed(const char* message) {
  // Several threads may meet the same end: the first one tells it.
  while (ending.exchange(true)) pause();
  Line line;
  line.Add(as_json.load() ? "{\"event\":\"error\",\"message\":\"" : "ingot: error: ");
  line.AddPlain(message);
  line.Tell(as_json.load() ? "\"}\n" : "\n");
  if (const int stream = unfinished_stream.load(); stream >= 0) SpoilStream(stream);
  _exit(EXIT_FAILURE);
}

void ExitOutOfMemory() { ExitFailed(out_of_memory.load()); }

void ExitWhenOutOfMemory() {
  std::set_new_handler(ExitOutOfMemory);
  std::set_terminate(OnTerminate);
}

void SetOutOfMemoryText(const char* text) { out_of_memory = text; }
void TellFatalAsJson() { as_json = true; }
void SetUnfinishedStream(int fd) { unfinished_stream = fd; }

}  // namespace ingot::io
