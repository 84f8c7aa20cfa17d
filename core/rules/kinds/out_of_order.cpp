// SPDX-License-Identifier: Apache-2.0
// out_of_order: [FIRST, LAST] — the first date is after the last.
#include "core/rules/rule_kind.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::rules {
namespace {

struct Distance {
  int days;
  const char *slug, *zh, *en;
};
constexpr Distance distances[] = {{1, "day-after", "一天", "a day"}, {366, "year-after", "一年", "a year"}};

class OutOfOrder final : public RuleKind {
 public:
  OutOfOrder() : RuleKind("out_of_order", OperandShape::pair) {}

  std::optional<LocalizedText> validate(const Rule& rule, const Interface& interface) const override {
    for (const RuleOperand& operand : rule.operands)
      if (const Field& field = interface.request[operand.field]; field.format != core::Format::date)
        return about(field, {"不是日期（format: date）", "is not a date (format: date)"});
    return std::nullopt;
  }

  bool orders_its_operands() const override { return true; }

  bool matches(const Rule& rule, const Request& request, const DataLookup&) const override {
    const auto first = core::DateTime::parse_date(request[rule.operands[0].field].text);
    const auto last = core::DateTime::parse_date(request[rule.operands[1].field].text);
    return first && last && *first > *last;
  }

  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override {
    const std::string& last = interface.request[rule.operands[1].field].name;
    std::vector<Variation> out;
    for (const Distance& one : distances)
      out.push_back(
          variation_of(interface, {rule.operands[0].field}, one.slug, {"比 " + last + " 晚" + one.zh, "is " + std::string(one.en) + " after " + last}));
    return out;
  }

  std::optional<Edits> make(const Rule& rule, std::string_view slug, const RequestBuilder& control, FixtureProvider&) const override {
    // The valid request's own last day, out of its quotes.
    const std::string raw = control.raw[rule.operands[1].field].value_or("");
    const auto last = raw.size() > 2 ? core::DateTime::parse_date(raw.substr(1, raw.size() - 2)) : std::nullopt;
    if (!last) return std::nullopt;
    const auto dated = [&](std::size_t operand, core::DateTime day) { return std::pair(rule.operands[operand].field, core::quoted(day.date_string())); };
    for (const Distance& one : distances) {
      if (!slug.ends_with(one.slug)) continue;
      const core::DateTime first = *last + std::chrono::hours(24 * one.days);
      // A day that begins another month is after the last by its month alone.
      if (one.days > 1 || first.day().month() == last->day().month()) return Edits{dated(0, first)};
      return Edits{dated(0, *last), dated(1, *last + std::chrono::hours(-24 * one.days))};
    }
    return std::nullopt;
  }

  std::vector<RuleMutation> mutations(const Rule& rule, const Interface& interface) const override {
    return {{interface.request[rule.operands[0].field].name + "/the-other-way",
             {"要求第一个日期晚于第二个", "wants the first date after the last"},
             mutation_category::bound,
             [](Interface&, Rule& broken) { std::swap(broken.operands[0], broken.operands[1]); }}};
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const LocalizedText found = shown(field_of(rule, request, 0), request[rule.operands[0].field]);
    const LocalizedText other = shown(field_of(rule, request, 1), request[rule.operands[1].field]);
    return {found.zh + " 晚于 " + other.zh, found.en + " is after " + other.en};
  }
};

}  // namespace

const RuleKind& out_of_order() {
  static const OutOfOrder kind;
  return kind;
}

}  // namespace meterproof::rules
