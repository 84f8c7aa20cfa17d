// SPDX-License-Identifier: Apache-2.0
// Bodies and answers of the admin API as JSON trees. For its sources only: nlohmann::json stays out of other headers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/loader/spec_loader.hpp"
#include "mockserver/admin_answers.hpp"
#include "mockserver/fault_injector.hpp"

namespace meterproof::mockserver {

AdminAnswer ok(const nlohmann::json& body);
/// Empty, or where the text is no JSON, or where one of its members is given twice.
i18n::Message read_json(std::string_view text, nlohmann::json& out);
/// The body as JSON, or the answer that says where it is none, or where one of its members is given twice.
std::optional<AdminAnswer> parse(std::string_view body, nlohmann::json& out);

/// The rows of {"TABLE": [{"COLUMN": "value"}]}. Empty, or what is wrong. Whether there are rows that they refer to is not looked at.
i18n::Message rows_from(const nlohmann::json& body, const core::Spec& spec, loader::Fixtures& rows);

/// A fault as POST /_mock/faults takes it. Empty, or what is wrong; whether the spec has such a kind is not looked at.
i18n::Message fault_from(const nlohmann::json& body, const std::vector<auth::App>& apps, InjectedFault& fault);

}  // namespace meterproof::mockserver
