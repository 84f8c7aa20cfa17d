// SPDX-License-Identifier: Apache-2.0
// Rows that exist and that the vendor has named: whether the target knows them, and what it shows of them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "conformance/scope.hpp"
#include "conformance/target_session.hpp"
#include "core/i18n/message_value.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// What a query shows of a row: columns with their texts, of which one is the key.
struct ShownRow {
  std::size_t table = 0;
  bool is_usable = true;  // false: of a row that was named for its state, which only the cases about that state use
  std::vector<std::pair<std::size_t, std::string>> cells;
};

struct NamedRows {
  std::vector<ShownRow> shown;                                  // for the model: what changes only by requests of the run
  std::vector<i18n::Message> mistakes;                          // rows that the target does not know, that do not belong together, or that are not in the state
  std::vector<i18n::Message> notes;                             // rows of which no query tells anything, and those that are doubted
  std::vector<std::string> doubted;                             // names: the target may be wrong as well as the vendor, so that nothing rests on them
  std::vector<std::pair<std::string, std::string>> unverified;  // these rows: name and key
  std::vector<std::pair<const core::Interface*, std::string>> accepted;  // queries, and their bodies
};

/// Asks the queries in scope for every named row, by its key alone. `named`: keys by TABLE or TABLE.STATE. A row is wrong only where a query says so
/// and none says otherwise. One that the vendor has described as well is no slip of the pen, and one of an ended state need not be shown: they are doubted.
NamedRows look_at_named_rows(TargetSession& session, const Scope& scope, const std::map<std::string, std::string>& named,
                             const std::vector<reports::DescribedRowRecord>& described = {});

/// The tables of which a valid request to the interface needs a row that no interface in scope makes and that is not among those named.
std::vector<std::size_t> missing_rows(const core::Spec& spec, const Scope& scope, const std::map<std::string, std::string>& named,
                                      const core::Interface& interface);

/// Whether the interface brings a row that it refers to into a state in which other requests for it are refused: no named row is spent like that.
bool ends_rows(const core::Spec& spec, const core::Interface& interface);

}  // namespace meterproof::conformance
