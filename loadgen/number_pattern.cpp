// SPDX-License-Identifier: Apache-2.0
#include "loadgen/number_pattern.hpp"

namespace meterproof::loadgen {

NumberPattern::NumberPattern(std::string_view pattern) {
  const std::size_t first = pattern.find('#');
  const std::size_t last = pattern.rfind('#');
  before_ = pattern.substr(0, first);
  if (first == std::string_view::npos) return;
  digits_ = last - first + 1;
  after_ = pattern.substr(last + 1);
}

void NumberPattern::append(std::string& out, std::uint64_t number) const {
  out += before_;
  const std::size_t at = out.size();
  out.append(digits_, '0');
  for (std::size_t i = digits_; i > 0 && number > 0; --i, number /= 10) out[at + i - 1] = static_cast<char>('0' + number % 10);
  out += after_;
}

std::string NumberPattern::format(std::uint64_t number) const {
  std::string out;
  append(out, number);
  return out;
}

}  // namespace meterproof::loadgen
