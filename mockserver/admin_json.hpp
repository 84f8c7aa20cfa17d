// SPDX-License-Identifier: Apache-2.0
// Bodies and answers of the admin API as JSON trees. For its sources only: nlohmann::json stays out of other headers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "mockserver/admin_answers.hpp"

namespace meterproof::mockserver {

AdminAnswer ok(const nlohmann::json& body);
/// The body as JSON, or the answer that says where it is none, or where one of its members is given twice.
std::optional<AdminAnswer> parse(std::string_view body, nlohmann::json& out);

}  // namespace meterproof::mockserver
