// taken: FIELD — a row of that key exists already.
#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class Taken final : public Word {
 public:
  Taken() : Word("taken", Parameters::fields) {}

  std::string misfit(const Rule& rule, const Interface& interface) const override {
    const Field& field = interface.request[rule.uses[0].field];
    return field.names ? std::string() : field.name + " names no row of a table (names:)";
  }

  bool sees(const Rule& rule, const Request& request, const Facts& facts) const override {
    const Value& value = request[rule.uses[0].field];
    return !value.empty() && facts.exists(*field_of(rule, request).names, value.text);
  }

  std::vector<Safe> safe_where(const Rule& rule, const Interface&) const override { return {{rule.uses[0].field, sort::empty}}; }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene& scene) const override {
    const std::size_t field = rule.uses[0].field;
    const Field& about = control.interface->request[field];
    return {{about.name + "=taken", {{field, raw_value(about, scene.existing(*about.names))}}}};
  }

  Text explain(const Rule& rule, const Request& request) const override {
    const std::string found = shown(field_of(rule, request), request[rule.uses[0].field]);
    return {found + " 已存在", found + " exists already"};
  }
};

}  // namespace

const Word& taken() {
  static const Taken word;
  return word;
}

}  // namespace meterproof::rules
