// SPDX-License-Identifier: Apache-2.0
#include "mockserver/mock_options.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::mockserver {

using core::Interface;
using core::OpenQuestion;
using core::Spec;

namespace {

std::vector<std::string> answers(const OpenQuestion& question) {
  std::vector<std::string> out = question.interpretations;
  for (const core::Code code : question.accepted_codes) out.push_back(std::to_string(code.value));
  return out;
}

void choose(MockOptions& options, const std::string& question, const std::string& answer) {
  options.interpretations[question] = answer;
  if (question == "clock") options.utc_offset = core::parse_utc_offset(answer).value_or(options.utc_offset);
}

}  // namespace

std::vector<AnswerableQuestion> answerable_questions(const Spec& spec) {
  std::vector<AnswerableQuestion> out;
  const auto offer = [&](const std::string& name, const OpenQuestion& question) {
    if (auto known = answers(question); !known.empty()) out.push_back({name, &question, std::move(known)});
  };
  for (const OpenQuestion& question : spec.open_questions) offer(question.id, question);
  for (const Interface& interface : spec.interfaces)
    for (const OpenQuestion& question : interface.open_questions) offer(question.when ? interface.name + "/" + question.id : question.id, question);
  return out;
}

void apply_random_interpretations(MockOptions& options, const Spec& spec, std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  for (const AnswerableQuestion& one : answerable_questions(spec)) choose(options, one.name, one.answers[chance() % one.answers.size()]);
}

i18n::Message apply_interpretation(MockOptions& options, const Spec& spec, const std::string& choice) {
  const std::size_t equals = choice.find('=');
  const std::string id = choice.substr(0, equals);
  const std::string answer = equals == std::string::npos ? std::string() : choice.substr(equals + 1);
  std::vector<std::string> ids;
  const std::vector<AnswerableQuestion> questions = answerable_questions(spec);
  ids.reserve(questions.size());
  for (const AnswerableQuestion& one : questions) ids.push_back(one.name);
  const auto found = std::find_if(questions.begin(), questions.end(), [&](const AnswerableQuestion& one) { return one.name == id; });
  if (found == questions.end()) return i18n::msg<"usage.interpretation-question">(choice, id, core::suggestion(id, ids));
  if (std::find(found->answers.begin(), found->answers.end(), answer) == found->answers.end())
    return i18n::msg<"usage.interpretation-answer">(choice, answer, core::suggestion(answer, found->answers));
  choose(options, id, answer);
  return {};
}

std::string InterpretationChoice::of(std::string_view question) const {
  const auto chosen = answers_->find(question);
  return chosen != answers_->end() ? chosen->second : spec_->default_interpretation(question);
}

core::Code InterpretationChoice::of(const Interface& interface, const OpenQuestion& question) const {
  const auto chosen = answers_->find(interface.name + "/" + question.id);
  if (chosen == answers_->end()) return question.accepted_codes.front();
  int value = 0;
  std::from_chars(chosen->second.data(), chosen->second.data() + chosen->second.size(), value);
  return {value};
}

}  // namespace meterproof::mockserver
