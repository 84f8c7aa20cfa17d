// SPDX-License-Identifier: Apache-2.0
// Runs a sequence of requests against the target and compares every reply with what the model expects.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance/fixtures.hpp"

namespace meterproof::conformance {

/// How a sequence ended.
struct SequenceResult {
  enum class Ending {
    agreed,
    disagreed,
    open,      // the target took a way that the specification leaves open, or an actor's rows cannot be made: the sequence could not go on
    no_reply,  // a reply was lost: nothing can be said of the rest
    hidden     // nothing was shown where nothing need be shown: all else agreed
  };
  Ending ending = Ending::agreed;
  std::size_t step = 0;   // where it ended
  std::size_t steps = 0;  // that were run
  i18n::Message expected, observed, reason;
  std::optional<Sent> sent;  // the step's exchange
};

class SequenceRunner {
 public:
  /// `random`: steps that the specification does not speak of are left out.
  SequenceRunner(FixtureFactory& fixtures, std::chrono::milliseconds effect_timeout, bool random)
      : fixtures_(fixtures), effect_timeout_(effect_timeout), random_(random) {}

  /// If an actor's rows cannot be made, a random sequence ends there (`open`); of any other sequence, it throws Inconclusive.
  SequenceResult run(const core::Sequence& sequence);

 private:
  core::RequestBuilder request_of(const core::SequenceStep& step, std::size_t round, std::vector<FixtureSet>& actors);
  bool run_step(const core::SequenceStep& step, std::size_t round, std::vector<FixtureSet>& actors, SequenceResult& out);
  bool judge_refusal(const FixtureFactory::Prediction& expected, SequenceResult& out) const;
  bool judge_rows(const core::SequenceStep& step, const core::RequestBuilder& request, const store::ResultSet& implied, SequenceResult& out);
  bool judge_kept_rows(const core::SequenceStep& step, SequenceResult& out);
  std::string named_key(const core::RequestBuilder& request) const;
  void observe(const core::SequenceStep& step, const SequenceResult& out);
  void note_hidden(const core::Interface& interface, i18n::Message why);

  FixtureFactory& fixtures_;
  std::chrono::milliseconds effect_timeout_;
  bool random_;
  std::optional<std::size_t> about_;  // the interface that is to blame; nothing where a sequence is about none
  std::map<std::string, Sent> kept_;  // replies by the name under which their rows are remembered
  i18n::Message hidden_;              // why something could not be seen; empty where all could
};

}  // namespace meterproof::conformance
