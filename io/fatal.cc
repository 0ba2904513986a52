#include "io/fatal.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "io/stream_output.h"

namespace ingot::io {
namespace {

std::atomic<bool> as_json{false};
std::atomic<int> unfinished_stream{-1};

void Put(const char* text) {
  // There is nobody left to tell of a standard error that takes nothing.
  static_cast<void>(!write(STDERR_FILENO, text, std::strlen(text)));
}

// What would need an escape in JSON is left out.
void PutPlain(const char* text) {
  for (; *text != '\0'; ++text) {
    if (*text == '"' || *text == '\\' || *text < ' ') continue;
    static_cast<void>(!write(STDERR_FILENO, text, 1));
  }
}

[[noreturn]] void OnTerminate() {
  try {
    if (std::current_exception() != nullptr) std::rethrow_exception(std::current_exception());
  } catch (const std::bad_alloc&) {
    ExitOutOfMemory();
  } catch (const std::exception& exception) {
    ExitFailed(exception.what());
  } catch (...) {
  }
  std::abort();
}

}  // namespace

void ExitFailed(const char* message) {
  const int stream = unfinished_stream.load();
  if (stream >= 0) {
    static_cast<void>(!write(stream, kBareMagic.data(), kBareMagic.size()));
  }
  Put(as_json.load() ? "{\"event\":\"error\",\"message\":\"" : "ingot: error: ");
  PutPlain(message);
  Put(as_json.load() ? "\"}\n" : "\n");
  _exit(EXIT_FAILURE);
}

void ExitOutOfMemory() {
  ExitFailed("out of memory: a smaller --memory or fewer --threads need less");
}

void ExitWhenOutOfMemory() {
  std::set_new_handler(ExitOutOfMemory);
  std::set_terminate(OnTerminate);
}

void TellFatalAsJson() { as_json = true; }
void SetUnfinishedStream(int fd) { unfinished_stream = fd; }

}  // namespace ingot::io
