// SPDX-License-Identifier: Apache-2.0
#include "conformance/target_session.hpp"
#include "conformance/spec_queries.hpp"
#include "core/text/text.hpp"
#include "reports/foreign_reply.hpp"

#include <algorithm>
#include <bit>

namespace meterproof::conformance {

using core::DateTime;
using core::Interface;
using core::SignatureError;
using i18n::msg;
using std::chrono::seconds;

TargetSession::TargetSession(const core::Spec& spec, std::vector<auth::App> apps, Environment environment)
    : redactor_(apps),
      exchange_log_(redactor_),
      spec_(&spec),
      reply_forms_(spec, redactor_),
      apps_(std::move(apps)),
      environment_(std::move(environment)),
      signer_(spec.authentication),
      timestamps_(apps_.size()) {
  clock_profile_.utc_offset = spec.authentication.utc_offset;
  if (!environment_.earlier.empty()) timestamps_.set_earlier(environment_.earlier.by_app);
  if (environment_.claim) timestamps_.set_claim(environment_.claim);
  if (environment_.now) {
    const auto wall = environment_.now();
    const auto steady = clock();
    wall_ns_ = std::chrono::nanoseconds(wall.time_since_epoch() - steady.time_since_epoch()).count();
    clock_watch_.emplace(wall, steady);
    began_ = steady;
  }
  // Keys of twelve digits, as meters have, six of them by chance: after a thousand runs, one in a thousand meets an older one's.
  run_ = core::format_number_pattern("######", environment_.run);
}

std::string TargetSession::unused_key() {
  const unsigned number = ++keys_;
  return std::string(key_prefix) + run_ + (number < 10'000 ? core::format_number_pattern("####", number) : std::to_string(number));
}

bool TargetSession::is_stale(const TimestampPool::Slot& slot) const {
  const std::scoped_lock lock(mutex_);
  return !timestamps_.uses(slot.app) || now() - slot.timestamp >= timestamps_.past();
}

DateTime TargetSession::now() const {
  const auto since_1970 = clock().time_since_epoch() + std::chrono::nanoseconds(wall_ns_);
  return core::local_time(std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(since_1970)),
                          clock_profile_.utc_offset);
}

void TargetSession::progress(const i18n::Message& line) const {
  if (environment_.progress) environment_.progress(line);
}

std::map<std::string, i18n::Message> TargetSession::calibration() const {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, i18n::Message> out = calibration_;
  std::string statuses;
  for (const int status : refusal_statuses_) statuses += (statuses.empty() ? "" : ", ") + std::to_string(status);
  if (!statuses.empty() && probe_answer_) out[refusal_status_question] = i18n::verbatim(statuses);
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

bool TargetSession::has_accepted(const core::Interface& interface) const {
  const std::scoped_lock lock(mutex_);
  return accepted_.count(interface.name) > 0;
}

const auth::App* TargetSession::other_app(std::size_t index) const {
  const std::scoped_lock lock(mutex_);
  for (std::size_t app = 0; app < apps_.size(); ++app)
    if (app != index && timestamps_.uses(app) && apps_[app].id != apps_[index].id) return &apps_[app];
  return nullptr;
}

std::optional<std::pair<DateTime, DateTime>> TargetSession::accepted_timestamps(std::size_t app) const {
  const std::scoped_lock lock(mutex_);
  const auto found = accepted_at_.find(app);
  return found == accepted_at_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TargetSession::Replayable> TargetSession::replayable(const Interface& interface) const {
  const std::scoped_lock lock(mutex_);
  const auto found = replayable_.find(interface.name);
  return found == replayable_.end() ? std::nullopt : std::optional(found->second);
}

void TargetSession::note_signature(const Interface& interface, const TimestampPool::Slot& slot, const Sent& sent) {
  const auto [stamps, is_first] = accepted_at_.try_emplace(slot.app, slot.timestamp, slot.timestamp);
  if (!is_first) stamps->second.second = slot.timestamp;
  // One that will be too old in a moment says nothing later.
  constexpr seconds a_while(120);
  const seconds past = timestamps_.past();
  const auto is_old = [&](const TimestampPool::Slot& one) { return now() - one.timestamp > past - std::min(a_while, past / 4); };
  const auto [kept, added] = replayable_.try_emplace(interface.name, Replayable{slot, sent.request, clock()});
  // A short run has no other than old ones: of those the newest.
  const bool is_better = !added && is_old(kept->second.slot) && kept->second.slot.timestamp < slot.timestamp;
  if (is_better) kept->second = Replayable{slot, sent.request, clock()};
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

bool TargetSession::may_accept_repeats(const Interface& interface) const {
  return interface.common_results == core::CommonResults::open && replay_scope() == ReplayScope::never;
}

ReplayScope TargetSession::replay_scope() const {
  const std::scoped_lock lock(mutex_);
  return timestamps_.replay_scope();
}

double TargetSession::mean_seconds() const { return requests_ == 0 ? 0 : static_cast<double>(took_us_) / 1e6 / static_cast<double>(requests_); }

std::optional<TargetSession::LastCode> TargetSession::last_code() const {
  const std::scoped_lock lock(mutex_);
  return last_code_;
}

std::size_t TargetSession::timestamps_per_second() const {
  const std::scoped_lock lock(mutex_);
  return timestamps_.per_second();
}

std::size_t TargetSession::timestamps_at_hand() const {
  const std::scoped_lock lock(mutex_);
  return timestamps_.left(probed_at_);
}

std::size_t TargetSession::timestamps_used_earlier() const {
  const std::scoped_lock lock(mutex_);
  const auto from = (probed_at_ + -timestamps_.past()).seconds, to = (probed_at_ + timestamps_.future()).seconds + 1;
  std::size_t out = 0;
  for (std::size_t app = 0; app < apps_.size(); ++app)
    if (timestamps_.uses(app)) out += timestamps_.earlier_of(app).count(from, to);
  return out;
}

std::vector<i18n::Message> TargetSession::irregular_replies() const {
  const std::scoped_lock lock(mutex_);
  return irregular_replies_.notes(spec_->envelope);
}

bool TargetSession::gave_up_on(const Interface& query, bool for_a_row) const {
  const std::scoped_lock lock(mutex_);
  return gave_up_.contains({query.name, for_a_row});
}

bool TargetSession::does_without(const core::OpenQuestion& question) const {
  const std::scoped_lock lock(mutex_);
  return done_without_.count(&question) > 0;
}

void TargetSession::note_does_without(const core::OpenQuestion& question) {
  const std::scoped_lock lock(mutex_);
  done_without_.insert(&question);
}

bool TargetSession::refuses_past_times(const Interface& interface) const {
  const std::scoped_lock lock(mutex_);
  return refuse_past_times_.count(interface.name) > 0;
}

void TargetSession::note_refuses_past_times(const Interface& interface) {
  const std::scoped_lock lock(mutex_);
  refuse_past_times_.insert(interface.name);
  observations_[interface.name + "/" + past_times_question].insert("refuse");
}

void TargetSession::note_delay(const Interface& query, std::chrono::milliseconds delay) {
  const std::scoped_lock lock(mutex_);
  std::chrono::milliseconds& longest = delays_[query.name];
  longest = std::max(longest, delay);
}

std::chrono::milliseconds TargetSession::usual_delay(const Interface& query) const {
  const std::scoped_lock lock(mutex_);
  const auto known = delays_.find(query.name);
  constexpr int margin = 3;
  return known == delays_.end() ? std::chrono::milliseconds(0) : margin * known->second;
}

void TargetSession::note_shown_at_once(const TableCell& cell) {
  const std::scoped_lock lock(mutex_);
  shown_at_once_.insert(cell);
}

bool TargetSession::is_shown_at_once(const TableCell& cell) const {
  const std::scoped_lock lock(mutex_);
  return shown_at_once_.contains(cell);
}

bool TargetSession::begin_change_trial(const TableCell& cell) {
  const std::scoped_lock lock(mutex_);
  return tried_changes_.insert(cell).second;
}

void TargetSession::give_up_on(const Interface& query, bool for_a_row) {
  const std::scoped_lock lock(mutex_);
  gave_up_.emplace(query.name, for_a_row);
}

i18n::Message TargetSession::why_not_made(const std::string& way) const {
  constexpr int enough = 2;
  const std::scoped_lock lock(mutex_);
  const auto found = making_.find(way);
  const bool given_up = found != making_.end() && !found->second.ever_succeeded && found->second.refused >= enough;
  return given_up ? found->second.failure : i18n::Message();
}

void TargetSession::note_made(const std::string& way, const i18n::Message& failure) {
  const std::scoped_lock lock(mutex_);
  Making& making = making_[way];
  if (failure.empty()) making.ever_succeeded = true;
  else ++making.refused, making.failure = failure;
}

void TargetSession::tell_of_wait() const {
  const std::size_t left = expected_ > well_signed_ ? expected_ - well_signed_ : 0;
  const std::size_t seconds_left = left / timestamps_.per_second();
  if (timestamps_.replay_scope() == ReplayScope::anywhere)
    progress(left == 0 ? msg<"progress.all-seconds-used-in-all">() : msg<"progress.all-seconds-used-in-all-wait">(seconds_left));
  else progress(left == 0 ? msg<"progress.all-seconds-used">() : msg<"progress.all-seconds-used-wait">(seconds_left));
}

std::uint64_t& TargetSession::requests_of_this_thread() {
  thread_local std::uint64_t count = 0;
  return count;
}

TargetSession::PathReplies TargetSession::replies_of(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = path_replies_.find(path);
  return found == path_replies_.end() ? PathReplies() : found->second;
}

TimestampPool::Slot TargetSession::next_timestamp(const std::string& path) {
  for (;;) {
    watch_clock();
    {
      const std::scoped_lock lock(mutex_);
      if (timestamps_.apps_in_use() == 0) throw Inconclusive{msg<"check.no-app-left">()};
      if (const auto slot = timestamps_.take(now(), path)) {
        ++requests_of_this_thread();
        ++timestamps_taken_;
        return *slot;
      }
      if (!std::exchange(told_of_wait_, true)) tell_of_wait();
    }
    constexpr seconds to_finish(5);  // what was begun: to look what it came to
    if (budget_end_ && clock() >= *budget_end_ + to_finish) throw Inconclusive{msg<"case.not-run">()};
    if (cut_off()) throw Inconclusive{msg<"case.cut-off-waiting">()};
    if (is_gone()) throw Inconclusive{msg<"case.target-gone">()};
    if (clock_lost_) throw Inconclusive{msg<"case.clock-stepped">()};
    environment_.sleep(std::chrono::milliseconds(200));
  }
}

Sent TargetSession::received(const net::HttpRequest& request, net::Exchange exchange, bool well_signed, const Interface* asked) {
  Sent sent;
  sent.request = request;
  sent.well_signed = well_signed;
  sent.asked = asked;
  sent.exchange = std::move(exchange);
  large_replies_.wait_to_read(sent.exchange.body);
  sent.reply = read_reply(sent.exchange, *spec_);
  const std::uint64_t number = ++requests_;
  took_us_ += sent.exchange.took.count();
  if (sent.exchange.transport == net::TransportResult::replied) {
    const std::scoped_lock lock(mutex_);
    PathReplies& of_path = path_replies_[request.path];
    if (sent.reply.code) ++of_path.with_code;
    else ++of_path.without_code, of_path.status = sent.exchange.status;
    if (!sent.reply.code) last_code_.reset();
    else if (last_code_ && last_code_->code == *sent.reply.code) ++last_code_->replies;
    else last_code_ = LastCode{*sent.reply.code, number, 1};
  }
  if (!sent.reply.irregularities.empty()) {
    const std::scoped_lock lock(mutex_);
    irregular_replies_.add(sent.reply.irregularities);
  }
  if (expected_ > 0) reply_forms_.note({asked, sent.request, sent.exchange, sent.reply, well_signed});
  if (sent.answered(spec_->success)) ledger_.note(*spec_, request);
  if (sent.reply.code && *sent.reply.code != spec_->success) {
    const std::scoped_lock lock(mutex_);
    refusal_statuses_.insert(sent.exchange.status);
  }
  return sent;
}

Sent TargetSession::received_of_several(const net::HttpRequest& request, net::Exchange exchange, bool well_signed, const Interface* asked) {
  Sent sent = received(request, std::move(exchange), well_signed, asked);
  sent.reply.json.reset();
  return sent;
}

std::chrono::steady_clock::time_point TargetSession::clock() const {
  if (environment_.steady) return environment_.steady();
  return std::chrono::steady_clock::time_point(environment_.now().time_since_epoch());
}

void TargetSession::keep_pace(std::size_t requests) {
  {
    std::unique_lock lock(mutex_);
    asked_.wait(lock, [&] { return !asking_; });
  }
  if (cut_off()) throw Inconclusive{msg<"case.cut-off-before">()};
  if (is_gone()) throw Inconclusive{msg<"case.target-gone">()};
  if (clock_lost_) throw Inconclusive{msg<"case.clock-stepped">()};
  const auto pause = std::max(environment_.pause, rate_limit_.pause());
  if (pause.count() == 0) return;
  std::chrono::steady_clock::time_point mine;
  {
    const std::scoped_lock lock(mutex_);
    mine = std::max(clock(), next_request_);
    next_request_ = mine + pause * static_cast<long>(requests);
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(mine - clock());
  if (left.count() > 0) environment_.sleep(left);
  if (cut_off()) throw Inconclusive{msg<"case.cut-off-before">()};
}

bool TargetSession::waited_for_limit(const Sent& sent, unsigned tries, Suspicion* suspicion) {
  {
    const std::scoped_lock lock(mutex_);
    if (expected_ == 0 || silence_expected_) return false;  // it is not calibrated yet, or broken on purpose
  }
  if (!rate_limit_.is_worth_waiting()) return false;
  if (!rate_limit_.is_reached(sent, *spec_)) {
    if (tries > 1) {
      if (suspicion != nullptr && *suspicion) settle(**suspicion, sent);
      return false;
    }
    const LimitLook look = look_for_limit(sent);
    if (look == LimitLook::none || (look == LimitLook::may_limit && suspicion == nullptr)) return false;
    if (look == LimitLook::may_limit) {
      *suspicion = sent;
      wait_for_limit(std::chrono::seconds(1));
      return true;
    }
    rate_limit_.learn(sent, *spec_);
  }
  const bool may_be_none = tries == 1 && rate_limit_.is_slowest() && !RateLimit::is_meant_by(sent, *spec_) && is_query(sent);
  if (may_be_none && rate_limit_.note_asked_at_once(are_answered_at_once(sent))) return false;
  const auto left = rate_limit_.wait_after(sent, tries);
  if (!left) return false;
  if (tries == 1) progress(msg<"progress.rate-limit">(std::chrono::ceil<std::chrono::seconds>(*left).count()));
  wait_for_limit(*left);
  return true;
}

bool TargetSession::waited_while_calibrating(Sent& sent, unsigned tries, Suspicion& suspicion) {
  constexpr std::size_t most_looks = 3;
  {
    const std::scoped_lock lock(mutex_);
    if (expected_ > 0 || silence_expected_ || !probe_answer_) return false;  // nothing is known of whom nothing else was heard of
  }
  if (suspicion) {
    const Sent before = *std::exchange(suspicion, std::nullopt);
    if (sent.reply.code == before.reply.code) return false;
    rate_limit_.learn(before, *spec_);
    rate_limit_.wait_after(before, 1);  // has been waited for
  }
  if (!rate_limit_.is_reached(sent, *spec_)) {
    if (!is_unexplained(sent)) return false;
    {
      const std::scoped_lock lock(mutex_);
      if (looks_while_calibrating_ >= most_looks) return false;
      ++looks_while_calibrating_;
    }
    suspicion = sent;
    wait_for_limit(std::chrono::seconds(1));
    return true;
  }
  const auto left = rate_limit_.wait_after(sent, tries);
  if (!left) return false;
  progress(msg<"progress.rate-limit">(std::chrono::ceil<std::chrono::seconds>(*left).count()));
  wait_for_limit(*left);
  return true;
}

/// Who wants fewer requests than one a second does not answer several of them a moment later.
bool TargetSession::are_answered_at_once(const Sent& sent) {
  constexpr int several = 4;
  for (int i = 0; i < several; ++i) {
    const net::HttpRequest again = signed_request(*sent.asked, next_timestamp(sent.request.path), sent.request.body);
    const Sent answer = received(again, send_in_turn(again), true, sent.asked);
    if (!answer.reply.code || refused_for_time(answer) || is_unexplained(answer) || rate_limit_.is_reached(answer, *spec_)) return false;
  }
  return true;
}

bool TargetSession::is_unexplained(const Sent& sent) const {
  const auto faults = spec_->injectable_faults();
  return std::any_of(faults.begin(), faults.end(), [&](const std::string& one) { return sent.answered(spec_->injected_by(one)->code); });
}

void TargetSession::wait_for_limit(std::chrono::milliseconds left) {
  constexpr std::chrono::milliseconds piece(500);
  for (; left.count() > 0; left -= piece) {
    if (cut_off()) throw Inconclusive{msg<"case.cut-off-waiting">()};
    environment_.sleep(std::min(left, piece));
  }
}

void TargetSession::settle(const Sent& suspected, const Sent& again) {
  if (!again.reply.code) return;
  if (!again.answered(*suspected.reply.code) || code_of_query() == suspected.reply.code) return rate_limit_.learn(suspected, *spec_);
  const std::scoped_lock lock(mutex_);
  own_refusals_.emplace(suspected.request.path, *suspected.reply.code);
}

std::chrono::steady_clock::time_point TargetSession::note_unexplained(const Sent& sent) {
  constexpr std::chrono::seconds longest_queue(30);  // of workers that look, one after the other
  const auto now = environment_.steady();
  const std::scoped_lock lock(mutex_);
  std::erase_if(unexplained_, [&](const Unexplained& one) { return now - one.at > longest_queue; });
  const bool has_succeeded = sent.asked != nullptr && replayable_.contains(sent.asked->name);
  if (has_succeeded) unexplained_.push_back({now, sent.request.path, *sent.reply.code});
  return now;
}

bool TargetSession::are_refused_together(const Sent& sent, std::chrono::steady_clock::time_point at) const {
  constexpr std::size_t several = 3;
  const std::scoped_lock lock(mutex_);
  std::set<std::string> paths;
  for (const Unexplained& one : unexplained_)
    if (sent.answered(one.code) && std::chrono::abs(one.at - at) <= std::chrono::seconds(1)) paths.insert(one.path);
  return paths.size() >= several;
}

TargetSession::LimitLook TargetSession::look_for_limit(const Sent& sent) {
  constexpr std::size_t most_looks = 6;
  if (!is_unexplained(sent)) return LimitLook::none;
  {
    const std::scoped_lock lock(mutex_);
    if (own_refusals_.contains({sent.request.path, *sent.reply.code})) return LimitLook::none;
  }
  const auto at = note_unexplained(sent);
  const std::scoped_lock looking(limit_look_mutex_);  // one looks, and the others wait for what comes of it
  if (rate_limit_.is_reached(sent, *spec_)) return LimitLook::limits;
  {
    const std::scoped_lock lock(mutex_);
    if (expected_ == 0 || silence_expected_ || !(last_answered_query_ || probe_) || looks_for_limit_ >= most_looks) return LimitLook::none;
  }
  const LimitLook found = ask_about_limit(sent, at);
  const std::scoped_lock lock(mutex_);
  if (found == LimitLook::limits) looks_for_limit_ = 0;
  if (found == LimitLook::none) ++looks_for_limit_;
  return found;
}

TargetSession::LimitLook TargetSession::ask_about_limit(const Sent& sent, std::chrono::steady_clock::time_point at) {
  if (code_of_query() != sent.reply.code) {  // it is answered where the second is over, too
    // What the others were refused together with it may still be on its way to them.
    if (environment_.workers > 1 && !are_refused_together(sent, at)) environment_.sleep(std::chrono::seconds(1));
    return are_refused_together(sent, at) ? LimitLook::may_limit : LimitLook::none;
  }
  environment_.sleep(std::chrono::seconds(1));
  const auto later = code_of_query();
  if (!later) return LimitLook::none;
  if (later != sent.reply.code) return LimitLook::limits;
  return are_refused_together(sent, at) ? LimitLook::limits : LimitLook::none;
}

std::optional<core::Code> TargetSession::code_of_query() {
  std::optional<Probe> query;
  {
    const std::scoped_lock lock(mutex_);
    query = last_answered_query_ ? last_answered_query_ : probe_;
  }
  if (!query) return std::nullopt;
  return exchange(signed_request(*query->first, next_timestamp(query->first->path), query->second), true, query->first).reply.code;
}

net::Exchange TargetSession::send_in_turn(const net::HttpRequest& request) {
  const SoleUse::Request turn(sole_use_);
  return environment_.send(request);
}

std::vector<net::Exchange> TargetSession::send_all_in_turn(const std::vector<net::HttpRequest>& requests) {
  const SoleUse::Request turn(sole_use_);
  return environment_.send_concurrently(requests);
}

void TargetSession::use_alone(std::optional<SoleUse::Holder>& holder) {
  constexpr std::int64_t quick_us = 20'000;
  constexpr std::size_t enough = 16;  // timestamps: one that is waited for would be waited for by all
  const bool is_quick = requests_ > 0 && took_us_ / static_cast<std::int64_t>(requests_.load()) < quick_us;
  const bool keeps_pace = std::max(environment_.pause, rate_limit_.pause()).count() > 0;
  if (is_quick && !keeps_pace && timestamps_at_hand() >= enough) holder.emplace(sole_use_);
}

Sent TargetSession::exchange(const net::HttpRequest& request, bool well_signed, const Interface* asked) {
  need_answers(request.path);
  keep_pace(1);
  const std::uint64_t pace = rate_limit_.pace();
  Sent sent = received(request, send_in_turn(request), well_signed, asked);
  sent.pace = pace;
  Suspicion early;
  for (unsigned tries = 1;; ++tries) {
    if (early && well_signed && refused_for_time(sent)) {  // the first of the two was taken: the refusal was its own
      sent = *std::exchange(early, std::nullopt);
      break;
    }
    if (!waited_while_calibrating(sent, tries, early) && (well_signed || !waited_for_limit(sent, tries, nullptr))) break;
    keep_pace(1);
    sent = received(request, send_in_turn(request), well_signed, asked);
  }
  if (sent.exchange.transport == net::TransportResult::unread) {  // no byte of it came to the target, so that it cannot be carried out twice
    keep_pace(1);
    sent = received(request, send_in_turn(request), well_signed, asked);
  }
  exchange_log_.add(sent.request, sent.exchange, well_signed);
  if (well_signed && rate_limit_.is_worth_waiting() && rate_limit_.is_reached(sent, *spec_)) return sent;  // it is sent again
  notice_replacement(sent);
  watch_interface(sent);
  watch_for_silence(sent);
  return sent;
}

namespace {

/// A reply that is none of the interface; one that has a code, though it cannot be read, is the target's own.
bool is_page(const Sent& sent) {
  const bool replied = sent.exchange.transport == net::TransportResult::replied;
  return replied && !sent.reply.code && !sent.reply.names_code && !sent.rejected_by_gateway();
}

/// Nobody is there, or nobody who speaks HTTP, or only something in its place. Whoever hangs up is there, and costs no time.
bool is_silent(const Sent& sent) {
  switch (sent.exchange.transport) {
    case net::TransportResult::unresolved:
    case net::TransportResult::refused:
    case net::TransportResult::timed_out:
    case net::TransportResult::no_tls:
    case net::TransportResult::no_http:
    case net::TransportResult::too_large: return true;
    default: return sent.rejected_by_gateway() || sent.replaced;
  }
}

}  // namespace

/// A refused signature or body says nothing of what is behind.
bool TargetSession::is_answered_at_the_door(const Sent& sent) const {
  return std::any_of(spec_->common.begin(), spec_->common.end(), [&](const core::ResultRow& row) { return sent.answered(row.code); });
}

void TargetSession::watch_for_silence(const Sent& sent) {
  constexpr std::size_t suspicious = 5;
  if (sent.no_reply() && cut_off()) throw Inconclusive{msg<"case.cut-off">()};  // it was not waited for
  {
    const std::scoped_lock lock(mutex_);
    if (is_silent(sent)) ++silent_in_row_;
    else if (!is_answered_at_the_door(sent)) silent_in_row_ = 0;
    if (silent_in_row_ < suspicious || silence_expected_ || asking_ || is_gone()) return;
    asking_ = true;
  }
  const auto end_asking = [&](bool gone) {
    {
      const std::scoped_lock lock(mutex_);
      asking_ = false;
      silent_in_row_ = 0;
      if (gone) gone_after_ = requests_.load();
    }
    asked_.notify_all();
  };
  try {
    const LargeReplies::Awaited awaited(large_replies_);
    const bool gone = answers_nothing() && !cut_off();
    end_asking(gone);
    if (!gone) return;
  } catch (...) {
    end_asking(false);
    throw;
  }
  progress(why_gone());
}

i18n::Message TargetSession::why_gone() const {
  const std::scoped_lock lock(mutex_);
  return unanswered_ ? msg<"check.target-times-out">(unanswered_->timed_out, unanswered_->requests, gone_after_.load())
                     : msg<"check.target-gone">(gone_after_.load());
}

/// An interface may hang where others answer. Each request to it costs a whole timeout: a run of hours says no more than one of minutes.
void TargetSession::watch_interface(const Sent& sent) {
  constexpr unsigned last_ten = 0x3FF;
  constexpr int too_many = 5;
  const bool timed_out = sent.exchange.transport == net::TransportResult::timed_out;
  bool hangs = false;
  {
    const std::scoped_lock lock(mutex_);
    if (silence_expected_ || expected_ == 0) return;
    Answers& answers = answers_[sent.request.path];
    ++answers.requests;
    if (timed_out) ++answers.timed_out;
    answers.waited_in_vain = static_cast<std::uint16_t>(((answers.waited_in_vain * 2U) | (timed_out ? 1U : 0U)) & last_ten);
    hangs = !answers.stopped && std::popcount(answers.waited_in_vain) >= too_many;
    answers.stopped = answers.stopped || hangs;
  }
  if (hangs) progress(msg<"case.interface-hangs">(sent.request.path));
  if (timed_out) watch_share_of_timeouts();
}

/// Timeouts may be spread over the interfaces, so that none of them hangs by itself: the run would take hours all the same, and decide little. What an
/// interface that is asked nothing more has left unanswered says nothing of the others.
void TargetSession::watch_share_of_timeouts() {
  constexpr std::size_t enough = 30, one_in = 20;
  {
    const std::scoped_lock lock(mutex_);
    if (is_gone()) return;
    Answers all;
    for (const auto& [path, one] : answers_) {
      if (one.stopped) continue;
      all.requests += one.requests;
      all.timed_out += one.timed_out;
    }
    if (all.timed_out < enough || all.timed_out * one_in < all.requests) return;
    unanswered_ = all;
    gone_after_ = requests_.load();
  }
  progress(why_gone());
}

void TargetSession::need_answers(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = answers_.find(path);
  if (found != answers_.end() && found->second.stopped && !silence_expected_) throw Inconclusive{msg<"case.interface-hangs">(path)};
}

/// One that was used already would be refused at the door, perhaps in words that are none of the specification's. While little is known of the target's
/// window, the next second may have to come first.
std::optional<TimestampPool::Slot> TargetSession::unused_slot(const std::string& path) {
  constexpr int tries = 7;
  constexpr std::chrono::milliseconds pause(200);
  for (int tried = 1;; ++tried) {
    const DateTime at = now();
    {
      const std::scoped_lock lock(mutex_);
      if (const auto slot = timestamps_.take_for(first_app_, at, path)) {
        timestamps_.exclude(slot->timestamp);
        return *slot;
      }
    }
    if (tried == tries || cut_off()) return std::nullopt;
    environment_.sleep(pause);
  }
}

/// Two queries, the second one that was answered before: some targets fall silent where they should refuse, and are there nevertheless.
bool TargetSession::answers_nothing() {
  std::vector<Probe> queries;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto* query : {&probe_, last_answered_query_ ? &last_answered_query_ : &probe_})
      if (*query) queries.push_back(**query);
  }
  for (const auto& [interface, body] : queries) {
    const auto slot = unused_slot(interface->path);
    if (!slot) return false;
    const net::HttpRequest request = signed_request(*interface, *slot, body);
    const Sent answer = received(request, send_in_turn(request));
    if (cut_off() || !(is_silent(answer) || is_page(answer))) return false;
  }
  return !queries.empty();
}

void TargetSession::expect_silence(bool expected) {
  const std::scoped_lock lock(mutex_);
  silence_expected_ = expected;
  silent_in_row_ = 0;
}

void TargetSession::notice_replacement(Sent& sent) {
  if (!is_page(sent)) return;
  std::optional<Probe> probe;
  {
    const std::scoped_lock lock(mutex_);
    if (!probe_answer_ || silence_expected_) return;  // the target is not known yet, or broken on purpose
    if (seen_there_ && clock() - *seen_there_ < std::chrono::seconds(1)) return;
    probe = probe_;
  }
  const auto slot = unused_slot(probe->first->path);
  if (!slot || cut_off()) return;
  const net::HttpRequest look = probe_request(*probe, *slot);
  if (const Sent seen = received(look, send_in_turn(look)); !is_page(seen)) {
    const std::scoped_lock lock(mutex_);
    if (seen.reply.code) seen_there_ = clock();
    return;
  }
  sent.replaced = true;
  const auto foreign = reports::describe_foreign(sent.exchange, spec_->envelope.code);
  const std::scoped_lock lock(mutex_);
  if (replaced_replies_++ == 0) replaced_by_ = foreign ? foreign->what : sent.reply.problem;
}

std::vector<i18n::Message> TargetSession::notes() const {
  const std::scoped_lock lock(mutex_);
  std::vector<i18n::Message> out = notes_;
  if (replaced_replies_ > 0) out.push_back(msg<"check.replaced-replies">(replaced_replies_, replaced_by_));
  if (lost_replies_ > 0) out.push_back(msg<"check.lost-replies">(lost_replies_.load()));
  if (i18n::Message limit = rate_limit_.note(); !limit.empty()) out.push_back(std::move(limit));
  return out;
}

net::HttpRequest TargetSession::signed_request(const Interface& interface, const TimestampPool::Slot& slot, const std::string& body) const {
  return {spec_->method, interface.path, signer_.headers(apps_[slot.app], slot.timestamp.compact()), body};
}

bool TargetSession::refused_for(SignatureError fault, const Sent& sent) const {
  const core::ResultRow* row = spec_->answering(fault);
  return row != nullptr && sent.answered(row->code);
}

Sent TargetSession::send(const Interface& interface, const std::string& body) {
  bool repeats = changed_tables(interface).empty();
  unsigned limited = 0;
  Suspicion suspicion;
  // A run before this one may have used the same seconds: each costs one request to find out.
  for (std::size_t tries = 1;; ++tries) {
    const TimestampPool::Slot slot = next_timestamp(interface.path);
    Sent sent = exchange(signed_request(interface, slot, body), true, &interface);
    if (sent.is_lost()) {
      ++lost_replies_;
      if (std::exchange(repeats, false)) continue;
    }
    if (refuses_app(sent) && is_revoked(slot.app)) continue;
    if (waited_for_limit(sent, limited + 1, &suspicion)) {
      ++limited;  // only these: a search for free seconds is no sign of a limit that nothing helps against
      continue;
    }
    {
      const std::scoped_lock lock(mutex_);
      if (!is_silent(sent) && !is_answered_at_the_door(sent) && changed_tables(interface).empty()) last_answered_query_ = {&interface, body};
      if (sent.answered(spec_->success)) note_signature(interface, slot, sent);
      if (!refused_for_time(sent)) refused_for_time_in_row_ = 0;
      if (tries >= timestamps_.capacity() + 2 || !refused_for_time(sent)) {
        ++well_signed_;
        return sent;
      }
      if (++refused_for_time_in_row_ < too_many_refusals_ && timestamps_.replay_scope() != ReplayScope::never) continue;
      refused_for_time_in_row_ = 0;
    }
    // So many in a row are a run before this one, or a clock that was set.
    const unsigned before = clock_generation();
    verify_clock();
    const bool is_kept = replay_scope() == ReplayScope::never && clock_generation() == before && is_used_up(slot);
    const std::scoped_lock lock(mutex_);
    if (clock_generation() != before) continue;
    constexpr std::size_t growth = 4;  // it was the run before: the next look is further off
    too_many_refusals_ *= growth;
    if (is_kept) {  // after all, where the request before succeeded
      timestamps_.set_repeats(ReplayScope::by_app);
      calibration_["repeated-timestamps"] = msg<"calibration.repeats-refused-after-success">();
      observations_["refused-timestamp"].insert("kept");
    }
  }
}

/// Whether the calibration's request is refused at that timestamp, too: a target may have reasons of its own for what it cannot read.
bool TargetSession::is_used_up(const TimestampPool::Slot& slot) {
  const std::scoped_lock lock(clock_mutex_);
  return !probe_ || refused_for_time(exchange(probe_request(*probe_, slot)));
}

std::vector<Sent> TargetSession::send_concurrently(const std::vector<std::pair<const Interface*, std::string>>& requests) {
  std::vector<net::HttpRequest> all;
  std::vector<std::size_t> apps;
  all.reserve(requests.size());
  apps.reserve(requests.size());
  for (const auto& [interface, body] : requests) {
    const TimestampPool::Slot slot = next_timestamp(interface->path);
    all.push_back(signed_request(*interface, slot, body));
    apps.push_back(slot.app);
    need_answers(interface->path);
  }
  keep_pace(all.size());
  std::vector<net::Exchange> exchanges = send_all_in_turn(all);
  std::vector<Sent> out;
  for (std::size_t i = 0; i < all.size(); ++i) out.push_back(received_of_several(all[i], std::move(exchanges[i]), true, requests[i].first));
  for (const Sent& one : out) exchange_log_.add(one.request, one.exchange, true);
  for (Sent& one : out) notice_replacement(one);
  for (const Sent& one : out) watch_interface(one);
  for (const Sent& one : out) watch_for_silence(one);
  // A request that was refused because somebody else had used its second, because its appId was revoked, or because there were too many, is sent again; and
  // one of which no byte was read, because its connection had been closed.
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool unread = out[i].exchange.transport == net::TransportResult::unread;
    const bool limited = rate_limit_.is_worth_waiting() && rate_limit_.is_reached(out[i], *spec_);
    if (unread || limited || refused_for_time(out[i]) || (refuses_app(out[i]) && is_revoked(apps[i]))) out[i] = send(*requests[i].first, requests[i].second);
  }
  return out;
}

std::vector<Sent> TargetSession::send_copies(const Sent& before, std::size_t copies) {
  const std::vector<net::HttpRequest> all(copies, before.request);
  std::vector<Sent> out;
  need_answers(before.request.path);
  keep_pace(copies);
  for (net::Exchange& one : send_all_in_turn(all)) {
    out.push_back(received_of_several(before.request, std::move(one), false, before.asked));
    exchange_log_.add(out.back().request, out.back().exchange, false);
    notice_replacement(out.back());
  }
  for (Sent& one : out)
    if (one.exchange.transport == net::TransportResult::unread) one = exchange(before.request, false, before.asked);
  return out;
}

std::vector<Sent> TargetSession::send_raw(const net::RawExchange& raw_exchange, const std::vector<net::HttpRequest>& requests) {
  std::vector<Sent> out;
  if (!requests.empty()) need_answers(requests.back().path);
  keep_pace(requests.size());
  std::vector<net::Exchange> exchanges = environment_.send_raw(raw_exchange);
  exchanges.resize(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) out.push_back(received_of_several(requests[i], std::move(exchanges[i])));
  for (Sent& one : out) notice_replacement(one);
  if (!out.empty()) watch_interface(out.back());
  return out;
}

Sent TargetSession::send_with(const Interface& interface, const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body) {
  return exchange({spec_->method, interface.path, headers, body}, false, &interface);
}

Sent TargetSession::send_again(const Sent& before) { return exchange(before.request, false, before.asked); }

}  // namespace meterproof::conformance
