// SPDX-License-Identifier: Apache-2.0
// Who may call, found by appId. Thousands of them are used in turn, so they stand close together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/store/text_index.hpp"

namespace meterproof::mockserver {

class CredentialStore {
 public:
  /// Of an appId that is given twice, the last counts.
  explicit CredentialStore(const std::vector<auth::App>& apps);

  std::size_t size() const { return spans_.size(); }
  std::optional<std::uint32_t> find(std::string_view app_id) const {
    return index_.find(app_id, [&](std::uint32_t number) { return (*this)[number].id; });
  }
  auth::Credentials operator[](std::uint32_t number) const {
    const Span& span = spans_[number];
    const std::string_view text = std::string_view(texts_).substr(span.begin, span.id_size + span.secret_size);
    return {text.substr(0, span.id_size), text.substr(span.id_size)};
  }
  bool any_secret_in(std::string_view text) const;

 private:
  struct Span {
    std::size_t begin = 0;
    std::uint32_t id_size = 0, secret_size = 0;
  };
  std::string texts_;  // an id, and its secret behind it, one after the other
  std::vector<Span> spans_;
  store::TextIndex index_;
};

}  // namespace meterproof::mockserver
