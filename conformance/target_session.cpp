// SPDX-License-Identifier: Apache-2.0
#include "conformance/target_session.hpp"
#include "core/text/text.hpp"

#include <algorithm>

namespace meterproof::conformance {

using core::DateTime;
using core::Interface;
using core::SignatureError;
using i18n::msg;
using std::chrono::seconds;

TargetSession::TargetSession(const core::Spec& spec, std::vector<auth::App> apps, Environment environment)
    : spec_(&spec), apps_(std::move(apps)), environment_(std::move(environment)), signer_(spec.authentication), timestamps_(apps_.size()) {
  clock_profile_.utc_offset = spec.authentication.utc_offset;
  // Keys of twelve digits, as meters have, seven of them by chance: after a thousand runs, one in ten thousand meets an older one's.
  run_ = core::format_number_pattern("#######", environment_.run);
}

std::string TargetSession::unused_key() {
  const unsigned number = ++keys_;
  return "7" + run_ + (number < 10'000 ? core::format_number_pattern("####", number) : std::to_string(number));
}

bool TargetSession::is_stale(const TimestampPool::Slot& slot) const {
  const std::scoped_lock lock(mutex_);
  return now() - slot.timestamp >= timestamps_.past();
}

DateTime TargetSession::now() const { return core::local_time(environment_.now(), clock_profile_.utc_offset); }

void TargetSession::progress(const i18n::Message& line) const {
  if (environment_.progress) environment_.progress(line);
}

std::map<std::string, i18n::Message> TargetSession::calibration() const {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, i18n::Message> out = calibration_;
  std::string statuses;
  for (const int status : refusal_statuses_) statuses += (statuses.empty() ? "" : ", ") + std::to_string(status);
  if (!statuses.empty()) out[refusal_status_question] = i18n::verbatim(statuses);
  return out;
}

void TargetSession::observe(const std::string& question, const std::string& interpretation) {
  const std::scoped_lock lock(mutex_);
  observations_[question].insert(interpretation);
}

void TargetSession::note_accepted(const core::Interface& interface) {
  const std::scoped_lock lock(mutex_);
  accepted_.insert(interface.name);
}

std::set<std::string> TargetSession::accepted() const {
  const std::scoped_lock lock(mutex_);
  return accepted_;
}

std::map<std::string, std::set<std::string>> TargetSession::observations() const {
  const std::scoped_lock lock(mutex_);
  auto out = observations_;
  for (const int status : refusal_statuses_) out[refusal_status_question].insert(std::to_string(status));
  return out;
}

ReplayScope TargetSession::replay_scope() const {
  const std::scoped_lock lock(mutex_);
  return timestamps_.replay_scope();
}

double TargetSession::mean_seconds() const { return requests_ == 0 ? 0 : static_cast<double>(took_us_) / 1e6 / static_cast<double>(requests_); }

std::size_t TargetSession::timestamps_per_second() const {
  const std::scoped_lock lock(mutex_);
  return timestamps_.per_second();
}

std::size_t TargetSession::timestamps_at_hand() const {
  const std::scoped_lock lock(mutex_);
  return timestamps_.capacity();
}

bool TargetSession::gave_up_on(const Interface& query) const {
  const std::scoped_lock lock(mutex_);
  return gave_up_.count(query.name) > 0;
}

void TargetSession::give_up_on(const Interface& query) {
  const std::scoped_lock lock(mutex_);
  gave_up_.insert(query.name);
}

void TargetSession::tell_of_wait() const {
  const std::size_t left = expected_ > well_signed_ ? expected_ - well_signed_ : 0;
  const std::size_t seconds_left = left / timestamps_.per_second();
  if (timestamps_.replay_scope() == ReplayScope::anywhere)
    progress(left == 0 ? msg<"progress.all-seconds-used-in-all">() : msg<"progress.all-seconds-used-in-all-wait">(seconds_left));
  else progress(left == 0 ? msg<"progress.all-seconds-used">() : msg<"progress.all-seconds-used-wait">(seconds_left));
}

TimestampPool::Slot TargetSession::next_timestamp(const std::string& path) {
  for (;;) {
    {
      const std::scoped_lock lock(mutex_);
      if (const auto slot = timestamps_.take(now(), path)) return *slot;
      if (!std::exchange(told_of_wait_, true)) tell_of_wait();
    }
    if (cut_off()) throw Inconclusive{msg<"case.cut-off-waiting">()};
    environment_.sleep(std::chrono::milliseconds(200));
  }
}

Sent TargetSession::received(const net::HttpRequest& request, net::Exchange exchange) {
  Sent sent;
  sent.request = request;
  sent.exchange = std::move(exchange);
  sent.reply = read_reply(sent.exchange, spec_->envelope);
  ++requests_;
  took_us_ += sent.exchange.took.count();
  if (sent.reply.code && *sent.reply.code != spec_->success) {
    const std::scoped_lock lock(mutex_);
    refusal_statuses_.insert(sent.exchange.status);
  }
  return sent;
}

void TargetSession::keep_pace(std::size_t requests) {
  if (cut_off()) throw Inconclusive{msg<"case.cut-off-before">()};
  if (environment_.pause.count() == 0) return;
  std::chrono::system_clock::time_point mine;
  {
    const std::scoped_lock lock(mutex_);
    mine = std::max(environment_.now(), next_request_);
    next_request_ = mine + environment_.pause * static_cast<long>(requests);
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(mine - environment_.now());
  if (left.count() > 0) environment_.sleep(left);
}

Sent TargetSession::exchange(const net::HttpRequest& request) {
  keep_pace(1);
  return received(request, environment_.send(request));
}

net::HttpRequest TargetSession::signed_request(const Interface& interface, const TimestampPool::Slot& slot, const std::string& body) const {
  return {spec_->method, interface.path, signer_.headers(apps_[slot.app], slot.timestamp.compact()), body};
}

bool TargetSession::refused_for(SignatureError fault, const Sent& sent) const {
  const core::ResultRow* row = spec_->answering(fault);
  return row != nullptr && sent.answered(row->code);
}

Sent TargetSession::send(const Interface& interface, const std::string& body) {
  // A run before this one may have used the same seconds: each costs one request to find out.
  for (std::size_t tries = 1;; ++tries) {
    const TimestampPool::Slot slot = next_timestamp(interface.path);
    Sent sent = exchange(signed_request(interface, slot, body));
    const std::scoped_lock lock(mutex_);
    if (tries >= timestamps_.capacity() + 2 || !refused_for_time(sent)) {
      ++well_signed_;
      return sent;
    }
    if (timestamps_.replay_scope() == ReplayScope::never) {  // it minds after all, where the request before succeeded
      timestamps_.set_repeats(ReplayScope::by_app);
      calibration_["repeated-timestamps"] = msg<"calibration.repeats-refused-after-success">();
      observations_["refused-timestamp"].insert("kept");
    }
  }
}

std::vector<Sent> TargetSession::send_concurrently(const std::vector<std::pair<const Interface*, std::string>>& requests) {
  std::vector<net::HttpRequest> all;
  all.reserve(requests.size());
  for (const auto& [interface, body] : requests) all.push_back(signed_request(*interface, next_timestamp(interface->path), body));
  keep_pace(all.size());
  std::vector<net::Exchange> exchanges = environment_.send_concurrently(all);
  std::vector<Sent> out;
  for (std::size_t i = 0; i < all.size(); ++i) out.push_back(received(all[i], std::move(exchanges[i])));
  // A request that was refused because somebody else had used its second is sent again.
  for (std::size_t i = 0; i < all.size(); ++i)
    if (refused_for_time(out[i])) out[i] = send(*requests[i].first, requests[i].second);
  return out;
}

std::vector<Sent> TargetSession::send_copies(const Sent& before, std::size_t copies) {
  const std::vector<net::HttpRequest> all(copies, before.request);
  std::vector<Sent> out;
  keep_pace(copies);
  for (net::Exchange& one : environment_.send_concurrently(all)) {
    out.push_back(received(before.request, std::move(one)));
    out.back().well_signed = false;
  }
  return out;
}

std::vector<Sent> TargetSession::send_raw(const net::RawExchange& raw_exchange, const std::vector<net::HttpRequest>& requests) {
  std::vector<Sent> out;
  keep_pace(requests.size());
  std::vector<net::Exchange> exchanges = environment_.send_raw(raw_exchange);
  exchanges.resize(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) out.push_back(received(requests[i], std::move(exchanges[i])));
  return out;
}

Sent TargetSession::send_with(const Interface& interface, const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body) {
  Sent sent = exchange({spec_->method, interface.path, headers, body});
  sent.well_signed = false;
  return sent;
}

Sent TargetSession::send_again(const Sent& before) {
  Sent sent = exchange(before.request);
  sent.well_signed = false;
  return sent;
}

}  // namespace meterproof::conformance
