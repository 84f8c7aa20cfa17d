// SPDX-License-Identifier: Apache-2.0
#include "core/store/text_index.hpp"

#include <functional>
#include <utility>

namespace meterproof::store {

std::uint32_t TextIndex::hash_of(std::string_view text) { return static_cast<std::uint32_t>(std::hash<std::string_view>()(text)); }

void TextIndex::insert(Slot slot) {
  std::size_t at = first(slot.hash);
  while (slots_[at].number != free_slot) at = next(at);
  slots_[at] = slot;
}

void TextIndex::add(std::string_view text, std::uint32_t number) {
  constexpr std::size_t min_slots = 16;
  if (2 * ++count_ > slots_.size()) {
    const std::vector<Slot> before = std::move(slots_);
    slots_.assign(before.empty() ? min_slots : 2 * before.size(), Slot{});
    for (const Slot& slot : before)
      if (slot.number != free_slot) insert(slot);
  }
  insert({hash_of(text), number});
}

}  // namespace meterproof::store
