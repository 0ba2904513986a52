// No call of ours is left out of the sweeps: what the libraries want of the C library and liburing
// is interposed, or is here with the reason why not.
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/command.h"

namespace ingot {
namespace {

// Not calls of the system.
constexpr char kNoSystemCalls[] =
    "abort bcmp crc32_z environ fnmatch free frexp getenv gmtime_r isspace isdigit isxdigit "
    "ldexp llround localeconv memchr memcmp memcpy memmem memmove memset sigaddset sigemptyset "
    "sigfillset snprintf strchr strcmp strcpy strerror strerror_r strftime strlen strncmp strnlen "
    "strsignal strtod strtold strtoll strtoull tolower toupper vsnprintf";

// Calls of the system that cannot fail as we use them, or whose failure changes nothing.
constexpr char kCannotFail[] =
    // What has valid arguments cannot fail.
    "clock_gettime closedir dirfd fileno geteuid getpid getppid getrlimit gethostname isatty "
    "munmap "
    "nanosleep prctl pthread_self pthread_setname_np pthread_sigmask sched_getaffinity sched_yield "
    "setsid sigaction sigprocmask sysconf io_uring_free_probe io_uring_queue_exit "
    // Advice: what comes of it is not looked at.
    "madvise posix_fadvise sync_file_range "
    // To standard error, which is the last that one could tell of.
    "fflush fprintf fputc fputs fwrite stderr "
    // In the child after fork; it ends with a code that the parent tells.
    "_exit dup2 execve "
    // A limit that cannot be raised stays; sanitizers set theirs before anything of ours may run.
    "setrlimit "
    // Nobody to be signalled is as good as signalled, and a signal ends a wait for none.
    "kill pause";

// Of other libraries, which have failures of their own.
bool IsOfAnotherLibrary(absl::string_view symbol) {
  for (const char* prefix : {"_Z", "_U", "__", "Absl", "ZSTD_", "XXH", "curl_", "sqlite3_",
                             "inflate", "ra_", "roaring_", "_GLOBAL_OFFSET_TABLE_"}) {
    if (absl::StartsWith(symbol, prefix)) return true;
  }
  return false;
}

std::set<std::string> Symbols(const std::string& nm) {
  std::set<std::string> symbols;
  ShellResult result;
  EXPECT_TRUE(Succeeds(nm + " 2> nm.error | awk 'NF >= 2 {print $NF}'", &result));
  for (const std::string& line : Lines(result.output)) symbols.insert(line);
  return symbols;
}

TEST(InterposedTest, EveryCallThatCanFail) {
  if (Shell("nm --version").exit_code != 0) SKIP_OR_FAIL("no nm");
  ScratchDirectory scratch;
  const std::string in_scratch = "cd " + scratch.path() + " && ";
  const std::set<std::string> defined =
      Symbols(in_scratch + "nm --defined-only " + Quote(INGOT_FAULTY_BINARY));
  std::set<std::string> allowed;
  for (const char* list : {kNoSystemCalls, kCannotFail}) {
    for (const absl::string_view name : absl::StrSplit(list, ' ')) allowed.emplace(name);
  }
  uint64_t interposed = 0;
  for (const char* library : {INGOT_IO_LIBRARY, INGOT_CORE_LIBRARY, INGOT_TOOLS_LIBRARY}) {
    for (const std::string& wanted : Symbols(in_scratch + "nm -u " + Quote(library))) {
      if (IsOfAnotherLibrary(wanted)) continue;
      interposed += defined.contains(wanted) ? 1 : 0;
      EXPECT_TRUE(defined.contains(wanted) || allowed.contains(wanted))
          << wanted << ", which " << library << " calls, is not interposed";
    }
  }
  EXPECT_GT(interposed, 50u);
}

}  // namespace
}  // namespace ingot
