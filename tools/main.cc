#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "io/fatal.h"
#include "io/interruption.h"
#include "tools/command.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(2), reported like any other
  ingot::io::ExitWhenOutOfMemory();
  ingot::io::HandleInterruptions();
  constexpr ingot::RegisterVerb kVerbs[] = {
      ingot::RegisterCreate,  ingot::RegisterBackup, ingot::RegisterVerify, ingot::RegisterRestore,
      ingot::RegisterSalvage, ingot::RegisterList,   ingot::RegisterCat,    ingot::RegisterInfo,
  };
  return ingot::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc), kVerbs, stderr);
}
