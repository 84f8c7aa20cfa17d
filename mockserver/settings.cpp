#include "mockserver/settings.hpp"

#include <algorithm>
#include <charconv>

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

}  // namespace

std::string take_reading(Settings& settings, const Spec& spec, const std::string& choice) {
  const std::size_t equals = choice.find('=');
  const std::string id = choice.substr(0, equals);
  const std::string answer = equals == std::string::npos ? std::string() : choice.substr(equals + 1);
  std::vector<std::string> ids;
  const Unclear* found = nullptr;
  const auto offer = [&](const std::string& name, const Unclear& question) {
    if (answers(question).empty()) return;
    ids.push_back(name);
    if (name == id) found = &question;
  };
  for (const Unclear& question : spec.unclear) offer(question.id, question);
  for (const Interface& interface : spec.interfaces)
    for (const Unclear& question : interface.unclear) offer(question.when ? interface.name + "/" + question.id : question.id, question);
  if (found == nullptr) return "--reading " + choice + ": no open question \"" + id + "\"; " + spec::suggestion(id, ids);
  const auto known = answers(*found);
  if (std::find(known.begin(), known.end(), answer) == known.end())
    return "--reading " + choice + ": no answer \"" + answer + "\"; " + spec::suggestion(answer, known);
  settings.readings[id] = answer;
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
