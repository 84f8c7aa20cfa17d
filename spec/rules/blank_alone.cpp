// blank_alone: FIELD — the request's only key is this field, and it is blank.
#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class BlankAlone final : public Word {
 public:
  BlankAlone() : Word("blank_alone", Parameters::fields) {}

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    for (std::size_t i = 0; i < request.values.size(); ++i) {
      const bool given = request[i].kind != Value::Kind::absent;
      if (given != (i == rule.uses[0].field)) return false;
    }
    return request[rule.uses[0].field].empty();
  }

  // The request lacks everything else, too.
  bool is_answered_twice(const Rule& rule) const override { return !rule.others.empty(); }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    const std::size_t only = rule.uses[0].field;
    const auto alone = [&](const std::string& label, const std::string& raw) {
      Counterexample made{control.interface->request[only].name + "=" + label + " alone", {}};
      for (std::size_t i = 0; i < control.raw.size(); ++i) made.edits.emplace_back(i, i == only ? std::optional(raw) : std::nullopt);
      return made;
    };
    return {alone("\"\"", "\"\""), alone("blanks", "\"  \"")};
  }

  Text explain(const Rule& rule, const Request& request) const override {
    const std::string found = shown(field_of(rule, request), request[rule.uses[0].field]);
    return {"请求中只有 " + found, "the request has nothing but " + found};
  }
};

}  // namespace

const Word& blank_alone() {
  static const BlankAlone word;
  return word;
}

}  // namespace meterproof::rules
