// A fleet of simulated meters: what each says next follows from what it said last, and from what it was told.
// A call is a template that is compiled once; what a meter must remember takes some 20 bytes, whatever the fleet's size.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/response_scanner.hpp"
#include "core/model/workload.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::loadgen {

/// splitmix64 (Steele, Lea, Flood 2014): a full period, and cheap.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t next();
  /// At least `low`, at most `high`.
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1))); }
  /// Below `count`, by a multiplication in place of a division (Lemire 2019); its bias is beneath 2^-32 for such counts.
  std::uint64_t below(std::uint64_t count) { return count >> 32U != 0 ? next() % count : ((next() >> 32U) * count) >> 32U; }

 private:
  std::uint64_t state_;
};

/// What must be known of a call once its reply is there.
struct DeviceCall {
  std::uint32_t step = 0;
  std::uint64_t meter = 0;
  std::uint64_t sequence = 0;  // of all calls of the run
  std::uint64_t unique = 0;    // its number, where a field has one
  std::int64_t reading = 0;    // what the field that grows says, in units of its scale
  std::int64_t second = 0;     // of the target's clock, when it was made
};

/// A serial's pattern, ready for use: text, digits, text.
class NumberPattern {
 public:
  explicit NumberPattern(std::string_view pattern);
  void append(std::string& out, std::uint64_t number) const;
  std::string of(std::uint64_t number) const;

 private:
  std::string before_, after_;
  std::size_t digits_ = 0;
};

struct DeviceRange {
  std::uint64_t meters = 1000;
  std::uint64_t first = 0;  // the number of the first
};

/// One call of the mix, with what its meters remember.
class RequestTemplate {
 public:
  /// `spec` and `step` must outlive it.
  RequestTemplate(const core::Spec& spec, const core::Workload& workload, const core::WorkloadStep& step, DeviceRange devices, Rng& rng);

  const core::Interface& interface() const { return *interface_; }
  /// Whether everything that it is made of is at hand.
  bool ready(const std::vector<RequestTemplate>& mix) const;
  /// Appends the body of the meter's next call; `call.meter` and `call.unique` are given.
  void append_body(std::string& out, DeviceCall& call, core::DateTime now, std::vector<RequestTemplate>& mix, Rng& rng);
  /// The meter takes to heart what it was told. "" or what is wrong with the reply: "another MeterAddr".
  std::string_view on_response(const DeviceCall& call, const json::ScannedResponse& reply);
  /// The request was accepted: what it made may be used by others.
  void publish_key(const DeviceCall& call);
  /// What a field of that call said, where it is the same for every call of the meter, or of the number.
  std::string text_of(std::size_t field, const DeviceCall& call) const;
  /// The meter's number as it is sent, in the first field that has one.
  std::string name_of(std::uint64_t meter) const;
  int scale_of_reading() const { return reading_scale_; }
  bool grows() const { return !readings_.empty(); }
  bool has_unique() const { return has_unique_; }
  json::ResponseScanner scanner() const;

 private:
  struct TemplateSegment {
    std::string before;  // the text up to the value, quotes and all
    std::size_t field = 0;
    core::FieldGenerator::Kind kind = core::FieldGenerator::Kind::constant;
    NumberPattern serial{""};
    std::vector<std::string> texts;  // value: one; pick: the choices; column: by row; told: by what was told
    std::int64_t low = 0, high = 0;
    int scale = 0;
    int days = 0;
    bool date_only = false;
    std::size_t step = 0, of = 0;
    std::size_t told = 0, price = 0;           // of the reply's wanted values
    std::vector<std::string> told_words;       // parallel to texts but for the first
    std::vector<std::uint8_t> said;            // by meter: which of the texts
    std::vector<std::int64_t> balance;         // by meter
    std::vector<std::int32_t> price_of_meter;  // by meter, in units of price_scale
  };

  TemplateSegment compiled(const core::FieldGenerator& step, const core::Field& field, const core::Workload& workload, Rng& rng);
  std::size_t wanted(const std::string& name);
  void append_value(std::string& out, TemplateSegment& segment, const DeviceCall& call, core::DateTime now, std::vector<RequestTemplate>& mix, Rng& rng);
  std::uint64_t consume_key(std::vector<RequestTemplate>& mix, std::size_t step);
  void append_moment(std::string& out, core::DateTime now, bool date_only, int days);

  const core::Interface* interface_;
  std::string code_, rows_;
  DeviceRange devices_;
  std::vector<TemplateSegment> segments_;
  std::string end_;
  std::vector<std::string> wanted_;
  std::vector<std::int64_t> readings_;  // by meter
  std::int64_t growth_low_ = 0, growth_high_ = 0, growth_ = 0;
  int reading_scale_ = 0;
  bool has_unique_ = false;
  std::optional<std::size_t> echo_field_;
  std::size_t echo_wanted_ = 0, echo_piece_ = 0;
  std::vector<std::size_t> listeners_;  // pieces that heed the reply
  std::string echo_trouble_, no_echo_trouble_, echoed_;
  std::deque<std::uint64_t> made_;
  std::vector<std::pair<std::size_t, std::uint64_t>> taken_;  // by the body at hand, of what others made
  core::DateTime shown_at_{-1};
  std::string shown_moment_;
};

/// All callers of a scenario, and whose turn it is.
class VirtualDevices {
 public:
  /// `run`: a number that no other run has; unique numbers begin with it. Of a sharded run, this is part `index` of `count`.
  VirtualDevices(const core::Spec& spec, const core::Workload& workload, DeviceRange size, std::uint64_t run, std::uint64_t seed, std::size_t index = 0,
                 std::size_t count = 1);

  /// Appends the next body.
  void append_next(std::string& out, DeviceCall& call, core::DateTime now);
  RequestTemplate& request_template(std::size_t step) { return mix_[step]; }
  const RequestTemplate& request_template(std::size_t step) const { return mix_[step]; }
  std::size_t steps() const { return mix_.size(); }
  DeviceRange size() const { return size_; }

 private:
  std::size_t pick_step();

  DeviceRange size_;
  Rng rng_;
  std::vector<RequestTemplate> mix_;
  std::vector<std::uint64_t> shares_;  // of 2^32, cumulative
  std::vector<std::uint64_t> turns_;   // the meter whose turn it is, by play
  std::uint64_t unique_, unique_step_, sequence_ = 0;
};

}  // namespace meterproof::loadgen
