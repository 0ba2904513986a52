// --dump-command: any other database's own tool.
//
// The password, when there is one, is in the command's environment as INGOT_DB_PASSWORD; all else
// that is in ours is there too. The command itself appears in no message.
#include <cstdlib>

#include "absl/strings/match.h"
#include "tools/database/drivers.h"
#include "tools/database/program_dump.h"

namespace ingot::tools {

absl::StatusOr<std::unique_ptr<Dump>> StartCommandDump(const DumpRequest& request) {
  if (request.command.empty()) return absl::InvalidArgumentError("the dump command is empty");
  ProgramDumpOptions options;
  options.vendor = DatabaseVendor::kCommand;
  options.program = "the dump command";
  options.tool = "command";
  options.remedy = "it is run by bash: install Debian's package bash";
  options.process.arguments = {"bash", "-o", "pipefail", "-c", request.command};
  options.process.silence_max = request.silence_max;
  options.secrets.push_back(request.password);
  if (!request.password.empty())
    options.process.environment = {{"INGOT_DB_PASSWORD", request.password}};
  for (const std::string& name : PasswordVariables())
    if (const char* value = std::getenv(name.c_str()); value != nullptr)
      options.secrets.push_back(value);
  if (request.expect.empty()) {
    options.warnings.push_back(
        "nothing tells whether the dump is whole beyond exit code 0 and output that is not empty: "
        "--dump-expect TEXT names what the last line of a whole dump holds");
  } else {
    options.completion_line = request.expect;
    options.is_complete = [expect = request.expect](absl::string_view tail) {
      return absl::StrContains(LastLine(tail), expect);
    };
  }
  return StartProgramDump(std::move(options));
}

}  // namespace ingot::tools
