#include "tools/help_formatter.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace ingot {
namespace {

// Broken at spaces into lines of at most `columns`.
std::vector<std::string> Wrap(absl::string_view text, size_t columns) {
  std::vector<std::string> lines(1);
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = std::string(word);
    } else if (line.size() + 1 + word.size() <= columns) {
      absl::StrAppend(&line, " ", word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace

HelpFormatter::HelpFormatter() { column_width(kNameColumns); }

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  if (!app->get_subcommands({}).empty())
    return absl::StrCat("\nUsage: ", name, " VERB [options]\n");
  return "\n" + CLI::Formatter::make_usage(app, name);
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  std::string left = "  " + make_option_name(option, is_positional);
  std::string help = make_option_desc(option);
  if (option->get_type_size() != 0) {
    // The type's name is followed by what the validators say of themselves.
    const std::string type = option->get_type_name();
    if (!is_positional) absl::StrAppend(&left, " ", type.substr(0, type.find(':')));
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size &&
        option->get_allow_extra_args()) {
      left += "...";
    }
    if (!option->get_default_str().empty()) {
      absl::StrAppend(&help, " (default ", option->get_default_str(), ")");
    }
  }
  if (option->get_required() && !is_positional) help += " (required)";
  std::string text = left;
  const std::string indent(kNameColumns, ' ');
  if (left.size() + 1 > kNameColumns) {
    absl::StrAppend(&text, "\n", indent);
  } else {
    text.resize(kNameColumns, ' ');
  }
  const std::vector<std::string> lines = Wrap(help, kLineColumns - kNameColumns);
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : indent, lines[i], "\n");
  }
  return text;
}

}  // namespace ingot
