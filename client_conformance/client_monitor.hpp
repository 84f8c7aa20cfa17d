// SPDX-License-Identifier: Apache-2.0
// Judges a vendor's client by the specification: serves it as the mock does, checks every call, and injects faults that a good client survives.
// No I/O, no clock of its own.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client_conformance/client_faults.hpp"
#include "core/json/request_body_parser.hpp"
#include "mockserver/mock_state.hpp"
#include "reports/record.hpp"

namespace meterproof::client_conformance {

struct ClientOptions {
  core::Role client = core::Role::billing;  // billing calls what the platform serves, and the other way round
  std::vector<std::string> faults;          // faults by name; all where it is empty
  std::string url;                          // where it serves, for the record
};

class ClientMonitor {
 public:
  using Time = mockserver::MockState::Time;

  /// `spec` must outlive it.
  ClientMonitor(const core::Spec& spec, const mockserver::MockOptions& mock_options, loader::Fixtures rows, ClientOptions options);

  void handle(const net::HttpParser& request, Time now, net::Response& response);
  void handle_bad_request(const net::HttpParser& request, net::Response& response) { state_.handle_bad_request(request, response); }

  std::uint64_t calls() const { return calls_; }
  /// Every case, judged by the calls so far. What was not seen is inconclusive.
  reports::CheckRecord record() const;

 private:
  struct Seen {
    reports::CaseRecord record;
    bool observed = false;
    const core::Field* parameter = nullptr;  // that the case is about; null if it is about none
    const ActiveFault* fault = nullptr;      // that decides the verdict; null if observations do
  };

  Seen& add(const std::string& id, const core::Interface& interface, const std::string& section, const core::LocalizedText& sentence,
            const std::string& clause);
  void plan(const core::Interface& interface);
  /// One observation of a case; the worst of all counts, with its call.
  void observe(const std::string& id, reports::Verdict verdict, const i18n::Message& observed, const i18n::Message& reason);
  bool judge_signature(const ClientCall& call, core::DateTime now);
  void judge_headers(const ClientCall& call);
  void judge_body(const ClientCall& call);
  void judge_field(const ClientCall& call, std::size_t field);
  void judge_names(const ClientCall& call);
  void judge_rules(const ClientCall& call);
  const core::Interface* resolve_interface(const net::HttpParser& request);

  const core::Spec& spec_;
  ClientOptions options_;
  mockserver::MockOptions mock_options_;
  mockserver::MockState state_;
  mockserver::Authenticator authenticator_;
  mockserver::SignatureScratch signature_scratch_;
  json::RequestBodyParser reader_;
  ClientFaults faults_;
  std::vector<std::string> order_;  // of the cases
  std::map<std::string, Seen> seen_;
  const ClientCall* current_ = nullptr;
  std::string began_;
  std::uint64_t calls_ = 0;
};

}  // namespace meterproof::client_conformance
