// SPDX-License-Identifier: Apache-2.0
// Named rows of which no query tells whether they exist: a request that refers to such a row does.
#pragma once

#include "conformance/fixtures.hpp"
#include "conformance/named_rows.hpp"

namespace meterproof::conformance {

/// Sends one valid request that refers to each row of `named.unverified` that stands in for one of our own. Where it is refused with a code by which the
/// target may say that it does not know the row, that is added to `named.mistakes`; so is the row that must be named beside it where nothing can be
/// tested without. `keys`: all that are named.
void try_unverified_rows(FixtureFactory& fixtures, const std::map<std::string, std::string>& keys, NamedRows& named);

}  // namespace meterproof::conformance
