// SPDX-License-Identifier: Apache-2.0
// Whether requests that were refused changed something: the queries are asked, and compared with what the model expects.
#pragma once

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
  Sent witness;                            // the exchange to show: the first with a difference, or the first
};

class SideEffects {
 public:
  explicit SideEffects(CaseContext& context) : context_(context) {}

  /// Asks a query for the fixture's rows and waits, as long as --effect-timeout allows, until it shows what the model expects.
  /// `every_variant`: in each of its forms. Throws Inconclusive where a reply is lost.
  QueryDiff query_and_diff(const core::Interface& query, FixtureSet& fixture, bool every_variant);

  /// Rows for a request that must change nothing: `fixture` exists, `phantom` has keys that no row may get.
  void prepare(FixtureSet& fixture, FixtureSet& phantom);
  /// Differences from the model in the fixture's rows that untouched rows do not show.
  std::vector<i18n::Message> detect(FixtureSet& fixture, const FixtureSet& phantom);

  /// The rows of the negative cases; made when they are first asked for.
  std::pair<FixtureSet&, const FixtureSet&> shared_rows();
  /// Adds a case that must have changed nothing in these rows.
  void add(const NegativeCase& one) { cases_.push_back(&one); }
  /// These rows were changed, or may have been: the next case gets others.
  void abandon_rows();
  /// Checks whether any of these cases changed something, finds out which, and sets its result to failed.
  void verify();

 private:
  std::vector<i18n::Message> unexpected(FixtureSet& fixture, const FixtureSet& phantom);
  std::vector<i18n::Message> phantom_rows(const FixtureSet& phantom);
  void ask(const core::Interface& query, const core::RequestBuilder& request, QueryDiff& out);
  void repeat_one_by_one(const i18n::Message& difference);
  void make_inconclusive(const i18n::Message& why);

  CaseContext& context_;
  FixtureSet fixture_, phantom_;
  bool prepared_ = false;
  std::vector<const NegativeCase*> cases_;  // since the rows were made
};

}  // namespace meterproof::conformance
