// SPDX-License-Identifier: Apache-2.0
// The catalogues: every message in English and in Chinese, under one id. A text has placeholders in braces: {code}.
// catalog_en.inc and catalog_zh.inc stand beside each other. The build fails where an id, a translation or a placeholder is missing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace meterproof::i18n {

struct CatalogEntry {
  std::string_view id;
  std::string_view text;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-c-arrays): their size follows from the files
inline constexpr CatalogEntry english[] = {
#include "core/i18n/catalog_en.inc"
};
inline constexpr CatalogEntry chinese[] = {
#include "core/i18n/catalog_zh.inc"
};
// NOLINTEND(cppcoreguidelines-avoid-c-arrays)

/// The names between braces, in the order of their first use.
class Placeholders {
 public:
  static constexpr std::size_t most = 12;

  constexpr explicit Placeholders(std::string_view text) {
    for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
      const std::size_t end = text.find('}', at);
      const std::string_view name = text.substr(at + 1, end - at - 1);
      if (!has(name)) names_[count_++] = name;
      at = end;
    }
  }

  constexpr std::size_t size() const { return count_; }
  constexpr std::string_view operator[](std::size_t i) const { return names_[i]; }
  constexpr bool has(std::string_view name) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (names_[i] == name) return true;
    return false;
  }

 private:
  std::array<std::string_view, most> names_{};
  std::size_t count_ = 0;
};

/// The place of an id in both catalogues, which are sorted by id; nothing where there is no such message.
constexpr std::optional<std::size_t> find_message(std::string_view id) {
  const auto* const found =
      std::lower_bound(std::begin(english), std::end(english), id, [](const CatalogEntry& entry, std::string_view key) { return entry.id < key; });
  if (found == std::end(english) || found->id != id) return std::nullopt;
  return static_cast<std::size_t>(found - std::begin(english));
}

}  // namespace meterproof::i18n
