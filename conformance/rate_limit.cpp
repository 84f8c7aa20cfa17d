// SPDX-License-Identifier: Apache-2.0
#include "conformance/rate_limit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "conformance/case.hpp"
#include "core/text/text.hpp"

namespace meterproof::conformance {

using i18n::msg;
using std::chrono::milliseconds;

namespace {

constexpr int too_many_requests = 429, unavailable = 503;
constexpr std::chrono::microseconds first_pause(20'000), longest_pause(1'000'000);

/// Seconds; a date is not read.
std::optional<std::chrono::seconds> retry_after(const net::Exchange& exchange) {
  constexpr int longest = 60;
  const std::string_view text = exchange.header("Retry-After");
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return std::chrono::seconds(std::min(value, longest));
}

/// Code and message of a refusal; "" of anything else.
std::string words_of(const Sent& sent, const core::Spec& spec) {
  const json::Json* message = sent.reply.member(spec.envelope.message);
  if (!sent.reply.code || sent.answered(spec.success) || message == nullptr) return {};
  return std::to_string(sent.reply.code->value) + " " + message->text;
}

}  // namespace

bool RateLimit::is_meant_by(const Sent& sent, const core::Spec& spec) {
  if (sent.exchange.transport != net::TransportResult::replied) return false;
  if (sent.exchange.status == too_many_requests) return true;
  if (!sent.reply.code) return sent.exchange.status == unavailable && !sent.exchange.header("Retry-After").empty();
  if (sent.answered(spec.success)) return false;
  const json::Json* message = sent.reply.member(spec.envelope.message);
  if (message == nullptr) return false;
  constexpr std::array<std::string_view, 10> phrases = {
      "too many requests", "too frequent", "rate limit", "throttl", "slow down", "频繁", "限流", "频率", "过快", "请求过多"};
  const std::string text = core::to_lower(message->text);
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view one) { return text.find(one) != std::string::npos; });
}

bool RateLimit::is_reached(const Sent& sent, const core::Spec& spec) const {
  if (is_meant_by(sent, spec)) return true;
  const std::string words = words_of(sent, spec);
  const std::scoped_lock lock(mutex_);
  return !words.empty() && words_.contains(words);
}

void RateLimit::learn(const Sent& limited, const core::Spec& spec) {
  const std::scoped_lock lock(mutex_);
  words_.insert(words_of(limited, spec));
}

bool RateLimit::is_slowest() const {
  const std::scoped_lock lock(mutex_);
  return pause_ >= longest_pause;
}

bool RateLimit::note_asked_at_once(bool answered) {
  constexpr std::size_t enough = 2;
  const std::scoped_lock lock(mutex_);
  answered_at_once_ = answered ? answered_at_once_ + 1 : 0;
  if (answered_at_once_ < enough) return is_hopeless_;
  is_hopeless_ = true;
  pause_ = {};
  sent_again_ = 0;
  words_.clear();
  return true;
}

std::uint64_t RateLimit::pace() const {
  const std::scoped_lock lock(mutex_);
  return pace_;
}

std::optional<milliseconds> RateLimit::wait_after(const Sent& limited, unsigned tries) {
  constexpr unsigned most_tries = 7;  // with a second at first, and twice as long each time: a minute in all
  const std::scoped_lock lock(mutex_);
  if (tries >= most_tries) is_hopeless_ = true;
  if (is_hopeless_) return std::nullopt;
  if (sent_again_++ == 0) answer_ = limited.reply.code ? code_of(limited) : i18n::verbatim("HTTP " + std::to_string(limited.exchange.status));
  if (limited.pace == pace_) {
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    ++pace_;
  }
  return std::max<milliseconds>(retry_after(limited.exchange).value_or(std::chrono::seconds(0)), milliseconds(1000U << (tries - 1)));
}

bool RateLimit::is_worth_waiting() const {
  const std::scoped_lock lock(mutex_);
  return !is_hopeless_;
}

std::chrono::microseconds RateLimit::pause() const {
  const std::scoped_lock lock(mutex_);
  return pause_;
}

i18n::Message RateLimit::note() const {
  const std::scoped_lock lock(mutex_);
  if (sent_again_ == 0) return {};
  return msg<"check.rate-limit">(answer_, sent_again_, std::chrono::duration_cast<milliseconds>(pause_).count());
}

}  // namespace meterproof::conformance
