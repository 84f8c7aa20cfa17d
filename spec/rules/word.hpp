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

#include "spec/model/request.hpp"

namespace meterproof::rules {

using spec::Draft;
using spec::Field;
using spec::FieldUse;
using spec::Interface;
using spec::Request;
using spec::Rule;
using spec::Text;
using spec::Value;

/// What the judging side knows of the rows that exist. Tables and columns are indices of the spec's.
class Facts {
 public:
  virtual ~Facts() = default;
  virtual bool exists(std::size_t table, std::string_view key) const = 0;
  /// Whether one of the two rows refers to the other.
  virtual bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const = 0;
  virtual bool in_state(std::size_t table, std::string_view key, const spec::State& state) const = 0;
};

/// What the attacking side has at hand: keys of rows that it made or was told of. "" where there is none.
class Scene {
 public:
  virtual ~Scene() = default;
  virtual std::string existing(std::size_t table) = 0;  // the control's own row
  virtual std::string another(std::size_t table) = 0;   // a row that has nothing to do with the control's
  virtual std::string unknown(std::size_t table) = 0;   // a key that no row has
  virtual std::string in_state(std::size_t table, const spec::State& state) = 0;
};

/// One way to make a fault: fields of the control replaced (raw JSON) or left out. The label is part of the case's id.
struct Counterexample {
  std::string label;
  std::vector<std::pair<std::size_t, std::optional<std::string>>> edits;
};

/// Sorts of values, a bit each.
using Sorts = std::uint8_t;
namespace sort {
inline constexpr Sorts empty = 1;
inline constexpr Sorts whole = 2;    // a number without a point
inline constexpr Sorts pointed = 4;  // a number with one
inline constexpr Sorts text = 8;
inline constexpr Sorts other = 16;
inline constexpr Sorts given = whole | pointed | text | other;
inline constexpr std::size_t count = 5;
constexpr std::size_t number(Sorts one) { return static_cast<std::size_t>(std::countr_zero(one)); }
}  // namespace sort

/// A field whose value is of one of those sorts.
struct Safe {
  std::size_t field = 0;
  Sorts sorts = 0;
};

/// How a word's parameters stand in YAML.
enum class Parameters { fields, pair, bounds, states };

class Word {
 public:
  Word(std::string_view name, Parameters parameters) : name_(name), parameters_(parameters) {}
  virtual ~Word() = default;
  Word(const Word&) = delete;
  Word& operator=(const Word&) = delete;

  std::string_view name() const { return name_; }
  Parameters parameters() const { return parameters_; }

  /// Why the rule can't be about that interface ("" where it can): no vocabulary, no table behind a field, …
  virtual std::string misfit(const Rule&, const Interface&) const { return {}; }
  /// Whether a missing value is this fault too, where no other rule answers it.
  virtual bool may_cover_missing() const { return false; }
  /// Whether its fault never comes alone: another rule answers the same request, and by a code that is as good, where this one does not look.
  virtual bool is_answered_twice(const Rule&) const { return false; }
  virtual bool sees(const Rule& rule, const Request& request, const Facts& facts) const = 0;
  /// Where all of these hold, `sees` says no. Nothing where it has to look at every request.
  virtual std::vector<Safe> safe_where(const Rule&, const Interface&) const { return {}; }
  virtual std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene& scene) const = 0;
  /// What was found and what was expected, after `sees` said yes.
  virtual Text explain(const Rule& rule, const Request& request) const = 0;

 private:
  std::string_view name_;
  Parameters parameters_;
};

/// A word that looks at its fields one by one: any of them may be at fault.
class PerFieldWord : public Word {
 public:
  PerFieldWord(std::string_view name, Parameters parameters) : Word(name, parameters) {}

  std::string misfit(const Rule& rule, const Interface& interface) const final;
  bool sees(const Rule& rule, const Request& request, const Facts& facts) const final;
  std::vector<Safe> safe_where(const Rule& rule, const Interface& interface) const final;
  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene& scene) const override;
  Text explain(const Rule& rule, const Request& request) const final;

 protected:
  virtual std::string misfit_of(const FieldUse&, const Field&) const { return {}; }
  virtual bool at_fault(const FieldUse& use, const Field& field, const Value& value) const = 0;
  /// Sorts of values that are never at fault.
  virtual Sorts safe_sorts(const FieldUse&, const Field&) const { return 0; }
  /// Raw JSON values that are this fault; what a missing value adds is not among them.
  virtual std::vector<std::string> wrong_values(const FieldUse& use, const Field& field) const = 0;
  /// What was expected, to follow what was found.
  virtual Text expected(const FieldUse& use, const Field& field) const = 0;
};

/// Every word, in the order of their indices (spec::Rule::word).
const std::vector<const Word*>& words();
std::optional<std::size_t> find_word(std::string_view name);
std::vector<std::string> word_names();

/// What a request is found to be at fault with.
struct Fault {
  const spec::ResultRow* row = nullptr;
  const Rule* rule = nullptr;
};
/// The first rule of these rows that sees its fault; nothing where none does.
std::optional<Fault> first_fault(const std::vector<spec::ResultRow>& rows, const Request& request, const Facts& facts);
/// Whether the open question's situation is this request's.
bool arises(const spec::Unclear& question, const Request& request, const Facts& facts);

/// Whether nothing is made of the field but to keep it: it is no key, and no reading of a meter.
bool is_incidental(const Interface& interface, std::size_t field);

// What several words share.
std::string shown(const Field& field, const Value& value);
bool well_formed(const Field& field, const Value& value);
bool listed(const Field& field, const Value& value);
const Field& field_of(const Rule& rule, const Request& request, std::size_t use = 0);
/// Missing, null, "" and blanks, as counterexamples of one field.
void append_empties(std::vector<Counterexample>& out, const Interface& interface, std::size_t field);
Counterexample edited(const Interface& interface, std::size_t field, const std::string& raw);

}  // namespace meterproof::rules
