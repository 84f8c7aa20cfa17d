// SPDX-License-Identifier: Apache-2.0
// Request bodies of virtual devices: one step of a workload, compiled once into constant text and values, with the state of every device.
//
// Fast path: formatted_, the current time as text. WHY: a second has many requests. GAIN: 740 of 24,400 user-space instructions of a report, 1.3 % of
// the generator's CPU (2026-11-27, `bench/instructions`). REFERENCE: DateTime::to_string. TEST: VirtualDevices.*. DELETE WHEN: the gain is below 1 %.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/json/response_scanner.hpp"
#include "core/model/workload.hpp"
#include "core/time/datetime.hpp"
#include "loadgen/number_pattern.hpp"
#include "loadgen/rng.hpp"

namespace meterproof::loadgen {

/// One request of one device: what is needed to judge its reply and to reconcile it afterwards.
struct DeviceCall {
  std::uint32_t step = 0;      // of the workload's mix
  std::uint64_t device = 0;    // below DeviceRange::count
  std::uint64_t sequence = 0;  // numbers all calls of the run, from 1
  std::uint64_t unique = 0;    // the number in its field of kind `unique`, if there is one
  std::int64_t reading = 0;    // the value of its counter, in units of 10^-scale
  std::int64_t second = 0;     // when it was made, on the target's wall clock
  std::string watched;         // the values of RequestTemplate::watch's fields as they stand in the body, one a line; without the quotes of texts
};

/// The devices of this run or shard.
struct DeviceRange {
  std::uint64_t count = 1000;
  std::uint64_t first = 0;  // number of the first device; it is written into fields of kind `numbered`
};

/// Produces the bodies of one step. A device's state takes some 20 bytes. For one thread.
class RequestTemplate {
 public:
  /// `spec` and `step` must outlive it.
  RequestTemplate(const core::Spec& spec, const core::Workload& workload, const core::WorkloadStep& step, DeviceRange devices, Rng& rng);

  const core::Interface& interface() const { return *interface_; }
  /// Writes the values of these fields of the request into DeviceCall::watched from now on, behind those of earlier calls; returns how many these are.
  std::size_t watch(const std::vector<std::size_t>& fields);
  /// True if every step that it consumes keys of has published one.
  bool ready(const std::vector<RequestTemplate>& mix) const;
  /// Appends the body of the device's next call. In: `call.device` and `call.unique`; out: `call.reading` and `call.watched`.
  void append_body(std::string& out, DeviceCall& call, core::DateTime now, std::vector<RequestTemplate>& mix, Rng& rng);
  /// Updates the device's state from the reply. Returns "" or what is wrong with the reply, like "another MeterAddr".
  const i18n::Message& on_response(const DeviceCall& call, const json::ScannedResponse& reply);
  /// Makes the unique number of an accepted call available to steps that consume it. Keeps at most 10,000.
  void publish_key(const DeviceCall& call);
  /// The value of a field in that call, for kinds whose value follows from the call: `numbered`, `unique` and `column`. "" for others.
  std::string text_of(std::size_t field, const DeviceCall& call) const;
  /// The device's number as it is sent; for messages.
  std::string device_name(std::uint64_t device) const;
  /// The scale of DeviceCall::reading.
  int scale_of_reading() const { return reading_scale_; }
  bool has_counter() const { return !readings_.empty(); }
  bool has_unique() const { return has_unique_; }
  /// A scanner for this step's replies. Its values are what on_response expects.
  json::ResponseScanner scanner() const;

 private:
  /// A value that changes from body to body, and the constant text in front of it.
  struct TemplateSegment {
    std::string before;  // with quotes, names and the values that never change
    std::size_t field = 0;
    core::FieldGenerator::Kind kind = core::FieldGenerator::Kind::constant;
    NumberPattern pattern{""};
    std::vector<std::string> texts;  // constant: one, or one per reply word; one_of: the choices; column: by row
    std::int64_t low = 0, high = 0;
    int scale = 0;
    int days = 0;
    bool date_only = false;
    std::size_t step = 0, of = 0;
    std::size_t reply_value = 0, reply_price = 0;  // indices of reply members
    std::vector<std::string> reply_words;          // texts[i + 1] is sent after a reply with reply_words[i]
    std::vector<std::uint8_t> current_text;        // by device: index of texts
    std::vector<std::int64_t> balance;             // by device
    std::vector<std::int32_t> device_price;        // by device, in units of price_scale
    bool watched = false;
  };
  struct Watched {
    std::size_t field = 0;
    std::string value;  // of the body in progress; of what never changes, of all
  };

  TemplateSegment compile_segment(const core::FieldGenerator& step, const core::Field& field, const core::Workload& workload, Rng& rng);
  std::size_t reply_member(const std::string& name);
  void append_value(std::string& out, TemplateSegment& segment, const DeviceCall& call, core::DateTime now, std::vector<RequestTemplate>& mix, Rng& rng);
  std::uint64_t consume_key(std::vector<RequestTemplate>& mix, std::size_t step);
  void append_time(std::string& out, core::DateTime now, bool date_only, int days);

  const core::Interface* interface_;
  core::Envelope envelope_;
  DeviceRange devices_;
  std::vector<TemplateSegment> segments_;
  std::string end_;
  std::vector<std::string> reply_members_;
  std::vector<std::int64_t> readings_;  // by device
  std::int64_t delta_low_ = 0, delta_high_ = 0, delta_ = 0;
  int reading_scale_ = 0;
  bool has_unique_ = false;
  std::vector<std::pair<std::size_t, std::string>> constants_;  // fields that are constant text, with their values
  std::vector<Watched> watched_;
  std::optional<std::size_t> echo_field_;
  std::size_t echo_member_ = 0, echo_segment_ = 0;
  std::vector<std::size_t> reply_driven_;  // segments that depend on replies
  i18n::Message wrong_echo_, missing_echo_, no_error_;
  std::string expected_echo_;
  std::deque<std::uint64_t> published_keys_;
  std::vector<std::pair<std::size_t, std::uint64_t>> consumed_keys_;  // of the body in progress: (step, key)
  core::DateTime formatted_at_{-1};
  std::string formatted_;
};

}  // namespace meterproof::loadgen
