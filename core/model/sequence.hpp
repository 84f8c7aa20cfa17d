// SPDX-License-Identifier: Apache-2.0
// A sequence of requests by fictitious customers; every reply follows from the requests before it. spec/sequences holds those that
// the specification suggests; random testing generates others. Indices are into Spec::interfaces, Interface::variants and Interface::request.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/decimal/decimal.hpp"
#include "core/text/text.hpp"

namespace meterproof::core {

/// What a field carries in place of its usual value.
struct StepValue {
  enum class Kind {
    absent,
    text,      // that text
    numbered,  // that text, with # for the digits of the step's round
    key,       // an actor's key, changed a little where it is to look alike
    unused     // a key that no row has
  };
  Kind kind = Kind::text;
  std::string text;
  std::size_t actor = 0;
  std::optional<std::size_t> table;  // the key's; nothing: that of the field
  std::string before, after;         // added to a key
  std::size_t cut = 0;               // characters taken off a key's end
  bool own = false;                  // a row of the actor's own, where a shared one would do
};

struct SequenceStep {
  std::size_t interface = 0;
  std::size_t variant = 0;
  std::size_t actor = 0;
  std::vector<std::pair<std::size_t, StepValue>> with;
  std::size_t times = 1;                                  // how often it is done, one time after the other
  bool open = false;                                      // the specification leaves open whether this is done at all
  bool unstated = false;                                  // … and what comes of it: nothing of its rows is known any more, and the sequence goes on
  std::vector<std::size_t> ignored;                       // fields of the reply that are not judged
  std::vector<std::pair<std::size_t, Decimal>> at_least;  // what those numbers of the reply's row come to at least, where it shows them
  std::string keep;                                       // the name under which the reply's rows are remembered; "" where they are not
  std::string same;                                       // the name of earlier rows that this reply must show again; "" where it need not
  std::string survey;                                     // an open question that this step's reply answers
  std::optional<std::size_t> shows;                       // … by this field of the reply's row
};

struct Sequence {
  std::string id;
  std::size_t interface = 0;  // the one it is about
  LocalizedText sentence;
  bool is_spare = false;  // other cases are like it: it is run where there are timestamps for it without waiting
  std::vector<std::string> actors;
  std::vector<SequenceStep> steps;
};

}  // namespace meterproof::core
