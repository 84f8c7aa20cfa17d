// SPDX-License-Identifier: Apache-2.0
#include "core/loader/plan_loader.hpp"

#include "core/decimal/decimal.hpp"
#include "core/loader/section_readers.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::loader {

using core::CallStep;
using core::Interface;
using core::Spec;

namespace {

std::chrono::seconds span(const YamlNode& at, std::chrono::seconds least) {
  const auto found = core::parse_span(at.text());
  if (!found || *found < least) at.fail(msg<"file.expected">("90s, 15m, 12h, 31d"));
  return found.value_or(least);
}

core::OwnChange read_own(const YamlNode& at, const Spec& spec) {
  at.allow_keys({"in", "key", "set", "add"});
  core::OwnChange out;
  const auto in = at.require("in"), key = at.require("key");
  const auto table = in ? find_table(spec, *in) : std::nullopt;
  if (!table || !key) return out;
  out.table = *table;
  out.key = key->text();
  const auto read = [&](std::string_view name, std::vector<std::pair<std::size_t, std::string>>& to, bool is_number) {
    const auto values = at.get(name);
    if (!values) return;
    for (const auto& [column_name, value] : values->members()) {
      const auto column = find_column(spec.tables[*table], column_name);
      if (!column) continue;
      to.emplace_back(*column, value.text());
      if (is_number && !core::Decimal::parse(value.text())) value.fail(msg<"file.not-a-number">(value.text()));
    }
  };
  read("set", out.set, false);
  read("add", out.add, true);
  return out;
}

CallStep read_step(const YamlNode& at, const Spec& spec) {
  at.allow_keys({"first", "every", "last", "call", "variant", "with", "compare", "own"});
  CallStep out;
  if (const auto first = at.require("first")) out.first = span(*first, std::chrono::seconds(0));
  if (const auto every = at.get("every")) out.every = span(*every, std::chrono::seconds(1));
  if (const auto last = at.get("last")) out.last = span(*last, std::chrono::seconds(0));
  if (const auto own = at.get("own")) {
    out.own = read_own(*own, spec);
    return out;
  }
  const auto call = at.require("call");
  out.interface = call ? find_interface(*call, spec) : std::nullopt;
  if (!out.interface) return out;
  const Interface& interface = spec.interfaces[*out.interface];
  if (const auto variant = at.get("variant")) out.variant = find_variant(interface, *variant).value_or(0);
  if (const auto with = at.get("with"))
    for (const auto& [name, value] : with->members())
      if (const auto field = find_field(interface.request, name, i18n::verbatim(interface.name))) out.with.emplace_back(*field, value.text());
  out.compares = at.as_bool("compare");
  return out;
}

}  // namespace

core::Result<core::CallPlan> load_plan(const Spec& spec, const std::string& path) {
  std::vector<core::Diagnostic> problems;
  const auto root = open(path, path, problems);
  if (!root) return problems;
  root->allow_keys({"steps"});
  core::CallPlan out;
  if (const auto steps = root->require("steps"))
    for (const YamlNode& item : steps->items()) out.steps.push_back(read_step(item, spec));
  if (!problems.empty()) return problems;
  return out;
}

}  // namespace meterproof::loader
