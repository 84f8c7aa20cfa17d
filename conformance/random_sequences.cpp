// SPDX-License-Identifier: Apache-2.0
#include "conformance/random_sequences.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "conformance/exchange_record.hpp"
#include "conformance/sequence_runner.hpp"
#include "conformance/spec_queries.hpp"
#include "core/rules/valid_request.hpp"

namespace meterproof::conformance {

using core::Field;
using core::Interface;
using core::Sequence;
using core::SequenceStep;
using core::Spec;
using core::StepValue;
using i18n::msg;
using reports::CaseRecord;
using reports::Verdict;
using Ending = SequenceResult::Ending;

namespace {

constexpr std::size_t actors = 3, longest = 24;

// The standard library's distributions differ between implementations; the same seed is the same sequence everywhere.
class Rng {
 public:
  Rng(std::uint64_t seed, std::uint64_t number) : state_(seed * 0x9E3779B97F4A7C15ULL + number) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(state_() % bound); }
  bool one_in(std::size_t bound) { return below(bound) == 0; }

 private:
  std::mt19937_64 state_;
};

constexpr std::array<std::string_view, 6> texts = {"张三", "O'Brien \\ \"Söhne\"", "𠮷野家🔥", "007", "a b  c", "测试：，。"};

/// Meter readings and their times only grow: what happens where they fall is an open question.
bool only_grows(const Interface& interface, std::size_t field) {
  using Kind = core::FieldGenerator::Kind;
  return !interface.generators.empty() && (interface.generators[field].kind == Kind::counter || interface.generators[field].kind == Kind::now);
}

class SequenceGenerator {
 public:
  SequenceGenerator(const Spec& spec, Rng& rng) : spec_(spec), rng_(rng) {}

  SequenceStep step(std::size_t interface) {
    SequenceStep out;
    out.interface = interface;
    about_ = &spec_.interfaces[interface];
    out.variant = rng_.below(about_->variants.size());
    out.actor = rng_.below(actors);
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
    if (field.refers || field.names || is_set_by_variant(*about_, at) || only_grows(*about_, at)) return std::nullopt;
    if (field.required == false && rng_.one_in(3)) {
      StepValue absent;
      absent.kind = StepValue::Kind::absent;
      return absent;
    }
    if (!field.values.empty()) return text(field.values[rng_.below(field.values.size())].value);
    if (field.range)
      return text(
          std::to_string(field.range->first + static_cast<long long>(rng_.below(static_cast<std::size_t>(field.range->second - field.range->first + 1)))));
    if (field.format == core::Format::date) return text(day());
    if (field.format == core::Format::datetime) return text(day() + (rng_.one_in(3) ? " 00:00:00" : rng_.one_in(2) ? " 23:59:59" : " 12:34:56"));
    if (field.type == core::Type::decimal && field.vary && !field.scale) return text(amount(field));
    if (field.type == core::Type::text && field.format == core::Format::none && field.vary && rng_.one_in(3))
      return text(std::string(texts[rng_.below(texts.size())]));
    return std::nullopt;
  }

  std::string day() { return "@-" + std::to_string(1 + rng_.below(28)); }

  /// Cents and millions, as the field's example has decimal places.
  std::string amount(const Field& field) {
    const auto example = core::Decimal::parse(field.example);
    const int scale = example ? example->scale() : 2;
    constexpr std::array<std::int64_t, 4> bounds = {10, 1'000, 100'000, 9'999'999};
    return core::Decimal(1 + static_cast<std::int64_t>(rng_.below(static_cast<std::size_t>(bounds[rng_.below(bounds.size())]))), scale).to_string();
  }

  /// The first day of a range is not after its last.
  void order_days(SequenceStep& step) const {
    for (const core::ResultRow& row : about_->results)
      for (const core::Rule& rule : row.when) {
        if (!rules::kind_of(rule).orders_its_operands()) continue;
        StepValue *first = nullptr, *last = nullptr;
        for (auto& [field, value] : step.with) {
          if (value.kind != StepValue::Kind::text || !value.text.starts_with("@-")) continue;
          if (field == rule.operands[0].field) first = &value;
          if (field == rule.operands[1].field) last = &value;
        }
        // @-9 is after @-12: what is written with the smaller number is the later day.
        const auto days_ago = [](const StepValue& value) { return std::stoi(value.text.substr(2)); };
        if (first != nullptr && last != nullptr && days_ago(*first) < days_ago(*last)) std::swap(first->text, last->text);
      }
  }

  const Spec& spec_;
  Rng& rng_;
  const Interface* about_ = nullptr;
};

}  // namespace

Sequence generate_sequence(const Spec& spec, const Scope& scope, std::uint64_t seed, std::uint64_t number) {
  Rng rng(seed, number);
  SequenceGenerator generator(spec, rng);
  std::vector<std::size_t> in_use;
  for (std::size_t i = 0; i < spec.interfaces.size(); ++i)
    if (scope.has(spec.interfaces[i])) in_use.push_back(i);
  Sequence sequence;
  sequence.id = "seed " + std::to_string(seed) + ", sequence " + std::to_string(number);
  for (std::size_t i = 0; i < actors; ++i) sequence.actors.emplace_back(1, static_cast<char>('a' + i));
  const std::size_t steps = 4 + rng.below(longest - 3);
  for (std::size_t i = 0; i < steps; ++i) sequence.steps.push_back(generator.step(in_use[rng.below(in_use.size())]));
  return sequence;
}

namespace {

class RandomSequences {
 public:
  RandomSequences(TargetSession& session, const CheckOptions& options, const std::vector<ShownRow>& shown)
      : session_(session), options_(options), shown_(shown) {}

  CaseRecord run() {
    CaseRecord record;
    record.id = "random/seed-" + std::to_string(options_.seed);
    record.kind = "sequence";
    record.requirement = {"任意有效请求序列的结果与规范一致", "any sequence of valid requests has the results that the interfaces state"};
    record.title = record.requirement;
    record.expected = msg<"case.random-steps">(options_.random_steps);
    std::size_t steps = 0, open = 0, idle = 0;
    constexpr std::size_t too_idle = 200;
    for (std::uint64_t number = 0; steps < options_.random_steps && idle < too_idle; ++number) {
      const Sequence sequence = generate_sequence(session_.spec(), options_.scope, options_.seed, number);
      const SequenceResult result = run_once(sequence);
      steps += result.steps;
      idle = result.steps == 0 ? idle + 1 : 0;
      if (result.ending != Ending::agreed) ++open;
      if (result.ending == Ending::open) unavailable_ = result.reason;
      if (result.ending == Ending::disagreed) return shrunk(record, sequence, result);
      if (number % 100 == 99) session_.progress(msg<"progress.random-steps">(steps, options_.random_steps));
    }
    record.observed = open == 0 ? msg<"case.steps-as-expected">(steps) : msg<"case.steps-as-expected-some-cut">(steps, open);
    record.verdict = steps >= options_.random_steps ? Verdict::passed : Verdict::inconclusive;
    if (steps < options_.random_steps) record.reason = unavailable_.empty() ? msg<"case.too-few-steps">() : unavailable_;
    return record;
  }

 private:
  SequenceResult run_once(const Sequence& sequence) {
    const ExchangeLog::Recording recording(session_.exchange_log());
    FixtureFactory fixtures(session_, options_, shown_);
    SequenceResult out = SequenceRunner(fixtures, options_.effect_timeout, true).run(sequence);
    steps_ = recording.steps();
    return out;
  }

  /// Steps left out as long as what is left still disagrees.
  CaseRecord shrunk(CaseRecord record, Sequence sequence, SequenceResult result) {
    session_.progress(msg<"progress.shrinking-sequence">());
    std::vector<Exchanged> steps = steps_;
    // Runs a sequence. If it disagrees it is taken over up to that step, with its result and exchanges: a flaky target may agree the next time.
    const auto takes_over = [&](Sequence candidate) {
      SequenceResult attempt = run_once(candidate);
      if (attempt.ending != Ending::disagreed) return false;
      candidate.steps.resize(attempt.step + 1);
      sequence = std::move(candidate);
      result = std::move(attempt);
      steps = steps_;
      return true;
    };
    sequence.steps.resize(result.step + 1);
    const bool reproduced = takes_over(sequence);
    constexpr int most_tries = 200;
    constexpr std::chrono::seconds longest_search(60);
    const auto begin = session_.clock();
    int tries = 0;
    for (std::size_t size = sequence.steps.size() / 2; reproduced && size > 0;) {
      bool shorter = false;
      for (std::size_t at = 0; at + size < sequence.steps.size() && tries < most_tries && session_.clock() - begin < longest_search; ++tries) {
        Sequence less = sequence;
        less.steps.erase(less.steps.begin() + static_cast<std::ptrdiff_t>(at), less.steps.begin() + static_cast<std::ptrdiff_t>(at + size));
        if (takes_over(std::move(less))) shorter = true;
        else ++at;
      }
      if (!shorter || size > sequence.steps.size() / 2) size /= 2;
    }
    record.verdict = reproduced ? Verdict::failed : Verdict::warned;
    record.expected = result.expected;
    record.observed = result.observed;
    record.reason = i18n::list({result.reason, reproduced ? msg<"case.shortest-sequence">(sequence.steps.size()) : msg<"case.not-reproduced">()});
    describe(record, sequence, result, steps);
    return record;
  }

  void describe(CaseRecord& record, const Sequence& sequence, const SequenceResult& result, const std::vector<Exchanged>& steps) const {
    const Interface& last = session_.spec().interfaces[sequence.steps.back().interface];
    record.interface = last.name;
    record.section = last.section;
    record.requirement = last.purpose.zh.empty() ? last.title : last.purpose;
    record.title = record.requirement;
    if (result.sent) fill_exchange(record, options_, session_, *result.sent);
    for (const Exchanged& one : steps) record.steps.push_back(step_of(options_, session_, one));
    record.curl = repeat_lines(record.steps);
    record.powershell = powershell_lines(record.steps);
  }

  TargetSession& session_;
  const CheckOptions& options_;
  const std::vector<ShownRow>& shown_;
  std::vector<Exchanged> steps_;  // of the last sequence
  i18n::Message unavailable_;
};

}  // namespace

CaseRecord run_random_sequences(TargetSession& session, const CheckOptions& options, const std::vector<ShownRow>& shown) {
  return RandomSequences(session, options, shown).run();
}

}  // namespace meterproof::conformance
