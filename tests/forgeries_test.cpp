// SPDX-License-Identifier: Apache-2.0
// Forged certificates, in this process: every forgery is signed anew by the issuer himself, whose key is the right one.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "attestation/certificate.hpp"
#include "attestation/chain.hpp"
#include "attestation/statement.hpp"
#include "conformance/suite.hpp"
#include "conformance/transcript.hpp"
#include "core/auth/base64.hpp"
#include "loadgen/derive.hpp"
#include "loadgen/run.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof {
namespace forgeries_test {

using json = nlohmann::ordered_json;
using attestation::Verification;
using std::chrono::hours;

constexpr const char* target = "http://in-process";

/// A run of a few cases against the mock, or a mutant of it, sealed. `later`: how long after the clock's beginning.
reports::CheckRecord checked(std::chrono::milliseconds later = {}, const std::string& cases = "GetUserInfo/http/*", const std::string& mutation = "") {
  test::Clock clock;
  clock.advance(later);
  const core::Spec& spec = test::specification();
  std::optional<mutation::Mutant> mutant;
  if (!mutation.empty()) mutant = test::mutant_of(mutation);
  const core::Spec& served = mutant ? mutant->spec : spec;
  mockserver::MockState state(served, test::settings_for(served), test::sample_fixtures(served), 1,
                              mutant ? *mutant->hooks : mutation::MutationHooks::faithful());
  auto environment = test::environment_for(
      [&](const net::HttpRequest& request) {
        return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      },
      clock);
  conformance::CheckOptions options = test::options_for("both");
  options.selection.only = {cases};
  options.unsupported = {{"GetPayList/*", "no such page"}};
  reports::TranscriptRecord transcript;
  conformance::record_to(spec, options, environment, transcript);
  auto record = conformance::check(spec, options, std::move(environment));
  record.tool = "meterproof";
  record.subject = {"a vendor", "a product", "1.2", ""};
  record.transcript = std::move(transcript);
  attestation::seal(record);
  return record;
}

/// Two seconds of a hundred good replies each, in `runs` runs.
reports::LoadRecord loaded(std::size_t runs = 1) {
  reports::LoadInterval second;
  second.requests = second.replies = second.good = 100;
  second.p50 = 10;
  second.p99 = second.max = 20;
  second.result_codes = {{"1", 100}};
  reports::LoadRecord record;
  record.tool = "meterproof";
  record.target = target;
  record.started_at = 1773453600;  // 2026-03-14 02:00:00 UTC
  record.workload = "GetUserInfo";
  record.mode = "closed";
  record.duration_s = record.measured_s = 2 * static_cast<double>(runs);
  record.rate = 100;
  record.connections = 4;
  record.meters = 10;
  record.apps = 1;
  record.series = {second, second};
  record.series.back().begin_s = 1;
  record.measured = 200 * runs;
  record.by_interface = {{"GetUserInfo", {{"1", 200 * runs}}}};
  record.thresholds = {{"p50<1s", false, {}}};
  if (runs > 1) record.runs.resize(runs);
  for (std::size_t i = 0; i + 1 < runs; ++i) record.runs[i].series = record.series;
  loadgen::LatencyHistograms clocks;
  for (std::uint64_t i = 0; i < 200 * runs; ++i) {
    clocks.response_time.record(std::chrono::milliseconds(1 + i % 50));
    clocks.service_time.record(std::chrono::milliseconds(1 + i % 40));
  }
  summarize(record, clocks);
  return record;
}

std::string english(const std::vector<i18n::Message>& messages) {
  std::string out;
  for (const i18n::Message& one : messages) out += test::english(one) + "\n";
  return out;
}

/// The small certificate of one check and one load, made once.
class Forgeries : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    key() = attestation::Key::generated();
    certificate() = json::parse(issued(checked(), {loaded()}));
  }

  static std::optional<attestation::Key>& key() {
    static std::optional<attestation::Key> one;
    return one;
  }
  static json& certificate() {
    static json one;
    return one;
  }
  static attestation::ToolIdentity tool() {
    return {conformance::suite_of(test::specification()), std::string(64, 'd'), {{"common.yaml", std::string(64, 'c')}, {"other.yaml", std::string(64, 'e')}}};
  }
  static core::DateTime day_of_issue() { return *core::DateTime::parse("2026-03-15 00:00:00"); }
  static std::string issued(const reports::CheckRecord& check, const std::vector<reports::LoadRecord>& loads) {
    return issue(test::specification(), tool(), check, loads, *key(), {day_of_issue(), day_of_issue() + hours(24 * 365)});
  }
  static Verification verified(const std::string& text, core::DateTime now = day_of_issue()) {
    return attestation::verify(text, *key(), test::specification(), tool(), now);
  }
  /// As an issuer signs it who does not care what it says.
  static std::string signed_again(json changed) {
    changed["signature"] = auth::base64(key()->sign(changed["statement"].dump(1) + "\n"));
    return changed.dump(1) + "\n";
  }
  /// The chain made anew, too.
  static void link_again(json& statement) {
    const auto read = attestation::statement_from(statement.dump());
    statement["links"] = read.found;
    statement["chain"] = read.found.back();
  }
  static std::string findings_of(const std::string& text) {
    const Verification done = verified(text);
    return english(done.findings) + (done.needs.empty() ? "" : "needs another suite");
  }
};

TEST_F(Forgeries, TheGenuineOneHoldsAndSaysWhatItIsOf) {
  const Verification done = verified(signed_again(certificate()));
  EXPECT_EQ(english(done.findings), "");
  EXPECT_EQ(english(done.notes), "");
  EXPECT_EQ(test::english(done.needs), "");
  EXPECT_TRUE(done.conforms);
  EXPECT_EQ(done.expired, "");
  const std::string seen = english(done.seen), serial = certificate()["statement"]["vouched"]["serial"];
  EXPECT_EQ(serial.size(), 32U);
  for (const std::string& part :
       {std::string(target), serial, key()->fingerprint(), std::string("GetPayList/*: no such page"), std::string("cases judged again"),
        std::string("200 requests, 200 right, p50 25"), std::string("issued 2026-03-15 00:00:00 UTC, valid until 2027-03-15 00:00:00 UTC"),
        std::string("a vendor, a product, 1.2"), std::string("load 1 was closed, GetUserInfo, 100.0/s"),
        std::string("load 1 was to meet p50<1s and nothing else"), std::string("not proved: ")})
    EXPECT_NE(seen.find(part), std::string::npos) << part << "\n" << seen;
  const json& statement = certificate()["statement"];
  EXPECT_FALSE(statement["record"]["cases"][0]["title"]["zh"].get<std::string>().empty());
  EXPECT_FALSE(statement["record"]["cases"][0]["reply"].contains("took_ms"));
  EXPECT_FALSE(statement["record"].contains("duration_s"));
  EXPECT_EQ(statement["loads"][0]["series"][0].size(), 5U);
  // A second one has a number of its own.
  EXPECT_NE(json::parse(issued(checked(), {}))["statement"]["vouched"]["serial"], serial);
}

TEST_F(Forgeries, ValidityEnds) {
  const std::string text = signed_again(certificate());
  EXPECT_EQ(verified(text, day_of_issue() + hours(24 * 365)).expired, "");
  const Verification late = verified(text, day_of_issue() + hours(24 * 366));
  EXPECT_EQ(late.expired, "2027-03-15 00:00:00 UTC");
  EXPECT_EQ(english(late.findings), "");
}

TEST_F(Forgeries, RepeatedRunsAreDerivedFromAllTheirSeconds) {
  json repeated = json::parse(issued(checked(), {loaded(3)}));
  EXPECT_EQ(findings_of(signed_again(repeated)), "");
  EXPECT_EQ(repeated["statement"]["loads"][0]["requests"], 600);
  json more = repeated;
  more["statement"]["loads"][0]["requests"] = 1'000'000'000;
  EXPECT_NE(findings_of(signed_again(more)).find("loads/0/requests: it does not follow"), std::string::npos) << findings_of(signed_again(more));
  json none = repeated;
  for (json& run : none["statement"]["loads"][0]["runs"]) run.erase("series");
  EXPECT_NE(findings_of(signed_again(none)), "");
}

TEST_F(Forgeries, AreToldByName) {
  using Change = std::function<void(json & certificate)>;
  const auto in_statement = [](const std::function<void(json & statement)>& change) -> Change { return [change](json& c) { change(c["statement"]); }; };
  const auto in_load = [](const std::function<void(json & load)>& change) -> Change { return [change](json& c) { change(c["statement"]["loads"][0]); }; };
  const auto in_word = [](const std::function<void(json & words)>& change) -> Change { return [change](json& c) { change(c["statement"]["vouched"]); }; };
  const auto linked = [](const std::function<void(json & statement)>& change) -> Change {
    return [change](json& c) {
      change(c["statement"]);
      link_again(c["statement"]);
    };
  };
  const json other = json::parse(issued(checked(hours(5)), {}));
  const json invented = {{"id", "verbatim"}, {"args", {{"text", "fine"}}}};
  const json invented_unknown = {{"id", ""}, {"args", json::object()}, {"en", "everything is fine"}};
  const std::string unknown = "no certificate has this member", follows = "it does not follow from";
  const struct {
    const char* group;
    const char* what;
    Change change;
    std::string says;
  } table[] = {
      {"unsigned parts", "at the end", [](json& c) { c["note"] = "conforms 100 %"; }, "note stands beside the signed statement"},
      {"unsigned parts", "at the beginning",
       [](json& c) {
         json all = {{"subject", "conforms 100 %"}};
         all.update(c);
         c = all;
       },
       "subject stands beside the signed statement"},

      {"unknown members", "of the statement", in_statement([](json& s) { s["approved_by"] = "the ministry"; }), "approved_by: " + unknown},
      {"unknown members", "of the issuer's word", in_word([](json& w) { w["approved_by"] = "the ministry"; }), "vouched/approved_by: " + unknown},
      {"unknown members", "of the record", in_statement([](json& s) { s["record"]["approved_by"] = "the ministry"; }), "transcript: what the run was told"},
      {"unknown members", "of the record, linked again", linked([](json& s) { s["record"]["approved_by"] = "the ministry"; }),
       "record/approved_by: " + unknown},
      {"unknown members", "of a case", in_statement([](json& s) { s["record"]["cases"][3]["approved_by"] = "x"; }), "record/cases/3/approved_by: " + unknown},
      {"unknown members", "of an event, linked again", linked([](json& s) { s["record"]["transcript"]["events"][1]["approved_by"] = "x"; }),
       "record/transcript/events/1/approved_by: " + unknown},
      {"unknown members", "of the subject", in_statement([](json& s) { s["subject"]["approved_by"] = "x"; }), "subject/approved_by: " + unknown},
      {"unknown members", "of the suite", in_statement([](json& s) { s["suite"]["approved_by"] = "x"; }), "suite/approved_by: " + unknown},
      {"unknown members", "of a second", in_load([](json& l) { l["series"][1]["approved_by"] = "x"; }), "loads/0/series/1/approved_by: " + unknown},
      {"unknown members", "a text beside its id", in_statement([](json& s) { s["record"]["cases"][0]["expected"]["en"] = "anything"; }),
       "record/cases/0/expected/en: " + unknown},
      {"unknown members", "a duration of a reply", in_statement([](json& s) { s["record"]["cases"][0]["reply"]["took_ms"] = 0.001; }), "took_ms: " + unknown},

      {"other versions", "of the suite", in_statement([](json& s) {
         for (json* suite : {&s["suite"], &s["record"]["suite"], &s["subject"]["suite"]}) (*suite)["version"] = "9.9.9";
       }),
       "suite/version: " + follows},
      {"other versions", "of the record", in_statement([](json& s) { s["record"]["schema"] = "meterproof/check/1"; }), "record"},
      {"other versions", "of a file of the specs", in_statement([](json& s) { s["spec_files"]["common.yaml"] = std::string(64, '0'); }),
       "spec_sha256: " + follows},
      {"other versions", "of the specs that the run was judged by, linked again", linked([](json& s) { s["record"]["spec_digest"] = std::string(64, '0'); }),
       "record/spec_digest: " + follows},

      {"another form", "members in another order", in_statement([](json& s) {
         json turned = json::object();
         for (auto it = s["record"].rbegin(); it != s["record"].rend(); ++it) turned[it.key()] = *it;
         s["record"] = turned;
       }),
       "the same content is written otherwise"},
      {"another form", "a whole number with a point", in_load([](json& l) { l["requests"] = 200.0; }), "load 1: "},

      {"cases", "one left out", in_statement([](json& s) { s["record"]["cases"].erase(1); }), "it was run and"},
      {"cases", "one added", in_statement([](json& s) {
         s["record"]["cases"].push_back(s["record"]["cases"][1]);
         s["record"]["cases"].back()["id"] = "Invented/1";
       }),
       "case Invented/1: the transcript knows nothing of it"},
      {"cases", "one twice", in_statement([](json& s) { s["record"]["cases"].push_back(s["record"]["cases"][1]); }), "cases: one is named twice"},
      {"cases", "in another order", in_statement([](json& s) { std::swap(s["record"]["cases"][0], s["record"]["cases"][1]); }), "record/cases/0/"},
      {"cases", "a verdict", in_statement([](json& s) { s["record"]["cases"][1]["verdict"] = "failed"; }), "it says failed"},
      {"cases", "what was observed", in_statement([&](json& s) { s["record"]["cases"][1]["observed"] = invented; }), "what was expected or observed"},
      {"cases", "an invented command", in_statement([](json& s) { s["record"]["cases"][1]["curl"] = "rm -rf ~"; }), "record/cases/1/curl: " + follows},
      {"cases", "a title", in_statement([](json& s) { s["record"]["cases"][1]["title"]["zh"] = "符合"; }), "record/cases/1/title/zh: " + follows},
      {"cases", "a requirement", in_statement([](json& s) { s["record"]["cases"][1]["requirement"]["en"] = "nothing"; }),
       "record/cases/1/requirement/en: " + follows},
      {"cases", "a section", in_statement([](json& s) { s["record"]["cases"][1]["section"] = "9.9"; }), "what it says of the specification"},
      {"cases", "a request's address", in_statement([](json& s) { s["record"]["cases"][1]["request"]["url"] = "http://elsewhere/"; }), "its request or reply"},

      {"the run", "counts of the summary", in_statement([](json& s) { s["record"]["summary"]["passed"] = 1000; }), "record/summary/passed: " + follows},
      {"the run", "counts of the subject", in_statement([](json& s) { s["subject"]["counts"]["passed"] = 1000; }), "subject/counts/passed: " + follows},
      {"the run", "interrupted", in_statement([](json& s) { s["record"]["interrupted"] = true; }), "record/interrupted: " + follows},
      {"the run", "its verdict", in_statement([](json& s) {
         s["record"]["verdict"] = s["subject"]["verdict"] = "does-not-conform";
         s["record"]["exit_code"] = 1;
       }),
       "verdict: it says"},
      {"the run", "its beginning", in_statement([](json& s) { s["record"]["started"] = s["subject"]["started"] = "2001-01-01 00:00:00 UTC"; }),
       "started: it says 2001"},
      {"the run", "a note", in_statement([&](json& s) { s["record"]["notes"] = json::array({invented_unknown}); }), "notes: they are not"},
      {"the run", "an open question's answer", in_statement([](json& s) { s["record"]["questions"][0]["observed"] = {"upper"}; }),
       "open questions: they are not"},
      {"the run", "an open question's words", in_statement([](json& s) { s["record"]["questions"][0]["en"] = "is it fine?"; }),
       "record/questions/0/en: " + follows},
      {"the run", "an open question left out", in_statement([](json& s) { s["record"]["questions"].erase(0); }), "open questions: they are not"},
      {"the run", "the calibration",
       in_statement([&](json& s) { s["record"]["calibration"][0]["value"] = s["subject"]["calibration"][0]["value"] = invented; }), "calibration: it is not"},
      {"the run", "its reach", in_statement([](json& s) { s["record"].erase("reach"); }), "record/reach: it is missing"},

      {"what it was told", "the target", in_statement([](json& s) { s["record"]["target"] = s["subject"]["target"] = "http://better.example:80"; }),
       "transcript: what the run was told"},
      {"what it was told", "the target, linked again", linked([](json& s) { s["record"]["target"] = s["subject"]["target"] = "http://better.example:80"; }),
       "verdicts: they cannot be found again"},
      {"what it was told", "a waiver added", in_statement([](json& s) {
         s["record"]["declarations"].push_back({{"kind", "waiver"}, {"cases", "GetUserInfo/*"}, {"reason", "agreed"}, {"expires", "2099-01-01"}});
         s["subject"]["declarations"] = s["record"]["declarations"];
       }),
       "transcript: what the run was told"},
      {"what it was told", "a declaration that stands for nothing, linked again", linked([](json& s) {
         s["record"]["declarations"].push_back({{"kind", "unsupported"}, {"cases", "Nope/*"}, {"reason", "the ministry approves"}, {"expires", ""}});
         s["subject"]["declarations"] = s["record"]["declarations"];
       }),
       "Nope/* matches no case"},
      {"what it was told", "a declaration taken away",
       in_statement([](json& s) { s["record"]["declarations"] = s["subject"]["declarations"] = json::array(); }), "transcript: what the run was told"},
      {"what it was told", "the selection, linked again", linked([](json& s) {
         s["record"]["filter"] = s["subject"]["filter"] = "GetUserInfo/http/lower*";
         s["record"]["selection"]["only"] = json::array({"GetUserInfo/http/lower*"});
       }),
       "verdicts: they cannot be found again"},
      {"what it was told", "the filter alone, linked again",
       linked([](json& s) { s["record"]["filter"] = s["subject"]["filter"] = "GetUserInfo/*"; }), "subject/filter: it does not follow"},
      {"what it was told", "the part left out of the headline",
       in_statement([](json& s) { s["record"]["headline"] = {{"id", "verdict.conforms"}, {"args", json::object()}}; }), "record/headline"},
      {"what it was told", "rows left behind that were not made", in_statement([](json& s) {
         s["record"]["left_behind"] = json::array({{{"table", "meter"}, {"count", 1}, {"keys", json::array({"U0001"})}}});
       }),
       "left_behind"},
      {"what it was told", "cases that there are not", in_statement([](json& s) { s["record"]["planned"] = 3; }), "record/planned"},
      {"what it was told", "the seed", in_statement([](json& s) { s["record"]["transcript"]["seed"] = 7; }), "transcript: what the run was told"},
      {"what it was told", "an appId", in_statement([](json& s) { s["record"]["transcript"]["apps"].push_back("x"); }), "transcript: what the run was told"},

      {"the transcript", "the kind of an event", in_statement([](json& s) { s["record"]["transcript"]["events"].back()["kind"] = "hook"; }),
       "transcript: event "},
      {"the transcript", "an event left out", in_statement([](json& s) { s["record"]["transcript"]["events"].erase(3); }), "transcript: event 4"},
      {"the transcript", "an event left out, linked again", linked([](json& s) { s["record"]["transcript"]["events"].erase(3); }),
       "verdicts: they cannot be found again"},
      {"the transcript", "the last one left out",
       in_statement([](json& s) { s["record"]["transcript"]["events"].erase(s["record"]["transcript"]["events"].size() - 1); }), "at its end are missing"},
      {"the transcript", "two events exchanged", in_statement([](json& s) {
         json& events = s["record"]["transcript"]["events"];
         std::swap(events[1], events[3]);
       }),
       "transcript: event 2"},
      {"the transcript", "of another run", linked([&](json& s) { s["record"]["transcript"] = other["statement"]["record"]["transcript"]; }),
       "started: it says"},
      {"the transcript", "another end of the chain", in_statement([](json& s) { s["chain"] = std::string(64, '0'); }), "transcript: the chain does not end"},
      {"the transcript", "a reply too many, linked again", linked([](json& s) {
         for (json& event : s["record"]["transcript"]["events"])
           if (event["kind"] == "exchange") {
             event["replies"].push_back(event["replies"][0]);
             break;
           }
       }),
       "verdicts: they cannot be found again"},

      {"no numbers", "how long the check took", in_word([](json& w) { w["check"]["duration_s"] = nullptr; }), "duration_s is missing"},
      {"no numbers", "a load's rate", in_word([](json& w) { w["loads"][0]["rate"] = nullptr; }), "load 1: rate is missing"},
      {"no numbers", "a load's time", in_word([](json& w) { w["loads"][0]["measured_s"] = nullptr; }), "load 1: measured_s is missing"},
      {"no numbers", "a load's limit", in_word([](json& w) { w["loads"][0]["max_generator_lag_ms"] = nullptr; }), "load 1: max_generator_lag_ms is missing"},
      {"no numbers", "a second", in_word([](json& w) { w["loads"][0]["series"][1]["begin_s"] = nullptr; }), "load 1: series: begin_s is missing"},
      {"no numbers", "a count", in_load([](json& l) { l["requests"] = nullptr; }), "load 1: "},
      {"no numbers", "a negative figure", in_word([](json& w) { w["loads"][0]["rate"] = -1; }), "load 1: "},

      {"loads", "its latency", in_load([](json& l) { l["response_time_ms"]["p50"] = 0.001; }), "loads/0/response_time_ms/p50: " + follows},
      {"loads", "its highest latency", in_load([](json& l) { l["response_time_ms"]["max"] = 0.001; }), "loads/0/response_time_ms/max: " + follows},
      {"loads", "its mean latency", in_load([](json& l) { l["service_time_ms"]["mean"] = 0.001; }), "loads/0/service_time_ms/mean: " + follows},
      {"loads", "a latency left out", in_load([](json& l) { l["response_time_ms"]["p50"] = nullptr; }), "loads/0/response_time_ms/p50: " + follows},
      {"loads", "its curve", in_load([](json& l) { l["curves"]["response_time"][1][1] = 77.7; }), "loads/0/curves/response_time/1/1: " + follows},
      {"loads", "a histogram", in_load([](json& l) { l["histograms"]["response_time"] = l["histograms"]["queueing_delay"]; }),
       "load 1: its seconds do not add up"},
      {"loads", "a histogram more", in_load([](json& l) { l["histograms"]["approved"] = l["histograms"]["response_time"]; }), "the histogram \"approved\""},
      {"loads", "its counts", in_load([](json& l) { l["requests"] = l["replies"] = l["good"] = 1'000'000; }), "loads/0/requests: " + follows},
      {"loads", "its codes", in_load([](json& l) {
         l["result_codes"] = {{"1", 199}, {"-1", 1}};
       }),
       "loads/0/result_codes/"},
      {"loads", "the codes of its seconds", in_load([](json& l) { l["series"][0]["result_codes"]["1"] = 99; }), "load 1: its seconds do not add up"},
      {"loads", "more good replies than requests", in_load([](json& l) { l["series"][0]["good"] = 500; }), "load 1: its seconds do not add up"},
      {"loads", "counts that wrap", in_load([](json& l) { l["series"][0]["requests"] = l["series"][1]["requests"] = 9223372036854775808U; }),
       "load 1: its seconds do not add up"},
      {"loads", "its codes by interface", in_word([](json& w) { w["loads"][0]["by_interface"]["GetUserInfo"]["1"] = 1; }), "load 1: its seconds do not add up"},
      {"loads", "its rate", in_word([](json& w) { w["loads"][0]["rate"] = 99999; }), "load 1: its rate is more"},
      {"loads", "invented runs",
       [](json& c) {
         c["statement"]["loads"][0]["runs"] =
             json::parse(R"([{"errors": 0.0, "p50_by_interval": [], "p99_by_interval": [], "rate_by_interval": [], "errors_by_interval": []}])");
         c["statement"]["loads"][0]["requests"] = 1'000'000'000;
         c["statement"]["vouched"]["loads"][0]["runs"] =
             json::parse(R"([{"intended_rate": 0.0, "rate": 1e7, "p50": 1.0, "p99": 1.0, "p999": 1.0, "verdict": {"id": "", "args": {}, "en": ""}}])");
       },
       "loads/0/"},
      {"loads", "a threshold", in_word([](json& w) { w["loads"][0]["thresholds"][0]["threshold"] = "p50<1us"; }), "load 1: it is not good"},
      {"loads", "a threshold that is not the issuer's word", in_load([](json& l) { l["thresholds"][0]["threshold"] = "p50<1us"; }), "do not fit the others"},
      {"loads", "a threshold left out", in_load([](json& l) { l["thresholds"] = json::array(); }), "do not fit the others"},
      {"loads", "a threshold twice", in_load([](json& l) { l["thresholds"].push_back(l["thresholds"][0]); }), "do not fit the others"},
      {"loads", "its seconds in another order",
       [](json& c) {
         for (json* load : {&c["statement"]["loads"][0], &c["statement"]["vouched"]["loads"][0]}) std::swap((*load)["series"][0], (*load)["series"][1]);
       },
       "load 1: its seconds do not stand in their order"},
      {"loads", "whether a threshold is met", in_load([](json& l) { l["thresholds"][0]["met"] = false; }), "loads/0/thresholds/0/met: " + follows},
      {"loads", "what was found of a threshold", in_load([&](json& l) { l["thresholds"][0]["found"] = invented; }), "loads/0/thresholds/0/found/"},
      {"loads", "its verdict", in_load([&](json& l) { l["verdict"] = invented; }), "loads/0/verdict/"},
      {"loads", "a verdict without an id", in_load([&](json& l) { l["verdict"] = invented_unknown; }), "loads/0/verdict/"},
      {"loads", "its beginning", in_load([](json& l) { l["started"] = "2001-01-01 00:00:00 UTC"; }), "loads/0/started: " + follows},
      {"loads", "of another target", in_load([](json& l) { l["target"] = "http://better.example:80"; }), "load 1: it is of http://better.example:80"},
      {"loads", "interrupted", in_load([](json& l) { l["interrupted"] = true; }), "load 1: it is not good"},
      {"loads", "invented differences", in_load([](json& l) {
         l["differences"] = json::parse(R"([{"metric": "p50", "base": 2.0, "current": 1.0, "change": 0.5, "low": 0.4, "high": 0.6, "verdict": "better"}])");
       }),
       "loads/0/differences/0: " + unknown},
      {"loads", "the same one twice", in_statement([](json& s) {
         s["loads"].push_back(s["loads"][0]);
         s["vouched"]["loads"].push_back(s["vouched"]["loads"][0]);
       }),
       "load 2: it is load 1 once more"},
      {"loads", "a figure said twice", in_word([](json& w) { w["loads"][0]["requests"] = 7; }), "do not fit the others"},
      {"loads", "a figure moved to the issuer's word",
       [](json& c) {
         c["statement"]["vouched"]["loads"][0]["requests"] = 200;
         c["statement"]["loads"][0].erase("requests");
       },
       "requests: "},

      {"the issue", "in the future", in_word([](json& w) { w["issued"] = w["valid"]["from"] = "2099-01-01 00:00:00 UTC"; }), "is in the future"},
      {"the issue", "no date", in_word([](json& w) { w["issued"] = w["valid"]["from"] = "by the ministry"; }), "issued: by the ministry is not a time"},
      {"the issue", "before the run ended", in_word([](json& w) { w["issued"] = w["valid"]["from"] = "2026-03-14 01:00:00 UTC"; }), "is before the end"},
      {"the issue", "valid from another day", in_word([](json& w) { w["valid"]["from"] = "2026-03-16 00:00:00 UTC"; }), "vouched/valid/from: " + follows},
      {"the issue", "valid until before", in_word([](json& w) { w["valid"]["until"] = "2026-03-14 00:00:00 UTC"; }), "valid: from"},
      {"the issue", "no end", in_word([](json& w) { w["valid"]["until"] = "never"; }), "valid: from"},
      {"the issue", "valid for ever", in_word([](json& w) { w["valid"]["until"] = "9999-12-31 23:59:59 UTC"; }), "is more than 3650 days"},
      {"the issue", "no serial", in_word([](json& w) { w["serial"] = "No. 1"; }), "serial: No. 1"},
      {"the issue", "no program", in_word([](json& w) { w["tool_sha256"] = "ours"; }), "the program: its digest ours is not 64 hexadecimal digits"},
  };
  for (const auto& row : table) {
    json changed = certificate();
    row.change(changed);
    const std::string found = findings_of(signed_again(changed));
    EXPECT_NE(found.find(row.says), std::string::npos) << row.group << ": " << row.what << "\n" << found << "\n";
    EXPECT_EQ(found.find("signature:"), std::string::npos) << row.group << ": " << row.what << "\n" << found;
  }
}

// One digit of the digest of the rules, signed anew, makes the judge another suite. Nothing but a wording may pass on its word.
TEST_F(Forgeries, InTheNameOfAnotherSuiteHoldNothingButItsWordings) {
  json foreign = certificate();
  for (const char* part : {"/statement/suite", "/statement/record/suite", "/statement/subject/suite"})
    foreign[json::json_pointer(part)]["rules_digest"] = std::string(64, 'a');
  ASSERT_EQ(findings_of(signed_again(foreign)), "");
  const Verification alike = verified(signed_again(foreign));
  EXPECT_NE(english(alike.notes).find("other texts of that suite were not compared"), std::string::npos) << english(alike.notes);
  const auto in_statement = [&](const std::function<void(json & statement)>& change) {
    json changed = foreign;
    change(changed["statement"]);
    return findings_of(signed_again(changed));
  };
  for (const char* wording : {"/record/cases/1/title/zh", "/record/cases/1/requirement/en", "/record/questions/0/zh"})
    EXPECT_EQ(in_statement([&](json& s) { s[json::json_pointer(wording)] = "worded otherwise"; }), "") << wording;
  const struct {
    const char* what;
    std::function<void(json& statement)> change;
    std::string says;
  } table[] = {
      {"a command", [](json& s) { s["record"]["cases"][1]["curl"] = "rm -rf ~"; }, "needs another suite"},
      {"counts", [](json& s) { s["record"]["summary"]["passed"] = 1000; }, "needs another suite"},
      {"counts of the subject", [](json& s) { s["subject"]["counts"]["passed"] = 1000; }, "subject/counts/passed: it does not follow"},
      {"interrupted", [](json& s) { s["record"]["interrupted"] = true; }, "needs another suite"},
      {"how many cases there are", [](json& s) { s["record"]["planned"] = 1'000'000'000; }, "needs another suite"},
      {"the headline",
       [](json& s) {
         s["record"]["headline"] = {{"id", "verdict.conforms"}, {"args", json::object()}};
       },
       "needs another suite"},
      {"cases in another order", [](json& s) { std::reverse(s["record"]["cases"].begin(), s["record"]["cases"].end()); }, "needs another suite"},
      {"a case left out", [](json& s) { s["record"]["cases"].erase(1); }, "needs another suite"},
      {"a verdict", [](json& s) { s["record"]["cases"][1]["verdict"] = "failed"; }, "needs another suite"},
      {"a member of the record", [](json& s) { s["record"]["coverage"]["approved_by"] = "the ministry"; }, "needs another suite"},
      {"a member of a title", [](json& s) { s["record"]["cases"][1]["title"]["approved_by"] = "the ministry"; }, "needs another suite"},
      {"a member of the subject", [](json& s) { s["subject"]["approved_by"] = "the ministry"; }, "needs another suite"},
      {"a member of the statement", [](json& s) { s["approved_by"] = "the ministry"; }, "approved_by: no certificate has this member"},
      {"a waiver of nothing",
       [](json& s) {
         s["record"]["declarations"].push_back({{"kind", "waiver"}, {"cases", "Nope/*"}, {"reason", "agreed"}, {"expires", "2099-01-01"}});
         s["subject"]["declarations"] = s["record"]["declarations"];
         link_again(s);
       },
       "needs another suite"},
      {"a load's latency", [](json& s) { s["loads"][0]["response_time_ms"]["p50"] = 0.001; }, "needs another suite"},
  };
  for (const auto& row : table) {
    const std::string found = in_statement(row.change);
    EXPECT_NE(found.find(row.says), std::string::npos) << row.what << "\n" << found;
  }
  // What was not found again is not told as if it were.
  json changed = foreign;
  changed["statement"]["record"]["summary"]["passed"] = 1000;
  const std::string seen = english(verified(signed_again(changed)).seen);
  EXPECT_NE(seen.find("(not judged again)"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("replayed"), std::string::npos) << seen;
}

TEST_F(Forgeries, OfTheBytesAreToldByName) {
  const std::string genuine = signed_again(certificate()), other_key_named = [] {
    json changed = certificate();
    changed["key"] = std::string(64, '0');
    return signed_again(changed);
  }();
  const auto replaced = [&](const std::string& what, const std::string& by) {
    std::string out = genuine;
    return out.replace(out.find(what), what.size(), by);
  };
  const attestation::Key stranger = attestation::Key::generated();
  json by_stranger = certificate();
  by_stranger["signature"] = auth::base64(stranger.sign(by_stranger["statement"].dump(1) + "\n"));
  const json as_written = json::parse(genuine);
  json reordered = json::object();
  for (const char* name : {"signature", "schema", "statement", "key"}) reordered[name] = as_written[name];
  const struct {
    const char* what;
    std::string text;
    const char* says;
  } table[] = {
      {"a space", replaced("\"schema\":", "\"schema\": "), "file: it is not as it was written"},
      {"a byte order mark", "\xef\xbb\xbf" + genuine, "file: "},
      {"other line ends", replaced(",\n", ",\r\n"), "file: it is not as it was written"},
      {"a line at the end", genuine + "\n", "file: it is not as it was written"},
      {"its members in another order", reordered.dump(1) + "\n", "file: it is not as it was written"},
      {"another spelling of a character", replaced("GetUserInfo", "\\u0047etUserInfo"), "file: it is not as it was written"},
      {"the schema twice", replaced("{\n \"schema\"", "{\n \"schema\": \"meterproof/certificate/3\",\n \"schema\""), "file: it is not as it was written"},
      {"the statement twice", replaced(" \"statement\": {", " \"statement\": {},\n \"statement\": {"), "file: it is not as it was written"},
      {"a member of the record twice", replaced("   \"role\":", "   \"role\": \"approved\",\n   \"role\":"), "file: it is not as it was written"},
      {"a number that is none", replaced("\"requests\": 200", "\"requests\": NaN"), "file: it cannot be read"},
      {"signed by another", by_stranger.dump(1) + "\n", "signature: it does not hold"},
      {"another key named", other_key_named, "key: it names the key 000"},
      {"an older schema", replaced("certificate/3", "certificate/2"), "transcript: event 1"},
      {"another schema", replaced("\"meterproof/certificate/3\"", "\"approved\""), "file: it is not a certificate"},
      {"cut short", genuine.substr(0, genuine.size() / 2), "file: it cannot be read"},
      {"nothing", "", "file: it cannot be read"},
  };
  for (const auto& row : table) EXPECT_NE(findings_of(row.text).find(row.says), std::string::npos) << row.what << "\n" << findings_of(row.text);
  EXPECT_EQ(verified(replaced("certificate/3", "certificate/4")).unread, "meterproof/certificate/4");
}

/// Where leaves and objects stand, by their path with every place in a list as "*": the first and the last of each kind.
class Places {
 public:
  explicit Places(const json& root) { walk(root, json::json_pointer(), ""); }

  using ByKind = std::map<std::string, std::vector<json::json_pointer>>;
  ByKind leaves, objects;

 private:
  void walk(const json& value, const json::json_pointer& at, const std::string& kind) {
    if (value.is_object()) {
      add(objects[kind], at);
      for (const auto& [name, member] : value.items()) walk(member, at / name, kind + "/" + name);
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) walk(value[i], at / i, kind + "/*");
    } else {
      add(leaves[kind], at);
    }
  }
  static void add(std::vector<json::json_pointer>& places, const json::json_pointer& at) {
    if (places.size() == 2) places.pop_back();
    places.push_back(at);
  }
};

bool is_the_issuers_word(const std::string& kind) { return kind.starts_with("/vouched/"); }

TEST_F(Forgeries, NoLeafCanBeChangedButTheIssuersWord) {
  const Places places(certificate()["statement"]);
  EXPECT_GT(places.leaves.size(), 100U);
  std::size_t row = 0;
  for (const auto& [kind, all] : places.leaves)
    for (const auto& at : all) {
      if (test::is_left_out(row++)) continue;
      json changed = certificate();
      json& leaf = changed["statement"][at];
      if (leaf.is_string()) leaf = leaf.get<std::string>() + "x";
      else if (leaf.is_boolean()) leaf = !leaf.get<bool>();
      else if (leaf.is_number_float()) leaf = leaf.get<double>() + 1.5;
      else if (leaf.is_number()) leaf = leaf.get<std::int64_t>() + 1;
      else leaf = 1;
      EXPECT_TRUE(is_the_issuers_word(kind) || !findings_of(signed_again(changed)).empty()) << at.to_string();
    }
}

TEST_F(Forgeries, NoMemberCanBeAddedAnywhere) {
  const Places places(certificate()["statement"]);
  EXPECT_GT(places.objects.size(), 30U);
  std::size_t row = 0;
  for (const auto& [kind, all] : places.objects)
    for (const auto& at : all) {
      if (test::is_left_out(row++)) continue;
      json changed = certificate();
      changed["statement"][at]["approved_by"] = "the ministry";
      EXPECT_NE(findings_of(signed_again(changed)), "") << at.to_string();
    }
}

TEST_F(Forgeries, NoMemberCanBeLeftOutButTheIssuersWord) {
  const Places places(certificate()["statement"]);
  std::size_t row = 0;
  for (const auto& [kind, all] : places.objects)
    for (const auto& [name, member] : certificate()["statement"][all.front()].items()) {
      if (is_the_issuers_word(kind + "/") || test::is_left_out(row++)) continue;
      json changed = certificate();
      changed["statement"][all.front()].erase(name);
      EXPECT_NE(findings_of(signed_again(changed)), "") << all.front().to_string() << "/" << name;
    }
}

TEST_F(Forgeries, OfARunThatJudgedNothingDoNotHold) {
  const reports::CheckRecord record = checked({}, "GetPayList/*");  // all of it is declared unsupported
  ASSERT_EQ(record.exit_code, 4);
  const std::string findings = findings_of(issued(record, {}));
  EXPECT_NE(findings.find("there is nothing to certify"), std::string::npos) << findings;
}

TEST_F(Forgeries, ATranscriptIsSealedWhenTheRunEnds) {
  reports::CheckRecord record = checked();
  EXPECT_EQ(attestation::seal_of(record), attestation::Seal::holds);
  reports::CheckRecord declared = record;
  declared.declarations.push_back({"waiver", "GetUserInfo/*", "agreed", "2099-01-01"});
  EXPECT_EQ(attestation::seal_of(declared), attestation::Seal::told_differs);
  reports::CheckRecord renamed = record;
  renamed.target = "http://better.example:80";
  EXPECT_EQ(attestation::seal_of(renamed), attestation::Seal::told_differs);
  reports::CheckRecord edited = record;
  edited.transcript->events.back().kind = "hook";
  EXPECT_EQ(attestation::seal_of(edited), attestation::Seal::events_differ);
  record.transcript->chain.clear();
  EXPECT_EQ(attestation::seal_of(record), attestation::Seal::absent);
}

// Half an hour of thousands of declarations, or a load of a million seconds that say nothing: refused, or done in a moment.
TEST_F(Forgeries, CostNoMoreThanTheirSize) {
  json changed = certificate();
  json& declarations = changed["statement"]["record"]["declarations"];
  for (int i = 0; i < 2000; ++i) declarations.push_back({{"kind", "waiver"}, {"cases", "*"}, {"reason", ""}, {"expires", "2099-01-01"}});
  EXPECT_NE(findings_of(signed_again(changed)).find("declarations: 2001 are more"), std::string::npos);
}

// The program: a code of its own for what has ended; where the target does not conform either, that is the code, and both are told.
TEST_F(Forgeries, AnExpiredOneHasACodeOfItsOwn) {
  const struct {
    const char *cases, *mutation;
    int exit_code;
  } table[] = {{"GetUserInfo/http/*", "", 6}, {"GetData/*", "GetData/Remnant/wrong-value", 5}};
  const auto now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(0));
  const auto ten_days_ago = std::chrono::system_clock::now() - hours(24 * 10) - test::Clock().now();
  for (const auto& row : table) {
    const auto record = checked(std::chrono::duration_cast<std::chrono::milliseconds>(ten_days_ago), row.cases, row.mutation);
    const std::string text = issue(test::specification(), tool(), record, {}, *key(), {now + -hours(24 * 9), now + -hours(24)});
    const std::string file = test::temporary("expired.json"), pub = test::temporary("expired.pub");
    std::ofstream(file, std::ios::binary) << text;
    std::ofstream(pub, std::ios::binary) << key()->public_pem();
    const test::Finished done = test::run({"verify", file, "--pub", pub});
    EXPECT_EQ(done.exit_code, row.exit_code) << done.out;
    EXPECT_NE(done.out.find("its validity ended at"), std::string::npos) << done.out;
    EXPECT_EQ(done.out.find("does not conform") != std::string::npos, row.exit_code == 5) << done.out;
  }
}

}  // namespace forgeries_test
}  // namespace meterproof
