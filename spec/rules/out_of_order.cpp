// out_of_order: [FIRST, LAST] — the first date is after the last.
#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class OutOfOrder final : public Word {
 public:
  OutOfOrder() : Word("out_of_order", Parameters::pair) {}

  std::string misfit(const Rule& rule, const Interface& interface) const override {
    for (const FieldUse& use : rule.uses)
      if (interface.request[use.field].format != spec::Format::date) return interface.request[use.field].name + " is no date (format: date)";
    return {};
  }

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    const auto first = spec::DateTime::parse_date(request[rule.uses[0].field].text);
    const auto last = spec::DateTime::parse_date(request[rule.uses[1].field].text);
    return first && last && *first > *last;
  }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    const std::size_t begin = rule.uses[0].field;
    // The control's own last day, out of its quotes.
    const std::string raw = control.raw[rule.uses[1].field].value_or("");
    const auto last = raw.size() > 2 ? spec::DateTime::parse_date(raw.substr(1, raw.size() - 2)) : std::nullopt;
    if (!last) return {};
    const auto days_after = [&](int days, const std::string& label) {
      return Counterexample{control.interface->request[begin].name + "=" + label,
                            {{begin, spec::quoted((*last + std::chrono::hours(24 * days)).date_string())}}};
    };
    return {days_after(1, "a day after"), days_after(366, "a year after")};
  }

  Text explain(const Rule& rule, const Request& request) const override {
    const std::string found = shown(field_of(rule, request, 0), request[rule.uses[0].field]);
    const std::string other = shown(field_of(rule, request, 1), request[rule.uses[1].field]);
    return {found + " 晚于 " + other, found + " is after " + other};
  }
};

}  // namespace

const Word& out_of_order() {
  static const OutOfOrder word;
  return word;
}

}  // namespace meterproof::rules
