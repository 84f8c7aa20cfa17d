// empty: FIELD or [FIELDS] — a field that must have a value has none.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class Empty final : public PerFieldWord {
 public:
  Empty() : PerFieldWord("empty", Parameters::fields) {}

  bool may_cover_missing() const override { return true; }

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

 private:
  bool at_fault(const FieldUse&, const Field&, const Value& value) const override { return value.empty(); }
  Sorts safe_sorts(const FieldUse&, const Field&) const override { return sort::given; }
  std::vector<std::string> wrong_values(const FieldUse&, const Field&) const override { return {}; }
  Text expected(const FieldUse&, const Field& field) const override { return {field.title.zh + "不能为空", "a value is required"}; }
};

}  // namespace

const Word& empty() {
  static const Empty word;
  return word;
}

}  // namespace meterproof::rules
