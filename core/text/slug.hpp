// SPDX-License-Identifier: Apache-2.0
// Slugs: names and values as parts of an id that people can type: lower case letters, digits and '-' only.
// The result is never empty, unless the text is; texts that differ only in case or in punctuation may share a slug.
#pragma once

#include <string>
#include <string_view>

namespace meterproof::core {

/// "MeterTypeID" → "meter-type-id", "NewIMEI" → "new-imei", "by_user" → "by-user", "0" → "zero", "-0.01" → "minus-0-01".
/// A byte outside ASCII becomes two hexadecimal digits.
std::string slug_of(std::string_view name_or_value);

}  // namespace meterproof::core
