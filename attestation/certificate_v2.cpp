// SPDX-License-Identifier: Apache-2.0
#include "attestation/certificate_v2.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "attestation/digests.hpp"
#include "attestation/envelope.hpp"
#include "attestation/rejudged.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/text/utf8.hpp"
#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::attestation {

using json = nlohmann::ordered_json;
using i18n::Message;
using i18n::msg;
using reports::CheckRecord;
using reports::LatencyRecord;
using reports::LoadRecord;

namespace {

/// To a histogram's width (a thousandth) and the third digit that records are written with: the very highest value is not in the histogram.
bool near(double one, double other) { return (std::isnan(one) && std::isnan(other)) || std::abs(one - other) < 0.0011 + 0.001 * other; }

bool are_near(const LatencyRecord& a, const LatencyRecord& b) {
  return near(a.p50, b.p50) && near(a.p90, b.p90) && near(a.p99, b.p99) && near(a.p999, b.p999) && near(a.p9999, b.p9999) && near(a.max, b.max);
}

bool are_near(const std::vector<std::pair<double, double>>& a, const std::vector<std::pair<double, double>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& one, const auto& other) { return std::abs(one.first - other.first) < 1e-6 && near(one.second, other.second); });
}

/// Empty, or what of a load does not follow from its histograms and seconds.
Message wrong_with(const LoadRecord& record) {
  loadgen::LatencyHistograms clocks;
  for (const auto& [clock, into] : by_name(clocks)) {
    const auto text = record.histograms.find(clock);
    const auto histogram = text == record.histograms.end() ? std::nullopt : loadgen::Histogram::decoded(text->second);
    if (!histogram) return msg<"verify.load-histogram">(clock);
    into->add(*histogram);
  }
  LoadRecord again = record;
  summarize(again, clocks);
  if (!are_near(record.response_time, again.response_time) || !are_near(record.service_time, again.service_time) ||
      !are_near(record.queueing_delay, again.queueing_delay) || !are_near(record.generator_lag, again.generator_lag))
    return msg<"verify.load-latencies">();
  for (const auto& [clock, curve] : again.curves) {
    const auto said = record.curves.find(clock);
    if (said == record.curves.end() || !are_near(said->second, curve)) return msg<"verify.load-curves">();
  }
  for (const reports::ThresholdRecord& threshold : record.thresholds) {
    Message why;
    const auto thresholds = loadgen::parse_thresholds(threshold.text, why);
    const bool met = thresholds && thresholds->size() == 1 && evaluate(thresholds->front(), again).met;
    if (met != threshold.met) return msg<"verify.load-threshold">(core::sanitize(threshold.text));
  }
  std::uint64_t requests = 0, good = 0;
  for (const reports::LoadInterval& second : record.series) requests += second.requests, good += second.good;
  // Of several runs the record has the last one's seconds.
  if (record.runs.empty() && (requests != record.requests || good != record.good)) return msg<"verify.load-series">();
  constexpr double rounding = 1.001;
  if (record.rate * record.measured_s > rounding * static_cast<double>(record.good) + 1) return msg<"verify.load-rate">();
  loadgen::set_verdict(again);
  return again.exit_code != record.exit_code ? msg<"verify.load-verdict">() : Message();
}

void check_chain(const json& statement, Verification& out) {
  const json& events = statement.at("record").at("transcript").at("events");
  const json& links = statement.at("links");
  std::string before;
  std::size_t at = 0;
  for (const json& event : events) {
    before = sha256(before + event.dump());
    if (at >= links.size() || links[at].get<std::string>() != before) {
      out.findings.push_back(msg<"verify.event">(at + 1, core::sanitize(event.value("kind", "").substr(0, 100))));
      return;
    }
    ++at;
  }
  if (links.size() != events.size()) out.findings.push_back(msg<"verify.events-missing">(links.size() - events.size()));
  else if (statement.at("chain").get<std::string>() != before) out.findings.push_back(msg<"verify.chain">());
}

/// The summary must be the record's, as far as it is known today.
void check_subject(const json& statement, const CheckRecord& check, Verification& out) {
  const json& subject = statement.at("subject");
  const json& record = statement.at("record");
  for (const char* name : {"target", "role", "started", "suite", "verdict", "declarations", "calibration", "filter"})
    if (subject.at(name) != record.at(name)) out.findings.push_back(msg<"verify.subject-changed">(name));
  if (subject.at("exchanges") != json(check.transcript->exchanges())) out.findings.push_back(msg<"verify.subject-changed">("exchanges"));
  for (std::size_t i = 0; i < reports::verdict_names.size(); ++i) {
    const auto counted = subject.at("counts").find(std::string(reports::verdict_names[i]));
    if (counted == subject.at("counts").end() || *counted != json(check.count(static_cast<reports::Verdict>(i)))) {
      out.findings.push_back(msg<"verify.subject-changed">("counts"));
      break;
    }
  }
}

}  // namespace

Verification verify_v2(const std::string& text, const Key& key, const core::Spec& spec, const ToolIdentity& tool) {
  Verification out;
  check_envelope(text, key, out);
  const json certificate = json::parse(text);
  const json& statement = certificate.at("statement");
  check_chain(statement, out);
  const auto files = statement.at("spec_files").get<std::map<std::string, std::string>>();
  if (statement.at("spec_sha256").get<std::string>() != digest_of(files)) out.findings.push_back(msg<"verify.spec-digest">());
  Message why;
  const auto check = reports::check_record_from(statement.at("record").dump(), why);
  if (!check || !check->transcript) {
    out.findings.push_back(msg<"verify.record">(check ? msg<"replay.no-transcript">() : why));
    return out;
  }
  check_subject(statement, *check, out);
  if (statement.at("record").at("suite") != statement.at("suite")) out.findings.push_back(msg<"verify.suite">());
  note_suite(check->suite, files, tool, out);
  out.notes.push_back(msg<"verify.note-older">("meterproof/certificate/2"));
  out.conforms = check->exit_code == 0;
  out.seen = {summary_of(*check), msg<"verify.saw-suite">(described(check->suite)), msg<"verify.saw-key">(key.fingerprint())};
  // Another suite asks and judges otherwise: what it finds says nothing about this certificate.
  bool alike = true;
  try {
    alike = differences(*check, rejudged(spec, *check)).empty();
  } catch (const std::exception&) {
    alike = false;
  }
  std::size_t number = 0;
  for (const json& one : statement.at("loads")) {
    const auto load = reports::load_record_from(one.dump(), why);
    if (++number; !load) out.findings.push_back(msg<"verify.load">(number, why));
    else alike = alike && wrong_with(*load).empty();
  }
  if (!alike) out.needs = i18n::verbatim(described(check->suite));
  return out;
}

}  // namespace meterproof::attestation
