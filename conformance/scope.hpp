// SPDX-License-Identifier: Apache-2.0
// Which sides of the interface are under test, and which interfaces the target has not got.
#pragma once

#include <set>
#include <string>

#include "core/model/interface.hpp"

namespace meterproof::conformance {

struct Scope {
  bool platform = true;
  bool billing = true;
  std::set<std::string> absent = {};  // names of interfaces that are declared unsupported as a whole: they are never called

  /// Whether the interface may be called.
  bool has(const core::Interface& interface) const { return plays(interface) && absent.count(interface.name) == 0; }
  /// Whether the interface is on a side that is under test.
  bool plays(const core::Interface& interface) const { return interface.served_by == core::Role::platform ? platform : billing; }
  /// The sides alone: what cases there are does not depend on what a target lacks.
  Scope sides() const { return {platform, billing}; }
};

}  // namespace meterproof::conformance
