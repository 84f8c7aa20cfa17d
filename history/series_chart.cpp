// SPDX-License-Identifier: Apache-2.0
#include "history/series_chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "reports/junit.hpp"

namespace meterproof::history {

namespace {

// In user units of the picture.
constexpr double width = 640, height = 120, left = 90, right = 16, top = 16, bottom = 24;

std::string coordinate(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f", value);
  return out;
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" + anchor + "\">" + reports::xml_escaped(text) + "</text>";
}

}  // namespace

std::string with_unit(double value, const std::string& unit) {
  char out[48];
  const double size = std::abs(value);
  std::snprintf(out, sizeof out, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f", value);
  std::string digits = out;
  if (size >= 1000)
    for (std::size_t at = digits.size(); at > 3 + (value < 0 ? 1U : 0U);) digits.insert(at -= 3, ",");
  return unit.starts_with('/') ? digits + unit : digits + " " + unit;
}

std::string series_chart(const Series& series, const std::vector<std::string>& dates) {
  const auto [low, high] = std::minmax_element(series.values.begin(), series.values.end());
  const double most = std::max(*high, 1e-9);  // from zero, so that a change looks as large as it is
  const auto x_of = [&](std::size_t at) {
    const auto steps = static_cast<double>(std::max<std::size_t>(1, series.values.size() - 1));
    return left + (width - left - right) * static_cast<double>(at) / steps;
  };
  const auto y_of = [&](double value) { return height - bottom - (height - top - bottom) * value / most; };
  const std::string label = series.name + ": " + with_unit(*low, series.unit) + " – " + with_unit(*high, series.unit);
  std::string out = "<svg class=\"series\" viewBox=\"0 0 " + coordinate(width) + " " + coordinate(height) + "\" role=\"img\" aria-label=\"" +
                    reports::xml_escaped(label) + "\">";
  out += "<path class=\"axis\" d=\"M" + coordinate(left) + " " + coordinate(top) + "V" + coordinate(height - bottom) + "H" + coordinate(width - right) + "\"/>";
  out += text_at(left - 6, y_of(*high) + 4, "end", with_unit(*high, series.unit)) + text_at(left - 6, y_of(0) + 4, "end", "0");
  out += text_at(left, height - 6, "start", dates.front());
  if (dates.size() > 1) out += text_at(width - right, height - 6, "end", dates.back());
  for (const ChangePoint& change : series.changes) {
    const double x = (x_of(change.at - 1) + x_of(change.at)) / 2;
    out += "<path class=\"change\" d=\"M" + coordinate(x) + " " + coordinate(top) + "V" + coordinate(height - bottom) + "\"/>";
  }
  std::string line, points;
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    const std::string x = coordinate(x_of(i)), y = coordinate(y_of(series.values[i]));
    line += (i == 0 ? "M" : "L") + x + " " + y;
    points += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"3\"><title>" + reports::xml_escaped(dates[i] + ": " + with_unit(series.values[i], series.unit)) +
              "</title></circle>";
  }
  return out + "<path class=\"line\" d=\"" + line + "\"/>" + points + "</svg>\n";
}

}  // namespace meterproof::history
