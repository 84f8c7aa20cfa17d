// SPDX-License-Identifier: Apache-2.0
// What a server may do to a client: refuse a timestamp once, lose a reply, refuse a report, order a valve, change a price. What does the client make of it?
// Whether it sends a call again, and when, is its own business, and told; it fails only where it contradicts the specification: a timestamp that is used twice,
// a second number for a payment that was carried out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/request.hpp"
#include "net/http/http_parser.hpp"
#include "net/server/http_server.hpp"
#include "reports/record.hpp"

namespace meterproof::client_conformance {

/// One call as it came. What it points to lives as long as the request does.
struct ClientCall {
  const net::HttpParser* http = nullptr;
  const core::Interface* interface = nullptr;
  const core::Request* request = nullptr;  // null where the body is no JSON object
  std::string authorization;
};

enum class ClientFault { timestamp_refused, reply_lost, report_refused, order_given, warning_given, several_rows, price_changed };
struct ClientFaultKind {
  ClientFault fault;
  std::string name;  // --inject
  core::LocalizedText sentence;
};
const std::vector<ClientFaultKind>& client_fault_kinds();
/// Whether the fault can be injected on that interface.
bool fits(ClientFault fault, const core::Interface& interface);

/// A fault that is injected on one interface.
class ActiveFault {
 public:
  ActiveFault(const core::Spec& spec, const ClientFaultKind& kind, const core::Interface& interface) : spec_(&spec), kind_(&kind), interface_(&interface) {}

  const ClientFaultKind& kind() const { return *kind_; }
  const core::Interface& interface() const { return *interface_; }
  bool injected() const { return injected_; }
  /// Nothing is waited for any more; a payment that comes a second time, after a question whether it was recorded, still tells.
  bool over() const { return verdict_ || !asked_by_.empty(); }

  /// Whether it can be injected on that call: an order that would change something.
  bool suits(const ClientCall& call) const;
  /// Answers the call in the mock's place; false where the mock shall answer it.
  bool before(const ClientCall& call, net::Response& response);
  /// Changes what the mock answered.
  void after(const ClientCall& call, net::Response& response);
  /// A later call. Returns whether it is the client's answer to the fault.
  bool watch(const ClientCall& call);
  /// Whether the call is about the same as the one that the fault was injected on.
  bool is_about_same(const ClientCall& call) const { return injected_ && call.interface == interface_ && call.request != nullptr && same_keys(call); }
  /// What came of it.
  struct Result {
    reports::Verdict verdict = reports::Verdict::inconclusive;
    i18n::Message observed, reason;
  };
  Result result() const;
  /// A call that was carried out, before the fault: a client may say the same in every call, but for its keys.
  void note_accepted(const ClientCall& call);
  /// An exchange that belongs to the fault: the call that it was injected on, those that answer to it, and what they were answered. At most `most_steps`.
  void note_exchange(const reports::SentRecord& sent, const reports::ReplyRecord& reply);
  const std::vector<reports::StepRecord>& steps() const { return steps_; }

 private:
  static constexpr std::size_t most_steps = 8;

  void remember(const ClientCall& call);
  bool same_keys(const ClientCall& call) const;
  bool same_but_keys(const ClientCall& call) const;
  bool asks_for_it(const ClientCall& call) const;
  bool is_answer(const ClientCall& call);
  bool watch_order(const ClientCall& call);
  bool watch_other_row(const ClientCall& call);
  bool watch_price(const ClientCall& call);
  void inject_order(const ClientCall& call, net::Response& response);
  void inject_row(const ClientCall& call, net::Response& response);
  void inject_price(const ClientCall& call, net::Response& response);
  void conclude(reports::Verdict verdict, i18n::Message observed, i18n::Message reason);

  const core::Spec* spec_;
  const ClientFaultKind* kind_;
  const core::Interface* interface_;
  bool injected_ = false;
  std::vector<std::pair<core::Value::Kind, std::string>> values_;  // of the call that it was injected on
  std::string authorization_;
  std::size_t ordered_field_ = 0;
  std::string ordered_;          // what the next request must say in that field
  std::string told_, price_;     // the balance that the reply told, and the price that it was made to tell
  std::size_t calls_since_ = 0;  // of the same interface, none of them an answer to the fault
  std::string disobeyed_;        // what the last report said that did not show what was ordered; "" where none did
  std::optional<Result> verdict_;
  std::string asked_by_;      // the query that asked whether the call was recorded
  bool is_involved_ = false;  // in the call at hand
  std::vector<reports::StepRecord> steps_;
  std::map<std::string, std::string> before_;  // what calls before the fault said beside their keys, and their first key
  bool says_the_same_ = false;                 // under different keys, before the fault: a second number means nothing then
};

class ClientFaults {
 public:
  ClientFaults(const core::Spec& spec, const std::vector<const core::Interface*>& interfaces, const std::vector<std::string>& names);

  /// The fault to inject on a valid call, or null: one at a time, never on the first call of an interface, and never on a call that answers to another
  /// fault, or is about the same as one that had a fault before.
  ActiveFault* choose(const ClientCall& call);
  /// Returns whether the call answers to a fault.
  bool watch(const ClientCall& call);
  void note_accepted(const ClientCall& call);
  /// What the call at hand came to, for the faults that it is about.
  void note_exchange(const reports::SentRecord& sent, const reports::ReplyRecord& reply);
  const std::vector<ActiveFault>& all() const { return active_; }

 private:
  std::vector<ActiveFault> active_;
  std::vector<const core::Interface*> met_;  // interfaces that were called well before
};

}  // namespace meterproof::client_conformance
