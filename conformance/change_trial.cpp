// SPDX-License-Identifier: Apache-2.0
#include "conformance/change_trial.hpp"

#include <algorithm>

#include "conformance/case.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/row_look.hpp"
#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using core::Step;

namespace {

/// The columns of rows that are there already.
std::vector<TableCell> cells_changed_by(const Interface& interface, std::size_t variant) {
  std::vector<TableCell> out = updated_cells(interface, false);
  for (const Step& step : interface.effects)
    if (step.kind == Step::Kind::insert && !interface.variants[variant].existing.empty())
      for (const core::Assignment& one : step.insert.set) out.push_back({step.insert.table, one.column});
  return out;
}

/// Sleeps until a second has passed since the row's reading. False where the row shows none, or it is not of this moment.
bool outlast_reading(TargetSession& session, const Interface& query, const Sent& shown) {
  constexpr std::chrono::seconds at_most(2);
  const auto moment = moment_field(session.spec(), query);
  const auto rows = shown.reply.rows(session.spec().envelope);
  const auto taken = moment && !rows.empty() ? core::DateTime::parse(scalar_of(*rows.front(), query.reply[*moment].name)) : std::nullopt;
  if (!taken) return false;
  const auto left = *taken + std::chrono::seconds(1) - session.now();
  if (left > at_most) return false;
  if (left > std::chrono::seconds(0)) session.sleep(std::chrono::ceil<std::chrono::milliseconds>(left));
  return true;
}

void try_change(FixtureFactory& fixtures, std::chrono::milliseconds timeout, const Interface& query, const Interface& changer, std::size_t variant) {
  FixtureSet rows;
  for (const std::size_t field : changer.variants[variant].existing) fixtures.get_or_create(rows, *changer.request[field].names, true);
  const RequestBuilder question = fixtures.make_request(query, 0, rows);
  const RowLook before = RowLooker(fixtures, timeout, changer).look(question);
  if (!before.is_right() || !outlast_reading(fixtures.session(), query, before.sent)) return;
  fixtures.need_budget(changer, changer.variants[variant]);
  const FixtureSet new_names;
  const RequestBuilder change = fixtures.make_request(changer, variant, rows, &new_names);
  if (!fixtures.send_and_track(change, rows).answered(fixtures.session().spec().success)) return;
  (void)RowLooker(fixtures, timeout, changer).look(question);  // what it shows at once is noted
}

}  // namespace

std::optional<std::size_t> changing_variant(const Interface& interface) {
  const auto changed = changed_tables(interface);
  const bool refers = std::any_of(interface.request.begin(), interface.request.end(), [&](const core::Field& field) {
    return field.refers && std::find(changed.begin(), changed.end(), *field.refers) != changed.end();
  });
  if (refers) return 0;
  for (std::size_t i = 0; i < interface.variants.size(); ++i)
    if (!interface.variants[i].existing.empty()) return i;
  return std::nullopt;
}

bool shows_change_at_once(FixtureFactory& fixtures, std::chrono::milliseconds timeout, const Interface& query, const TableCell& cell) {
  TargetSession& session = fixtures.session();
  if (session.is_shown_at_once(cell)) return true;
  const FixtureFactory::TryingChange trying(fixtures);
  if (trying.is_nested()) return false;
  const auto lock = session.lock_change_trials();  // who comes second shall know the outcome
  if (!session.begin_change_trial(cell)) return session.is_shown_at_once(cell);
  for (const Interface& changer : session.spec().interfaces) {
    const auto variant = changing_variant(changer);
    const std::vector<TableCell> cells = variant ? cells_changed_by(changer, *variant) : std::vector<TableCell>();
    const bool changes_it = variant && std::find(cells.begin(), cells.end(), cell) != cells.end();
    if (!changes_it || !fixtures.scope().has(changer) || ends_rows(session.spec(), changer)) continue;
    try {
      try_change(fixtures, timeout, query, changer, *variant);
    } catch (const Inconclusive&) {  // no such row can be had
      continue;
    }
    if (session.is_shown_at_once(cell)) return true;
  }
  return false;
}

}  // namespace meterproof::conformance
