// SPDX-License-Identifier: Apache-2.0
// Judges a vendor's client by the specification: serves it as the mock does, checks every call, and injects faults that a good client survives.
// No I/O, no clock of its own: the same calls at the same times give the same record (client_transcript.hpp).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client_conformance/client_faults.hpp"
#include "core/json/request_body_parser.hpp"
#include "core/rules/deviations.hpp"
#include "core/time/clock_watch.hpp"
#include "mockserver/bad_request.hpp"
#include "mockserver/mock_state.hpp"
#include "reports/record.hpp"

namespace meterproof::client_conformance {

struct ClientOptions {
  core::Role client = core::Role::billing;  // billing calls what the platform serves, and the other way round
  std::vector<std::string> faults;          // faults by name; all where it is empty
  std::string url;                          // where it serves, for the record
  bool only_watches = false;                // no fault is injected
  std::vector<std::string> required;        // interfaces without a good call of which it is not judged
};

class ClientMonitor {
 public:
  using Time = mockserver::MockState::Time;

  /// `spec` must outlive it.
  ClientMonitor(const core::Spec& spec, const mockserver::MockOptions& mock_options, loader::Fixtures rows, ClientOptions options);

  /// `steady`: the same moment on a clock that nobody sets; without it a step of the wall clock is not noticed.
  void handle(const net::HttpParser& request, Time now, net::Response& response, std::chrono::steady_clock::time_point steady = {});
  void handle_bad_request(const net::HttpParser& request, net::Response& response, const net::Arrival& arrival = {});
  /// What `handle` finds of the signature from now on; nothing: it looks itself. See mockserver::Authenticator::presume.
  void presume(const std::optional<mockserver::Refusal>& refusal);
  /// The two parts of `handle_bad_request`: judges what came, and answers it.
  void note_bad_request(const mockserver::BadRequest& bad, const reports::SentRecord& sent);
  void answer_bad_request(const net::HttpParser& request, net::Response& response, const net::Arrival& arrival) {
    state_.handle_bad_request(request, response, arrival);
  }

  std::uint64_t calls() const { return calls_; }
  /// The last call in a line: "RemotePay: 1", with what was wrong with it, or was done to it.
  const i18n::Message& last_call() const { return last_call_; }
  /// Every case, judged by the calls so far. What was not seen is inconclusive.
  reports::CheckRecord record() const;

 private:
  struct Seen {
    reports::CaseRecord record;
    bool observed = false;
    const core::Field* parameter = nullptr;  // that the case is about; null if it is about none
    const ActiveFault* fault = nullptr;      // that decides the verdict; null if observations do
    std::vector<std::string> interfaces;     // of a case that is about the client as a whole: those whose calls show the verdict
  };

  /// The bytes of a call whose reply was lost.
  struct Lost {
    std::string target, headers, body;
    Time at;
  };

  Seen& add(const std::string& group, const std::string& id, const std::string& section, const core::LocalizedText& sentence, const std::string& clause);
  /// What section 2 demands of every call: one case each, whatever the interface. A mistake that a client makes once is told once.
  void plan_client();
  void plan(const core::Interface& interface);
  /// Whether an HTTP library, not the program, sent the lost call again: no byte has changed.
  bool is_library_repeat(const net::HttpParser& request, Time now);
  void note_stray(const net::HttpParser& request);
  /// One observation of a case; the worst of all counts, with its call.
  void observe(const std::string& id, reports::Verdict verdict, const i18n::Message& observed, const i18n::Message& reason);
  bool judge_signature(const ClientCall& call, core::DateTime now);
  void judge_headers(const ClientCall& call);
  /// What is understood though the specification does not allow it: what the mock hints at, and refuses with `--strict`.
  std::vector<rules::Deviation> find_deviations(const ClientCall& call) const;
  void judge_form(const std::vector<rules::Deviation>& deviations);
  void judge_body(const ClientCall& call, const std::vector<rules::Deviation>& deviations);
  void judge_field(const ClientCall& call, std::size_t field);
  void judge_names(const ClientCall& call, const std::vector<rules::Deviation>& deviations);
  void judge_rules(const ClientCall& call);
  void judge_open_questions(const ClientCall& call);
  void judge_number(const ClientCall& call);
  bool repeats_lost(const ClientCall& call) const;
  void note_answer(const ClientCall& call, const net::Response& response, const ActiveFault* fault);
  void judge_stray(const net::HttpParser& request, const core::Interface* interface);
  bool was_accepted(const std::string& interface) const;
  void watch_clock(Time wall, std::chrono::steady_clock::time_point steady);
  /// That moment on the clock that calls go by: ours as it was, or as somebody has set it meanwhile.
  Time by_clock_of_calls(Time wall) const { return follows_step_ ? wall : wall - stepped_; }
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
  const reports::SentRecord* current_sent_ = nullptr;  // in place of the call's, where there is none
  std::optional<core::ClockWatch> clock_watch_;
  std::chrono::milliseconds stepped_{0};  // how far our clock was set since the first call
  bool follows_step_ = false;             // the client's clock was set with it: both run on one machine
  std::vector<i18n::Message> clock_notes_;
  std::string began_;
  std::uint64_t calls_ = 0;
  std::optional<Lost> lost_;
  std::set<std::pair<std::string, std::string>> unanswered_;  // calls that were carried out and whose reply was lost: interface and contents
  i18n::Message last_call_;
  /// What became of an interface's calls.
  struct Calls {
    std::size_t all = 0, accepted = 0, refused = 0, faults = 0;
  };
  std::map<std::string, Calls> calls_of_;                            // by interface
  std::map<std::pair<std::string, std::string>, std::string> used_;  // by interface and number: what an accepted call said under it
  std::map<std::string, std::size_t> stray_;                         // calls to what is no interface, by method and path; at most `most_stray` of them
  /// What came and is no HTTP request: what it was, and how often; at most `most_stray` kinds.
  struct NoRequest {
    core::LocalizedText title, why;
    std::size_t count = 0;
  };
  std::map<std::string, NoRequest> no_requests_;  // by title and reason in English
};

}  // namespace meterproof::client_conformance
