// unlisted: FIELD or [FIELDS] — a value is not in the field's vocabulary.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class Unlisted final : public PerFieldWord {
 public:
  Unlisted() : PerFieldWord("unlisted", Parameters::fields) {}

  bool may_cover_missing() const override { return true; }

 private:
  std::string misfit_of(const FieldUse&, const Field& field) const override { return field.values.empty() ? "has no vocabulary (values:)" : ""; }
  bool at_fault(const FieldUse& use, const Field& field, const Value& value) const override {
    return value.empty() ? use.covers_missing : !listed(field, value);
  }
  /// Neighbours of the listed numbers that are not listed themselves: just outside, and in the gaps.
  std::vector<std::string> wrong_values(const FieldUse&, const Field& field) const override {
    constexpr std::size_t enough = 4;
    std::vector<std::string> out;
    const auto offer = [&](std::int64_t number) {
      const std::string text = std::to_string(number);
      const std::string raw = raw_value(field, text);
      const bool known = std::any_of(field.values.begin(), field.values.end(), [&](const spec::Choice& choice) { return choice.value == text; });
      if (!known && out.size() < enough && std::find(out.begin(), out.end(), raw) == out.end()) out.push_back(raw);
    };
    offer(-1);
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
  Text expected(const FieldUse&, const Field& field) const override {
    std::string zh, en;
    for (const spec::Choice& choice : field.values) {
      zh += (zh.empty() ? "" : "、") + choice.value + choice.label.zh;
      en += (en.empty() ? "" : ", ") + choice.value + " " + choice.label.en;
    }
    return {"应为 " + zh, "expected " + en};
  }
};

}  // namespace

const Word& unlisted() {
  static const Unlisted word;
  return word;
}

}  // namespace meterproof::rules
