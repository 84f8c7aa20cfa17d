// SPDX-License-Identifier: Apache-2.0
#include "mockserver/readings.hpp"

#include <charconv>
#include <utility>

namespace meterproof::mockserver {

Readings::Readings(const core::Spec& spec, Answers chosen) : answers(std::move(chosen)), choice(spec, answers) {
  const std::string rows_form = choice.of("no-rows"), status = choice.of("refusal-status");
  empty_list = rows_form == "null" ? EmptyList::null : rows_form == "absent" ? EmptyList::absent : EmptyList::empty;
  refuses_exchanged_types = choice.of("numeric-text") == "refuse";
  uses_own_refusal_code = choice.of("common-codes") == "own";
  std::from_chars(status.data(), status.data() + status.size(), refusal_status);
}

}  // namespace meterproof::mockserver
