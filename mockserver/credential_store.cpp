// SPDX-License-Identifier: Apache-2.0
#include "mockserver/credential_store.hpp"

#include <algorithm>

namespace meterproof::mockserver {

CredentialStore::CredentialStore(const std::vector<auth::App>& apps) {
  for (const auth::App& app : apps) {
    const Span span{texts_.size(), static_cast<std::uint32_t>(app.id.size()), static_cast<std::uint32_t>(app.secret.size())};
    texts_ += app.id + app.secret;
    if (const auto known = find(app.id)) {
      spans_[*known] = span;
    } else {
      index_.add(app.id, static_cast<std::uint32_t>(spans_.size()));
      spans_.push_back(span);
    }
  }
}

bool CredentialStore::any_secret_in(std::string_view text) const {
  for (std::uint32_t number = 0; number < size(); ++number)
    if (text.find((*this)[number].secret) != std::string_view::npos) return true;
  return false;
}

}  // namespace meterproof::mockserver
