// SPDX-License-Identifier: Apache-2.0
#include "mockserver/meter_life.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/text/json_text.hpp"

namespace meterproof::mockserver {

using core::DateTime;
using core::Decimal;
using core::FieldBehaviour;
using core::Interface;
using core::MeterBehaviour;
using core::Value;
using store::CellValue;
using store::RowNumber;
using Kind = FieldBehaviour::Kind;

namespace {

/// The next number of a sequence that `state` names: splitmix64 (https://prng.di.unimi.it/splitmix64.c, public domain).
std::uint64_t mixed(std::uint64_t state) {
  state += 0x9e3779b97f4a7c15U;
  state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
  state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
  return state ^ (state >> 31U);
}

/// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t out = 0xcbf29ce484222325U;
  for (const char c : text) out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return out;
}

/// At least 0 and below 1.
double share(std::uint64_t chance) { return static_cast<double>(chance >> 11U) * 0x1.0p-53; }

double as_double(Decimal number) { return static_cast<double>(number.units()) / std::pow(10.0, number.scale()); }

/// Rounded; the amounts of a meter are far from the largest that fit.
Decimal with_places(double number, int scale) {
  constexpr double largest = 1e15;
  return {static_cast<std::int64_t>(std::llround(std::clamp(number * std::pow(10.0, scale), -largest, largest))), scale};
}

std::int64_t floor_divided(std::int64_t number, std::int64_t by) { return number / by - (number % by < 0 ? 1 : 0); }

bool has_values(const store::Table& table, RowNumber row, const std::vector<std::pair<std::size_t, std::string>>& wanted) {
  std::string buffer;
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) { return table.cell(row, one.first).as_text(buffer) == one.second; });
}

/// The request's fields as a JSON object that is read back to the same values.
std::string body_of(const core::Request& request) {
  std::string out = "{";
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    const Value& value = request[i];
    if (value.kind != Value::Kind::number && value.kind != Value::Kind::text && value.kind != Value::Kind::boolean) continue;
    if (out.size() > 1) out += ',';
    core::append_quoted(out, request.interface->request[i].name);
    out += ':';
    if (value.kind == Value::Kind::text) core::append_quoted(out, value.text);
    else out += value.text;
  }
  return out + '}';
}

}  // namespace

DateTime MeterLife::catch_up(Calendar& calendar, store::DataStore& store, DateTime wall, std::size_t most) {
  const DateTime target = calendar.hold ? std::max(calendar.now(), std::min(calendar.target(wall), *calendar.hold)) : calendar.target(wall);
  std::size_t work = 0;
  while (calendar.now() < target && calendar.outgoing.empty()) {
    const auto contacts = next_contacts(calendar, store);
    DateTime next = contacts ? contacts->at : target;
    if (const auto due = calendar.next_due(); due && *due < next) next = std::max(*due, calendar.now());
    if (next > target || (!contacts && !calendar.next_due())) {
      calendar.reach(target);
      break;
    }
    if (work >= most) break;
    while (const auto due = calendar.take_due(next)) {
      finish(store, *due, next, due->meter ? Outcome::expired : Outcome::arrived);
      ++work;
    }
    if (contacts && contacts->at == next) {
      std::size_t at = contacts->first + calendar.contacts_of_second;
      for (; at < contacts->end && work < most; ++at, ++work) contact(calendar, store, (*calendar.schedule)[at].second, next, contacts->period);
      if (at < contacts->end) {  // the rest of this second another time
        calendar.contacts_of_second = at - contacts->first;
        break;
      }
    }
    calendar.reach(next);
  }
  return calendar.now();
}

std::optional<MeterLife::NextContacts> MeterLife::next_contacts(Calendar& calendar, const store::DataStore& store) const {
  if (!*behaviour_) return std::nullopt;
  const MeterBehaviour& life = **behaviour_;
  const store::Table& meters = store.tables()[life.table];
  const Calendar::ScheduledFor wanted{meters.size(), life.table, life.within.count(), life.seed};
  if (calendar.schedule == nullptr || calendar.scheduled_for != wanted) {
    auto schedule = std::make_shared<Calendar::Schedule>();
    schedule->reserve(meters.size());
    const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(1, life.within.count()));
    for (RowNumber row = 0; row < meters.size(); ++row)
      schedule->emplace_back(static_cast<std::uint32_t>(mixed(hash_of(meters.cell(row, meters.table().key).text) ^ life.seed) % seconds), row);
    std::sort(schedule->begin(), schedule->end());
    calendar.scheduled_for = wanted;
    calendar.schedule = std::move(schedule);
  }
  const Calendar::Schedule& schedule = *calendar.schedule;
  if (schedule.empty()) return std::nullopt;
  const std::int64_t every = life.every.count(), first = life.at.count();
  std::int64_t period = floor_divided(calendar.now().seconds - first, every);
  const std::int64_t passed = calendar.now().seconds - first - period * every;
  auto next =
      std::upper_bound(schedule.begin(), schedule.end(), passed, [](std::int64_t seconds, const auto& one) { return seconds < std::int64_t{one.first}; });
  if (next == schedule.end()) {
    ++period;
    next = schedule.begin();
  }
  const auto end = std::find_if(next, schedule.end(), [&](const auto& one) { return one.first != next->first; });
  return NextContacts{{first + period * every + std::int64_t{next->first}},
                      static_cast<std::size_t>(next - schedule.begin()),
                      static_cast<std::size_t>(end - schedule.begin()),
                      period};
}

bool MeterLife::is_reachable(const store::Table& meters, RowNumber row, std::uint64_t chance) const {
  const MeterBehaviour& life = **behaviour_;
  return has_values(meters, row, life.where) && share(mixed(chance)) >= life.out_of_reach;
}

void MeterLife::contact(Calendar& calendar, store::DataStore& store, RowNumber row, DateTime at, std::int64_t period) {
  const MeterBehaviour& life = **behaviour_;
  const store::Table& meters = store.tables()[life.table];
  const std::uint64_t chance = mixed(hash_of(meters.cell(row, meters.table().key).text) + mixed(static_cast<std::uint64_t>(period) ^ (life.seed << 32U)));
  if (!is_reachable(meters, row, chance)) return;
  calendar.count_contact();
  fill(meters, row, at, calendar.lives_since(), chance);
  if (calls_ && !life.reported.empty() && has_values(meters, row, life.reported)) report(calendar, store, row, at);
  else store.apply(request_, at, *interpretations_, result_set_);
  while (const auto waiting = calendar.take_for(row)) finish(store, *waiting, at, Outcome::arrived);
}

/// What the meter reads is known here as well; what becomes of it the answer will tell.
void MeterLife::report(Calendar& calendar, store::DataStore& store, RowNumber row, DateTime at) const {
  const MeterBehaviour& life = **behaviour_;
  const Interface& interface = spec_->interfaces[life.interface];
  calendar.call({life.interface, row, at, body_of(request_)});
  for (std::size_t i = 0; i < request_.values.size(); ++i) {
    const Value& value = request_[i];
    const auto column = store.tables()[life.table].table().column(interface.request[i].name);
    if (!column || i == life.meter || value.empty()) continue;
    store.set_cell(life.table, row, *column, value.number ? CellValue::of(*value.number) : CellValue::of(value.text));
  }
}

void MeterLife::fill(const store::Table& meters, RowNumber row, DateTime at, DateTime began, std::uint64_t chance) {
  const MeterBehaviour& life = **behaviour_;
  const Interface& interface = spec_->interfaces[life.interface];
  request_.interface = &interface;
  request_.values.assign(interface.request.size(), {});
  texts_.resize(std::max(texts_.size(), interface.request.size()));
  // What a meter used before its time began nobody knows: its first contact may be long after its last reading.
  // Of one that never made contact nobody knows since when it is there.
  std::optional<DateTime> last;
  for (std::size_t i = 0; i < life.fields.size(); ++i)
    if (life.fields[i].kind == Kind::now)
      if (const auto column = meters.table().column(interface.request[i].name)) last = DateTime::parse(meters.cell(row, *column).text);
  const DateTime since = std::max(began, last.value_or(at + -life.every));
  const double days = static_cast<double>(std::max<std::int64_t>(0, (at - since).count())) / (24 * 3600);
  const auto put_number = [&](std::size_t field, Decimal number) {
    texts_[field].clear();
    number.append_to(texts_[field]);
    request_.values[field] = {Value::Kind::number, texts_[field], number};
  };
  const auto put_text = [&](std::size_t field, std::string text) {
    texts_[field] = std::move(text);
    const auto number = interface.request[field].type == core::Type::text ? std::nullopt : Decimal::parse(texts_[field]);
    request_.values[field] = {number ? Value::Kind::number : Value::Kind::text, texts_[field], number};
  };
  std::string buffer;
  for (std::size_t i = 0; i < life.fields.size(); ++i) {
    const FieldBehaviour& field = life.fields[i];
    const double low = as_double(field.low), high = as_double(field.high), part = low + (high - low) * share(mixed(chance + i));
    const CellValue cell = field.kind == Kind::kept || field.kind == Kind::grows || field.kind == Kind::falls ? meters.cell(row, field.column) : CellValue();
    switch (field.kind) {
      case Kind::absent: break;
      case Kind::kept:
        if (cell.kind == CellValue::Kind::number) put_number(i, cell.number);
        else if (cell.kind == CellValue::Kind::text) put_text(i, std::string(cell.text));
        break;
      case Kind::constant: put_text(i, field.text); break;
      case Kind::now: put_text(i, interface.request[i].format == core::Format::date ? at.date_string() : at.to_string()); break;
      case Kind::grows:
      case Kind::falls: {
        const Decimal before = cell.kind == CellValue::Kind::number ? cell.number : field.from;
        const bool stands = field.unless && meters.cell(row, field.unless->first).as_text(buffer) == field.unless->second;
        const Decimal step = stands ? Decimal(0, field.scale) : with_places(part * days, field.scale);
        put_number(i, (field.kind == Kind::grows ? Decimal::add(before, step) : Decimal::subtract(before, step)).value_or(before));
        break;
      }
      case Kind::between: put_number(i, with_places(part, field.scale)); break;
      case Kind::growth_of: {
        const CellValue before = meters.cell(row, life.fields[field.of].column);
        const auto grown = Decimal::subtract(request_[field.of].number.value_or(Decimal()), before.kind == CellValue::Kind::number ? before.number : Decimal());
        put_number(i, grown.value_or(Decimal()));
        break;
      }
      case Kind::below: put_text(i, request_[field.of].number.value_or(field.low) < field.low ? field.text : field.otherwise); break;
    }
  }
}

bool MeterLife::delay(Calendar& calendar, store::DataStore& store, const core::Request& request, DateTime now, store::ResultSet& result_set) {
  const Interface& interface = *request.interface;
  const auto known = std::find_if(spec_->interfaces.begin(), spec_->interfaces.end(), [&](const Interface& one) { return &one == &interface; });
  if (!interface.delay || known == spec_->interfaces.end()) return false;  // a mutant's
  const core::Delay& delay = *interface.delay;
  WaitingRequest waiting{interface.name, std::nullopt, now, body_of(request)};
  if (delay.existing) {
    const core::Field& field = interface.request[*delay.existing];
    if (!store.exists(field.names ? *field.names : field.refers.value_or(0), request[*delay.existing].text)) return false;
  }
  if (delay.until) {
    const Value& until = request[*delay.until];
    const auto time = interface.request[*delay.until].format == core::Format::date ? DateTime::parse_date(until.text) : DateTime::parse(until.text);
    if (!time || *time <= now) return false;
    waiting.due = *time;
  } else if (!*behaviour_) {
    return false;
  }
  if (!calendar.has_room_for(waiting)) {
    result_set.failure = {{"等待执行的请求过多", "too many requests wait for their meters"}, false};
    return true;
  }
  const auto found = store.apply(delay.meanwhile, request, now, *interpretations_, result_set);
  if (!result_set.failure.why.en.empty()) return true;
  if (!delay.until) {
    if (!found) {  // no contact will ever take it
      store::ResultSet nothing;
      store.apply(delay.expired, request, now, *interpretations_, nothing);
      return true;
    }
    waiting.meter = *found;
    waiting.due = now + (*behaviour_)->expires;
  }
  calendar.add(std::move(waiting));
  return true;
}

void MeterLife::end_waiting(Calendar& calendar, store::DataStore& store, DateTime now) {
  while (const auto waiting = calendar.take_any()) finish(store, *waiting, now, Outcome::arrived);
}

void MeterLife::finish(store::DataStore& store, const WaitingRequest& waiting, DateTime now, Outcome outcome) {
  const Interface* const interface = spec_->interface(waiting.interface);
  if (interface == nullptr || !interface->delay || !parser_.parse(waiting.body)) return;
  request_.interface = interface;
  json::map_to_fields(parser_.members(), *interface, request_);
  if (outcome == Outcome::arrived) store.apply(interface->delay->then, request_, now, *interpretations_, result_set_);
  // What cannot be carried out, as a sum of too many digits, has failed as well.
  if (outcome == Outcome::expired || !result_set_.failure.why.en.empty()) store.apply(interface->delay->expired, request_, now, *interpretations_, result_set_);
}

}  // namespace meterproof::mockserver
