// SPDX-License-Identifier: Apache-2.0
// Handles requests on one thread: parses, authenticates, judges and replies. Has its own request log and counters.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json/request_body_parser.hpp"
#include "core/rules/deviations.hpp"
#include "mockserver/bad_request.hpp"
#include "mockserver/meter_life.hpp"
#include "mockserver/metrics.hpp"
#include "mockserver/mock_state.hpp"

namespace meterproof::mockserver {

class alignas(core::cache_line) RequestHandler {
 public:
  /// `thread`: the number of the one that calls it.
  RequestHandler(MockState& state, std::size_t thread);

  /// By interface ("" for none), how often each code was answered, and what came that was no request.
  using Counters = CallCounts;

  void handle(const net::HttpParser& request, const net::Arrival& arrival, net::Response& response);
  /// Logs and counts what `response` answers with that code.
  void log_bad_request(const net::HttpParser& request, const BadRequest& bad, int code, const net::Response& response, const net::Arrival& arrival);

  /// Handles a call of that interface as if the app had signed it; it is logged and counted as such.
  void act_as(std::string_view app_id, const core::Interface& interface, const std::string& body, net::Response& response);

  /// From here on `turn` tells what was done, and which requests came.
  void record_turns(bool with_requests);
  /// What was done since the caller has emptied it.
  StoreFile::Turn& turn();

  /// Goes on where the handler stood that this one replaces.
  void take_over(RequestHandler& before);

  void append_latest(std::vector<LogEntry>& out, std::size_t count) const;
  void clear_log();
  void add_counters(Counters& out) const;
  void add_latency(LatencyHistogram& out) const;
  void clear_counters();
  /// Counts what is no request.
  void count_other(const std::string& kind);

 private:
  /// A judgement: the code, and why.
  struct Decision {
    core::Code code;
    core::LocalizedText title;
    core::LocalizedText why;
    bool success = false;  // a plain one, of the interface's own row
  };
  struct Counter {
    const core::Interface* interface;
    int code;
    std::uint64_t count;
  };

  void touch(World& world) {
    if (records_turns_ && (turn_.worlds.empty() || turn_.worlds.back() != &world)) turn_.worlds.push_back(&world);
  }
  LogEntry& begin_entry(const net::Arrival& arrival);
  void end_entry(const net::Arrival& arrival);
  void log_request(const net::HttpParser& request);
  /// What is no call of an interface: the admin API, whoever looks what is at this address. True if that was answered.
  bool answer_others(const net::HttpParser& request, core::DateTime now, net::Response& response);
  void show_visit(const net::HttpParser& request, const net::Arrival& arrival, const net::Response& response) const;
  /// Whoever looks what is at this address: true if that was answered.
  bool answer_visitor(const net::HttpParser& request, net::Response& response) const;
  core::LocalizedText explain_unknown_path(std::string_view path, core::DateTime now);
  void route(const net::HttpParser& request, core::DateTime now, net::Response& response);
  void handle_call(const net::HttpParser& request, const MockState::Route& route, core::DateTime now, net::Response& response);
  PresentedCredentials presented_by(const net::HttpParser& request);
  std::optional<Decision> authenticate(const PresentedCredentials& presented, const core::Interface& interface, core::DateTime now);
  /// Parses the body into `request_` and returns the interface that it belongs to; null if it is not a JSON object.
  const CompiledInterface* read(std::string_view body, const MockState::Route& route);
  const CompiledInterface& resolve_interface(const MockState::Route& route) const;
  /// Why the body could not be read.
  core::LocalizedText explain_unreadable(const net::HttpParser& request, core::DateTime now);
  /// False only where the request, as it was read, is in all as the specification says.
  bool may_deviate(const net::HttpParser& request, const MockState::Route& route, const CompiledInterface& endpoint, bool readable) const;
  void find_deviations(const net::HttpParser& request, bool readable);
  /// The answer to the open question about too many decimal places: rounds the value, or refuses it.
  std::optional<Decision> settle_places(const CompiledInterface& endpoint);
  std::optional<Decision> refuse_as_unparsable(const core::Interface& interface, core::LocalizedText why) const;
  void tell_hints(net::Response& response);
  /// The reply of the first rule that the request breaks; nothing if it breaks none.
  std::optional<Decision> find_violation(const CompiledInterface& endpoint, const rules::DataLookup& data);
  /// "; UserCode stands inside data", for absent ones of these fields; "" where none stands in a member.
  core::LocalizedText stands_inside(const std::vector<core::RuleOperand>& operands);
  std::optional<Decision> find_type_mismatch(const core::Interface& interface) const;
  /// The fault that is injected into the call, whose hit is counted; null if there is none. Valid until the next call.
  const InjectedFault* take_fault(const PresentedCredentials& presented, bool refused);
  /// The key of the one row that the request works on, so that other threads may work on others; nothing where it may be more, or others have no use of it.
  std::optional<std::string_view> key_of_own_row(const CompiledInterface& endpoint) const;
  /// Takes the caller's world or, where `lock` is there, the row that it is for; then applies rules, faults and effects. Returns the decision, valid until the
  /// next request, or null if an injected HTTP error has filled `response`. Sets `endpoint_` and `result_set_`.
  const Decision* execute(const PresentedCredentials& presented, const CompiledInterface& own, core::DateTime now, net::Response& response,
                          std::optional<core::RowMutex::Guard>& lock);
  Decision explain_failure(const core::Interface& interface) const;
  void apply_fault(const InjectedFault& fault, net::Response& response) const;
  core::Code common_code(const core::Interface& interface, core::Code code) const;
  /// `endpoint`: the interface whose rows the reply has; null if it has none.
  void render_reply(const Decision& decision, net::Response& response, const CompiledInterface* endpoint = nullptr);
  void append_envelope(std::string& out, const Decision& decision, const CompiledInterface* endpoint) const;
  void append_rows(std::string& out, const CompiledInterface& endpoint) const;
  void append_cell(std::string& out, const core::Field& field, const store::CellValue& cell) const;
  void count(int code);

  MockState& state_;
  const std::size_t thread_;
  mutation::MutationHooks& hooks_;
  const core::Spec& spec_;
  std::vector<const core::Header*> fixed_headers_;  // those whose values the specification fixes
  json::RequestBodyParser reader_;
  std::string_view body_;  // of the call at hand
  core::Request request_;
  bool read_in_order_ = false;              // the body was read by the route's ordered parser: every name is right; `reader_` has no members of it
  std::string rounded_;                     // the text of a value that was rounded
  std::vector<core::LocalizedText> hints_;  // of the call at hand
  const Decision success_;
  std::optional<Decision> decision_;             // any other one, of the call at hand
  std::optional<InjectedFault> fault_;           // of the call at hand
  const CompiledInterface* endpoint_ = nullptr;  // of the interface that acts
  store::ResultSet result_set_;
  store::PriceListCache prices_;              // for requests about a row, while other threads have others
  std::shared_ptr<const Readings> readings_;  // of the call at hand
  std::uint64_t readings_version_ = 0;
  const store::Interpretations interpretations_ = [this](std::string_view id) { return readings_->choice.of(id); };
  MeterLife life_;
  SignatureScratch signature_scratch_;
  bool records_turns_ = false, records_requests_ = false;
  StoreFile::Turn turn_;
  MockState::Time time_;                     // of the call at hand
  std::optional<std::string_view> acts_as_;  // an appId: whoever calls need not sign
  const core::Interface* acting_ = nullptr;  // its interface
  mutable std::mutex stats_mutex_;           // others look into them through the admin API
  RequestLog log_;
  std::vector<Counter> counters_;
  Counters earlier_;  // of the handlers that this one has replaced
  LatencyHistogram latency_;
  std::map<std::string, std::uint64_t> no_requests_;  // by kind
};

}  // namespace meterproof::mockserver
