// SPDX-License-Identifier: Apache-2.0
#include "history/run_history.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>
#include <variant>

#include "attestation/certificate.hpp"
#include "attestation/envelope.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "history/record_reading.hpp"
#include "reports/headline.hpp"
#include "reports/load_record.hpp"

namespace meterproof::history {

using i18n::Message;
using i18n::msg;
using reports::CaseRecord;
using reports::CheckRecord;
using reports::LoadRecord;
using reports::Verdict;

namespace {

ClauseState state_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::failed:
    case Verdict::broken: return ClauseState::failed;
    case Verdict::waived: return ClauseState::waived;
    case Verdict::passed:
    case Verdict::warned: return ClauseState::passed;
    case Verdict::inconclusive: return ClauseState::undecided;
    case Verdict::not_applicable: return ClauseState::absent;
  }
  return ClauseState::absent;
}

CheckRun run_of(const RecordFile& file, const CheckRecord& record) {
  CheckRun out;
  out.file = file;
  out.started = record.started;
  out.release = record.subject ? record.subject->version : "";
  out.suite = record.suite.version;
  out.verdict = record.verdict;
  out.headline = reports::headline(record);
  if (record.reach) {
    out.clauses = record.reach->clauses;
    out.judged = record.reach->judged;
  }
  for (const CaseRecord& one : record.cases) {
    ++out.cases[one.verdict];
    for (const std::string& clause : one.clauses) out.states[clause] = std::max(out.states[clause], state_of(one.verdict));
  }
  out.answers = answers_of(record);
  out.medians = reply_medians(record);
  return out;
}

LoadRun run_of(const RecordFile& file, const LoadRecord& record, bool search) {
  LoadRun out;
  out.file = file;
  out.started = record.started;
  out.judged = record.exit_code <= 1;
  out.good = record.exit_code == 0;
  out.verdict = record.verdict;
  out.rate = !search ? record.rate : out.good ? record.intended_rate : 0;  // a search's record is that of a step
  for (const reports::CapacityGoalRecord& one : record.goals) out.goals.push_back(one.sustained);
  if (!out.goals.empty()) out.rate = out.goals.front();
  out.p50_ms = record.response_time.p50;
  out.p95_ms = record.response_time.p95;
  out.p99_ms = record.response_time.p99;
  for (const reports::PercentileInterval& one : record.intervals)
    if (one.clock == "response_time") out.intervals.emplace(one.percentile, one);
  out.errors = record.requests > 0 ? static_cast<double>(record.failures()) / static_cast<double>(record.requests) : 0;
  return out;
}

/// A search makes its own stages; what it was asked for is its thresholds.
LoadHistory kind_of(const LoadRecord& record) {
  LoadHistory out;
  out.workload = record.workload;
  out.search = record.load_class || !record.goals.empty() || (!record.runs.empty() && !record.runs.front().verdict.empty());
  if (!out.search && record.mode == "closed") {  // as fast as replies come: how fast that is, the connections decide
    const std::string number = std::to_string(record.connections);
    out.stages.push_back(i18n::localized({number + " 个连接", number + " connections"}));
  }
  if (!out.search) out.stages.insert(out.stages.end(), record.stages.begin(), record.stages.end());
  else if (record.goals.size() > 1)
    for (const reports::CapacityGoalRecord& one : record.goals) {
      out.stages.push_back(i18n::verbatim(one.text));
      out.goals.push_back(one.text);
    }
  else
    for (const reports::ThresholdRecord& one : record.thresholds) out.stages.push_back(i18n::verbatim(one.text));
  if (record.load_class) out.stages.insert(out.stages.begin(), i18n::verbatim(record.load_class->text));
  return out;
}

std::string name_of(const CheckRecord& record) {
  if (!record.subject) return record.target;
  std::vector<std::string> words;
  for (const std::string* part : {&record.subject->vendor, &record.subject->product})
    if (!part->empty()) words.push_back(*part);
  return words.empty() ? record.target : core::join(words, " ");
}

template <class Run>
void sort_by_time(std::vector<Run>& runs) {
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return std::tie(a.started, a.file.path) < std::tie(b.started, b.file.path); });
}

/// The clause's states, run by run.
ClauseHistory history_of(const std::string& id, const std::vector<CheckRun>& runs) {
  ClauseHistory out;
  out.id = id;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto found = runs[i].states.find(id);
    if (found == runs[i].states.end()) continue;
    out.now = found->second;
    if (out.now == ClauseState::passed) {
      out.last_good = i;
      out.first_seen.reset();
    } else if (out.now == ClauseState::failed) {
      ++out.failures;
      if (!out.first_seen) out.first_seen = i;
    }
  }
  return out;
}

AnswerHistory answers_by_time(const std::string& id, const std::vector<CheckRun>& runs) {
  AnswerHistory out;
  out.id = id;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto found = runs[i].answers.find(id);
    if (found == runs[i].answers.end()) continue;
    if (out.spans.empty() || !share_an_answer(out.spans.back().answers, found->second)) out.spans.push_back({i, found->second});
    else out.spans.back().answers = found->second;
  }
  return out;
}

/// `value_of`: NaN where the run has none.
template <class Run, class ValueOf>
Series series_of(std::string name, std::string unit, const std::vector<Run>& runs, const ValueOf& value_of) {
  Series out{std::move(name), std::move(unit), {}, {}, {}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double value = value_of(runs[i]);
    if (std::isnan(value)) continue;
    out.runs.push_back(i);
    out.values.push_back(value);
  }
  out.changes = change_points(out.values);
  return out;
}

void add_series(LoadHistory& load) {
  const auto add = [&](const char* name, const char* unit, double LoadRun::*member) {
    Series one = series_of(name, unit, load.runs, [&](const LoadRun& run) { return run.judged ? run.*member : std::nan(""); });
    if (!one.values.empty()) load.series.push_back(std::move(one));
  };
  for (std::size_t i = 0; i < load.goals.size(); ++i)
    load.series.push_back(series_of("rate, " + load.goals[i], "/s", load.runs,
                                    [i](const LoadRun& run) { return run.judged && i < run.goals.size() ? run.goals[i] : std::nan(""); }));
  if (load.goals.empty()) add("rate", "/s", &LoadRun::rate);
  if (load.search) return;  // its latencies are those of a rate that differs from run to run
  add("p50", "ms", &LoadRun::p50_ms);
  add("p95", "ms", &LoadRun::p95_ms);
  add("p99", "ms", &LoadRun::p99_ms);
}

}  // namespace

Message to_message(ClauseState state) {
  switch (state) {
    case ClauseState::absent: return msg<"history.absent">();
    case ClauseState::undecided: return to_message(Verdict::inconclusive);
    case ClauseState::passed: return to_message(Verdict::passed);
    case ClauseState::waived: return to_message(Verdict::waived);
    case ClauseState::failed: return to_message(Verdict::failed);
  }
  return {};
}

std::size_t RunHistory::runs() const {
  std::size_t out = 0;
  for (const TargetHistory& target : targets) {
    out += target.checks.size();
    for (const LoadHistory& load : target.loads) out += load.runs.size();
  }
  return out;
}

TargetHistory& HistoryBuilder::target_of(const std::string& name, const std::string& role) {
  const auto found = std::find_if(out_.targets.begin(), out_.targets.end(), [&](const TargetHistory& one) { return one.name == name && one.role == role; });
  if (found != out_.targets.end()) return *found;
  TargetHistory& out = out_.targets.emplace_back();
  out.name = name;
  out.role = role;
  return out;
}

void HistoryBuilder::add(const RecordFile& file, const reports::Record& record) {
  if (const auto* load = std::get_if<LoadRecord>(&record)) {
    if (load->shard.find('/') != std::string::npos) return;  // a part of a run says nothing of the whole
    LoadHistory kind = kind_of(*load);
    kind.runs.push_back(run_of(file, *load, kind.search));
    loads_.push_back({load->target, std::move(kind)});
    return;
  }
  const auto& check = std::get<CheckRecord>(record);
  const std::string name = name_of(check);
  if (name != check.target) products_[check.target].emplace(check.started, name);
  target_of(name, check.role).checks.push_back(run_of(file, check));
  for (const CaseRecord& one : check.cases)
    for (const std::string& clause : one.clauses) clause_texts_.emplace(clause, std::pair(one.section, one.requirement));
  for (const reports::QuestionRecord& one : check.questions) questions_.emplace(one.id, core::LocalizedText{one.zh, one.en});
}

std::string HistoryBuilder::product_at(const std::string& address, const std::string& when) const {
  const auto products = products_.find(address);
  if (products == products_.end()) return address;
  const auto later = products->second.upper_bound(when);
  return later == products->second.begin() ? later->second : std::prev(later)->second;
}

std::string CertificateEntry::whose() const {
  constexpr std::size_t longest = 200;  // bytes
  return std::string(core::truncate_utf8(says.product.empty() ? says.target : says.product, longest));
}

CertificateEntry certificate_from(const RecordFile& file, const std::string& text, const Issuer& issuer, core::DateTime now) {
  using Standing = CertificateEntry::Standing;
  CertificateEntry out{file, attestation::entry_of(text), Standing::unchecked, {}};
  attestation::RegisterEntry& says = out.says;
  const auto issued = attestation::time_from(says.issued);
  if (!attestation::is_serial(says.serial) || !issued || !attestation::time_from(says.until)) throw i18n::MessageError(msg<"history.certificate-unread">());
  const auto stands = [&](Standing standing, Message why = {}) {
    out.standing = standing;
    out.why = std::move(why);
    return out;
  };
  if (issuer.key) {
    attestation::Verification envelope;
    check_envelope(text, *issuer.key, envelope);
    if (!envelope.findings.empty()) return stands(Standing::forged, std::move(envelope.findings.front()));
  }
  if (issuer.issued) {
    const attestation::RegisterEntry* const found = issuer.issued->find(says.serial);
    if (found != nullptr && !found->revoked.empty()) return stands(Standing::revoked, i18n::verbatim(core::sanitize(found->revoked + ": " + found->reason)));
    if (found != nullptr && found->digest != says.digest)
      return stands(Standing::forged, msg<"verify.registered-other">(issuer.issued->number, core::sanitize(issuer.issued->updated)));
    const auto updated = attestation::time_from(issuer.issued->updated);
    if (found == nullptr) return stands(updated && *issued > *updated ? Standing::undecided : Standing::unregistered);
  }
  if (standing_of(says, now) == attestation::Standing::expired) return stands(Standing::expired);
  return stands(issuer.issued ? Standing::registered : issuer.key ? Standing::issued : Standing::unchecked);
}

void HistoryBuilder::add(CertificateEntry certificate) { out_.certificates.push_back(std::move(certificate)); }

void HistoryBuilder::add_unread(const std::string& path, Message why) { out_.unread.emplace_back(path, std::move(why)); }

RunHistory HistoryBuilder::built() {
  for (NamedLoad& one : loads_) {
    const std::string name = product_at(one.address, one.of.runs.front().started);
    // Beside its checks, of whichever role there are first.
    const auto checked = std::find_if(out_.targets.begin(), out_.targets.end(), [&](const TargetHistory& target) { return target.name == name; });
    TargetHistory& target = checked != out_.targets.end() ? *checked : target_of(name, "");
    const auto same = std::find_if(target.loads.begin(), target.loads.end(), [&](const LoadHistory& other) {
      return other.workload == one.of.workload && other.search == one.of.search && other.stages == one.of.stages;
    });
    if (same == target.loads.end()) target.loads.push_back(std::move(one.of));
    else same->runs.push_back(std::move(one.of.runs.front()));
  }
  for (TargetHistory& target : out_.targets) {
    sort_by_time(target.checks);
    std::set<std::string> clauses, questions, interfaces;
    for (const CheckRun& run : target.checks) {
      for (const auto& [id, state] : run.states) clauses.insert(id);
      for (const auto& [id, answers] : run.answers) questions.insert(id);
      for (const auto& [interface, median] : run.medians) interfaces.insert(interface);
    }
    for (const std::string& id : clauses) {
      ClauseHistory& one = target.clauses.emplace_back(history_of(id, target.checks));
      std::tie(one.section, one.requirement) = clause_texts_.at(id);
    }
    for (const std::string& id : questions) {
      AnswerHistory& one = target.answers.emplace_back(answers_by_time(id, target.checks));
      one.question = questions_.at(id);
    }
    for (const std::string& interface : interfaces)
      target.latency.push_back(series_of(interface, "ms", target.checks, [&](const CheckRun& run) {
        const auto found = run.medians.find(interface);
        return found == run.medians.end() ? std::nan("") : found->second;
      }));
    for (LoadHistory& load : target.loads) {
      sort_by_time(load.runs);
      for (LoadRun& run : load.runs) {  // a load does not say which release it is of: that of the last check before it
        const auto later = std::find_if(target.checks.begin(), target.checks.end(), [&](const CheckRun& check) { return check.started > run.started; });
        if (later != target.checks.begin()) run.release = std::prev(later)->release;
      }
      add_series(load);
    }
  }
  std::sort(out_.targets.begin(), out_.targets.end(),
            [](const TargetHistory& a, const TargetHistory& b) { return std::tie(a.name, a.role) < std::tie(b.name, b.role); });
  std::sort(out_.certificates.begin(), out_.certificates.end(),
            [](const CertificateEntry& a, const CertificateEntry& b) { return std::tie(a.says.issued, a.file.path) < std::tie(b.says.issued, b.file.path); });
  std::sort(out_.unread.begin(), out_.unread.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return std::move(out_);
}

}  // namespace meterproof::history
