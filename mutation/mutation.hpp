// A spec with one sentence of the paper broken: what a server under test must not be mistaken for.
// Deviations are made from the spec itself, so every rule, effect and field has its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/model/interface.hpp"

namespace meterproof::mutation {

/// The category of what breaks no sentence of the paper, and deserves a warning.
inline constexpr std::string_view lenient = "lenience";

struct Mutation {
  std::string id;        // INTERFACE/CODE/…/ignored, INTERFACE/FIELD/left-out, signature/FAULT/ignored
  std::string sentence;  // what the server does wrong
  std::string category;  // what kind of mistake it is: code, effect, reply, form, bound, value, occasion, server, …
};

/// Every deviation of this spec that somebody outside can see. Left out are those that break nothing the paper states: a column
/// that no reply shows, a value that the server chooses, a form that another rule answers just as well.
std::vector<Mutation> mutations(const core::Spec& spec);

/// Breaks the spec in that one way. "" or what is wrong with the id.
std::string apply_mutation(core::Spec& spec, const std::string& id);

}  // namespace meterproof::mutation
