// unknown: FIELD — no row has the key that the field refers to.
#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

std::optional<std::size_t> table_of(const Field& field) { return field.refers ? field.refers : field.names; }

class Unknown final : public Word {
 public:
  Unknown() : Word("unknown", Parameters::fields) {}

  std::string misfit(const Rule& rule, const Interface& interface) const override {
    for (const FieldUse& use : rule.uses)
      if (!table_of(interface.request[use.field])) return interface.request[use.field].name + " refers to no table (refers: or names:)";
    return {};
  }

  bool sees(const Rule& rule, const Request& request, const Facts& facts) const override {
    const Value& value = request[rule.uses[0].field];
    return !value.empty() && !facts.exists(*table_of(field_of(rule, request)), value.text);
  }

  std::vector<Safe> safe_where(const Rule& rule, const Interface&) const override { return {{rule.uses[0].field, sort::empty}}; }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene& scene) const override {
    const std::size_t field = rule.uses[0].field;
    const Field& about = control.interface->request[field];
    const std::size_t table = *table_of(about);
    std::vector<Counterexample> out;
    out.push_back({about.name + "=unknown", {{field, raw_value(about, scene.unknown(table))}}});
    const std::string known = scene.existing(table);
    if (known.size() < 2) return out;
    out.push_back({about.name + "=a digit more", {{field, raw_value(about, known + "0")}}});
    out.push_back({about.name + "=a digit less", {{field, raw_value(about, known.substr(0, known.size() - 1))}}});
    return out;
  }

  Text explain(const Rule& rule, const Request& request) const override {
    const Field& field = field_of(rule, request);
    const std::string found = shown(field, request[rule.uses[0].field]);
    return {found + "，" + field.title.zh + "未建档", found + ", no such " + field.title.en};
  }
};

}  // namespace

const Word& unknown() {
  static const Unknown word;
  return word;
}

}  // namespace meterproof::rules
