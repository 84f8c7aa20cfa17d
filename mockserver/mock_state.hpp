// SPDX-License-Identifier: Apache-2.0
// The mock server without its sockets: a parsed request and the time in, a reply out.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/json/ordered_body_parser.hpp"
#include "core/loader/spec_loader.hpp"
#include "core/rules/rule_index.hpp"
#include "core/store/data_store.hpp"
#include "mockserver/authenticator.hpp"
#include "mockserver/diagnosis_budget.hpp"
#include "mockserver/fault_injector.hpp"
#include "mockserver/index_page.hpp"
#include "mockserver/mock_options.hpp"
#include "mockserver/readings.hpp"
#include "mockserver/request_log.hpp"
#include "mockserver/store_file.hpp"
#include "mockserver/worlds.hpp"
#include "mutation/mutation_hooks.hpp"
#include "net/http/http_parser.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::mockserver {

class RequestHandler;

/// What the mock works out about an interface once, when it starts: rule index and the constant parts of replies.
struct CompiledInterface {
  CompiledInterface(const core::Spec& spec, const core::Interface& of);

  const core::Interface* interface;
  rules::RuleIndex rule_index;
  std::string success;             // the envelope up to the rows
  std::string rows;                // ,"Rows":
  std::vector<std::string> names;  // ,"Name":
  std::vector<store::RowKey> keys;
  std::optional<store::RowKey> own_row;                 // of the only row that it works on (store::keys_of_own_rows)
  std::vector<core::Value::Kind> exchanged_kinds;       // by request field: the kind of value that is understood though another one is specified
  const core::OpenQuestion* places_question = nullptr;  // what becomes of a number with too many decimal places; null where nobody asks
};

/// Shared by all threads: worlds, replay cache, injected faults.
class MockState {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// `spec` and `hooks` must outlive it. `rows` are what its store begins with, and returns to. Hooks make it a mutant, of one thread.
  MockState(const core::Spec& spec, MockOptions options, loader::Fixtures rows, std::size_t threads = 1,
            mutation::MutationHooks& hooks = mutation::MutationHooks::faithful());
  ~MockState();

  /// Call for each `thread` (below `threads`) from one thread only.
  void handle(const net::HttpParser& request, const net::Arrival& arrival, net::Response& response, std::size_t thread = 0);
  /// Answers what is no request, is too large, or has ended before it was complete; the caller has set `response.status`. It is logged and counted.
  void handle_bad_request(const net::HttpParser& request, net::Response& response, const net::Arrival& arrival = {}, std::size_t thread = 0);

  /// Takes worlds, snapshots and used timestamps out of the file and keeps them in it from here on; it must outlive the state. Call it before the first
  /// exchange. `now`: the wall clock. Throws i18n::MessageError where the file is damaged.
  void keep_in(StoreFile& file, Time now);
  /// Business times go on to the present, as far as a moment allows: what nobody has asked for is not lost at a stop.
  void reach_present(Time now);
  /// Counts a client that did not come through the handshake of TLS.
  void count_failed_handshake();
  /// Call it on each thread between the handling of requests and the sending of their replies. False where what they changed cannot be kept: the replies
  /// must not be sent. It is tried again at the end of the next turn.
  bool end_turn(std::size_t thread, Time now);
  /// `failed(why)` is called when a turn cannot be kept and the one before could, `recovered()` when one is kept again; on the thread of the turn.
  void on_store_failure(std::function<void(const std::string& why)> failed, std::function<void()> recovered);

  /// What a mock can be given while it runs.
  struct Renewal {
    core::Spec spec;
    std::vector<auth::App> apps;
    std::optional<core::MeterBehaviour> meters;
    std::chrono::minutes utc_offset{0};
    std::chrono::seconds tolerance{0};
    std::vector<InjectedFault> faults;  // in the place of those of the last renewal
  };
  /// Call it before the first exchange. All must be good ones.
  void inject(std::vector<InjectedFault> faults);
  /// Empty, or why a mock cannot go on with them: the rows that it has are of other tables, or a snapshot has
  /// the name of a new app.
  i18n::Message why_not(const core::Spec& next, const std::vector<auth::App>& apps) const;
  /// Goes on with it: rows, snapshots, times, used timestamps, log, counters and other faults stay. `spec` is the one that it was made with, `now` the
  /// wall clock. Nobody may use the state meanwhile. Throws i18n::MessageError, and changes nothing, where a store cannot be read or memory is missing.
  void renew(core::Spec& spec, Renewal renewal, Time now);
  /// What reading anew has come to; it is in force with one of the next requests, unless something is wrong.
  struct ReadAnew {
    i18n::Message wrong;
    std::size_t interfaces = 0, apps = 0, faults = 0;
    std::uint64_t number = 0;  // of this reading: in force once `readings_done` has come so far
  };
  /// Who reads specs, apps and faults anew when the admin API is asked to. Set it before the first exchange.
  void on_reload(std::function<ReadAnew()> read) { read_anew_ = std::move(read); }
  /// Tells that one more reading is in force, or has failed. May be called from any thread.
  void reading_done() { ++readings_done_; }

  /// How many connections are open, for the metrics. Set it before the first exchange.
  void count_connections(std::function<std::size_t()> count) { connections_ = std::move(count); }

  /// Where exchanges are logged besides. Open or watch it before the first one.
  LogSinks& log() { return log_; }
  const LogSinks& log() const { return log_; }
  /// What came, requests and others.
  std::uint64_t exchanges() const { return log_.total(); }
  /// The newest entries of all threads, newest first.
  std::vector<LogEntry> latest(std::size_t count) const;

  /// See Authenticator::presume. For a mock of one thread.
  void presume(std::optional<Refusal> refusal) { authenticator_->presume(std::move(refusal)); }

  const MockOptions& options() const { return options_; }
  /// For whoever calls the other side, on a thread of its own: the first world; and keeps what was changed in it where there is a file.
  World& first_world() { return worlds_.first(); }
  void keep_first_world(Time now);
  /// The answer to an open question, by the readings of the moment.
  const store::Interpretations& interpretations() const { return interpretations_; }
  core::DateTime local_time(Time now) const { return core::local_time(now, options_.utc_offset); }
  /// The rows of the first world, which is the only one unless MockOptions::worlds_per_app. For a mock of one thread.
  const store::DataStore& store() const { return worlds_.first().store; }

 private:
  friend class AdminApi;
  friend class RequestHandler;

  struct Route {
    std::string path;
    std::vector<const CompiledInterface*> endpoints;              // told apart by the fields that only their interfaces have
    std::vector<std::vector<std::size_t>> discriminating_fields;  // those fields, by endpoint
    std::size_t widest = 0;                                       // the endpoint with the most fields
    std::optional<json::OrderedBodyParser> ordered_parser;        // its own
  };

  std::shared_ptr<const Readings> readings() const {
    const std::lock_guard lock(readings_mutex_);
    return readings_;
  }
  /// From the next request on.
  void answer_questions(Readings::Answers answers);
  store::DataStore store_from(const loader::Fixtures& rows) const;
  /// How long a used timestamp could be repeated, from the earliest one that is accepted to the latest.
  std::chrono::seconds replay_memory() const { return 2 * options_.tolerance; }
  bool several_threads() const { return handlers_.size() > 1; }
  const CompiledInterface& endpoint_of(const core::Interface& interface) const;
  void compile();
  /// The same name, for as long as the state lives.
  std::string_view lasting_name(std::string_view interface) { return *names_.emplace(interface).first; }

  const core::Spec* spec_;
  MockOptions options_;
  loader::Fixtures initial_;
  mutation::MutationHooks& hooks_;
  std::vector<Route> routes_;
  std::deque<CompiledInterface> endpoints_;  // of every interface, and of those that a mutant puts in its place
  mutable std::mutex readings_mutex_;        // guards the next
  std::shared_ptr<const Readings> readings_;
  std::atomic<std::uint64_t> readings_version_ = 1;  // increases with each new one
  store::Interpretations interpretations_;           // by the readings of the moment

  std::unique_ptr<Authenticator> authenticator_;
  DiagnosisBudget body_diagnoses_;
  IndexPage index_;
  LogSinks log_;
  Worlds worlds_;
  StoreFile* file_ = nullptr;
  std::atomic<bool> keeping_fails_ = false;
  std::atomic<std::uint64_t> kept_turns_ = 0, lost_turns_ = 0;
  std::atomic<std::int64_t> keeping_took_ = 0;  // nanoseconds
  std::function<std::size_t()> connections_;
  std::function<void(const std::string&)> on_keeping_failed_;
  std::function<void()> on_keeping_recovered_;
  std::mutex faults_mutex_;  // guards the injector; taken after that of a world, never before
  FaultInjector faults_;
  std::atomic<bool> has_faults_ = false;                      // whether it is worth looking
  std::vector<std::string> renewed_faults_;                   // ids, of the last renewal
  std::set<std::string, std::less<>> names_;                  // of interfaces that the log may tell of
  std::set<std::pair<std::string, std::string>> known_apps_;  // ids and secrets that the log may hold
  std::atomic<std::uint64_t> readings_done_ = 0;
  std::function<ReadAnew()> read_anew_;
  std::vector<std::unique_ptr<RequestHandler>> handlers_;  // by thread
};

}  // namespace meterproof::mockserver
