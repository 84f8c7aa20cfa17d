// Deviations that are hard to see: by one, in one form only, the second time only, at the same moment only.
#include <algorithm>
#include <array>

#include "spec/rules/breakage.hpp"
#include "spec/rules/word.hpp"

namespace meterproof::rules {

using spec::Blind;
using spec::Damage;
using spec::Expr;
using spec::Flaw;
using spec::Occasion;
using spec::Spec;
using spec::Step;

namespace {

std::string label(spec::Code code) { return std::to_string(code.value); }

/// Rules that see every empty form but one: who forgets null, or blanks.
void break_forms(const Spec& spec, std::size_t at, std::vector<Breakage>& out) {
  constexpr std::array<std::pair<Blind, std::string_view>, 4> forms = {
      {{Blind::to_missing, "missing"}, {Blind::to_null, "null"}, {Blind::to_empty_text, "empty"}, {Blind::to_blanks, "blanks"}}};
  const Interface& interface = spec.interfaces[at];
  for (std::size_t row = 0; row < interface.results.size(); ++row)
    for (std::size_t i = 0; i < interface.results[row].when.size(); ++i) {
      const Rule& rule = interface.results[row].when[i];
      // A long list of fields takes turns with the forms: no field meets them all.
      const bool takes_forms = words()[rule.word]->name() == "empty" && rule.uses.size() == 1;
      for (const auto& [blind, name] : forms)
        if (takes_forms)
          out.push_back({{interface.name + "/" + label(interface.results[row].code) + "/" + interface.request[rule.uses[0].field].name + "/blind-to-" + std::string(name),
                          "does not see that " + interface.request[rule.uses[0].field].name + " is " + std::string(name), "form"},
                         [at, row, i, blind = blind](Spec& broken) { broken.interfaces[at].results[row].when[i].blind = blind; }});
    }
}

std::string shifted(const std::string& bound, const std::string& by) { return spec::Decimal::add(*spec::Decimal::parse(bound), *spec::Decimal::parse(by))->to_string(); }

void break_bounds(const Spec& spec, std::size_t at, std::vector<Breakage>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t row = 0; row < interface.results.size(); ++row)
    for (std::size_t i = 0; i < interface.results[row].when.size(); ++i) {
      const Rule& rule = interface.results[row].when[i];
      const std::string id = interface.name + "/" + label(interface.results[row].code) + "/" + interface.request[rule.uses[0].field].name;
      if (words()[rule.word]->name() == "not_above")
        for (const auto& [by, what] : {std::pair("-0.01", "takes-the-bound"), std::pair("0.01", "refuses-the-smallest"), std::pair("-1000000", "takes-negative")})
          out.push_back({{id + "/" + what, std::string("has its bound off by ") + by, "bound"}, [at, row, i, by = std::string(by)](Spec& broken) {
                           std::string& bound = broken.interfaces[at].results[row].when[i].uses[0].bound;
                           bound = shifted(bound, by);
                         }});
      if (words()[rule.word]->name() == "out_of_range")
        for (const auto& [low, high, what] :
             {std::tuple(-1, 0, "low-end-too-low"), std::tuple(1, 0, "low-end-too-high"), std::tuple(0, 1, "high-end-too-high"), std::tuple(0, -1, "high-end-too-low")})
          out.push_back({{id + "/" + what, "has one end of the range off by one", "bound"}, [at, field = rule.uses[0].field, low = low, high = high](Spec& broken) {
                           auto& range = *broken.interfaces[at].request[field].range;
                           range = {range.first + low, range.second + high};
                         }});
      if (words()[rule.word]->name() == "unlisted")
        for (const spec::FieldUse& use : rule.uses)
          for (std::size_t value = 0; value < interface.request[use.field].values.size(); ++value) {
            const spec::Field& field = interface.request[use.field];
            out.push_back({{interface.name + "/" + field.name + "=" + field.values[value].value + "/refused", "refuses " + field.name + " " + field.values[value].value, "vocabulary"},
                           [at, which = use.field, value](Spec& broken) {
                             auto& values = broken.interfaces[at].request[which].values;
                             values.erase(values.begin() + static_cast<std::ptrdiff_t>(value));
                           }});
          }
    }
}

/// Whether an interface stores a value of that column which a request gives: not a number of the server's own.
bool is_stored(const Spec& spec, std::size_t table, std::size_t column) {
  const auto stores = [&](const std::vector<spec::Assignment>& set) {
    return std::any_of(set.begin(), set.end(), [&](const spec::Assignment& one) {
      return one.column == column && (one.value.op == Expr::Op::request || one.value.op == Expr::Op::add);
    });
  };
  for (const Interface& interface : spec.interfaces) {
    std::vector<std::size_t> rows;
    for (const Step& step : interface.effects) {
      if (step.kind == Step::Kind::find) rows.push_back(step.find.table);
      if (step.kind == Step::Kind::insert && step.insert.table == table && stores(step.insert.set)) return true;
    }
  }
  return false;
}

/// Values that are not kept as they came.
void break_values(const Spec& spec, std::vector<Breakage>& out) {
  const Visible visible(spec);
  for (std::size_t table = 0; table < spec.tables.size(); ++table)
    for (std::size_t column = 0; column < spec.tables[table].columns.size(); ++column) {
      const spec::Column& about = spec.tables[table].columns[column];
      if (!visible.has(table, column) || !is_stored(spec, table, column)) continue;
      const auto damage = [&](Damage how, const std::string& what, const std::string& sentence) {
        out.push_back({{"table/" + spec.tables[table].name + "." + about.name + "/" + what, about.name + ": " + sentence, "value"},
                       [table, column, how](Spec& broken) { broken.tables[table].columns[column].damage = how; }});
      };
      if (about.type == spec::ColumnType::text && !about.refers && column != spec.tables[table].key) {
        damage(Damage::four_byte_text, "loses-4-byte-characters", "characters outside the BMP become ?");
        damage(Damage::leading_noughts, "loses-leading-noughts", "leading noughts are dropped");
        damage(Damage::cut_short, "cut-short", "is cut after 20 bytes");
        damage(Damage::blanks, "blanks-become-one", "runs of blanks become one");
      }
      if (about.type == spec::ColumnType::decimal) {
        damage(Damage::whole, "whole", "keeps no decimal places");
        if (spec.tables[table].tariff == std::nullopt) damage(Damage::rounded, "rounded", "keeps one decimal place");
      }
    }
}

void break_tariffs(const Spec& spec, std::vector<Breakage>& out) {
  for (std::size_t table = 0; table < spec.tables.size(); ++table) {
    if (!spec.tables[table].tariff) continue;
    for (std::size_t tier = 0; tier < spec.tables[table].tariff->boundaries.size(); ++tier)
      out.push_back({{"table/" + spec.tables[table].name + "/tier-" + std::to_string(tier + 2) + "-missing", "knows no tier " + std::to_string(tier + 2), "tariff"},
                     [table, tier](Spec& broken) {
                       auto& tariff = *broken.tables[table].tariff;
                       tariff.boundaries.erase(tariff.boundaries.begin() + static_cast<std::ptrdiff_t>(tier));
                       tariff.prices.erase(tariff.prices.begin() + static_cast<std::ptrdiff_t>(tier + 1));
                     }});
  }
}

void break_server(std::vector<Breakage>& out) {
  struct Known {
    Flaw flaw;
    std::string_view id, sentence;
  };
  constexpr std::array<Known, 12> all = {{
      {Flaw::remembers_last_timestamp, "remembers-last-timestamp", "sees a repeated timestamp only where it was the last one"},
      {Flaw::replay_frees_timestamp, "replay-frees-timestamp", "takes a repeated timestamp every second time"},
      {Flaw::checks_timestamp_late, "checks-timestamp-late", "takes one timestamp from two requests at the same moment"},
      {Flaw::checks_existence_late, "checks-existence-late", "takes two requests at the same moment both for the first"},
      {Flaw::business_before_authentication, "business-before-authentication", "looks at the body before the signature"},
      {Flaw::compares_token_beginning, "compares-token-beginning", "compares eight digits of the token"},
      {Flaw::carries_out_refused, "carries-out-refused", "carries out what it refuses"},
      {Flaw::no_utf8, "no-utf8", "answers in Latin-1"},
      {Flaw::one_row_only, "one-row-only", "lists one row at the most"},
      {Flaw::rows_of_another, "rows-of-another", "mixes up the rows of queries at the same moment"},
      {Flaw::keys_by_prefix, "keys-by-prefix", "finds a key by its beginning"},
      {Flaw::end_of_day_excluded, "end-of-day-excluded", "leaves out the last day of a range but for its midnight"},
  }};
  for (const Known& one : all)
    out.push_back({{"server/" + std::string(one.id), std::string(one.sentence), "server"}, [flaw = one.flaw](Spec& broken) { broken.flaw = flaw; }});
}

/// Effects and codes that go wrong only sometimes.
void break_on_occasion(const Spec& spec, const std::vector<Breakage>& plain, std::vector<Breakage>& out) {
  struct When {
    Occasion occasion;
    std::string_view id, sentence;
  };
  constexpr std::array<When, 3> all = {{{Occasion::second_call, "second-call", "from the second call for the same row on"},
                                        {Occasion::every_third, "every-third", "every third call"},
                                        {Occasion::second_of_owner, "second-of-owner", "for the second of a user's meters"}}};
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) {
    const Interface& interface = spec.interfaces[at];
    const bool refers = std::any_of(interface.request.begin(), interface.request.end(), [](const Field& field) { return field.refers.has_value(); });
    for (const Breakage& breakage : plain) {
      if (breakage.deviation.category != "effect" || !breakage.deviation.id.starts_with(interface.name + "/")) continue;
      for (const When& when : all) {
        if (when.occasion != Occasion::every_third && !refers) continue;
        out.push_back({{breakage.deviation.id + "@" + std::string(when.id), breakage.deviation.sentence + ", " + std::string(when.sentence), "occasion"},
                       [at, apply = breakage.apply, occasion = when.occasion](Spec& broken) {
                         Spec other = broken;
                         apply(other);
                         broken.interfaces[at].occasion = occasion;
                         broken.interfaces[at].sometimes = std::make_shared<Interface>(other.interfaces[at]);
                       }});
      }
    }
  }
}

}  // namespace

void append_hard_breakages(const Spec& spec, std::vector<Breakage>& out) {
  const std::vector<Breakage> plain = out;
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) {
    break_forms(spec, at, out);
    break_bounds(spec, at, out);
  }
  break_values(spec, out);
  break_tariffs(spec, out);
  break_server(out);
  break_on_occasion(spec, plain, out);
}

}  // namespace meterproof::rules
