// All rules of an interface in the order in which they are looked at, made ready: most values are of a sort that a rule finds no
// fault with, and then it need not look at all.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spec/rules/word.hpp"

namespace meterproof::rules {

/// The sorts of a request's values, parallel to them, in the room that `out` has.
void sort_out(const Request& request, std::vector<Sorts>& out);

class Sieve {
 public:
  /// A rule, and what it stands for: a row of a code table, or an open question.
  struct Entry {
    const Rule* rule = nullptr;
    const spec::ResultRow* row = nullptr;
    const spec::Unclear* question = nullptr;
    bool of_body = false;  // a common row, about the body's form
  };

  /// The common rows about the body, the interface's own, its open questions. The interface must outlive it.
  explicit Sieve(const Interface& interface);

  /// The first entry from `begin` on whose rule sees its fault. `sorts` are the request's.
  std::optional<std::size_t> find(const Request& request, const std::vector<Sorts>& sorts, const Facts& facts, std::size_t begin = 0) const;
  const Entry& operator[](std::size_t entry) const { return entries_[entry]; }

 private:
  /// The entry is looked at unless all of its checks find the field's value to be of a safe sort.
  struct Check {
    std::uint16_t entry;
    std::uint16_t field;
    Sorts safe;
  };

  void add(const Interface& interface, Entry entry);

  std::vector<Entry> entries_;
  std::vector<Check> checks_;  // in the entries' order
};

}  // namespace meterproof::rules
