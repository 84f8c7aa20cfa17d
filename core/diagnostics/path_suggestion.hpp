// SPDX-License-Identifier: Apache-2.0
// For a request to a path that nobody serves: the path that was meant, and what is different about it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/text.hpp"

namespace meterproof::core {

struct PathSuggestion {
  std::string path;       // one of the known ones
  LocalizedText mistake;  // "other letters' case, a slash at the end"; "" where the two are only alike
};

/// `path` without its query. Nothing where no known path is near.
std::optional<PathSuggestion> suggest_path(std::string_view path, const std::vector<std::string>& known);

}  // namespace meterproof::core
