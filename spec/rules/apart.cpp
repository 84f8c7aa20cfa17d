// apart: [FIELD, FIELD] — two rows that exist, but do not belong together.
#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class Apart final : public Word {
 public:
  Apart() : Word("apart", Parameters::pair) {}

  std::string misfit(const Rule& rule, const Interface& interface) const override {
    for (const FieldUse& use : rule.uses)
      if (!interface.request[use.field].refers) return interface.request[use.field].name + " refers to no table (refers:)";
    return {};
  }

  bool sees(const Rule& rule, const Request& request, const Facts& facts) const override {
    const Value& first = request[rule.uses[0].field];
    const Value& second = request[rule.uses[1].field];
    if (first.empty() || second.empty()) return false;
    return !facts.belong_together(*field_of(rule, request, 0).refers, first.text, *field_of(rule, request, 1).refers, second.text);
  }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene& scene) const override {
    const std::size_t field = rule.uses[1].field;
    const Field& about = control.interface->request[field];
    return {{about.name + "=another's", {{field, raw_value(about, scene.another(*about.refers))}}}};
  }

  Text explain(const Rule& rule, const Request& request) const override {
    const std::string first = shown(field_of(rule, request, 0), request[rule.uses[0].field]);
    const std::string second = shown(field_of(rule, request, 1), request[rule.uses[1].field]);
    return {first + " 与 " + second + " 不匹配", first + " and " + second + " do not belong together"};
  }
};

}  // namespace

const Word& apart() {
  static const Apart word;
  return word;
}

}  // namespace meterproof::rules
