// SPDX-License-Identifier: Apache-2.0
// A class of load in the user's own unit: meters@midnight(2h), as many meters as report within two hours.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace meterproof::loadgen {

/// The time within which the meters of such a class report; nothing for a text of another form.
std::optional<std::chrono::milliseconds> window_of_class(std::string_view text);

/// Whether a class may rest on that threshold: it is one on p99 itself.
bool is_about_p99(std::string_view threshold);

}  // namespace meterproof::loadgen
