// unlisted: FIELD or [FIELDS] — a value is not in the field's vocabulary.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class Unlisted final : public Word {
 public:
  Unlisted() : Word("unlisted", Parameters::fields) {}

  bool may_cover_missing() const override { return true; }

  std::string misfit(const Rule& rule, const Interface& interface) const override {
    for (const FieldUse& use : rule.uses)
      if (interface.request[use.field].values.empty()) return interface.request[use.field].name + " has no vocabulary (values:)";
    return {};
  }

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    return std::any_of(rule.uses.begin(), rule.uses.end(), [&](const FieldUse& use) { return at_fault(use, request); });
  }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    std::vector<Counterexample> out;
    for (const FieldUse& use : rule.uses) {
      const Field& field = control.interface->request[use.field];
      for (const std::string& stranger : strangers(field)) out.push_back(edited(*control.interface, use.field, raw_value(field, stranger)));
      if (use.covers_missing) append_empties(out, *control.interface, use.field);
    }
    return out;
  }

  Text explain(const Rule& rule, const Request& request) const override {
    for (const FieldUse& use : rule.uses) {
      if (!at_fault(use, request)) continue;
      const Field& field = request.interface->request[use.field];
      std::string zh, en;
      for (const spec::Choice& choice : field.values) {
        zh += (zh.empty() ? "" : "、") + choice.value + choice.label.zh;
        en += (en.empty() ? "" : ", ") + choice.value + " " + choice.label.en;
      }
      const std::string found = shown(field, request[use.field]);
      return {found + "，应为 " + zh, found + ", expected " + en};
    }
    return {};
  }

 private:
  static bool at_fault(const FieldUse& use, const Request& request) {
    const Value& value = request[use.field];
    if (value.empty()) return use.covers_missing;
    return !listed(request.interface->request[use.field], value);
  }

  /// Neighbours of the listed numbers that are not listed themselves: just outside, and in the gaps.
  static std::vector<std::string> strangers(const Field& field) {
    constexpr std::size_t enough = 4;
    std::vector<std::string> out;
    const auto offer = [&](std::int64_t number) {
      const std::string text = std::to_string(number);
      const bool known = std::any_of(field.values.begin(), field.values.end(), [&](const spec::Choice& choice) { return choice.value == text; });
      if (!known && out.size() < enough && std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
    };
    for (const spec::Choice& choice : field.values) {
      const auto number = spec::Decimal::parse(choice.value);
      const auto whole = number ? number->as_integer() : std::nullopt;
      if (!whole) continue;
      offer(*whole + 1);
      offer(*whole - 1);
    }
    offer(99);
    return out;
  }
};

}  // namespace

const Word& unlisted() {
  static const Unlisted word;
  return word;
}

}  // namespace meterproof::rules
