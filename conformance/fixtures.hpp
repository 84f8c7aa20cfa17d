// SPDX-License-Identifier: Apache-2.0
// The rows that a run makes for itself: users, meters, prices and payments of its own, and the model of what they must look like.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance/scope.hpp"
#include "conformance/target_session.hpp"
#include "core/json/request_body_parser.hpp"
#include "core/rules/valid_request.hpp"
#include "core/store/data_store.hpp"

namespace meterproof::conformance {

/// Key by table: the rows of one fictitious customer, which belong together.
using FixtureSet = std::map<std::size_t, std::string>;

class FixtureFactory {
 public:
  FixtureFactory(TargetSession& session, Scope scope, std::map<std::string, std::string> known);

  /// Key of the fixture row in `table`. Creates the row if it is missing, such that it meets `where`. Throws Inconclusive if that is impossible.
  /// Rows of a catalogue (prices) are shared by all fixture sets, unless `own`.
  const std::string& get_or_create(FixtureSet& fixture, std::size_t table, bool own = false, const std::optional<core::Condition>& where = std::nullopt);
  /// A key that no row has; unique across runs.
  std::string unused_key();
  /// Key of a row in that state: made through an interface, or given with --fixture. "" if there is neither.
  std::string key_in_state(std::size_t table, const core::State& state);

  /// A valid request for the fixture rows; fields that name a new row get the keys of `names`, or unused ones.
  core::RequestBuilder make_request(const core::Interface& interface, std::size_t variant, FixtureSet& fixture, const FixtureSet* names = nullptr) {
    return make_request(interface, interface.variants[variant], fixture, names);
  }
  core::RequestBuilder make_request(const core::Interface& interface, const core::Variant& variant, FixtureSet& fixture, const FixtureSet* names = nullptr);
  /// Sends it with a valid signature and appends it to `sent_requests`.
  Sent send(const core::RequestBuilder& request);
  /// Every request that `send` sent, in order.
  const std::vector<net::HttpRequest>& sent_requests() const { return sent_requests_; }
  /// Sends it. On success it is applied to the model, and `fixture` takes the new keys.
  Sent send_and_track(const core::RequestBuilder& request, FixtureSet& fixture);
  /// Applies a request that succeeded to the model; `fixture` takes the new keys. Returns the rows that the reply must have had.
  store::ResultSet apply_to_model(const core::RequestBuilder& request, FixtureSet& fixture);
  /// Applies the request to the model and returns the rows that its reply must have.
  store::ResultSet predict(const core::RequestBuilder& request);
  /// The model's prediction before a request is sent: the rule that refuses it, or the open question that it raises.
  struct Prediction {
    const core::ResultRow* row = nullptr;
    const core::Rule* rule = nullptr;
    const core::OpenQuestion* question = nullptr;
    bool suits = true;  // false if the specification does not define the request for the referenced rows
  };
  Prediction predict_refusal(const core::RequestBuilder& request);
  /// Timestamp for requests with a wrong signature. All share one, because a refused request does not use it up. `another`: take a new one.
  TimestampPool::Slot wrong_signature_timestamp(const std::string& path, bool another);
  const std::optional<TimestampPool::Slot>& wrong_signature_slot() const { return wrong_signature_slot_; }
  void forget_wrong_signature_slot() { wrong_signature_slot_.reset(); }
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
  std::vector<net::HttpRequest> sent_requests_;
  FixtureSet shared_;  // rows of catalogues
  std::optional<TimestampPool::Slot> wrong_signature_slot_;
};

/// Fixture rows for negative test inputs: the case's own rows, and unrelated rows.
class CaseFixtures final : public rules::FixtureProvider {
 public:
  CaseFixtures(FixtureFactory& fixtures, FixtureSet& fixture) : fixtures_(fixtures), own_(fixture) {}
  std::string existing_row(std::size_t table) override { return fixtures_.get_or_create(own_, table); }
  std::string unrelated_row(std::size_t table) override;
  std::string unused_key(std::size_t) override { return fixtures_.unused_key(); }
  std::string in_state(std::size_t table, const core::State& state) override { return fixtures_.key_in_state(table, state); }

 private:
  FixtureFactory& fixtures_;
  FixtureSet& own_;
  FixtureSet other_;
};

}  // namespace meterproof::conformance
