// SPDX-License-Identifier: Apache-2.0
// A hash index from texts to numbers, with linear probing. The texts stay with the caller; entries are never removed. Copies share the slots
// that neither has written since.
//
// Fast path. WHY: a node-based map costs a cache miss per step, and cannot be prefetched. GAIN: not measured alone; the prefetches that it makes
// possible gain 6 % of the mock's CPU with 200,000 devices (docs/performance.md, `ci/bench mock`). REFERENCE: std::unordered_map. TEST:
// TextIndex.FindsWhatWasAddedAndNothingElse. DELETE WHEN: a flat map with prefetch is in a library that is linked anyway.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/store/shared_rows.hpp"

namespace meterproof::store {

/// Not thread-safe; threads may look up at the same time while nobody adds.
class TextIndex {
 public:
  /// `text_of(number)` must return the text with which that number was added.
  template <class TextOf>
  std::optional<std::uint32_t> find(std::string_view text, const TextOf& text_of) const {
    if (slots_.size() == 0) return std::nullopt;
    const std::uint32_t hash = hash_of(text);
    for (std::size_t at = first(hash);; at = next(at)) {
      const Slot slot = *slots_.row(at);
      if (slot.number == free_slot) return std::nullopt;
      if (slot.hash == hash && text_of(slot.number) == text) return slot.number;
    }
  }
  /// Prefetches the slot where `find` will begin.
  void prefetch(std::string_view text) const {
    if (slots_.size() > 0) __builtin_prefetch(slots_.row(first(hash_of(text))));
  }
  /// A guess at what `find` will return, from that slot alone: the texts are not compared.
  std::optional<std::uint32_t> peek(std::string_view text) const {
    if (slots_.size() == 0) return std::nullopt;
    const std::uint32_t hash = hash_of(text);
    const Slot slot = *slots_.row(first(hash));
    return slot.hash == hash && slot.number != free_slot ? std::optional(slot.number) : std::nullopt;
  }
  /// `text` must not be in the index yet.
  void add(std::string_view text, std::uint32_t number);

 private:
  static constexpr std::uint32_t free_slot = ~std::uint32_t{0};
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = free_slot;
  };

  static std::uint32_t hash_of(std::string_view text);
  std::size_t first(std::uint32_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  void insert(Slot slot);

  SharedRows<Slot, 512> slots_{1};  // the size is a power of two; at least half are free
  std::size_t count_ = 0;
};

}  // namespace meterproof::store
