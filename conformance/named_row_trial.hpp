// SPDX-License-Identifier: Apache-2.0
// Named rows of which no query tells whether they exist: a request that refers to such a row does.
#pragma once

#include "conformance/fixtures.hpp"
#include "conformance/named_rows.hpp"

namespace meterproof::conformance {

/// Named rows without which nothing can be tested, and with which nothing can either, since requests refer to another row as well: what is to be named
/// beside them. Empty where some interface can be tested. Sends nothing. `keys`: all that are named.
std::vector<i18n::Message> rows_useless_alone(const core::Spec& spec, const Scope& scope, const std::map<std::string, std::string>& keys);

/// Sends one valid request that refers to each row of `named.unverified` that stands in for one of our own. Where it is refused with a code by which the
/// target may say that it does not know the row, that is added to `named.mistakes`. `keys`: all that are named.
void try_unverified_rows(FixtureFactory& fixtures, const std::map<std::string, std::string>& keys, NamedRows& named);

}  // namespace meterproof::conformance
