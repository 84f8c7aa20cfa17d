// Numbers found by a text, in one flat table. The texts stand with whoever asks, and nothing is ever taken out.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace meterproof::store {

class TextIndex {
 public:
  /// `text_of(number)` is the text of a number that was added.
  template <class TextOf>
  std::optional<std::uint32_t> find(std::string_view text, const TextOf& text_of) const {
    if (slots_.empty()) return std::nullopt;
    const std::uint32_t hash = hash_of(text);
    for (std::size_t at = first(hash); slots_[at].number != nobody; at = next(at))
      if (slots_[at].hash == hash && text_of(slots_[at].number) == text) return slots_[at].number;
    return std::nullopt;
  }
  /// Asks for the memory that `find` will look at first.
  void prefetch(std::string_view text) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[first(hash_of(text))]);
  }
  /// What `find` will most likely find, from that memory alone.
  std::optional<std::uint32_t> peek(std::string_view text) const {
    if (slots_.empty()) return std::nullopt;
    const std::uint32_t hash = hash_of(text);
    const Slot& slot = slots_[first(hash)];
    return slot.hash == hash && slot.number != nobody ? std::optional(slot.number) : std::nullopt;
  }
  /// A text that is not there yet.
  void add(std::string_view text, std::uint32_t number);

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = nobody;
  };

  static std::uint32_t hash_of(std::string_view text);
  std::size_t first(std::uint32_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  void put(Slot slot);

  std::vector<Slot> slots_;  // a power of two, half of them free at the least
  std::size_t count_ = 0;
};

}  // namespace meterproof::store
