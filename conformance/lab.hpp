// The rows that a run makes for itself: users, meters, prices and payments of its own, and the model of what they must look like.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conformance/session.hpp"
#include "spec/rules/valid.hpp"
#include "spec/wire/json_request.hpp"
#include "spec/world/world.hpp"

namespace meterproof::conformance {

/// Keys by table: the rows that belong together, of one imaginary customer.
using Subject = std::map<std::size_t, std::string>;

class Lab {
 public:
  Lab(Session& session, Scope scope, std::map<std::string, std::string> known);

  /// The subject's key in that table, its row made where it is not there yet: one that `where` is about. Throws Unavailable.
  /// Rows of a catalogue (prices) are shared by all subjects, unless the subject must have its own.
  const std::string& ensure(Subject& subject, std::size_t table, bool own = false, const std::optional<spec::Condition>& where = std::nullopt);
  /// A key that no row has: of this run, and of no other.
  std::string fresh_key();
  /// A key in that state, as some interface brings it about, or as it was told of. "" where there is neither.
  std::string key_in_state(std::size_t table, const spec::State& state);

  /// A valid request for the subject; fields that name a row get the keys of `names`, or fresh ones.
  spec::Draft draft(const spec::Interface& interface, std::size_t variant, Subject& subject, const Subject* names = nullptr) {
    return draft(interface, interface.variants[variant], subject, names);
  }
  spec::Draft draft(const spec::Interface& interface, const spec::Variant& variant, Subject& subject, const Subject* names = nullptr);
  /// Sends it, well signed, and writes it down.
  Sent send(const spec::Draft& draft);
  /// Every request that `send` sent, in its order.
  const std::vector<http::HttpRequest>& trace() const { return trace_; }
  /// Sends it. Where it succeeds the model follows, and the subject takes the new keys.
  Sent play(const spec::Draft& draft, Subject& subject);
  /// A request that succeeded: the subject takes the new keys, the model follows, and says what the answer must have been.
  world::Outcome follow(const spec::Draft& draft, Subject& subject);
  /// What the model says such a request must answer; the model follows.
  world::Outcome implied(const spec::Draft& draft);
  /// What the model says of a request before it is sent: the rule that refuses it, or the open question that it raises.
  struct Expectation {
    const spec::ResultRow* row = nullptr;
    const spec::Rule* rule = nullptr;
    const spec::Unclear* question = nullptr;
    bool suits = true;  // the rows that it refers to are those that the paper means it for
  };
  Expectation expectation(const spec::Draft& draft);
  /// A forged request uses no timestamp up: one slot serves all, until a target turns out to think otherwise.
  Timestamps::Slot forgery_timestamp(const std::string& path, bool another);
  const std::optional<Timestamps::Slot>& slot_of_forgeries() const { return for_forgeries_; }
  void forget_slot_of_forgeries() { for_forgeries_.reset(); }
  Session& session() { return session_; }
  const Scope& scope() const { return scope_; }

 private:
  bool is_catalogue(std::size_t table) const;
  bool all_such(const spec::Field& field, std::size_t at) const;
  bool read(const std::string& body, const spec::Interface& interface);
  std::size_t variant_for(const spec::Interface& maker, std::size_t table, const std::optional<spec::Condition>& where) const;
  void take_names(const spec::Draft& draft, Subject& subject) const;

  Session& session_;
  Scope scope_;
  std::map<std::string, std::string> known_;
  world::World model_;
  wire::JsonReader reader_;
  spec::Request request_;  // the one that was read last
  unsigned nth_ = 0;
  std::vector<http::HttpRequest> trace_;
  Subject shared_;  // rows of catalogues
  std::optional<Timestamps::Slot> for_forgeries_;
};

/// What the scene of a counterexample offers: the subject's rows, and strangers.
class LabScene final : public rules::Scene {
 public:
  LabScene(Lab& lab, Subject& subject) : lab_(lab), subject_(subject) {}
  std::string existing(std::size_t table) override { return lab_.ensure(subject_, table); }
  std::string another(std::size_t table) override;
  std::string unknown(std::size_t) override { return lab_.fresh_key(); }
  std::string in_state(std::size_t table, const spec::State& state) override { return lab_.key_in_state(table, state); }

 private:
  Lab& lab_;
  Subject& subject_;
  Subject other_;
};

}  // namespace meterproof::conformance
