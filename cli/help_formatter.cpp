// SPDX-License-Identifier: Apache-2.0
#include "cli/help_formatter.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

#include "core/text/utf8.hpp"
#include "reports/screen.hpp"
#include "reports/style.hpp"

namespace meterproof::cli {

namespace {

using reports::wrapped;

/// Where the last column of a line begins, behind two blanks or more; 0 where there is none.
std::size_t last_column(const std::string& line) {
  const std::size_t gap = line.rfind("  ");
  const std::size_t begin = line.find_first_not_of(' ', std::min(gap, line.size()));
  return begin == std::string::npos ? 0 : core::display_width(line.substr(0, begin));
}

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::size_t columns) : columns_(columns) {
    constexpr std::size_t usual = 30, least = 8;
    column_width(columns == 0 ? usual : std::clamp(columns / 3, least, usual));
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string name = make_option_name(option, is_positional) + make_option_opts(option);
    name.erase(name.find_last_not_of(' ') + 1);  // some versions of CLI11 write a blank behind a default
    return entry(name, make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override { return entry(command->get_display_name(true), command->get_description()); }
  std::string make_usage(const CLI::App* app, std::string name) const override { return wrapped(Formatter::make_usage(app, std::move(name)), columns_, 2); }
  std::string make_description(const CLI::App* app) const override {
    std::istringstream lines(Formatter::make_description(app));
    std::string out;
    for (std::string line; std::getline(lines, line);) out += wrapped(line, columns_, last_column(line)) + "\n";
    return out;
  }
  std::string make_footer(const CLI::App* app) const override { return wrapped(Formatter::make_footer(app), columns_, 2); }

 private:
  /// A name in the left column, its description in the right one.
  std::string entry(const std::string& name, const std::string& description) const {
    const std::size_t left = get_column_width();
    const std::string first = "  " + name, blanks(left, ' ');
    const std::string right = wrapped(blanks + description, columns_, left);  // its first line has room for the left column
    if (description.empty()) return wrapped(first, columns_, 4) + "\n";
    if (core::display_width(first) >= left) return wrapped(first, columns_, 4) + "\n" + right + "\n";
    return reports::padded(first, left) + right.substr(left) + "\n";
  }

  std::size_t columns_;
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_help_formatter(std::size_t columns) { return std::make_shared<HelpFormatter>(columns); }

}  // namespace meterproof::cli
