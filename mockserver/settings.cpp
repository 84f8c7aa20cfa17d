#include "mockserver/settings.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include "spec/model/datetime.hpp"

namespace meterproof::mock {

using spec::Interface;
using spec::Spec;
using spec::Unclear;

namespace {

std::vector<std::string> answers(const Unclear& question) {
  std::vector<std::string> out = question.readings;
  for (const spec::Code code : question.accept) out.push_back(std::to_string(code.value));
  return out;
}

/// Every question that has answers, by the name that --reading knows it by.
std::vector<std::pair<std::string, const Unclear*>> questions(const Spec& spec) {
  std::vector<std::pair<std::string, const Unclear*>> out;
  const auto offer = [&](const std::string& name, const Unclear& question) {
    if (!answers(question).empty()) out.emplace_back(name, &question);
  };
  for (const Unclear& question : spec.unclear) offer(question.id, question);
  for (const Interface& interface : spec.interfaces)
    for (const Unclear& question : interface.unclear) offer(question.when ? interface.name + "/" + question.id : question.id, question);
  return out;
}

void choose(Settings& settings, const std::string& question, const std::string& answer) {
  settings.readings[question] = answer;
  if (question == "clock") settings.utc_offset = spec::parse_utc_offset(answer).value_or(settings.utc_offset);
}

}  // namespace

void take_readings_by_chance(Settings& settings, const Spec& spec, std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  for (const auto& [name, question] : questions(spec)) {
    const auto known = answers(*question);
    choose(settings, name, known[chance() % known.size()]);
  }
}

std::string take_reading(Settings& settings, const Spec& spec, const std::string& choice) {
  const std::size_t equals = choice.find('=');
  const std::string id = choice.substr(0, equals);
  const std::string answer = equals == std::string::npos ? std::string() : choice.substr(equals + 1);
  std::vector<std::string> ids;
  const Unclear* found = nullptr;
  for (const auto& [name, question] : questions(spec)) {
    ids.push_back(name);
    if (name == id) found = question;
  }
  if (found == nullptr) return "--reading " + choice + ": no open question \"" + id + "\"; " + spec::suggestion(id, ids);
  const auto known = answers(*found);
  if (std::find(known.begin(), known.end(), answer) == known.end())
    return "--reading " + choice + ": no answer \"" + answer + "\"; " + spec::suggestion(answer, known);
  choose(settings, id, answer);
  return {};
}

std::string Choices::of(std::string_view question) const {
  const auto chosen = settings_->readings.find(question);
  return chosen != settings_->readings.end() ? chosen->second : spec_->default_reading(question);
}

spec::Code Choices::of(const Interface& interface, const Unclear& question) const {
  const auto chosen = settings_->readings.find(interface.name + "/" + question.id);
  if (chosen == settings_->readings.end()) return question.accept.front();
  int value = 0;
  std::from_chars(chosen->second.data(), chosen->second.data() + chosen->second.size(), value);
  return {value};
}

}  // namespace meterproof::mock
