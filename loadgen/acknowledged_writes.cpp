#include "loadgen/acknowledged_writes.hpp"

#include <algorithm>

#include "core/decimal/decimal.hpp"

namespace meterproof::loadgen {

namespace {

constexpr std::size_t most_names = 100;

void note(std::vector<std::string>& names, const std::string& name) {
  if (names.size() < most_names) names.push_back(name);
}

}  // namespace

AcknowledgedWrites::AcknowledgedWrites(const core::Reconciliation& about, std::string name) : about_(&about) { record_.name = std::move(name); }

void AcknowledgedWrites::sent(const DeviceCall& call) {
  entries_[call.meter].push_back({call.sequence, call.unique, call.reading, call.second, State::unknown});
}

AcknowledgedWrites::LedgerEntry* AcknowledgedWrites::find(const DeviceCall& call) {
  auto& entries = entries_[call.meter];
  const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const LedgerEntry& one) { return one.sequence == call.sequence; });
  return found == entries.rend() ? nullptr : &*found;
}

void AcknowledgedWrites::accepted(const DeviceCall& call) {
  LedgerEntry* entry = find(call);
  if (entry == nullptr) return;
  entry->state = State::accepted;
  // What the meter said in earlier seconds is of no matter any more. Within a second the paper's times tell no order.
  if (about_->kind == core::Reconciliation::Kind::last)
    std::erase_if(entries_[call.meter], [&](const LedgerEntry& one) { return one.state == State::accepted && one.second < call.second; });
}

void AcknowledgedWrites::refused(const DeviceCall& call) {
  if (const LedgerEntry* entry = find(call); entry != nullptr) {
    auto& entries = entries_[call.meter];
    entries.erase(entries.begin() + (entry - entries.data()));
  }
}

std::vector<std::uint64_t> AcknowledgedWrites::meters() const {
  std::vector<std::uint64_t> out;
  for (const auto& [meter, entries] : entries_)
    if (!entries.empty()) out.push_back(meter);
  std::sort(out.begin(), out.end());
  return out;
}

void AcknowledgedWrites::compare(std::uint64_t meter, const VirtualDevices& devices, const std::vector<std::string>* shown) {
  const Entries& entries = entries_[meter];
  const bool last = about_->kind == core::Reconciliation::Kind::last;
  if (shown != nullptr) return last ? compare_last(meter, devices, entries, *shown) : compare_each(meter, devices, entries, *shown);
  auto accepted =
      static_cast<std::uint64_t>(std::count_if(entries.begin(), entries.end(), [](const LedgerEntry& one) { return one.state == State::accepted; }));
  record_.unacknowledged += entries.size() - accepted;
  if (last) accepted = std::min<std::uint64_t>(accepted, 1);
  record_.acknowledged += accepted;
  record_.not_queried += accepted;
}

void AcknowledgedWrites::compare_each(std::uint64_t meter, const VirtualDevices& devices, const Entries& entries, const std::vector<std::string>& shown) {
  const RequestTemplate& request_template = devices.request_template(about_->step);
  for (const LedgerEntry& entry : entries) {
    DeviceCall call;
    call.meter = meter;
    call.unique = entry.unique;
    const std::string name = request_template.text_of(about_->field, call);
    const auto count = std::count(shown.begin(), shown.end(), name);
    if (entry.state == State::unknown) {
      ++record_.unacknowledged;
      if (count > 0) ++record_.unacknowledged_confirmed;
    } else {
      ++record_.acknowledged;
      if (count == 1) ++record_.confirmed;
      if (count == 0) ++record_.lost, note(record_.lost_names, name);
    }
    if (count > 1) ++record_.duplicated, note(record_.duplicated_names, name);
  }
}

void AcknowledgedWrites::compare_last(std::uint64_t meter, const VirtualDevices& devices, const Entries& entries, const std::vector<std::string>& shown) {
  const RequestTemplate& request_template = devices.request_template(about_->step);
  const auto is_shown = [&](const LedgerEntry& entry) {
    const core::Decimal said(entry.reading, request_template.scale_of_reading());
    return std::any_of(shown.begin(), shown.end(), [&](const std::string& text) { return core::Decimal::parse(text) == said; });
  };
  const LedgerEntry* newest = nullptr;  // of the accepted
  for (const LedgerEntry& entry : entries) {
    if (entry.state == State::accepted && (newest == nullptr || entry.second >= newest->second)) newest = &entry;
    if (entry.state != State::unknown) continue;
    ++record_.unacknowledged;
    if (is_shown(entry)) ++record_.unacknowledged_confirmed;
  }
  if (newest == nullptr) return;
  ++record_.acknowledged;
  // One that got no reply may have been recorded after it.
  const bool stands = std::any_of(entries.begin(), entries.end(), [&](const LedgerEntry& one) { return one.second >= newest->second && is_shown(one); });
  if (stands) {
    ++record_.confirmed;
    return;
  }
  ++record_.lost;
  note(record_.lost_names, request_template.name_of(meter) + ": " + core::Decimal(newest->reading, request_template.scale_of_reading()).to_string() +
                               " was accepted, " + (shown.empty() ? "nothing" : shown.front()) + " is shown");
}

}  // namespace meterproof::loadgen
