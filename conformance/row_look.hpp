// SPDX-License-Identifier: Apache-2.0
// What a query shows of rows, against the model, and against what it showed before: waited for where it may come late.
#pragma once

#include <optional>
#include <vector>

#include "conformance/fixtures.hpp"
#include "conformance/patience.hpp"

namespace meterproof::conformance {

struct FieldDifference {
  std::optional<std::size_t> field = std::nullopt;  // of the reply; nothing where the rows are others
  i18n::Message what;
  std::string key = {};  // of the row: its text in the field that shows the rows' key; empty where the query shows none
};
std::vector<i18n::Message> texts_of(const std::vector<FieldDifference>& all);

/// The text of the row's text or number of that name; "" where it has none.
std::string scalar_of(const json::Json& row, const std::string& name);

/// The same as `differences`, each with its field.
std::vector<FieldDifference> field_differences(const core::Spec& spec, const core::Interface& query, const std::vector<const json::Json*>& rows,
                                               const store::ResultSet& implied);

/// The reply's field that shows the key of the rows that the query lists, by its effects; nothing where none does.
std::optional<std::size_t> key_field(const core::Spec& spec, const core::Interface& query);

/// The reply's field that says when the reading that a row shows was taken; nothing where the query shows no readings.
std::optional<std::size_t> moment_field(const core::Spec& spec, const core::Interface& query);

/// Why the sum that a query shows in that field need not have what was paid, by what another query says of the payments; empty where it must.
i18n::Message why_sum_waits(FixtureFactory& fixtures, const core::RequestBuilder& request, std::size_t field);

struct RowLook {
  bool disputed = false;     // refused by a sentence that another one contradicts: nothing is known
  bool hidden = false;       // nothing is shown where nothing need be shown, or what is shown may be as it was
  i18n::Message why_hidden;  // empty where there is no more to say than that nothing is shown
  std::vector<FieldDifference> found;
  Sent sent;  // the last exchange

  bool is_right() const { return !disputed && !hidden && found.empty(); }
};

/// Asks, and waits as long as `timeout` until what the model expects is shown. `about`: the interface whose effect is looked for. Nothing is judged where a
/// reply is lost: `sent` tells.
class RowLooker {
 public:
  RowLooker(FixtureFactory& fixtures, std::chrono::milliseconds timeout, const core::Interface& about)
      : fixtures_(fixtures), timeout_(timeout), about_(about) {}

  /// What those numbers of the one row that is shown come to at least, where it shows them.
  void expect_at_least(std::vector<std::pair<std::size_t, core::Decimal>> numbers) { least_ = std::move(numbers); }

  RowLook look(const core::RequestBuilder& request);
  /// The same where a reply is there already, and what it must show is known. `again`: whether the query may be asked once more.
  RowLook look(const core::RequestBuilder& request, Sent first, const store::ResultSet& implied, bool again);

 private:
  RowLook look(const core::RequestBuilder& request, std::optional<Sent> first, std::optional<store::ResultSet> implied, bool again);
  void compare(const core::RequestBuilder& request, const store::ResultSet& implied, RowLook& out);
  void leave_out_what_waits(const core::RequestBuilder& request, RowLook& out);
  /// The columns whose new value the reply may not show in that field yet, with the row of that key: its reading was taken before.
  std::vector<TableCell> changed_since_reading(const core::Interface& query, std::size_t field, const std::string& key, const RowLook& look) const;
  void note_shown_at_once(const core::Interface& query, const store::ResultSet& implied, const RowLook& look);
  void add_what_is_less(const core::Interface& query, const std::vector<const json::Json*>& rows, RowLook& out) const;

  FixtureFactory& fixtures_;
  std::chrono::milliseconds timeout_;
  const core::Interface& about_;
  std::vector<std::pair<std::size_t, core::Decimal>> least_;  // by field
};

/// Which fields of a query's rows may change by themselves: of a reading, where a newer one was taken; an outcome, where it was not done yet.
class OwnChanges {
 public:
  OwnChanges(const core::Spec& spec, const core::Interface& query);

  /// What the row showed before and does not show now, although nothing was done to it.
  std::vector<FieldDifference> changes(const json::Json& before, const json::Json& after) const;

 private:
  const core::Interface& query_;
  std::optional<std::size_t> moment_;  // the field that says when the reading was taken
  std::vector<bool> of_reading_;       // by field
};

/// The rows of a reply by the text in that field: null where there is no such row.
const json::Json* row_with(const Sent& sent, const core::Envelope& envelope, const std::string& field, const std::string& text);

}  // namespace meterproof::conformance
