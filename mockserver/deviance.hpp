// How a mock that was told to deviate goes wrong where its spec can't say it: on occasion, at the same moment, as a whole.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "spec/world/world.hpp"

namespace meterproof::mock {

class Deviance final : private rules::Facts {
 public:
  using Time = std::chrono::system_clock::time_point;
  /// Requests that come within this span of each other are at the same moment.
  static constexpr std::chrono::microseconds moment{900};

  explicit Deviance(const spec::Spec& spec) : flaw_(spec.flaw) {}

  bool is(spec::Flaw flaw) const { return flaw_ == flaw; }
  /// The interface that acts in place of the request's own, or that one.
  const spec::Interface& acting(const spec::Request& request, const world::World& world);
  void succeeded(const spec::Request& request, const world::World& world, Time now);
  /// What the rules are told of the world.
  const rules::Facts& facts(const world::World& world, Time now);
  /// The rows that the reply shows, where they are not its own.
  void mix_up(const spec::Interface& interface, world::Outcome& outcome, Time now);
  /// The reply in another encoding.
  static void garble(std::string& body);

 private:
  bool exists(std::size_t table, std::string_view key) const override;
  bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const override;
  bool in_state(std::size_t table, std::string_view key, const spec::State& state) const override;

  spec::Flaw flaw_;
  std::set<std::pair<std::string, std::string>> served_;          // interface and key
  std::map<std::string, unsigned> calls_;                         // by interface
  std::map<std::pair<std::size_t, std::string>, Time> named_;     // rows of late, by table and key
  std::map<std::string, std::pair<Time, world::Outcome>> shown_;  // the rows before, by interface
  const world::World* world_ = nullptr;
  Time now_;
};

}  // namespace meterproof::mock
