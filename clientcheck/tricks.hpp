// What a server may do to a client: refuse a timestamp once, lose a reply, refuse a report, order a valve. What does the client make of it?
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/listener.hpp"
#include "reports/record.hpp"
#include "spec/model/request.hpp"
#include "spec/wire/http_parser.hpp"

namespace meterproof::clientcheck {

/// One call as it came. What it points to lives as long as the request does.
struct Call {
  const wire::HttpParser* http = nullptr;
  const spec::Interface* interface = nullptr;
  const spec::Request* request = nullptr;  // null where the body is no JSON object
  std::string authorization;
};

enum class Trick { timestamp_refused, reply_lost, report_refused, order_given };
struct TrickKind {
  Trick trick;
  std::string name;  // --scenario
  spec::Text sentence;
};
const std::vector<TrickKind>& trick_kinds();
/// Whether a trick can be played on that interface.
bool fits(Trick trick, const spec::Interface& interface);

/// A trick being played on one interface.
class Play {
 public:
  Play(const spec::Spec& spec, const TrickKind& kind, const spec::Interface& interface) : spec_(&spec), kind_(&kind), interface_(&interface) {}

  const TrickKind& kind() const { return *kind_; }
  const spec::Interface& interface() const { return *interface_; }
  bool pulled() const { return pulled_; }
  bool over() const { return verdict_.has_value(); }

  /// Answers the call in the mock's place; false where the mock shall answer it.
  bool before(const Call& call, http::Response& response);
  /// Changes what the mock answered.
  void after(const Call& call, http::Response& response);
  /// A later call: is it what a good client sends next?
  void watch(const Call& call);
  /// What came of it: verdict, what was observed, why.
  struct Result {
    reports::Verdict verdict = reports::Verdict::inconclusive;
    std::string observed, reason;
  };
  Result result() const;

 private:
  void remember(const Call& call);
  bool same_keys(const Call& call) const;
  bool same_but_keys(const Call& call) const;
  void give_order(const Call& call, http::Response& response);
  void conclude(reports::Verdict verdict, std::string observed, std::string reason);

  const spec::Spec* spec_;
  const TrickKind* kind_;
  const spec::Interface* interface_;
  bool pulled_ = false;
  std::vector<std::pair<spec::Value::Kind, std::string>> values_;  // of the call that it was played on
  std::string authorization_;
  std::size_t ordered_field_ = 0;
  std::string ordered_;  // what the next request must say in that field
  std::size_t later_calls_ = 0;
  std::size_t calls_since_ = 0;  // of the same interface
  std::optional<Result> verdict_;
};

class Tricks {
 public:
  Tricks(const spec::Spec& spec, const std::vector<const spec::Interface*>& interfaces, const std::vector<std::string>& names);

  /// The trick to be played on a call that nothing is wrong with, or null: one at a time, and never on an interface's first call.
  Play* choose(const Call& call);
  void watch(const Call& call);
  const std::vector<Play>& all() const { return plays_; }

 private:
  std::vector<Play> plays_;
  std::vector<const spec::Interface*> met_;  // interfaces that were called well before
};

}  // namespace meterproof::clientcheck
