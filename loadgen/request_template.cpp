// SPDX-License-Identifier: Apache-2.0
#include "loadgen/request_template.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/decimal/decimal.hpp"
#include "core/i18n/message.hpp"
#include "core/model/request.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::loadgen {

using core::DateTime;
using core::FieldGenerator;
using Kind = FieldGenerator::Kind;

namespace {

constexpr int price_scale = 4;
constexpr std::size_t max_published_keys = 10'000;

std::int64_t in_units(double value, int scale) { return std::llround(value * std::pow(10.0, scale)); }

void append_units(std::string& out, std::int64_t units, int scale) { core::Decimal(units, scale).append_to(out); }

constexpr std::int64_t powers_of_ten[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// Parses a number, rounded to `scale`, in units of 10^-scale. Nothing if it is not a number or absurdly large: replies are not trusted, and
/// products of these must not overflow.
std::optional<std::int64_t> units_of(std::string_view text, int scale) {
  constexpr std::int64_t largest = 1'000'000'000'000;
  const auto number = core::Decimal::parse(text);
  if (!number) return std::nullopt;
  const core::Decimal rounded = number->rounded(scale);
  if (rounded.scale() > scale || std::abs(rounded.units()) > largest) return std::nullopt;
  const int missing = scale - rounded.scale();
  return missing > 9 ? std::nullopt : std::optional(rounded.units() * powers_of_ten[missing]);
}

}  // namespace

RequestTemplate::RequestTemplate(const core::Spec& spec, const core::Workload& workload, const core::WorkloadStep& step, DeviceRange devices, Rng& rng)
    : interface_(&spec.interfaces[step.interface]), envelope_(spec.envelope), devices_(devices) {
  std::string before = "{";
  const auto add = [&](std::size_t i) {
    const FieldGenerator& field = step.fields[i];
    if (field.kind == Kind::absent) return;
    const core::Field& about = interface_->request[i];
    TemplateSegment segment = compile_segment(field, about, workload, rng);
    segment.field = i;
    const bool text = about.type == core::Type::text;
    before += core::quoted(about.name) + (text ? ":\"" : ":");
    if (segment.kind == Kind::constant && segment.current_text.empty()) {  // never changes: becomes constant text
      before += segment.texts.front() + (text ? "\"," : ",");
      constants_.emplace_back(i, segment.texts.front());
      return;
    }
    segment.before = std::move(before);
    before = text ? "\"," : ",";
    segments_.push_back(std::move(segment));
  };
  // A counter is written before the values that are computed from it.
  const auto is_derived = [&](std::size_t i) { return step.fields[i].kind == Kind::delta_of || step.fields[i].kind == Kind::balance; };
  for (std::size_t i = 0; i < step.fields.size(); ++i)
    if (!is_derived(i)) add(i);
  for (std::size_t i = 0; i < step.fields.size(); ++i)
    if (is_derived(i)) add(i);
  for (std::size_t i = 0; i < segments_.size(); ++i)
    if (segments_[i].kind == Kind::balance || !segments_[i].current_text.empty()) reply_driven_.push_back(i);
  end_ = before == "{" ? "{}" : before.substr(0, before.size() - 1) + "}";
  // If the reply repeats the device's number, check it: a server that answers for another device must not pass.
  for (const core::Field& field : interface_->reply)
    if (field.echoes && step.fields[*field.echoes].kind == Kind::numbered) {
      echo_field_ = field.echoes;
      echo_segment_ = static_cast<std::size_t>(
          std::find_if(segments_.begin(), segments_.end(), [&](const TemplateSegment& one) { return one.field == *field.echoes; }) - segments_.begin());
      echo_member_ = reply_member(field.name);
      wrong_echo_ = i18n::msg<"load.other-echo">(field.name);
      missing_echo_ = i18n::msg<"load.no-echo">(field.name);
    }
}

std::size_t RequestTemplate::reply_member(const std::string& name) {
  const auto found = std::find(reply_members_.begin(), reply_members_.end(), name);
  if (found != reply_members_.end()) return static_cast<std::size_t>(found - reply_members_.begin());
  reply_members_.push_back(name);
  return reply_members_.size() - 1;
}

json::ResponseScanner RequestTemplate::scanner() const { return {envelope_, reply_members_}; }

RequestTemplate::TemplateSegment RequestTemplate::compile_segment(const FieldGenerator& step, const core::Field& field, const core::Workload& workload,
                                                                  Rng& rng) {
  TemplateSegment segment;
  segment.kind = step.kind;
  segment.scale = step.scale;
  segment.days = step.days;
  segment.step = step.step;
  segment.of = step.of;
  segment.date_only = field.format == core::Format::date;
  // A JSON string without its quotes.
  const auto escaped = [](std::string_view text) {
    const std::string quoted = core::quoted(text);
    return quoted.substr(1, quoted.size() - 2);
  };
  switch (step.kind) {
    case Kind::constant:
      segment.texts.push_back(escaped(step.text));
      if (field.obeys.empty()) break;
      segment.reply_value = reply_member(field.obeys);
      for (const auto& [reply_word, request_text] : field.obeys_map) {
        segment.reply_words.push_back(reply_word);
        segment.texts.push_back(escaped(request_text));
      }
      segment.current_text.assign(devices_.count, 0);
      break;
    case Kind::numbered: segment.pattern = NumberPattern(step.text); break;
    case Kind::unique:
      segment.pattern = NumberPattern(step.text);
      has_unique_ = true;
      break;
    case Kind::uniform:
      segment.low = in_units(step.low, step.scale);
      segment.high = in_units(step.high, step.scale);
      break;
    case Kind::one_of:
      for (const std::string& choice : step.choices) segment.texts.push_back(escaped(choice));
      break;
    // Every device starts at its own random reading.
    case Kind::counter: {
      delta_low_ = in_units(step.low, step.scale);
      delta_high_ = in_units(step.high, step.scale);
      reading_scale_ = step.scale;
      const std::int64_t low = in_units(step.first_low, step.scale);
      const std::int64_t high = in_units(step.first_high, step.scale);
      readings_.resize(devices_.count);
      for (std::int64_t& reading : readings_) reading = rng.between(low, high);
      break;
    }
    case Kind::balance:
      segment.reply_value = reply_member(step.told);
      segment.reply_price = reply_member(step.at);
      // 20 bytes per device are all the state there is; ten million devices fit into 200 MB.
      segment.balance.assign(devices_.count, in_units(step.first_low, step.scale));
      segment.device_price.assign(devices_.count, 0);
      break;
    case Kind::column: {
      const auto column = static_cast<std::size_t>(std::find(workload.columns.begin(), workload.columns.end(), step.text) - workload.columns.begin());
      for (const auto& row : workload.rows) segment.texts.push_back(escaped(row[column]));
      break;
    }
    case Kind::produced_by: segment.pattern = NumberPattern(workload.mix[step.step].fields[step.of].text); break;
    case Kind::absent:
    case Kind::delta_of:
    case Kind::now:
    case Kind::today: break;
  }
  return segment;
}

bool RequestTemplate::ready(const std::vector<RequestTemplate>& mix) const {
  return std::all_of(segments_.begin(), segments_.end(),
                     [&](const TemplateSegment& segment) { return segment.kind != Kind::produced_by || !mix[segment.step].published_keys_.empty(); });
}

void RequestTemplate::append_body(std::string& out, DeviceCall& call, DateTime now, std::vector<RequestTemplate>& mix, Rng& rng) {
  consumed_keys_.clear();
  if (has_counter()) {
    delta_ = rng.between(delta_low_, delta_high_);
    call.reading = readings_[call.device] += delta_;
  }
  for (TemplateSegment& segment : segments_) {
    out += segment.before;
    const std::size_t begin = out.size();
    append_value(out, segment, call, now, mix, rng);
    if (!segment.watched) continue;
    for (Watched& one : watched_)
      if (one.field == segment.field) one.value = out.substr(begin);
  }
  out += end_;
  call.watched.clear();
  for (const Watched& one : watched_) (call.watched += one.value) += '\n';
}

std::size_t RequestTemplate::watch(const std::vector<std::size_t>& fields) {
  const std::size_t before = watched_.size();
  for (const std::size_t field : fields) {
    Watched& one = watched_.emplace_back();
    one.field = field;
    for (const auto& [constant, value] : constants_)
      if (constant == field) one.value = value;
    for (TemplateSegment& segment : segments_) segment.watched = segment.watched || segment.field == field;
  }
  return before;
}

void RequestTemplate::append_value(std::string& out, TemplateSegment& segment, const DeviceCall& call, DateTime now, std::vector<RequestTemplate>& mix,
                                   Rng& rng) {
  switch (segment.kind) {
    case Kind::absent: return;
    case Kind::constant: out += segment.texts[segment.current_text.empty() ? 0 : segment.current_text[call.device]]; return;
    case Kind::numbered: return segment.pattern.append(out, devices_.first + call.device);
    case Kind::unique: return segment.pattern.append(out, call.unique);
    case Kind::uniform: return append_units(out, rng.between(segment.low, segment.high), segment.scale);
    case Kind::one_of: out += segment.texts[rng.below(segment.texts.size())]; return;
    case Kind::counter: return append_units(out, call.reading, reading_scale_);
    case Kind::delta_of: return append_units(out, delta_, reading_scale_);
    case Kind::balance: {
      std::int64_t& balance = segment.balance[call.device];
      // reading × price has more decimal places than the balance; the rest is cut off.
      const int surplus = reading_scale_ + price_scale - segment.scale;
      const std::int64_t cost = delta_ * segment.device_price[call.device];
      balance -= surplus >= 0 ? cost / powers_of_ten[std::min(surplus, 9)] : cost * powers_of_ten[std::min(-surplus, 9)];
      return append_units(out, balance, segment.scale);
    }
    case Kind::now: return append_time(out, now, segment.date_only, 0);
    case Kind::today: return append_time(out, now, true, segment.days);
    case Kind::column: out += segment.texts[(devices_.first + call.device) % segment.texts.size()]; return;
    case Kind::produced_by: return segment.pattern.append(out, consume_key(mix, segment.step));
  }
}

/// The oldest key that the step has published. All fields of one body get the same one.
std::uint64_t RequestTemplate::consume_key(std::vector<RequestTemplate>& mix, std::size_t step) {
  for (const auto& [producer, key] : consumed_keys_)
    if (producer == step) return key;
  std::deque<std::uint64_t>& made = mix[step].published_keys_;
  if (made.empty()) return 0;
  consumed_keys_.emplace_back(step, made.front());
  made.pop_front();
  return consumed_keys_.back().second;
}

void RequestTemplate::append_time(std::string& out, DateTime now, bool date_only, int days) {
  constexpr std::size_t date_length = 10;
  // Only for dates relative to today; the current time has a cache.
  if (days != 0) {
    out += (now + std::chrono::days(days)).date_string();
    return;
  }
  if (formatted_at_ != now) {
    formatted_at_ = now;
    formatted_ = now.to_string();
  }
  out += std::string_view(formatted_).substr(0, date_only ? date_length : std::string_view::npos);
}

const i18n::Message& RequestTemplate::on_response(const DeviceCall& call, const json::ScannedResponse& reply) {
  for (const std::size_t index : reply_driven_) {
    TemplateSegment& segment = segments_[index];
    // A reply may change a constant field, like a valve state that the server orders.
    if (segment.kind == Kind::constant && reply.values[segment.reply_value]) {
      for (std::size_t i = 0; i < segment.reply_words.size(); ++i)
        if (segment.reply_words[i] == *reply.values[segment.reply_value]) segment.current_text[call.device] = static_cast<std::uint8_t>(i + 1);
    } else if (segment.kind == Kind::balance) {
      if (reply.values[segment.reply_value])
        if (const auto balance = units_of(*reply.values[segment.reply_value], segment.scale)) segment.balance[call.device] = *balance;
      if (reply.values[segment.reply_price])
        if (const auto price = units_of(*reply.values[segment.reply_price], price_scale))
          segment.device_price[call.device] = static_cast<std::int32_t>(std::clamp<std::int64_t>(*price, 0, std::numeric_limits<std::int32_t>::max()));
    }
  }
  if (!echo_field_) return no_error_;
  const auto& echo = reply.values[echo_member_];
  if (!echo) return missing_echo_;
  expected_echo_.clear();
  segments_[echo_segment_].pattern.append(expected_echo_, devices_.first + call.device);
  return *echo == expected_echo_ ? no_error_ : wrong_echo_;
}

void RequestTemplate::publish_key(const DeviceCall& call) {
  // The queue is limited: if nobody consumes the keys, it must not grow for ever.
  if (has_unique_ && published_keys_.size() < max_published_keys) published_keys_.push_back(call.unique);
}

std::string RequestTemplate::text_of(std::size_t field, const DeviceCall& call) const {
  for (const TemplateSegment& segment : segments_) {
    if (segment.field != field) continue;
    if (segment.kind == Kind::numbered) return segment.pattern.format(devices_.first + call.device);
    if (segment.kind == Kind::unique) return segment.pattern.format(call.unique);
    if (segment.kind == Kind::column) return segment.texts[(devices_.first + call.device) % segment.texts.size()];
  }
  return {};
}

std::string RequestTemplate::device_name(std::uint64_t device) const {
  const auto names = [&](const TemplateSegment& segment) { return segment.kind == Kind::numbered && interface_->request[segment.field].refers; };
  const auto last = std::find_if(segments_.rbegin(), segments_.rend(), names);  // the first such field is the owner's number, the last the device's
  return last == segments_.rend() ? "#" + std::to_string(devices_.first + device) : last->pattern.format(devices_.first + device);
}

}  // namespace meterproof::loadgen
