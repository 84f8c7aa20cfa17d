// SPDX-License-Identifier: Apache-2.0
// One requirement of a result row broken at a time: the request must get the row's code, and change nothing.
#include "conformance/cases/rule_case.hpp"

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "conformance/cases/case_kinds.hpp"
#include "conformance/spec_queries.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {

using core::Code;
using core::Interface;
using i18n::msg;

Sent RuleCase::send(CaseContext& context, FixtureSet& fixture, const FixtureSet& phantom) const {
  core::RequestBuilder request = context.fixtures().make_request(context.interface(), variant(), fixture, &phantom);
  CaseFixtures rows(context.fixtures(), fixture);
  const auto edits = rules::kind_of(rule_).make(rule_, slug_, request, rows);
  if (!edits) throw Inconclusive{msg<"case.no-row-in-that-state">(name_in_state(context))};
  // Beside a key of the vendor's there may be others of his.
  const std::size_t about = rule_.operands.empty() ? 0 : rule_.operands.front().field;
  if (const auto& table = context.interface().request[about].refers; table && slug_.ends_with("other-beginning"))
    if (const auto own = fixture.find(*table); own != fixture.end() && context.fixtures().is_named(own->first, own->second))
      throw Inconclusive{msg<"case.no-such-rows">()};
  change_free_texts(request);
  if (rule_.unless) vary_what_excuses(request, *rule_.unless);
  for (const auto& [field, raw] : *edits) request.raw[field] = raw;
  if (!rows.named_in_state().empty()) use_smallest_amounts(request);
  Sent sent = context.session().send(context.interface(), request.body());
  if (sent.reply.code && !sent.answered(context.success())) context.fixtures().give_back(rows.unrelated());
  return sent;
}

/// Another name and another address than any row has: where the request is refused, no row must get them.
void RuleCase::change_free_texts(core::RequestBuilder& request) {
  for (std::size_t i = 0; i < request.raw.size(); ++i)
    if (const core::Field& field = request.interface->request[i]; request.raw[i] && is_free_text(field))
      request.raw[i] = raw_value(field, field.example + "改");
}

namespace {

/// The values of the field with which the rule applies; empty where its presence alone excuses.
std::vector<std::string> values_without_excuse(const Interface& interface, const core::Guard& excuse) {
  std::vector<std::string> out;
  if (excuse.value.empty()) return out;
  for (const core::Choice& choice : interface.request[excuse.field].values)
    if (choice.value != excuse.value) out.push_back(choice.value);
  return out;
}

}  // namespace

/// Each case of such a rule has another of the values with which it applies.
void RuleCase::vary_what_excuses(core::RequestBuilder& request, const core::Guard& excuse) const {
  const std::vector<std::string> others = values_without_excuse(*request.interface, excuse);
  if (!others.empty()) request.raw[excuse.field] = raw_value(request.interface->request[excuse.field], others[ordinal_ % others.size()]);
}

/// As which the vendor can name a row in the rule's state: TABLE.STATE.
std::string RuleCase::name_in_state(const CaseContext& context) const {
  const auto table = rule_.operands.empty() ? std::nullopt : context.interface().request[rule_.operands.front().field].refers;
  return (table ? context.spec().tables[*table].name : std::string("TABLE")) + "." + (rule_.state.value.empty() ? std::string("STATE") : rule_.state.value);
}

/// Whether another request shows that the row is in the rule's state although this one was accepted: the vendor may have named a wrong row.
bool RuleCase::is_in_state(CaseContext& context, FixtureSet& fixture, const std::string& named) const {
  const Interface& interface = context.interface();
  const std::size_t table = *interface.request[rule_.operands.front().field].refers;
  const auto send_with = [&](const core::Rule& rule, const std::string& key) {
    core::RequestBuilder request = context.fixtures().make_request(interface, rule.base_variant.value_or(variant()), fixture, nullptr);
    const std::size_t field = rule.operands.front().field;
    request.raw[field] = raw_value(interface.request[field], key);
    use_smallest_amounts(request);
    return context.session().send(interface, request.body());
  };
  if (rule_.state.table == table) {  // a row of our own in that state, which is accepted as well
    const std::string own = context.fixtures().make_in_state(table, rule_.state);
    return !own.empty() && send_with(rule_, own).answered(context.success());
  }
  // The rows that must all be in that state are refused by themselves.
  const std::vector<std::string> keys = context.fixtures().shown_of(rule_.state.table, table, named);
  for (const core::ResultRow& row : interface.results)
    for (const core::Rule& rule : row.when) {
      if (!(rule.state == rule_.state) || rule.operands.empty() || interface.request[rule.operands.front().field].refers != rule_.state.table) continue;
      std::vector<Code> refusals = rule.also_accepted;
      refusals.push_back(row.code);
      return !keys.empty() && std::all_of(keys.begin(), keys.end(), [&](const std::string& key) { return has(refusals, send_with(rule, key).reply.code); });
    }
  return false;
}

/// The request may be carried out for a customer of the vendor's.
void RuleCase::use_smallest_amounts(core::RequestBuilder& request) {
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    if (!request.raw[i] || field.type != core::Type::decimal || !field.vary || field.scale) continue;
    const auto example = core::Decimal::parse(field.example);
    request.raw[i] = raw_value(field, core::Decimal(1, example ? example->scale() : 0).to_string());
  }
}

namespace {

void add_codes(std::vector<Code>& to, const std::vector<Code>& codes) { to.insert(to.end(), codes.begin(), codes.end()); }

bool answers_unknown_row(const core::Rule& rule, std::size_t field) {
  return rules::kind_of(rule).answers_unknown_row() && rule.operands.front().field == field;
}

/// Codes of the interface's rules that say: this field's key names no row.
std::vector<Code> stated_unknown_row_codes(const Interface& interface, std::size_t field) {
  std::vector<Code> out;
  for (const core::ResultRow& row : interface.results)
    for (const core::Rule& rule : row.when)
      if (answers_unknown_row(rule, field)) out.push_back(row.code);
  return out;
}

/// The same, and the answers of the open questions about such a key.
std::vector<Code> unknown_row_codes(const Interface& interface, std::size_t field) {
  std::vector<Code> out = stated_unknown_row_codes(interface, field);
  for (const core::OpenQuestion& question : interface.open_questions)
    if (question.when && answers_unknown_row(*question.when, field)) add_codes(out, question.accepted_codes);
  return out;
}

/// Codes of the interface's rules about a field.
std::vector<Code> codes_about(const Interface& interface, std::size_t field) {
  std::vector<Code> out;
  for (const core::ResultRow& row : interface.results)
    for (const core::Rule& rule : row.when)
      if (std::any_of(rule.operands.begin(), rule.operands.end(), [&](const core::RuleOperand& one) { return one.field == field; })) out.push_back(row.code);
  return out;
}

/// The first valid request in which the rule applies and its fields are there.
std::size_t variant_for(const Interface& interface, const core::Rule& rule) {
  for (std::size_t i = 0; i < interface.variants.size(); ++i) {
    const auto& fields = interface.variants[i].fields;
    const auto has = [&](std::size_t field) { return std::find(fields.begin(), fields.end(), field) != fields.end(); };
    const bool all = std::all_of(rule.operands.begin(), rule.operands.end(), [&](const core::RuleOperand& operand) { return has(operand.field); });
    const bool excused = rule.unless && rule.unless->value.empty() && has(rule.unless->field);
    if (all && !excused) return i;
  }
  return 0;
}

}  // namespace

std::vector<Code> lenient_codes(const core::Spec& spec, const Interface& interface, const core::Rule& rule, const rules::Variation& variation, bool own_code) {
  const rules::Leniency leniency = rules::kind_of(rule).leniency(rule, interface, variation, own_code);
  std::vector<Code> out;
  if ((leniency.unparsable || leniency.unknown_form) && spec.unparsable() != nullptr) out.push_back(spec.unparsable()->code);
  if (leniency.unknown_row) add_codes(out, unknown_row_codes(interface, variation.field));
  if (leniency.same_field) add_codes(out, codes_about(interface, variation.field));
  if (leniency.success) out.push_back(spec.success);
  return out;
}

/// Whether the target has taken a row of ours in the same place: its key has the form of this one.
bool RuleCase::is_of_known_form(const CaseContext& context) const {
  const auto table = context.interface().request[rule_.operands.front().field].refers;
  const FixtureSet& taken = context.baseline_fixture();
  const auto own = table ? taken.find(*table) : taken.end();
  return own != taken.end() && context.baseline_succeeded(variant()) && !context.fixtures().is_named(own->first, own->second);
}

/// A row that the vendor has named as being in the state is known to be there: that it does not exist is no answer then. One that was brought there by a
/// request of ours may have ceased to exist.
CaseResult RuleCase::judge(CaseContext& context, Sent sent) const {
  std::vector<Code> also_accepted = info().also_accepted;
  if (form_alone_ && is_of_known_form(context)) std::erase(also_accepted, context.spec().unparsable()->code);
  if (rules::kind_of(rule_).operand_shape() == rules::OperandShape::states) {
    const std::size_t field = rule_.operands.front().field;
    const std::size_t table = *context.interface().request[field].refers;
    const std::string name = context.spec().tables[table].name + "." + rule_.state.value;
    if (rule_.state.table == table && context.options().fixtures.count(name) > 0) {
      const std::vector<Code> unknown = stated_unknown_row_codes(context.interface(), field);
      std::erase_if(also_accepted, [&](Code code) { return has(unknown, code); });
    }
  }
  CaseResult result = judge_code(info().expected, also_accepted, context.success(), std::move(sent));
  // Either the target or its vendor is wrong: he is told of both.
  const auto named = context.options().fixtures.find(name_in_state(context));
  const bool is_taken = result.verdict == reports::Verdict::failed && result.sent->answered(context.success());
  if (!is_taken || rule_.state.value.empty() || named == context.options().fixtures.end()) return result;
  bool is_certain = false;
  try {
    FixtureSet others;
    is_certain = is_in_state(context, others, named->second);
    context.fixtures().give_back(others);
  } catch (const Inconclusive&) {  // nothing else shows it
  }
  if (is_certain) return result;
  // Of a state of other rows, from which that of the named one follows, he may easily be mistaken.
  const auto& table = context.interface().request[rule_.operands.front().field].refers;
  if (rule_.state.table != table) result.verdict = reports::Verdict::inconclusive;
  result.reason = msg<"case.named-state-in-doubt">(named->second, rule_.state.value);
  return result;
}

bool MistakesSoFar::is_spare(const rules::Variation& variation) {
  if (variation.is_of_other_type || variation.is_rare) return true;
  constexpr std::size_t enough = 2;
  constexpr std::string_view negative = "minus-1";
  const std::string& slug = variation.slug;
  const std::string last = slug.substr(slug.rfind('-') + 1);
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const bool is_negative = slug.ends_with(negative);
  const std::string mistake = is_negative ? std::string(negative) : last;
  const bool leaves_out = last == "missing", is_value = is_digit(last.front()) && !is_negative;
  return ++count_[mistake] > enough && !leaves_out && !is_value;
}

namespace {

/// The forms of the request that a rule's case is for. Of values outside a list or a range, the last two of a field (`is_among_last`) are also for a row that
/// exists: the next one above the list, and one far off.
std::vector<std::size_t> forms_of(const Interface& interface, const core::Rule& rule, bool is_among_last) {
  std::vector<std::size_t> out = {rule.base_variant.value_or(variant_for(interface, rule))};
  if (rule.base_variant || !is_among_last || !rules::kind_of(rule).limits_values()) return out;
  for (std::size_t i = 0; i < interface.variants.size(); ++i) {
    if (!interface.variants[i].existing.empty()) out.push_back(i);
  }
  return out;
}

}  // namespace

void add_rule_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  std::unordered_set<std::string> ids;  // two rules may have a variation in common
  MistakesSoFar mistakes;
  const auto add = [&](const core::ResultRow& row, const core::Rule& rule, const rules::Variation& variation, std::size_t form, std::size_t ordinal,
                       bool is_body, bool is_far = false, const std::string& with = {}) {
    const bool is_usual = form == rule.base_variant.value_or(variant_for(interface, rule));
    std::string slug = is_usual ? variation.slug : variation.slug + "-in-" + core::slug_of(interface.variants[form].name);
    if (!with.empty()) slug += "-with-" + core::slug_of(interface.request[rule.unless->field].name) + "-" + core::slug_of(with);
    CaseInfo info = case_info(interface, code_prefix(row.code) + slug, interface.section + ".3", CaseGroup::business, Phase::negative);
    if (!ids.insert(info.id).second) return;
    info.requirement = row.title;
    info.title = title_of(row.title, variation.description);
    if (!with.empty()) {
      const std::string set = interface.request[rule.unless->field].name + " " + with;
      info.title = title_of(info.title, {set, set});
    }
    info.expected = {row.code};
    if (is_body && interface.refusal) info.expected.push_back(*interface.refusal);
    if (variation.is_of_other_type && plan.spec.unparsable() != nullptr) info.expected.push_back(plan.spec.unparsable()->code);
    info.also_accepted = rule.also_accepted;
    const bool own_code = plan.spec.unparsable() == nullptr || row.code != plan.spec.unparsable()->code;
    add_codes(info.also_accepted, lenient_codes(plan.spec, interface, rule, variation, own_code));
    info.clauses = {clause::code(interface, row.code)};
    for (const core::RuleOperand& operand : rule.operands) info.clauses.push_back(clause::request(interface, operand.field));
    info.clauses.push_back(clause::refused(interface));
    info.is_spare = (mistakes.is_spare(variation) && is_usual) || (is_far && !is_usual) || !with.empty();
    const rules::Leniency leniency = rules::kind_of(rule).leniency(rule, interface, variation, own_code);
    const bool may_be_unread = plan.spec.unparsable() != nullptr && has(rule.also_accepted, plan.spec.unparsable()->code);
    const bool form_alone = plan.spec.unparsable() != nullptr && leniency.unknown_form && !may_be_unread;
    out.push_back(std::make_unique<RuleCase>(std::move(info), rule, variation.slug, form, ordinal, form_alone));
  };
  for (const auto* rows : {&interface.results, &interface.body})
    for (const core::ResultRow& row : *rows)
      for (const core::Rule& rule : row.when) {
        const std::vector<rules::Variation> variations = rules::kind_of(rule).variations(rule, interface);
        for (std::size_t i = 0; i < variations.size(); ++i) {
          const auto is_value_of_it = [&](const rules::Variation& other) { return other.field == variations[i].field && !other.is_of_other_type; };
          const auto later = std::count_if(variations.begin() + static_cast<std::ptrdiff_t>(i) + 1, variations.end(), is_value_of_it);
          const bool is_among_last = is_value_of_it(variations[i]) && later < 2;
          for (const std::size_t form : forms_of(interface, rule, is_among_last)) add(row, rule, variations[i], form, i, rows == &interface.body, later == 0);
        }
        // Of the first way to break it, usually the value left out: with each of the values with which it applies.
        const std::vector<std::string> others =
            rule.unless && !variations.empty() ? values_without_excuse(interface, *rule.unless) : std::vector<std::string>();
        for (std::size_t i = 1; i < others.size(); ++i)
          add(row, rule, variations.front(), rule.base_variant.value_or(variant_for(interface, rule)), i, rows == &interface.body, false, others[i]);
      }
}

}  // namespace meterproof::conformance
