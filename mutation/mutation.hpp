// SPDX-License-Identifier: Apache-2.0
// Mutants: servers that break one sentence of the specification, which a server under test must not be mistaken for.
// They are made from the spec itself, so every rule, effect and field has its own. Most are a spec with one edit; what data cannot say
// is done by hooks in the mock. This is the mutation testing of the suite: a mutant that no case notices survives.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostics/diagnostic.hpp"
#include "core/model/interface.hpp"
#include "core/rules/rule_kind.hpp"
#include "mutation/mutation_hooks.hpp"

namespace meterproof::mutation {

/// The category of what breaks no sentence of the specification, and deserves a warning.
inline constexpr std::string_view lenient = rules::mutation_category::leniency;

/// One way to break the specification.
struct Mutation {
  std::string id;             // INTERFACE/CODE/…/ignored, INTERFACE/FIELD/left-out, signature/ERROR/ignored
  core::LocalizedText title;  // what the server does wrong
  std::string category;       // what kind of mistake it is: code, effect, reply, form, bound, value, intermittent, server, …
};

/// A broken server: a mock that serves that spec with those hooks. Both must outlive the mock.
struct Mutant {
  core::Spec spec;
  std::unique_ptr<MutationHooks> hooks;  // never null
};

/// Every mutation of this spec that somebody outside can see. Left out are those that break nothing the specification states: a column
/// that no reply shows, a value that the server chooses, a form that another rule answers just as well.
std::vector<Mutation> mutations(const core::Spec& spec);

/// The mutant of that id, or what is wrong with the id.
core::Result<Mutant> mutate(const core::Spec& spec, const std::string& id);

}  // namespace meterproof::mutation
