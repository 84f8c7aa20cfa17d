// SPDX-License-Identifier: Apache-2.0
// The rows that a run makes for itself: users, meters, prices and payments of its own, and the model of what they must look like.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conformance/scope.hpp"
#include "conformance/target_session.hpp"
#include "core/json/request_body_parser.hpp"
#include "core/rules/valid_request.hpp"
#include "core/store/data_store.hpp"

namespace meterproof::conformance {

/// Keys by table: the rows that belong together, of one imaginary customer.
using FixtureSet = std::map<std::size_t, std::string>;

class FixtureFactory {
 public:
  FixtureFactory(TargetSession& session, Scope scope, std::map<std::string, std::string> known);

  /// The subject's key in that table, its row made where it is not there yet: one that `where` is about. Throws Unavailable.
  /// Rows of a catalogue (prices) are shared by all subjects, unless the subject must have its own.
  const std::string& get_or_create(FixtureSet& fixture, std::size_t table, bool own = false, const std::optional<core::Condition>& where = std::nullopt);
  /// A key that no row has: of this run, and of no other.
  std::string unused_key();
  /// A key in that state, as some interface brings it about, or as it was told of. "" where there is neither.
  std::string key_in_state(std::size_t table, const core::State& state);

  /// A valid request for the subject; fields that name a row get the keys of `names`, or fresh ones.
  core::RequestBuilder make_request(const core::Interface& interface, std::size_t variant, FixtureSet& fixture, const FixtureSet* names = nullptr) {
    return make_request(interface, interface.variants[variant], fixture, names);
  }
  core::RequestBuilder make_request(const core::Interface& interface, const core::Variant& variant, FixtureSet& fixture, const FixtureSet* names = nullptr);
  /// Sends it, well signed, and writes it down.
  Sent send(const core::RequestBuilder& request);
  /// Every request that `send` sent, in its order.
  const std::vector<net::HttpRequest>& trace() const { return trace_; }
  /// Sends it. Where it succeeds the model follows, and the subject takes the new keys.
  Sent send_and_track(const core::RequestBuilder& request, FixtureSet& fixture);
  /// A request that succeeded: the subject takes the new keys, the model follows, and says what the answer must have been.
  store::ResultSet apply_to_model(const core::RequestBuilder& request, FixtureSet& fixture);
  /// What the model says such a request must answer; the model follows.
  store::ResultSet predict(const core::RequestBuilder& request);
  /// What the model says of a request before it is sent: the rule that refuses it, or the open question that it raises.
  struct Prediction {
    const core::ResultRow* row = nullptr;
    const core::Rule* rule = nullptr;
    const core::OpenQuestion* question = nullptr;
    bool suits = true;  // the rows that it refers to are those that the specification means it for
  };
  Prediction predict_refusal(const core::RequestBuilder& request);
  /// A forged request uses no timestamp up: one slot serves all, until a target turns out to think otherwise.
  TimestampPool::Slot forgery_timestamp(const std::string& path, bool another);
  const std::optional<TimestampPool::Slot>& slot_of_forgeries() const { return for_forgeries_; }
  void forget_slot_of_forgeries() { for_forgeries_.reset(); }
  TargetSession& session() { return session_; }
  const Scope& scope() const { return scope_; }

 private:
  bool is_catalogue(std::size_t table) const;
  bool all_such(const core::Field& field, std::size_t at) const;
  bool read(const std::string& body, const core::Interface& interface);
  std::size_t variant_for(const core::Interface& maker, std::size_t table, const std::optional<core::Condition>& where) const;
  void take_names(const core::RequestBuilder& request, FixtureSet& fixture) const;

  TargetSession& session_;
  Scope scope_;
  std::map<std::string, std::string> known_;
  store::DataStore model_;
  json::RequestBodyParser reader_;
  core::Request request_;  // the one that was read last
  unsigned nth_ = 0;
  std::vector<net::HttpRequest> trace_;
  FixtureSet shared_;  // rows of catalogues
  std::optional<TimestampPool::Slot> for_forgeries_;
};

/// What the scene of a counterexample offers: the subject's rows, and strangers.
class CaseFixtures final : public rules::FixtureProvider {
 public:
  CaseFixtures(FixtureFactory& fixtures, FixtureSet& fixture) : fixtures_(fixtures), subject_(fixture) {}
  std::string existing_row(std::size_t table) override { return fixtures_.get_or_create(subject_, table); }
  std::string unrelated_row(std::size_t table) override;
  std::string unused_key(std::size_t) override { return fixtures_.unused_key(); }
  std::string in_state(std::size_t table, const core::State& state) override { return fixtures_.key_in_state(table, state); }

 private:
  FixtureFactory& fixtures_;
  FixtureSet& subject_;
  FixtureSet other_;
};

}  // namespace meterproof::conformance
