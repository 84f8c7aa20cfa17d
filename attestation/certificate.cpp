#include "attestation/certificate.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>

#include "conformance/transcript.hpp"
#include "core/auth/base64.hpp"
#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "core/text/json_depth.hpp"
#include "core/text/utf8.hpp"
#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::attestation {

using json = nlohmann::ordered_json;
using reports::CheckRecord;
using reports::LoadRecord;

namespace {

constexpr const char* schema = "meterproof/certificate/1";

/// The bytes that are signed, and from which the file is made: the same for the same content.
std::string canonical(const json& value) { return value.dump(1) + "\n"; }

/// Each event's link: the digest of the link before and of the event itself.
std::string chain_hash(const std::string& before, const json& event) { return sha256(before + event.dump()); }

std::string digest_of(const std::map<std::string, std::string>& files) {
  std::string all;
  for (const auto& [name, digest] : files) all += digest + "  " + name + "\n";
  return sha256(all);
}

/// What stands on the face of it.
json face(const CheckRecord& record) {
  json counts = json::object();
  for (std::size_t i = 0; i < reports::verdict_names.size(); ++i)
    counts[std::string(reports::verdict_names[i])] = record.count(static_cast<reports::Verdict>(i));
  CheckRecord shown;  // what is the same there and in the record
  shown.verdict = record.verdict;
  shown.declarations = record.declarations;
  shown.calibration = record.calibration;
  const json record_json = json::parse(to_json(shown));
  return {{"target", record.target},
          {"role", record.role},
          {"started", record.started},
          {"tool", record.tool},
          {"verdict", record_json.at("verdict")},
          {"counts", counts},
          {"declarations", record_json.at("declarations")},
          {"calibration", record_json.at("calibration")},
          {"filter", record.filter},
          {"exchanges", record.transcript ? record.transcript->exchanges() : 0}};
}

/// A record as it reads once it was written.
CheckRecord as_written(const CheckRecord& record) {
  std::string why;
  return reports::check_record_from(to_json(record), why).value_or(CheckRecord{});
}

LoadRecord as_written(const LoadRecord& record) {
  std::string why;
  return reports::load_record_from(to_json(record), why).value_or(LoadRecord{});
}

/// What a case says of the specification.
auto source_of(const reports::CaseRecord& one) {
  return std::tie(one.interface, one.section, one.title.zh, one.title.en, one.requirement.zh, one.requirement.en, one.clauses);
}

class Verifier {
 public:
  Verifier(const Key& key, const core::Spec& spec, const ToolIdentity& suite) : key_(key), spec_(spec), suite_(suite) {}

  Verification verify(const std::string& text) {
    json certificate;
    if (core::is_nested_too_deeply(text)) return fault("file: it is nested too deeply to be a certificate"), out_;
    try {
      certificate = json::parse(text);
      if (!certificate.is_object() || certificate.value("schema", "") != schema) return fault("file: it is no certificate (" + std::string(schema) + ")"), out_;
      if (canonical(certificate) != text) fault("file: it is not as it was written; bytes between its parts were changed");
      const json& statement = certificate.at("statement");
      check_signature(certificate, statement);
      check_chain(statement);
      check_suite(statement);
      judge(statement);
      check_loads(statement);
    } catch (const json::exception& error) {
      fault("file: it cannot be read: " + core::sanitize(error.what()));
    }
    return out_;
  }

 private:
  void fault(const std::string& what) { out_.faults.push_back(what); }

  void check_signature(const json& certificate, const json& statement) {
    if (certificate.at("key").get<std::string>() != key_.fingerprint())
      fault("key: it names the key " + certificate.at("key").get<std::string>().substr(0, 64) + ", and the one given is " + key_.fingerprint());
    const auto signature = auth::base64_decode(certificate.at("signature").get<std::string>());
    if (!signature || !key_.verifies(canonical(statement), *signature))
      fault("signature: it does not hold for this key; the statement was changed, or signed by another");
  }

  void check_chain(const json& statement) {
    std::string before;
    std::size_t at = 0;
    const json& events = statement.at("record").at("transcript").at("events");
    const json& links = statement.at("links");
    for (const json& event : events) {
      before = chain_hash(before, event);
      if (at >= links.size() || links[at].get<std::string>() != before) {
        fault("transcript: event " + std::to_string(at + 1) + " (" + described(event) + ") is not the one that was recorded, or one before it was left out");
        return;
      }
      ++at;
    }
    if (links.size() != events.size()) fault("transcript: " + std::to_string(links.size() - events.size()) + " events at its end are missing");
    else if (statement.at("chain").get<std::string>() != before) fault("transcript: the chain does not end where the statement says");
  }

  static std::string described(const json& event) {
    std::string out = event.value("kind", "");
    if (event.contains("sent") && !event["sent"].empty()) out += " with " + event["sent"][0].value("url", "");
    return core::sanitize(out.substr(0, 100));
  }

  void check_suite(const json& statement) {
    const auto files = statement.at("spec_files").get<std::map<std::string, std::string>>();
    for (const auto& [name, digest] : suite_.spec_files) {
      const auto theirs = files.find(name);
      if (theirs == files.end()) fault("specs: " + name + " was not among those that it was judged by");
      else if (theirs->second != digest) fault("specs: " + name + " is another than the one that it was judged by");
    }
    for (const auto& [name, digest] : files)
      if (suite_.spec_files.count(name) == 0) fault("specs: it was judged by " + core::sanitize(name) + ", which is not here");
    if (statement.at("spec_sha256").get<std::string>() != digest_of(files)) fault("specs: the digest on its face is not that of the files it lists");
    if (statement.at("tool_sha256").get<std::string>() != suite_.digest)
      out_.notes.push_back("it was made by another build (" + core::sanitize(statement.at("subject").at("tool").get<std::string>()) + "); this is " +
                           suite_.tool);
  }

  void judge(const json& statement) {
    std::string why;
    const auto record = reports::check_record_from(statement.at("record").dump(), why);
    if (!record) return fault("record: " + why);
    const json subject = face(*record);
    for (const auto& [name, value] : subject.items())
      if (statement.at("subject").value(name, json()) != value) fault("face: its " + name + " is not the record's");
    if (statement.at("subject").size() != subject.size()) fault("face: it says more than the record does");
    const std::string part = record->filter.empty() ? "" : ", only the cases that match " + record->filter;
    out_.summary = record->target + " (" + record->role + "): " + i18n::render(to_message(record->verdict), i18n::Language::en) + part + ", " +
                   std::to_string(record->cases.size()) + " cases, " + std::to_string(record->count(reports::Verdict::failed)) + " failed, " +
                   std::to_string(record->count(reports::Verdict::inconclusive)) + " inconclusive, " +
                   std::to_string(record->count(reports::Verdict::not_applicable)) + " not applicable, " +
                   std::to_string(record->count(reports::Verdict::waived)) + " waived, " + record->started;
    try {
      CheckRecord again = conformance::rejudge(spec_, *record);
      conformance::redact_tokens(spec_, again);
      compare(*record, as_written(again));
    } catch (const std::exception& error) {
      fault("verdicts: they cannot be found again from the transcript: " + core::sanitize(error.what()));
    }
  }

  void compare(const CheckRecord& said, const CheckRecord& found) {
    std::map<std::string, const reports::CaseRecord*> cases;
    for (const reports::CaseRecord& one : said.cases) cases[one.id] = &one;
    for (const reports::CaseRecord& one : found.cases) {
      const auto same = cases.find(one.id);
      if (same == cases.end()) {
        fault("case " + one.id + ": it was run and " + std::string(to_string(one.verdict)) + ", and is not in the certificate");
        continue;
      }
      const reports::CaseRecord& claimed = *same->second;
      cases.erase(same);
      if (claimed.verdict != one.verdict)
        fault("case " + one.id + ": it says " + std::string(to_string(claimed.verdict)) + ", and the transcript says " + std::string(to_string(one.verdict)));
      else if (claimed.expected != one.expected || claimed.observed != one.observed || claimed.reason != one.reason)
        fault("case " + one.id + ": what was expected or observed is not what the transcript says");
      else if (!same_exchange(claimed, one)) fault("case " + one.id + ": its request or reply is not the one in the transcript");
      else if (source_of(claimed) != source_of(one)) fault("case " + one.id + ": what it says of the specification is not what the spec files say");
    }
    for (const auto& [id, one] : cases) fault("case " + id + ": the transcript knows nothing of it");
    if (said.cases.size() != found.cases.size() && out_.faults.empty()) fault("cases: one is named twice");
    if (said.started != found.started) fault("started: it says " + said.started + ", and the transcript " + found.started);
    if (said.notes != found.notes) fault("notes: they are not what the transcript says");
    if (said.verdict != found.verdict || said.exit_code != found.exit_code)
      fault("verdict: it says " + std::string(to_string(said.verdict)) + ", and the transcript says " + std::string(to_string(found.verdict)));
    if (said.calibration != found.calibration) fault("calibration: it is not what the transcript says");
    if (said.requests != found.requests)
      fault("requests: it counts " + std::to_string(said.requests) + ", and the transcript " + std::to_string(found.requests));
    const auto same_question = [](const reports::QuestionRecord& a, const reports::QuestionRecord& b) {
      return std::tie(a.id, a.zh, a.en, a.accepted, a.observed, a.inconsistent) == std::tie(b.id, b.zh, b.en, b.accepted, b.observed, b.inconsistent);
    };
    if (!std::equal(said.questions.begin(), said.questions.end(), found.questions.begin(), found.questions.end(), same_question))
      fault("open questions: they are not answered as in the transcript");
  }

  static bool same_exchange(const reports::CaseRecord& a, const reports::CaseRecord& b) {
    return std::tie(a.request.method, a.request.url, a.request.headers, a.request.body, a.reply.transport, a.reply.status, a.reply.headers, a.reply.body) ==
           std::tie(b.request.method, b.request.url, b.request.headers, b.request.body, b.reply.transport, b.reply.status, b.reply.headers, b.reply.body);
  }

  /// What can be found again of a load: its percentiles from the histograms, its verdict from its figures.
  void check_loads(const json& statement) {
    std::size_t at = 0;
    for (const json& one : statement.at("loads")) {
      const std::string name = "load " + std::to_string(++at);
      std::string why;
      const auto record = reports::load_record_from(one.dump(), why);
      if (!record) {
        fault(name + ": " + why);
        continue;
      }
      check_load(name, *record);
    }
  }

  void check_load(const std::string& name, const LoadRecord& record) {
    loadgen::LatencyHistograms clocks;
    for (const auto& [clock, into] : by_name(clocks)) {
      const auto text = record.histograms.find(clock);
      const auto histogram = text == record.histograms.end() ? std::nullopt : loadgen::Histogram::decoded(text->second);
      if (!histogram) return fault(name + ": the histogram \"" + std::string(clock) + "\" is missing or can't be read");
      into->add(*histogram);
    }
    LoadRecord again = record;
    summarize(again, clocks);
    for (const auto& [said, found] : {std::pair(&record.response_time, &again.response_time), std::pair(&record.service_time, &again.service_time),
                                      std::pair(&record.queueing_delay, &again.queueing_delay), std::pair(&record.generator_lag, &again.generator_lag)})
      if (!same_latencies(*said, *found)) return fault(name + ": its latencies are not those of its histograms");
    if (!same_curves(as_written(record), as_written(again))) return fault(name + ": its curves are not those of its histograms");
    for (reports::ThresholdRecord& gate : again.thresholds) {
      std::string why;
      const auto thresholds = loadgen::parse_thresholds(gate.text, why);
      const bool met = thresholds && thresholds->size() == 1 && evaluate(thresholds->front(), again).met;
      if (met != gate.met) fault(name + ": its figures do not come to what it says of " + gate.text);
    }
    std::uint64_t requests = 0, good = 0;
    for (const reports::LoadInterval& second : record.series) requests += second.requests, good += second.good;
    // Of several runs the record has the last one's seconds.
    if (record.runs.empty() && (requests != record.requests || good != record.good)) fault(name + ": its seconds do not add up to its totals");
    constexpr double rounding = 1.001;
    if (record.rate * record.measured_s > rounding * static_cast<double>(record.good) + 1) fault(name + ": its rate is more than its good replies make");
    loadgen::set_verdict(again);
    if (again.exit_code > record.exit_code) fault(name + ": its figures do not come to its verdict");
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
    return near(a.p50, b.p50) && near(a.p90, b.p90) && near(a.p99, b.p99) && near(a.p999, b.p999) && near(a.p9999, b.p9999) && near(a.max, b.max);
  }

  const Key& key_;
  const core::Spec& spec_;
  const ToolIdentity& suite_;
  Verification out_;
};

}  // namespace

std::string issue(const core::Spec& spec, const ToolIdentity& suite, CheckRecord check, const std::vector<LoadRecord>& loads, const Key& key,
                  const std::string& issued) {
  conformance::redact_tokens(spec, check);
  const json record = json::parse(to_json(check));
  json links = json::array();
  std::string chain;
  for (const json& event : record.at("transcript").at("events")) links.push_back(chain = chain_hash(chain, event));
  json all_loads = json::array();
  for (const LoadRecord& one : loads) all_loads.push_back(json::parse(to_json(one)));
  const json statement = {{"issued", issued},
                          {"tool_sha256", suite.digest},
                          {"spec_sha256", digest_of(suite.spec_files)},
                          {"spec_files", suite.spec_files},
                          {"subject", face(as_written(check))},
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

Verification verify(const std::string& text, const Key& key, const core::Spec& spec, const ToolIdentity& suite) {
  return Verifier(key, spec, suite).verify(text);
}

}  // namespace meterproof::attestation
