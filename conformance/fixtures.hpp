// SPDX-License-Identifier: Apache-2.0
// The rows that a run makes for itself: users, meters, prices and payments of its own, and the model of what they must look like.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "conformance/check_options.hpp"
#include "conformance/named_rows.hpp"
#include "conformance/spec_queries.hpp"
#include "conformance/target_session.hpp"
#include "core/json/request_body_parser.hpp"
#include "core/rules/valid_request.hpp"
#include "core/store/data_store.hpp"

namespace meterproof::conformance {

/// Key by table: the rows of one fictitious customer, which belong together.
using FixtureSet = std::map<std::size_t, std::string>;

class FixtureFactory {
 public:
  /// `shown`: what the target shows of the rows that the vendor has named. The session must outlive it.
  FixtureFactory(TargetSession& session, CheckOptions options, std::vector<ShownRow> shown);

  /// The key of a row of that table to which none of the fixture's rows refers. Rows that belong to nobody, such as prices, are taken in turn from a few.
  std::string another_row(std::size_t table, const FixtureSet& fixture);
  /// Key of the fixture row in `table`. Creates the row if it is missing, such that it meets `where`; where no interface does so, takes the row that the
  /// vendor has named. Throws Inconclusive if there is none. Rows of a catalogue (prices) are shared by all fixture sets, unless `own`.
  const std::string& get_or_create(FixtureSet& fixture, std::size_t table, bool own = false, const std::optional<core::Condition>& where = std::nullopt);
  /// A key that no row has; unique across runs.
  std::string unused_key();
  /// Key of a row in that state, made through an interface. "" if none brings a row there.
  std::string make_in_state(std::size_t table, const core::State& state);
  /// Key of the row in that state that the vendor has named; "" if there is none.
  std::string named_in_state(std::size_t table, const core::State& state) const;
  /// Keys of the rows of `table` that the target shows as belonging to that named row.
  std::vector<std::string> shown_of(std::size_t table, std::size_t owner_table, const std::string& owner) const;
  /// Whether the vendor has named that row.
  bool is_named(std::size_t table, const std::string& key) const;
  /// A request was accepted of which nobody can say what it did to these rows: of those that the vendor has named, and that others will use, the model
  /// knows nothing any more.
  void forget_named(const FixtureSet& fixture);
  /// A request was sent of which nobody can say what it did: of the rows that it may have changed the model knows nothing any more but to which others they
  /// belong.
  void forget(const core::RequestBuilder& request);
  /// Under --max-rows: these rows are as the model has them, and nobody uses them any more, so that others may.
  void give_back(const FixtureSet& fixture);
  /// What new rows are for, the most important last: of those that --max-rows allows, a case's own requests may use up a third, rows that cases need half, and
  /// the valid requests on which everything rests all of them.
  enum class Purpose { of_a_case, for_cases, control };
  /// While it lives, new rows are for that.
  class MakingRows {
   public:
    MakingRows(FixtureFactory& fixtures, Purpose purpose) : fixtures_(fixtures), before_(fixtures.purpose_) { fixtures_.purpose_ = std::max(before_, purpose); }
    ~MakingRows() { fixtures_.purpose_ = before_; }
    MakingRows(const MakingRows&) = delete;
    MakingRows& operator=(const MakingRows&) = delete;

   private:
    FixtureFactory& fixtures_;
    Purpose before_;
  };

  /// While it lives, a row of the vendor's that is taken for a case is looked at first, once.
  class Observing {
   public:
    explicit Observing(FixtureFactory& fixtures) : fixtures_(fixtures), before_(std::exchange(fixtures.observing_, true)) { fixtures_.looked_at_.clear(); }
    ~Observing() { fixtures_.observing_ = before_; }
    Observing(const Observing&) = delete;
    Observing& operator=(const Observing&) = delete;

   private:
    FixtureFactory& fixtures_;
    bool before_;
  };

  /// While it lives, it is found out when a change shows: what is looked at meanwhile does not ask for it again.
  class TryingChange {
   public:
    explicit TryingChange(FixtureFactory& fixtures) : fixtures_(fixtures), before_(std::exchange(fixtures.trying_change_, true)) {}
    ~TryingChange() { fixtures_.trying_change_ = before_; }
    TryingChange(const TryingChange&) = delete;
    TryingChange& operator=(const TryingChange&) = delete;
    bool is_nested() const { return before_; }

   private:
    FixtureFactory& fixtures_;
    bool before_;
  };

  /// Throws Inconclusive where a valid request of that kind would make a row beyond --max-rows.
  void need_budget(const core::Interface& interface, const core::Variant& variant) const;

  /// Makes a reading go on from the row's last one: from what the vendor has described, or what was accepted since.
  void read_on(core::RequestBuilder& request) const;
  /// Makes it the row's last reading once more, later.
  void take_usage_out(core::RequestBuilder& request) const;
  /// A valid request for the fixture rows; fields that name a new row get the keys of `names`, or unused ones.
  core::RequestBuilder make_request(const core::Interface& interface, std::size_t variant, FixtureSet& fixture, const FixtureSet* names = nullptr) {
    return make_request(interface, interface.variants[variant], fixture, names);
  }
  core::RequestBuilder make_request(const core::Interface& interface, const core::Variant& variant, FixtureSet& fixture, const FixtureSet* names = nullptr);
  /// Sends it with a valid signature. Where the reply is lost, a query is sent again, and another request after the queries showed that it was not
  /// carried out; if they show that it was, it is applied to the model.
  Sent send(const core::RequestBuilder& request);
  /// The same; where it is refused as unreadable, once more with times that are about to come in place of those that are over: which times a target takes is
  /// not stated. If that succeeds, `request` is that one, and all later ones of the interface are made so.
  Sent send_in_time(core::RequestBuilder& request);
  /// Where the target takes no time that is over: puts such as are about to come in their place.
  void keep_in_time(core::RequestBuilder& request) const;
  /// Sends it. On success it is applied to the model, and `fixture` takes the new keys; also where its reply was lost and the queries show its effects.
  Sent send_and_track(const core::RequestBuilder& request, FixtureSet& fixture);
  /// `fixture` takes the keys of the rows that the request made.
  void take_names(const core::RequestBuilder& request, FixtureSet& fixture) const;
  /// Applies a request that succeeded to the model; `fixture` takes the new keys. Returns the rows that the reply must have had.
  store::ResultSet apply_to_model(const core::RequestBuilder& request, FixtureSet& fixture);
  /// When a request of ours last gave the row another value in that column, or a row that it refers to, where the column is of another table; nothing where
  /// none has.
  std::optional<core::DateTime> changed_at(const TableCell& cell, std::size_t row_table, const std::string& row_key) const;
  /// Remembers what a query showed of a row in a field, with the reading of that moment; returns what it showed before with the same reading.
  std::optional<std::string> note_shown(const core::Interface& query, const std::string& key, std::size_t field, const std::string& moment,
                                        const std::string& value);
  /// The variant of the maker whose rows are such; its first where none is known to be.
  std::size_t variant_for(const core::Interface& maker, std::size_t table, const std::optional<core::Condition>& where) const;
  /// That request was accepted: the target does without fields that some readers take for required, and refuses none for want of them later.
  void note_taken(const core::Interface& interface, const std::string& body);
  /// A request that was sent without `send` was accepted: the model takes what it did.
  void note_carried_out(const core::Interface& interface, const Sent& sent);
  /// It had no reply: from here on nothing can be concluded from what is shown of its rows.
  void note_doubt(const core::Interface& interface, const Sent& sent);
  /// Where a request that changes rows got no reply, and no query told whether it was carried out: why nothing can be concluded from what is shown of them.
  /// Empty where all is known of the rows of that request.
  i18n::Message doubt_about(const std::string& path, const std::string& body) const;
  /// Whether the row is in a state in which some request for it must be refused.
  bool is_ended(std::size_t table, const std::string& key) const;
  /// What the model has in that column of the row; "" where it has nothing.
  std::string stored(std::size_t table, const std::string& key, std::size_t column) const;
  /// Whether the model has a row of that key.
  bool exists(std::size_t table, const std::string& key) const { return model_.exists(table, key); }
  /// Applies the request to the model and returns the rows that its reply must have.
  store::ResultSet predict(const core::RequestBuilder& request);
  /// The model's prediction before a request is sent: the rule that refuses it, or the open question that it raises.
  struct Prediction {
    const core::ResultRow* row = nullptr;
    const core::Rule* rule = nullptr;
    const core::OpenQuestion* question = nullptr;
    // Set where the request leaves out what the specification asks for in one place and not in another: it is carried out, or refused with one of the
    // question's codes.
    const core::OpenQuestion* disputed = nullptr;
    bool suits = true;  // false if the specification does not define the request for the referenced rows
  };
  Prediction predict_refusal(const core::RequestBuilder& request);
  /// Whether the target refused the request by a sentence that another one contradicts: no failure, and nothing is known of what rests on it.
  bool is_disputed(const core::RequestBuilder& request, const Sent& sent);
  /// Timestamp for requests with a wrong signature. All share one, because a refused request does not use it up. `another`: take a new one.
  TimestampPool::Slot wrong_signature_timestamp(const std::string& path, bool another);
  const std::optional<TimestampPool::Slot>& wrong_signature_slot() const { return wrong_signature_slot_; }
  void forget_wrong_signature_slot() { wrong_signature_slot_.reset(); }
  TargetSession& session() { return session_; }
  const Scope& scope() const { return options_.scope; }

 private:
  bool is_catalogue(std::size_t table) const;
  bool all_such(const core::Field& field, std::size_t at, const store::DataStore& model) const;
  Prediction predict_refusal(const core::RequestBuilder& request, const store::DataStore& model);
  store::ResultSet predict(const core::RequestBuilder& request, store::DataStore& model);
  void track(const core::RequestBuilder& request, const Sent& sent, FixtureSet& fixture);
  // Of lost replies (conformance/lost_reply.cpp).
  enum class Fate { carried_out, not_carried_out, unknown };
  Fate find_fate(const core::RequestBuilder& request, std::string& shown_by);
  i18n::Message doubt_of_row(std::size_t table, const std::string& key) const;
  std::vector<core::RequestBuilder> queries_about(const core::RequestBuilder& request);
  bool shows(const core::RequestBuilder& query, const Sent& answer, store::DataStore& model);
  bool read(const std::string& body, const core::Interface& interface);
  void note_changes(const core::RequestBuilder& request);
  void note_reading(const core::RequestBuilder& request);
  void make(FixtureSet& fixture, std::size_t table, const core::Interface& maker, const std::optional<core::Condition>& where);
  bool take_free(FixtureSet& fixture, std::size_t table, const core::Interface& maker, const std::optional<core::Condition>& where);
  void keep_named_rows(const core::RequestBuilder& request) const;
  static bool is_about(const core::RequestBuilder& request, const reports::DescribedRowRecord& row);
  void learn(const std::vector<ShownRow>& rows);
  void look_again(std::size_t table, const std::string& key);
  bool finds_by_named_row(const core::Interface& interface) const;
  i18n::Message why_no_row(std::size_t table) const;

  /// Rows that one request made together.
  struct Made {
    const core::Interface* maker = nullptr;
    std::size_t variant = 0;
    FixtureSet rows;
    bool free = false;
  };

  TargetSession& session_;
  CheckOptions options_;
  std::vector<ShownRow> shown_;
  store::DataStore model_;
  std::map<std::size_t, std::vector<std::string>> others_;               // by table: rows that another_row has made
  std::map<std::pair<std::size_t, std::string>, i18n::Message> doubts_;  // by table and key: a request about the row was not answered
  json::RequestBodyParser reader_;
  core::Request request_;  // the one that was read last
  unsigned nth_ = 0;
  std::map<TableCell, std::map<std::string, core::DateTime>> changed_at_;  // by the row's key: "" where a request named it otherwise
  std::map<std::tuple<std::string, std::string, std::size_t>, std::pair<std::string, std::string>> shown_with_;  // query, key, field: moment, value
  bool trying_change_ = false;
  struct Reading {
    core::DateTime at;
    core::Decimal counter;
  };
  std::map<std::string, Reading> readings_;  // accepted last, by the interface and the row's keys
  FixtureSet shared_;                        // rows of catalogues
  std::vector<Made> made_;                   // under --max-rows
  Purpose purpose_ = Purpose::of_a_case;
  bool observing_ = false;
  std::set<std::pair<std::size_t, std::string>> looked_at_;  // rows of the vendor's, by table and key, since somebody began to observe
  std::optional<TimestampPool::Slot> wrong_signature_slot_;
};

/// Fixture rows for negative test inputs: the case's own rows, and unrelated rows.
class CaseFixtures final : public rules::FixtureProvider {
 public:
  CaseFixtures(FixtureFactory& fixtures, FixtureSet& fixture) : fixtures_(fixtures), own_(fixture) {}
  std::string existing_row(std::size_t table) override { return fixtures_.get_or_create(own_, table); }
  /// "" where there is no second row.
  std::string unrelated_row(std::size_t table) override;
  std::string unused_key(std::size_t) override { return fixtures_.unused_key(); }
  std::string in_state(std::size_t table, const core::State& state) override;
  /// The row in a state that the vendor has named and that was asked for; "" where none was.
  const std::string& named_in_state() const { return named_in_state_; }
  /// The unrelated rows that were asked for.
  const FixtureSet& unrelated() const { return other_; }

 private:
  FixtureFactory& fixtures_;
  FixtureSet& own_;
  FixtureSet other_;
  std::string named_in_state_;
};

}  // namespace meterproof::conformance
