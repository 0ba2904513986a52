// How a verb joins the command line: cmd_<verb>.cc has one Register<Verb> that adds its CLI11
// subcommand.
//
//   void RegisterCat(CLI::App& app, Invocation* invocation) {
//     auto options = std::make_shared<CatOptions>();
//     CLI::App* verb = app.add_subcommand("cat", "One member's bytes to standard output");
//     verb->add_option("FILE", options->file, "container")->required();
//     AddQuiet(verb, invocation);
//     verb->callback([=] {
//       invocation->run = [=](Report& report) { return Cat(*options, report); };
//     });
//   }
//
// Flags are checked with CLI11's validators as far as they go; what it finds wrong ends as 2 with
// one line.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "io/engine.h"
#include "tools/exit_code.h"
#include "tools/report.h"

namespace ingot {

// What the parsed command line asks for.
struct Invocation {
  ReportOptions report;
  bool nice = false;  // the verb runs at the lowest priority
  // An error is shown by the caller ("ingot: error: ...") and becomes the exit code by ExitCodeOf.
  std::function<absl::StatusOr<ExitCode>(Report& report)> run;
};

using RegisterVerb = void (*)(CLI::App& app, Invocation* invocation);

void RegisterCreate(CLI::App& app, Invocation* invocation);
void RegisterBackup(CLI::App& app, Invocation* invocation);
void RegisterVerify(CLI::App& app, Invocation* invocation);
void RegisterRestore(CLI::App& app, Invocation* invocation);
void RegisterSalvage(CLI::App& app, Invocation* invocation);
void RegisterList(CLI::App& app, Invocation* invocation);
void RegisterCat(CLI::App& app, Invocation* invocation);
void RegisterInfo(CLI::App& app, Invocation* invocation);

// Options that several verbs have, worded and checked alike.
inline constexpr int kThreadsMax = 1024;
void AddQuiet(CLI::App* verb, Invocation* invocation);       // -q, --quiet
void AddJsonEvents(CLI::App* verb, Invocation* invocation);  // --json of create, backup and salvage
// --threads: 0 .. kThreadsMax. `what` they do, and how many `for_each` processor are the default.
void AddThreads(CLI::App* verb, int* threads, const std::string& what, const std::string& for_each);
void AddIo(CLI::App* verb, io::EngineKind* engine);    // --io auto|uring|posix
void AddNice(CLI::App* verb, Invocation* invocation);  // --nice
// --limit-read and --limit-write, for each second: SIZE as below, also as "100M/s".
inline constexpr uint64_t kRateBytesMin = uint64_t{64} << 10;
inline constexpr uint64_t kRateBytesMax = uint64_t{1} << 40;
void AddLimitRead(CLI::App* verb, uint64_t* bytes_per_second, const std::string& help);
void AddLimitWrite(CLI::App* verb, uint64_t* bytes_per_second, const std::string& help);
// SIZE as "4096", "512K", "4M", "4MiB", "1.5G" (powers of 1024): tools/size.h
void AddSize(CLI::App* verb, const std::string& flag, uint64_t* bytes, uint64_t min, uint64_t max,
             const std::string& help);

// DURATION as "90s", "2h30m" (tools/schedule/duration_text.h); CLI::ValidationError of `flag` when
// it is none between min and max.
absl::Duration TakeDuration(const std::string& flag, const std::string& text, absl::Duration min,
                            absl::Duration max);

// Parses and runs; returns the exit code of the process. `arguments` are without the program's
// name. Errors, notes and usage go to `error`; --help and --version go to standard output.
int RunCommandLine(const std::vector<std::string>& arguments, absl::Span<const RegisterVerb> verbs,
                   std::FILE* error);

}  // namespace ingot
