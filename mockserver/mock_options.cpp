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

/// Every question that has answers, by the name that --interpretation knows it by.
std::vector<std::pair<std::string, const OpenQuestion*>> questions(const Spec& spec) {
  std::vector<std::pair<std::string, const OpenQuestion*>> out;
  const auto offer = [&](const std::string& name, const OpenQuestion& question) {
    if (!answers(question).empty()) out.emplace_back(name, &question);
  };
  for (const OpenQuestion& question : spec.open_questions) offer(question.id, question);
  for (const Interface& interface : spec.interfaces)
    for (const OpenQuestion& question : interface.open_questions) offer(question.when ? interface.name + "/" + question.id : question.id, question);
  return out;
}

void choose(MockOptions& options, const std::string& question, const std::string& answer) {
  options.interpretations[question] = answer;
  if (question == "clock") options.utc_offset = core::parse_utc_offset(answer).value_or(options.utc_offset);
}

}  // namespace

void apply_random_interpretations(MockOptions& options, const Spec& spec, std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  for (const auto& [name, question] : questions(spec)) {
    const auto known = answers(*question);
    choose(options, name, known[chance() % known.size()]);
  }
}

i18n::Message apply_interpretation(MockOptions& options, const Spec& spec, const std::string& choice) {
  const std::size_t equals = choice.find('=');
  const std::string id = choice.substr(0, equals);
  const std::string answer = equals == std::string::npos ? std::string() : choice.substr(equals + 1);
  std::vector<std::string> ids;
  const OpenQuestion* found = nullptr;
  for (const auto& [name, question] : questions(spec)) {
    ids.push_back(name);
    if (name == id) found = question;
  }
  if (found == nullptr) return i18n::msg<"usage.interpretation-question">(choice, id, core::suggestion(id, ids));
  const auto known = answers(*found);
  if (std::find(known.begin(), known.end(), answer) == known.end())
    return i18n::msg<"usage.interpretation-answer">(choice, answer, core::suggestion(answer, known));
  choose(options, id, answer);
  return {};
}

std::string InterpretationChoice::of(std::string_view question) const {
  const auto chosen = options_->interpretations.find(question);
  return chosen != options_->interpretations.end() ? chosen->second : spec_->default_interpretation(question);
}

core::Code InterpretationChoice::of(const Interface& interface, const OpenQuestion& question) const {
  const auto chosen = options_->interpretations.find(interface.name + "/" + question.id);
  if (chosen == options_->interpretations.end()) return question.accepted_codes.front();
  int value = 0;
  std::from_chars(chosen->second.data(), chosen->second.data() + chosen->second.size(), value);
  return {value};
}

}  // namespace meterproof::mockserver
