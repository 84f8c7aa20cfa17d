// SPDX-License-Identifier: Apache-2.0
#include "caller/caller.hpp"

#include <algorithm>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/rules/valid_request.hpp"
#include "core/text/text.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::caller {

using core::DateTime;
using core::Interface;
using mockserver::OutgoingCall;
using store::CellValue;

namespace {

constexpr auto pause = std::chrono::milliseconds(10);  // between two looks whether there is something to do

std::string padded(std::uint64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(text.size() < digits ? digits - text.size() : 0, '0') + text;
}

/// Keys that no step names, and numbers that no other call has.
class CustomerKeys final : public rules::KeyProvider {
 public:
  CustomerKeys(std::string own, const DueStep& due) : own_(std::move(own)), due_(due) {}
  std::string key(const core::Field&, bool) override { return own_; }
  std::uint64_t number(unsigned nth) override {
    constexpr std::uint64_t steps = 100, times = 1000, numbers = 10;
    return ((due_.customer * steps + due_.step) * times + due_.nth) * numbers + nth;
  }

 private:
  std::string own_;
  const DueStep& due_;
};

std::string time_in(const core::Field& field, DateTime at) { return field.format == core::Format::date ? at.date_string() : at.to_string(); }

}  // namespace

Caller::Caller(const core::Spec& spec, mockserver::MockState& state, CallerOptions options)
    : spec_(spec),
      state_(state),
      options_(std::move(options)),
      signer_(spec.authentication),
      life_(spec, state.options().meters, state.interpretations(), true),
      client_(options_.address, options_.timeout, [this] { return stopped_.load(); }),
      used_(options_.apps.size()),
      judge_(spec, options_.own == core::Role::platform ? core::Role::billing : core::Role::platform, options_.address.to_string()),
      started_(state.local_time(std::chrono::system_clock::now()).to_string()) {}

std::string Caller::filled(const std::string& pattern, const DueStep& due) const {
  std::string out = pattern;
  const auto put = [&](std::string_view name, const std::string& value) {
    for (std::size_t at = out.find(name); at != std::string::npos; at = out.find(name, at + value.size())) out.replace(at, name.size(), value);
  };
  constexpr std::int64_t minute = 60, runs = 1'000'000;
  put("{run}", padded(static_cast<std::uint64_t>(run_ / minute % runs), 6));
  put("{customer}", padded(due.customer, 3));
  put("{nth}", padded(due.nth, 3));
  put("{days}", std::to_string((due.at - began_).count() / (std::int64_t{24} * 3600)));
  return core::expand_relative_date(out, due.at);
}

void Caller::start() {
  thread_ = std::thread([this] { run(); });
}

void Caller::stop() {
  {
    const std::lock_guard lock(stop_mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Caller::run() {
  while (!stopped_) {
    if (const auto call = next()) {
      make(*call);
      continue;
    }
    std::unique_lock lock(stop_mutex_);
    stopping_.wait_for(lock, pause, [this] { return stopped_.load(); });
  }
}

void Caller::keep_rate() {
  if (!options_.most_per_second) return;
  std::unique_lock lock(stop_mutex_);
  stopping_.wait_until(lock, not_before_, [this] { return stopped_.load(); });
  constexpr double longest = 86'400;  // seconds between two calls
  const std::chrono::duration<double> between(std::min(1 / *options_.most_per_second, longest));
  not_before_ = std::max(not_before_, std::chrono::steady_clock::now()) + std::chrono::duration_cast<std::chrono::steady_clock::duration>(between);
}

std::optional<OutgoingCall> Caller::next() {
  mockserver::World& world = state_.first_world();
  const DateTime wall = state_.local_time(std::chrono::system_clock::now());
  const std::lock_guard lock(world.mutex);
  mockserver::Calendar& calendar = world.calendar;
  if (!calendar.outgoing.empty()) return calendar.outgoing.front();
  if (!calendar.is_own()) {
    queue_.reset();
    return std::nullopt;
  }
  // Another beginning, or an earlier time, is another plan's: the world has got other contents.
  if (!queue_ || calendar.began() != began_ || calendar.run() != run_ || calendar.now() < seen_) {
    began_ = calendar.began();
    run_ = calendar.run();
    queue_.emplace(options_.plan, options_.customers, began_, calendar.now());
  }
  calendar.hold = queue_->next();
  const DateTime now = life_.catch_up(calendar, world.store, wall, mockserver::MeterLife::most_by_request);
  seen_ = now;
  while (calendar.outgoing.empty()) {
    const auto due = queue_->take(now);
    calendar.hold = queue_->next();
    if (!due) return std::nullopt;
    auto call = planned(*due, world.store);
    if (!call) continue;
    calendar.hold = now;  // until it is answered
    calendar.call(std::move(*call));
    if (options_.plan.steps[due->step].compares) compares_number_ = calendar.outgoing.front().number;
  }
  return calendar.outgoing.front();
}

std::optional<OutgoingCall> Caller::planned(const DueStep& due, store::DataStore& store) {
  const core::CallStep& step = options_.plan.steps[due.step];
  if (step.own) {
    change_own(*step.own, due, store);
    return std::nullopt;
  }
  const Interface& interface = spec_.interfaces[*step.interface];
  CustomerKeys keys(filled("C{run}{customer}", due), due);
  core::RequestBuilder request = rules::make_valid_request(interface, interface.variants[step.variant], keys, 1, due.at);
  for (const auto& [field, pattern] : step.with) {
    const core::Field& about = interface.request[field];
    request.raw[field] = core::raw_value(about, pattern == "now" ? time_in(about, due.at) : filled(pattern, due));
  }
  return OutgoingCall{*step.interface, std::nullopt, due.at, request.body()};
}

void Caller::change_own(const core::OwnChange& change, const DueStep& due, store::DataStore& store) const {
  const std::string key = filled(change.key, due);
  const auto row = store.tables()[change.table].find(key);
  if (!row) return;  // the call that was to make it was refused
  for (const auto& [column, pattern] : change.set) {
    const std::string text = pattern == "now" ? due.at.to_string() : filled(pattern, due);
    store.set_cell(change.table, *row, column, CellValue::of(std::string_view(text)));
  }
  for (const auto& [column, number] : change.add) {
    const CellValue cell = store.tables()[change.table].cell(*row, column);
    const auto sum = core::Decimal::add(cell.number, core::Decimal::parse(number).value_or(core::Decimal()));
    if (sum) store.set_cell(change.table, *row, column, CellValue::of(*sum));
  }
}

std::optional<std::pair<std::size_t, DateTime>> Caller::take_timestamp() {
  // Not to the edge: the call takes its time, and clocks differ.
  const auto window = std::max(std::chrono::seconds(1), spec_.authentication.tolerance - std::chrono::seconds(30));
  while (!stopped_) {
    const DateTime now = core::local_time(std::chrono::system_clock::now(), spec_.authentication.utc_offset);
    for (std::size_t app = 0; app < used_.size(); ++app) {
      used_[app].erase(used_[app].begin(), used_[app].lower_bound((now + -window).seconds));
      for (std::int64_t second = now.seconds; second > now.seconds - window.count(); --second)
        if (used_[app].insert(second).second) return std::pair(app, DateTime{second});
    }
    if (options_.tell && !std::exchange(told_wait_, true)) options_.tell(i18n::msg<"cli.call-waits">(options_.apps.size()));
    std::unique_lock lock(stop_mutex_);
    stopping_.wait_for(lock, std::chrono::milliseconds(100), [this] { return stopped_.load(); });
  }
  return std::nullopt;
}

net::HttpRequest Caller::signed_request(const Interface& interface, const std::string& body) {
  net::HttpRequest out{spec_.method, interface.path, {}, body};
  if (const auto taken = take_timestamp()) out.headers = signer_.headers(options_.apps[taken->first], taken->second.compact());
  return out;
}

bool Caller::is_wanted(const OutgoingCall& call) const {
  mockserver::World& world = state_.first_world();
  const std::lock_guard lock(world.mutex);
  const auto& outgoing = world.calendar.outgoing;
  return !outgoing.empty() && outgoing.front().number == call.number;
}

void Caller::make(const OutgoingCall& call) {
  constexpr int most_tries = 3, most_seconds = 100;
  MadeCall made{&spec_.interfaces[call.interface], {}, {}, false, {}};
  const core::ResultRow* const repeated = spec_.answering(core::SignatureError::timestamp_repeated);
  conformance::Reply reply;
  // A second that somebody else has signed with this appId says nothing of the call.
  for (int tries = 0, seconds = 0; tries < most_tries && seconds < most_seconds && !stopped_;) {
    keep_rate();
    if (!is_wanted(call)) return;
    made.request = signed_request(*made.interface, call.body);
    if (stopped_) return;
    made.exchange = client_.exchange(made.request);
    if (made.exchange.transport != net::TransportResult::replied) {
      if (options_.tell && !stopped_ && !std::exchange(told_silence_, true))
        options_.tell(i18n::msg<"cli.call-unanswered">(options_.address.to_string(), reports::to_message(made.exchange.transport, made.exchange.detail)));
      made.is_doubtful = true;
      ++tries;
      continue;
    }
    reply = conformance::read_reply(made.exchange, spec_);
    if (repeated == nullptr || reply.code != repeated->code) break;
    ++seconds;
  }
  const bool replied = made.exchange.transport == net::TransportResult::replied;
  if (stopped_ && !replied) return;
  made.differences = settle(call, reply, replied && reply.problem.empty() && reply.code == spec_.success);
  if (made.is_doubtful && (!replied || reply.code != spec_.success)) doubtful_ = true;
  const std::lock_guard lock(judge_mutex_);
  judge_.note(made, reply);
}

std::optional<std::vector<i18n::Message>> Caller::settle(const OutgoingCall& call, const conformance::Reply& reply, bool accepted) {
  const Interface& interface = spec_.interfaces[call.interface];
  std::optional<std::vector<i18n::Message>> out;
  {
    mockserver::World& world = state_.first_world();
    const std::lock_guard lock(world.mutex);
    auto& outgoing = world.calendar.outgoing;
    // The world may have got other rows meanwhile: then the answer is not for them.
    if (outgoing.empty() || outgoing.front().number != call.number) return out;
    outgoing.pop_front();
    if (world.calendar.is_own() && queue_) world.calendar.hold = queue_->next();
    if (!accepted) return out;
    if (call.meter) {
      obey(call, reply, world.store);
    } else if (options_.own == core::Role::billing && parser_.parse(call.body)) {
      // Our own rows keep what was called, and say what its answer must show.
      core::Request request;
      json::map_to_fields(parser_.members(), interface, request);
      store::ResultSet implied;
      world.store.apply(request, call.at, state_.interpretations(), implied);
      if (compares_number_ == call.number && !doubtful_) out = conformance::differences(interface, reply.rows(spec_.envelope), implied);
    }
  }
  state_.keep_first_world(std::chrono::system_clock::now());
  return out;
}

void Caller::obey(const OutgoingCall& call, const conformance::Reply& reply, store::DataStore& store) const {
  const auto& life = state_.options().meters;
  const auto rows = reply.rows(spec_.envelope);
  if (!life || rows.empty() || *call.meter >= store.tables()[life->table].size()) return;
  const Interface& interface = spec_.interfaces[call.interface];
  for (const core::AnsweredColumn& one : life->answered) {
    const json::Json* const value = rows.front()->get(interface.reply[one.field].name);
    if (value == nullptr || (value->kind != json::Json::Kind::text && value->kind != json::Json::Kind::number)) continue;
    const auto other = std::find_if(one.to.begin(), one.to.end(), [&](const auto& pair) { return pair.first == value->text; });
    const std::string_view text = other == one.to.end() ? std::string_view(value->text) : std::string_view(other->second);
    store.set_cell(life->table, *call.meter, one.column, CellValue::of(text));
  }
}

reports::CheckRecord Caller::record() const {
  std::vector<auth::App> apps = options_.apps;
  apps.insert(apps.end(), state_.options().apps.begin(), state_.options().apps.end());
  const std::lock_guard lock(judge_mutex_);
  reports::CheckRecord out = judge_.record(apps);
  out.started = started_;
  return out;
}

}  // namespace meterproof::caller
