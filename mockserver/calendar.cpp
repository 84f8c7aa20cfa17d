// SPDX-License-Identifier: Apache-2.0
#include "mockserver/calendar.hpp"

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

namespace meterproof::mockserver {

using core::DateTime;
using nlohmann::json;

namespace {

constexpr DateTime latest{253'402'300'799};  // 9999-12-31 23:59:59: the last one that has four digits of a year

std::size_t bytes_of(const WaitingRequest& request) {
  constexpr std::size_t overhead = 300;  // of the three trees' nodes
  return request.body.size() + overhead;
}

json to_json(DateTime time) { return time.seconds; }

DateTime time_of(const json& body, const char* member) { return {body.value(member, std::int64_t{0})}; }

}  // namespace

DateTime Calendar::target(DateTime wall) const {
  const double passed = static_cast<double>(std::max<std::int64_t>(0, (wall - wall_).count())) * rate_;
  if (passed >= static_cast<double>(latest.seconds - business_.seconds)) return latest;
  return std::max(reached_, DateTime{business_.seconds + static_cast<std::int64_t>(passed)});
}

void Calendar::begin(DateTime business, DateTime wall) {
  own_ = true;
  business_ = began_ = reached_ = lives_since_ = business;
  wall_ = wall;
  run_ = wall.seconds;
  contacts_of_second = 0;
}

void Calendar::aim(DateTime business, DateTime wall) {
  business_ = std::clamp(business, reached_, latest);
  wall_ = wall;
}

void Calendar::set_rate(double rate, DateTime wall) {
  aim(target(wall), wall);
  rate_ = rate;
}

void Calendar::return_to_wall_clock() {
  own_ = false;
  rate_ = 1;
}

void Calendar::reach(DateTime time) {
  reached_ = std::max(reached_, time);
  contacts_of_second = 0;
}

bool Calendar::has_room_for(const WaitingRequest& request) const { return waiting_bytes_ + bytes_of(request) <= most_waiting_bytes; }

bool Calendar::add(WaitingRequest request) {
  if (!has_room_for(request)) return false;
  const std::uint64_t id = next_id_;
  add_kept(id, std::move(request));
  if (recording_) changed_.insert(id);
  return true;
}

void Calendar::add_kept(std::uint64_t id, WaitingRequest request) {
  next_id_ = std::max(next_id_, id + 1);
  waiting_bytes_ += bytes_of(request);
  by_due_.emplace(request.due, id);
  if (request.meter) by_meter_.emplace(*request.meter, id);
  waiting_.insert_or_assign(id, std::move(request));
}

WaitingRequest Calendar::take(std::uint64_t id) {
  const auto found = waiting_.extract(id);
  WaitingRequest out = std::move(found.mapped());
  waiting_bytes_ -= bytes_of(out);
  by_due_.erase({out.due, id});
  if (out.meter) by_meter_.erase({*out.meter, id});
  if (recording_) changed_.insert(id);
  return out;
}

std::optional<DateTime> Calendar::next_due() const { return by_due_.empty() ? std::nullopt : std::optional(by_due_.begin()->first); }

std::optional<WaitingRequest> Calendar::take_due(DateTime time) {
  if (by_due_.empty() || by_due_.begin()->first > time) return std::nullopt;
  return take(by_due_.begin()->second);
}

std::optional<WaitingRequest> Calendar::take_for(store::RowNumber meter) {
  const auto found = by_meter_.lower_bound({meter, 0});
  if (found == by_meter_.end() || found->first != meter) return std::nullopt;
  return take(found->second);
}

std::optional<WaitingRequest> Calendar::take_any() { return waiting_.empty() ? std::nullopt : std::optional(take(waiting_.begin()->first)); }

void Calendar::forget_rows() {
  while (take_any()) {
  }
  forget_calls();
  schedule.reset();
  contacts_of_second = 0;
  lives_since_ = reached_;
}

void Calendar::call(OutgoingCall call) {
  static std::atomic<std::uint64_t> number = 0;
  call.number = ++number;
  outgoing.push_back(std::move(call));
}

void Calendar::forget_calls() {
  outgoing.clear();
  if (hold) hold = reached_;
}

void Calendar::record_changes(bool recording) {
  recording_ = recording;
  changed_.clear();
}

std::string Calendar::to_text() const {
  if (!own_) return "";
  return json{{"business", to_json(business_)}, {"wall", to_json(wall_)},         {"rate", rate_}, {"began", to_json(began_)},
              {"reached", to_json(reached_)},   {"since", to_json(lives_since_)}, {"run", run_},   {"contacts", contacts_}}
      .dump();
}

bool Calendar::read(const std::string& text) {
  if (text.empty()) return true;
  const json body = json::parse(text, nullptr, false);
  if (!body.is_object()) return false;
  for (const char* member : {"business", "wall", "rate", "began", "reached", "since", "run", "contacts"})
    if (!body.contains(member) || !body[member].is_number()) return false;
  own_ = true;
  business_ = time_of(body, "business");
  wall_ = time_of(body, "wall");
  began_ = time_of(body, "began");
  reached_ = time_of(body, "reached");
  lives_since_ = time_of(body, "since");
  run_ = body.value("run", std::int64_t{0});
  rate_ = std::clamp(body.value("rate", 1.0), 0.0, fastest);
  contacts_ = body.value("contacts", std::uint64_t{0});
  return business_ <= latest && reached_ <= latest;
}

std::string to_text(const WaitingRequest& request) {
  json out = {{"interface", request.interface}, {"due", request.due.seconds}, {"body", request.body}};
  if (request.meter) out["meter"] = *request.meter;
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<WaitingRequest> waiting_request_from(const std::string& text) {
  const json body = json::parse(text, nullptr, false);
  const auto is = [&](const char* member, auto check) { return body.contains(member) && (body[member].*check)(); };
  if (!body.is_object() || !is("interface", &json::is_string) || !is("due", &json::is_number_integer) || !is("body", &json::is_string)) return std::nullopt;
  WaitingRequest out{body["interface"].get<std::string>(), std::nullopt, time_of(body, "due"), body["body"].get<std::string>()};
  if (is("meter", &json::is_number_unsigned)) out.meter = body["meter"].get<store::RowNumber>();
  return out;
}

}  // namespace meterproof::mockserver
