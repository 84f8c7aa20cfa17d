// SPDX-License-Identifier: Apache-2.0
// Requests as curl command lines for a POSIX shell, to repeat an exchange by hand. Of the programs beside the shell they need curl and openssl alone, with
// the options that Linux and macOS share. Texts of strangers are quoted (core/text/shell.hpp).
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/auth/signer.hpp"

namespace meterproof::auth {

/// Whom a printed command is for.
enum class CommandDialect { sh, powershell };

/// A command that sends exactly this request, with these headers and no others but curl's Host, User-Agent and Accept.
std::string curl_line(std::string_view method, std::string_view url, const std::vector<std::pair<std::string, std::string>>& headers, std::string_view body);

/// How a target wants requests signed, where the specification leaves it open.
struct SigningStyle {
  std::chrono::minutes utc_offset{0};  // of the timestamp
  bool upper_case = false;             // of the token's digits
};

/// How a command writes a secret.
struct SecretText {
  bool is_variable = false;  // `text` is the name of a variable, which whoever pastes the command has set
  std::string text;          // otherwise the secret itself
};
/// The variable for the secret of the app of that number, from 0: APP_SECRET, APP_SECRET_2.
SecretText secret_variable(std::size_t app);

/// A command that signs the request with the current time whenever it is run.
std::string signing_curl_line(const core::Authentication& authentication, const std::string& app_id, const SecretText& secret, std::string_view url,
                              std::string_view body, const SigningStyle& style);

}  // namespace meterproof::auth
