// SPDX-License-Identifier: Apache-2.0
// Requests as curl command lines, to repeat an exchange by hand.
#pragma once

#include <chrono>
#include <cstddef>
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

/// How a target wants requests signed, where the specification leaves it open.
struct SigningStyle {
  std::chrono::minutes utc_offset{0};  // of the timestamp
  bool upper_case = false;             // of the token's digits
};

/// The shell variable for the secret of the app of that number, from 0: "$APP_SECRET", "$APP_SECRET_2".
std::string secret_variable(std::size_t app);

/// A command that signs the request with the current time whenever it is run. `secret` is written into it: the secret itself, or, where it begins with
/// $, a variable. Other texts are quoted so that a shell expands nothing in them.
std::string signing_curl_line(const core::Authentication& authentication, const App& app, std::string_view secret, std::string_view url, std::string_view body,
                              const SigningStyle& style);

}  // namespace meterproof::auth
