// SPDX-License-Identifier: Apache-2.0
#include "mutation/mutation.hpp"

#include "core/i18n/message.hpp"
#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

namespace {

std::vector<MutantFactory> factories(const core::Spec& spec) {
  std::vector<MutantFactory> out;
  append_signature_mutations(spec, out);
  append_code_mutations(spec, out);
  append_effect_mutations(spec, out);
  append_reply_mutations(spec, out);
  append_value_mutations(spec, out);
  append_server_mutations(spec, out);
  append_neighbour_mutations(spec, out);
  append_constancy_mutations(spec, out);
  append_carried_value_mutations(spec, out);
  append_count_mutations(spec, out);
  append_intermittent(spec, out);
  return out;
}

}  // namespace

std::string label(core::Code code) { return std::to_string(code.value); }

std::vector<Mutation> mutations(const core::Spec& spec) {
  std::vector<Mutation> out;
  for (MutantFactory& one : factories(spec)) out.push_back(std::move(one.mutation));
  return out;
}

core::Result<Mutant> mutate(const core::Spec& spec, const std::string& id) {
  std::vector<std::string> known;
  for (const MutantFactory& one : factories(spec)) {
    known.push_back(one.mutation.id);
    if (one.mutation.id != id) continue;
    Mutant mutant{spec, one.hooks ? one.hooks(spec) : std::make_unique<MutationHooks>()};
    if (one.edit) one.edit(mutant.spec);
    return mutant;
  }
  const std::string near = core::nearest(id, known);
  return core::Diagnostic{{}, i18n::msg<"usage.no-mutant">(), {}, near.empty() ? i18n::msg<"usage.mutants">() : i18n::msg<"usage.did-you-mean">(near)};
}

}  // namespace meterproof::mutation
