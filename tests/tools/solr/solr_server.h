// tests/tools/solr/solr_server.py, running.
#pragma once

#include <memory>
#include <string>

#include "io/process.h"
#include "nlohmann/json.hpp"
#include "tests/testing.h"

namespace ingot {

class SolrServer {
 public:
  // `scenario` is written to `path`, and what is asked for to `path`.log.
  SolrServer(const std::string& path, const nlohmann::json& scenario) : log_(path + ".log") {
    WriteFile(path, scenario.dump());
    absl::StatusOr<io::Process> process = io::Process::Start(
        {{"python3", std::string(INGOT_TESTS_DIR) + "/tools/solr/solr_server.py", path},
         {},
         {},
         {}});
    EXPECT_OK(process);
    if (!process.ok()) return;
    process_ = std::make_unique<io::Process>(*std::move(process));
    char byte = 0;
    for (;;) {
      const absl::StatusOr<size_t> got = process_->ReadOutput(absl::MakeSpan(&byte, 1));
      if (!got.ok() || *got == 0 || byte == '\n') break;
      port_ += byte;
    }
    EXPECT_NE(port_, "") << "the server does not start";
  }

  const std::string& port() const { return port_; }
  std::string Log() const { return ReadFile(log_); }  // a path and query for each line

 private:
  const std::string log_;
  std::string port_;
  std::unique_ptr<io::Process> process_;
};

}  // namespace ingot
