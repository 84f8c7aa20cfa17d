// Valid values: what a field may carry, and the drafts of valid requests made of them.
#pragma once

#include <string>

#include "spec/model/request.hpp"

namespace meterproof::rules {

/// A valid value of a field that is no key, as text. `nth` tells varied examples apart.
std::string valid_text(const spec::Field& field, unsigned nth, spec::DateTime now);

/// # in the pattern becomes the number's digits, and a last L their check digit by Luhn's formula (ISO/IEC 7812), as an IMEI has it.
std::string numbered(const std::string& pattern, std::uint64_t number);

/// Gives the key for a field that refers to or names a row.
class Keys {
 public:
  virtual ~Keys() = default;
  virtual std::string key(const spec::Field& field, bool existing) = 0;
  /// A number for a value of which no two rows may have the same.
  virtual std::uint64_t number(unsigned nth) { return nth; }
};

/// A valid request of that shape.
spec::Draft valid_draft(const spec::Interface& interface, const spec::Variant& variant, Keys& keys, unsigned nth, spec::DateTime now);

}  // namespace meterproof::rules
