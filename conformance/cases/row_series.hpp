// SPDX-License-Identifier: Apache-2.0
// Many rows of one owner, added one after the other, and looking at what became of them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance/case_context.hpp"
#include "conformance/cases/shown_values.hpp"

namespace meterproof::conformance {

/// Asks until the reply is as it is wanted, or the effect timeout is over. `is_due`: the target owes such a reply, so that a query that was waited for in vain
/// is not waited for again. Throws Inconclusive where a reply is lost.
Sent ask_until(CaseContext& context, const core::RequestBuilder& query, const std::function<bool(const Sent&)>& is_as_wanted, bool is_due = true);

/// The rows of a reply by the text of one of their fields. Valid as long as the reply.
std::map<std::string, const json::Json*> rows_by(const Sent& sent, const core::Envelope& envelope, const std::string& field);
/// The same of what the model expects: the row's number.
std::map<std::string, std::size_t> rows_by(const store::ResultSet& implied, std::size_t field);

/// What the row's field must be, and nothing of the others.
store::ResultSet only_field(const core::Interface& query, std::size_t field, const store::CellValue& cell);
/// How the field of a row differs from what the model expects; empty where it does not.
i18n::Message field_difference(const core::Interface& query, const json::Json& row, std::size_t field, const store::CellValue& cell);

/// The text that a request carries in a field; "" where it carries none.
std::string text_in(const core::RequestBuilder& request, std::size_t field);

/// The rows of one owner that the cases of an interface have added: those that come later go on with them.
struct OwnerRows {
  FixtureSet fixture;
  std::vector<std::string> names;  // of the rows that were accepted, in their order
  bool sum_was_shown = false;      // the sum of their amounts was right when it was looked at
};

/// A query of the owner's rows, for its usual days or those.
core::RequestBuilder list_request(CaseContext& context, const ListedRows& listed, FixtureSet& fixture, const std::string& first_day = {},
                                  const std::string& last_day = {});
/// A query of one row by its key; nothing where the query has no such form.
std::optional<core::RequestBuilder> name_request(CaseContext& context, const ListedRows& listed, const std::string& name);

/// The word in which a reply of the orders' query shows what they came to; "" where it shows none, or several rows.
std::string shown_word(const core::Spec& spec, const ShownOrders& orders, const Sent& sent);
/// Asks until that word is wanted, or the effect timeout is over. `is_due` as of `ask_until`. Throws Inconclusive where the query is refused or lists nothing.
std::string look_at_word(CaseContext& context, const ShownOrders& orders, const core::RequestBuilder& query,
                         const std::function<bool(const std::string&)>& is_wanted, bool is_due, CaseResult& out);

/// Whether the query shows the sum that the model expects. Nothing where it shows no row, and need not, or the sum is not known.
struct SumLook {
  std::optional<bool> is_right;
  i18n::Message observed;
  std::string expected;
  Sent sent;
};
SumLook look_at_sum(CaseContext& context, const ShownValue& shown, FixtureSet& fixture);

}  // namespace meterproof::conformance
