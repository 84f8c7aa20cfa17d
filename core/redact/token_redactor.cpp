// SPDX-License-Identifier: Apache-2.0
#include "core/redact/token_redactor.hpp"

#include <algorithm>
#include <utility>

#include "core/text/text.hpp"

namespace meterproof::redact {

namespace {

constexpr std::size_t most_apps = 16;  // of more, only the tokens of those that sign a request

}  // namespace

TokenRedactor::TokenRedactor(const core::Authentication& authentication, std::vector<auth::App> apps, Redactor redactor)
    : authentication_(authentication), apps_(std::move(apps)), signer_(authentication), redactor_(std::move(redactor)) {}

void TokenRedactor::learn(std::string_view name, std::string_view text) {
  const std::string value(core::trimmed(text));
  if (core::equals_ignoring_case(name, authentication_.headers[authentication_.token].name)) redactor_.add_token(value);
  if (!core::equals_ignoring_case(name, authentication_.headers[authentication_.authorization].name)) return;
  redactor_.add_word(value);
  std::string plain;
  const auto parts = signer_.split_authorization(value, plain);
  if (!parts) return;
  if (apps_.size() <= most_apps) return know_tokens_at(parts->second);
  const auto app = std::find_if(apps_.begin(), apps_.end(), [&](const auth::App& one) { return one.id == parts->first; });
  if (app != apps_.end()) redactor_.add_token(signer_.token(*app, parts->second));
}

void TokenRedactor::know_tokens_around(std::chrono::system_clock::time_point now) {
  constexpr std::chrono::minutes around(15);
  if (apps_.size() > most_apps) return;
  const core::DateTime here = core::local_time(now, authentication_.utc_offset);
  for (core::DateTime at = std::max(here + -around, known_until_); at < here + around; at = at + std::chrono::seconds(1)) know_tokens_at(at.compact());
  known_until_ = std::max(known_until_, here + around);
}

void TokenRedactor::know_tokens_at(std::string_view timestamp) {
  for (const auth::App& app : apps_) redactor_.add_token(signer_.token(app, timestamp));
}

}  // namespace meterproof::redact
