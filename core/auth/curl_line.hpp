// Requests as command lines: what a person pastes to repeat an exchange.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/auth/signer.hpp"

namespace meterproof::auth {

/// 'text', safe for a POSIX shell.
std::string shell_quoted(std::string_view text);

/// The request as it was sent, headers and all.
std::string curl_line(std::string_view method, std::string_view url, const std::vector<std::pair<std::string, std::string>>& headers, std::string_view body);

/// The same call, signed anew by the shell whenever it is pasted. `secret` is what stands for the secret: itself, or "$APP_SECRET".
std::string signing_curl_line(const core::Authentication& authentication, const App& app, std::string_view secret, std::string_view url, std::string_view body);

}  // namespace meterproof::auth
