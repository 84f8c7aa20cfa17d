// SPDX-License-Identifier: Apache-2.0
#include "mockserver/credential_store.hpp"

#include <algorithm>

namespace meterproof::mockserver {

CredentialStore::CredentialStore(const std::vector<auth::App>& apps) {
  for (const auth::App& app : apps) {
    if (const auto known = find(app.id)) {
      apps_[*known] = app;
    } else {
      index_.add(app.id, static_cast<std::uint32_t>(apps_.size()));
      apps_.push_back(app);
    }
  }
}

bool CredentialStore::any_secret_in(std::string_view text) const {
  return std::any_of(apps_.begin(), apps_.end(), [&](const auth::App& app) { return text.find(app.secret) != std::string_view::npos; });
}

}  // namespace meterproof::mockserver
