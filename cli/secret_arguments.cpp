// SPDX-License-Identifier: Apache-2.0
#include "cli/secret_arguments.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace meterproof::cli {

void hide_secrets(int argc, char** argv) {
  constexpr std::string_view option = "--app";
  bool is_value = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool joined = word.starts_with(option) && word.size() > option.size() && word[option.size()] == '=';
    if (is_value || joined)
      if (char* colon = std::strchr(argv[i], ':')) std::fill(colon + 1, argv[i] + word.size(), 'x');
    is_value = word == option;
  }
}

}  // namespace meterproof::cli
