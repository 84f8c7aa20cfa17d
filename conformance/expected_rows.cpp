// SPDX-License-Identifier: Apache-2.0
#include "conformance/expected_rows.hpp"

#include "core/text/json_text.hpp"

namespace meterproof::conformance {

std::string expected_rows(const core::Interface& interface, const store::ResultSet& implied) {
  if (!implied.has_rows) return {};
  std::string out = "[";
  for (std::size_t row = 0; row < implied.rows(); ++row) {
    std::string members;
    for (std::size_t i = 0; i < interface.reply.size(); ++i) {
      const store::CellValue cell = implied.cell(row, i);
      if (cell.none() || cell.determinacy == store::Determinacy::optional) continue;
      const bool is_chosen = cell.determinacy == store::Determinacy::server_assigned;
      const bool is_text = is_chosen || interface.reply[i].type == core::Type::text;
      const std::string value = is_chosen ? "…" : cell.to_string();
      members += (members.empty() ? "" : ",") + core::quoted(interface.reply[i].name) + ":" + (is_text ? core::quoted(value) : value);
    }
    out += (row == 0 ? "{" : ",{") + members + "}";
  }
  return out + "]";
}

}  // namespace meterproof::conformance
