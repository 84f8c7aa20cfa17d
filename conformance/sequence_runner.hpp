// Plays a story against the target and compares every answer with what the model says it must be.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "conformance/fixtures.hpp"

namespace meterproof::conformance {

/// How a story ended.
struct SequenceResult {
  enum class Ending {
    agreed,
    disagreed,
    open,      // the target took a way that the paper leaves open, and the story could not go on
    no_reply,  // a reply was lost: nothing can be said of the rest
    hidden     // nothing was shown where nothing need be shown
  };
  Ending ending = Ending::agreed;
  std::size_t step = 0;   // where it ended
  std::size_t steps = 0;  // that were played, of all
  std::string expected, observed, reason;
  std::optional<Sent> sent;  // the step's exchange
};

class SequenceRunner {
 public:
  /// `improvised`: steps that the paper does not speak of are left out instead of played.
  SequenceRunner(FixtureFactory& fixtures, std::chrono::milliseconds effect_timeout, bool improvised) : fixtures_(fixtures), effect_timeout_(effect_timeout), improvised_(improvised) {}

  /// Throws Unavailable where an actor's rows can't be had.
  SequenceResult run(const core::Sequence& story);

 private:
  core::RequestBuilder draft_of(const core::SequenceStep& step, std::vector<FixtureSet>& actors);
  bool play(const core::SequenceStep& step, std::vector<FixtureSet>& actors, SequenceResult& out);
  bool judge_refusal(const FixtureFactory::Prediction& expected, SequenceResult& out) const;
  bool judge_rows(const core::RequestBuilder& make_request, const store::ResultSet& implied, SequenceResult& out);

  FixtureFactory& fixtures_;
  std::chrono::milliseconds effect_timeout_;
  bool improvised_;
};

}  // namespace meterproof::conformance
