// A word of the rule vocabulary: it can see its fault in a request, and make it from a valid one.
// Twelve or so words cover every line of the paper's code tables; each has a file of its own.
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

/// What the judging side knows of the rows that exist. Tables and columns are indices of the spec's.
class DataLookup {
 public:
  virtual ~DataLookup() = default;
  virtual bool exists(std::size_t table, std::string_view key) const = 0;
  /// Whether one of the two rows refers to the other.
  virtual bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const = 0;
  virtual bool in_state(std::size_t table, std::string_view key, const core::State& state) const = 0;
};

/// What the attacking side has at hand: keys of rows that it made or was told of. "" where there is none.
class FixtureProvider {
 public:
  virtual ~FixtureProvider() = default;
  virtual std::string existing_row(std::size_t table) = 0;   // the control's own row
  virtual std::string unrelated_row(std::size_t table) = 0;  // a row that has nothing to do with the control's
  virtual std::string unused_key(std::size_t table) = 0;     // a key that no row has
  virtual std::string in_state(std::size_t table, const core::State& state) = 0;
};

/// One way to make a fault: fields of the control replaced (raw JSON) or left out. The label is part of the case's id.
struct Counterexample {
  std::string label;
  std::vector<std::pair<std::size_t, std::optional<std::string>>> edits;
};

/// Sorts of values, a bit each.
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

/// A field whose value is of one of those sorts.
struct NeverMatches {
  std::size_t field = 0;
  ValueClasses sorts = 0;
};

/// How a word's parameters stand in YAML.
enum class OperandShape { fields, pair, bounds, states };

class RuleKind {
 public:
  RuleKind(std::string_view name, OperandShape parameters) : name_(name), parameters_(parameters) {}
  virtual ~RuleKind() = default;
  RuleKind(const RuleKind&) = delete;
  RuleKind& operator=(const RuleKind&) = delete;

  std::string_view name() const { return name_; }
  OperandShape parameters() const { return parameters_; }

  /// Why the rule can't be about that interface ("" where it can): no vocabulary, no table behind a field, …
  virtual std::string validate(const Rule&, const Interface&) const { return {}; }
  /// Whether a missing value is this fault too, where no other rule answers it.
  virtual bool can_handle_missing() const { return false; }
  /// Whether its fault never comes alone: another rule answers the same request, and by a code that is as good, where this one does not look.
  virtual bool is_always_also_matched(const Rule&) const { return false; }
  virtual bool matches(const Rule& rule, const Request& request, const DataLookup& facts) const = 0;
  /// Where all of these hold, `matches` says no. Nothing where it has to look at every request.
  virtual std::vector<NeverMatches> never_matches_where(const Rule&, const Interface&) const { return {}; }
  virtual std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider& scene) const = 0;
  /// What was found and what was expected, after `matches` said yes.
  virtual LocalizedText explain(const Rule& rule, const Request& request) const = 0;

 private:
  std::string_view name_;
  OperandShape parameters_;
};

/// A word that looks at its fields one by one: any of them may be at fault.
class FieldRuleKind : public RuleKind {
 public:
  FieldRuleKind(std::string_view name, OperandShape parameters) : RuleKind(name, parameters) {}

  std::string validate(const Rule& rule, const Interface& interface) const final;
  bool matches(const Rule& rule, const Request& request, const DataLookup& facts) const final;
  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface& interface) const final;
  std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider& scene) const override;
  LocalizedText explain(const Rule& rule, const Request& request) const final;

 protected:
  virtual std::string validate_operand(const RuleOperand&, const Field&) const { return {}; }
  virtual bool violates(const RuleOperand& operand, const Field& field, const Value& value) const = 0;
  /// Sorts of values that are never at fault.
  virtual ValueClasses never_matching_classes(const RuleOperand&, const Field&) const { return 0; }
  /// Raw JSON values that are this fault; what a missing value adds is not among them.
  virtual std::vector<std::string> invalid_values(const RuleOperand& operand, const Field& field) const = 0;
  /// What was expected, to follow what was found.
  virtual LocalizedText expected(const RuleOperand& operand, const Field& field) const = 0;
};

/// Every word, in the order of their indices (core::Rule::word).
const std::vector<const RuleKind*>& rule_kinds();
std::optional<std::size_t> find_rule_kind(std::string_view name);
std::vector<std::string> rule_kind_names();

/// What a request is found to be at fault with.
struct RuleMatch {
  const core::ResultRow* row = nullptr;
  const Rule* rule = nullptr;
};
/// The first rule of these rows that sees its fault; nothing where none does.
std::optional<RuleMatch> first_match(const std::vector<core::ResultRow>& rows, const Request& request, const DataLookup& facts);
/// Whether the open question's situation is this request's.
bool applies_to(const core::OpenQuestion& question, const Request& request, const DataLookup& facts);

/// Whether nothing is made of the field but to keep it: it is no key, and no reading of a meter.
bool is_stored_only(const Interface& interface, std::size_t field);

// What several words share.
std::string shown(const Field& field, const Value& value);
bool is_well_formed(const Field& field, const Value& value);
bool is_listed(const Field& field, const Value& value);
const Field& field_of(const Rule& rule, const Request& request, std::size_t operand = 0);
/// Missing, null, "" and blanks, as counterexamples of one field.
void append_empty_values(std::vector<Counterexample>& out, const Interface& interface, std::size_t field);
Counterexample edit_field(const Interface& interface, std::size_t field, const std::string& raw);

}  // namespace meterproof::rules
