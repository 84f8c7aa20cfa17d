// A spec with one sentence of the paper broken: what a server under test must not be mistaken for.
// Deviations are made from the spec itself, so every rule, effect and field has its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/model/interface.hpp"

namespace meterproof::rules {

/// The category of what breaks no sentence of the paper, and deserves a warning.
inline constexpr std::string_view lenience = "lenience";

struct Deviation {
  std::string id;        // INTERFACE/CODE/…/ignored, INTERFACE/FIELD/left-out, signature/FAULT/ignored
  std::string sentence;  // what the server does wrong
  std::string category;  // what kind of mistake it is: code, effect, reply, form, bound, value, occasion, server, …
};

/// Every deviation of this spec that somebody outside can see. Left out are those that break nothing the paper states: a column
/// that no reply shows, a value that the server chooses, a form that another rule answers just as well.
std::vector<Deviation> deviations(const spec::Spec& spec);

/// Breaks the spec in that one way. "" or what is wrong with the id.
std::string deviate(spec::Spec& spec, const std::string& id);

}  // namespace meterproof::rules
