// SPDX-License-Identifier: Apache-2.0
// Finds any of several texts in one pass over another, in a time that hardly depends on how many they are.
#pragma once

#include <bitset>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace meterproof::redact {

/// Every text that is searched for has at least `Prefix` bytes: they are looked up at each place. At most eight.
template <std::size_t Prefix>
class PatternSet {
 public:
  void add(std::string_view pattern) {
    if (pattern.size() < Prefix) return;
    const std::uint64_t key = prefix_at(pattern.data());
    begins_.set(slot_of(key));
    by_prefix_[key].emplace_back(pattern);
  }
  bool empty() const { return by_prefix_.empty(); }

  /// Calls `found` with the place and the length of every occurrence, in the order of the places, until it returns false.
  template <class Found>
  void find(std::string_view text, const Found& found) const {
    if (empty()) return;
    for (std::size_t at = 0; at + Prefix <= text.size(); ++at) {
      const std::uint64_t key = prefix_at(text.data() + at);
      if (!begins_[slot_of(key)]) continue;
      const auto several = by_prefix_.find(key);
      if (several == by_prefix_.end()) continue;
      for (const std::string& pattern : several->second)
        if (text.compare(at, pattern.size(), pattern) == 0 && !found(at, pattern.size())) return;
    }
  }

 private:
  static constexpr unsigned slot_bits = 16;

  static std::uint64_t prefix_at(const char* bytes) {
    std::uint64_t out = 0;
    std::memcpy(&out, bytes, Prefix);
    return out;
  }
  static std::size_t slot_of(std::uint64_t key) { return key * 0x9E3779B97F4A7C15U >> (64U - slot_bits); }  // Knuth's multiplicative hashing

  std::bitset<std::size_t{1} << slot_bits> begins_;  // most places are ruled out by this alone
  std::unordered_map<std::uint64_t, std::vector<std::string>> by_prefix_;
};

}  // namespace meterproof::redact
