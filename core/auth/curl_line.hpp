// SPDX-License-Identifier: Apache-2.0
// Requests as curl command lines, to repeat an exchange by hand.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/auth/signer.hpp"

namespace meterproof::auth {

/// The text in single quotes, safe for a POSIX shell.
std::string shell_quoted(std::string_view text);

/// A command that sends exactly this request, with these headers and no others but curl's Host, User-Agent and Accept.
std::string curl_line(std::string_view method, std::string_view url, const std::vector<std::pair<std::string, std::string>>& headers, std::string_view body);

/// A command that signs the request with the current time whenever it is run. `secret` is written into it as it is: the secret itself, or
/// "$APP_SECRET".
std::string signing_curl_line(const core::Authentication& authentication, const App& app, std::string_view secret, std::string_view url, std::string_view body);

}  // namespace meterproof::auth
