// What everybody on this machine can see of the processes that work in a directory.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/e2e/running_command.h"

namespace ingot {

// Empty when the process has ended by now.
inline std::string OfProcess(const std::string& pid, const char* file) {
  std::ifstream stream(absl::StrCat("/proc/", pid, "/", file), std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// Calls `look` with the number of each such process, again and again, from a thread.
class ProcessWatch {
 public:
  ProcessWatch(const std::string& directory, std::function<void(const std::string& pid)> look)
      : thread_([this, directory, look = std::move(look)] {
          while (!stop_) {
            for (const std::string& pid : ProcessesIn(directory)) look(pid);
            absl::SleepFor(absl::Milliseconds(5));
          }
        }) {}
  ~ProcessWatch() {
    stop_ = true;
    thread_.join();
  }
  ProcessWatch(const ProcessWatch&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace ingot
