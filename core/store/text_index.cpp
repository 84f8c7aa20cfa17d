#include "core/store/text_index.hpp"

#include <functional>
#include <utility>

namespace meterproof::store {

std::uint32_t TextIndex::hash_of(std::string_view text) { return static_cast<std::uint32_t>(std::hash<std::string_view>()(text)); }

void TextIndex::put(Slot slot) {
  std::size_t at = first(slot.hash);
  while (slots_[at].number != nobody) at = next(at);
  slots_[at] = slot;
}

void TextIndex::add(std::string_view text, std::uint32_t number) {
  constexpr std::size_t smallest = 16;
  if (2 * ++count_ > slots_.size()) {
    const std::vector<Slot> before = std::move(slots_);
    slots_.assign(before.empty() ? smallest : 2 * before.size(), Slot{});
    for (const Slot& slot : before)
      if (slot.number != nobody) put(slot);
  }
  put({hash_of(text), number});
}

}  // namespace meterproof::store
