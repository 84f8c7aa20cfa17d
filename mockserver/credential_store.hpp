// SPDX-License-Identifier: Apache-2.0
// The apps that may call the mock, found by appId.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/store/text_index.hpp"

namespace meterproof::mockserver {

/// Immutable after construction, so threads may share it.
class CredentialStore {
 public:
  /// If an appId is given twice, the last one counts.
  explicit CredentialStore(const std::vector<auth::App>& apps);

  std::size_t size() const { return apps_.size(); }
  /// Index of the app with that id, 0 to size() - 1.
  std::optional<std::uint32_t> find(std::string_view app_id) const {
    return index_.find(app_id, [&](std::uint32_t number) -> std::string_view { return apps_[number].id; });
  }
  /// Whether the apps of both have the same ids, in the same order.
  bool has_ids_of(const CredentialStore& other) const {
    return std::equal(apps_.begin(), apps_.end(), other.apps_.begin(), other.apps_.end(), [](const auth::App& a, const auth::App& b) { return a.id == b.id; });
  }
  auth::Credentials operator[](std::uint32_t number) const { return apps_[number]; }
  /// True if the text contains the secret of any app: a client must not send one.
  bool any_secret_in(std::string_view text) const;

 private:
  std::vector<auth::App> apps_;
  store::TextIndex index_;
};

}  // namespace meterproof::mockserver
