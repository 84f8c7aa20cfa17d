// SPDX-License-Identifier: Apache-2.0
#include "reports/style.hpp"

#include <cmath>
#include <cstdio>

#include "core/text/utf8.hpp"

namespace meterproof::reports {

std::string TextStyle::text(const i18n::Message& message) const { return core::sanitize(i18n::render(message, language)); }

std::string number(double value, const char* format) {
  if (std::isnan(value)) return "-";
  char out[64];
  std::snprintf(out, sizeof out, format, value);
  return out;
}

std::string padded(std::string text, std::size_t columns) {
  const std::size_t width = core::display_width(text);
  if (width < columns) text.append(columns - width, ' ');
  return text;
}

}  // namespace meterproof::reports
