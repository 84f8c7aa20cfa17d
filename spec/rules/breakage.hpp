// What deviation.cpp and its companion share. Private to spec/rules.
#pragma once

#include <functional>
#include <vector>

#include "spec/rules/deviation.hpp"
#include "spec/rules/word.hpp"

namespace meterproof::rules {

struct Breakage {
  Deviation deviation;
  std::function<void(spec::Spec&)> apply;
};

/// Columns that a reply shows: the ends of paths, and a tariff's tiers where a price is made of them.
class Visible {
 public:
  explicit Visible(const spec::Spec& spec);
  bool has(std::size_t table, std::size_t column) const;

 private:
  void visit(const spec::Expr& expr, const std::vector<std::size_t>& rows);

  const spec::Spec& spec_;
  std::vector<std::vector<std::size_t>> columns_;
};

/// The category of a mutant that takes any form of a field.
std::string_view kind_of_form(const Interface& interface, std::size_t field);

/// The plain ones are given: some of them happen only on occasion too.
void append_hard_breakages(const spec::Spec& spec, std::vector<Breakage>& out);

}  // namespace meterproof::rules
