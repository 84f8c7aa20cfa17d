#include "loadgen/virtual_devices.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/decimal/decimal.hpp"
#include "core/model/request.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::loadgen {

using core::DateTime;
using core::FieldGenerator;
using Kind = FieldGenerator::Kind;

namespace {

constexpr int price_scale = 4;
constexpr std::size_t most_made = 10'000;  // values that others may use, at a time
constexpr std::uint64_t whole = 1ULL << 32U;

std::int64_t in_units(double value, int scale) { return std::llround(value * std::pow(10.0, scale)); }

void append_units(std::string& out, std::int64_t units, int scale) { core::Decimal(units, scale).append_to(out); }

constexpr std::int64_t powers_of_ten[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// A number's text, rounded, in units of that scale; nothing where it is none, or too large to be true.
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

std::uint64_t Rng::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

NumberPattern::NumberPattern(std::string_view pattern) {
  const std::size_t first = pattern.find('#');
  const std::size_t last = pattern.rfind('#');
  before_ = pattern.substr(0, first);
  if (first == std::string_view::npos) return;
  digits_ = last - first + 1;
  after_ = pattern.substr(last + 1);
}

void NumberPattern::append(std::string& out, std::uint64_t number) const {
  out += before_;
  const std::size_t at = out.size();
  out.append(digits_, '0');
  for (std::size_t i = digits_; i > 0 && number > 0; --i, number /= 10) out[at + i - 1] = static_cast<char>('0' + number % 10);
  out += after_;
}

std::string NumberPattern::of(std::uint64_t number) const {
  std::string out;
  append(out, number);
  return out;
}

RequestTemplate::RequestTemplate(const core::Spec& spec, const core::Workload& workload, const core::WorkloadStep& step, DeviceRange devices, Rng& rng)
    : interface_(&spec.interfaces[step.interface]), code_(spec.envelope.code), rows_(spec.envelope.rows), devices_(devices) {
  std::string before = "{";
  const auto add = [&](std::size_t i) {
    const FieldGenerator& field = step.fields[i];
    if (field.kind == Kind::absent) return;
    const core::Field& about = interface_->request[i];
    TemplateSegment segment = compiled(field, about, workload, rng);
    segment.field = i;
    const bool text = about.type == core::Type::text;
    before += core::quoted(about.name) + (text ? ":\"" : ":");
    if (segment.kind == Kind::constant && segment.said.empty()) {  // always the same: it is part of the text around it
      before += segment.texts.front() + (text ? "\"," : ",");
      return;
    }
    segment.before = std::move(before);
    before = text ? "\"," : ",";
    segments_.push_back(std::move(segment));
  };
  // What grows is written before what follows from it.
  const auto follows = [&](std::size_t i) { return step.fields[i].kind == Kind::delta_of || step.fields[i].kind == Kind::balance; };
  for (std::size_t i = 0; i < step.fields.size(); ++i)
    if (!follows(i)) add(i);
  for (std::size_t i = 0; i < step.fields.size(); ++i)
    if (follows(i)) add(i);
  for (std::size_t i = 0; i < segments_.size(); ++i)
    if (segments_[i].kind == Kind::balance || !segments_[i].said.empty()) listeners_.push_back(i);
  end_ = before == "{" ? "{}" : before.substr(0, before.size() - 1) + "}";
  for (const core::Field& field : interface_->reply)
    if (field.echoes && step.fields[*field.echoes].kind == Kind::numbered) {
      echo_field_ = field.echoes;
      echo_piece_ = static_cast<std::size_t>(
          std::find_if(segments_.begin(), segments_.end(), [&](const TemplateSegment& one) { return one.field == *field.echoes; }) - segments_.begin());
      echo_wanted_ = wanted(field.name);
      echo_trouble_ = "another " + field.name;
      no_echo_trouble_ = "no " + field.name + " in the reply";
    }
}

std::size_t RequestTemplate::wanted(const std::string& name) {
  const auto found = std::find(wanted_.begin(), wanted_.end(), name);
  if (found != wanted_.end()) return static_cast<std::size_t>(found - wanted_.begin());
  wanted_.push_back(name);
  return wanted_.size() - 1;
}

json::ResponseScanner RequestTemplate::scanner() const { return {code_, rows_, wanted_}; }

RequestTemplate::TemplateSegment RequestTemplate::compiled(const FieldGenerator& step, const core::Field& field, const core::Workload& workload, Rng& rng) {
  TemplateSegment segment;
  segment.kind = step.kind;
  segment.scale = step.scale;
  segment.days = step.days;
  segment.step = step.step;
  segment.of = step.of;
  segment.date_only = field.format == core::Format::date;
  // A text as it stands between its quotes.
  const auto escaped = [](std::string_view text) {
    const std::string quoted = core::quoted(text);
    return quoted.substr(1, quoted.size() - 2);
  };
  switch (step.kind) {
    case Kind::constant:
      segment.texts.push_back(escaped(step.text));
      if (field.obeys.empty()) break;
      segment.told = wanted(field.obeys);
      for (const auto& [told, said] : field.obeys_map) {
        segment.told_words.push_back(told);
        segment.texts.push_back(escaped(said));
      }
      segment.said.assign(devices_.meters, 0);
      break;
    case Kind::numbered: segment.serial = NumberPattern(step.text); break;
    case Kind::unique:
      segment.serial = NumberPattern(step.text);
      has_unique_ = true;
      break;
    case Kind::uniform:
      segment.low = in_units(step.low, step.scale);
      segment.high = in_units(step.high, step.scale);
      break;
    case Kind::one_of:
      for (const std::string& choice : step.choices) segment.texts.push_back(escaped(choice));
      break;
    case Kind::counter: {
      growth_low_ = in_units(step.low, step.scale);
      growth_high_ = in_units(step.high, step.scale);
      reading_scale_ = step.scale;
      const std::int64_t low = in_units(step.first_low, step.scale);
      const std::int64_t high = in_units(step.first_high, step.scale);
      readings_.resize(devices_.meters);
      for (std::int64_t& reading : readings_) reading = rng.between(low, high);
      break;
    }
    case Kind::balance:
      segment.told = wanted(step.told);
      segment.price = wanted(step.at);
      segment.balance.assign(devices_.meters, in_units(step.first_low, step.scale));
      segment.price_of_meter.assign(devices_.meters, 0);
      break;
    case Kind::column: {
      const auto column = static_cast<std::size_t>(std::find(workload.columns.begin(), workload.columns.end(), step.text) - workload.columns.begin());
      for (const auto& row : workload.rows) segment.texts.push_back(escaped(row[column]));
      break;
    }
    case Kind::produced_by: segment.serial = NumberPattern(workload.mix[step.step].fields[step.of].text); break;
    case Kind::absent:
    case Kind::delta_of:
    case Kind::now:
    case Kind::today: break;
  }
  return segment;
}

bool RequestTemplate::ready(const std::vector<RequestTemplate>& mix) const {
  return std::all_of(segments_.begin(), segments_.end(),
                     [&](const TemplateSegment& segment) { return segment.kind != Kind::produced_by || !mix[segment.step].made_.empty(); });
}

void RequestTemplate::append_body(std::string& out, DeviceCall& call, DateTime now, std::vector<RequestTemplate>& mix, Rng& rng) {
  taken_.clear();
  if (grows()) {
    growth_ = rng.between(growth_low_, growth_high_);
    call.reading = readings_[call.meter] += growth_;
  }
  for (TemplateSegment& segment : segments_) {
    out += segment.before;
    append_value(out, segment, call, now, mix, rng);
  }
  out += end_;
}

void RequestTemplate::append_value(std::string& out, TemplateSegment& segment, const DeviceCall& call, DateTime now, std::vector<RequestTemplate>& mix,
                                   Rng& rng) {
  switch (segment.kind) {
    case Kind::absent: return;
    case Kind::constant: out += segment.texts[segment.said.empty() ? 0 : segment.said[call.meter]]; return;
    case Kind::numbered: return segment.serial.append(out, devices_.first + call.meter);
    case Kind::unique: return segment.serial.append(out, call.unique);
    case Kind::uniform: return append_units(out, rng.between(segment.low, segment.high), segment.scale);
    case Kind::one_of: out += segment.texts[rng.below(segment.texts.size())]; return;
    case Kind::counter: return append_units(out, call.reading, reading_scale_);
    case Kind::delta_of: return append_units(out, growth_, reading_scale_);
    case Kind::balance: {
      std::int64_t& balance = segment.balance[call.meter];
      const int surplus = reading_scale_ + price_scale - segment.scale;
      const std::int64_t cost = growth_ * segment.price_of_meter[call.meter];
      balance -= surplus >= 0 ? cost / powers_of_ten[std::min(surplus, 9)] : cost * powers_of_ten[std::min(-surplus, 9)];
      return append_units(out, balance, segment.scale);
    }
    case Kind::now: return append_moment(out, now, segment.date_only, 0);
    case Kind::today: return append_moment(out, now, true, segment.days);
    case Kind::column: out += segment.texts[(devices_.first + call.meter) % segment.texts.size()]; return;
    case Kind::produced_by: return segment.serial.append(out, consume_key(mix, segment.step));
  }
}

/// What that call made; all fields of one body take the same.
std::uint64_t RequestTemplate::consume_key(std::vector<RequestTemplate>& mix, std::size_t step) {
  for (const auto& [maker, number] : taken_)
    if (maker == step) return number;
  std::deque<std::uint64_t>& made = mix[step].made_;
  if (made.empty()) return 0;
  taken_.emplace_back(step, made.front());
  made.pop_front();
  return taken_.back().second;
}

void RequestTemplate::append_moment(std::string& out, DateTime now, bool date_only, int days) {
  constexpr std::size_t date_length = 10;
  if (days != 0) {
    out += (now + std::chrono::days(days)).date_string();
    return;
  }
  if (shown_at_ != now) {
    shown_at_ = now;
    shown_moment_ = now.to_string();
  }
  out += std::string_view(shown_moment_).substr(0, date_only ? date_length : std::string_view::npos);
}

std::string_view RequestTemplate::on_response(const DeviceCall& call, const json::ScannedResponse& reply) {
  for (const std::size_t listener : listeners_) {
    TemplateSegment& segment = segments_[listener];
    if (segment.kind == Kind::constant && reply.values[segment.told]) {
      for (std::size_t i = 0; i < segment.told_words.size(); ++i)
        if (segment.told_words[i] == *reply.values[segment.told]) segment.said[call.meter] = static_cast<std::uint8_t>(i + 1);
    } else if (segment.kind == Kind::balance) {
      if (reply.values[segment.told])
        if (const auto told = units_of(*reply.values[segment.told], segment.scale)) segment.balance[call.meter] = *told;
      if (reply.values[segment.price])
        if (const auto price = units_of(*reply.values[segment.price], price_scale))
          segment.price_of_meter[call.meter] = static_cast<std::int32_t>(std::clamp<std::int64_t>(*price, 0, std::numeric_limits<std::int32_t>::max()));
    }
  }
  if (!echo_field_) return {};
  const auto& echo = reply.values[echo_wanted_];
  if (!echo) return no_echo_trouble_;
  echoed_.clear();
  segments_[echo_piece_].serial.append(echoed_, devices_.first + call.meter);
  return *echo == echoed_ ? std::string_view() : echo_trouble_;
}

void RequestTemplate::publish_key(const DeviceCall& call) {
  if (has_unique_ && made_.size() < most_made) made_.push_back(call.unique);
}

std::string RequestTemplate::text_of(std::size_t field, const DeviceCall& call) const {
  for (const TemplateSegment& segment : segments_) {
    if (segment.field != field) continue;
    if (segment.kind == Kind::numbered) return segment.serial.of(devices_.first + call.meter);
    if (segment.kind == Kind::unique) return segment.serial.of(call.unique);
    if (segment.kind == Kind::column) return segment.texts[(devices_.first + call.meter) % segment.texts.size()];
  }
  return {};
}

std::string RequestTemplate::name_of(std::uint64_t meter) const {
  const auto names = [&](const TemplateSegment& segment) { return segment.kind == Kind::numbered && interface_->request[segment.field].refers; };
  const auto last = std::find_if(segments_.rbegin(), segments_.rend(), names);  // the owner's number stands before the meter's
  return last == segments_.rend() ? "meter " + std::to_string(devices_.first + meter) : last->serial.of(devices_.first + meter);
}

VirtualDevices::VirtualDevices(const core::Spec& spec, const core::Workload& workload, DeviceRange size, std::uint64_t run, std::uint64_t seed,
                               std::size_t index, std::size_t count)
    : size_(size), rng_(seed * count + index), turns_(workload.mix.size(), 0), unique_step_(count) {
  constexpr std::uint64_t calls_of_a_run = 100'000'000;
  unique_ = run * calls_of_a_run + index;
  mix_.reserve(workload.mix.size());
  double total = 0;
  for (const core::WorkloadStep& step : workload.mix) {
    mix_.emplace_back(spec, workload, step, size, rng_);
    total += step.weight;
  }
  double sum = 0;
  for (const core::WorkloadStep& step : workload.mix) {
    sum += step.weight;
    shares_.push_back(static_cast<std::uint64_t>(sum / total * static_cast<double>(whole)));
  }
}

std::size_t VirtualDevices::pick_step() {
  if (mix_.size() == 1) return 0;
  const std::uint64_t drawn = rng_.next() % whole;
  std::size_t step = 0;
  while (step + 1 < shares_.size() && drawn >= shares_[step]) ++step;
  // What others have not made yet can't be used: the next call that can is made in its place.
  for (std::size_t i = 0; i < mix_.size(); ++i)
    if (const std::size_t other = (step + i) % mix_.size(); mix_[other].ready(mix_)) return other;
  return step;
}

void VirtualDevices::append_next(std::string& out, DeviceCall& call, DateTime now) {
  const std::size_t step = pick_step();
  call.step = static_cast<std::uint32_t>(step);
  call.meter = turns_[step];
  turns_[step] = turns_[step] + 1 == size_.meters ? 0 : turns_[step] + 1;
  call.unique = unique_;
  call.second = now.seconds;
  call.sequence = ++sequence_;
  if (mix_[step].has_unique()) unique_ += unique_step_;
  mix_[step].append_body(out, call, now, mix_, rng_);
}

}  // namespace meterproof::loadgen
