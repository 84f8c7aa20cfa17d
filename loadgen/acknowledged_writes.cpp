// SPDX-License-Identifier: Apache-2.0
#include "loadgen/acknowledged_writes.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/decimal/decimal.hpp"

namespace meterproof::loadgen {
namespace {

constexpr std::size_t max_names = 100;  // in the record

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (names.size() < max_names) names.push_back(name);
}

std::optional<double> as_double(const std::string& text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

/// A platform that computes in binary shows 0.30000000000000004 for 0.3. The amount is right; whether the form is, `check` says.
bool same_number(const std::string& sent, const std::string& shown) {
  const auto exactly_sent = core::Decimal::parse(sent), exactly_shown = core::Decimal::parse(shown);
  if (exactly_sent && exactly_shown && *exactly_sent == *exactly_shown) return true;
  constexpr double noise = 1e-9;
  const auto a = as_double(sent), b = as_double(shown);
  return a && b && std::abs(*a - *b) <= noise;
}

/// What a text of JSON says, given without its quotes.
std::string unescaped(const std::string& text) {
  if (text.find('\\') == std::string::npos) return text;
  const auto value = json::parse_json('"' + text + '"');
  return value ? value->text : text;
}

}  // namespace

AcknowledgedWrites::AcknowledgedWrites(const core::Reconciliation& about, std::string name, std::size_t first_watched)
    : about_(&about), first_watched_(first_watched) {
  record_.name = std::move(name);
}

void AcknowledgedWrites::stored_before(std::uint64_t device, const std::vector<ShownRow>& rows) {
  Before& before = before_[device];
  for (const ShownRow& row : rows)
    if (row.name.empty()) ++before.unnamed;
    else before.names.insert(row.name);
}

void AcknowledgedWrites::sent(const DeviceCall& call) {
  writes_[call.device].push_back({call.sequence, call.unique, call.reading, call.second, call.watched, State::unknown});
}

AcknowledgedWrites::Write* AcknowledgedWrites::find(const DeviceCall& call) {
  auto& writes = writes_[call.device];
  // From the end: replies mostly belong to the newest writes.
  const auto found = std::find_if(writes.rbegin(), writes.rend(), [&](const Write& one) { return one.sequence == call.sequence; });
  return found == writes.rend() ? nullptr : &*found;
}

void AcknowledgedWrites::accepted(const DeviceCall& call) {
  Write* write = find(call);
  if (write == nullptr) return;
  write->state = State::accepted;
  // Only the last write counts, so writes of earlier seconds are dropped. Within a second the specification's times give no order.
  if (only_last_counts()) std::erase_if(writes_[call.device], [&](const Write& one) { return one.state != State::unknown && one.second < call.second; });
}

void AcknowledgedWrites::refused(const DeviceCall& call) {
  Write* write = find(call);
  if (write == nullptr) return;
  write->state = State::refused;
  // One that is stored all the same stands as the last one only until the next.
  if (only_last_counts()) std::erase_if(writes_[call.device], [&](const Write& one) { return one.state == State::refused && one.second < call.second; });
}

std::vector<std::uint64_t> AcknowledgedWrites::devices_to_query() const {
  std::vector<std::uint64_t> out;
  for (const auto& [device, writes] : writes_)
    if (!writes.empty()) out.push_back(device);
  std::sort(out.begin(), out.end());
  return out;
}

void AcknowledgedWrites::compare(std::uint64_t device, const VirtualDevices& devices, const std::vector<ShownRow>* shown) {
  const Writes& writes = writes_[device];
  if (shown != nullptr) return only_last_counts() ? compare_last(device, devices, writes, *shown) : compare_each(device, devices, writes, *shown);
  const auto in_state = [&](State state) {
    return static_cast<std::uint64_t>(std::count_if(writes.begin(), writes.end(), [&](const Write& one) { return one.state == state; }));
  };
  record_.unacknowledged += in_state(State::unknown);
  // Where only the last write counts, a device has one expectation.
  const std::uint64_t accepted = only_last_counts() ? std::min<std::uint64_t>(in_state(State::accepted), 1) : in_state(State::accepted);
  record_.acknowledged += accepted;
  record_.not_queried += accepted;
}

std::string AcknowledgedWrites::difference(const Write& write, const ShownRow& row, const core::Interface& interface) const {
  std::size_t at = 0;
  for (std::size_t skipped = 0; skipped < first_watched_; ++skipped) at = write.watched.find('\n', at) + 1;
  for (std::size_t i = 0; i < about_->compare.size(); ++i) {
    const core::Field& field = interface.request[about_->compare[i].field];
    const std::size_t end = write.watched.find('\n', at);
    const std::string sent = unescaped(write.watched.substr(at, end - at));
    at = end + 1;
    const std::string& shown = row.values[i];
    if (field.type == core::Type::text ? sent != shown : !same_number(sent, shown)) return field.name + " " + sent + " ≠ " + (shown.empty() ? "-" : shown);
  }
  return {};
}

void AcknowledgedWrites::compare_each(std::uint64_t device, const VirtualDevices& devices, const Writes& writes, const std::vector<ShownRow>& shown) {
  const RequestTemplate& request_template = devices.request_template(about_->step);
  std::unordered_map<std::string, std::vector<const ShownRow*>> rows;
  for (const ShownRow& row : shown) rows[row.name].push_back(&row);
  for (const Write& write : writes) {
    DeviceCall call;
    call.device = device;
    call.unique = write.unique;
    const std::string name = request_template.text_of(about_->field, call);
    const auto found = rows.find(name);
    const std::size_t count = found == rows.end() ? 0 : found->second.size();
    const std::string wrong = count == 1 ? difference(write, *found->second.front(), request_template.interface()) : "";
    if (count > 0) rows.erase(found);
    if (write.state == State::refused) {
      if (count > 0) ++record_.refused_stored, add_name(record_.refused_stored_names, name);
      continue;
    }
    if (write.state == State::unknown) {
      ++record_.unacknowledged;
      if (count > 0) ++record_.unacknowledged_confirmed;
    } else {
      ++record_.acknowledged;
      if (count == 1 && wrong.empty()) ++record_.confirmed;
      if (count == 0) ++record_.lost, add_name(record_.lost_names, name);
    }
    // A duplicate and another value are wrong even if the write was not acknowledged.
    if (count > 1) ++record_.duplicated, add_name(record_.duplicated_names, name);
    if (!wrong.empty()) ++record_.differing, add_name(record_.differing_names, name + ": " + wrong);
  }
  // What is left was neither sent for this device nor there before.
  const auto before = before_.find(device);
  if (before == before_.end()) return;
  std::size_t unnamed = 0;  // of those that were there before nothing but their number is known
  for (const ShownRow& row : shown) {
    const bool of_somebody = row.name.empty() ? ++unnamed <= before->second.unnamed : !rows.contains(row.name) || before->second.names.contains(row.name);
    if (of_somebody) continue;
    ++record_.phantom;
    add_name(record_.phantom_names, request_template.device_name(device) + ": " + (row.name.empty() ? "-" : row.name));
  }
}

void AcknowledgedWrites::compare_last(std::uint64_t device, const VirtualDevices& devices, const Writes& writes, const std::vector<ShownRow>& shown) {
  const RequestTemplate& request_template = devices.request_template(about_->step);
  const auto text_of = [&](const Write& write) { return core::Decimal(write.reading, request_template.scale_of_reading()).to_string(); };
  const auto is_shown = [&](const Write& write) {
    return std::any_of(shown.begin(), shown.end(), [&](const ShownRow& row) { return same_number(text_of(write), row.name); });
  };
  const Write* newest = nullptr;  // of the accepted
  for (const Write& write : writes) {
    if (write.state == State::accepted && (newest == nullptr || write.second >= newest->second)) newest = &write;
    if (write.state != State::unknown) continue;
    ++record_.unacknowledged;
    if (is_shown(write)) ++record_.unacknowledged_confirmed;
  }
  const std::string of_device = request_template.device_name(device) + ": ";
  const auto stands = [&](bool refused) {
    return std::find_if(writes.begin(), writes.end(), [&](const Write& one) {
      return (one.state == State::refused) == refused && (newest == nullptr || one.second >= newest->second) && is_shown(one);
    });
  };
  if (newest != nullptr) ++record_.acknowledged;
  // A later write without a reply may have been recorded too, so its value is right as well.
  if (newest != nullptr && stands(false) != writes.end()) {
    ++record_.confirmed;
    return;
  }
  if (const auto refused = stands(true); refused != writes.end()) {
    ++record_.refused_stored;
    add_name(record_.refused_stored_names, of_device + text_of(*refused));
    return;
  }
  if (newest == nullptr) return;
  ++record_.lost;
  // DEVICE: VALUE ≠ SHOWN, without a word of any language: the name stands in the record.
  add_name(record_.lost_names, of_device + text_of(*newest) + " ≠ " + (shown.empty() ? "-" : shown.front().name));
}

}  // namespace meterproof::loadgen
