// SPDX-License-Identifier: Apache-2.0
// The specification as values: interfaces with their fields, result codes and rules, the tables behind them, the open questions.
// Built by core/loader from the files in spec/. Everything else reads it; only mutation/ makes changed copies.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/model/effects.hpp"
#include "core/model/sequence.hpp"
#include "core/model/signature_error.hpp"
#include "core/text/text.hpp"

namespace meterproof::core {

struct Code {
  int value = 0;
  friend auto operator<=>(Code, Code) = default;  // NOLINT(modernize-use-nullptr): as in datetime.hpp
};

enum class Type { text, integer, decimal };           // the specification's String, Int, Decimal
enum class Format { none, date, datetime, decimal };  // what a text must look like

struct Choice {
  std::string value;
  LocalizedText label;
};

/// A column's value is one of these.
struct Condition {
  std::size_t column = 0;
  std::vector<std::string> values;
};

struct Field {
  std::string name;
  Type type = Type::text;
  Format format = Format::none;
  std::optional<bool> required;  // nothing where the specification's table has no such column
  LocalizedText title;
  LocalizedText note;
  std::vector<Choice> values;  // the vocabulary; empty where any value goes
  std::optional<std::pair<long long, long long>> range;
  std::optional<int> scale;           // decimal places
  std::string example;                // "now" stands for the moment of use
  bool vary = false;                  // examples differ from one request to the next
  bool fresh = false;                 // refers to a row made for this request
  std::optional<Condition> where;     // which rows of the table it is meant for; of others the specification says nothing
  std::optional<std::size_t> refers;  // the table whose key the value must be
  std::optional<std::size_t> names;   // the table that gets a row of this key
  std::optional<std::size_t> echoes;  // reply: the request's field it repeats
  std::vector<std::string> not_done;  // reply: values that say that what made the row has not been carried out, or not yet
  std::string obeys;                  // request: the reply's field that decides what the next request says here
  std::vector<std::pair<std::string, std::string>> obeys_map;
};

/// What must hold of other fields before a rule looks. `value` is "" where any value will do.
struct Guard {
  std::size_t field = 0;
  std::string value;
};

struct RuleOperand {
  std::size_t field = 0;
  bool handles_missing = false;  // this rule is the one that answers a missing value
  std::string bound;
};

/// A value of a column: of the row that a field refers to, or of every row of another table that refers to that one.
struct State {
  std::size_t table = 0, column = 0;
  std::string value;

  friend bool operator==(const State&, const State&) = default;
};

/// A rule of a code table's line. `kind` is an index into rules::rule_kinds().
struct Rule {
  std::size_t kind = 0;
  std::vector<RuleOperand> operands;
  State state;  // for rules about one
  std::optional<Guard> unless;
  std::optional<Guard> only_if;
  std::optional<std::size_t> base_variant;  // the variant that the rule's variations start with
  std::vector<Code> also_accepted;          // answered instead by sensible interpretations of the specification
};

struct SignatureRule {
  SignatureError error = SignatureError::header_missing;
  std::vector<Code> also_accepted;
};

enum class Stage { rules, body, authentication, injected_by };

/// A line of a code table.
struct ResultRow {
  Code code;
  LocalizedText title;
  Stage stage = Stage::rules;
  std::vector<Rule> when;
  std::vector<SignatureRule> signature;
  bool unparsable = false;  // the row that answers a body that is no JSON object
  std::string injected_by;  // the injected fault that provokes it: "database", "unknown"
  LocalizedText why;        // why nothing provokes it from outside
};

/// A field of a number, and how many decimal places it usually has.
struct DecimalPlaces {
  std::size_t field = 0;
  int most = 0;
};

/// A question that the specification leaves open, and what may be answered.
struct OpenQuestion {
  std::string id;  // of the interface: unique there
  LocalizedText ask;
  std::optional<Rule> when;
  std::vector<Code> accepted_codes;          // with `when`: the mock takes the first
  std::string in;                            // the interface through which the effect is not stated; "" where it is not about that
  bool must_not_change = false;              // whatever is answered, nothing may change
  std::vector<std::string> interpretations;  // without `when`: ways to behave; the mock takes the first
  std::optional<DecimalPlaces> places;       // with the interpretations rounded, exact, refused: what becomes of a number with more
};

/// Another valid request. Every one must succeed.
struct Variant {
  std::string name;
  std::vector<std::size_t> fields;  // those that it carries
  std::vector<std::pair<std::size_t, std::string>> set;
  std::vector<std::size_t> existing;  // `names` fields that here refer to a row that exists
};

enum class Role { platform, billing };
std::string_view to_string(Role role);

enum class CommonResults { listed, open };  // open: the specification lists none, yet section 2 asks for authentication

/// How the load generator fills a field, one simulated meter after the other.
struct FieldGenerator {
  enum class Kind {
    absent,
    constant,    // `text`; where the field obeys the reply, what the last reply said
    numbered,    // `text`, with # for the digits of the device's number
    unique,      // `text`, with # for the digits of a number that no other request of any run has
    uniform,     // a random number between `low` and `high`
    one_of,      // one of `choices`, at random
    counter,     // grows by a random step between `low` and `high` with every request of the device
    delta_of,    // that step of the field `of`
    balance,     // what the reply's `told` said last, less the growth of `of` since, at the reply's price `at`
    now,         // the moment, in the field's format
    today,       // the date, `days` from now
    column,      // `text`: the column of the workload's data, in the device's row
    produced_by  // the value of the field `of` in an accepted request of the step `step`; each is used once
  };
  Kind kind = Kind::absent;
  std::string text;
  std::vector<std::string> choices;
  double low = 0, high = 0;              // uniform, counter
  double first_low = 0, first_high = 0;  // counter, balance: what a device begins with
  int scale = 0;
  int days = 0;
  std::size_t of = 0, step = 0;
  std::string told, at;
};

struct Interface {
  std::string name;
  std::string section;
  LocalizedText title;
  LocalizedText purpose;
  Role served_by = Role::platform;
  std::string path;
  CommonResults common_results = CommonResults::listed;
  std::optional<Code> refusal;
  std::vector<Field> request;
  std::vector<Field> reply;  // of a row; empty where the reply has no rows
  std::vector<Variant> variants;
  std::vector<ResultRow> body;     // the common rows about a body's form, bound to these fields
  std::vector<ResultRow> results;  // in the order in which the mock evaluates them
  std::vector<Step> effects;
  std::optional<Delay> delay;
  std::vector<FieldGenerator> generators;  // parallel to `request`; empty if the interface is not generated
  std::vector<OpenQuestion> open_questions;

  std::optional<std::size_t> field(std::string_view field_name) const;
  /// Whether the specification leaves open what that other interface shows of this one's effect.
  bool effect_is_unspecified(const Interface& shown_by) const;
  const ResultRow* result(Code code) const;
};

enum class ColumnType { text, integer, decimal, date, datetime };

struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
  std::optional<std::size_t> refers;

  friend bool operator==(const Column&, const Column&) = default;
};

/// Which columns of a table make a price of up to six tiers, settled by month, quarter or year.
struct Tariff {
  std::vector<std::size_t> boundaries;
  std::vector<std::size_t> prices;
  std::size_t period = 0, month = 0, day = 0;
  int monthly = 0, quarterly = 0, yearly = 0;

  friend bool operator==(const Tariff&, const Tariff&) = default;
};

struct Table {
  std::string name;
  std::vector<Column> columns;
  std::size_t key = 0;
  std::optional<Tariff> tariff;

  std::optional<std::size_t> column(std::string_view column_name) const;
  /// The column whose values are keys of that other table.
  std::optional<std::size_t> refers_to(std::size_t other) const;

  friend bool operator==(const Table&, const Table&) = default;
};

/// What a value of that column must look like, where `text` does not: "a whole number". Empty where it does.
i18n::Message type_mismatch(ColumnType type, std::string_view text);

enum class TokenPart { app_id, app_secret, timestamp, literal };

struct Header {
  std::string name;
  LocalizedText title;
  std::string value;                                      // fixed headers
  std::vector<std::pair<TokenPart, std::string>> md5;     // AccessToken
  std::vector<std::pair<TokenPart, std::string>> base64;  // Authorization
};

struct Authentication {
  std::string section;
  LocalizedText title;
  std::vector<Header> headers;
  std::size_t token = 0, authorization = 0;  // which of them carry the signature
  std::string notation;
  std::chrono::minutes utc_offset{0};
  std::chrono::seconds tolerance{0};
};

struct Envelope {
  std::string code;
  std::string message;
  std::string rows;
};

/// The whole specification.
struct Spec {
  std::string version;  // spec_version of common.yaml: three numbers
  LocalizedText title;
  std::string method;
  Authentication authentication;
  Envelope envelope;
  Code success;
  std::vector<ResultRow> common;  // in the order in which a request is judged
  std::vector<OpenQuestion> open_questions;
  std::vector<Table> tables;
  std::vector<Interface> interfaces;
  std::vector<Sequence> sequences;

  std::optional<std::size_t> table(std::string_view table_name) const;
  const Interface* interface(std::string_view interface_name) const;
  /// The code of an injected fault, by its name.
  const ResultRow* injected_by(std::string_view fault) const;
  const ResultRow* unparsable() const;
  /// The row that answers that signature error; null if none does.
  const ResultRow* answering(SignatureError error) const;
  /// The row of a code: the interface's own, or else the common one; null where neither lists it.
  const ResultRow* row(const Interface& interface, Code code) const;
  std::vector<std::string> interface_names() const;
  std::vector<std::string> injectable_faults() const;
  /// The first interpretation of an open question: what the mock does unless told otherwise.
  std::string default_interpretation(std::string_view id) const;
};

/// Fields that no other interface of the same path has: they tell a request's interface apart.
std::vector<std::size_t> own_fields(const Spec& spec, const Interface& interface);

}  // namespace meterproof::core
