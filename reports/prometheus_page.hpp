// SPDX-License-Identifier: Apache-2.0
// The text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace meterproof::reports {

constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Seconds, as short as they can be written without an exponent.
std::string prometheus_seconds(std::chrono::nanoseconds time);
std::string prometheus_number(double value);
/// A label's value in quotes: backslash, quote and line feed are escaped.
std::string quoted_label(std::string_view value);

class PrometheusPage {
 public:
  /// Begins a metric: `type` is counter, gauge, histogram or summary.
  void begin(std::string_view name, std::string_view type, std::string_view help);
  /// A sample of the metric that was begun last. `labels`: NAME="VALUE",… or "". `suffix`: "_sum", …
  void add(const std::string& value, const std::string& labels = {}, std::string_view suffix = {});
  /// A metric of one sample.
  void only(std::string_view name, std::string_view type, std::string_view help, const std::string& value);
  std::string take() { return std::move(out_); }

 private:
  std::string name_, out_;
};

}  // namespace meterproof::reports
