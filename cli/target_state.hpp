// SPDX-License-Identifier: Apache-2.0
// What is remembered of a target from one run to the next: which seconds each appId has used for a timestamp. A target takes each of them once, so that a
// run that does not know them has to find out which are free, request by request.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/time/second_set.hpp"
#include "net/fd.hpp"

namespace meterproof::cli {

/// The folder of the memories: `given` ("off" for none), $METERPROOF_STATE, $XDG_STATE_HOME/meterproof, ~/.local/state/meterproof; "" for none.
std::string state_folder(const std::string& given);

/// A file of its own for each target. Several programs may use it at once: none is given a second that another one has. Whatever goes wrong with the file,
/// the run goes on without it. AppIds are kept as digests. For one thread at a time.
class TargetState {
 public:
  using Seconds = core::SecondSet;

  /// `folder` "": remembers nothing. `target`: its address. `tolerance`: how far from now a timestamp may be, at the most.
  TargetState(const std::string& folder, std::string target, const std::vector<std::string>& app_ids, std::chrono::seconds tolerance);
  /// This run is over.
  ~TargetState();
  TargetState(const TargetState&) = delete;
  TargetState& operator=(const TargetState&) = delete;

  bool is_on() const { return static_cast<bool>(folder_); }
  /// Why nothing is remembered, or why it begins anew; empty where there is nothing to say.
  const i18n::Message& problem() const { return problem_; }

  /// What runs before this one have taken, by app.
  const std::vector<Seconds>& earlier() const { return earlier_; }
  /// Another run was going on when this one began.
  bool others_run() const { return others_run_; }

  static constexpr std::size_t every_app = SIZE_MAX;
  /// The first seconds from `from` to before `to` that no run has taken, `most` at the most: they are this run's. What was not given before the last of
  /// them is somebody else's.
  Seconds claim(std::size_t app, std::int64_t from, std::int64_t to, std::size_t most);
  /// For each app, all seconds of that span that no run has taken. All others that were taken by then are earlier ones.
  void claim_each(std::int64_t from, std::int64_t to);
  /// What this run has used, by app, in place of what it has taken.
  void settle(const std::vector<Seconds>& used);
  /// The target has forgotten what runs before this one have used.
  void forget_earlier();

 private:
  struct Range {
    std::int64_t from = 0, to = 0;
    std::int64_t until = 0;  // of no more use from then on, in seconds since 1970
  };
  struct Content {
    std::map<std::string, std::vector<Range>> apps;  // by digest; "*" is every app
    std::map<std::int64_t, std::int64_t> runs;       // by process: since when
  };
  /// Reads, changes and writes the file while no other program does.
  template <class Change>
  void change(const Change& how);
  Content read();
  void write(const Content& content);
  void give_up(i18n::Message why);
  std::string name_of(std::size_t app) const { return app == every_app ? "*" : apps_.at(app); }
  Seconds used_by(const Content& content, std::size_t app) const;
  void add(Content& content, const std::string& name, const Seconds& seconds) const;

  net::Fd folder_;  // open: the lock is on it
  std::string path_, target_;
  std::vector<std::string> apps_;  // digests
  std::chrono::seconds tolerance_;
  std::vector<Seconds> earlier_;
  std::map<std::string, Seconds> mine_;  // by digest
  bool others_run_ = false;
  i18n::Message problem_;
};

}  // namespace meterproof::cli
