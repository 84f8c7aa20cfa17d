// Deviations that are hard to see: by one, in one form only, the second time only, at the same moment only.
#include <algorithm>
#include <array>

#include "core/rules/rule_kind.hpp"
#include "mutation/mutation_edit.hpp"

namespace meterproof::mutation {

using core::Expr;
using core::MissedForm;
using core::ServerMutation;
using core::Spec;
using core::Step;
using core::StorageMutation;
using core::Trigger;

namespace {

std::string label(core::Code code) { return std::to_string(code.value); }

/// Rules that see every empty form but one: who forgets null, or blanks.
void break_forms(const Spec& spec, std::size_t at, std::vector<MutationEdit>& out) {
  constexpr std::array<std::pair<MissedForm, std::string_view>, 4> forms = {
      {{MissedForm::to_missing, "missing"}, {MissedForm::to_null, "null"}, {MissedForm::to_empty_text, "empty"}, {MissedForm::to_blanks, "blanks"}}};
  const Interface& interface = spec.interfaces[at];
  for (std::size_t row = 0; row < interface.results.size(); ++row)
    for (std::size_t i = 0; i < interface.results[row].when.size(); ++i) {
      const Rule& rule = interface.results[row].when[i];
      // A long list of fields takes turns with the forms: no field meets them all.
      const bool takes_forms = rule_kinds()[rule.kind]->name() == "empty" && rule.operands.size() == 1;
      // A text where a number belongs, be it an empty one, may as well be called unreadable.
      const bool numeric = interface.request[rule.operands[0].field].type != core::Type::text;
      for (const auto& [missed_form, name] : forms)
        if (takes_forms && !(numeric && (missed_form == MissedForm::to_empty_text || missed_form == MissedForm::to_blanks)))
          out.push_back({{interface.name + "/" + label(interface.results[row].code) + "/" + interface.request[rule.operands[0].field].name + "/blind-to-" +
                              std::string(name),
                          "does not see that " + interface.request[rule.operands[0].field].name + " is " + std::string(name),
                          missed_form == MissedForm::to_blanks ? std::string(lenient) : "form"},
                         [at, row, i, missed_form = missed_form](Spec& broken) { broken.interfaces[at].results[row].when[i].missed_form = missed_form; }});
    }
}

std::string shifted(const std::string& bound, const std::string& by) {
  return core::Decimal::add(*core::Decimal::parse(bound), *core::Decimal::parse(by))->to_string();
}

void break_bounds(const Spec& spec, std::size_t at, std::vector<MutationEdit>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t row = 0; row < interface.results.size(); ++row)
    for (std::size_t i = 0; i < interface.results[row].when.size(); ++i) {
      const Rule& rule = interface.results[row].when[i];
      const std::string id = interface.name + "/" + label(interface.results[row].code) + "/" + interface.request[rule.operands[0].field].name;
      const bool of_absence = rule_kinds()[rule.kind]->can_handle_missing() || rule_kinds()[rule.kind]->name() == "all_empty";
      if (rule.unless && of_absence)
        out.push_back({{id + "/always", "does not excuse where " + interface.request[rule.unless->field].name + " is given", "bound"},
                       [at, row, i](Spec& broken) { broken.interfaces[at].results[row].when[i].unless.reset(); }});
      if (rule_kinds()[rule.kind]->name() == "out_of_order")
        out.push_back({{id + "/the-other-way", "wants the first date after the last", "bound"}, [at, row, i](Spec& broken) {
                         auto& operands = broken.interfaces[at].results[row].when[i].operands;
                         std::swap(operands[0], operands[1]);
                       }});
      if (rule_kinds()[rule.kind]->name() == "not_above")
        for (const auto& [by, what] :
             {std::pair("-0.01", "takes-the-bound"), std::pair("0.01", "refuses-the-smallest"), std::pair("-1000000", "takes-negative")})
          out.push_back({{id + "/" + what, std::string("has its bound off by ") + by, "bound"}, [at, row, i, by = std::string(by)](Spec& broken) {
                           std::string& bound = broken.interfaces[at].results[row].when[i].operands[0].bound;
                           bound = shifted(bound, by);
                         }});
      if (rule_kinds()[rule.kind]->name() == "out_of_range")
        for (const auto& [low, high, what] : {std::tuple(-1, 0, "low-end-too-low"), std::tuple(1, 0, "low-end-too-high"), std::tuple(0, 1, "high-end-too-high"),
                                              std::tuple(0, -1, "high-end-too-low")})
          out.push_back(
              {{id + "/" + what, "has one end of the range off by one", "bound"}, [at, field = rule.operands[0].field, low = low, high = high](Spec& broken) {
                 auto& range = *broken.interfaces[at].request[field].range;
                 range = {range.first + low, range.second + high};
               }});
      if (rule_kinds()[rule.kind]->name() == "unlisted")
        for (const core::RuleOperand& use : rule.operands)
          for (std::size_t value = 0; value < interface.request[use.field].values.size(); ++value) {
            const core::Field& field = interface.request[use.field];
            out.push_back({{interface.name + "/" + field.name + "=" + field.values[value].value + "/refused",
                            "refuses " + field.name + " " + field.values[value].value, "vocabulary"},
                           [at, which = use.field, value](Spec& broken) {
                             auto& values = broken.interfaces[at].request[which].values;
                             values.erase(values.begin() + static_cast<std::ptrdiff_t>(value));
                           }});
          }
    }
}

/// The field of a request that an interface stores in that column; null where none does.
const Field* stored_from(const Spec& spec, std::size_t table, std::size_t column) {
  for (const Interface& interface : spec.interfaces)
    for (const Step& step : interface.effects)
      if (step.kind == Step::Kind::insert && step.insert.table == table)
        for (const core::Assignment& one : step.insert.set)
          if (one.column == column && one.value.op == Expr::Op::request) return &interface.request[one.value.field];
  return nullptr;
}

/// Values that are not kept as they came.
void break_values(const Spec& spec, std::vector<MutationEdit>& out) {
  const ObservableColumns visible(spec);
  for (std::size_t table = 0; table < spec.tables.size(); ++table)
    for (std::size_t column = 0; column < spec.tables[table].columns.size(); ++column) {
      const core::Column& about = spec.tables[table].columns[column];
      const Field* field = stored_from(spec, table, column);
      if (!visible.has(table, column) || field == nullptr) continue;
      // A telephone number is of digits, and short: nobody need keep more in its column.
      const bool of_digits = !field->example.empty() && std::all_of(field->example.begin(), field->example.end(), [](char c) { return c >= '0' && c <= '9'; });
      const auto storage_mutation = [&](StorageMutation how, const std::string& what, const std::string& sentence) {
        out.push_back({{"table/" + spec.tables[table].name + "." + about.name + "/" + what, about.name + ": " + sentence, "value"},
                       [table, column, how](Spec& broken) { broken.tables[table].columns[column].storage_mutation = how; }});
      };
      if (about.type == core::ColumnType::text && !about.refers && column != spec.tables[table].key) {
        storage_mutation(StorageMutation::leading_noughts, "loses-leading-noughts", "leading noughts are dropped");
        if (of_digits) continue;
        storage_mutation(StorageMutation::four_byte_text, "loses-4-byte-characters", "characters outside the BMP become ?");
        storage_mutation(StorageMutation::cut_short, "cut-short", "is cut after 20 bytes");
        storage_mutation(StorageMutation::blanks, "blanks-become-one", "runs of blanks become one");
      }
      if (about.type == core::ColumnType::decimal) {
        storage_mutation(StorageMutation::whole, "whole", "keeps no decimal places");
        if (spec.tables[table].tariff == std::nullopt) storage_mutation(StorageMutation::rounded, "rounded", "keeps one decimal place");
      }
    }
}

void break_envelope(const Spec& spec, std::vector<MutationEdit>& out) {
  out.push_back(
      {{"reply/" + spec.envelope.message + "/misspelt", "misspells " + spec.envelope.message, "reply"}, [](Spec& broken) { broken.envelope.message += "_"; }});
}

void break_tariffs(const Spec& spec, std::vector<MutationEdit>& out) {
  for (std::size_t table = 0; table < spec.tables.size(); ++table) {
    if (!spec.tables[table].tariff) continue;
    for (std::size_t tier = 0; tier < spec.tables[table].tariff->boundaries.size(); ++tier)
      out.push_back(
          {{"table/" + spec.tables[table].name + "/tier-" + std::to_string(tier + 2) + "-missing", "knows no tier " + std::to_string(tier + 2), "tariff"},
           [table, tier](Spec& broken) {
             auto& tariff = *broken.tables[table].tariff;
             tariff.boundaries.erase(tariff.boundaries.begin() + static_cast<std::ptrdiff_t>(tier));
             tariff.prices.erase(tariff.prices.begin() + static_cast<std::ptrdiff_t>(tier + 1));
           }});
  }
}

void break_server(std::vector<MutationEdit>& out) {
  struct Known {
    ServerMutation server_mutation;
    std::string_view id, sentence;
    bool lenient = false;
  };
  constexpr std::array<Known, 17> all = {{
      {ServerMutation::remembers_last_timestamp, "remembers-last-timestamp", "sees a repeated timestamp only where it was the last one"},
      {ServerMutation::replay_frees_timestamp, "replay-frees-timestamp", "takes a repeated timestamp every second time"},
      {ServerMutation::checks_timestamp_late, "checks-timestamp-late", "takes one timestamp from two requests at the same moment"},
      {ServerMutation::checks_existence_late, "checks-existence-late", "takes two requests at the same moment both for the first"},
      {ServerMutation::business_before_authentication, "business-before-authentication", "looks at the body before the signature"},
      {ServerMutation::compares_token_beginning, "compares-token-beginning", "compares eight digits of the token"},
      {ServerMutation::carries_out_refused, "carries-out-refused", "carries out what it refuses"},
      {ServerMutation::no_utf8, "no-utf8", "answers in Latin-1"},
      {ServerMutation::one_row_only, "one-row-only", "lists one row at the most"},
      {ServerMutation::rows_of_another, "rows-of-another", "mixes up the rows of queries at the same moment"},
      {ServerMutation::keys_by_prefix, "keys-by-prefix", "finds a key by its beginning"},
      {ServerMutation::end_of_day_excluded, "end-of-day-excluded", "leaves out the last day of a range but for its midnight"},
      {ServerMutation::generous_timestamps, "generous-timestamps", "takes 15 digits, and sixty seconds, for a time near by", true},
      {ServerMutation::wide_tolerance, "wide-tolerance", "takes timestamps of the whole day", true},
      {ServerMutation::timestamps_by_path, "timestamps-by-path", "takes a timestamp once on each path", true},
      {ServerMutation::codes_as_text, "codes-as-text", "writes the result code as a text", true},
      {ServerMutation::no_content_type, "no-content-type", "calls its replies HTML", true},
  }};
  for (const Known& one : all)
    out.push_back({{"server/" + std::string(one.id), std::string(one.sentence), one.lenient ? std::string(lenient) : "server"},
                   [server_mutation = one.server_mutation](Spec& broken) { broken.server_mutation = server_mutation; }});
}

/// One interface that is less careful than the others: with signatures, and with bodies that are no JSON.
void break_access(const Spec& spec, std::size_t at, std::vector<MutationEdit>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t fault = 0; fault < core::signature_error_names.size(); ++fault)
    out.push_back({{interface.name + "/signature/" + std::string(core::signature_error_names[fault]) + "/ignored-here",
                    "does not look for " + std::string(core::signature_error_names[fault]) + " here, where it does elsewhere", "access"},
                   [at, fault](Spec& broken) { broken.interfaces[at].exempt = static_cast<core::SignatureError>(fault); }});
  // Of two interfaces on one path nobody knows whose an unreadable body is.
  const auto first = std::find_if(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& other) { return other.path == interface.path; });
  for (const core::ResultRow& row : spec.common)
    if (&*first == &interface && row.injected_by == spec.common.back().injected_by && !row.injected_by.empty())
      out.push_back({{interface.name + "/unparsable/as" + label(row.code), "answers " + label(row.code) + " for a body that is no JSON", "access"},
                     [at, code = row.code](Spec& broken) { broken.interfaces[at].unparsable_as = code; }});
  // A value of a wrong type that neither its form nor what it refers to gives away.
  for (std::size_t field = 0; field < interface.request.size(); ++field) {
    if (!interface.request[field].refers && !interface.request[field].names && interface.request[field].values.empty()) continue;
    const bool has_rule = std::any_of(interface.results.begin(), interface.results.end(), [&](const core::ResultRow& row) {
      return std::any_of(row.when.begin(), row.when.end(), [&](const Rule& rule) {
        return std::any_of(rule.operands.begin(), rule.operands.end(), [&](const RuleOperand& use) { return use.field == field; });
      });
    });
    const auto is_it = [field](const RuleOperand& use) { return use.field == field; };
    const auto forget = [is_it](core::ResultRow& row) {
      for (Rule& rule : row.when)
        if (rule.state.value.empty() && rule_kinds()[rule.kind]->parameters() == OperandShape::fields) std::erase_if(rule.operands, is_it);
      std::erase_if(row.when, [](const Rule& rule) { return rule.operands.empty(); });
    };
    out.push_back({{interface.name + "/" + interface.request[field].name + "/unread", "does not look at " + interface.request[field].name + " at all",
                    std::string(has_rule ? "access" : kind_of_form(interface, field))},
                   [at, is_it, forget](Spec& broken) {
                     Interface& one = broken.interfaces[at];
                     for (auto* rows : {&one.body, &one.results}) std::for_each(rows->begin(), rows->end(), forget);
                     std::erase_if(one.open_questions, [&](const core::OpenQuestion& question) { return question.when && is_it(question.when->operands[0]); });
                   }});
  }
}

/// Whether the deviation is that a row is not looked for by its owner.
bool names_owner(const Spec& spec, const Interface& interface, const std::string& id) {
  for (const Step& step : interface.effects)
    if (step.kind == Step::Kind::find)
      for (const core::Column& column : spec.tables[step.find.table].columns)
        if (column.refers && spec.tables[*column.refers].columns[spec.tables[*column.refers].key].name == column.name &&
            id.ends_with("-find-without-" + column.name)) {
          const bool owns = std::any_of(interface.request.begin(), interface.request.end(), [&](const Field& field) { return field.refers == column.refers; });
          const bool is_key_of_another = column.refers != std::optional(step.find.table);
          if (owns && is_key_of_another) return true;
        }
  return false;
}

/// Effects that go wrong only sometimes.
void break_on_occasion(const Spec& spec, const std::vector<MutationEdit>& plain, std::vector<MutationEdit>& out) {
  struct When {
    Trigger trigger;
    std::string_view id, sentence;
  };
  constexpr std::array<When, 3> all = {{{Trigger::second_call, "second-call", "from the second call for the same row on"},
                                        {Trigger::every_third, "every-third", "every third call"},
                                        {Trigger::second_of_owner, "second-of-owner", "for the second of a user's meters"}}};
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) {
    const Interface& interface = spec.interfaces[at];
    const auto has_owner = [&](const Field& field) {
      if (!field.refers) return false;
      const auto& columns = spec.tables[*field.refers].columns;
      return std::any_of(columns.begin(), columns.end(), [](const core::Column& column) { return column.refers.has_value(); });
    };
    const bool refers = std::any_of(interface.request.begin(), interface.request.end(), has_owner);
    // What the server chooses itself can't be told from what it did not do.
    const bool chooses = std::all_of(interface.effects.begin(), interface.effects.end(), [](const Step& step) {
      return step.kind == Step::Kind::find ||
             (step.kind == Step::Kind::update &&
              std::all_of(step.update.set.begin(), step.update.set.end(), [](const core::Assignment& one) { return one.value.op == Expr::Op::server_assigned; }));
    });
    for (const MutationEdit& edit : plain) {
      if (edit.mutation.category != "effect" || !edit.mutation.id.starts_with(interface.name + "/")) continue;
      const bool finds = edit.mutation.id.find("-find-") != std::string::npos;
      for (const When& when : all) {
        if (chooses || (finds && when.trigger == Trigger::every_third) || (when.trigger != Trigger::every_third && !refers)) continue;
        // Where the row is named, that it is its owner's says nothing more.
        if (when.trigger == Trigger::second_of_owner && names_owner(spec, interface, edit.mutation.id)) continue;
        out.push_back({{edit.mutation.id + "@" + std::string(when.id), edit.mutation.sentence + ", " + std::string(when.sentence), "occasion"},
                       [at, apply = edit.apply, trigger = when.trigger](Spec& broken) {
                         Spec other = broken;
                         apply(other);
                         broken.interfaces[at].trigger = trigger;
                         broken.interfaces[at].sometimes = std::make_shared<Interface>(other.interfaces[at]);
                       }});
      }
    }
  }
}

}  // namespace

void append_hard_mutations(const Spec& spec, std::vector<MutationEdit>& out) {
  const std::vector<MutationEdit> plain = out;
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) {
    break_forms(spec, at, out);
    break_bounds(spec, at, out);
    break_access(spec, at, out);
  }
  break_values(spec, out);
  break_tariffs(spec, out);
  break_envelope(spec, out);
  break_server(out);
  break_on_occasion(spec, plain, out);
}

}  // namespace meterproof::mutation
