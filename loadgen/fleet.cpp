#include "loadgen/fleet.hpp"

#include <algorithm>
#include <cmath>

#include "spec/model/decimal.hpp"
#include "spec/model/request.hpp"

namespace meterproof::load {

using spec::Simulation;

namespace {

std::int64_t in_units(double value, int scale) { return std::llround(value * std::pow(10.0, scale)); }

}  // namespace

Fleet::Fleet(const spec::Interface& interface, std::size_t meters, std::uint64_t first, std::uint64_t seed)
    : interface_(&interface), meters_(meters), first_(first), state_(seed * 0x9E3779B97F4A7C15ULL + 1) {
  for (std::size_t field = 0; field < interface.simulate.size(); ++field) {
    const Simulation& play = interface.simulate[field];
    if (play.kind == Simulation::Kind::absent) continue;
    Played one{field, "," + spec::quoted(interface.request[field].name) + ":", {}, 0};
    if (play.kind == Simulation::Kind::grows) {
      one.readings.resize(meters);
      for (std::int64_t& reading : one.readings) reading = between(play.first_low, play.first_high, play.scale);
    }
    played_.push_back(std::move(one));
  }
  // What grows with a field is written after it has grown.
  std::stable_partition(played_.begin(), played_.end(), [&](const Played& one) { return interface.simulate[one.field].kind != Simulation::Kind::growth_of; });
  if (!played_.empty()) played_.front().opening.erase(0, 1);
}

/// splitmix64: a full period, and cheap.
std::uint64_t Fleet::random() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

std::int64_t Fleet::between(double low, double high, int scale) {
  const std::int64_t from = in_units(low, scale);
  const std::int64_t to = in_units(high, scale);
  return from + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(to - from + 1));
}

std::size_t Fleet::append_report(std::string& out, spec::DateTime now) {
  const std::size_t meter = next_;
  next_ = next_ + 1 == meters_ ? 0 : next_ + 1;
  out += '{';
  for (std::size_t i = 0; i < played_.size(); ++i) {
    out += played_[i].opening;
    append_value(out, i, meter, now);
  }
  out += '}';
  return meter;
}

std::string Fleet::serial_of(std::size_t field, std::size_t meter) const { return spec::serial(interface_->simulate[field].text, first_ + meter); }

void Fleet::append_value(std::string& out, std::size_t at, std::size_t meter, spec::DateTime now) {
  Played& one = played_[at];
  const Simulation& play = interface_->simulate[one.field];
  const bool text = interface_->request[one.field].type == spec::Type::text;
  const auto append_number = [&](std::int64_t units) {
    if (text) out += '"';
    spec::Decimal(units, play.scale).append_to(out);
    if (text) out += '"';
  };
  switch (play.kind) {
    case Simulation::Kind::absent: return;
    case Simulation::Kind::value:
      if (text) spec::append_quoted(out, play.text);
      else out += play.text;
      return;
    case Simulation::Kind::serial:
      if (text) spec::append_quoted(out, serial_of(one.field, meter));
      else out += serial_of(one.field, meter);
      return;
    case Simulation::Kind::between: return append_number(between(play.low, play.high, play.scale));
    case Simulation::Kind::grows:
      one.growth = between(play.low, play.high, play.scale);
      one.readings[meter] += one.growth;
      return append_number(one.readings[meter]);
    case Simulation::Kind::growth_of:
      for (const Played& other : played_)
        if (other.field == play.of) append_number(other.growth);
      return;
    case Simulation::Kind::now: return spec::append_quoted(out, now.to_string());
  }
}

}  // namespace meterproof::load
