// SPDX-License-Identifier: Apache-2.0
// Checks signature, timestamp and replay of a request on the server's side (section 2 of the specification).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time/datetime.hpp"
#include "mockserver/credential_store.hpp"
#include "mockserver/diagnosis_budget.hpp"
#include "mockserver/mock_options.hpp"
#include "mockserver/signature_diagnosis.hpp"
#include "mutation/mutation_hooks.hpp"

namespace meterproof::mockserver {

/// The timestamps that each account has used, as far back as they could be accepted again. Its size is fixed by the tolerance, and
/// what was never used takes no memory. Threads may share it.
class ReplayCache {
 public:
  /// Throws i18n::MessageError if the system grants no memory for so many.
  ReplayCache(std::chrono::seconds tolerance, std::size_t accounts);

  /// When the account used the timestamp before, or nothing; from now on it counts as used.
  std::optional<core::DateTime> use(std::size_t account, core::DateTime timestamp, core::DateTime now);
  /// Whether it is of as many accounts, and of the same tolerance.
  bool has_room_of(const ReplayCache& other) const { return seconds_ == other.seconds_ && accounts_ == other.accounts_; }
  void swap(ReplayCache& other) { std::swap(slots_, other.slots_); }
  /// Calls look(account, timestamp, at) for each that is there. Nobody may use it meanwhile.
  template <class Look>
  void look_at_used(const Look& look) const {
    for (std::size_t i = 0; i < seconds_ * accounts_; ++i)
      if (const std::uint64_t used = slots_[i]; used != 0)
        look(i % accounts_, core::DateTime{static_cast<std::int64_t>(used >> 32U)},
             core::DateTime{static_cast<std::int64_t>(static_cast<std::uint32_t>(used))});
  }
  /// Prefetches the slot that `use` will need. Part of the fast path "prefetches": see core/store/table.hpp.
  void prefetch(std::size_t account, core::DateTime timestamp) { __builtin_prefetch(&slot(account, timestamp), 1); }

 private:
  /// Upper 32 bits: the timestamp; lower 32 bits: the time of its use; both in seconds. The slots of one second are adjacent, because all
  /// accounts use the same few seconds.
  std::uint64_t& slot(std::size_t account, core::DateTime timestamp) {
    return slots_[static_cast<std::size_t>(timestamp.seconds) % seconds_ * accounts_ + account];
  }

  struct Unmap {
    std::size_t bytes;
    void operator()(std::uint64_t* slots) const;
  };
  std::size_t seconds_;
  std::size_t accounts_;
  std::unique_ptr<std::uint64_t[], Unmap> slots_;  // NOLINT(*-avoid-c-arrays)
};

/// What was found wrong, with all that is needed to explain it.
struct Refusal {
  core::SignatureError error = core::SignatureError::header_missing;
  core::LocalizedText why;
};

/// A timestamp that an appId has used, and when it did.
struct UsedTimestamp {
  std::string app;
  core::DateTime timestamp, at;
};

/// Buffers of one thread for decoded headers and expected tokens.
struct SignatureScratch {
  std::string plain, expected;
  bool records_used = false;
  std::vector<UsedTimestamp> used;  // where it is recorded: what came into the replay memory
};

/// When and where a request came in, to the microsecond: what mutants go by.
struct ReceivedAt {
  std::chrono::system_clock::time_point moment{};
  std::string_view path{};
};

/// What a request says of itself, before any of it is believed.
struct PresentedCredentials {
  std::string_view token, authorization;                               // the headers' values
  std::optional<std::pair<std::string_view, std::string_view>> parts;  // appId and timestamp, where the header is one
  std::optional<std::uint32_t> account;                                // of an appId that we know
  std::string proxy;                                                   // on the way of a request that lacks a header; see proxy_of
};

/// Threads may use it at the same time, each with a scratch of its own, unless it has the hooks of a mutant.
class Authenticator {
 public:
  /// All must outlive it.
  Authenticator(const core::Spec& spec, const MockOptions& options, mutation::MutationHooks& hooks = mutation::MutationHooks::faithful());

  /// The returned views point into `scratch` and the arguments.
  PresentedCredentials presented(std::string_view token, std::string_view authorization, SignatureScratch& scratch) const;
  /// As if that app had presented itself.
  PresentedCredentials presented_by(std::string_view app_id) const {
    PresentedCredentials out;
    out.account = credentials_.find(app_id);
    return out;
  }
  /// The presented appId if it is known; any other text may be a secret and is not returned.
  std::string_view app_id(const PresentedCredentials& presented) const { return presented.account ? credentials_[*presented.account].id : std::string_view(); }
  /// Nothing if the request is accepted.
  std::optional<Refusal> check(const PresentedCredentials& presented, core::DateTime now, SignatureScratch& scratch, const ReceivedAt& arrival = {});
  /// From here on it answers the open questions about signatures so.
  void read_as(const InterpretationChoice& choice);
  /// From here on that timestamp counts as used, as far as it is of an account that we know.
  void remember(const UsedTimestamp& used);
  /// What that one's accounts have used counts as used here, as far as they are known. Nobody may use either meanwhile, nor that one
  /// afterwards.
  void remember_all(Authenticator& before);
  /// What `check` finds from now on, whatever is presented; nothing: it looks itself. For requests whose credentials are gone, and were judged by whoever
  /// knew the secrets. For one thread.
  void presume(std::optional<Refusal> refusal) { presumed_ = std::move(refusal); }

 private:
  enum class TokenCase { any, lower, upper };

  std::optional<core::DateTime> use(std::size_t account, core::DateTime timestamp, core::DateTime now, const ReceivedAt& arrival);

  bool listed(core::SignatureError error) const { return listed_[static_cast<std::size_t>(error)]; }
  bool token_matches(std::string_view token, auth::Credentials app, std::string_view timestamp, std::string& expected) const;

  const core::Spec* spec_;
  const MockOptions* options_;
  mutation::MutationHooks& hooks_;
  auth::Signer signer_;
  std::atomic<TokenCase> token_case_;
  std::atomic<bool> refused_use_up_;
  std::vector<bool> listed_;  // by SignatureError: whether some code answers it
  CredentialStore credentials_;
  std::vector<std::atomic<std::size_t>> last_mistakes_;  // by account; only written when a request is refused
  ReplayCache replay_cache_;
  DiagnosisBudget diagnoses_;
  std::optional<Refusal> presumed_;
};

}  // namespace meterproof::mockserver
