// SPDX-License-Identifier: Apache-2.0
// Whether a difference of records names what a mutant broke, and nothing else.
#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/clauses.hpp"
#include "conformance/spec_queries.hpp"
#include "history/record_difference.hpp"
#include "mutation/mutation.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::test {

struct MutantDifference {
  bool named = false;                  // a new failure, or a warning, of what is broken
  bool is_exact = false;               // one of them is of the very clause, or speaks of the very field
  std::vector<std::string> unrelated;  // what has nothing to do with it
};

/// Whether one of them changes rows that the other shows, changes, or asks for: then one cannot be seen where the other is broken.
inline bool share_rows(const core::Spec& spec, const core::Interface& one, const core::Interface& other) {
  const auto touched = [&](const core::Interface& interface) {
    std::vector<std::size_t> out = conformance::changed_tables(interface);
    for (const std::size_t table : conformance::shown_tables(spec, interface)) out.push_back(table);
    for (const core::Field& field : interface.request)
      for (const auto& table : {field.refers, field.names})
        if (table) out.push_back(*table);
    return out;
  };
  return conformance::share_a_table(conformance::changed_tables(one), touched(other)) ||
         conformance::share_a_table(conformance::changed_tables(other), touched(one));
}

/// What a mutant breaks, as far as its id says: the clause of a code or of what an interface does, or a field of a request or a reply.
struct Broken {
  std::set<std::string> clauses;
  std::string field;

  bool is_known() const { return !clauses.empty() || !field.empty(); }
  bool is_named_by(const history::CaseChange& one) const {
    return std::any_of(one.clauses.begin(), one.clauses.end(), [&](const std::string& id) { return clauses.contains(id); }) ||
           (!field.empty() && english(one.reason).find(field) != std::string::npos);
  }
};

/// Whether a word of the text is that name: of "-2/1-MeterAddr/ignored", MeterAddr is.
inline bool has_word(std::string_view text, std::string_view name) {
  const auto is_of_a_word = [&](std::size_t at) { return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0; };
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1))
    if ((at == 0 || !is_of_a_word(at - 1)) && !is_of_a_word(at + name.size())) return true;
  return false;
}

inline Broken broken_by(const mutation::Mutation& mutation) {
  const std::size_t slash = mutation.id.find('/');
  const std::string name = mutation.id.substr(0, slash), rest = slash == std::string::npos ? "" : mutation.id.substr(slash + 1),
                    what = rest.substr(0, rest.find('/'));
  const auto& interfaces = specification().interfaces;
  const auto at = std::find_if(interfaces.begin(), interfaces.end(), [&](const core::Interface& one) { return one.name == name; });
  if (at == interfaces.end() || what.empty()) return {};
  namespace clause = conformance::clause;
  Broken out;
  int code = 0;
  const auto [end, error] = std::from_chars(what.data(), what.data() + what.size(), code);
  if (error == std::errc() && end == what.data() + what.size()) out.clauses = {clause::code(*at, core::Code{code})};
  if (what == "unparsable") out.clauses = {clause::code(*at, specification().unparsable()->code)};
  if (what == "effect") out.clauses = {clause::effect(*at), clause::values(*at), clause::concurrent(*at), clause::neighbours(*at), clause::constancy(*at)};
  for (const core::Field& field : at->reply)
    if (field.name == what) out.clauses = {clause::reply(*at, what)}, out.field = what;
  for (std::size_t i = 0; i < at->request.size(); ++i)
    if (has_word(rest, at->request[i].name)) out.clauses.insert(clause::request(*at, i)), out.field = at->request[i].name;
  return out;
}

/// `base`: of the faithful mock.
inline MutantDifference difference_of(const mutation::Mutation& mutation, const reports::CheckRecord& base, const reports::CheckRecord& record) {
  const std::string broken = mutation.id.substr(0, mutation.id.find('/'));
  const auto& interfaces = specification().interfaces;
  const auto at = std::find_if(interfaces.begin(), interfaces.end(), [&](const core::Interface& one) { return one.name == broken; });
  const core::Interface* const interface = at == interfaces.end() ? nullptr : &*at;
  const history::RecordDifference found = history::difference(specification(), "", base, record);
  MutantDifference out;
  const auto is_asked = [&](const std::string& id) {  // by one of the case's requests
    const auto one = std::find_if(record.cases.begin(), record.cases.end(), [&](const reports::CaseRecord& other) { return other.id == id; });
    if (one == record.cases.end() || interface == nullptr) return false;
    if (one->request.url.ends_with(interface->path)) return true;
    return std::any_of(one->steps.begin(), one->steps.end(), [&](const reports::StepRecord& step) { return step.request.url.ends_with(interface->path); });
  };
  // What fails beside a case of the same cause has to do with it too: a meter that was made wrongly spoils the cases that ask for it.
  std::set<std::string> of_its_causes;
  const auto is_of_it = [&](const history::CaseChange& one) {
    return interface == nullptr || one.interface == broken || is_asked(one.id);  // of a mistake in signing or serving, everything is
  };
  std::set<std::string> related;
  for (const auto* changes : {&found.failed, &found.others})
    for (const history::CaseChange& one : *changes)
      if (is_of_it(one)) related.insert(one.id);
  for (const reports::CauseRecord& cause : record.causes)
    if (std::any_of(cause.cases.begin(), cause.cases.end(), [&](const std::string& id) { return related.contains(id); }))
      of_its_causes.insert(cause.cases.begin(), cause.cases.end());
  out.named = !related.empty();
  const Broken broken_part = broken_by(mutation);
  out.is_exact = !broken_part.is_known() && out.named;
  for (const auto* changes : {&found.failed, &found.others})
    for (const history::CaseChange& one : *changes) out.is_exact = out.is_exact || broken_part.is_named_by(one);
  for (const auto* changes : {&found.failed, &found.others})
    for (const history::CaseChange& one : *changes)
      if (!is_of_it(one) && !of_its_causes.contains(one.id)) out.unrelated.push_back(one.id);
  // What cannot be decided any more accuses nobody: it need only rest on the same rows, or say what it rests on.
  for (const history::CaseChange& one : found.undecided) {
    const auto own = std::find_if(interfaces.begin(), interfaces.end(), [&](const core::Interface& other) { return other.name == one.interface; });
    const bool rests_on_it = interface == nullptr || own == interfaces.end() || share_rows(specification(), *interface, *own) ||
                             english(one.reason).find(broken) != std::string::npos;
    if (!rests_on_it && !is_of_it(one) && !of_its_causes.contains(one.id)) out.unrelated.push_back(one.id);
  }
  if (interface == nullptr) return out;
  for (const history::AnswerChange& one : found.answers)
    if (one.id.find(broken) == std::string::npos) out.unrelated.push_back("answer of " + one.id);
  if (mutation.id.find("/signature/") != std::string::npos) return out;  // the calibration is about signatures
  for (const history::CalibrationChange& one : found.calibration) out.unrelated.push_back("calibration: " + english(one.label));
  return out;
}

}  // namespace meterproof::test
