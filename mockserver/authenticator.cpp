#include "mockserver/authenticator.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "mockserver/deviance.hpp"
#include "mockserver/diagnosis.hpp"
#include "spec/model/request.hpp"

namespace meterproof::mock {

using spec::DateTime;
using spec::SignatureFault;

void ReplayGuard::Unmap::operator()(std::uint64_t* slots) const { ::munmap(slots, bytes); }

// A day's tolerance and tens of thousands of appIds are many gibibytes, of which nearly all are never touched: room that is not reserved.
ReplayGuard::ReplayGuard(std::chrono::seconds tolerance, std::size_t accounts)
    : seconds_(static_cast<std::size_t>(2 * tolerance.count() + 1)), accounts_(std::max<std::size_t>(accounts, 1)) {
  const std::size_t bytes = seconds_ * accounts_ * sizeof(std::uint64_t);
  void* const room = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED)
    throw std::runtime_error("the system grants no room to remember the timestamps of " + std::to_string(accounts_) + " appIds over " +
                             std::to_string(seconds_) + " seconds; take a shorter --tolerance, or --replay allow");
  slots_ = {static_cast<std::uint64_t*>(room), Unmap{bytes}};
}

void ReplayGuard::forget(std::size_t account, DateTime timestamp) { std::atomic_ref(slot(account, timestamp)).store(0); }

std::optional<DateTime> ReplayGuard::use(std::size_t account, DateTime timestamp, DateTime now) {
  const std::atomic_ref used(slot(account, timestamp));
  const auto stamp = static_cast<std::uint32_t>(timestamp.seconds);
  const std::uint64_t fresh = std::uint64_t{stamp} << 32U | static_cast<std::uint32_t>(now.seconds);
  std::uint64_t seen = used.load();
  do {
    if (seen >> 32U == stamp) return now + std::chrono::seconds(std::int64_t{static_cast<std::uint32_t>(seen)} - static_cast<std::uint32_t>(now.seconds));
  } while (!used.compare_exchange_weak(seen, fresh));
  return std::nullopt;
}

Authenticator::Authenticator(const spec::Spec& spec, const Settings& settings)
    : spec_(&spec),
      settings_(&settings),
      signer_(spec.authentication),
      listed_(spec::signature_fault_names.size(), false),
      accounts_(settings.apps),
      conducts_(accounts_.size()),
      guard_(settings.refuse_replays ? settings.tolerance : std::chrono::seconds(0), accounts_.size()) {
  const Choices choices(spec, settings);
  const std::string letters = choices.of("token-case");
  token_case_ = letters == "lower" ? TokenCase::lower : letters == "upper" ? TokenCase::upper : TokenCase::any;
  refused_use_up_ = choices.of("refused-timestamp") == "used";
  for (const spec::ResultRow& row : spec.common)
    for (const spec::SignatureRule& rule : row.signature) listed_[static_cast<std::size_t>(rule.fault)] = true;
}

bool Authenticator::token_matches(std::string_view token, wire::Credentials app, std::string_view timestamp, std::string& expected) const {
  expected.clear();
  signer_.append_token(expected, app, timestamp);
  if (token_case_ == TokenCase::upper)
    std::transform(expected.begin(), expected.end(), expected.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  if (token == expected) return true;
  constexpr std::size_t beginning = 8;
  if (spec_->flaw == spec::Flaw::compares_token_beginning)
    return spec::same_letters(token.substr(0, beginning), std::string_view(expected).substr(0, beginning));
  if (token_case_ != TokenCase::any) return false;
  return spec::same_letters(token, expected);
}

std::optional<DateTime> Authenticator::use(std::size_t account, DateTime timestamp, DateTime now, const Arrival& arrival) {
  Oddities& oddities = conducts_[account].oddities;
  if (spec_->flaw == spec::Flaw::remembers_last_timestamp) {
    const bool repeated = oddities.last.seconds == timestamp.seconds;
    oddities.last = timestamp;
    return repeated ? std::optional(now) : std::nullopt;
  }
  if (spec_->flaw == spec::Flaw::timestamps_by_path)
    return oddities.by_path.emplace(timestamp.seconds, arrival.path).second ? std::nullopt : std::optional(now);
  const auto before = guard_.use(account, timestamp, now);
  if (spec_->flaw == spec::Flaw::replay_frees_timestamp && before) guard_.forget(account, timestamp);
  if (spec_->flaw == spec::Flaw::checks_timestamp_late) {
    const auto [first, added] = oddities.late.try_emplace(timestamp.seconds, arrival.moment);
    if (before && arrival.moment - first->second < Deviance::moment) return std::nullopt;
  }
  return before;
}

namespace {

/// As a parser does that carries over: what is behind the 14th digit is no matter, and minute 60 is the next hour's first.
std::optional<DateTime> read_generously(std::string_view text) {
  constexpr std::size_t digits = 14;
  std::string kept(text.substr(0, digits));
  int over = 0;
  for (const auto& [at, unit] : {std::pair(10U, 60), std::pair(12U, 1)})
    if (kept.size() == digits && kept[at] == '6') {
      over += unit * (60 + (kept[at + 1] - '0'));
      kept.replace(at, 2, "00");
    }
  const auto time = DateTime::parse_compact(kept);
  return time ? std::optional(*time + std::chrono::seconds(over)) : std::nullopt;
}

}  // namespace

/// Explanations are for people: so many a second are thorough, whatever a flood of refusals asks for.
bool Authenticator::may_be_thorough(DateTime now) {
  constexpr unsigned most = 100;
  if (diagnosed_second_.exchange(now.seconds) != now.seconds) diagnosed_ = 0;
  return diagnosed_++ < most;
}

Claim Authenticator::claim(std::string_view token, std::string_view authorization, Bench& bench) const {
  Claim out{spec::trimmed(token), spec::trimmed(authorization), {}, {}};
  if (out.token.empty() || out.authorization.empty()) return out;
  out.parts = signer_.taken_apart(out.authorization, bench.plain);
  if (out.parts) out.account = accounts_.find(out.parts->first);
  return out;
}

std::optional<Refusal> Authenticator::check(const Claim& claim, DateTime now, Bench& bench, const Arrival& arrival) {
  using Fault = SignatureFault;
  const spec::Authentication& authentication = spec_->authentication;
  if (claim.token.empty() || claim.authorization.empty()) {
    if (!listed(Fault::header_missing)) return std::nullopt;
    return Refusal{Fault::header_missing, why_header_missing(authentication, claim.token, claim.authorization)};
  }
  if (!claim.parts) {
    if (!listed(Fault::authorization_unreadable)) return std::nullopt;
    return Refusal{Fault::authorization_unreadable, why_authorization_unreadable(claim.authorization)};
  }
  const auto [claimed, timestamp] = *claim.parts;

  const auto known = claim.account;
  if (!known) {
    if (!listed(Fault::app_unknown)) return std::nullopt;
    if (!may_be_thorough(now)) return Refusal{Fault::app_unknown, why_app_unknown()};
    if (accounts_.any_secret_in(claimed) || accounts_.any_secret_in(timestamp)) return Refusal{Fault::app_unknown, why_secret_sent()};
    const bool reversed = accounts_.find(timestamp) && DateTime::parse_compact(claimed);
    return Refusal{Fault::app_unknown, reversed ? why_reversed() : why_app_unknown(claimed)};
  }
  const wire::Credentials app = accounts_[*known];
  const bool generous = spec_->flaw == spec::Flaw::generous_timestamps;
  const auto time = generous ? read_generously(timestamp) : DateTime::parse_compact(timestamp);
  const auto tolerance = spec_->flaw == spec::Flaw::wide_tolerance ? std::chrono::seconds(std::chrono::hours(24)) : settings_->tolerance;
  const auto ahead = time ? *time - now : std::chrono::seconds(0);
  const bool in_time = time && ahead <= tolerance && ahead >= -tolerance;
  if (settings_->refuse_replays && in_time) guard_.foresee(*known, *time);
  const auto used_before = [&, stamp = time]() -> std::optional<DateTime> {
    if (!settings_->refuse_replays || !in_time) return std::nullopt;
    return use(*known, *stamp, now, arrival);
  };

  if (listed(Fault::token_wrong) && !token_matches(claim.token, app, timestamp, bench.expected)) {
    if (refused_use_up_) used_before();
    std::atomic<std::size_t>& last_mistake = conducts_[*known].last_mistake;
    Suspicion suspicion{last_mistake, may_be_thorough(now)};
    Refusal refusal{Fault::token_wrong, why_token_wrong(signer_, app, timestamp, claim.token, suspicion)};
    last_mistake = suspicion.last;
    return refusal;
  }
  if (!time) {
    if (!listed(Fault::timestamp_malformed)) return std::nullopt;
    return Refusal{Fault::timestamp_malformed,
                   accounts_.any_secret_in(timestamp) ? why_secret_sent() : why_timestamp_malformed(timestamp, authentication.notation)};
  }
  if (!in_time) {
    if (!listed(Fault::timestamp_off)) return std::nullopt;
    return Refusal{Fault::timestamp_off, why_timestamp_off(ahead, settings_->tolerance, settings_->utc_offset, now)};
  }
  const auto before = used_before();
  if (before && listed(Fault::timestamp_repeated)) return Refusal{Fault::timestamp_repeated, why_timestamp_repeated(now - *before)};
  return std::nullopt;
}

}  // namespace meterproof::mock
