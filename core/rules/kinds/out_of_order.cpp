// out_of_order: [FIRST, LAST] — the first date is after the last.
#include "core/rules/rule_kind.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::rules {
namespace {

class OutOfOrder final : public RuleKind {
 public:
  OutOfOrder() : RuleKind("out_of_order", OperandShape::pair) {}

  std::string validate(const Rule& rule, const Interface& interface) const override {
    for (const RuleOperand& operand : rule.operands)
      if (interface.request[operand.field].format != core::Format::date) return interface.request[operand.field].name + " is no date (format: date)";
    return {};
  }

  bool matches(const Rule& rule, const Request& request, const DataLookup&) const override {
    const auto first = core::DateTime::parse_date(request[rule.operands[0].field].text);
    const auto last = core::DateTime::parse_date(request[rule.operands[1].field].text);
    return first && last && *first > *last;
  }

  std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider&) const override {
    const std::size_t begin = rule.operands[0].field;
    // The control's own last day, out of its quotes.
    const std::string raw = control.raw[rule.operands[1].field].value_or("");
    const auto last = raw.size() > 2 ? core::DateTime::parse_date(raw.substr(1, raw.size() - 2)) : std::nullopt;
    if (!last) return {};
    const auto days_after = [&](int days, const std::string& label) {
      return Counterexample{control.interface->request[begin].name + "=" + label,
                            {{begin, core::quoted((*last + std::chrono::hours(24 * days)).date_string())}}};
    };
    return {days_after(1, "a day after"), days_after(366, "a year after")};
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const std::string found = shown(field_of(rule, request, 0), request[rule.operands[0].field]);
    const std::string other = shown(field_of(rule, request, 1), request[rule.operands[1].field]);
    return {found + " 晚于 " + other, found + " is after " + other};
  }
};

}  // namespace

const RuleKind& out_of_order() {
  static const OutOfOrder word;
  return word;
}

}  // namespace meterproof::rules
