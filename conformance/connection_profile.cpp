// SPDX-License-Identifier: Apache-2.0
// TargetSession's connection profile. The calibration's query is asked, mostly with a signature that was used already: a refusal is an answer as well.
#include "conformance/connection_profile.hpp"

#include <algorithm>

#include "conformance/cases/wrong_requests.hpp"
#include "conformance/target_session.hpp"
#include "core/text/text.hpp"

namespace meterproof::conformance {

using i18n::msg;
using net::Keeping;

std::chrono::milliseconds patience_for(std::size_t replies, double mean_seconds) {
  constexpr std::chrono::milliseconds at_least(2000);
  constexpr double longer_than_usual = 3;
  const std::chrono::duration<double> usual(longer_than_usual * mean_seconds * static_cast<double>(replies));
  return at_least + std::chrono::duration_cast<std::chrono::milliseconds>(usual);
}

namespace {

bool is_answered(const Sent& sent) { return sent.reply.code.has_value(); }

bool are_answered(const std::vector<Sent>& all) { return std::all_of(all.begin(), all.end(), is_answered); }

i18n::Message to_message(Keeping keeping) {
  switch (keeping) {
    case Keeping::keeps: return msg<"calibration.kept-open">();
    case Keeping::says_close: return msg<"calibration.closed-as-said">();
    case Keeping::closes_silently: return msg<"calibration.closed-silently">();
  }
  return {};
}

}  // namespace

std::vector<Sent> TargetSession::try_connections(const net::ConnectionTrial& trial, std::optional<Keeping>& keeping) {
  keep_pace(trial.requests.size());
  net::TrialResult result = environment_.try_connections(trial);
  if (!keeping) keeping = result.keeping;
  std::vector<Sent> out;
  for (std::size_t i = 0; i < trial.requests.size(); ++i) out.push_back(received_of_several(trial.requests[i], std::move(result.exchanges[i])));
  if (cut_off()) throw Inconclusive{msg<"case.cut-off">()};  // what was not waited for says nothing
  return out;
}

/// The calibration's query with that body and a second that nobody has used, if there is one.
net::HttpRequest TargetSession::probe_with(const std::string& body) {
  const core::DateTime time = now();
  const core::Interface& interface = *probe_->first;
  const std::scoped_lock lock(mutex_);
  const auto slot = timestamps_.take_for(first_app_, time, interface.path).value_or(TimestampPool::Slot{first_app_, time});
  return signed_request(interface, slot, body);
}

void TargetSession::learn_connections() {
  if (!environment_.try_connections || !probe_) return;
  const double mean = mean_seconds();
  find_connections(mean);
  find_waits(mean);
}

i18n::Message TargetSession::why_not_at_once() const {
  if (!environment_.send_concurrently) return msg<"case.cannot-send-concurrently">();
  return connections_.at_once < 2 ? msg<"case.one-connection-at-a-time">() : i18n::Message();
}

i18n::Message TargetSession::why_no_reply_to(const std::string& malformed) const {
  return connections_.waits_for.count(malformed) > 0 ? msg<"case.waits-for-the-rest">() : i18n::Message();
}

void TargetSession::find_connections(double mean) {
  constexpr int tries = 2;  // one that took so long may have had other reasons
  std::optional<Keeping> keeping;
  const net::HttpRequest request = probe_with(probe_->second);
  bool second_served = false;
  for (int i = 0; i < tries && !second_served; ++i) {
    const auto both = try_connections({{request, request}, patience_for(1, mean), true}, keeping);
    if (!keeping || !is_answered(both.front())) return;  // a lost reply says nothing
    second_served = is_answered(both.back());
  }
  connections_.at_once = 1;
  // A target that keeps the first connection and serves no other leaves a second request without an answer.
  if (second_served || *keeping != Keeping::keeps)
    for (const std::size_t count : {ConnectionProfile::many, std::size_t{8}, std::size_t{4}, std::size_t{2}, std::size_t{2}})
      if (are_answered(try_connections({std::vector(count, request), patience_for(count, mean), false}, keeping))) {
        connections_.at_once = count;
        break;
      }
  connections_.at_a_time = second_served ? connections_.at_once : 1;
  calibration_["connections-kept"] = to_message(*keeping);
  calibration_["connections-at-a-time"] = connections_.at_a_time < ConnectionProfile::many ? i18n::verbatim(std::to_string(connections_.at_a_time))
                                                                                           : msg<"calibration.at-least">(connections_.at_a_time);
  if (connections_.at_a_time >= ConnectionProfile::many) return;
  environment_.workers = std::min(environment_.workers, connections_.at_a_time);
  if (environment_.limit_connections) environment_.limit_connections(connections_.at_a_time);
}

/// Whether it waits for the rest of a truncated body; then which of the others it takes for truncated, too.
void TargetSession::find_waits(double mean) {
  std::optional<Keeping> keeping;
  std::vector<const MalformedBody*> left;
  for (const MalformedBody& body : malformed_bodies()) left.push_back(&body);
  std::stable_partition(left.begin(), left.end(), [](const MalformedBody* one) { return one->name.slug == truncated_body; });
  for (std::size_t count = 1; !left.empty(); count = std::min(connections_.at_a_time, left.size())) {
    net::ConnectionTrial trial{{}, patience_for(count, mean), false};
    for (std::size_t i = 0; i < count; ++i) trial.requests.push_back(probe_with(left[i]->make(probe_->second)));
    const std::vector<Sent> answers = try_connections(trial, keeping);
    for (std::size_t i = 0; i < count; ++i)
      if (answers[i].exchange.transport == net::TransportResult::timed_out) connections_.waits_for.insert(left[i]->name.slug);
    if (connections_.waits_for.empty()) break;
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
  }
  const std::vector<std::string> waits(connections_.waits_for.begin(), connections_.waits_for.end());
  calibration_["waits-for-bodies"] = waits.empty() ? msg<"calibration.waits-for-none">() : msg<"calibration.waits-for">(core::join(waits));
}

}  // namespace meterproof::conformance
