#include "io/thread.h"

#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <utility>

#include "io/status.h"

namespace ingot::io {

absl::StatusOr<std::thread> StartThread(const std::string& name, std::function<void()> run) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the new thread
  absl::StatusOr<std::thread> thread;
  try {
    thread = std::thread(std::move(run));
    pthread_setname_np(thread->native_handle(), name.c_str());
  } catch (const std::system_error& error) {
    thread = ErrnoStatus(error.code().value(), "start the thread", name);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

void NameThisThread(const std::string& name) { pthread_setname_np(pthread_self(), name.c_str()); }

}  // namespace ingot::io
