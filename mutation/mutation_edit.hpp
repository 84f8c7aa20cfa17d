// What deviation.cpp and its companion share. Private to spec/rules.
#pragma once

#include <functional>
#include <vector>

#include "core/rules/rule_kind.hpp"
#include "mutation/mutation.hpp"

namespace meterproof::mutation {

using core::Field;
using core::Interface;
using core::Rule;
using core::RuleOperand;
using rules::is_stored_only;
using rules::OperandShape;
using rules::rule_kinds;

struct MutationEdit {
  Mutation mutation;
  std::function<void(core::Spec&)> apply;
};

/// Columns that a reply shows: the ends of paths, and a tariff's tiers where a price is made of them.
class ObservableColumns {
 public:
  explicit ObservableColumns(const core::Spec& spec);
  bool has(std::size_t table, std::size_t column) const;

 private:
  void visit(const core::Expr& expr, const std::vector<std::size_t>& rows);

  const core::Spec& spec_;
  std::vector<std::vector<std::size_t>> columns_;
};

/// The category of a mutant that takes any form of a field.
std::string_view kind_of_form(const Interface& interface, std::size_t field);

/// The plain ones are given: some of them happen only on occasion too.
void append_hard_mutations(const core::Spec& spec, std::vector<MutationEdit>& out);

}  // namespace meterproof::mutation
