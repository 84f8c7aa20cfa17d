// Plays a story against the target and compares every answer with what the model says it must be.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "conformance/lab.hpp"

namespace meterproof::conformance {

/// How a story ended.
struct Performance {
  enum class Ending {
    agreed,
    disagreed,
    open,    // the target took a way that the paper leaves open, and the story could not go on
    silent,  // a reply was lost: nothing can be said of the rest
    hidden   // nothing was shown where nothing need be shown
  };
  Ending ending = Ending::agreed;
  std::size_t step = 0;   // where it ended
  std::size_t steps = 0;  // that were played, of all
  std::string expected, observed, reason;
  std::optional<Sent> sent;  // the step's exchange
};

class Player {
 public:
  /// `improvised`: steps that the paper does not speak of are left out instead of played.
  Player(Lab& lab, std::chrono::milliseconds settle, bool improvised) : lab_(lab), settle_(settle), improvised_(improvised) {}

  /// Throws Unavailable where an actor's rows can't be had.
  Performance perform(const spec::Story& story);

 private:
  spec::Draft draft_of(const spec::StoryStep& step, std::vector<Subject>& actors);
  bool play(const spec::StoryStep& step, std::vector<Subject>& actors, Performance& out);
  bool judge_refusal(const Lab::Expectation& expected, Performance& out) const;
  bool judge_rows(const spec::Draft& draft, const world::Outcome& implied, Performance& out);

  Lab& lab_;
  std::chrono::milliseconds settle_;
  bool improvised_;
};

}  // namespace meterproof::conformance
