// empty: FIELD or [FIELDS] — a field that must have a value has none.
#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class Empty final : public Word {
 public:
  Empty() : Word("empty", Parameters::fields) {}

  bool may_cover_missing() const override { return true; }

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    for (const FieldUse& use : rule.uses)
      if (request[use.field].empty()) return true;
    return false;
  }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    // Every way for every field of a short list. Of a long one (a price has eighteen) each field is left out, and the other
    // ways take turns: a target answers one request a second and appId.
    constexpr std::size_t short_list = 3;
    std::vector<Counterexample> out;
    for (std::size_t i = 0; i < rule.uses.size(); ++i) {
      std::vector<Counterexample> ways;
      append_empties(ways, *control.interface, rule.uses[i].field);
      if (rule.uses.size() > short_list) ways = {ways.front(), ways[1 + i % (ways.size() - 1)]};
      out.insert(out.end(), ways.begin(), ways.end());
    }
    return out;
  }

  Text explain(const Rule& rule, const Request& request) const override {
    for (const FieldUse& use : rule.uses) {
      if (!request[use.field].empty()) continue;
      const Field& field = request.interface->request[use.field];
      const std::string found = shown(field, request[use.field]);
      return {found + "，" + field.title.zh + "不能为空", found + ", a value is required"};
    }
    return {};
  }
};

}  // namespace

const Word& empty() {
  static const Empty word;
  return word;
}

}  // namespace meterproof::rules
