// SPDX-License-Identifier: Apache-2.0
// Records to JSON and back. Each type's members are listed once, in record_json.cpp, for both ways; docs/*.schema.json describe the result.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "core/i18n/message_value.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

inline constexpr std::string_view check_schema = "meterproof/check/2", load_schema = "meterproof/load/2";

/// The same JSON, any message in it with its Chinese ("zh") beside its English, calibration with labels, and failed exchanges with what their
/// `transport` means. For pages, which have no catalogue.
std::string with_chinese(const std::string& json);
/// The same, of a record. Without the transcript, which is for machines, and large.
std::string to_page_json(const CheckRecord& record);
std::string to_page_json(const LoadRecord& record);

/// `to_json`, written piece by piece.
void write_json(std::ostream& out, const CheckRecord& record);
void write_json(std::ostream& out, const LoadRecord& record);

}  // namespace meterproof::reports
