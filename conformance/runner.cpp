#include "conformance/runner.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "conformance/injected_fault_cases.hpp"
#include "conformance/interface_suite.hpp"
#include "conformance/random_sequences.hpp"
#include "conformance/waivers.hpp"
#include "core/text/text.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::Spec;
using reports::CaseRecord;
using reports::CheckRecord;
using reports::Verdict;

namespace {

/// A request for a row that nobody has: any target has an answer to it, and it changes nothing.
std::string harmless_body(FixtureFactory& fixtures, const Interface& interface, const CheckOptions& options, const Spec& spec) {
  core::RequestBuilder make_request{&interface, std::vector<std::optional<std::string>>(interface.request.size())};
  for (const std::size_t i : interface.variants.front().fields) {
    const core::Field& field = interface.request[i];
    const auto table = field.refers ? field.refers : field.names;
    if (!table) {
      make_request.raw[i] = raw_value(field, rules::make_valid_value(field, 1, fixtures.session().now()));
      continue;
    }
    const auto known = options.fixtures.find(spec.tables[*table].name);
    make_request.raw[i] = raw_value(field, known != options.fixtures.end() ? known->second : fixtures.unused_key());
  }
  return make_request.body();
}

std::string code_text(core::Code code) { return std::to_string(code.value); }

/// Every open question, and what the target was seen to do about it.
std::vector<reports::QuestionRecord> survey(const Spec& spec, const CheckOptions& options, const TargetSession& session, const std::vector<Case>& cases,
                                            std::vector<CaseRecord>& records) {
  std::vector<reports::QuestionRecord> out;
  const auto seen = session.observations();
  const auto add = [&](const std::string& id, const core::OpenQuestion& question) {
    reports::QuestionRecord& one = out.emplace_back(reports::QuestionRecord{id, question.ask.zh, question.ask.en, question.interpretations, {}, false});
    for (const core::Code code : question.accepted_codes) one.accepted.push_back(code_text(code));
    if (const auto found = seen.find(id); found != seen.end()) one.observed.assign(found->second.begin(), found->second.end());
    return out.size() - 1;
  };
  for (const core::OpenQuestion& question : spec.open_questions) add(question.id, question);
  for (const Interface& interface : spec.interfaces) {
    if (!options.scope.has(interface)) continue;
    for (const core::OpenQuestion& question : interface.open_questions) {
      const std::size_t at = add(interface.name + "/" + question.id, question);
      for (std::size_t i = 0; i < cases.size(); ++i) {
        if (cases[i].question != &question || cases[i].kind != Kind::open) continue;
        CaseRecord& record = records[i];
        const bool answered = record.verdict == Verdict::passed || record.verdict == Verdict::warned;
        auto& observed = out[at].observed;
        const std::string seen_here = i18n::render(record.observed, i18n::Language::en);
        if (!answered || std::find(observed.begin(), observed.end(), seen_here) != observed.end()) continue;
        if (!observed.empty() && record.verdict == Verdict::passed) {
          record.verdict = Verdict::warned;
          record.reason = i18n::untranslated("another case of this question was answered " + observed.front());
        }
        observed.push_back(seen_here);
      }
    }
  }
  for (auto& question : out)
    question.inconsistent = question.id != "refusal-status" && question.observed.size() > 1 && question.observed.size() <= question.accepted.size();
  return out;
}

/// About how many timestamps the cases use up: a forged request uses none, and a look at what came of it takes a few more.
std::size_t well_signed(const std::vector<Case>& cases) {
  std::size_t count = 0;
  for (const Case& one : cases) {
    if (one.kind == Kind::story) count += one.story->steps.size() + 2;
    else if (one.kind == Kind::together) count += 12;
    else if (one.kind != Kind::signature && one.kind != Kind::reply) ++count;
  }
  return count * 6 / 5;
}

/// Cases that are run by one worker, with customers of its own.
enum class Group { business, access, gatherings };

Group group_of(Kind kind) {
  switch (kind) {
    case Kind::control:
    case Kind::neighbour:
    case Kind::reply:
    case Kind::effect:
    case Kind::rule:
    case Kind::body:
    case Kind::open:
    case Kind::injected_by: return Group::business;
    case Kind::signature:
    case Kind::replay: return Group::access;
    case Kind::story:
    case Kind::together:
    case Kind::several:
    case Kind::transport: return Group::gatherings;
  }
  return Group::business;
}

/// The cases in parts, each a list of places in `cases`.
std::vector<std::vector<std::size_t>> split_commas(const std::vector<Case>& cases) {
  std::map<std::pair<Group, const Interface*>, std::vector<std::size_t>> parts;
  for (std::size_t i = 0; i < cases.size(); ++i) parts[{group_of(cases[i].kind), cases[i].interface}].push_back(i);
  std::vector<std::vector<std::size_t>> out;
  out.reserve(parts.size());
  for (auto& [name, places] : parts) out.push_back(std::move(places));
  return out;
}

class Run {
 public:
  Run(TargetSession& session, const CheckOptions& options, const std::vector<Case>& cases)
      : session_(session), options_(options), cases_(cases), parts_(split_commas(cases)), records_(cases.size()) {}

  std::vector<CaseRecord> all() {
    std::vector<std::thread> helpers;
    const std::size_t workers = std::min(std::max<std::size_t>(session_.environment().workers, 1), std::max<std::size_t>(parts_.size(), 1));
    for (std::size_t i = 1; i < workers; ++i) helpers.emplace_back([this] { work(); });
    work();
    for (std::thread& helper : helpers) helper.join();
    return std::move(records_);
  }

 private:
  void work() {
    for (std::size_t part = next_++; part < parts_.size(); part = next_++) {
      const std::vector<std::size_t>& places = parts_[part];
      const Interface& interface = *cases_[places.front()].interface;
      if (group_of(cases_[places.front()].kind) == Group::business) {
        const auto count = std::count_if(cases_.begin(), cases_.end(), [&](const Case& one) { return one.interface == &interface; });
        session_.progress(interface.section + " " + interface.name + ": " + std::to_string(count) + " cases");
      }
      std::vector<Case> mine;
      mine.reserve(places.size());
      for (const std::size_t place : places) mine.push_back(cases_[place]);
      FixtureFactory fixtures(session_, options_.scope, options_.fixtures);
      std::vector<CaseRecord> judged;
      try {
        judged = InterfaceSuite(fixtures, options_, interface, std::move(mine)).judge();
      } catch (const Inconclusive& missing) {  // cut off where no case was being tried
        for (const std::size_t place : places) judged.push_back(untried(cases_[place], missing.why));
      }
      for (std::size_t i = 0; i < places.size(); ++i) records_[places[i]] = std::move(judged[i]);
      tell_findings(places);
      tell_what_is_left(places.size());
    }
  }

  void tell_findings(const std::vector<std::size_t>& places) const {
    const auto& found = session_.environment().found;
    for (const std::size_t place : places)
      if (found && (records_[place].verdict == Verdict::failed || records_[place].verdict == Verdict::broken)) found(records_[place]);
  }

  /// Where a run takes its time, how much more it will be.
  void tell_what_is_left(std::size_t cases) {
    using Seconds = std::chrono::duration<double>;
    const std::scoped_lock lock(telling_);
    done_ += cases;
    const auto now = std::chrono::steady_clock::now();
    constexpr std::chrono::seconds patience(5);
    if (now - told_ < patience || done_ == cases_.size()) return;
    told_ = now;
    const double left = Seconds(now - begin_).count() * static_cast<double>(cases_.size() - done_) / static_cast<double>(done_);
    session_.progress(std::to_string(done_) + " of " + std::to_string(cases_.size()) + " cases, about " + std::to_string(static_cast<long>(left) + 1) +
                      " s left");
  }

  TargetSession& session_;
  const CheckOptions& options_;
  const std::vector<Case>& cases_;
  std::vector<std::vector<std::size_t>> parts_;
  std::vector<CaseRecord> records_;
  std::atomic<std::size_t> next_ = 0;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::mutex telling_;  // of what follows
  std::chrono::steady_clock::time_point told_ = begin_;
  std::size_t done_ = 0;
};

/// How long it will take, by how long a reply took so far and how many seconds are at hand.
void announce(TargetSession& session, const CheckOptions& options, std::size_t cases, std::size_t requests) {
  const double workers = static_cast<double>(std::max<std::size_t>(session.environment().workers, 1));
  const double pace = options.per_second > 0 ? 1 / options.per_second : session.mean_seconds() / workers;
  const std::size_t about = cases + requests / 2;
  double seconds = static_cast<double>(about) * pace;
  const std::size_t at_hand = session.timestamps_at_hand();
  if (session.replay_scope() != ReplayScope::never && requests > at_hand)
    seconds = std::max(seconds, static_cast<double>(requests - at_hand) / static_cast<double>(session.apps()));
  session.progress(std::to_string(cases) + " cases, about " + std::to_string(about) + " requests, about " + std::to_string(static_cast<long>(seconds) + 1) +
                   " s");
}

/// Requests that change nothing, by which the target is calibrated: the first interface's, and one of another path.
std::pair<TargetSession::Probe, std::optional<TargetSession::Probe>> probes(FixtureFactory& fixtures, const std::vector<Case>& cases,
                                                                            const CheckOptions& options, const Spec& spec) {
  const Interface* first = cases.front().interface;
  std::pair<TargetSession::Probe, std::optional<TargetSession::Probe>> out{{first, harmless_body(fixtures, *first, options, spec)}, std::nullopt};
  for (const Interface& other : spec.interfaces)
    if (!out.second && options.scope.has(other) && other.path != first->path && changed_tables(other).empty())
      out.second = TargetSession::Probe{&other, harmless_body(fixtures, other, options, spec)};
  return out;
}

}  // namespace

CheckRecord check(const Spec& spec, const CheckOptions& options, Environment environment) {
  const auto begin = std::chrono::steady_clock::now();
  CheckRecord record;
  record.target = options.target;
  record.role = options.role;
  record.filter = options.filter;
  std::vector<Case> cases = plan(spec, options.scope);
  append_known(cases, spec, options.scope, options.fixtures);
  if (!options.filter.empty()) std::erase_if(cases, [&](const Case& one) { return !matches(options.filter, one.id); });
  std::vector<CaseRecord> excused;
  take_out_unsupported(cases, options, excused);
  if (options.per_second > 0) environment.pause = std::chrono::microseconds(static_cast<long>(1e6 / options.per_second));
  record.started = core::local_time(environment.now(), std::chrono::minutes(0)).to_string() + " UTC";

  for (const Exclusion& one : options.unsupported) record.declarations.push_back({"unsupported", one.cases, one.reason, ""});
  for (const Waiver& one : options.waivers) record.declarations.push_back({"waiver", one.cases, one.reason, one.expires.date_string()});

  TargetSession session(spec, options.apps, std::move(environment));
  FixtureFactory fixtures(session, options.scope, options.fixtures);
  auto calibration = TargetSession::Calibration::unreachable;
  if (!cases.empty()) {
    const auto [probe, elsewhere] = probes(fixtures, cases, options, spec);
    try {
      calibration = session.calibrate(probe, elsewhere);
    } catch (const Inconclusive&) {  // cut off
      calibration = TargetSession::Calibration::refused;
    }
  }
  if (calibration == TargetSession::Calibration::refused)
    for (const Case& one : cases) record.cases.push_back(untried(one, session.cut_off() ? "the run was cut off" : session.note()));
  session.expect_requests(well_signed(cases));
  if (calibration == TargetSession::Calibration::ready) {
    announce(session, options, cases.size(), well_signed(cases));
    record.cases = Run(session, options, cases).all();
    if (!session.cut_off()) InjectedFaultCases(session, options, cases, record.cases).run();
    record.questions = survey(spec, options, session, cases, record.cases);
    if (options.random_steps > 0 && !session.cut_off()) record.cases.push_back(run_random_sequences(session, options));
  }
  record.cases.insert(record.cases.end(), std::make_move_iterator(excused.begin()), std::make_move_iterator(excused.end()));
  // A part of the cases says nothing of what a waiver stands for.
  if (calibration == TargetSession::Calibration::ready && options.filter.empty() && !session.cut_off()) apply_waivers(options, session.now(), record.cases);
  record.interrupted = session.cut_off();
  for (const auto& [id, value] : session.calibration()) record.calibration.push_back({id, i18n::untranslated(value)});
  if (!session.note().empty()) record.notes.push_back(i18n::untranslated(session.note()));
  record.requests = session.requests();
  record.duration_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  reports::redact(record, options.apps);
  reports::conclude(record, calibration != TargetSession::Calibration::unreachable);
  return record;
}

}  // namespace meterproof::conformance
