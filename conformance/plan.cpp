#include "conformance/plan.hpp"

#include <algorithm>
#include <unordered_set>

#include "conformance/clauses.hpp"
#include "conformance/request_mutations.hpp"
#include "core/rules/rule_kind.hpp"

namespace meterproof::conformance {

using core::Code;
using core::Interface;
using core::ResultRow;
using core::Spec;

namespace {

class Planner {
 public:
  Planner(const Spec& spec, const Scope& scope) : spec_(spec), scope_(scope) {}

  std::vector<Case> plan() {
    for (const Interface& interface : spec_.interfaces)
      if (scope_.has(interface)) add_interface(interface);
    return std::move(cases_);
  }

 private:
  Case& add(const Interface& interface, Kind kind, const std::string& id, const std::string& section) {
    Case& one = cases_.emplace_back();
    one.kind = kind;
    one.interface = &interface;
    one.id = interface.name + "/" + id;
    one.section = section;
    return one;
  }

  static std::string text(Code code) { return std::to_string(code.value); }

  void add_interface(const Interface& interface) {
    add_controls(interface);
    add_replies(interface);
    add_effects(interface);
    add_rules(interface);
    add_common(interface);
    add_stories(interface);
    add_together(interface);
    add_transport(interface);
    for (const core::OpenQuestion& question : interface.open_questions)
      if (question.when)
        for (const rules::Variation& variation : rules::kind_of(*question.when).variations(*question.when, interface)) {
          Case& one = add(interface, Kind::open, "open/" + question.id + "/" + variation.slug, interface.section);
          one.sentence = question.ask;
          one.expected = {question.accepted_codes.front()};
          one.also_accepted.assign(question.accepted_codes.begin() + 1, question.accepted_codes.end());
          one.question = &question;
          one.rule = &*question.when;
          one.variant = question.when->base_variant.value_or(0);
          one.label = variation.slug;
        }
  }

  void add_controls(const Interface& interface) {
    const ResultRow* success = interface.result(spec_.success);
    const std::string prefix = text(spec_.success) + "/";
    const auto add_valid = [&](Kind kind, const std::string& id, std::size_t variant) -> Case& {
      Case& one = add(interface, kind, prefix + id, interface.section + ".3");
      one.sentence = success != nullptr ? success->title : core::LocalizedText{};
      one.expected = {spec_.success};
      one.variant = variant;
      return one;
    };
    for (std::size_t i = 0; i < interface.variants.size(); ++i) add_valid(Kind::control, interface.variants[i].name, i);
    for (const std::size_t field : interface.variants.front().fields) {
      const core::Field& about = interface.request[field];
      // A word that changes what else is required has a variant of its own.
      const auto has_variant = [&](const std::string& value) {
        return std::any_of(interface.variants.begin(), interface.variants.end(), [&](const core::Variant& variant) {
          return std::any_of(variant.set.begin(), variant.set.end(), [&](const auto& set) { return set.first == field && set.second == value; });
        });
      };
      std::vector<std::string> values;
      for (const core::Choice& choice : about.values)
        if (!has_variant(choice.value)) values.push_back(choice.value);
      if (about.range) values = {std::to_string(about.range->first), std::to_string(about.range->second)};
      for (const std::string& value : values) {
        Case& one = add_valid(Kind::neighbour, about.name + "=" + value, 0);
        one.field = field;
        one.value = value;
      }
    }
  }

  void add_replies(const Interface& interface) {
    const std::string section = interface.section + ".2";
    for (const std::string& name : {spec_.envelope.code, spec_.envelope.message}) {
      Case& one = add(interface, Kind::reply, "reply/" + name, section);
      one.sentence = {name, name};
      one.label = name;
      one.field = interface.reply.size();
    }
    add(interface, Kind::reply, "reply/encoding", spec_.authentication.section).sentence = {"返回数据采用 Json 封装，统一采用 UTF-8编码形式",
                                                                                            "replies are JSON, in UTF-8"};
    for (std::size_t i = 0; i < interface.reply.size(); ++i) {
      Case& one = add(interface, Kind::reply, "reply/" + spec_.envelope.rows + "." + interface.reply[i].name, section);
      one.sentence = interface.reply[i].title;
      one.label = interface.reply[i].name;
      one.field = i;
    }
  }

  void add_effects(const Interface& interface) {
    const auto changed = changed_tables(interface);
    for (const Interface& query : spec_.interfaces) {
      if (!scope_.has(query) || query.reply.empty() || interface.effect_is_unspecified(query)) continue;
      const auto shown = shown_tables(spec_, query);
      if (!std::any_of(changed.begin(), changed.end(), [&](std::size_t table) { return std::find(shown.begin(), shown.end(), table) != shown.end(); }))
        continue;
      Case& one = add(interface, Kind::effect, "effect/" + query.name, interface.section);
      one.sentence = interface.purpose.zh.empty() ? interface.title : interface.purpose;
      one.through = &query;
    }
  }

  void add_rules(const Interface& interface) {
    for (const auto* rows : {&interface.results, &interface.body})
      for (const ResultRow& row : *rows)
        for (const core::Rule& rule : row.when)
          for (const rules::Variation& variation : rules::kind_of(rule).variations(rule, interface)) {
            const std::string id = text(row.code) + "/" + variation.slug;
            if (!ids_.insert(interface.name + "/" + id).second) continue;
            Case& one = add(interface, Kind::rule, id, interface.section + ".3");
            one.sentence = row.title;
            one.expected = {row.code};
            if (rows == &interface.body && interface.refusal) one.expected.push_back(*interface.refusal);
            one.also_accepted = rule.also_accepted;
            const bool has_own_code = spec_.unparsable() == nullptr || row.code != spec_.unparsable()->code;
            const rules::Leniency leniency = rules::kind_of(rule).leniency(rule, interface, variation, has_own_code);
            if (leniency.unparsable && spec_.unparsable() != nullptr) one.also_accepted.push_back(spec_.unparsable()->code);
            if (leniency.unknown_row) add_answers_to_unknown_rows(interface, rule, one);
            if (leniency.success) one.also_accepted.push_back(spec_.success);
            one.rule = &rule;
            one.variant = rule.base_variant.value_or(variant_for(interface, rule));
            one.label = variation.slug;
          }
  }

  static void add_answers_to_unknown_rows(const Interface& interface, const core::Rule& rule, Case& one) {
    for (const ResultRow& own : interface.results)
      for (const core::Rule& other : own.when)
        if (rules::kind_of(other).answers_unknown_row() && other.operands.front().field == rule.operands.front().field) one.also_accepted.push_back(own.code);
  }

  /// The first valid request in which the rule applies and its field is there.
  static std::size_t variant_for(const Interface& interface, const core::Rule& rule) {
    for (std::size_t i = 0; i < interface.variants.size(); ++i) {
      const auto& fields = interface.variants[i].fields;
      const auto has = [&](std::size_t field) { return std::find(fields.begin(), fields.end(), field) != fields.end(); };
      const bool all = std::all_of(rule.operands.begin(), rule.operands.end(), [&](const core::RuleOperand& use) { return has(use.field); });
      const bool excused = rule.unless && rule.unless->value.empty() && has(rule.unless->field);
      if (all && !excused) return i;
    }
    return 0;
  }

  void add_common(const Interface& interface) {
    for (const ResultRow& row : spec_.common) {
      const auto add_refusal = [&](Kind kind, const std::string& label, const std::string& section) -> Case& {
        Case& one = add(interface, kind, text(row.code) + "/" + label, section);
        one.sentence = row.title;
        one.expected = {row.code};
        if (interface.refusal) one.expected.push_back(*interface.refusal);  // it lists no common code: its own is as good
        one.label = label;
        return one;
      };
      if (row.unparsable)
        for (const MalformedBody& body : malformed_bodies()) {
          Case& one = add_refusal(Kind::body, "body=" + body.label, interface.section + ".3");
          one.label = body.label;
          if (body.lenient) one.also_accepted.push_back(spec_.success);
          // No body may be taken for one without fields, and answered as such.
          for (const ResultRow& own : interface.results)
            for (const core::Rule& rule : own.when)
              if ((body.label == "empty" || body.label == "null") && rules::kind_of(rule).can_handle_missing()) one.also_accepted.push_back(own.code);
        }
      for (const core::SignatureRule& rule : row.signature) {
        const auto add_forgery = [&](Kind kind, const std::string& label, bool lenient) {
          Case& one = add_refusal(kind, label, spec_.authentication.section);
          one.also_accepted.insert(one.also_accepted.end(), rule.also_accepted.begin(), rule.also_accepted.end());
          if (lenient) one.also_accepted.push_back(spec_.success);
        };
        for (const SignatureMutation& mutation : signature_mutations())
          if (mutation.fault == rule.fault) add_forgery(Kind::signature, mutation.label, mutation.lenient);
        if (rule.fault == core::SignatureError::timestamp_repeated)
          for (const ReplayAttemptInfo& replay : replay_attempts())
            if (replay.replay != ReplayAttempt::elsewhere || has_another_path(interface)) add_forgery(Kind::replay, replay.label, replay.lenient);
      }
      if (!row.injected_by.empty() && interface.common_results == core::CommonResults::listed)
        add_refusal(Kind::injected_by, row.injected_by, interface.section + ".3").value = row.why;
    }
  }

  bool has_another_path(const Interface& interface) const {
    return std::any_of(spec_.interfaces.begin(), spec_.interfaces.end(),
                       [&](const Interface& other) { return scope_.has(other) && other.path != interface.path && changed_tables(other).empty(); });
  }

  void add_stories(const Interface& interface) {
    for (const core::Sequence& story : spec_.sequences) {
      if (&spec_.interfaces[story.interface] != &interface || !in_scope(spec_, story, scope_)) continue;
      Case& one = add(interface, Kind::story, "story/" + story.id, interface.section);
      one.sentence = story.sentence;
      one.expected = {spec_.success};
      one.story = &story;
    }
  }

  void add_together(const Interface& interface) {
    const auto add_at_once = [&](std::string_view label, core::LocalizedText sentence) {
      Case& one = add(interface, Kind::together, "together/" + std::string(label), interface.section);
      one.sentence = std::move(sentence);
      one.expected = {spec_.success};
      one.label = label;
    };
    if (!changed_tables(interface).empty())
      add_at_once(identical_at_once, {"同时到达的八个相同请求只生效一次", "eight identical requests that arrive at once take effect once"});
    if (!interface.reply.empty()) add_at_once(users_at_once, {"并发查询互不串扰", "queries at the same moment are each answered with their own rows"});
  }

  void add_transport(const Interface& interface) {
    for (const TransportCase& wording : transport_cases()) {
      Case& one = add(interface, Kind::transport, "http/" + wording.label, spec_.authentication.section);
      one.sentence = wording.sentence;
      one.expected = {spec_.success};
      one.label = wording.label;
    }
  }

  const Spec& spec_;
  const Scope& scope_;
  std::vector<Case> cases_;
  std::unordered_set<std::string> ids_;  // of the counterexamples: a rule may make one that another has made
};

}  // namespace

std::vector<Case> plan(const Spec& spec, const Scope& scope) {
  std::vector<Case> cases = Planner(spec, scope).plan();
  for (Case& one : cases) one.clauses = clauses_of(spec, one);
  return cases;
}

void append_known(std::vector<Case>& cases, const Spec& spec, const Scope& scope, const std::map<std::string, std::string>& known) {
  for (const Interface& query : spec.interfaces) {
    if (!scope.has(query) || query.reply.empty() || !changed_tables(query).empty()) continue;
    for (std::size_t i = 0; i < query.variants.size(); ++i) {
      const auto& fields = query.variants[i].fields;
      const auto key = fields.empty() ? std::nullopt : query.request[fields.front()].refers;
      if (fields.size() != 1 || !key || known.count(spec.tables[*key].name + ".several") == 0) continue;
      Case one;
      one.kind = Kind::several;
      one.interface = &query;
      one.id = query.name + "/reply/several rows/" + query.variants[i].name;
      one.section = query.section + ".2";
      one.sentence = {"响应数据列表（可以为多条）", "the list may have several rows"};
      one.variant = i;
      one.field = fields.front();
      one.value = known.at(spec.tables[*key].name + ".several");
      one.clauses = clauses_of(spec, one);
      cases.push_back(std::move(one));
    }
  }
}

bool in_scope(const Spec& spec, const core::Sequence& story, const Scope& scope) {
  return std::all_of(story.steps.begin(), story.steps.end(), [&](const core::SequenceStep& step) { return scope.has(spec.interfaces[step.interface]); });
}

const std::vector<TransportCase>& transport_cases() {
  static const std::vector<TransportCase> all = {
      {HttpVariant::small_letters,
       "header names in small letters",
       {"HTTP 头名称不区分大小写（RFC 9110 5.1）", "header names are the same in any letters (RFC 9110, section 5.1)"},
       true},
      {HttpVariant::in_pieces, "sent in pieces, slowly", {"分段缓慢到达的请求仍是有效请求", "a request that arrives slowly and in pieces is a request"}, true},
      {HttpVariant::after_refusals,
       "usable after refusals",
       {"拒绝请求之后连接或新连接仍可使用", "after a refusal the next request is answered, on the same connection or a new one"},
       true},
      {HttpVariant::chunked, "body in chunks", {"分块传输的请求体（RFC 9112 7.1）", "a body sent in chunks (RFC 9112, section 7.1)"}, false},
      {HttpVariant::pipelined,
       "pipelined",
       {"流水线请求按顺序应答（RFC 9112 9.3.2）", "requests sent before the first reply are answered in their order (RFC 9112, section 9.3.2)"},
       false},
  };
  return all;
}

}  // namespace meterproof::conformance
