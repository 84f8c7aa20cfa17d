// SPDX-License-Identifier: Apache-2.0
#include "conformance/row_ledger.hpp"

#include <algorithm>

#include "core/json/json.hpp"

namespace meterproof::conformance {

void RowLedger::note(const core::Spec& spec, const net::HttpRequest& accepted) {
  for (const core::Interface& interface : spec.interfaces) {
    if (interface.path != accepted.path) continue;
    const auto names_a_row = [](const core::Field& field) { return field.names.has_value(); };
    if (std::none_of(interface.request.begin(), interface.request.end(), names_a_row)) continue;
    const auto body = json::parse_json(accepted.body);
    if (!body) continue;
    for (const core::Field& field : interface.request) {
      const json::Json* key = field.names ? body->get(field.name) : nullptr;
      if (key == nullptr || key->text.empty()) continue;
      const std::scoped_lock lock(mutex_);
      keys_[*field.names].insert(key->text);
    }
  }
}

std::size_t RowLedger::count(std::size_t table) const {
  const std::scoped_lock lock(mutex_);
  const auto found = keys_.find(table);
  return found == keys_.end() ? 0 : found->second.size();
}

std::vector<reports::LeftBehindRecord> RowLedger::left_behind(const core::Spec& spec, const std::map<std::string, std::string>& known) const {
  constexpr std::size_t most_keys = 100'000;
  const std::scoped_lock lock(mutex_);
  std::vector<reports::LeftBehindRecord> out;
  for (const auto& [table, keys] : keys_) {
    reports::LeftBehindRecord one{spec.tables[table].name, 0, {}};
    for (const std::string& key : keys) {
      const auto is_it = [&](const auto& row) { return row.second == key && row.first.substr(0, row.first.find('.')) == one.table; };
      if (std::any_of(known.begin(), known.end(), is_it)) continue;
      if (one.count++ < most_keys) one.keys.push_back(key);
    }
    if (one.count > 0) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace meterproof::conformance
