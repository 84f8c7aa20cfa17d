// SPDX-License-Identifier: Apache-2.0
// Random but valid sequences of requests, with the specs' own model as the oracle.
#pragma once

#include <cstdint>

#include "conformance/check_options.hpp"
#include "conformance/named_rows.hpp"
#include "conformance/target_session.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// A sequence of valid steps over several users, made of nothing but the seed and its number.
core::Sequence generate_sequence(const core::Spec& spec, const Scope& scope, std::uint64_t seed, std::uint64_t number);

/// Runs random sequences until `options.random_steps` steps were run or a reply disagrees; then shrinks that sequence to the shortest that fails.
reports::CaseRecord run_random_sequences(TargetSession& session, const CheckOptions& options, const std::vector<ShownRow>& shown);

}  // namespace meterproof::conformance
