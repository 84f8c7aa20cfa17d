// Valid values: what a field may carry, and the drafts of valid requests made of them.
#pragma once

#include <string>

#include "spec/model/request.hpp"

namespace meterproof::rules {

/// A valid value of a field that is no key, as text. `nth` tells varied examples apart.
std::string valid_text(const spec::Field& field, unsigned nth, spec::DateTime now);

/// Gives the key for a field that refers to or names a row.
class Keys {
 public:
  virtual ~Keys() = default;
  virtual std::string key(const spec::Field& field, bool existing) = 0;
};

/// A valid request of that shape.
spec::Draft valid_draft(const spec::Interface& interface, const spec::Variant& variant, Keys& keys, unsigned nth, spec::DateTime now);

}  // namespace meterproof::rules
