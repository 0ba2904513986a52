// The layout of --help.
#pragma once

#include <string>

#include "CLI/CLI.hpp"

namespace ingot {

// CLI11's own, with lines that end before column 100 and without the noise of validators.
class HelpFormatter : public CLI::Formatter {
 public:
  static constexpr size_t kNameColumns = 32;
  static constexpr size_t kLineColumns = 100;

  HelpFormatter();
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
};

}  // namespace ingot
