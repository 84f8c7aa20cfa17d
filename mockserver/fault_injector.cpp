// SPDX-License-Identifier: Apache-2.0
#include "mockserver/fault_injector.hpp"

#include <algorithm>
#include <utility>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/text/text.hpp"

namespace meterproof::mockserver {

using i18n::msg;

namespace {

const std::vector<std::pair<std::string, FaultKind>> other_kinds = {
    {"wrong_code", FaultKind::wrong_code}, {"status", FaultKind::status},       {"delay", FaultKind::delay},
    {"reset", FaultKind::reset},           {"close", FaultKind::close},         {"hang", FaultKind::hang},
    {"garbage", FaultKind::garbage},       {"truncated", FaultKind::truncated}, {"drip", FaultKind::drip}};

/// Empty, or why no request can ever have such values: a field that no interface in question has.
i18n::Message why_unmatched(const core::Spec& spec, const InjectedFault& fault) {
  std::vector<std::string> names;
  for (const core::Interface& interface : spec.interfaces) {
    if (fault.interface != "*" && fault.interface != interface.name) continue;
    for (const core::Field& field : interface.request) names.push_back(field.name);
  }
  for (const auto& [field, value] : fault.where)
    if (std::find(names.begin(), names.end(), field) == names.end()) return msg<"admin.no-field">(field, core::suggestion(field, names));
  return {};
}

/// Whether a field has that value, whatever the JSON type of either: a number counts by its value, a text by its characters.
bool has_value(const core::Field& field, const core::Value& value, const std::string& wanted) {
  if (field.type == core::Type::text) return value.is(wanted);
  const auto given = value.decimal(), number = core::Decimal::parse_rounded(core::trimmed(wanted));
  return given && number && *given == *number;
}

bool matches(const InjectedFault& fault, const core::Request& request, std::string_view app_id) {
  if (fault.interface != "*" && fault.interface != request.interface->name) return false;
  if (fault.app_id && *fault.app_id != app_id) return false;
  return std::all_of(fault.where.begin(), fault.where.end(), [&](const auto& one) {
    const auto field = request.interface->field(one.first);
    return field && *field < request.values.size() && has_value(request.interface->request[*field], request[*field], one.second);
  });
}

}  // namespace

std::vector<std::string> fault_kinds(const core::Spec& spec) {
  std::vector<std::string> kinds = spec.injectable_faults();
  for (const auto& [name, kind] : other_kinds) kinds.push_back(name);
  return kinds;
}

namespace {

/// Sets what its kind means to that spec. Empty, or what is wrong with it.
i18n::Message settle(const core::Spec& spec, InjectedFault& fault) {
  const auto known = std::find_if(other_kinds.begin(), other_kinds.end(), [&](const auto& one) { return one.first == fault.kind; });
  if (const core::ResultRow* row = spec.injected_by(fault.kind)) {
    fault.what = FaultKind::answer;
    fault.code = row->code;
  } else if (known != other_kinds.end()) {
    fault.what = known->second;
  } else {
    return msg<"admin.unknown-kind">(fault.kind, core::suggestion(fault.kind, fault_kinds(spec)));
  }
  if (fault.interface != "*" && spec.interface(fault.interface) == nullptr)
    return msg<"admin.unknown-interface">(fault.interface, core::suggestion(fault.interface, spec.interface_names()));
  if (!(fault.probability >= 0 && fault.probability <= 1)) return msg<"admin.probability">();
  if (fault.status < 300 || fault.status > 599) return msg<"admin.status">();
  if (fault.delay < std::chrono::milliseconds(0) || fault.delay > std::chrono::hours(1)) return msg<"admin.delay">();
  return why_unmatched(spec, fault);
}

}  // namespace

void FaultInjector::renew(const core::Spec& spec) {
  std::erase_if(active_, [&](InjectedFault& fault) { return !settle(spec, fault).empty(); });
}

i18n::Message FaultInjector::add(const core::Spec& spec, InjectedFault fault) {
  if (i18n::Message why = settle(spec, fault); !why.empty()) return why;
  drop_used_up();
  constexpr std::size_t most = 1000;
  if (active_.size() >= most) return msg<"admin.too-many-faults">(most);
  fault.id = "f" + std::to_string(++added_);
  fault.chance.seed(fault.seed);
  active_.push_back(std::move(fault));
  return {};
}

const std::vector<InjectedFault>& FaultInjector::active() {
  drop_used_up();
  return active_;
}

void FaultInjector::drop_used_up() {
  std::erase_if(active_, [](const InjectedFault& fault) { return fault.times && fault.hits >= *fault.times; });
}

bool FaultInjector::remove(std::string_view id) {
  return std::erase_if(active_, [&](const InjectedFault& fault) { return fault.id == id; }) > 0;
}

const InjectedFault* FaultInjector::next_fault_for(const core::Request& request, std::string_view app_id, bool refused) {
  for (InjectedFault& fault : active_) {
    if (!matches(fault, request, app_id)) continue;
    if (refused && (fault.what == FaultKind::answer || fault.what == FaultKind::wrong_code)) continue;
    if (fault.times && fault.hits >= *fault.times) continue;
    if (fault.passed < fault.after) {
      ++fault.passed;
      continue;
    }
    if (fault.probability < 1 && std::uniform_real_distribution<>(0, 1)(fault.chance) >= fault.probability) continue;
    ++fault.hits;
    return &fault;
  }
  return nullptr;
}

}  // namespace meterproof::mockserver
