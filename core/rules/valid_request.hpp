// SPDX-License-Identifier: Apache-2.0
// Valid values: what a field may carry, and valid requests made of them.
#pragma once

#include <string>

#include "core/model/request.hpp"

namespace meterproof::rules {

/// A valid value of a field that is no key, as text. `nth` tells varied examples apart.
std::string make_valid_value(const core::Field& field, unsigned nth, core::DateTime now);

/// # in the pattern becomes the number's digits, and a last L their check digit by Luhn's formula (ISO/IEC 7812), as an IMEI has it.
std::string with_check_digit(const std::string& pattern, std::uint64_t number);

/// Gives the key for a field that refers to or names a row.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;
  virtual std::string key(const core::Field& field, bool existing) = 0;
  /// A number for a value of which no two rows may have the same.
  virtual std::uint64_t number(unsigned nth) { return nth; }
};

/// A valid request of that shape.
core::RequestBuilder make_valid_request(const core::Interface& interface, const core::Variant& variant, KeyProvider& keys, unsigned nth, core::DateTime now);

}  // namespace meterproof::rules
