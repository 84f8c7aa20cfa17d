#include "loadgen/fleet.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "spec/model/decimal.hpp"
#include "spec/model/request.hpp"

namespace meterproof::load {

using spec::DateTime;
using spec::Simulation;
using Kind = Simulation::Kind;

namespace {

constexpr int price_scale = 4;
constexpr std::size_t most_made = 10'000;  // values that others may use, at a time
constexpr std::uint64_t whole = 1ULL << 32U;

std::int64_t in_units(double value, int scale) { return std::llround(value * std::pow(10.0, scale)); }

void append_units(std::string& out, std::int64_t units, int scale) { spec::Decimal(units, scale).append_to(out); }

constexpr std::int64_t powers_of_ten[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// A number's text, rounded, in units of that scale; nothing where it is none, or too large to be true.
std::optional<std::int64_t> units_of(std::string_view text, int scale) {
  constexpr std::int64_t largest = 1'000'000'000'000;
  const auto number = spec::Decimal::parse(text);
  if (!number) return std::nullopt;
  const spec::Decimal rounded = number->rounded(scale);
  if (rounded.scale() > scale || std::abs(rounded.units()) > largest) return std::nullopt;
  const int missing = scale - rounded.scale();
  return missing > 9 ? std::nullopt : std::optional(rounded.units() * powers_of_ten[missing]);
}

}  // namespace

std::uint64_t Chance::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

Serial::Serial(std::string_view pattern) {
  const std::size_t first = pattern.find('#');
  const std::size_t last = pattern.rfind('#');
  before_ = pattern.substr(0, first);
  if (first == std::string_view::npos) return;
  digits_ = last - first + 1;
  after_ = pattern.substr(last + 1);
}

void Serial::append(std::string& out, std::uint64_t number) const {
  out += before_;
  const std::size_t at = out.size();
  out.append(digits_, '0');
  for (std::size_t i = digits_; i > 0 && number > 0; --i, number /= 10) out[at + i - 1] = static_cast<char>('0' + number % 10);
  out += after_;
}

std::string Serial::of(std::uint64_t number) const {
  std::string out;
  append(out, number);
  return out;
}

Caller::Caller(const spec::Spec& spec, const spec::Scenario& scenario, const spec::Play& play, FleetSize fleet, Chance& chance)
    : interface_(&spec.interfaces[play.interface]), code_(spec.envelope.code), rows_(spec.envelope.rows), fleet_(fleet) {
  std::string before = "{";
  const auto add = [&](std::size_t i) {
    const Simulation& field = play.fields[i];
    if (field.kind == Kind::absent) return;
    const spec::Field& about = interface_->request[i];
    Piece piece = compiled(field, about, scenario, chance);
    piece.field = i;
    const bool text = about.type == spec::Type::text;
    before += spec::quoted(about.name) + (text ? ":\"" : ":");
    if (piece.kind == Kind::value && piece.said.empty()) {  // always the same: it is part of the text around it
      before += piece.texts.front() + (text ? "\"," : ",");
      return;
    }
    piece.before = std::move(before);
    before = text ? "\"," : ",";
    pieces_.push_back(std::move(piece));
  };
  // What grows is written before what follows from it.
  const auto follows = [&](std::size_t i) { return play.fields[i].kind == Kind::growth_of || play.fields[i].kind == Kind::balance; };
  for (std::size_t i = 0; i < play.fields.size(); ++i)
    if (!follows(i)) add(i);
  for (std::size_t i = 0; i < play.fields.size(); ++i)
    if (follows(i)) add(i);
  for (std::size_t i = 0; i < pieces_.size(); ++i)
    if (pieces_[i].kind == Kind::balance || !pieces_[i].said.empty()) listeners_.push_back(i);
  end_ = before == "{" ? "{}" : before.substr(0, before.size() - 1) + "}";
  for (const spec::Field& field : interface_->reply)
    if (field.echoes && play.fields[*field.echoes].kind == Kind::serial) {
      echo_field_ = field.echoes;
      echo_piece_ = static_cast<std::size_t>(std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& one) { return one.field == *field.echoes; }) -
                                             pieces_.begin());
      echo_wanted_ = wanted(field.name);
      echo_trouble_ = "another " + field.name;
      no_echo_trouble_ = "no " + field.name + " in the reply";
    }
}

std::size_t Caller::wanted(const std::string& name) {
  const auto found = std::find(wanted_.begin(), wanted_.end(), name);
  if (found != wanted_.end()) return static_cast<std::size_t>(found - wanted_.begin());
  wanted_.push_back(name);
  return wanted_.size() - 1;
}

wire::ReplyScanner Caller::scanner() const { return {code_, rows_, wanted_}; }

Caller::Piece Caller::compiled(const Simulation& play, const spec::Field& field, const spec::Scenario& scenario, Chance& chance) {
  Piece piece;
  piece.kind = play.kind;
  piece.scale = play.scale;
  piece.days = play.days;
  piece.play = play.play;
  piece.of = play.of;
  piece.date_only = field.format == spec::Format::date;
  // A text as it stands between its quotes.
  const auto escaped = [](std::string_view text) {
    const std::string quoted = spec::quoted(text);
    return quoted.substr(1, quoted.size() - 2);
  };
  switch (play.kind) {
    case Kind::value:
      piece.texts.push_back(escaped(play.text));
      if (field.obeys.empty()) break;
      piece.told = wanted(field.obeys);
      for (const auto& [told, said] : field.obeys_map) {
        piece.told_words.push_back(told);
        piece.texts.push_back(escaped(said));
      }
      piece.said.assign(fleet_.meters, 0);
      break;
    case Kind::serial: piece.serial = Serial(play.text); break;
    case Kind::unique:
      piece.serial = Serial(play.text);
      has_unique_ = true;
      break;
    case Kind::between:
      piece.low = in_units(play.low, play.scale);
      piece.high = in_units(play.high, play.scale);
      break;
    case Kind::pick:
      for (const std::string& choice : play.choices) piece.texts.push_back(escaped(choice));
      break;
    case Kind::grows: {
      growth_low_ = in_units(play.low, play.scale);
      growth_high_ = in_units(play.high, play.scale);
      reading_scale_ = play.scale;
      const std::int64_t low = in_units(play.first_low, play.scale);
      const std::int64_t high = in_units(play.first_high, play.scale);
      readings_.resize(fleet_.meters);
      for (std::int64_t& reading : readings_) reading = chance.between(low, high);
      break;
    }
    case Kind::balance:
      piece.told = wanted(play.told);
      piece.price = wanted(play.at);
      piece.balance.assign(fleet_.meters, in_units(play.first_low, play.scale));
      piece.price_of_meter.assign(fleet_.meters, 0);
      break;
    case Kind::column: {
      const auto column = static_cast<std::size_t>(std::find(scenario.columns.begin(), scenario.columns.end(), play.text) - scenario.columns.begin());
      for (const auto& row : scenario.rows) piece.texts.push_back(escaped(row[column]));
      break;
    }
    case Kind::made: piece.serial = Serial(scenario.mix[play.play].fields[play.of].text); break;
    case Kind::absent:
    case Kind::growth_of:
    case Kind::now:
    case Kind::today: break;
  }
  return piece;
}

bool Caller::ready(const std::vector<Caller>& mix) const {
  return std::all_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.kind != Kind::made || !mix[piece.play].made_.empty(); });
}

void Caller::append_body(std::string& out, Call& call, DateTime now, std::vector<Caller>& mix, Chance& chance) {
  taken_.clear();
  if (grows()) {
    growth_ = chance.between(growth_low_, growth_high_);
    call.reading = readings_[call.meter] += growth_;
  }
  for (Piece& piece : pieces_) {
    out += piece.before;
    append_value(out, piece, call, now, mix, chance);
  }
  out += end_;
}

void Caller::append_value(std::string& out, Piece& piece, const Call& call, DateTime now, std::vector<Caller>& mix, Chance& chance) {
  switch (piece.kind) {
    case Kind::absent: return;
    case Kind::value: out += piece.texts[piece.said.empty() ? 0 : piece.said[call.meter]]; return;
    case Kind::serial: return piece.serial.append(out, fleet_.first + call.meter);
    case Kind::unique: return piece.serial.append(out, call.unique);
    case Kind::between: return append_units(out, chance.between(piece.low, piece.high), piece.scale);
    case Kind::pick: out += piece.texts[chance.below(piece.texts.size())]; return;
    case Kind::grows: return append_units(out, call.reading, reading_scale_);
    case Kind::growth_of: return append_units(out, growth_, reading_scale_);
    case Kind::balance: {
      std::int64_t& balance = piece.balance[call.meter];
      const int surplus = reading_scale_ + price_scale - piece.scale;
      const std::int64_t cost = growth_ * piece.price_of_meter[call.meter];
      balance -= surplus >= 0 ? cost / powers_of_ten[std::min(surplus, 9)] : cost * powers_of_ten[std::min(-surplus, 9)];
      return append_units(out, balance, piece.scale);
    }
    case Kind::now: return append_moment(out, now, piece.date_only, 0);
    case Kind::today: return append_moment(out, now, true, piece.days);
    case Kind::column: out += piece.texts[(fleet_.first + call.meter) % piece.texts.size()]; return;
    case Kind::made: return piece.serial.append(out, taken(mix, piece.play));
  }
}

/// What that call made; all fields of one body take the same.
std::uint64_t Caller::taken(std::vector<Caller>& mix, std::size_t play) {
  for (const auto& [maker, number] : taken_)
    if (maker == play) return number;
  std::deque<std::uint64_t>& made = mix[play].made_;
  if (made.empty()) return 0;
  taken_.emplace_back(play, made.front());
  made.pop_front();
  return taken_.back().second;
}

void Caller::append_moment(std::string& out, DateTime now, bool date_only, int days) {
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

std::string_view Caller::hear(const Call& call, const wire::ScannedReply& reply) {
  for (const std::size_t listener : listeners_) {
    Piece& piece = pieces_[listener];
    if (piece.kind == Kind::value && reply.values[piece.told]) {
      for (std::size_t i = 0; i < piece.told_words.size(); ++i)
        if (piece.told_words[i] == *reply.values[piece.told]) piece.said[call.meter] = static_cast<std::uint8_t>(i + 1);
    } else if (piece.kind == Kind::balance) {
      if (reply.values[piece.told])
        if (const auto told = units_of(*reply.values[piece.told], piece.scale)) piece.balance[call.meter] = *told;
      if (reply.values[piece.price])
        if (const auto price = units_of(*reply.values[piece.price], price_scale))
          piece.price_of_meter[call.meter] = static_cast<std::int32_t>(std::clamp<std::int64_t>(*price, 0, std::numeric_limits<std::int32_t>::max()));
    }
  }
  if (!echo_field_) return {};
  const auto& echo = reply.values[echo_wanted_];
  if (!echo) return no_echo_trouble_;
  echoed_.clear();
  pieces_[echo_piece_].serial.append(echoed_, fleet_.first + call.meter);
  return *echo == echoed_ ? std::string_view() : echo_trouble_;
}

void Caller::remember(const Call& call) {
  if (has_unique_ && made_.size() < most_made) made_.push_back(call.unique);
}

std::string Caller::text_of(std::size_t field, const Call& call) const {
  for (const Piece& piece : pieces_) {
    if (piece.field != field) continue;
    if (piece.kind == Kind::serial) return piece.serial.of(fleet_.first + call.meter);
    if (piece.kind == Kind::unique) return piece.serial.of(call.unique);
    if (piece.kind == Kind::column) return piece.texts[(fleet_.first + call.meter) % piece.texts.size()];
  }
  return {};
}

std::string Caller::name_of(std::uint64_t meter) const {
  const auto names = [&](const Piece& piece) { return piece.kind == Kind::serial && interface_->request[piece.field].refers; };
  const auto last = std::find_if(pieces_.rbegin(), pieces_.rend(), names);  // the owner's number stands before the meter's
  return last == pieces_.rend() ? "meter " + std::to_string(fleet_.first + meter) : last->serial.of(fleet_.first + meter);
}

Fleet::Fleet(const spec::Spec& spec, const spec::Scenario& scenario, FleetSize size, std::uint64_t run, std::uint64_t seed, std::size_t index,
             std::size_t count)
    : size_(size), chance_(seed * count + index), turns_(scenario.mix.size(), 0), unique_step_(count) {
  constexpr std::uint64_t calls_of_a_run = 100'000'000;
  unique_ = run * calls_of_a_run + index;
  mix_.reserve(scenario.mix.size());
  double total = 0;
  for (const spec::Play& play : scenario.mix) {
    mix_.emplace_back(spec, scenario, play, size, chance_);
    total += play.weight;
  }
  double sum = 0;
  for (const spec::Play& play : scenario.mix) {
    sum += play.weight;
    shares_.push_back(static_cast<std::uint64_t>(sum / total * static_cast<double>(whole)));
  }
}

std::size_t Fleet::drawn_play() {
  if (mix_.size() == 1) return 0;
  const std::uint64_t drawn = chance_.next() % whole;
  std::size_t play = 0;
  while (play + 1 < shares_.size() && drawn >= shares_[play]) ++play;
  // What others have not made yet can't be used: the next call that can is made in its place.
  for (std::size_t i = 0; i < mix_.size(); ++i)
    if (const std::size_t other = (play + i) % mix_.size(); mix_[other].ready(mix_)) return other;
  return play;
}

void Fleet::append_next(std::string& out, Call& call, DateTime now) {
  const std::size_t play = drawn_play();
  call.play = static_cast<std::uint32_t>(play);
  call.meter = turns_[play];
  turns_[play] = turns_[play] + 1 == size_.meters ? 0 : turns_[play] + 1;
  call.unique = unique_;
  call.second = now.seconds;
  call.sequence = ++sequence_;
  if (mix_[play].has_unique()) unique_ += unique_step_;
  mix_[play].append_body(out, call, now, mix_, chance_);
}

}  // namespace meterproof::load
