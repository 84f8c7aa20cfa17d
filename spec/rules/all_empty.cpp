// all_empty: [FIELDS] — at least one of the fields must have a value, and none has.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class AllEmpty final : public Word {
 public:
  AllEmpty() : Word("all_empty", Parameters::fields) {}

  bool may_cover_missing() const override { return true; }

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    return std::all_of(rule.uses.begin(), rule.uses.end(), [&](const FieldUse& use) { return request[use.field].empty(); });
  }

  std::vector<Safe> safe_where(const Rule& rule, const Interface&) const override { return {{rule.uses[0].field, sort::given}}; }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    std::string names;
    for (const FieldUse& use : rule.uses) names += (names.empty() ? "" : "+") + control.interface->request[use.field].name;
    const auto all = [&](const std::string& label, const std::optional<std::string>& raw) {
      Counterexample made{names + "=" + label, {}};
      for (const FieldUse& use : rule.uses) made.edits.emplace_back(use.field, raw);
      return made;
    };
    return {all("missing", std::nullopt), all("null", "null"), all("\"\"", "\"\""), all("blanks", "\"  \"")};
  }

  Text explain(const Rule& rule, const Request& request) const override {
    std::string found;
    for (const FieldUse& use : rule.uses) found += (found.empty() ? "" : ", ") + shown(request.interface->request[use.field], request[use.field]);
    return {found + "，至少填写一项", found + ", at least one of them is required"};
  }
};

}  // namespace

const Word& all_empty() {
  static const AllEmpty word;
  return word;
}

}  // namespace meterproof::rules
