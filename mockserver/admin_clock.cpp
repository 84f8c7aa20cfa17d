// SPDX-License-Identifier: Apache-2.0
// The routes of the admin API about the business time of a world.
#include <nlohmann/json.hpp>
#include <utility>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "mockserver/admin_api.hpp"
#include "mockserver/admin_json.hpp"

namespace meterproof::mockserver {

using core::DateTime;
using i18n::Message;
using i18n::msg;
using nlohmann::json;

namespace {

/// What a body asks for. Nothing of it is there where it only asks what time it is.
struct Move {
  std::optional<std::string> world;
  std::optional<std::chrono::seconds> advance;
  std::optional<DateTime> set;
  std::optional<double> rate;
  bool wall = false;
};

Message read_member(const std::string& key, const json& value, Move& move) {
  if (key == "rate") {
    if (!value.is_number()) return msg<"admin.number">(key);
    move.rate = value.get<double>();
    if (!(*move.rate >= 0 && *move.rate <= Calendar::fastest)) return msg<"admin.clock-rate">(static_cast<std::int64_t>(Calendar::fastest));
    return {};
  }
  if (key == "wall") {
    move.wall = value.is_boolean() && value.get<bool>();
    return move.wall ? Message() : msg<"admin.clock-wall">();
  }
  if (!value.is_string()) return msg<"admin.text">(key);
  const auto text = value.get<std::string>();
  if (key == "world") move.world = text;
  if (key == "advance" && !(move.advance = core::parse_span(text))) return msg<"admin.clock-advance">();
  if (key != "set") return {};
  move.set = DateTime::parse(text);
  constexpr int first = 1900, last = 9000;
  const int year = move.set ? static_cast<int>(move.set->day().year()) : 0;
  return year >= first && year <= last ? Message() : msg<"admin.clock-time">();
}

/// Empty, or what is wrong.
Message read_move(const json& body, Move& move) {
  if (!body.is_object()) return msg<"admin.fault">(R"({"advance": "31d"})");
  const std::vector<std::string> known = {"world", "advance", "set", "rate", "wall"};
  for (const auto& [key, value] : body.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) return msg<"admin.unknown-key">(key, core::suggestion(key, known));
    if (Message wrong = read_member(key, value, move); !wrong.empty()) return wrong;
  }
  if (move.advance && move.set) return msg<"admin.clock-alone">("advance", "set");
  if (move.wall && (move.advance || move.set || move.rate)) return msg<"admin.clock-alone">("wall", move.advance ? "advance" : move.set ? "set" : "rate");
  return {};
}

json shown(const World& world, DateTime wall) {
  const Calendar& calendar = world.calendar;
  json out = {{"world", world.name},           {"wall_time", wall.to_string()},   {"own", calendar.is_own()},
              {"waiting", calendar.waiting()}, {"contacts", calendar.contacts()}, {"outgoing", calendar.outgoing.size()}};
  out["business_time"] = (calendar.is_own() ? calendar.now() : wall).to_string();
  out["target_time"] = (calendar.is_own() ? calendar.target(wall) : wall).to_string();
  out["rate"] = calendar.rate();
  return out;
}

}  // namespace

void AdminApi::catch_up(World& world) {
  const std::lock_guard lock(world.mutex);
  if (world.calendar.is_own()) life_.catch_up(world.calendar, world.store, now_, MeterLife::most_by_request);
}

std::string AdminApi::both_times(DateTime now) const {
  Worlds& worlds = state_->worlds_;
  std::string out = "Mock-Wall-Time: " + now.to_string() + "\r\n";
  const World* const world = !touched_.empty() ? touched_.front() : worlds.size() == 1 ? &worlds.first() : nullptr;
  if (world == nullptr) return out;
  const std::lock_guard lock(world->mutex);
  return out + "Mock-Business-Time: " + (world->calendar.is_own() ? world->calendar.now() : now).to_string() + "\r\n";
}

AdminApi::Answer AdminApi::get_clock(const Call& call) {
  std::optional<Answer> refusal;
  const World* const world = world_named(call.query.world, refusal);
  if (world == nullptr) return *refusal;
  const std::lock_guard lock(world->mutex);
  return ok(shown(*world, call.now));
}

AdminApi::Answer AdminApi::move_clock(const Call& call) {
  json body;
  if (auto mistake = parse(call.body, body)) return *mistake;
  Move move;
  if (const Message wrong = read_move(body, move); !wrong.empty()) return refused(400, wrong);
  std::optional<Answer> refusal;
  World* const world = world_named(move.world, refusal);
  if (world == nullptr) return *refusal;
  const std::lock_guard lock(world->mutex);
  Calendar& calendar = world->calendar;
  if (move.wall) {
    if (calendar.is_own()) {
      calendar.return_to_wall_clock();
      calendar.hold.reset();
      life_.end_waiting(calendar, world->store, call.now);
    }
    return ok(shown(*world, call.now));
  }
  const bool moves = move.advance || move.set || move.rate;
  if (move.set && calendar.is_own() && *move.set < calendar.target(call.now))
    return refused(400, msg<"admin.clock-back">(calendar.target(call.now).to_string()));
  // The first `set` says where business time begins; the other moves begin at the wall clock.
  if (moves && !calendar.is_own()) {
    calendar.begin(move.set.value_or(call.now), call.now);
    if (state_->options_.calls) calendar.hold = calendar.now();  // until whoever calls says what is due
  }
  if (move.rate) calendar.set_rate(*move.rate, call.now);
  if (move.advance) calendar.aim(calendar.target(call.now) + *move.advance, call.now);
  if (move.set) calendar.aim(*move.set, call.now);
  if (calendar.is_own()) life_.catch_up(calendar, world->store, call.now, MeterLife::most_by_admin);
  return ok(shown(*world, call.now));
}

}  // namespace meterproof::mockserver
