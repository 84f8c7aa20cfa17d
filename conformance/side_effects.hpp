// SPDX-License-Identifier: Apache-2.0
// Whether requests that were refused changed something: the queries are asked about every row that they referred to, and compared with what the model
// expects. Afterwards a valid request about the same rows, with the keys that the refused ones named, must be carried out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "conformance/fixtures.hpp"
#include "core/i18n/message.hpp"

namespace meterproof::conformance {

class CaseContext;
class NegativeCase;

/// What a query showed.
struct QueryDiff {
  std::vector<i18n::Message> differences;  // from what the model expects; empty where there are none
  bool hidden = false;                     // nothing was shown, and nothing need be shown
  i18n::Message why_hidden;                // empty where there is no more to say of it
  Sent witness;                            // the exchange to show: the first with a difference, or the first
};

class SideEffects {
 public:
  explicit SideEffects(CaseContext& context) : context_(context) {}

  /// Asks a query for the fixture's rows and waits, as long as --effect-timeout allows, until it shows what the model expects.
  /// `form`: which of its forms, in turn. `other_days`: also for a day on which there is nothing. Throws Inconclusive where a reply is lost.
  QueryDiff query_and_diff(const core::Interface& query, FixtureSet& fixture, std::size_t form = 0, bool other_days = false);

  /// Rows for a request that must change nothing more: `fixture` exists, `phantom` has keys that no row may get.
  void prepare(FixtureSet& fixture, FixtureSet& phantom);
  /// Whether nothing but the interface's own reply shows what it changes: a report, to a server of which only reports are asked.
  bool shows_itself() const;
  /// A request of such an interface that uses nothing, so that its reply shows how the rows are.
  Sent ask_by_itself(FixtureSet& fixture);
  /// The balance in such a reply; nothing where it has none.
  std::optional<core::Decimal> balance_in(const Sent& sent) const;
  /// Differences from the model in the fixture's rows that untouched rows do not show.
  std::vector<i18n::Message> detect(FixtureSet& fixture, const FixtureSet& phantom);

  /// The rows of the negative cases, made when they are first asked for: those that exist, and keys that no row may get. `may_change`: some of the cases'
  /// requests are carried out. `with_history`: there is a balance to
  /// be lost, and how they look before is known.
  std::pair<FixtureSet&, const FixtureSet&> shared_rows(bool may_change, bool with_history);
  /// Adds a case that must have changed nothing, and what it sent.
  void add(const NegativeCase& one, const Sent& sent);
  /// Verifies the cases so far, as far as can be told after another request about these rows was carried out.
  void verify_so_far();
  /// The same, only of the keys that no query shows.
  void verify_unseen_names();
  /// Whether a case's request is sent once more, to find out whether it was that which changed something.
  bool is_repeating() const { return repeated_ != nullptr; }
  /// Then what the rows look like just before the refused request is known: call it where a case has sent a valid one of its own.
  void look_before_refusal();
  /// These rows were changed, or may have been: the next case gets others.
  void abandon_rows();
  /// Checks whether any of these cases changed something, finds out which, and sets its result to failed.
  /// What must be carried out afterwards: a valid request about the same rows, and one with the keys that they named in vain; or only the latter, where no
  /// query shows whether there is a row of that key.
  enum class Afterwards : std::uint8_t { valid_request, unseen_names };
  void verify(Afterwards afterwards);

 private:
  /// What requests that must change nothing refer to.
  struct Rows {
    FixtureSet fixture;                                    // rows that exist
    FixtureSet phantom;                                    // keys that no row may get
    std::set<std::pair<std::size_t, std::string>> others;  // further rows that requests named, by table and key
    FixtureSet unknown;                                    // of the keys without a row that requests named, the last of each table
    bool may_have_changed = false;                         // some requests about them were carried out
    bool has_history = false;                              // see give_history
    const core::Interface* shown_by = nullptr;             // a query whose reply before the requests is kept; null where none is
    Sent before;
  };

  void prepare(Rows& rows);
  void give_history(Rows& rows);
  void pay_for(Rows& rows);
  std::vector<const core::Interface*> fullest_queries() const;
  const core::Interface* query_by_key(std::size_t table, bool may_have_changed) const;
  void note_keys(const Sent& sent, Rows& rows) const;
  std::vector<i18n::Message> detect(Rows& rows);
  std::vector<i18n::Message> unexpected(Rows& rows);
  std::vector<i18n::Message> shown_otherwise(Rows& rows);
  bool refuses_unused_key(const core::Interface& query, std::size_t form, std::size_t table);
  std::vector<i18n::Message> rows_of(const FixtureSet& keys);
  std::vector<i18n::Message> changes_of_others(const Rows& rows);
  std::vector<i18n::Message> changes_since(Rows& rows, const Sent& now);
  std::vector<i18n::Message> changes_by_itself(Rows& rows);
  std::optional<i18n::Message> refuses_valid_request(Rows& rows, Afterwards afterwards);
  FixtureSet unseen_names(const Rows& rows) const;
  std::optional<i18n::Message> why_not_carried_out(Rows& rows, const FixtureSet& names);
  bool is_carried_out_elsewhere(const core::Interface& query);
  void ask(const core::Interface& query, const core::RequestBuilder& request, QueryDiff& out);
  class Repeating;
  /// What a refused request did when it was sent once more.
  enum class Repeated { nothing, nothing_but_seen_before, change };
  /// Returns whether that explains what was seen: one of them did it, or rows look like that before any of them is sent.
  bool find_origin(std::optional<Afterwards> afterwards, const std::vector<i18n::Message>& seen);
  Repeated repeat_together(std::span<const NegativeCase* const> some, std::optional<Afterwards> afterwards);
  Repeated repeat(const NegativeCase& one, std::optional<Afterwards> afterwards);
  bool was_before_refusal(const i18n::Message& difference) const;
  void make_inconclusive(const i18n::Message& why);

  CaseContext& context_;
  bool waits_ = true;  // for an effect to show; otherwise a look is a short one
  Rows rows_;
  bool prepared_ = false;
  Rows* repeated_ = nullptr;                // of the request that is sent once more
  bool repeats_several_ = false;            // then one look before the first of them counts for all
  std::vector<i18n::Message> otherwise_;    // how they differed from the model before it
  std::vector<const NegativeCase*> cases_;  // since the rows were made
};

}  // namespace meterproof::conformance
