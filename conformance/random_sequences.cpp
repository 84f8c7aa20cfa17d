#include "conformance/random_sequences.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "conformance/runner.hpp"
#include "conformance/sequence_runner.hpp"
#include "core/auth/curl_line.hpp"
#include "core/rules/valid_request.hpp"

namespace meterproof::conformance {

using core::Field;
using core::Interface;
using core::Sequence;
using core::SequenceStep;
using core::Spec;
using core::StepValue;
using reports::CaseRecord;
using reports::Verdict;
using Ending = SequenceResult::Ending;

namespace {

constexpr std::size_t actors = 3, longest = 24;

// The library's distributions differ from one to the next; the same seed shall be the same sequence anywhere.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t number) : engine_(seed * 0x9E3779B97F4A7C15ULL + number) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  bool one_in(std::size_t bound) { return below(bound) == 0; }

 private:
  std::mt19937_64 engine_;
};

constexpr std::array<std::string_view, 6> texts = {"张三", "O'Brien \\ \"Söhne\"", "𠮷野家🔥", "007", "a b  c", "测试：，。"};

/// Whether some variant gives the field its value: then the variant decides.
bool is_decided(const Interface& interface, std::size_t field) {
  return std::any_of(interface.variants.begin(), interface.variants.end(), [&](const core::Variant& variant) {
    return std::any_of(variant.set.begin(), variant.set.end(), [&](const auto& set) { return set.first == field; });
  });
}

/// Readings go up, and their times too: what a falling one does is an open question.
bool is_optional(const Interface& interface, std::size_t field) {
  using Kind = core::FieldGenerator::Kind;
  return !interface.generators.empty() && (interface.generators[field].kind == Kind::counter || interface.generators[field].kind == Kind::now);
}

class SequenceGenerator {
 public:
  SequenceGenerator(const Spec& spec, Dice& dice) : spec_(spec), dice_(dice) {}

  SequenceStep step(std::size_t interface) {
    SequenceStep out;
    out.interface = interface;
    about_ = &spec_.interfaces[interface];
    out.variant = dice_.below(about_->variants.size());
    out.actor = dice_.below(actors);
    for (const std::size_t field : about_->variants[out.variant].fields)
      if (auto value = value_for(field)) out.with.emplace_back(field, std::move(*value));
    order_days(out);
    return out;
  }

 private:
  static StepValue text(std::string value) {
    StepValue out;
    out.text = std::move(value);
    return out;
  }

  std::optional<StepValue> value_for(std::size_t at) {
    const Field& field = about_->request[at];
    if (field.refers || field.names || is_decided(*about_, at) || is_optional(*about_, at)) return std::nullopt;
    if (field.required == false && dice_.one_in(3)) {
      StepValue absent;
      absent.kind = StepValue::Kind::absent;
      return absent;
    }
    if (!field.values.empty()) return text(field.values[dice_.below(field.values.size())].value);
    if (field.range)
      return text(
          std::to_string(field.range->first + static_cast<long long>(dice_.below(static_cast<std::size_t>(field.range->second - field.range->first + 1)))));
    if (field.format == core::Format::date) return text(day());
    if (field.format == core::Format::datetime) return text(day() + (dice_.one_in(3) ? " 00:00:00" : dice_.one_in(2) ? " 23:59:59" : " 12:34:56"));
    if (field.type == core::Type::decimal && field.vary && !field.scale) return text(amount(field));
    if (field.type == core::Type::text && field.format == core::Format::none && field.vary && dice_.one_in(3))
      return text(std::string(texts[dice_.below(texts.size())]));
    return std::nullopt;
  }

  std::string day() { return "@-" + std::to_string(1 + dice_.below(28)); }

  /// Cents and millions, as the field's example has decimal places.
  std::string amount(const Field& field) {
    const auto example = core::Decimal::parse(field.example);
    const int scale = example ? example->scale() : 2;
    constexpr std::array<std::int64_t, 4> bounds = {10, 1'000, 100'000, 9'999'999};
    return core::Decimal(1 + static_cast<std::int64_t>(dice_.below(static_cast<std::size_t>(bounds[dice_.below(bounds.size())]))), scale).to_string();
  }

  /// The first day of a range is not after its last.
  void order_days(SequenceStep& step) const {
    for (const core::ResultRow& row : about_->results)
      for (const core::Rule& rule : row.when) {
        if (rule.operands.size() != 2) continue;
        StepValue *first = nullptr, *last = nullptr;
        for (auto& [field, value] : step.with) {
          if (about_->request[field].format != core::Format::date) continue;
          if (field == rule.operands[0].field) first = &value;
          if (field == rule.operands[1].field) last = &value;
        }
        // @-9 is after @-12: what is written with the smaller number is the later day.
        const auto days_ago = [](const StepValue& value) { return std::stoi(value.text.substr(2)); };
        if (first != nullptr && last != nullptr && days_ago(*first) < days_ago(*last)) std::swap(first->text, last->text);
      }
  }

  const Spec& spec_;
  Dice& dice_;
  const Interface* about_ = nullptr;
};

}  // namespace

Sequence generate_sequence(const Spec& spec, const Scope& scope, std::uint64_t seed, std::uint64_t number) {
  Dice dice(seed, number);
  SequenceGenerator improviser(spec, dice);
  std::vector<std::size_t> playable;
  for (std::size_t i = 0; i < spec.interfaces.size(); ++i)
    if (scope.has(spec.interfaces[i])) playable.push_back(i);
  Sequence story;
  story.id = "seed " + std::to_string(seed) + ", sequence " + std::to_string(number);
  for (std::size_t i = 0; i < actors; ++i) story.actors.emplace_back(1, static_cast<char>('a' + i));
  const std::size_t steps = 4 + dice.below(longest - 3);
  for (std::size_t i = 0; i < steps; ++i) story.steps.push_back(improviser.step(playable[dice.below(playable.size())]));
  return story;
}

namespace {

class Explorer {
 public:
  Explorer(TargetSession& session, const CheckOptions& options) : session_(session), options_(options) {}

  CaseRecord run() {
    CaseRecord record;
    record.id = "explore/seed=" + std::to_string(options_.seed);
    record.title = {"任意有效请求序列的结果与规范一致", "any sequence of valid requests comes to what the interfaces say"};
    record.requirement = record.title;
    record.expected = i18n::untranslated(std::to_string(options_.random_steps) + " steps, each answered as the model has it");
    std::size_t played = 0, open = 0, idle = 0;
    constexpr std::size_t too_idle = 200;
    for (std::uint64_t number = 0; played < options_.random_steps && idle < too_idle; ++number) {
      const Sequence story = generate_sequence(session_.spec(), options_.scope, options_.seed, number);
      const SequenceResult performance = play(story);
      played += performance.steps;
      idle = performance.steps == 0 ? idle + 1 : 0;
      if (performance.ending != Ending::agreed) ++open;
      if (performance.ending == Ending::disagreed) return shrunk(record, story, performance);
      if (number % 100 == 99) session_.progress("explored " + std::to_string(played) + " of " + std::to_string(options_.random_steps) + " steps");
    }
    record.observed =
        i18n::untranslated(std::to_string(played) + " steps as expected" + (open > 0 ? ", " + std::to_string(open) + " sequences cut short" : ""));
    record.verdict = played >= options_.random_steps ? Verdict::passed : Verdict::inconclusive;
    if (played < options_.random_steps) record.reason = i18n::untranslated(unavailable_.empty() ? "too few steps could be played" : unavailable_);
    return record;
  }

 private:
  SequenceResult play(const Sequence& story) {
    FixtureFactory fixtures(session_, options_.scope, options_.fixtures);
    SequenceResult out;
    try {
      out = SequenceRunner(fixtures, options_.effect_timeout, true).run(story);
    } catch (const Inconclusive& missing) {
      unavailable_ = missing.why;
      out.ending = Ending::open;
    }
    trace_ = fixtures.trace();
    return out;
  }

  /// Steps left out as long as what is left still disagrees.
  CaseRecord shrunk(CaseRecord record, Sequence story, SequenceResult performance) {
    session_.progress("a sequence disagrees; looking for the shortest that does");
    story.steps.resize(performance.step + 1);
    SequenceResult again = play(story);
    const bool replay_scope = again.ending == Ending::disagreed;
    constexpr int most_tries = 200;
    constexpr std::chrono::seconds longest_search(60);
    const auto begin = session_.clock();
    int tries = 0;
    for (std::size_t size = story.steps.size() / 2; replay_scope && size > 0;) {
      bool shorter = false;
      for (std::size_t at = 0; at + size < story.steps.size() && tries < most_tries && session_.clock() - begin < longest_search; ++tries) {
        Sequence less = story;
        less.steps.erase(less.steps.begin() + static_cast<std::ptrdiff_t>(at), less.steps.begin() + static_cast<std::ptrdiff_t>(at + size));
        const SequenceResult attempt = play(less);
        if (attempt.ending != Ending::disagreed) {
          ++at;
          continue;
        }
        less.steps.resize(attempt.step + 1);
        story = std::move(less);
        shorter = true;
      }
      if (!shorter || size > story.steps.size() / 2) size /= 2;
    }
    if (replay_scope) performance = play(story);
    record.verdict = replay_scope ? Verdict::failed : Verdict::warned;
    record.expected = i18n::untranslated(performance.expected);
    record.observed = i18n::untranslated(performance.observed);
    record.reason = i18n::untranslated(performance.reason + (replay_scope ? "; the shortest sequence found has " + std::to_string(story.steps.size()) + " steps"
                                                                          : "; the same sequence played again agreed"));
    describe(record, story, performance);
    return record;
  }

  void describe(CaseRecord& record, const Sequence& story, const SequenceResult& performance) const {
    const Interface& last = session_.spec().interfaces[story.steps.back().interface];
    record.interface = last.name;
    record.section = last.section;
    record.requirement.zh = last.purpose.zh.empty() ? last.title.zh : last.purpose.zh;
    if (performance.sent) fill_exchange(record, options_, session_.spec(), *performance.sent);
    record.curl.clear();
    for (const net::HttpRequest& request : trace_)
      record.curl += (record.curl.empty() ? "" : "\n") + auth::signing_curl_line(session_.spec().authentication, options_.apps.front(), "$APP_SECRET",
                                                                                 options_.target + request.path, request.body);
  }

  TargetSession& session_;
  const CheckOptions& options_;
  std::vector<net::HttpRequest> trace_;  // of the last sequence
  std::string unavailable_;
};

}  // namespace

CaseRecord run_random_sequences(TargetSession& session, const CheckOptions& options) { return Explorer(session, options).run(); }

}  // namespace meterproof::conformance
