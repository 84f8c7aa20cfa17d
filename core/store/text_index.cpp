// SPDX-License-Identifier: Apache-2.0
#include "core/store/text_index.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace meterproof::store {

std::uint32_t TextIndex::hash_of(std::string_view text) { return static_cast<std::uint32_t>(std::hash<std::string_view>()(text)); }

void TextIndex::insert(Slot slot) {
  std::size_t at = first(slot.hash);
  while (slots_.row(at)->number != free_slot) at = next(at);
  *slots_.writable_row(at) = slot;
}

void TextIndex::add(std::string_view text, std::uint32_t number) {
  constexpr std::size_t min_slots = 16;
  if (2 * ++count_ > slots_.size()) {
    const std::size_t before = slots_.size();
    const auto old = std::exchange(slots_, decltype(slots_)(1));
    for (std::size_t added = 0; added < std::max(min_slots, 2 * before); ++added) slots_.add_row();
    for (std::size_t at = 0; at < before; ++at)
      if (old.row(at)->number != free_slot) insert(*old.row(at));
  }
  insert({hash_of(text), number});
}

}  // namespace meterproof::store
