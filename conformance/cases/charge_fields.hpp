// SPDX-License-Identifier: Apache-2.0
// Reports that are answered with what they cost: which fields tell, and what two replies say of a charge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "conformance/spec_queries.hpp"
#include "core/decimal/decimal.hpp"
#include "core/model/interface.hpp"

namespace meterproof::conformance {

/// Of an interface's charge: the request's field with the counter, and the reply's fields with the balance and the price.
struct ChargeFields {
  std::size_t reading = 0;
  std::size_t row_table = 0, tariff_table = 0;
  std::optional<std::size_t> balance, price;
};
/// By the interface's effects; nothing where it charges nothing.
std::optional<ChargeFields> charge_fields(const core::Spec& spec, const core::Interface& interface);

/// What was shown before a report and with it; nothing of what was not shown.
struct ChargeSeen {
  std::optional<core::Decimal> before, after, price_before, price;

  /// Whether these tell what a usage must have cost: the price is still the same, so that no tier was passed, and neither is 0, which may stand for a debt.
  bool is_comparable() const;
  /// What is left of the balance at that price. Only where they are comparable.
  core::Decimal left_after(core::Decimal usage) const;
  /// Whether a usage cost its price, give or take a cent: how a charge is rounded is not stated.
  bool is_by_the_unit(core::Decimal usage) const;
};

}  // namespace meterproof::conformance
