// SPDX-License-Identifier: Apache-2.0
#include "cli/help_formatter.hpp"

#include <algorithm>

#include "core/text/utf8.hpp"
#include "reports/screen.hpp"
#include "reports/style.hpp"

namespace meterproof::cli {

using reports::wrapped;

HelpFormatter::HelpFormatter(std::size_t columns) : columns_(columns) {
  constexpr std::size_t usual = 30, least = 8;
  column_width(columns == 0 ? usual : std::clamp(columns / 3, least, usual));
}

/// A name in the left column, its description in the right one.
std::string HelpFormatter::entry(const std::string& name, const std::string& description) const {
  const std::size_t left = get_column_width();
  const std::string first = "  " + name;
  // The left column stands for the blanks that further lines begin with: so the first one has room for it.
  std::string right = wrapped(std::string(left, ' ') + description, columns_, left);
  if (core::display_width(first) >= left) return wrapped(first, columns_, 4) + "\n" + (description.empty() ? "" : right + "\n");
  return reports::padded(first, left) + right.substr(std::min(left, right.size())) + "\n";
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return entry(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const { return entry(command->get_display_name(true), command->get_description()); }

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const { return wrapped(Formatter::make_usage(app, std::move(name)), columns_, 2); }

std::string HelpFormatter::make_description(const CLI::App* app) const { return wrapped(Formatter::make_description(app), columns_); }

std::string HelpFormatter::make_footer(const CLI::App* app) const { return wrapped(Formatter::make_footer(app), columns_, 2); }

}  // namespace meterproof::cli
