// stories/*.yaml: sequences of requests, and who makes them.
#include <algorithm>

#include "spec/yaml/parts.hpp"

namespace meterproof::yaml {

using spec::Interface;
using spec::Spec;
using spec::Story;
using spec::StoryStep;
using spec::StoryValue;

namespace {

class StoryReader {
 public:
  StoryReader(const Spec& spec, Story& story) : spec_(spec), story_(story) {}

  StoryStep read_step(const Cursor& at) {
    at.allow({"call", "variant", "as", "with", "open", "survey", "shows"});
    StoryStep step;
    const auto call = at.need("call");
    if (const auto interface = call ? find_interface(*call, spec_) : std::nullopt) step.interface = *interface;
    else return step;
    const Interface& interface = spec_.interfaces[step.interface];
    if (const auto variant = at.get("variant")) {
      std::vector<std::string> known;
      for (const spec::Variant& one : interface.variants) known.push_back(one.name);
      const auto found = std::find(known.begin(), known.end(), variant->text());
      if (found == known.end()) variant->fail("no variant \"" + variant->text() + "\"", spec::suggestion(variant->text(), known));
      else step.variant = static_cast<std::size_t>(found - known.begin());
    }
    if (const auto actor = at.get("as")) step.actor = actor_of(actor->text());
    else step.actor = actor_of("a");
    if (const auto with = at.get("with"))
      for (const auto& [name, value] : with->members())
        if (const auto field = find_field(interface.request, name, interface.name))
          step.with.emplace_back(*field, read_value(value, interface.request[*field]));
    step.open = at.yes("open");
    if (const auto survey = at.get("survey")) {
      step.survey = survey->text();
      const auto asks = [&](const spec::Unclear& question) { return question.id == step.survey || interface.name + "/" + question.id == step.survey; };
      bool known = std::any_of(spec_.unclear.begin(), spec_.unclear.end(), asks);
      for (const Interface& one : spec_.interfaces)
        for (const spec::Unclear& question : one.unclear) known = known || one.name + "/" + question.id == step.survey;
      if (!known) survey->fail("no open question \"" + step.survey + "\"", "write INTERFACE/ID");
    }
    if (const auto shows = at.get("shows")) step.shows = find_field(interface.reply, *shows, interface.name);
    return step;
  }

 private:
  std::size_t actor_of(const std::string& name) {
    const auto found = std::find(story_.actors.begin(), story_.actors.end(), name);
    if (found != story_.actors.end()) return static_cast<std::size_t>(found - story_.actors.begin());
    story_.actors.push_back(name);
    return story_.actors.size() - 1;
  }

  StoryValue read_value(const Cursor& at, const spec::Field& field) {
    StoryValue value;
    if (!at.is_map()) {
      value.text = at.text();
      return value;
    }
    at.allow({"key", "before", "after", "cut", "absent", "fresh", "own"});
    if (at.yes("absent")) {
      value.kind = StoryValue::Kind::absent;
      return value;
    }
    value.before = at.text("before");
    value.after = at.text("after");
    if (const auto cut = at.get("cut")) value.cut = static_cast<std::size_t>(cut->integer(1, 100).value_or(1));
    value.own = at.yes("own");
    value.kind = at.yes("fresh") ? StoryValue::Kind::fresh : StoryValue::Kind::key;
    if (!field.refers && !field.names) at.fail(field.name + " is about no row: it has no key");
    if (value.kind == StoryValue::Kind::fresh) return value;
    if (const auto actor = at.need("key")) value.actor = actor_of(actor->text());
    return value;
  }

  const Spec& spec_;
  Story& story_;
};

}  // namespace

void read_stories(const Cursor& root, Spec& spec) {
  for (const auto& [name, value] : root.members()) {
    value.allow({"about", "zh", "en", "steps"});
    Story story;
    story.id = name.text();
    story.sentence = read_text(value);
    StoryReader reader(spec, story);
    if (const auto about = value.need("about"))
      if (const auto interface = find_interface(*about, spec)) story.interface = *interface;
    if (const auto steps = value.need("steps"))
      for (const Cursor& step : steps->items()) story.steps.push_back(reader.read_step(step));
    if (story.steps.empty()) value.fail("a story without a step tells nothing");
    const bool twice = std::any_of(spec.stories.begin(), spec.stories.end(), [&](const Story& one) { return one.id == story.id; });
    if (twice) name.fail("the story \"" + story.id + "\" is told twice");
    spec.stories.push_back(std::move(story));
  }
}

}  // namespace meterproof::yaml
