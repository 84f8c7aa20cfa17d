// SPDX-License-Identifier: Apache-2.0
#include "conformance/runner.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "conformance/case_context.hpp"
#include "conformance/cases/injected_fault_case.hpp"
#include "conformance/cases/late_replay_case.hpp"
#include "conformance/cases/reply_case.hpp"
#include "conformance/causes.hpp"
#include "conformance/exchange_record.hpp"
#include "conformance/named_row_trial.hpp"
#include "conformance/named_rows.hpp"
#include "conformance/open_question_survey.hpp"
#include "conformance/own_error.hpp"
#include "conformance/planner.hpp"
#include "conformance/random_sequences.hpp"
#include "conformance/reach.hpp"
#include "conformance/selection.hpp"
#include "conformance/spec_queries.hpp"
#include "conformance/suite.hpp"
#include "conformance/unsupported_probe.hpp"
#include "conformance/waivers.hpp"
#include "conformance/worth.hpp"
#include "core/redact/redactor.hpp"
#include "core/text/utf8.hpp"
#include "core/threads/thread_group.hpp"
#include "reports/findings.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::Spec;
using i18n::msg;
using reports::CaseRecord;
using reports::CheckRecord;
using reports::Verdict;

namespace {

/// A valid request whose keys no row has, except for those that the vendor named with --fixture. Any target has an answer to it. Where the interface
/// changes data, the new row's key is never one of the named ones.
std::string probe_body(FixtureFactory& fixtures, const Interface& interface, const CheckOptions& options, const Spec& spec) {
  core::RequestBuilder request{&interface, std::vector<std::optional<std::string>>(interface.request.size())};
  const bool changes = !changed_tables(interface).empty();
  for (const std::size_t i : interface.variants.front().fields) {
    const core::Field& field = interface.request[i];
    const auto table = field.refers ? field.refers : field.names;
    if (!table) {
      request.raw[i] = raw_value(field, rules::make_valid_value(field, 1, fixtures.session().now()));
      continue;
    }
    const auto known = field.names && changes ? options.fixtures.end() : options.fixtures.find(spec.tables[*table].name);
    request.raw[i] = raw_value(field, known != options.fixtures.end() ? known->second : fixtures.unused_key());
  }
  fixtures.read_on(request);
  return request.body();
}

/// Whether the parts of a run use each other's rows, one part after the other: fewer may be made, or a row that the vendor has named may stand in for one of
/// our own.
bool shares_rows(const Spec& spec, const CheckOptions& options) {
  return options.max_rows > 0 ||
         std::any_of(options.fixtures.begin(), options.fixtures.end(), [&](const auto& row) { return spec.table(row.first).has_value(); });
}

/// About how many timestamps the cases use up, also for looking at what came of them.
std::size_t timestamps_of(const std::vector<const TestCase*>& cases) {
  double count = 0;
  for (const TestCase* one : cases) count += about_requests(one->info());
  return static_cast<std::size_t>(count);
}

/// The cases in parts, each a list of places in `cases`: one worker runs a part. `apart`: those of authentication are parts of their own; else they share the
/// valid requests of the interface, and one look shows that no refusal of either kind has changed anything.
std::vector<std::vector<std::size_t>> parts_of(const std::vector<const TestCase*>& cases, bool apart) {
  std::map<std::pair<CaseGroup, const Interface*>, std::vector<std::size_t>> parts;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const CaseInfo& info = cases[i]->info();
    const CaseGroup group = info.group == CaseGroup::authentication && !apart ? CaseGroup::business : info.group;
    parts[{group, group == CaseGroup::shared_rows ? nullptr : info.interface}].push_back(i);
  }
  std::vector<std::vector<std::size_t>> out;
  out.reserve(parts.size());
  for (auto& [name, places] : parts) out.push_back(std::move(places));
  return out;
}

class Run {
 public:
  /// `is_short`: there is no time for all cases, so that those that are worth most come first.
  Run(TargetSession& session, const CheckOptions& options, const std::vector<ShownRow>& shown, const std::vector<const TestCase*>& cases, double about_seconds,
      bool is_short)
      : session_(session),
        options_(options),
        shown_(shown),
        cases_(cases),
        about_seconds_(about_seconds),
        parts_(parts_of(cases, shares_rows(session.spec(), options))) {
    records_.reserve(cases.size());  // made before there may be no memory for them
    for (const TestCase* one : cases) records_.push_back(untried(one->info(), msg<"case.cut-off-before">()));
    if (shares_rows(session_.spec(), options_)) {
      shared_.emplace(session_, options_, shown_);
      // What is refused for its signature uses no row up, so that it comes first.
      const auto is_authentication = [&](const std::vector<std::size_t>& part) { return cases_[part.front()]->info().group == CaseGroup::authentication; };
      std::stable_partition(parts_.begin(), parts_.end(), is_authentication);
    }
    live_.resize(parts_.size());
    if (is_short) divide_by_worth();
    else waves_ = {parts_};
  }

  std::vector<CaseRecord> all() {
    for (wave_ = 0; wave_ < waves_.size() && !failure_ && !mismatch_; ++wave_) run_wave();
    if (mismatch_) std::rethrow_exception(mismatch_);
    return std::move(records_);
  }
  /// Timestamps that were taken for what the cases of an interface share, by its name.
  const std::map<std::string, std::uint64_t>& shared_requests() const { return shared_requests_; }
  /// What ended the run before its cases were all tried; empty where nothing did.
  i18n::Message own_error() const {
    return failure_ ? own_error_of([&] { std::rethrow_exception(failure_); }) : i18n::Message();
  }

 private:
  /// Parts in pieces: the first pieces of all of them, then the second ones …
  void divide_by_worth() {
    std::vector<std::size_t> part_of(cases_.size());
    for (std::size_t part = 0; part < parts_.size(); ++part)
      for (const std::size_t place : parts_[part]) part_of[place] = part;
    waves_.assign(waves, std::vector<std::vector<std::size_t>>(parts_.size()));
    for (const RankedCase& one : by_worth(session_.spec(), cases_)) waves_[one.wave][part_of[one.place]].push_back(one.place);
  }

  void run_wave() {
    next_ = 0;
    core::ThreadGroup helpers;
    const std::size_t allowed = shared_ || session_.cut_off() ? 1 : std::max<std::size_t>(session_.environment().workers, 1);
    const std::size_t workers = std::min(allowed, std::max<std::size_t>(parts_.size(), 1));
    try {
      for (std::size_t i = 1; i < workers; ++i) helpers.start([this] { work(); });
    } catch (const std::exception& error) {  // the system has no more threads, or no memory for them
      session_.progress(msg<"progress.fewer-workers">(helpers.size() + 1, i18n::message_of(error)));
    }
    work();
    helpers.join();
  }

  void work() {
    try {
      for (std::size_t part = next_++; part < parts_.size(); part = next_++) {
        const std::vector<std::size_t>& places = waves_[wave_][part];
        if (places.empty()) continue;
        const i18n::Message own_error = own_error_of([&] { run_part(part, places); });
        if (!own_error.empty()) report_broken(places, own_error), live_[part].reset();
        tell_findings(places);
        tell_what_is_left(places.size());
      }
    } catch (const ReplayMismatch&) {  // it is the transcript of another run
      end_with(mismatch_);
    } catch (const std::exception&) {  // an error of our own outside of the cases, such as no memory for noting another one: the others are not tried
      end_with(failure_);
    }
  }

  /// Ends the run by the exception that is being handled.
  void end_with(std::exception_ptr& kept) {
    const std::scoped_lock lock(telling_);
    next_ = parts_.size();
    kept = std::current_exception();
  }

  /// What broke off a part costs the cases of that part alone.
  void report_broken(const std::vector<std::size_t>& places, const i18n::Message& own_error) {
    for (const std::size_t place : places) {
      records_[place].reason = own_error;
      records_[place].verdict = Verdict::broken;
    }
  }

  /// The cases of a part that this wave is about, or all of them.
  void run_part(std::size_t part, const std::vector<std::size_t>& places) {
    if (session_.is_over_budget() && !live_[part]) {  // not even the valid requests are sent
      for (const std::size_t place : places) records_[place] = untried(cases_[place]->info(), msg<"case.not-run">());
      return;
    }
    const LargeReplies::Part with_replies(session_.large_replies());
    const CaseInfo& first = cases_[places.front()]->info();
    const ReplyForms::Part of_part(session_.reply_forms(), wave_ * parts_.size() + part, *first.interface);
    const bool begins = !live_[part];
    if (begins && first.group == CaseGroup::business) {
      const auto count = std::count_if(cases_.begin(), cases_.end(), [&](const TestCase* one) { return one->info().interface == first.interface; });
      session_.progress(msg<"progress.interface">(first.interface->section, first.interface->name, count));
    }
    if (begins) begin_part(part, *first.interface);
    CaseContext& context = *live_[part]->context;
    context.run_some(cases_at(places));
    for (const std::size_t place : places) records_[place] = record_of(*cases_[place], context.result_of(*cases_[place]));
    bound_bodies(places);
    if (is_last_piece(part)) end_part(part, *first.interface);
  }

  std::vector<const TestCase*> cases_at(const std::vector<std::size_t>& places) const {
    std::vector<const TestCase*> out;
    out.reserve(places.size());
    for (const std::size_t place : places) out.push_back(cases_[place]);
    return out;
  }

  void begin_part(std::size_t part, const Interface& interface) {
    auto live = std::make_unique<Live>();
    if (!shared_) live->own.emplace(session_, options_, shown_);
    live->context.emplace(live->own ? *live->own : *shared_, options_, interface, cases_at(parts_[part]));
    live->context->begin();
    live_[part] = std::move(live);
  }

  bool is_last_piece(std::size_t part) const {
    return std::all_of(waves_.begin() + static_cast<std::ptrdiff_t>(wave_) + 1, waves_.end(), [&](const auto& later) { return later[part].empty(); });
  }

  void end_part(std::size_t part, const Interface& interface) {
    const std::uint64_t shared = live_[part]->context->shared_requests();
    (void)live_[part]->context->end();
    live_[part].reset();
    const std::scoped_lock lock(telling_);
    shared_requests_[interface.name] += shared;
  }

  /// A target may answer every case with as much as is kept of one: of what comes behind the first megabytes, less is kept.
  void bound_bodies(const std::vector<std::size_t>& places) {
    constexpr std::size_t most = 8UL * 1024 * 1024, kept = 2048;  // bytes, as they are shown
    const std::scoped_lock lock(telling_);
    for (const std::size_t place : places) {
      std::string& body = records_[place].reply.body;
      const auto shown_size = [&] { return body.size() > kept ? core::sanitize(body).size() : body.size(); };
      if (kept_of_bodies_ + shown_size() > most) shorten_body(body, session_.redactor(), kept);
      kept_of_bodies_ += shown_size();
    }
  }

  CaseRecord record_of(const TestCase& one, const CaseResult& result) const {
    CaseRecord record = conformance::record_of(one.info());
    record.verdict = result.verdict;
    record.expected = result.expected;
    record.observed = result.observed;
    record.reason = result.reason;
    record.requests = result.requests;
    if (result.sent) fill_exchange(record, options_, session_, *result.sent);
    if (result.verdict == Verdict::failed || result.verdict == Verdict::warned)
      for (const Exchanged& one_step : result.steps) record.steps.push_back(step_of(options_, session_, one_step));
    if (!record.steps.empty()) {
      record.curl = repeat_lines(record.steps);
      record.powershell = powershell_lines(record.steps);
    }
    return record;
  }

  void tell_findings(const std::vector<std::size_t>& places) const {
    const auto& found = session_.environment().found;
    for (const std::size_t place : places)
      if (found && reports::is_finding(records_[place]) && !may_rest_on_another(records_[place])) found(records_[place]);  // those are told at the end
  }

  /// Every five seconds at the most: how many cases are done, and how long the others will take.
  void tell_what_is_left(std::size_t cases) {
    using Seconds = std::chrono::duration<double>;
    const std::scoped_lock lock(telling_);
    done_ += cases;
    const auto now = std::chrono::steady_clock::now();
    constexpr std::chrono::seconds pause(5);
    if (now - told_ < pause || done_ == cases_.size()) return;
    told_ = now;
    const double passed = Seconds(now - begin_).count();
    // The first cases find free timestamps, and the last ones wait for them.
    const double left = std::max(passed * static_cast<double>(cases_.size() - done_) / static_cast<double>(done_), about_seconds_ - passed);
    session_.progress(msg<"progress.cases-left">(done_, cases_.size(), static_cast<long>(left) + 1));
  }

  TargetSession& session_;
  const CheckOptions& options_;
  const std::vector<ShownRow>& shown_;
  const std::vector<const TestCase*>& cases_;
  const double about_seconds_;  // of the whole run
  std::optional<FixtureFactory> shared_;
  std::vector<std::vector<std::size_t>> parts_;
  std::vector<std::vector<std::vector<std::size_t>>> waves_;  // by wave, by part: places in `cases_`, in the order in which they are run
  /// A part that was begun: another wave goes on with it. One thread's at a time.
  struct Live {
    std::optional<FixtureFactory> own;
    std::optional<CaseContext> context;
  };
  std::vector<std::unique_ptr<Live>> live_;  // by part
  std::size_t wave_ = 0;
  std::vector<CaseRecord> records_;
  std::atomic<std::size_t> next_ = 0;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::mutex telling_;  // of what follows
  std::exception_ptr mismatch_, failure_;
  std::chrono::steady_clock::time_point told_ = begin_;
  std::size_t done_ = 0;
  std::size_t kept_of_bodies_ = 0;
  std::map<std::string, std::uint64_t> shared_requests_;  // by interface
};

/// Where most replies, to the last one, had one code, and several cases failed by it: then it says more of the target than each failure does.
i18n::Message say_one_code(const TargetSession& session, const std::vector<const TestCase*>& cases, const std::vector<CaseRecord>& records) {
  constexpr std::uint64_t fewest_replies = 30;
  constexpr std::size_t fewest_failures = 5;
  const auto last = session.last_code();
  if (!last || last->replies < fewest_replies || last->replies * 2 < session.requests()) return {};
  std::size_t failures = 0;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (records[i].verdict == Verdict::failed && !has(cases[i]->info().expected, last->code)) ++failures;
  return failures < fewest_failures ? i18n::Message() : msg<"check.one-code-from">(last->from, session.spec().envelope.code, last->code.value);
}

struct Estimate {
  double seconds = 0;     // that the run will take
  bool is_short = false;  // the budget is not enough for it
};

/// By what a replay knows as well: how many timestamps are at hand, and how long the run took so far for each request.
bool is_short_of_time(const TargetSession& session, const CheckOptions& options, std::size_t about, double waiting_s) {
  if (!options.budget) return false;
  using Seconds = std::chrono::duration<double>;
  constexpr double margin = 0.8;  // of the time, for what is not known before
  const double passed = Seconds(session.passed()).count(), left = Seconds(*options.budget).count() - passed;
  const double workers = static_cast<double>(std::max<std::size_t>(session.environment().workers, 1));
  const double so_far = passed / static_cast<double>(std::max<std::uint64_t>(session.requests(), 1)) / workers;
  const double each = std::max(so_far, Seconds(session.environment().pause).count());
  return std::max(each * static_cast<double>(about), waiting_s) > left * margin;
}

/// What some timestamps are enough for.
void tell_affordable(const TargetSession& session, const CheckOptions& options, const std::vector<const TestCase*>& cases, double requests, double seconds) {
  const Affordable some = affordable(session.spec(), cases, requests);
  const std::string time = std::to_string(static_cast<long>(seconds) + 1) + "s";
  if (options.budget) session.progress(msg<"progress.budget">(time, some.cases, cases.size(), some.clauses, some.all_clauses));
  else session.progress(msg<"progress.budget-would-reach">(time, some.cases, cases.size(), some.clauses, some.all_clauses));
}

/// Tells how long it will take, by how long a reply took so far and how many seconds are at hand.
Estimate announce(TargetSession& session, const CheckOptions& options, const std::vector<const TestCase*>& chosen, std::size_t requests) {
  const std::size_t cases = chosen.size();
  const double workers = static_cast<double>(std::max<std::size_t>(session.environment().workers, 1));
  const double pace = options.per_second > 0 ? 1 / options.per_second : session.mean_seconds() / workers;
  const std::size_t about = cases + requests / 2;
  double seconds = static_cast<double>(about) * pace;
  std::size_t at_hand = session.timestamps_at_hand();
  const bool repeats = session.replay_scope() == ReplayScope::never;
  // Runs that nobody remembers here may have used some: where that could matter, a few are tried.
  TargetSession::SampledTimestamps sampled;
  if (constexpr std::size_t few = 4; !repeats && requests > at_hand / few) sampled = session.sample_timestamps();
  const std::size_t used_unknown = sampled.tried == 0 ? 0 : at_hand * sampled.used / sampled.tried;
  at_hand -= used_unknown;
  const bool waits = !repeats && requests > at_hand;
  const double rate = static_cast<double>(session.timestamps_per_second());
  const double waiting_s = waits ? static_cast<double>(requests - at_hand) / rate : 0;
  seconds = std::max(seconds, waiting_s);
  session.progress(msg<"progress.estimate">(cases, about, static_cast<long>(seconds) + 1));
  const Estimate out{seconds, is_short_of_time(session, options, about, waiting_s)};
  if (out.is_short) {
    const double budget_s = std::chrono::duration<double>(*options.budget).count();
    const double by_pace = pace > 0 ? budget_s / pace : static_cast<double>(requests);
    const double by_timestamps = repeats ? static_cast<double>(requests) : static_cast<double>(at_hand) + rate * budget_s;
    tell_affordable(session, options, chosen, std::min(by_pace, by_timestamps), budget_s - 1);
  }
  if (!waits) return out;
  if (const std::size_t used = session.timestamps_used_earlier(); used > 0) session.progress(msg<"progress.used-earlier">(used));
  if (used_unknown > 0) session.progress(msg<"progress.used-sampled">(sampled.tried, sampled.used, used_unknown));
  session.progress(msg<"progress.estimate-why">(requests, at_hand, session.timestamps_per_second()));
  if (!options.budget) {
    constexpr double to_look_around = 5;  // seconds, for the calibration
    tell_affordable(session, options, chosen, static_cast<double>(at_hand), static_cast<double>(at_hand) * pace + to_look_around);
  }
  return out;
}

/// Of the cases that are like others, as many stay as there are timestamps for without waiting, the dearest last. Returns how many do not.
std::size_t leave_out_spare_cases(const TargetSession& session, const CheckOptions& options, std::vector<const TestCase*>& cases) {
  if (!options.selection.is_all() || session.replay_scope() == ReplayScope::never) return 0;
  double needed = 80;                                     // for what the target makes necessary: what is sent again, what is looked at once more
  std::vector<std::pair<double, const TestCase*>> spare;  // by their requests
  for (const TestCase* one : cases) {
    const double requests = about_requests(one->info());
    if (one->info().is_spare) spare.emplace_back(requests, one);
    else needed += requests;
  }
  const auto rank = [](const auto& one) {
    constexpr double dear = 30;
    return one.first > dear ? one.first : 0;
  };
  std::stable_sort(spare.begin(), spare.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const auto at_hand = static_cast<double>(session.timestamps_at_hand());
  std::set<const TestCase*> left_out;
  for (const auto& [requests, one] : spare)
    if (needed + requests > at_hand) left_out.insert(one);
    else needed += requests;
  std::erase_if(cases, [&](const TestCase* one) { return left_out.contains(one); });
  return left_out.size();
}

/// Faults that there is no time for any more: their cases have a hook, and are not run.
void leave_faults_out(const CheckOptions& options, std::vector<CaseRecord>& records) {
  for (CaseRecord& one : records) {
    const auto fault = one.reason.id == "case.needs-a-fault-hook" ? one.reason.arguments.begin() : one.reason.arguments.end();
    if (fault != one.reason.arguments.end() && options.fault_hooks.count(fault->text) > 0) one.reason = msg<"case.not-run">();
  }
}

/// Well-signed requests by interface and kind of case, in the order of the specification.
std::vector<reports::RequestsRecord> requests_of(const Spec& spec, const std::vector<CaseRecord>& records, const std::map<std::string, std::uint64_t>& shared,
                                                 std::uint64_t all) {
  const auto place_of = [](const std::string& kind) {
    const auto* const found = std::find(reports::case_kinds.begin(), reports::case_kinds.end(), kind);
    return std::pair(found - reports::case_kinds.begin(), kind);
  };
  std::map<std::string, std::map<std::pair<std::ptrdiff_t, std::string>, reports::RequestsRecord>> by_interface;
  for (const CaseRecord& one : records) {
    if (one.interface.empty() || !one.requests) continue;
    reports::RequestsRecord& sum = by_interface[one.interface][place_of(one.kind)];
    ++sum.cases;
    sum.requests += *one.requests;
  }
  std::vector<reports::RequestsRecord> out;
  std::uint64_t told = 0;
  const auto add = [&](reports::RequestsRecord one) {
    told += one.requests;
    out.push_back(std::move(one));
  };
  for (const Interface& interface : spec.interfaces) {
    for (const auto& [kind, sum] : by_interface[interface.name]) add({interface.name, kind.second, sum.cases, sum.requests});
    const auto control = shared.find(interface.name);
    if (control != shared.end() && control->second > 0) add({interface.name, "control", 0, control->second});
  }
  if (all > told) add({"", "control", 0, all - told});  // of the whole run: named rows, faults, random sequences
  return out;
}

/// What the target shows of the rows that the vendor has named: what is to be said of them goes to `notes`, mistakes first.
NamedRows look_at_named_rows_of(TargetSession& session, const CheckOptions& options, std::vector<i18n::Message>& notes) {
  try {
    NamedRows out = look_at_named_rows(session, options.scope, options.fixtures, options.rows);
    FixtureFactory fixtures(session, options, out.shown);
    for (const auto& [interface, body] : out.accepted) fixtures.note_taken(*interface, body);
    if (out.mistakes.empty()) try_unverified_rows(fixtures, options.fixtures, out);
    for (const auto* said : {&out.mistakes, &out.notes}) notes.insert(notes.end(), said->begin(), said->end());
    return out;
  } catch (const Inconclusive&) {  // cut off, or the target is gone: every case will find out
    return {};
  }
}

/// Why no case was tried after a calibration that came to nothing.
i18n::Message why_untried(const TargetSession& session) {
  if (session.is_gone()) return msg<"case.target-gone">();
  const std::vector<i18n::Message> notes = session.notes();
  return session.cut_off() || notes.empty() ? msg<"case.cut-off">() : notes.front();
}

/// The requests by which the target is calibrated: of each interface in scope that changes nothing, one for each path. Without such an interface the first
/// case's is taken, although it may change data.
std::vector<TargetSession::Probe> probes(FixtureFactory& fixtures, const std::vector<const TestCase*>& cases, const CheckOptions& options, const Spec& spec) {
  std::vector<const Interface*> queries;
  for (const Interface& one : spec.interfaces) {
    const bool same_path = std::any_of(queries.begin(), queries.end(), [&](const Interface* other) { return other->path == one.path; });
    if (options.scope.has(one) && changed_tables(one).empty() && !same_path) queries.push_back(&one);
  }
  if (queries.empty()) queries.push_back(cases.front()->info().interface);
  std::vector<TargetSession::Probe> out;
  out.reserve(queries.size());
  for (const Interface* one : queries) out.emplace_back(one, probe_body(fixtures, *one, options, spec));
  return out;
}

using Keys = std::map<std::string, std::string>;  // by table, as CheckOptions::fixtures

/// The rows that the vendor has described, in place of those that it has named: for an interface all of whose refusals look alike. Each trial of one takes
/// some twenty requests.
std::vector<std::pair<const Interface*, Keys>> described_keys(const CheckOptions& options, const Spec& spec) {
  constexpr std::size_t most = 3;
  std::vector<std::pair<const Interface*, Keys>> out;
  for (const reports::DescribedRowRecord& row : options.rows) {
    const Interface* const interface = spec.interface(row.interface);
    if (interface == nullptr || !interface->refusal || !options.scope.has(*interface)) continue;
    Keys keys = options.fixtures;
    bool whole = true;
    for (const core::Field& field : interface->request) {
      const auto named = field.refers ? keys.find(spec.tables[*field.refers].name) : keys.end();
      if (named == keys.end()) continue;
      const auto described = row.values.find(field.name);
      if (described == row.values.end()) whole = false;
      else named->second = described->second;
    }
    if (whole && keys != options.fixtures && out.size() < most) out.emplace_back(interface, std::move(keys));
  }
  return out;
}

/// user=U0001, meter=860000000001.
std::string in_words(const Keys& keys) {
  std::vector<std::string> out;
  out.reserve(keys.size());
  for (const auto& [table, key] : keys) out.push_back(table + "=" + key);
  return core::join(out);
}

/// Rows that no interface of the target makes and that nobody has named: without them its queries have nothing to show, and other requests nothing to
/// refer to. That is told before what the target did.
void advise_to_name_rows(const Spec& spec, const CheckOptions& options, std::vector<i18n::Message>& notes) {
  std::set<std::size_t> told;
  std::vector<i18n::Message> advice;
  for (const Interface& interface : spec.interfaces) {
    if (!options.scope.has(interface)) continue;
    const bool is_query = only_shows(interface);
    for (const core::Step& step : is_query ? interface.effects : std::vector<core::Step>()) {
      if (step.kind != core::Step::Kind::find) continue;
      const std::size_t table = step.find.table;
      const std::string& name = spec.tables[table].name;
      const bool is_there = maker_of(spec, options.scope, table) != nullptr || options.fixtures.count(name) > 0;
      if (!is_there && told.insert(table).second) advice.push_back(msg<"check.name-a-row">(name, interface.name));
    }
    for (const std::size_t table : is_query ? std::vector<std::size_t>() : missing_rows(spec, options.scope, options.fixtures, interface))
      if (told.insert(table).second) advice.push_back(msg<"check.name-a-row-for">(spec.tables[table].name, interface.name));
  }
  notes.insert(notes.begin(), advice.begin(), advice.end());
}

/// Rows named for a state in which the target must refuse what it accepted, and of which nothing shows that they are in it: the vendor is to look.
void tell_doubtful_states(const CheckOptions& options, CheckRecord& record) {
  for (const auto& [name, key] : options.fixtures) {
    const i18n::Message doubt = msg<"case.named-state-in-doubt">(key, name.substr(name.find('.') + 1));
    std::vector<std::string> ids;
    for (const CaseRecord& one : record.cases)
      if (one.reason == doubt) ids.push_back(one.id);
    if (!ids.empty()) record.notes.push_back(msg<"check.named-row-state">(name, key, core::join(ids)));
  }
}

/// What is told while the run goes on may quote the target.
void tell_no_secrets(Environment& environment, const std::vector<auth::App>& apps) {
  const auto redactor = std::make_shared<const redact::Redactor>(apps);
  if (environment.found)
    environment.found = [redactor, found = std::move(environment.found)](const CaseRecord& one) {
      CaseRecord shown = one;
      reports::redact(shown, *redactor);
      found(shown);
    };
  if (environment.progress)
    environment.progress = [redactor, progress = std::move(environment.progress)](const i18n::Message& line) {
      i18n::Message shown = line;
      i18n::for_each_text(shown, [&](std::string& text) { redactor->redact(text); });
      progress(shown);
    };
}

}  // namespace

CheckRecord check(const Spec& spec, const CheckOptions& given, Environment environment) {
  CheckOptions options = given;
  const auto begin = std::chrono::steady_clock::now();
  CheckRecord record;
  record.suite = suite_of(spec);
  record.target = options.target;
  record.role = options.role;
  record.filter = in_a_line(options.selection);
  record.selection = options.selection;
  const CaseList planned = plan(spec, options.scope, options.fixtures, options.rows);
  record.planned = planned.size();
  std::vector<const TestCase*> all, cases;
  for (const auto& one : planned) all.push_back(one.get());
  options.scope.absent = absent_interfaces(all, options.unsupported);
  std::copy_if(all.begin(), all.end(), std::back_inserter(cases), [&](const TestCase* one) { return selects(options.selection, one->info().id); });
  std::vector<CaseRecord> excluded;
  exclude_unsupported(cases, options, excluded);
  if (options.per_second > 0) environment.pause = pause_for(options.per_second);
  record.started = core::local_time(environment.now(), std::chrono::minutes(0)).to_string() + " UTC";
  for (const Exclusion& one : options.unsupported) record.declarations.push_back({"unsupported", one.cases, one.reason, ""});
  for (const Waiver& one : options.waivers) record.declarations.push_back({"waiver", one.cases, one.reason, one.expires.date_string()});

  tell_no_secrets(environment, options.apps);
  TargetSession session(spec, options.apps, std::move(environment));
  NamedRows named;
  auto calibration = TargetSession::Calibration::unreachable;
  bool broke_off = false;
  std::map<std::string, std::uint64_t> shared_requests;  // by interface
  if (options.budget) session.set_budget(*options.budget);
  named.mistakes = rows_useless_alone(spec, options.scope, options.fixtures);
  record.notes = named.mistakes;
  if (!cases.empty() && named.mistakes.empty()) {
    try {
      FixtureFactory fixtures(session, options, named.shown);
      const auto described = described_keys(options, spec);
      std::vector<TargetSession::Probe> others;
      for (const auto& [interface, keys] : described) {
        CheckOptions with = options;
        with.fixtures = keys;
        others.emplace_back(interface, probe_body(fixtures, *interface, with, spec));
      }
      calibration = session.calibrate(probes(fixtures, cases, options, spec), others);
      if (const auto other = session.other_probe()) {
        record.notes.push_back(msg<"check.other-row-used">(described[*other].first->name, in_words(options.fixtures), in_words(described[*other].second)));
        options.fixtures = described[*other].second;
      }
      if (calibration == TargetSession::Calibration::ready) session.learn_connections();
    } catch (const Inconclusive&) {  // cut off, or the target is gone
      calibration = TargetSession::Calibration::refused;
    }
  }
  if (calibration == TargetSession::Calibration::refused)
    for (const TestCase* one : cases) record.cases.push_back(untried(one->info(), why_untried(session)));
  if (calibration == TargetSession::Calibration::ready && !options.fixtures.empty()) named = look_at_named_rows_of(session, options, record.notes);
  for (const std::string& name : named.doubted) options.fixtures.erase(name);
  if (calibration == TargetSession::Calibration::ready && named.mistakes.empty()) {
    try {
      for (i18n::Message& said : probe_unsupported(session, options)) record.notes.push_back(std::move(said));
    } catch (const Inconclusive&) {  // cut off, or the target is gone: every case will find out
    }
  }
  if (!named.mistakes.empty()) {
    calibration = TargetSession::Calibration::refused;
    for (const TestCase* one : cases) record.cases.push_back(untried(one->info(), record.notes.front()));
  }
  if (calibration == TargetSession::Calibration::ready)
    if (const std::size_t left_out = leave_out_spare_cases(session, options, cases); left_out > 0) {
      if (record.planned) *record.planned -= left_out;
      record.notes.push_back(msg<"check.spare-cases-left-out">(left_out));
    }
  session.expect_requests(timestamps_of(cases));
  if (calibration == TargetSession::Calibration::ready) {
    const Estimate estimate = announce(session, options, cases, timestamps_of(cases));
    Run run(session, options, named.shown, cases, estimate.seconds, estimate.is_short);
    record.cases = run.all();
    shared_requests = run.shared_requests();
    if (i18n::Message own_error = run.own_error(); !own_error.empty()) record.notes.push_back(std::move(own_error)), broke_off = true;
    if (i18n::Message said = say_one_code(session, cases, record.cases); !said.empty()) record.notes.push_back(std::move(said));
    const i18n::Message own_error = own_error_of([&] {
      if (!session.cut_off() && !session.is_gone() && !session.is_over_budget()) run_late_replays(session, options, cases, record.cases);
      if (session.is_over_budget()) leave_faults_out(options, record.cases);
      else run_injected_faults(session, options, named.shown, cases, record.cases);
      record.questions = survey(spec, options, session, cases, record.cases);
      const bool ends = session.cut_off() || session.is_gone() || session.is_over_budget();
      if (options.random_steps > 0 && !ends) record.cases.push_back(run_random_sequences(session, options, named.shown));
      judge_every_reply(session, options, cases, excluded, record.cases);
    });
    if (!own_error.empty()) record.notes.push_back(own_error);
    tell_doubtful_states(options, record);
    record.requests_by = requests_of(spec, record.cases, shared_requests, session.timestamps_taken());
    std::vector<std::size_t> doubtful;  // failures that were not told as they came
    for (std::size_t i = 0; i < record.cases.size(); ++i)
      if (may_rest_on_another(record.cases[i])) doubtful.push_back(i);
    set_aside_what_rests(spec, record.cases);
    for (const std::size_t place : doubtful)
      if (session.environment().found && record.cases[place].verdict == Verdict::failed) session.environment().found(record.cases[place]);
    for (i18n::Message& said : undeclared_absences(session, options)) record.notes.push_back(std::move(said));
  }
  record.cases.insert(record.cases.end(), std::make_move_iterator(excluded.begin()), std::make_move_iterator(excluded.end()));
  if (calibration == TargetSession::Calibration::ready) {
    const bool whole = options.selection.is_all() && !session.cut_off() && !session.is_gone() && !session.is_over_budget();
    for (i18n::Message& said : apply_waivers(options, session.now(), whole, record.cases)) record.notes.push_back(std::move(said));
  }
  record.interrupted = session.cut_off() || broke_off;
  for (const auto& [id, value] : session.calibration()) record.calibration.push_back({id, value});
  record.apps = session.apps_used();
  for (i18n::Message& note : session.notes()) record.notes.push_back(std::move(note));
  if (session.is_gone()) record.notes.push_back(session.why_gone());
  for (i18n::Message& note : session.irregular_replies()) record.notes.push_back(std::move(note));
  for (i18n::Message& note : session.clock_notes()) record.notes.push_back(std::move(note));
  record.requests = session.requests();
  record.left_behind = session.ledger().left_behind(spec, options.fixtures);
  record.duration_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  record.min_reach = options.min_reach;
  if (calibration == TargetSession::Calibration::ready) {
    record.reach = reach_of(spec, record.cases, session.accepted());
    record.causes = find_causes(spec, record.cases);
  }
  reports::cut_long_lists(record);
  reports::redact(record, options.apps);
  const bool reached = cases.empty() || calibration != TargetSession::Calibration::unreachable;
  reports::conclude(record, reached && !session.is_gone());
  const bool wants_rows = (record.reach && !record.reach->is_enough()) ||
                          std::any_of(record.notes.begin(), record.notes.end(), [](const i18n::Message& note) { return note.id == "check.refusals-alike"; });
  if (record.verdict == reports::RunVerdict::not_judged && wants_rows) advise_to_name_rows(spec, options, record.notes);
  return record;
}

}  // namespace meterproof::conformance
