#include "conformance/runner.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "conformance/explore.hpp"
#include "conformance/interface_run.hpp"

namespace meterproof::conformance {

using reports::CaseRecord;
using reports::CheckRecord;
using reports::Verdict;
using spec::Interface;
using spec::Spec;

namespace {

/// A request for a row that nobody has: any target has an answer to it, and it changes nothing.
std::string harmless_body(Lab& lab, const Interface& interface, const CheckOptions& options, const Spec& spec) {
  spec::Draft draft{&interface, std::vector<std::optional<std::string>>(interface.request.size())};
  for (const std::size_t i : interface.variants.front().fields) {
    const spec::Field& field = interface.request[i];
    const auto table = field.refers ? field.refers : field.names;
    if (!table) {
      draft.raw[i] = raw_value(field, rules::valid_text(field, 1, lab.session().now()));
      continue;
    }
    const auto known = options.known.find(spec.tables[*table].name);
    draft.raw[i] = raw_value(field, known != options.known.end() ? known->second : lab.fresh_key());
  }
  return draft.body();
}

void conclude(CheckRecord& record, bool reached) {
  const std::size_t bad = record.count(Verdict::failed) + record.count(Verdict::broken);
  const std::size_t good = record.count(Verdict::passed) + record.count(Verdict::warned);
  if (!reached) {
    record.exit_code = 3;
    record.verdict = "unreachable";
  } else if (bad > 0) {
    record.exit_code = 1;
    record.verdict = "does not conform";
  } else if (good == 0) {
    record.exit_code = 4;
    record.verdict = "not judged";
  } else {
    record.exit_code = 0;
    record.verdict = "conforms";
  }
}

/// What the target answered to each open question.
std::vector<reports::QuestionRecord> survey(const std::vector<Case>& cases, const std::vector<CaseRecord>& records) {
  std::vector<reports::QuestionRecord> out;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].kind != Kind::open) continue;
    const std::string id = cases[i].interface->name + "/" + cases[i].question->id;
    auto found = std::find_if(out.begin(), out.end(), [&](const auto& one) { return one.id == id; });
    if (found == out.end()) {
      reports::QuestionRecord question{id, cases[i].question->ask.zh, cases[i].question->ask.en, {}, {}};
      for (const spec::Code code : cases[i].question->accept) question.accepted.push_back(std::to_string(code.value));
      found = out.insert(out.end(), std::move(question));
    }
    const std::string& observed = records[i].observed;
    if (records[i].verdict != Verdict::inconclusive && std::find(found->observed.begin(), found->observed.end(), observed) == found->observed.end())
      found->observed.push_back(observed);
  }
  return out;
}

CaseRecord untried(const Case& one, const std::string& why) {
  CaseRecord record = record_of(one);
  record.observed = "not tried";
  record.reason = why;
  return record;
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
    case Kind::injected: return Group::business;
    case Kind::signature:
    case Kind::replay: return Group::access;
    case Kind::story:
    case Kind::together:
    case Kind::transport: return Group::gatherings;
  }
  return Group::business;
}

/// The cases in parts, each a list of places in `cases`.
std::vector<std::vector<std::size_t>> parts_of(const std::vector<Case>& cases) {
  std::map<std::pair<Group, const Interface*>, std::vector<std::size_t>> parts;
  for (std::size_t i = 0; i < cases.size(); ++i) parts[{group_of(cases[i].kind), cases[i].interface}].push_back(i);
  std::vector<std::vector<std::size_t>> out;
  for (auto& [name, places] : parts) out.push_back(std::move(places));
  return out;
}

class Run {
 public:
  Run(Session& session, const CheckOptions& options, const std::vector<Case>& cases)
      : session_(session), options_(options), cases_(cases), parts_(parts_of(cases)), records_(cases.size()) {}

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
      for (const std::size_t place : places) mine.push_back(cases_[place]);
      Lab lab(session_, options_.scope, options_.known);
      std::vector<CaseRecord> judged = InterfaceRun(lab, options_, interface, std::move(mine)).judge();
      for (std::size_t i = 0; i < places.size(); ++i) records_[places[i]] = std::move(judged[i]);
    }
  }

  Session& session_;
  const CheckOptions& options_;
  const std::vector<Case>& cases_;
  std::vector<std::vector<std::size_t>> parts_;
  std::vector<CaseRecord> records_;
  std::atomic<std::size_t> next_ = 0;
};

/// Requests that change nothing, by which the target is calibrated: the first interface's, and one of another path.
std::pair<Session::Probe, std::optional<Session::Probe>> probes(Lab& lab, const std::vector<Case>& cases, const CheckOptions& options, const Spec& spec) {
  const Interface* first = cases.front().interface;
  std::pair<Session::Probe, std::optional<Session::Probe>> out{{first, harmless_body(lab, *first, options, spec)}, std::nullopt};
  for (const Interface& other : spec.interfaces)
    if (!out.second && options.scope.has(other) && other.path != first->path && changed_tables(other).empty())
      out.second = Session::Probe{&other, harmless_body(lab, other, options, spec)};
  return out;
}

}  // namespace

CheckRecord check(const Spec& spec, const CheckOptions& options, Environment environment) {
  const auto begin = std::chrono::steady_clock::now();
  CheckRecord record;
  record.target = options.target;
  record.role = options.role;
  std::vector<Case> cases = plan(spec, options.scope);
  if (!options.only.empty()) std::erase_if(cases, [&](const Case& one) { return !matches(options.only, one.id); });
  record.started = spec::local_time(environment.now(), std::chrono::minutes(0)).to_string() + " UTC";

  Session session(spec, options.apps, std::move(environment));
  Lab lab(session, options.scope, options.known);
  auto calibration = Session::Calibration::unreachable;
  if (!cases.empty()) {
    const auto [probe, elsewhere] = probes(lab, cases, options, spec);
    calibration = session.calibrate(probe, elsewhere);
  }
  if (calibration == Session::Calibration::refused)
    for (const Case& one : cases) record.cases.push_back(untried(one, session.note()));
  session.expect_requests(well_signed(cases));
  if (calibration == Session::Calibration::ready) {
    record.cases = Run(session, options, cases).all();
    record.questions = survey(cases, record.cases);
    if (options.explore > 0) record.cases.push_back(explore(session, options));
  }
  record.calibration = session.calibration();
  record.note = session.note();
  record.requests = session.requests();
  record.duration_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  conclude(record, calibration != Session::Calibration::unreachable);
  return record;
}

}  // namespace meterproof::conformance
