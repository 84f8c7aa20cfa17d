#include "loadgen/ledger.hpp"

#include <algorithm>

#include "spec/model/decimal.hpp"

namespace meterproof::load {

namespace {

constexpr std::size_t most_names = 100;

void note(std::vector<std::string>& names, const std::string& name) {
  if (names.size() < most_names) names.push_back(name);
}

}  // namespace

Ledger::Ledger(const spec::Reconciliation& about, std::string name) : about_(&about) { record_.name = std::move(name); }

void Ledger::sent(const Call& call) { entries_[call.meter].push_back({call.sequence, call.unique, call.reading, call.second, State::unknown}); }

Ledger::Entry* Ledger::find(const Call& call) {
  auto& entries = entries_[call.meter];
  const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const Entry& one) { return one.sequence == call.sequence; });
  return found == entries.rend() ? nullptr : &*found;
}

void Ledger::accepted(const Call& call) {
  Entry* entry = find(call);
  if (entry == nullptr) return;
  entry->state = State::accepted;
  // What the meter said in earlier seconds is of no matter any more. Within a second the paper's times tell no order.
  if (about_->kind == spec::Reconciliation::Kind::last)
    std::erase_if(entries_[call.meter], [&](const Entry& one) { return one.state == State::accepted && one.second < call.second; });
}

void Ledger::refused(const Call& call) {
  if (const Entry* entry = find(call); entry != nullptr) {
    auto& entries = entries_[call.meter];
    entries.erase(entries.begin() + (entry - entries.data()));
  }
}

std::vector<std::uint64_t> Ledger::meters() const {
  std::vector<std::uint64_t> out;
  for (const auto& [meter, entries] : entries_)
    if (!entries.empty()) out.push_back(meter);
  std::sort(out.begin(), out.end());
  return out;
}

void Ledger::compare(std::uint64_t meter, const Fleet& fleet, const std::vector<std::string>* shown) {
  const Entries& entries = entries_[meter];
  const bool last = about_->kind == spec::Reconciliation::Kind::last;
  if (shown != nullptr) return last ? compare_last(meter, fleet, entries, *shown) : compare_each(meter, fleet, entries, *shown);
  auto accepted = static_cast<std::uint64_t>(std::count_if(entries.begin(), entries.end(), [](const Entry& one) { return one.state == State::accepted; }));
  record_.unacknowledged += entries.size() - accepted;
  if (last) accepted = std::min<std::uint64_t>(accepted, 1);
  record_.acknowledged += accepted;
  record_.unasked += accepted;
}

void Ledger::compare_each(std::uint64_t meter, const Fleet& fleet, const Entries& entries, const std::vector<std::string>& shown) {
  const Caller& caller = fleet.caller(about_->play);
  for (const Entry& entry : entries) {
    Call call;
    call.meter = meter;
    call.unique = entry.unique;
    const std::string name = caller.text_of(about_->field, call);
    const auto count = std::count(shown.begin(), shown.end(), name);
    if (entry.state == State::unknown) {
      ++record_.unacknowledged;
      if (count > 0) ++record_.unacknowledged_standing;
    } else {
      ++record_.acknowledged;
      if (count == 1) ++record_.standing;
      if (count == 0) ++record_.lost, note(record_.lost_names, name);
    }
    if (count > 1) ++record_.doubled, note(record_.doubled_names, name);
  }
}

void Ledger::compare_last(std::uint64_t meter, const Fleet& fleet, const Entries& entries, const std::vector<std::string>& shown) {
  const Caller& caller = fleet.caller(about_->play);
  const auto is_shown = [&](const Entry& entry) {
    const spec::Decimal said(entry.reading, caller.scale_of_reading());
    return std::any_of(shown.begin(), shown.end(), [&](const std::string& text) { return spec::Decimal::parse(text) == said; });
  };
  const Entry* newest = nullptr;  // of the accepted
  for (const Entry& entry : entries) {
    if (entry.state == State::accepted && (newest == nullptr || entry.second >= newest->second)) newest = &entry;
    if (entry.state != State::unknown) continue;
    ++record_.unacknowledged;
    if (is_shown(entry)) ++record_.unacknowledged_standing;
  }
  if (newest == nullptr) return;
  ++record_.acknowledged;
  // One that got no reply may have been recorded after it.
  const bool stands = std::any_of(entries.begin(), entries.end(), [&](const Entry& one) { return one.second >= newest->second && is_shown(one); });
  if (stands) {
    ++record_.standing;
    return;
  }
  ++record_.lost;
  note(record_.lost_names, caller.name_of(meter) + ": " + spec::Decimal(newest->reading, caller.scale_of_reading()).to_string() + " was accepted, " +
                               (shown.empty() ? "nothing" : shown.front()) + " is shown");
}

}  // namespace meterproof::load
