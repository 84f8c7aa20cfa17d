// SPDX-License-Identifier: Apache-2.0
#include "core/loader/meter_loader.hpp"

#include <algorithm>

#include "core/loader/section_readers.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::loader {

using core::Decimal;
using core::FieldBehaviour;
using core::Interface;
using core::MeterBehaviour;
using core::Spec;
using Kind = FieldBehaviour::Kind;

namespace {

class MeterReader {
 public:
  MeterReader(const Spec& spec, MeterBehaviour& out) : spec_(spec), out_(out) {}

  void read(const YamlNode& root) {
    root.allow_keys({"contact", "meter", "where", "every", "at", "within", "out_of_reach", "expires", "seed", "values", "reported", "answered"});
    const auto contact = root.require("contact");
    const auto interface = contact ? find_interface(*contact, spec_) : std::nullopt;
    const auto meter = root.require("meter");
    if (!interface || !meter) return;
    out_.interface = *interface;
    const Interface& of = spec_.interfaces[*interface];
    const auto field = find_field(of.request, *meter, i18n::verbatim(of.name));
    if (!field) return;
    out_.meter = *field;
    if (!of.request[*field].refers) return meter->fail(msg<"spec.no-key-of-field">(of.request[*field].name));
    out_.table = *of.request[*field].refers;
    read_condition(root.get("where"), out_.where);
    read_condition(root.get("reported"), out_.reported);
    if (const auto answered = root.get("answered")) read_answered(*answered, of);
    out_.every = span(root, "every", std::chrono::seconds(1));
    out_.at = span(root, "at", std::chrono::seconds(0), out_.every);
    out_.within = span(root, "within", std::chrono::seconds(1), out_.every);
    out_.expires = span(root, "expires", std::chrono::seconds(1));
    if (const auto share = root.get("out_of_reach")) out_.out_of_reach = number(*share, 0, 1);
    if (const auto seed = root.get("seed")) out_.seed = static_cast<std::uint64_t>(seed->integer(0, 1'000'000'000).value_or(0));
    read_values(root, of);
  }

 private:
  const core::Table& table() const { return spec_.tables[out_.table]; }

  void read_condition(const std::optional<YamlNode>& at, std::vector<std::pair<std::size_t, std::string>>& to) const {
    if (!at) return;
    for (const auto& [name, value] : at->members())
      if (const auto column = find_column(table(), name)) to.emplace_back(*column, value.text());
  }

  void read_answered(const YamlNode& at, const Interface& of) {
    for (const auto& [name, value] : at.members()) {
      core::AnsweredColumn one;
      const auto column = find_column(table(), name);
      if (value.is_map()) value.allow_keys({"field", "to"});
      const auto named = value.is_map() ? value.require("field") : std::optional(value);
      const auto field = named ? find_field(of.reply, *named, msg<"spec.reply-of">(of.name)) : std::nullopt;
      if (!column || !field) continue;
      one.column = *column;
      one.field = *field;
      if (const auto to = value.is_map() ? value.get("to") : std::nullopt)
        for (const auto& [from, into] : to->members()) one.to.emplace_back(from.text(), into.text());
      out_.answered.push_back(std::move(one));
    }
  }

  static std::chrono::seconds span(const YamlNode& root, std::string_view key, std::chrono::seconds least,
                                   std::chrono::seconds most = std::chrono::hours(24 * 366 * 100)) {
    const auto node = root.require(key);
    if (!node) return most;
    const auto found = core::parse_span(node->text());
    if (!found) node->fail(msg<"file.expected">("90s, 15m, 12h, 31d"));
    else if (*found < least || *found > most) node->fail(msg<"file.outside">(node->text(), least.count(), most.count()));
    return found.value_or(most);
  }

  static double number(const YamlNode& at, double low, double high) {
    const double out = at.number().value_or(low);
    if (!(out >= low && out <= high)) at.fail(msg<"file.outside">(at.text(), std::to_string(static_cast<int>(low)), std::to_string(static_cast<int>(high))));
    return out;
  }

  static Decimal decimal(const YamlNode& at) {
    const auto out = Decimal::parse(at.text());
    if (!out) at.fail(msg<"file.not-a-number">(at.text()));
    return out.value_or(Decimal());
  }

  void read_values(const YamlNode& root, const Interface& of) {
    out_.fields.resize(of.request.size());
    // What is not said stays as the meter has it.
    for (std::size_t i = 0; i < of.request.size(); ++i)
      if (const auto column = table().column(of.request[i].name)) {
        out_.fields[i].kind = Kind::kept;
        out_.fields[i].column = *column;
      }
    const auto values = root.get("values");
    if (!values) return;
    for (const auto& [name, value] : values->members())
      if (const auto field = find_field(of.request, name, i18n::verbatim(of.name))) read_value(name, value, of, *field);
  }

  void read_value(const YamlNode& name, const YamlNode& value, const Interface& of, std::size_t field) {
    FieldBehaviour& out = out_.fields[field];
    if (!value.is_map()) {
      out.kind = value.text() == "now" ? Kind::now : Kind::constant;
      out.text = value.text();
      return;
    }
    const auto members = value.members();
    const std::string word = members.empty() ? std::string() : members[0].first.text();
    const auto another_field = [&](const YamlNode& at) { return find_field(of.request, at, i18n::verbatim(of.name)).value_or(0); };
    if (word == "grows" || word == "falls") {
      value.allow_keys({word, "scale", "from", "unless"});
      if (out.kind != Kind::kept) name.fail(msg<"meters.no-column">(table().name, name.text(), name.text()));
      out.kind = word == "grows" ? Kind::grows : Kind::falls;
      range(value, members[0].second, out);
      if (const auto from = value.get("from")) out.from = decimal(*from);
      if (const auto unless = value.get("unless"); unless && unless->members().size() == 1) {
        const auto [column_name, wanted] = unless->members()[0];
        if (const auto column = find_column(table(), column_name)) out.unless = {*column, wanted.text()};
      }
    } else if (word == "between") {
      value.allow_keys({word, "scale"});
      out.kind = Kind::between;
      range(value, members[0].second, out);
    } else if (word == "column") {
      value.allow_keys({word});
      out.kind = Kind::kept;
      out.column = find_column(table(), members[0].second).value_or(0);
    } else if (word == "growth_of") {
      value.allow_keys({word});
      out.kind = Kind::growth_of;
      out.of = another_field(members[0].second);
      if (out.of >= field) members[0].second.fail(msg<"file.expected">("A FIELD BEFORE " + name.text()));
    } else if (word == "field") {
      value.allow_keys({word, "below", "then", "else"});
      out.kind = Kind::below;
      out.of = another_field(members[0].second);
      if (out.of >= field) members[0].second.fail(msg<"file.expected">("A FIELD BEFORE " + name.text()));
      if (const auto bound = value.require("below")) out.low = decimal(*bound);
      if (const auto then = value.require("then")) out.text = then->text();
      if (const auto otherwise = value.require("else")) out.otherwise = otherwise->text();
    } else {
      const std::vector<std::string> known = {"grows", "falls", "between", "column", "growth_of", "field"};
      value.fail(msg<"spec.unknown-operation">(word), core::suggestion(word, known));
    }
  }

  /// [LOW, HIGH] with `scale` places.
  static void range(const YamlNode& value, const YamlNode& at, FieldBehaviour& out) {
    if (const auto scale = value.get("scale")) out.scale = static_cast<int>(scale->integer(0, 6).value_or(0));
    const auto items = at.items();
    if (items.size() != 2) return at.fail(msg<"file.expected">("[LOW, HIGH]"));
    out.low = decimal(items[0]);
    out.high = decimal(items[1]);
    if (out.high < out.low) at.fail(msg<"file.expected">("[LOW, HIGH]"));
  }

  const Spec& spec_;
  MeterBehaviour& out_;
};

}  // namespace

core::Result<MeterBehaviour> load_meters(const Spec& spec, const std::string& path) {
  std::vector<core::Diagnostic> problems;
  const auto root = open(path, path, problems);
  if (!root) return problems;
  MeterBehaviour out;
  MeterReader(spec, out).read(*root);
  if (!problems.empty()) return problems;
  return out;
}

}  // namespace meterproof::loader
