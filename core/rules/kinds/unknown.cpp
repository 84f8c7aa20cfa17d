// SPDX-License-Identifier: Apache-2.0
// unknown: FIELD — no row has the key that the field refers to.
#include <cctype>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

constexpr const char* no_row = "unknown";
constexpr const char* digit_more = "digit-more";
constexpr const char* digit_less = "digit-less";
constexpr const char* other_beginning = "other-beginning";

/// Another digit or letter in the first place; nothing where the key begins with neither.
std::optional<std::string> with_other_beginning(std::string key) {
  char& first = key.front();
  if (std::isalnum(static_cast<unsigned char>(first)) == 0) return std::nullopt;
  // As far from the end of its kind as it is from the beginning.
  const auto mirrored = [&](char begin, char end) { return static_cast<char>(begin + (end - first)); };
  first = first <= '9' ? mirrored('0', '9') : first <= 'Z' ? mirrored('A', 'Z') : mirrored('a', 'z');
  return key;
}

std::optional<std::size_t> table_of(const Field& field) { return field.refers ? field.refers : field.names; }

class Unknown final : public RuleKind {
 public:
  Unknown() : RuleKind("unknown", OperandShape::field) {}

  std::optional<LocalizedText> validate(const Rule& rule, const Interface& interface) const override {
    for (const RuleOperand& operand : rule.operands)
      if (const Field& field = interface.request[operand.field]; !table_of(field))
        return about(field, {"未引用任何表（refers: 或 names:）", "refers to no table (refers: or names:)"});
    return std::nullopt;
  }

  bool matches(const Rule& rule, const Request& request, const DataLookup& data) const override {
    const Value& value = request[rule.operands[0].field];
    return !value.empty() && !data.exists(*table_of(field_of(rule, request)), value.text);
  }

  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface&) const override { return {{rule.operands[0].field, value_class::empty}}; }

  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override {
    const std::vector<std::size_t> about = {rule.operands[0].field};
    std::vector<Variation> out = {variation_of(interface, about, no_row, {"不存在", "is a key that no row has"}),
                                  variation_of(interface, about, digit_more, {"比已有的键多一位", "is an existing key with a digit more"}),
                                  variation_of(interface, about, digit_less, {"比已有的键少一位", "is an existing key with a digit less"}),
                                  variation_of(interface, about, other_beginning, {"与已有的键仅首位不同", "is an existing key with another beginning"})};
    out.back().is_rare = true;
    return out;
  }

  std::optional<Edits> make(const Rule& rule, std::string_view slug, const RequestBuilder& control, FixtureProvider& fixtures) const override {
    const std::size_t field = rule.operands[0].field;
    const Field& about = control.interface->request[field];
    const std::size_t table = *table_of(about);
    const auto edit = [&](const std::string& key) { return Edits{{field, raw_value(about, key)}}; };
    if (slug.ends_with(no_row)) return edit(fixtures.unused_key(table));
    const std::string known = fixtures.existing_row(table);
    if (known.size() < 2) return std::nullopt;
    if (slug.ends_with(other_beginning)) {
      const auto other = with_other_beginning(known);
      return other ? std::optional(edit(*other)) : std::nullopt;
    }
    return edit(slug.ends_with(digit_more) ? known + "0" : known.substr(0, known.size() - 1));
  }

  /// It may be no key of a form that the server knows. One that differs from a known key in length is none for a server that wants a fixed length, and one with
  /// another beginning none where that says whose it is.
  Leniency leniency(const Rule&, const Interface&, const Variation& variation, bool) const override {
    const bool differs = !variation.slug.ends_with(no_row);
    return {.unparsable = differs, .unknown_form = !differs};
  }

  bool answers_unknown_row() const override { return true; }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const Field& field = field_of(rule, request);
    const LocalizedText found = shown(field, request[rule.operands[0].field]);
    return {found.zh + "，" + field.title.zh + "未建档", found.en + ", no such " + field.title.en};
  }
};

}  // namespace

const RuleKind& unknown() {
  static const Unknown kind;
  return kind;
}

}  // namespace meterproof::rules
