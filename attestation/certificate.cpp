// SPDX-License-Identifier: Apache-2.0
#include "attestation/certificate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>

#include "conformance/transcript.hpp"
#include "core/auth/base64.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/text/json_excess.hpp"
#include "core/text/utf8.hpp"
#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::attestation {

using json = nlohmann::ordered_json;
using i18n::Message;
using i18n::msg;
using reports::CheckRecord;
using reports::LoadRecord;

namespace {

constexpr const char* schema = "meterproof/certificate/2";
/// All that a certificate has. Nothing else may stand beside the signed statement: a reader would take it for signed.
constexpr std::array<std::string_view, 4> envelope{"schema", "statement", "key", "signature"};

/// The bytes that are signed, and from which the file is made: the same for the same content.
std::string canonical(const json& value) { return value.dump(1) + "\n"; }

/// Each event's link: the digest of the link before and of the event itself.
std::string chain_hash(const std::string& before, const json& event) { return sha256(before + event.dump()); }

std::string digest_of(const std::map<std::string, std::string>& files) {
  std::string all;
  for (const auto& [name, digest] : files) all += digest + "  " + name + "\n";
  return sha256(all);
}

/// The subject of a certificate: its summary, made of the record.
json subject_of(const CheckRecord& record) {
  json counts = json::object();
  for (std::size_t i = 0; i < reports::verdict_names.size(); ++i)
    counts[std::string(reports::verdict_names[i])] = record.count(static_cast<reports::Verdict>(i));
  CheckRecord shown;  // what is the same there and in the record
  shown.suite = record.suite;
  shown.verdict = record.verdict;
  shown.declarations = record.declarations;
  shown.calibration = record.calibration;
  const json record_json = json::parse(to_json(shown));
  return {{"target", record.target},
          {"role", record.role},
          {"started", record.started},
          {"suite", record_json.at("suite")},
          {"verdict", record_json.at("verdict")},
          {"counts", counts},
          {"declarations", record_json.at("declarations")},
          {"calibration", record_json.at("calibration")},
          {"filter", record.filter},
          {"exchanges", record.transcript ? record.transcript->exchanges() : 0}};
}

/// A record as it reads once it was written.
CheckRecord as_written(const CheckRecord& record) {
  i18n::Message why;
  return reports::check_record_from(to_json(record), why).value_or(CheckRecord{});
}

LoadRecord as_written(const LoadRecord& record) {
  i18n::Message why;
  return reports::load_record_from(to_json(record), why).value_or(LoadRecord{});
}

/// What a case is about. Its wording does not count.
auto source_of(const reports::CaseRecord& one) { return std::tie(one.interface, one.section, one.clauses); }

class Verifier {
 public:
  Verifier(const Key& key, const core::Spec& spec, const ToolIdentity& tool) : key_(key), spec_(spec), tool_(tool) {}

  Verification verify(const std::string& text) {
    json certificate;
    switch (core::json_excess(text)) {
      case core::JsonExcess::nesting: return finding(msg<"verify.file-nested">()), out_;
      case core::JsonExcess::members: return finding(msg<"verify.file-members">()), out_;
      case core::JsonExcess::none: break;
    }
    try {
      certificate = json::parse(text);
      const std::string found = certificate.is_object() ? certificate.value("schema", "") : "";
      if (found != schema) {
        if (found.starts_with("meterproof/certificate/")) out_.unread = core::sanitize(found);
        else finding(msg<"verify.file-schema">(schema));
        return out_;
      }
      if (canonical(certificate) != text) finding(msg<"verify.file-changed">());
      for (const auto& [name, value] : certificate.items())
        if (std::find(envelope.begin(), envelope.end(), name) == envelope.end()) finding(msg<"verify.file-unsigned">(core::sanitize(name.substr(0, 64))));
      const json& statement = certificate.at("statement");
      check_signature(certificate, statement);
      check_chain(statement);
      check_suite(statement);
      judge(statement);
      check_loads(statement);
    } catch (const json::exception& error) {
      finding(msg<"verify.file-unreadable">(core::sanitize(error.what())));
    }
    return out_;
  }

 private:
  void finding(Message what) { out_.findings.push_back(std::move(what)); }

  void check_signature(const json& certificate, const json& statement) {
    if (certificate.at("key").get<std::string>() != key_.fingerprint())
      finding(msg<"verify.key">(core::sanitize(certificate.at("key").get<std::string>().substr(0, 64)), key_.fingerprint()));
    const auto signature = auth::base64_decode(certificate.at("signature").get<std::string>());
    if (!signature || !key_.verifies(canonical(statement), *signature)) finding(msg<"verify.signature">());
  }

  void check_chain(const json& statement) {
    std::string before;
    std::size_t at = 0;
    const json& events = statement.at("record").at("transcript").at("events");
    const json& links = statement.at("links");
    for (const json& event : events) {
      before = chain_hash(before, event);
      if (at >= links.size() || links[at].get<std::string>() != before) {
        finding(msg<"verify.event">(at + 1, described(event)));
        return;
      }
      ++at;
    }
    if (links.size() != events.size()) finding(msg<"verify.events-missing">(links.size() - events.size()));
    else if (statement.at("chain").get<std::string>() != before) finding(msg<"verify.chain">());
  }

  static std::string described(const json& event) {
    std::string out = event.value("kind", "");
    if (event.contains("sent") && !event["sent"].empty()) out += " with " + event["sent"][0].value("url", "");
    return core::sanitize(out.substr(0, 100));
  }

  /// Whether this is the suite that judged; otherwise notes say what differs, and judging again may fail for that reason.
  void check_suite(const json& statement) {
    const auto files = statement.at("spec_files").get<std::map<std::string, std::string>>();
    if (statement.at("spec_sha256").get<std::string>() != digest_of(files)) finding(msg<"verify.spec-digest">());
    const json& theirs = statement.at("suite");
    judge_ = core::sanitize(theirs.at("name").get<std::string>() + " " + theirs.at("version").get<std::string>() + " (spec " +
                            theirs.at("spec_version").get<std::string>() + ", rules " + theirs.at("rules_digest").get<std::string>().substr(0, 12) + ")");
    const auto note = [&](Message what) {
      same_suite_ = false;
      out_.notes.push_back(std::move(what));
    };
    if (theirs.at("rules_digest").get<std::string>() != tool_.suite.rules_digest) note(msg<"verify.note-suite">(judge_, described(tool_.suite)));
    for (const auto& [name, digest] : tool_.spec_files) {
      const auto their_file = files.find(name);
      if (their_file == files.end()) note(msg<"verify.note-spec-added">(name));
      else if (their_file->second != digest) note(msg<"verify.note-spec-changed">(name));
    }
    for (const auto& [name, digest] : files)
      if (tool_.spec_files.count(name) == 0) note(msg<"verify.note-spec-absent">(core::sanitize(name)));
    if (same_suite_ && statement.at("tool_sha256").get<std::string>() != tool_.digest) out_.notes.push_back(msg<"verify.note-build">());
  }

  static std::string described(const reports::SuiteRecord& suite) {
    return suite.name + " " + suite.version + " (spec " + suite.spec_version + ", rules " + suite.rules_digest.substr(0, 12) + ")";
  }

  void judge(const json& statement) {
    Message why;
    const auto record = reports::check_record_from(statement.at("record").dump(), why);
    if (!record) return finding(msg<"verify.record">(why));
    const json subject = subject_of(*record);
    for (const auto& [name, value] : statement.at("subject").items()) {
      if (!subject.contains(name)) {
        if (same_suite_) finding(msg<"verify.subject-added">(core::sanitize(name)));
      } else if (subject.at(name) != value) {
        finding(msg<"verify.subject-changed">(core::sanitize(name)));
      }
    }
    for (const auto& [name, value] : subject.items())
      if (same_suite_ && !statement.at("subject").contains(name)) finding(msg<"verify.subject-missing">(core::sanitize(name)));
    const auto count = [&](reports::Verdict verdict) { return record->count(verdict); };
    using reports::Verdict;
    out_.conforms = record->exit_code == 0;
    out_.subject = record->filter.empty()
                       ? msg<"verify.subject">(record->target, record->role, to_message(record->verdict), record->cases.size(), count(Verdict::failed),
                                               count(Verdict::inconclusive), count(Verdict::not_applicable), count(Verdict::waived), record->started)
                       : msg<"verify.subject-filtered">(record->target, record->role, to_message(record->verdict), record->filter, record->cases.size(),
                                                        count(Verdict::failed), count(Verdict::inconclusive), count(Verdict::not_applicable),
                                                        count(Verdict::waived), record->started);
    if (json::parse(to_json(*record)).at("suite") != statement.at("suite")) finding(msg<"verify.suite">());
    const std::size_t before = out_.findings.size();
    try {
      CheckRecord again = conformance::rejudge(spec_, *record);
      conformance::redact_tokens(spec_, again);
      compare(*record, as_written(again));
    } catch (const i18n::MessageError& error) {
      finding(msg<"verify.not-rejudged">(error.message()));
    } catch (const std::exception& error) {
      finding(msg<"verify.not-rejudged">(core::sanitize(error.what())));
    }
    forgive_another_suite(before);
  }

  /// Another suite asks and judges otherwise: what it finds says nothing about this certificate. `before`: findings until then.
  void forgive_another_suite(std::size_t before) {
    if (same_suite_ || out_.findings.size() == before) return;
    out_.findings.resize(before);
    out_.needs = i18n::verbatim(judge_);
  }

  void compare(const CheckRecord& said, const CheckRecord& found) {
    std::map<std::string, const reports::CaseRecord*> cases;
    for (const reports::CaseRecord& one : said.cases) cases[one.id] = &one;
    for (const reports::CaseRecord& one : found.cases) {
      const auto same = cases.find(one.id);
      if (same == cases.end()) {
        finding(msg<"verify.case-absent">(one.id, to_message(one.verdict)));
        continue;
      }
      const reports::CaseRecord& claimed = *same->second;
      cases.erase(same);
      if (claimed.verdict != one.verdict) finding(msg<"verify.case-verdict">(one.id, to_message(claimed.verdict), to_message(one.verdict)));
      else if (claimed.expected != one.expected || claimed.observed != one.observed || claimed.reason != one.reason)
        finding(msg<"verify.case-details">(one.id));
      else if (!same_exchange(claimed, one)) finding(msg<"verify.case-exchange">(one.id));
      else if (source_of(claimed) != source_of(one)) finding(msg<"verify.case-source">(one.id));
    }
    for (const auto& [id, one] : cases) finding(msg<"verify.case-unknown">(core::sanitize(id)));
    if (said.cases.size() != found.cases.size() && out_.findings.empty()) finding(msg<"verify.cases-twice">());
    if (said.started != found.started) finding(msg<"verify.started">(core::sanitize(said.started), found.started));
    if (said.notes != found.notes) finding(msg<"verify.notes">());
    if (said.verdict != found.verdict || said.exit_code != found.exit_code) finding(msg<"verify.verdict">(to_message(said.verdict), to_message(found.verdict)));
    if (said.calibration != found.calibration) finding(msg<"verify.calibration">());
    if (said.requests != found.requests) finding(msg<"verify.requests">(said.requests, found.requests));
    const auto same_question = [](const reports::QuestionRecord& a, const reports::QuestionRecord& b) {
      return std::tie(a.id, a.accepted, a.observed, a.inconsistent) == std::tie(b.id, b.accepted, b.observed, b.inconsistent);
    };
    if (!std::equal(said.questions.begin(), said.questions.end(), found.questions.begin(), found.questions.end(), same_question))
      finding(msg<"verify.questions">());
  }

  static bool same_exchange(const reports::CaseRecord& a, const reports::CaseRecord& b) {
    return std::tie(a.request.method, a.request.url, a.request.headers, a.request.body, a.reply.transport, a.reply.status, a.reply.headers, a.reply.body) ==
           std::tie(b.request.method, b.request.url, b.request.headers, b.request.body, b.reply.transport, b.reply.status, b.reply.headers, b.reply.body);
  }

  /// What can be found again of a load: its percentiles from the histograms, its verdict from its figures.
  void check_loads(const json& statement) {
    const std::size_t before = out_.findings.size();
    std::size_t at = 0;
    for (const json& one : statement.at("loads")) {
      ++at;
      Message why;
      const auto record = reports::load_record_from(one.dump(), why);
      if (!record) {
        finding(msg<"verify.load">(at, why));
        continue;
      }
      check_load(at, *record);
    }
    forgive_another_suite(before);
  }

  void check_load(std::size_t number, const LoadRecord& record) {
    const auto wrong = [&](Message reason) { finding(msg<"verify.load">(number, std::move(reason))); };
    loadgen::LatencyHistograms clocks;
    for (const auto& [clock, into] : by_name(clocks)) {
      const auto text = record.histograms.find(clock);
      const auto histogram = text == record.histograms.end() ? std::nullopt : loadgen::Histogram::decoded(text->second);
      if (!histogram) return wrong(msg<"verify.load-histogram">(clock));
      into->add(*histogram);
    }
    LoadRecord again = record;
    summarize(again, clocks);
    for (const auto& [said, found] : {std::pair(&record.response_time, &again.response_time), std::pair(&record.service_time, &again.service_time),
                                      std::pair(&record.queueing_delay, &again.queueing_delay), std::pair(&record.generator_lag, &again.generator_lag)})
      if (!same_latencies(*said, *found)) return wrong(msg<"verify.load-latencies">());
    if (!same_curves(as_written(record), as_written(again))) return wrong(msg<"verify.load-curves">());
    for (reports::ThresholdRecord& threshold : again.thresholds) {
      Message why;
      const auto thresholds = loadgen::parse_thresholds(threshold.text, why);
      const bool met = thresholds && thresholds->size() == 1 && evaluate(thresholds->front(), again).met;
      if (met != threshold.met) wrong(msg<"verify.load-threshold">(core::sanitize(threshold.text)));
    }
    std::uint64_t requests = 0, good = 0;
    for (const reports::LoadInterval& second : record.series) requests += second.requests, good += second.good;
    // Of several runs the record has the last one's seconds.
    if (record.runs.empty() && (requests != record.requests || good != record.good)) wrong(msg<"verify.load-series">());
    constexpr double rounding = 1.001;
    if (record.rate * record.measured_s > rounding * static_cast<double>(record.good) + 1) wrong(msg<"verify.load-rate">());
    loadgen::set_verdict(again);
    if (again.exit_code != record.exit_code || again.verdict != record.verdict) wrong(msg<"verify.load-verdict">());
  }

  static bool same_curves(const LoadRecord& a, const LoadRecord& b) {
    const auto same_point = [](const auto& one, const auto& other) { return one.first == other.first && near(one.second, other.second); };
    const auto same_curve = [&](const auto& one, const auto& other) {
      return one.first == other.first && std::equal(one.second.begin(), one.second.end(), other.second.begin(), other.second.end(), same_point);
    };
    return std::equal(a.curves.begin(), a.curves.end(), b.curves.begin(), b.curves.end(), same_curve);
  }

  static bool near(double one, double other) { return (std::isnan(one) && std::isnan(other)) || std::abs(one - other) < 0.0011 + 0.001 * other; }

  /// To a histogram's width (a thousandth) and the third digit that records are written with: the very highest value is not in the histogram.
  static bool same_latencies(const reports::LatencyRecord& a, const reports::LatencyRecord& b) {
    return near(a.p50, b.p50) && near(a.p90, b.p90) && near(a.p95, b.p95) && near(a.p99, b.p99) && near(a.p999, b.p999) && near(a.p9999, b.p9999) &&
           near(a.max, b.max);
  }

  const Key& key_;
  const core::Spec& spec_;
  const ToolIdentity& tool_;
  bool same_suite_ = true;
  std::string judge_;  // the suite that judged
  Verification out_;
};

}  // namespace

std::string issue(const core::Spec& spec, const ToolIdentity& tool, CheckRecord check, const std::vector<LoadRecord>& loads, const Key& key,
                  const std::string& issued) {
  conformance::redact_tokens(spec, check);
  const json record = json::parse(to_json(check));
  json links = json::array();
  std::string chain;
  for (const json& event : record.at("transcript").at("events")) links.push_back(chain = chain_hash(chain, event));
  json all_loads = json::array();
  for (const LoadRecord& one : loads) all_loads.push_back(json::parse(to_json(one)));
  const json statement = {{"issued", issued},
                          {"suite", record.at("suite")},
                          {"tool_sha256", tool.digest},
                          {"spec_sha256", digest_of(tool.spec_files)},
                          {"spec_files", tool.spec_files},
                          {"subject", subject_of(as_written(check))},
                          {"chain", chain},
                          {"links", links},
                          {"record", record},
                          {"loads", all_loads}};
  const json out = {{"schema", schema}, {"statement", statement}, {"key", key.fingerprint()}, {"signature", auth::base64(key.sign(canonical(statement)))}};
  return canonical(out);
}

std::string without_transcript(const std::string& text) {
  json certificate = json::parse(text);
  certificate["statement"].erase("links");
  certificate["statement"]["record"].erase("transcript");
  return canonical(certificate);
}

Verification verify(const std::string& text, const Key& key, const core::Spec& spec, const ToolIdentity& tool) {
  return Verifier(key, spec, tool).verify(text);
}

}  // namespace meterproof::attestation
