// SPDX-License-Identifier: Apache-2.0
// One thread's part of the mock: it reads requests, has them judged, answers, and keeps its own books.
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
  /// Puts the body into `request_`, and says whose it is. Nothing where it is no JSON object.
  const CompiledInterface* read(std::string_view body, const MockState::Route& route);
  const CompiledInterface& resolve_interface(const MockState::Route& route) const;
  /// The rule that the request breaks, as an answer; nothing where it may be carried out.
  std::optional<Decision> find_violation(const CompiledInterface& endpoint, const rules::DataLookup& data);
  std::optional<Decision> find_type_mismatch(const core::Interface& interface) const;
  /// Under the lock of the state: the decision, until the next one, and what it leaves in `result_set_`. Null where a fault answers without one.
  const Decision* execute(const PresentedCredentials& presented, const CompiledInterface& own, core::DateTime now, net::Response& response);
  void apply_fault(const InjectedFault& fault, net::Response& response) const;
  core::Code common_code(const core::Interface& interface, core::Code code) const;
  /// `endpoint` is whose reply it is, where there is more to it than the envelope.
  void render_reply(const Decision& decision, net::Response& response, const CompiledInterface* endpoint = nullptr);
  void append_envelope(std::string& out, const Decision& decision, const CompiledInterface* endpoint) const;
  void append_rows(std::string& out, const CompiledInterface& endpoint) const;
  void append_cell(std::string& out, const core::Field& field, const store::CellValue& cell) const;
  void count(int code);

  MockState& state_;
  mutation::MutationHooks* const hooks_;  // null but in mutants
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
  mutable std::mutex stats_mutex_;           // others look into them through the control surface
  RequestLog log_;
  std::vector<Counter> counters_;
};

}  // namespace meterproof::mockserver
