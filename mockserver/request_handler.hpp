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
#include "mockserver/mock_state.hpp"

namespace meterproof::mockserver {

class RequestHandler {
 public:
  explicit RequestHandler(MockState& state);

  void handle(const net::HttpParser& request, MockState::Time time, net::Response& response);

  void append_latest(std::vector<LogEntry>& out, std::size_t count) const;
  void clear_log();
  /// Adds how often each code was answered, by interface.
  void add_counters(std::map<std::pair<std::string, int>, std::uint64_t>& out) const;

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

  void log_request(const net::HttpParser& request);
  void route(const net::HttpParser& request, core::DateTime now, net::Response& response);
  void handle_call(const net::HttpParser& request, const MockState::Route& route, core::DateTime now, net::Response& response);
  PresentedCredentials presented_by(const net::HttpParser& request);
  std::optional<Decision> authenticate(const PresentedCredentials& presented, const core::Interface& interface, core::DateTime now);
  /// Parses the body into `request_` and returns the interface that it belongs to; null if it is not a JSON object.
  const CompiledInterface* read(std::string_view body, const MockState::Route& route);
  const CompiledInterface& resolve_interface(const MockState::Route& route) const;
  /// The reply of the first rule that the request breaks; nothing if it breaks none.
  std::optional<Decision> find_violation(const CompiledInterface& endpoint, const rules::DataLookup& data);
  std::optional<Decision> find_type_mismatch(const core::Interface& interface) const;
  /// Takes the lock of the state, then applies rules, faults and effects. Returns the decision, valid until the next request, or null if an
  /// injected HTTP error has filled `response`. Sets `endpoint_` and `result_set_`.
  const Decision* execute(const PresentedCredentials& presented, const CompiledInterface& own, core::DateTime now, net::Response& response);
  void apply_fault(const InjectedFault& fault, net::Response& response) const;
  core::Code common_code(const core::Interface& interface, core::Code code) const;
  /// `endpoint`: the interface whose rows the reply has; null if it has none.
  void render_reply(const Decision& decision, net::Response& response, const CompiledInterface* endpoint = nullptr);
  void append_envelope(std::string& out, const Decision& decision, const CompiledInterface* endpoint) const;
  void append_rows(std::string& out, const CompiledInterface& endpoint) const;
  void append_cell(std::string& out, const core::Field& field, const store::CellValue& cell) const;
  void count(int code);

  MockState& state_;
  mutation::MutationHooks& hooks_;
  const core::Spec& spec_;
  json::RequestBodyParser reader_;
  core::Request request_;
  const Decision success_;
  std::optional<Decision> decision_;             // any other one, of the call at hand
  const CompiledInterface* endpoint_ = nullptr;  // of the interface that acts
  store::ResultSet result_set_;
  SignatureScratch signature_scratch_;
  MockState::Time time_;                     // of the call at hand
  const core::Interface* acting_ = nullptr;  // its interface
  mutable std::mutex stats_mutex_;           // others look into them through the admin API
  RequestLog log_;
  std::vector<Counter> counters_;
};

}  // namespace meterproof::mockserver
