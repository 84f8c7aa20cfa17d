// SPDX-License-Identifier: Apache-2.0
// Which sides of the interface are under test.
#pragma once

#include "core/model/interface.hpp"

namespace meterproof::conformance {

struct Scope {
  bool platform = true;
  bool billing = true;
  bool has(const core::Interface& interface) const { return interface.served_by == core::Role::platform ? platform : billing; }
};

}  // namespace meterproof::conformance
