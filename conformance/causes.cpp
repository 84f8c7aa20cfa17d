// SPDX-License-Identifier: Apache-2.0
#include "conformance/causes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "conformance/case.hpp"
#include "conformance/clauses.hpp"
#include "conformance/reply_forms.hpp"
#include "core/i18n/message.hpp"
#include "core/json/json.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::Spec;
using i18n::Message;
using i18n::msg;
using reports::CaseRecord;
using reports::CauseRecord;
using reports::Verdict;

namespace {

/// The message of that id in a message; null where there is none.
const Message* find(const Message& in, std::string_view id) {
  if (in.id == id) return &in;
  for (const i18n::Argument& argument : in.arguments)
    for (const Message& inner : argument.messages)
      if (const Message* found = find(inner, id)) return found;
  return nullptr;
}

std::string argument_of(const Message& message, std::string_view name) {
  for (const i18n::Argument& one : message.arguments)
    if (one.name == name) return one.text;
  return {};
}

bool is_number(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The code that was observed; "" where something else was.
std::string code_in(const Message& observed) {
  const Message* const said = find(observed, "verbatim");
  const std::string text = said == nullptr ? std::string() : argument_of(*said, "text");
  return is_number(text) ? text : std::string();
}

/// The parts of an id between slashes.
std::string part_of(const std::string& id, std::size_t number) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < number && begin < id.size(); ++i) begin = std::min(id.find('/', begin), id.size() - 1) + 1;
  return id.substr(begin, id.find('/', begin) - begin);
}

/// Why the case failed, where several reasons are listed the first one.
const Message& first_reason(const CaseRecord& one) {
  const bool is_list = one.reason.id == "list" && !one.reason.arguments.empty() && !one.reason.arguments.front().messages.empty();
  return is_list ? one.reason.arguments.front().messages.front() : one.reason;
}

/// The interface that gave the reply that is shown; null where that cannot be told.
const Interface* answering(const Spec& spec, const CaseRecord& one) {
  const auto is_to = [&](const Interface& other) { return one.request.url.ends_with(other.path); };
  const auto found = std::find_if(spec.interfaces.begin(), spec.interfaces.end(), is_to);
  if (found == spec.interfaces.end()) return nullptr;
  return interface_of(spec, {one.request.method, found->path, {}, one.request.body});
}

// ---- what rests on a refused valid request

/// A valid request that a case of its own sends, and that the target refused.
struct RefusedForm {
  std::string case_id;
  const Interface* interface = nullptr;
  std::string code;
  std::set<std::string> fields;  // of a form of its own: exactly these; empty where one value alone is in question
  std::vector<std::pair<std::string, std::string>> has_values;
};

std::vector<RefusedForm> refused_forms(const Spec& spec, const std::vector<CaseRecord>& records) {
  std::map<std::string, RefusedForm> forms;  // by case
  const std::string success = "/" + std::to_string(spec.success.value) + "/";
  for (const Interface& interface : spec.interfaces) {
    for (std::size_t i = 0; i < interface.variants.size(); ++i) {
      RefusedForm& form = forms[baseline_id(spec, interface, i)];
      form.interface = &interface;
      for (const std::size_t field : interface.variants[i].fields) form.fields.insert(interface.request[field].name);
      for (const auto& [field, value] : interface.variants[i].set) form.has_values.emplace_back(interface.request[field].name, value);
    }
    for (const core::Field& field : interface.request)
      for (const core::Choice& choice : field.values) {
        RefusedForm& form = forms[interface.name + success + core::slug_of(field.name) + "-" + core::slug_of(choice.value)];
        if (form.interface != nullptr) continue;
        form.interface = &interface;
        form.has_values = {{field.name, choice.value}};
      }
  }
  std::vector<RefusedForm> out;
  for (const CaseRecord& one : records) {
    const std::string& reason = first_reason(one).id;  // or no reply of the interface at all
    const bool is_refused = one.verdict == Verdict::failed && (reason == "case.valid-request-refused" || reason.starts_with("reply."));
    const auto form = is_refused ? forms.find(one.id) : forms.end();
    if (form == forms.end()) continue;
    out.push_back(form->second);
    out.back().case_id = one.id;
    out.back().code = code_in(one.observed);
  }
  return out;
}

bool is_of_form(const json::Json& body, const RefusedForm& form) {
  if (!form.fields.empty()) {
    std::set<std::string> names;
    for (const json::Json::Member& member : body.members) names.insert(member.name);
    if (names != form.fields) return false;
  }
  return std::all_of(form.has_values.begin(), form.has_values.end(), [&](const auto& one) {
    const json::Json* const value = body.has(one.first) ? body.get(one.first) : nullptr;
    return value != nullptr && value->text == one.second;
  });
}

// ---- causes

/// A key and what it says.
struct Key {
  std::string id;
  Message what;
};

/// What a failure goes back to: as it is told by this case alone, and by several together.
struct Keys {
  Key specific;
  std::optional<Key> general;  // where it shows in several interfaces, or in a case of its own
};

Key field_key(const std::string& interface, const std::string& field) { return {"field/" + interface + "/" + field, msg<"cause.field">(field, interface)}; }

Key refusal_key(const std::string& interface, const std::string& code) {
  return {"refuses/" + interface + "/" + code, code.empty() ? msg<"cause.refuses">(interface) : msg<"cause.refuses-with">(interface, code)};
}

Key acceptance_key(const std::string& interface, const std::string& code) {
  return {"accepts/" + interface + "/" + code, msg<"cause.accepts">(interface, code)};
}

Keys code_keys(const std::string& interface, const std::string& expected, const std::string& observed) {
  return {{"code/" + interface + "/" + expected + "/" + observed, msg<"cause.code-of">(interface, observed, expected)},
          Key{"code/" + expected + "/" + observed, msg<"cause.code">(observed, expected)}};
}

class Grouping {
 public:
  Grouping(const Spec& spec, const std::vector<CaseRecord>& records) : spec_(spec) {
    for (const Clause& clause : clauses(spec))
      if (clause.level == Level::stated) stated_.insert(clause.id);
    for (const Interface& interface : spec.interfaces)
      for (std::size_t i = 0; i < interface.variants.size(); ++i) baselines_.insert(baseline_id(spec, interface, i));
    std::map<std::string, std::set<std::string>> all, accepted;  // slugs by code
    for (const CaseRecord& one : records) {
      const std::string code = part_of(one.id, 1);
      if (!is_common(code)) continue;
      all[code].insert(part_of(one.id, 2));
      if (one.verdict == Verdict::failed && first_reason(one).id == "case.invalid-request-accepted") accepted[code].insert(part_of(one.id, 2));
    }
    constexpr std::size_t several = 3;
    for (const auto& [code, slugs] : accepted)
      if (slugs.size() >= several && slugs.size() * 2 > all[code].size()) always_accepted_.insert(code);
  }

  Keys keys_of(const CaseRecord& one) const {
    const Message& reason = first_reason(one);
    const Interface* const from = answering(spec_, one);
    const std::string query = from == nullptr ? one.interface : from->name;
    if (reason.id.starts_with("reply.") && code_in(one.observed).empty() && one.kind != "reply")  // no reply of the interface
      return {{reason.id + "/" + query, msg<"cause.of-interface">(query, reason)}, Key{reason.id, reason}};
    if (reason.id == "case.refused-but-changed") return {{"changed/" + one.interface, msg<"cause.changed">(one.interface)}, std::nullopt};
    if (one.kind == "concurrent") return of_kind(one, reason.id, i18n::localized(one.title));
    if (auto keys = of_difference(one, query)) return std::move(*keys);
    if (reason.id == "case.valid-request-refused") return {refusal_key(query, code_in(one.observed)), std::nullopt};
    if (auto keys = of_code(one, reason, query)) return std::move(*keys);
    if (one.kind == "transport") return of_kind(one, "transport/" + part_of(one.id, 2), i18n::localized(one.title));
    if (const Message* const form = find(one.observed, "case.form-in-replies"); form != nullptr && !form->arguments.empty())
      if (const auto& what = form->arguments.front().messages; !what.empty()) return of_kind(one, what.front().id, what.front());
    if (one.kind == "reply") return of_kind(one, reason.id, reason);
    return {{reason.id + "/" + one.interface, msg<"cause.of-interface">(one.interface, reason)}, std::nullopt};
  }

  /// Less is more telling.
  auto telling(const CaseRecord& one, std::size_t place) const {
    const bool is_stated = std::any_of(one.clauses.begin(), one.clauses.end(), [&](const std::string& clause) { return stated_.count(clause) > 0; });
    return std::tuple(rank_of(one), is_stated ? 0 : 1, one.request.body.size(), place);
  }
  int rank_of(const CaseRecord& one) const {
    if (baselines_.count(one.id) > 0) return 0;
    constexpr std::string_view order[] = {"reply", "code", "signature", "effect", "open", "transport", "sequence", "concurrent"};  // NOLINT(*-avoid-c-arrays)
    const auto* const found = std::find(std::begin(order), std::end(order), one.kind);
    return 1 + static_cast<int>(found - std::begin(order));
  }

 private:
  /// Of what may show in every interface alike.
  static Keys of_kind(const CaseRecord& one, const std::string& id, const Message& what) {
    return {{id + "/" + one.interface, msg<"cause.of-interface">(one.interface, what)}, Key{id, what}};
  }

  bool is_common(const std::string& code) const {
    return std::any_of(spec_.common.begin(), spec_.common.end(), [&](const core::ResultRow& row) { return std::to_string(row.code.value) == code; });
  }

  /// Rows or fields that are not what was due.
  std::optional<Keys> of_difference(const CaseRecord& one, const std::string& query) const {
    const auto in_either = [&](std::string_view id) {
      const Message* const found = find(one.observed, id);
      return found == nullptr ? find(one.reason, id) : found;
    };
    const bool is_own = one.kind == "reply" || query == one.interface;
    if (const Message* const field = find(one.expected, "case.field-equals"); field != nullptr && one.kind == "reply") {
      const std::string name = argument_of(*field, "field");
      if (name != spec_.envelope.code && name != spec_.envelope.message) return Keys{field_key(one.interface, name), std::nullopt};
      return Keys{field_key(one.interface, name), Key{"envelope/" + name, msg<"cause.envelope">(name)}};
    }
    if (const Message* const differs = in_either("reply.field-differs")) {
      const std::string name = argument_of(*differs, "field");
      if (is_own) return Keys{field_key(query, name), std::nullopt};
      return Keys{{"effect/" + one.interface + "/" + query + "/" + name, msg<"cause.effect">(name, query, one.interface)}, field_key(query, name)};
    }
    if (in_either("reply.row-count") != nullptr) {
      const Key of_query{"rows/" + query, msg<"cause.rows">(query)};
      if (is_own) return Keys{of_query, std::nullopt};
      return Keys{{"rows/" + query + "/" + one.interface, msg<"cause.rows-after">(query, one.interface)}, of_query};
    }
    if (const Message* const answers = in_either("case.query-answers")) {
      const std::string name = argument_of(*answers, "query");
      const std::string code = code_in(*answers);
      return Keys{{"answers/" + name + "/" + code + "/" + one.interface, msg<"cause.answers-after">(name, code, one.interface)}, refusal_key(name, code)};
    }
    return std::nullopt;
  }

  /// A code in place of another.
  std::optional<Keys> of_code(const CaseRecord& one, const Message& reason, const std::string& query) const {
    const std::string observed = code_in(one.observed), success = std::to_string(spec_.success.value);
    if (reason.id == "case.specified-answer") {  // in a sequence
      const Message* const wanted = find(one.expected, "case.one-of-codes");
      const std::string expected = wanted == nullptr ? std::string() : argument_of(*wanted, "codes");
      if (observed == success) return Keys{acceptance_key(query, expected), std::nullopt};
      return code_keys(query, expected, observed);
    }
    const std::string expected = part_of(one.id, 1);
    if (!is_number(expected)) return std::nullopt;
    if (reason.id != "case.invalid-request-accepted") return observed.empty() ? std::nullopt : std::optional(code_keys(one.interface, expected, observed));
    if (!is_common(expected)) return Keys{acceptance_key(one.interface, expected), std::nullopt};
    const Key all{"accepts/" + expected, msg<"cause.accepts-all">(expected)};
    if (always_accepted_.count(expected) > 0) return Keys{all, std::nullopt};
    return Keys{{"accepts/" + expected + "/" + part_of(one.id, 2), msg<"cause.accepts-one">(i18n::localized(one.title))}, std::nullopt};
  }

  const Spec& spec_;
  std::set<std::string> stated_, baselines_;
  std::set<std::string> always_accepted_;  // codes with which more than half of what must be refused is not
};

}  // namespace

bool may_rest_on_another(const CaseRecord& one) {
  return one.verdict == Verdict::failed && one.kind != "code" && first_reason(one).id == "case.valid-request-refused";
}

void set_aside_what_rests(const Spec& spec, std::vector<CaseRecord>& records) {
  const std::vector<RefusedForm> forms = refused_forms(spec, records);
  if (forms.empty()) return;
  for (CaseRecord& one : records) {
    if (!may_rest_on_another(one)) continue;
    const Interface* const refusing = answering(spec, one);
    const auto body = json::parse_json(one.request.body);
    if (refusing == nullptr || !body || body->kind != json::Json::Kind::object) continue;
    const std::string code = code_in(one.observed);
    const auto found = std::find_if(forms.begin(), forms.end(),
                                    [&](const RefusedForm& form) { return form.interface == refusing && form.code == code && is_of_form(*body, form); });
    if (found == forms.end()) continue;
    one.verdict = Verdict::inconclusive;
    one.reason = msg<"case.rests-on-refused">(found->case_id);
  }
}

std::vector<CauseRecord> find_causes(const Spec& spec, std::vector<CaseRecord>& records) {
  const Grouping grouping(spec, records);
  std::vector<std::pair<std::size_t, Keys>> failures;
  std::map<std::string, std::set<std::string>> shown_in;  // interfaces, by a general key
  std::set<std::string> specific;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].verdict != Verdict::failed) continue;
    failures.emplace_back(i, grouping.keys_of(records[i]));
    const Keys& keys = failures.back().second;
    specific.insert(keys.specific.id);
    if (keys.general) shown_in[keys.general->id].insert(records[i].interface);
  }
  constexpr std::size_t several = 3;  // interfaces
  std::map<std::string, std::pair<Message, std::vector<std::size_t>>> groups;
  for (auto& [place, keys] : failures) {
    const bool is_general = keys.general && (shown_in[keys.general->id].size() >= several || specific.count(keys.general->id) > 0);
    Key& key = is_general ? *keys.general : keys.specific;
    records[place].cause = key.id;
    auto& [what, places] = groups[key.id];
    if (places.empty()) what = std::move(key.what);
    places.push_back(place);
  }
  struct Group {
    CauseRecord cause;
    std::size_t first = 0;  // place of the most telling case
  };
  std::vector<Group> sorted;
  sorted.reserve(groups.size());
  for (auto& [id, group] : groups) {
    auto& [what, places] = group;
    std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return grouping.telling(records[a], a) < grouping.telling(records[b], b); });
    Group& out = sorted.emplace_back(Group{{id, std::move(what), {}}, places.front()});
    out.cause.cases.reserve(places.size());
    for (const std::size_t place : places) out.cause.cases.push_back(records[place].id);
  }
  std::sort(sorted.begin(), sorted.end(), [&](const Group& a, const Group& b) {
    const auto key_of = [&](const Group& one) {
      return std::tuple(grouping.rank_of(records[one.first]) == 0 ? 0 : 1, records.size() - one.cause.cases.size(), one.first);
    };
    return key_of(a) < key_of(b);
  });
  std::vector<CauseRecord> out;
  out.reserve(sorted.size());
  for (Group& one : sorted) out.push_back(std::move(one.cause));
  return out;
}

}  // namespace meterproof::conformance
