// SPDX-License-Identifier: Apache-2.0
// Help that fits the terminal.
#pragma once

#include <cstddef>
#include <memory>

namespace CLI {
class FormatterBase;
}

namespace meterproof::cli {

/// Writes help as CLI11 does, but no line is wider than so many columns; 0: any.
std::shared_ptr<CLI::FormatterBase> make_help_formatter(std::size_t columns);

}  // namespace meterproof::cli
