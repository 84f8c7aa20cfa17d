// SPDX-License-Identifier: Apache-2.0
// sequences/*.yaml: sequences of requests, and who makes them.
#include <algorithm>

#include "core/loader/section_readers.hpp"

namespace meterproof::loader {

using core::Interface;
using core::Sequence;
using core::SequenceStep;
using core::Spec;
using core::StepValue;

namespace {

class SequenceReader {
 public:
  SequenceReader(const Spec& spec, Sequence& sequence) : spec_(spec), sequence_(sequence) {}

  SequenceStep read_step(const YamlNode& at) {
    at.allow_keys({"call", "variant", "as", "with", "times", "open", "unstated", "ignore", "at_least", "keep", "same", "survey", "shows"});
    SequenceStep step;
    const auto call = at.require("call");
    if (const auto interface = call ? find_interface(*call, spec_) : std::nullopt) step.interface = *interface;
    else return step;
    const Interface& interface = spec_.interfaces[step.interface];
    if (const auto variant = at.get("variant")) step.variant = find_variant(interface, *variant).value_or(0);
    if (const auto actor = at.get("as")) step.actor = actor_of(actor->text());
    else step.actor = actor_of("a");
    if (const auto with = at.get("with"))
      for (const auto& [name, value] : with->members())
        if (const auto field = find_field(interface.request, name, i18n::verbatim(interface.name)))
          step.with.emplace_back(*field, read_value(value, interface.request[*field]));
    if (const auto times = at.get("times")) step.times = static_cast<std::size_t>(times->integer(1, 500).value_or(1));
    step.open = at.as_bool("open");
    step.unstated = at.as_bool("unstated");
    if (const auto ignored = at.get("ignore"))
      for (const YamlNode& name : ignored->items())
        if (const auto field = find_field(interface.reply, name, msg<"spec.reply-of">(interface.name))) step.ignored.push_back(*field);
    if (const auto least = at.get("at_least"))
      for (const auto& [name, value] : least->members())
        if (const auto field = find_field(interface.reply, name, msg<"spec.reply-of">(interface.name))) {
          if (const auto number = core::Decimal::parse(value.text())) step.at_least.emplace_back(*field, *number);
          else value.fail(msg<"file.not-a-number">(value.text()));
        }
    read_kept_rows(at, step);
    if (const auto survey = at.get("survey")) {
      step.survey = survey->text();
      const auto asks = [&](const core::OpenQuestion& question) { return question.id == step.survey || interface.name + "/" + question.id == step.survey; };
      bool known = std::any_of(spec_.open_questions.begin(), spec_.open_questions.end(), asks);
      for (const Interface& one : spec_.interfaces)
        for (const core::OpenQuestion& question : one.open_questions) known = known || one.name + "/" + question.id == step.survey;
      if (!known) survey->fail(msg<"spec.no-question">(step.survey), msg<"file.write">("INTERFACE/ID"));
    }
    if (const auto shows = at.get("shows")) step.shows = find_field(interface.reply, *shows, msg<"spec.reply-of">(interface.name));
    return step;
  }

 private:
  std::size_t actor_of(const std::string& name) {
    const auto found = std::find(sequence_.actors.begin(), sequence_.actors.end(), name);
    if (found != sequence_.actors.end()) return static_cast<std::size_t>(found - sequence_.actors.begin());
    sequence_.actors.push_back(name);
    return sequence_.actors.size() - 1;
  }

  /// Rows that one step remembers and a later one compares: both by queries of the same interface.
  void read_kept_rows(const YamlNode& at, SequenceStep& step) {
    const Interface& interface = spec_.interfaces[step.interface];
    step.keep = at.text("keep");
    step.same = at.text("same");
    for (const char* key : {"keep", "same"})
      if (const auto name = at.get(key); name && interface.reply.empty()) name->fail(msg<"spec.no-rows-to-keep">(interface.name));
    if (!step.same.empty()) {
      const auto kept = std::find(kept_.begin(), kept_.end(), std::pair(step.same, step.interface));
      if (kept == kept_.end()) at.get("same")->fail(msg<"spec.no-rows-kept">(interface.name, step.same), msg<"file.add">("keep: " + step.same));
    }
    if (!step.keep.empty()) kept_.emplace_back(step.keep, step.interface);
  }

  StepValue read_value(const YamlNode& at, const core::Field& field) {
    StepValue value;
    if (!at.is_map()) {
      value.text = at.text();
      return value;
    }
    at.allow_keys({"key", "before", "after", "cut", "absent", "unused", "own", "numbered", "of"});
    if (const auto numbered = at.get("numbered")) {
      value.kind = StepValue::Kind::numbered;
      value.text = numbered->text();
      if (value.text.find('#') == std::string::npos) numbered->fail(msg<"spec.numbered-digits">());
      return value;
    }
    if (at.as_bool("absent")) {
      value.kind = StepValue::Kind::absent;
      return value;
    }
    value.before = at.text("before");
    value.after = at.text("after");
    if (const auto cut = at.get("cut")) value.cut = static_cast<std::size_t>(cut->integer(1, 100).value_or(1));
    value.own = at.as_bool("own");
    value.kind = at.as_bool("unused") ? StepValue::Kind::unused : StepValue::Kind::key;
    if (!field.refers && !field.names) at.fail(msg<"spec.no-key-of-field">(field.name));
    if (value.kind == StepValue::Kind::unused) return value;
    if (const auto actor = at.require("key")) value.actor = actor_of(actor->text());
    if (const auto table = at.get("of")) value.table = find_table(spec_, *table);
    return value;
  }

  const Spec& spec_;
  Sequence& sequence_;
  std::vector<std::pair<std::string, std::size_t>> kept_;  // names of rows, and the interface that shows them
};

}  // namespace

void read_sequences(const YamlNode& root, Spec& spec) {
  for (const auto& [name, value] : root.members()) {
    value.allow_keys({"about", "zh", "en", "spare", "steps"});
    Sequence sequence;
    sequence.id = name.text();
    sequence.sentence = read_text(value);
    sequence.is_spare = value.as_bool("spare");
    SequenceReader reader(spec, sequence);
    if (const auto about = value.require("about"))
      if (const auto interface = find_interface(*about, spec)) sequence.interface = *interface;
    if (const auto steps = value.require("steps"))
      for (const YamlNode& step : steps->items()) sequence.steps.push_back(reader.read_step(step));
    if (sequence.steps.empty()) value.fail(msg<"spec.sequence-empty">());
    const bool twice = std::any_of(spec.sequences.begin(), spec.sequences.end(), [&](const Sequence& one) { return one.id == sequence.id; });
    if (twice) name.fail(msg<"file.given-twice">(sequence.id));
    spec.sequences.push_back(std::move(sequence));
  }
}

}  // namespace meterproof::loader
