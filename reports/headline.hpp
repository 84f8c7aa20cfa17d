// SPDX-License-Identifier: Apache-2.0
// What a check came to, in the words that every report uses: a verdict on a part of the cases is never told without the part.
#pragma once

#include <string>

#include "reports/record.hpp"

namespace meterproof::reports {

/// "conforms"; "conforms in part: 7 of 1342 cases (--filter GetData)"; "conforms without ControlValve (declared absent, 133 cases)"; of a client
/// "conforms in what it called: 1 of 9 interfaces".
i18n::Message headline(const CheckRecord& record);

/// A selection as the options that make it; "" where it is of all cases.
std::string options_of(const SelectionRecord& selection);

}  // namespace meterproof::reports
