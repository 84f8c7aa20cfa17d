// SPDX-License-Identifier: Apache-2.0
#include "net/process_use.hpp"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace meterproof::net {

std::optional<ProcessUse> use_of_process(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t name_end = text.rfind(')');  // the name may hold blanks and parentheses
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::vector<std::string> values;
  for (std::string one; fields >> one;) values.push_back(one);
  constexpr std::size_t user = 11, system = 12, resident = 21;  // fields 14, 15 and 24; the first after the name is field 3
  if (values.size() <= resident) return std::nullopt;
  const auto number = [&](std::size_t at) {
    double out = 0;
    std::from_chars(values[at].data(), values[at].data() + values[at].size(), out);
    return out;
  };
  return ProcessUse{(number(user) + number(system)) / static_cast<double>(::sysconf(_SC_CLK_TCK)),
                    number(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE))};
}

}  // namespace meterproof::net
