// SPDX-License-Identifier: Apache-2.0
// What a server may get wrong about its result codes: another code, a rule that it does not know, or knows only in part.
#include <algorithm>

#include "core/json/request_body_parser.hpp"
#include "core/rules/valid_request.hpp"
#include "core/text/json_text.hpp"
#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Code;
using core::Interface;
using core::ResultRow;
using core::Spec;

namespace {

/// The category of a mutant that takes any form of a field: but where the values are printed, it may.
std::string_view category_of_form(const Interface& interface, std::size_t field) {
  return rules::may_take_any_form(interface, field) ? lenient : std::string_view("code");
}

/// No rows, and keys that name none.
class NoRows final : public rules::DataLookup, public rules::KeyProvider, public rules::FixtureProvider {
 public:
  bool exists(std::size_t, std::string_view) const override { return false; }
  bool belong_together(std::size_t, std::string_view, std::size_t, std::string_view) const override { return true; }
  bool in_state(std::size_t, std::string_view, const core::State&) const override { return false; }
  std::string key(const core::Field&, bool) override { return "1"; }
  std::string existing_row(std::size_t) override { return "1"; }
  std::string unrelated_row(std::size_t) override { return "1"; }
  std::string unused_key(std::size_t) override { return "1"; }
  std::string in_state(std::size_t, const core::State&) override { return "1"; }
};

/// Whether other rules about the same field, or open questions, answer all that breaks that rule: then nobody sees that it is missing.
bool is_answered_by_others(const Interface& interface, const core::Rule& rule) {
  NoRows none;
  const std::size_t field = rule.operands[0].field;
  const core::RequestBuilder valid = rules::make_valid_request(interface, interface.variants.front(), none, 1, {});
  json::RequestBodyParser reader;
  core::Request request;
  const auto answers = [&](const core::Rule& other) {
    return std::any_of(other.operands.begin(), other.operands.end(), [&](const core::RuleOperand& use) { return use.field == field; }) &&
           rules::kind_of(other).matches(other, request, none);
  };
  for (const rules::Variation& variation : rules::kind_of(rule).variations(rule, interface)) {
    const auto edits = rules::kind_of(rule).make(rule, variation.slug, valid, none);
    if (!edits) return false;
    core::RequestBuilder broken = valid;
    for (const auto& [at, raw] : *edits) broken.raw[at] = raw;
    const std::string body = broken.body();
    if (!reader.parse(body)) return false;
    json::map_to_fields(reader.members(), interface, request);
    const bool answered = std::any_of(interface.results.begin(), interface.results.end(),
                                      [&](const ResultRow& row) { return std::any_of(row.when.begin(), row.when.end(), answers); }) ||
                          std::any_of(interface.open_questions.begin(), interface.open_questions.end(),
                                      [&](const core::OpenQuestion& question) { return question.when && answers(*question.when); });
    if (!answered) return false;
  }
  return true;
}

/// One interface has another code for success.
class OtherSuccess final : public MutationHooks {
 public:
  OtherSuccess(const Spec& spec, std::string interface, Code wrong)
      : interface_(std::move(interface)), right_("{" + core::quoted(spec.envelope.code) + ":"), wrong_(right_ + label(wrong)) {
    right_ += label(spec.success);
  }

  void carried_out(const core::Request& request, const store::DataStore&, store::ResultSet&, Time) override {
    is_here_ = request.interface->name == interface_;
  }
  void edit_reply(std::string& body, std::string_view&) override {
    if (is_here_ && body.starts_with(right_ + ",")) body.replace(0, right_.size(), wrong_);
    is_here_ = false;
  }

 private:
  const std::string interface_;
  std::string right_, wrong_;  // how a reply begins
  bool is_here_ = false;       // the reply at hand is of this interface, and of success
};

void break_codes(const Spec& spec, std::size_t at, std::vector<MutantFactory>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t row = 0; row < interface.results.size(); ++row) {
    const ResultRow& result = interface.results[row];
    const std::string id = interface.name + "/" + label(result.code);
    const Code wrong{result.code.value - 40};
    MutantFactory& recoded = out.emplace_back();
    recoded.mutation = {id + "/as" + label(wrong),
                        {"应返回 " + label(result.code) + "，却返回 " + label(wrong), "answers " + label(wrong) + " for " + label(result.code)},
                        "code"};
    if (result.code == spec.success)
      recoded.hooks = [name = interface.name, wrong](const Spec& whole) { return std::make_unique<OtherSuccess>(whole, name, wrong); };
    else recoded.edit = [at, row, wrong](Spec& broken) { broken.interfaces[at].results[row].code = wrong; };
    for (std::size_t i = 0; i < result.when.size(); ++i)
      for (std::size_t use = 0; use < result.when[i].operands.size(); ++use) {
        const bool pair = rules::kind_of(result.when[i]).operand_shape() == rules::OperandShape::pair;
        if (pair && use > 0) break;
        // Without one of them the rule asks for the others: nobody minds where every valid request has them.
        const bool any_will_do = rules::kind_of(result.when[i]).needs_all_operands();
        const auto lacks_the_others = [&](const core::Variant& variant) {
          return std::none_of(variant.fields.begin(), variant.fields.end(), [&](std::size_t field) {
            return field != result.when[i].operands[use].field && std::any_of(result.when[i].operands.begin(), result.when[i].operands.end(),
                                                                              [&](const core::RuleOperand& other) { return other.field == field; });
          });
        };
        if (any_will_do && std::none_of(interface.variants.begin(), interface.variants.end(), lacks_the_others)) continue;
        // Who asks for the others follows the specification where it marks one of them as required.
        const auto is_another_required = [&](const core::RuleOperand& other) {
          return other.field != result.when[i].operands[use].field && interface.request[other.field].required.value_or(false);
        };
        if (any_will_do && std::any_of(result.when[i].operands.begin(), result.when[i].operands.end(), is_another_required)) continue;
        const bool whole = pair || result.when[i].operands.size() == 1;
        const std::string about = interface.request[result.when[i].operands[use].field].name;
        const auto& also_accepted = result.when[i].also_accepted;
        const bool may_succeed = std::find(also_accepted.begin(), also_accepted.end(), spec.success) != also_accepted.end();
        const bool as_good = may_succeed || rules::kind_of(result.when[i]).is_always_also_matched(result.when[i]);
        out.push_back({{id + "/" + std::to_string(i + 1) + "-" + about + "/ignored",
                        {"对 " + about + " 不返回 " + label(result.code), "does not answer " + label(result.code) + " for " + about},
                        as_good ? std::string(lenient) : "code"},
                       [at, row, i, use, whole](Spec& broken) {
                         auto& rules = broken.interfaces[at].results[row].when;
                         if (whole) rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(i));
                         else rules[i].operands.erase(rules[i].operands.begin() + static_cast<std::ptrdiff_t>(use));
                       }});
      }
  }
  for (std::size_t row = 0; row < interface.body.size(); ++row)
    for (std::size_t i = 0; i < interface.body[row].when.size(); ++i) {
      const std::size_t field = interface.body[row].when[i].operands[0].field;
      if (is_answered_by_others(interface, interface.body[row].when[i])) continue;
      const std::string about = interface.request[field].name;
      out.push_back({{interface.name + "/" + label(interface.body[row].code) + "/" + about + "-form/ignored",
                      {"接受格式错误的 " + about, "takes a malformed " + about},
                      std::string(category_of_form(interface, field))},
                     [at, row, i](Spec& broken) {
                       auto& rules = broken.interfaces[at].body[row].when;
                       rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(i));
                     }});
    }
}

/// Where a rule stands in a spec.
struct RulePlace {
  std::size_t interface, row, rule;
};

/// A rule that does not see all that breaks it.
class OverlookingRule final : public MutationHooks {
 public:
  OverlookingRule(std::string interface, RulePlace place, std::function<bool(const core::Request&)> overlooks)
      : interface_(std::move(interface)), place_(place), overlooks_(std::move(overlooks)) {}

  bool overlooks(const Interface& interface, const core::Rule& rule, const core::Request& request) override {
    return interface.name == interface_ && &interface.results[place_.row].when[place_.rule] == &rule && overlooks_(request);
  }

 private:
  std::string interface_;
  RulePlace place_;
  std::function<bool(const core::Request&)> overlooks_;
};

/// Rules that check a slightly wrong condition.
void break_rules(const Spec& spec, std::size_t at, std::vector<MutantFactory>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t row = 0; row < interface.results.size(); ++row)
    for (std::size_t i = 0; i < interface.results[row].when.size(); ++i) {
      const core::Rule& rule = interface.results[row].when[i];
      const std::string id = interface.name + "/" + label(interface.results[row].code) + "/" + interface.request[rule.operands[0].field].name;
      const bool of_absence = rules::kind_of(rule).can_handle_missing();
      if (rule.unless && of_absence)
        out.push_back({{id + "/always",
                        {"给出 " + interface.request[rule.unless->field].name + " 时仍然拒绝",
                         "refuses even where " + interface.request[rule.unless->field].name + " is given"},
                        "bound"},
                       [at, row, i](Spec& broken) { broken.interfaces[at].results[row].when[i].unless.reset(); }});
      for (const rules::RuleMutation& mutation : rules::kind_of(rule).mutations(rule, interface)) {
        MutantFactory& made = out.emplace_back();
        made.mutation = {interface.name + "/" + label(interface.results[row].code) + "/" + mutation.id, mutation.title, std::string(mutation.category)};
        if (mutation.edit)
          made.edit = [at, row, i, edit = mutation.edit](Spec& broken) { edit(broken.interfaces[at], broken.interfaces[at].results[row].when[i]); };
        if (mutation.overlooks)
          made.hooks = [place = RulePlace{at, row, i}, overlooks = mutation.overlooks](const Spec& whole) {
            return std::make_unique<OverlookingRule>(whole.interfaces[place.interface].name, place, overlooks);
          };
      }
    }
}

/// A body that is no JSON object has another code at one interface.
class UnparsableCode final : public MutationHooks {
 public:
  UnparsableCode(std::string interface, Code code) : interface_(std::move(interface)), code_(code) {}
  Code unparsable_code(const Interface& interface, Code code) override { return interface.name == interface_ ? code_ : code; }

 private:
  std::string interface_;
  Code code_;
};

void break_unparsable(const Spec& spec, const Interface& interface, std::vector<MutantFactory>& out) {
  // Of two interfaces on one path nobody knows whose an unreadable body is.
  const auto first = std::find_if(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& other) { return other.path == interface.path; });
  if (&*first != &interface) return;
  for (const ResultRow& row : spec.common)
    if (row.injected_by == spec.common.back().injected_by && !row.injected_by.empty())
      out.push_back({{interface.name + "/unparsable/as" + label(row.code),
                      {"对非 JSON 的请求体返回 " + label(row.code), "answers " + label(row.code) + " for a body that is no JSON"},
                      "access"},
                     {},
                     [interface = interface.name, code = row.code](const Spec&) { return std::make_unique<UnparsableCode>(interface, code); }});
}

/// A field that is not looked at.
void break_fields(const Spec& spec, std::size_t at, std::vector<MutantFactory>& out) {
  const Interface& interface = spec.interfaces[at];
  // A value of a wrong type that neither its form nor what it refers to gives away.
  for (std::size_t field = 0; field < interface.request.size(); ++field) {
    if (!interface.request[field].refers && !interface.request[field].names && interface.request[field].values.empty()) continue;
    const bool has_rule = std::any_of(interface.results.begin(), interface.results.end(), [&](const ResultRow& row) {
      return std::any_of(row.when.begin(), row.when.end(), [&](const core::Rule& rule) {
        // Where another code will do for what may be left out, another rule gives it: nothing but a warning tells that this one is not kept.
        const bool is_replaced = !rule.also_accepted.empty() && interface.request[field].required != true;
        return rules::demands_refusal(rule, spec.success) && !is_replaced &&
               std::any_of(rule.operands.begin(), rule.operands.end(), [&](const core::RuleOperand& use) { return use.field == field; });
      });
    });
    const auto is_it = [field](const core::RuleOperand& use) { return use.field == field; };
    const auto is_looked_at = [&](const std::vector<ResultRow>& rows) {
      return std::any_of(rows.begin(), rows.end(), [&](const ResultRow& row) {
        return std::any_of(row.when.begin(), row.when.end(), [&](const core::Rule& rule) {
          return !rules::kind_of(rule).needs_all_operands() && std::any_of(rule.operands.begin(), rule.operands.end(), is_it);
        });
      });
    };
    const bool is_asked = std::any_of(interface.open_questions.begin(), interface.open_questions.end(),
                                      [&](const core::OpenQuestion& question) { return question.when && is_it(question.when->operands[0]); });
    if (!is_looked_at(interface.body) && !is_looked_at(interface.results) && !is_asked) continue;
    const auto forget = [is_it](ResultRow& row) {
      for (core::Rule& rule : row.when) {
        const rules::OperandShape shape = rules::kind_of(rule).operand_shape();
        if (rules::kind_of(rule).needs_all_operands()) continue;  // whether one of several is there is not about this field's value
        if (shape == rules::OperandShape::field || shape == rules::OperandShape::fields) std::erase_if(rule.operands, is_it);
      }
      std::erase_if(row.when, [](const core::Rule& rule) { return rule.operands.empty(); });
    };
    out.push_back({{interface.name + "/" + interface.request[field].name + "/unread",
                    {"完全不检查 " + interface.request[field].name, "does not look at " + interface.request[field].name + " at all"},
                    std::string(has_rule ? "access" : category_of_form(interface, field))},
                   [at, is_it, forget](Spec& broken) {
                     Interface& one = broken.interfaces[at];
                     for (auto* rows : {&one.body, &one.results}) std::for_each(rows->begin(), rows->end(), forget);
                     std::erase_if(one.open_questions, [&](const core::OpenQuestion& question) { return question.when && is_it(question.when->operands[0]); });
                   }});
  }
}

/// An answer to what the specification leaves open that is in none of its tables.
void break_open_questions(const Spec& spec, std::size_t at, std::vector<MutantFactory>& out) {
  const Interface& interface = spec.interfaces[at];
  Code unlisted{-77};
  while (spec.row(interface, unlisted) != nullptr) --unlisted.value;
  for (std::size_t i = 0; i < interface.open_questions.size(); ++i) {
    const core::OpenQuestion& question = interface.open_questions[i];
    if (!question.when || question.accepted_codes.empty()) continue;
    out.push_back(
        {{interface.name + "/open/" + question.id + "/as" + label(unlisted),
          {"对未规定的情形返回响应码表之外的 " + label(unlisted), "answers " + label(unlisted) + ", which no table has, where an answer is left open"},
          "code"},
         [at, i, unlisted](Spec& broken) { broken.interfaces[at].open_questions[i].accepted_codes.front() = unlisted; }});
  }
}

}  // namespace

void append_code_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) {
    break_codes(spec, at, out);
    break_rules(spec, at, out);
    break_unparsable(spec, spec.interfaces[at], out);
    break_fields(spec, at, out);
    break_open_questions(spec, at, out);
  }
}

}  // namespace meterproof::mutation
