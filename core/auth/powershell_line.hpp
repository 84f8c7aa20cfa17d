// SPDX-License-Identifier: Apache-2.0
// The lines of curl_line.hpp for PowerShell, from Windows PowerShell 5.1 on. They need no other program.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/auth/curl_line.hpp"

namespace meterproof::auth {

/// An expression that is exactly this text: PowerShell expands nothing in it.
std::string powershell_quoted(std::string_view text);

/// "" where Invoke-WebRequest cannot send such a request: a header twice, a body without Content-Type, a GET with a body.
std::string powershell_line(std::string_view method, std::string_view url, const std::vector<std::pair<std::string, std::string>>& headers,
                            std::string_view body);

/// A line that signs the request with the current time whenever it is run.
std::string signing_powershell_line(const core::Authentication& authentication, const std::string& app_id, const SecretText& secret, std::string_view url,
                                    std::string_view body, const SigningStyle& style);

}  // namespace meterproof::auth
