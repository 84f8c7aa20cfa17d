// SPDX-License-Identifier: Apache-2.0
#include "mockserver/authenticator.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/model/request.hpp"
#include "core/text/text.hpp"
#include "mockserver/signature_diagnosis.hpp"

namespace meterproof::mockserver {

using core::DateTime;
using core::SignatureError;

void ReplayCache::Unmap::operator()(std::uint64_t* slots) const { ::munmap(slots, bytes); }

// A day's tolerance and tens of thousands of appIds are many gibibytes, of which nearly all are never touched: the memory is mapped, not reserved.
ReplayCache::ReplayCache(std::chrono::seconds tolerance, std::size_t accounts)
    : seconds_(static_cast<std::size_t>(2 * tolerance.count() + 1)), accounts_(std::max<std::size_t>(accounts, 1)) {
  const std::size_t bytes = seconds_ * accounts_ * sizeof(std::uint64_t);
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw i18n::MessageError(i18n::msg<"usage.replay-memory">(accounts_, seconds_));
  slots_ = {static_cast<std::uint64_t*>(memory), Unmap{bytes}};
}

std::optional<DateTime> ReplayCache::use(std::size_t account, DateTime timestamp, DateTime now) {
  const std::atomic_ref used(slot(account, timestamp));
  const auto stamp = static_cast<std::uint32_t>(timestamp.seconds);
  const std::uint64_t fresh = std::uint64_t{stamp} << 32U | static_cast<std::uint32_t>(now.seconds);
  std::uint64_t seen = used.load();
  do {
    if (seen >> 32U == stamp) return now + std::chrono::seconds(std::int64_t{static_cast<std::uint32_t>(seen)} - static_cast<std::uint32_t>(now.seconds));
  } while (!used.compare_exchange_weak(seen, fresh));
  return std::nullopt;
}

Authenticator::Authenticator(const core::Spec& spec, const MockOptions& options, mutation::MutationHooks& hooks)
    : spec_(&spec),
      options_(&options),
      hooks_(hooks),
      signer_(spec.authentication),
      listed_(core::signature_error_names.size(), false),
      credentials_(options.apps),
      last_mistakes_(credentials_.size()),
      replay_cache_(options.refuse_replays ? options.tolerance : std::chrono::seconds(0), credentials_.size()) {
  read_as(InterpretationChoice(spec, options));
  for (std::atomic<std::size_t>& last_mistake : last_mistakes_) last_mistake = DiagnosisHint().last;
  for (const core::ResultRow& row : spec.common)
    for (const core::SignatureRule& rule : row.signature) listed_[static_cast<std::size_t>(rule.error)] = true;
}

void Authenticator::read_as(const InterpretationChoice& choice) {
  const std::string letters = choice.of("token-case");
  token_case_ = letters == "lower" ? TokenCase::lower : letters == "upper" ? TokenCase::upper : TokenCase::any;
  refused_use_up_ = choice.of("refused-timestamp") == "used";
}

bool Authenticator::token_matches(std::string_view token, auth::Credentials app, std::string_view timestamp, std::string& expected) const {
  expected.clear();
  signer_.append_token(expected, app, timestamp);
  if (token_case_ == TokenCase::upper)
    std::transform(expected.begin(), expected.end(), expected.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  if (token == expected) return true;
  if (hooks_.accepts_token(token, expected)) return true;
  if (token_case_ != TokenCase::any) return false;
  return core::equals_ignoring_case(token, expected);
}

std::optional<DateTime> Authenticator::use(std::size_t account, DateTime timestamp, DateTime now, const ReceivedAt& arrival) {
  const auto before = replay_cache_.use(account, timestamp, now);
  return hooks_.used_before({account, timestamp, now, arrival.moment, arrival.path}, before);
}

void Authenticator::remember(const UsedTimestamp& used) {
  const auto account = credentials_.find(used.app);
  if (account && options_->refuse_replays) replay_cache_.use(*account, used.timestamp, used.at);
}

void Authenticator::remember_all(Authenticator& before) {
  if (!options_->refuse_replays) return;
  if (replay_cache_.has_room_of(before.replay_cache_) && credentials_.has_ids_of(before.credentials_)) return replay_cache_.swap(before.replay_cache_);
  before.replay_cache_.look_at_used([&](std::size_t account, DateTime timestamp, DateTime at) {
    if (const auto here = credentials_.find(before.credentials_[static_cast<std::uint32_t>(account)].id)) replay_cache_.use(*here, timestamp, at);
  });
}

PresentedCredentials Authenticator::presented(std::string_view token, std::string_view authorization, SignatureScratch& scratch) const {
  PresentedCredentials out{core::trimmed(token), core::trimmed(authorization), {}, {}, {}};
  if (out.token.empty() || out.authorization.empty()) return out;
  out.parts = signer_.split_authorization(out.authorization, scratch.plain);
  if (out.parts) out.account = credentials_.find(out.parts->first);
  return out;
}

std::optional<Refusal> Authenticator::check(const PresentedCredentials& presented, DateTime now, SignatureScratch& scratch, const ReceivedAt& arrival) {
  using Error = SignatureError;
  if (presumed_) return presumed_;
  const core::Authentication& authentication = spec_->authentication;
  if (presented.token.empty() || presented.authorization.empty()) {
    if (!listed(Error::header_missing)) return std::nullopt;
    return Refusal{Error::header_missing, explain_header_missing(authentication, presented.token, presented.authorization)};
  }
  if (!presented.parts) {
    if (!listed(Error::authorization_unreadable)) return std::nullopt;
    return Refusal{Error::authorization_unreadable, explain_authorization_unreadable(presented.authorization)};
  }
  const auto [claimed, timestamp] = *presented.parts;

  const auto known = presented.account;
  if (!known) {
    if (!listed(Error::app_unknown)) return std::nullopt;
    if (!diagnoses_.take(now)) return Refusal{Error::app_unknown, explain_app_unknown()};
    if (credentials_.any_secret_in(claimed) || credentials_.any_secret_in(timestamp)) return Refusal{Error::app_unknown, explain_secret_sent()};
    const bool reversed = credentials_.find(timestamp) && DateTime::parse_compact(claimed);
    return Refusal{Error::app_unknown, reversed ? explain_reversed() : explain_app_unknown(claimed)};
  }
  const auth::Credentials app = credentials_[*known];
  auto time = DateTime::parse_compact(timestamp);
  auto tolerance = options_->tolerance;
  hooks_.read_timestamp(timestamp, now, time, tolerance);
  const auto ahead = time ? *time - now : std::chrono::seconds(0);
  const bool in_time = time && ahead <= tolerance && ahead >= -tolerance;
  if (options_->refuse_replays && in_time) replay_cache_.prefetch(*known, *time);
  const auto used_before = [&, stamp = time]() -> std::optional<DateTime> {
    if (!options_->refuse_replays || !in_time) return std::nullopt;
    const auto before = use(*known, *stamp, now, arrival);
    if (!before && scratch.records_used) scratch.used.push_back({std::string(app.id), *stamp, now});
    return before;
  };

  if (listed(Error::token_wrong) && !token_matches(presented.token, app, timestamp, scratch.expected)) {
    if (refused_use_up_) used_before();
    std::atomic<std::size_t>& last_mistake = last_mistakes_[*known];
    DiagnosisHint suspicion{last_mistake, diagnoses_.take(now)};
    Refusal refusal{Error::token_wrong, explain_token_wrong(signer_, app, timestamp, presented.token, suspicion)};
    last_mistake = suspicion.last;
    return refusal;
  }
  if (!time) {
    if (!listed(Error::timestamp_malformed)) return std::nullopt;
    return Refusal{Error::timestamp_malformed, credentials_.any_secret_in(timestamp) ? explain_secret_sent() : explain_timestamp_malformed(timestamp)};
  }
  if (!in_time) {
    if (!listed(Error::timestamp_off)) return std::nullopt;
    return Refusal{Error::timestamp_off, explain_timestamp_off(ahead, options_->tolerance, options_->utc_offset, now)};
  }
  const auto before = used_before();
  if (before && listed(Error::timestamp_repeated)) return Refusal{Error::timestamp_repeated, explain_timestamp_repeated(now - *before)};
  return std::nullopt;
}

}  // namespace meterproof::mockserver
