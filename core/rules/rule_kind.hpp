// SPDX-License-Identifier: Apache-2.0
// A kind of rule: it finds requests that break the rule, and makes them from valid ones.
// A dozen kinds cover every line of the specification's code tables. Each says everything about itself in one file, kinds/NAME.cpp, and
// has one line in rule_kinds.inc; only code that reads or prints YAML asks for a kind's name. Kinds have no state: threads may share them.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/request.hpp"

namespace meterproof::rules {

using core::Field;
using core::Interface;
using core::LocalizedText;
using core::Request;
using core::RequestBuilder;
using core::Rule;
using core::RuleOperand;
using core::Value;

/// What is known of the rows that exist, where a request is judged. Tables and columns are indices of the spec's.
class DataLookup {
 public:
  virtual ~DataLookup() = default;
  virtual bool exists(std::size_t table, std::string_view key) const = 0;
  /// Whether one of the two rows refers to the other.
  virtual bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const = 0;
  virtual bool in_state(std::size_t table, std::string_view key, const core::State& state) const = 0;
};

/// Keys of rows that a test has made or was told of. "" where there is none.
class FixtureProvider {
 public:
  virtual ~FixtureProvider() = default;
  virtual std::string existing_row(std::size_t table) = 0;   // the valid request's own row
  virtual std::string unrelated_row(std::size_t table) = 0;  // a row that has nothing to do with the valid request's
  virtual std::string unused_key(std::size_t table) = 0;     // a key that no row has
  virtual std::string in_state(std::size_t table, const core::State& state) = 0;
};

/// One way to break a rule, known without a server.
struct Variation {
  std::string slug;               // unique within the rule: "money-zero", "user-code-meter-addr-missing"
  LocalizedText description;      // follows a requirement: {"Money 为 0", "Money is 0"}
  std::size_t field = 0;          // the field that is changed (the first of several)
  bool is_of_other_type = false;  // a fraction where a whole number belongs: it is malformed as well
  bool is_rare = false;           // few servers get it wrong: tried where there is time for it
};

/// Fields of a valid request to be changed: raw JSON by field; nothing leaves the field out.
using Edits = std::vector<std::pair<std::size_t, std::optional<std::string>>>;

/// Answers other than the rule's own that are as good for one variation.
struct Leniency {
  bool success = false;
  bool unparsable = false;    // the code of a body that cannot be parsed
  bool unknown_form = false;  // the same, unless the server is known to take keys of that form
  bool unknown_row = false;   // the codes of rules about the same field that answer an unknown row
  bool same_field = false;    // the codes of every rule about the same field
};

/// The categories of the mutations that rule kinds know.
namespace mutation_category {
inline constexpr std::string_view bound = "bound", form = "form", vocabulary = "vocabulary";
/// What breaks no sentence of the specification, and deserves a warning.
inline constexpr std::string_view leniency = "leniency";
}  // namespace mutation_category

/// One requirement of a rule broken: what a mutant of the mock does. Plain data; mutation/ makes mutants of it.
struct RuleMutation {
  std::string id;       // follows INTERFACE/CODE/: "Money/takes-the-bound"
  LocalizedText title;  // what the server does wrong
  std::string_view category;
  std::function<void(core::Interface&, core::Rule&)> edit;  // the rule is the interface's; empty where the spec stays as it is
  std::function<bool(const Request&)> overlooks = {};       // requests that break the rule and are not found to; empty: none
};

/// Classes of values, a bit each.
using ValueClasses = std::uint8_t;
namespace value_class {
inline constexpr ValueClasses empty = 1;
inline constexpr ValueClasses integer = 2;   // a number without a point
inline constexpr ValueClasses fraction = 4;  // a number with one
inline constexpr ValueClasses text = 8;
inline constexpr ValueClasses other = 16;
inline constexpr ValueClasses present = integer | fraction | text | other;
inline constexpr std::size_t count = 5;
constexpr std::size_t number(ValueClasses one) { return static_cast<std::size_t>(std::countr_zero(one)); }
}  // namespace value_class

/// A field whose value is of one of those classes.
struct NeverMatches {
  std::size_t field = 0;
  ValueClasses classes = 0;
};

/// How a kind's operands stand in YAML. field: F, exactly one; fields: F or [F, G]; pair: [F, G]; bounds: { F: TEXT }, the text is in
/// RuleOperand::bound; states: { F: { COLUMN: value } }, exactly one.
enum class OperandShape { field, fields, pair, bounds, states };

class RuleKind {
 public:
  RuleKind(std::string_view name, OperandShape operand_shape) : name_(name), operand_shape_(operand_shape) {}
  virtual ~RuleKind() = default;
  RuleKind(const RuleKind&) = delete;
  RuleKind& operator=(const RuleKind&) = delete;

  std::string_view name() const { return name_; }
  OperandShape operand_shape() const { return operand_shape_; }

  /// Why the rule can't be about that interface: no vocabulary, no table behind a field, … Nothing where it can.
  virtual std::optional<LocalizedText> validate(const Rule&, const Interface&) const { return std::nullopt; }
  /// Whether a missing value breaks it too, where no other rule answers it.
  virtual bool can_handle_missing() const { return false; }
  /// Whether missing values are all that it is about: it answers them before other rules that can.
  virtual bool is_about_missing() const { return false; }
  /// Whether it is about the form of a value: the kind by which a common code for the body's form answers every field. One kind has it.
  virtual bool is_about_form() const { return false; }
  /// Whether it says which values a field may have: a list, a range, a bound. Nothing can be carried out by another value, whatever its type.
  virtual bool limits_values() const { return false; }
  /// Whether it is broken only by all its operands together; else each of them can break it.
  virtual bool needs_all_operands() const { return false; }
  /// Whether the rule wants the first of its two operands not to be greater than the second.
  virtual bool orders_its_operands() const { return false; }
  /// True if every request that breaks this rule also matches another rule with an equally accepted code.
  virtual bool is_always_also_matched(const Rule&) const { return false; }
  /// Whether a match means that the key names no row.
  virtual bool answers_unknown_row() const { return false; }

  /// Whether the request breaks the rule.
  virtual bool matches(const Rule& rule, const Request& request, const DataLookup& data) const = 0;
  /// Where all of these hold, `matches` says no. Nothing where it has to look at every request.
  virtual std::vector<NeverMatches> never_matches_where(const Rule&, const Interface&) const { return {}; }
  /// What was found and what was expected, after `matches` said yes.
  virtual LocalizedText explain(const Rule& rule, const Request& request) const = 0;

  /// The ways to break the rule that are worth a test each.
  virtual std::vector<Variation> variations(const Rule&, const Interface&) const = 0;
  /// The edits that make the variation of `control`, a valid request; nothing where no row at hand allows it.
  virtual std::optional<Edits> make(const Rule&, std::string_view slug, const RequestBuilder& control, FixtureProvider&) const = 0;
  /// What else may be answered to a variation. `has_code_of_its_own`: the rule's code is not the one of a body that cannot be parsed.
  virtual Leniency leniency(const Rule&, const Interface&, const Variation&, bool has_code_of_its_own) const;
  /// How a server may get the rule wrong, beside leaving it out.
  virtual std::vector<RuleMutation> mutations(const Rule&, const Interface&) const;

 private:
  std::string_view name_;
  OperandShape operand_shape_;
};

/// A value that breaks a rule about one field.
struct InvalidValue {
  std::string slug;                // follows the field's: "missing", "minus-1"
  std::optional<std::string> raw;  // its JSON; nothing where the field is left out
  LocalizedText description;       // follows the field's name: {"为 null", "is null"}
  bool is_of_other_type = false;   // as in Variation
  bool is_rare = false;            // as in Variation
};

/// A kind that looks at its fields one by one: any of them may break it.
class FieldRuleKind : public RuleKind {
 public:
  FieldRuleKind(std::string_view name, OperandShape operand_shape) : RuleKind(name, operand_shape) {}

  std::optional<LocalizedText> validate(const Rule& rule, const Interface& interface) const final;
  bool matches(const Rule& rule, const Request& request, const DataLookup& data) const final;
  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface& interface) const final;
  LocalizedText explain(const Rule& rule, const Request& request) const final;
  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override;
  std::optional<Edits> make(const Rule& rule, std::string_view slug, const RequestBuilder& control, FixtureProvider&) const final;
  /// That of empty values; a kind may add to it.
  Leniency leniency(const Rule& rule, const Interface& interface, const Variation& variation, bool has_code_of_its_own) const override;

 protected:
  /// Why the rule can't be about that field; follows the field's name: {"没有取值范围", "has no range"}.
  virtual std::optional<LocalizedText> validate_operand(const RuleOperand&, const Field&) const { return std::nullopt; }
  virtual bool violates(const RuleOperand& operand, const Field& field, const Value& value) const = 0;
  /// Classes of values that never break it.
  virtual ValueClasses never_matching_classes(const RuleOperand&, const Field&) const { return 0; }
  /// The values that break it, those of a missing value among them where the operand handles it. Slugs are unique.
  virtual std::vector<InvalidValue> invalid_values(const RuleOperand& operand, const Field& field) const = 0;
  /// What was expected, to follow what was found.
  virtual LocalizedText expected(const RuleOperand& operand, const Field& field) const = 0;
};

/// Every kind, in the order of their indices (core::Rule::kind).
const std::vector<const RuleKind*>& rule_kinds();
const RuleKind& kind_of(const Rule& rule);
/// By its name in YAML.
std::optional<std::size_t> find_rule_kind(std::string_view name);
std::vector<std::string> rule_kind_names();

/// A rule that a request breaks, and its line of the code table.
struct RuleMatch {
  const core::ResultRow* row = nullptr;
  const Rule* rule = nullptr;
};
/// The first rule of these rows that the request breaks; nothing where there is none.
std::optional<RuleMatch> first_match(const std::vector<core::ResultRow>& rows, const Request& request, const DataLookup& data);
/// Whether the open question's situation is this request's.
bool applies_to(const core::OpenQuestion& question, const Request& request, const DataLookup& data);

/// Whether a server may take a value of another type or format there: what it receives is its own business, unless the specification prints which values
/// there are. Of what is no date by any reading nothing can be carried out, where the field must be given; for another one the server may have no use.
bool may_take_any_form(const Interface& interface, std::size_t field);
/// Whether a rule asks that requests be refused for a field, taken by itself.
bool demands_refusal(const Rule& rule, core::Code success);
/// Whether the specification contradicts itself about a field: its table marks it as required, its sentence asks for one of several. Who insists on the field
/// follows the one, and who does not the other. The question's answers are those of both.
bool is_disputed_requirement(const Interface& interface, const core::OpenQuestion& question);

// What several kinds share.
/// The field's name with what is to be said of it.
LocalizedText about(const Field& field, const LocalizedText& said);
/// The field and what it carries: {"Money=0", "Money=0"}, {"Money（缺失）", "Money (missing)"}.
LocalizedText shown(const Field& field, const Value& value);
bool is_well_formed(const Field& field, const Value& value);
bool is_listed(const Field& field, const Value& value);
const Field& field_of(const Rule& rule, const Request& request, std::size_t operand = 0);
/// A number, or its text, as an invalid value of the field.
InvalidValue invalid_number(const Field& field, const std::string& number);
/// Missing, null, "" and blanks; a number that is blanks is a text where none belongs, and left out.
std::vector<InvalidValue> empty_values(bool with_blanks = true);
void append_empty_values(std::vector<InvalidValue>& out, const Field& field);
/// What else may be answered to an empty value of that slug.
Leniency leniency_of_empty(std::string_view value_slug, bool numeric);
/// Whether it is the slug of a text of blanks, of "".
bool is_blanks(std::string_view value_slug);
bool is_empty_text(std::string_view value_slug);
/// The variation of one field, or of several together, by that value. `fields` has one at least.
Variation variation_of(const Interface& interface, const std::vector<std::size_t>& fields, const std::string& slug, const LocalizedText& description);

}  // namespace meterproof::rules
