// SPDX-License-Identifier: Apache-2.0
// How mutants are made: a mutation with the edit of the spec, or the hooks, that bring it about. Private to mutation/.
// A new idea is one file with one function, and one line in mutation.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mutation/mutation.hpp"

namespace meterproof::mutation {

/// Where the step of an interface's effects stands that a mutant leaves out, wholly or in part.
struct EffectPlace {
  std::size_t interface = 0, step = 0;
  std::optional<std::size_t> key = std::nullopt;  // of a find step: the place in `by` of the key that is not compared
};

struct MutantFactory {
  Mutation mutation;
  std::function<void(core::Spec&)> edit = {};                                   // empty where the spec stays as it is
  std::function<std::unique_ptr<MutationHooks>(const core::Spec&)> hooks = {};  // of the spec before the edit; empty where there are none
  std::optional<EffectPlace> effect = std::nullopt;                             // set where one effect is left out
};

/// The field of a request that an interface stores in that column; null where none does.
const core::Field* stored_from(const core::Spec& spec, std::size_t table, std::size_t column);

// Each appends the mutants of one idea.
void append_signature_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_code_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_effect_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_reply_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_value_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_server_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_neighbour_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_constancy_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_carried_value_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
void append_count_mutations(const core::Spec& spec, std::vector<MutantFactory>& out);
/// Effects that go wrong only sometimes: of every effect that is in `out` already.
void append_intermittent(const core::Spec& spec, std::vector<MutantFactory>& out);

/// A result code as a part of an id.
std::string label(core::Code code);

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

}  // namespace meterproof::mutation
