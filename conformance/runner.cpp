#include "conformance/runner.hpp"

#include <algorithm>
#include <optional>

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
  const auto forged = std::count_if(cases.begin(), cases.end(), [](const Case& one) { return one.kind == Kind::signature; });
  return (cases.size() - static_cast<std::size_t>(forged)) * 6 / 5;
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
  if (!cases.empty()) calibration = session.calibrate(*cases.front().interface, harmless_body(lab, *cases.front().interface, options, spec));
  if (calibration == Session::Calibration::refused)
    for (const Case& one : cases) record.cases.push_back(untried(one, session.note()));
  session.expect_requests(well_signed(cases));
  for (std::size_t first = 0; first < cases.size() && calibration == Session::Calibration::ready;) {
    const Interface& interface = *cases[first].interface;
    std::size_t last = first;
    while (last < cases.size() && cases[last].interface == &interface) ++last;
    session.progress(interface.section + " " + interface.name + ": " + std::to_string(last - first) + " cases");
    InterfaceRun run(lab, options, interface,
                     std::vector<Case>(cases.begin() + static_cast<std::ptrdiff_t>(first), cases.begin() + static_cast<std::ptrdiff_t>(last)));
    for (CaseRecord& one : run.judge()) record.cases.push_back(std::move(one));
    first = last;
  }
  if (calibration == Session::Calibration::ready) record.questions = survey(cases, record.cases);
  record.calibration = session.calibration();
  record.note = session.note();
  record.requests = session.requests();
  record.duration_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  conclude(record, calibration != Session::Calibration::unreachable);
  return record;
}

}  // namespace meterproof::conformance
