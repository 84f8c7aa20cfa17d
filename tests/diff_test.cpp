// SPDX-License-Identifier: Apache-2.0
// meterproof diff and check --baseline, as pipelines use them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace diff_test {

using nlohmann::json;
using test::Finished;
using test::MockProcess;
using test::temporary;

/// A record of a whole check of a mock with these options; its file is gone with the object.
class Checked {
 public:
  explicit Checked(const std::string& name, std::vector<std::string> mock_options = {}, const std::vector<std::string>& check_options = {})
      : file(temporary(name + ".json")) {
    mock_options.insert(mock_options.end(), {"--app", "a:s", "--app", "b:t"});
    MockProcess mock(mock_options);
    std::vector<std::string> words = {"check", mock.url(), "--app", "a:s", "--app", "b:t", "--effect-timeout", "0s", "--json", file, "--quiet"};
    words.insert(words.end(), check_options.begin(), check_options.end());
    done = test::run(words);
  }
  ~Checked() { std::filesystem::remove(file); }
  Checked(const Checked&) = delete;
  Checked& operator=(const Checked&) = delete;

  json record() const { return json::parse(test::read_file(file)); }
  void write(const json& changed) const { std::ofstream(file) << changed.dump(); }

  const std::string file;
  Finished done;
};

struct Compared {
  int exit_code;
  json difference;
  std::string out;
};

Compared diff(const Checked& before, const Checked& after) {
  const std::string file = temporary("difference.json");
  std::filesystem::remove(file);
  const Finished done = test::run({"diff", before.file, after.file, "--json", file});
  const std::string text = std::filesystem::exists(file) ? test::read_file(file) : "{}";
  std::filesystem::remove(file);
  return {done.exit_code, json::parse(text), done.out};
}

std::set<std::string> ids(const json& list) {
  std::set<std::string> out;
  for (const json& one : list) out.insert(one["id"]);
  return out;
}

TEST(Diff, TwoRunsOfOneTargetDifferInNothing) {
  const Checked first("one");
  for (int i = 0; i < 3; ++i) {
    const Checked again("again");
    const Compared found = diff(first, again);
    EXPECT_EQ(found.exit_code, 0) << found.out;
    EXPECT_NE(found.out.find("no difference"), std::string::npos) << found.out;
    EXPECT_EQ(found.difference["verdict"], "no-worse");
  }
}

TEST(Diff, AMutantIsWorseInWhatItBreaks) {
  const Checked good("good");
  const std::pair<std::string, std::string> table[] = {{"GetPayList/Money/wrong-value", "GetPayList"},
                                                       {"GetUserInfo/PayType/as-text", "GetUserInfo"},
                                                       {"RemotePay/-4/as-44", "RemotePay"},
                                                       {"GetData/Remnant/wrong-value", "GetData"}};
  for (const auto& [mutant, interface] : table) {
    const Checked bad("bad", {"--mutant", mutant});
    if (bad.done.exit_code != 1) {
      ADD_FAILURE() << mutant << " " << bad.done.out;
      continue;
    }
    const Compared worse = diff(good, bad);
    EXPECT_EQ(worse.exit_code, 1) << mutant << worse.out;
    ASSERT_FALSE(worse.difference["failed"].empty()) << mutant;
    bool named = false;
    for (const json& one : worse.difference["failed"]) {
      named = named || one["interface"] == interface;
      EXPECT_EQ(one["blame"], "target") << one << " of one suite";
      EXPECT_FALSE(one["clauses"].empty()) << one;
    }
    EXPECT_TRUE(named) << mutant << worse.difference["failed"];
    const Compared better = diff(bad, good);
    EXPECT_EQ(better.exit_code, 0) << mutant << better.out;
    EXPECT_EQ(ids(better.difference["mended"]), ids(worse.difference["failed"])) << mutant;
  }
}

// Nobody has looked for it before: that is no reason to say that nothing is worse.
TEST(Diff, AFailureOfACaseThatWasNotTriedIsNew) {
  const std::vector<std::string> part = {"--filter", "GetUserInfo"};
  const Checked before("part", {"--mutant", "RemotePay/-4/1-Money/ignored"}, part);
  const Checked after("more", {"--mutant", "RemotePay/-4/1-Money/ignored"}, {"--filter", "GetUserInfo", "--filter", "RemotePay/-4/*"});
  ASSERT_EQ(after.done.exit_code, 1) << after.done.out;
  const Compared found = diff(before, after);
  EXPECT_EQ(found.exit_code, 1) << found.out;
  EXPECT_TRUE(ids(found.difference["failed"]).contains("RemotePay/-4/money-missing")) << found.difference["failed"];
}

TEST(Diff, AnOpenQuestionThatIsAnsweredOtherwiseIsWorse) {
  const Checked before("answers"), after("others", {"--interpretation", "token-case=upper"});
  EXPECT_EQ(after.done.exit_code, before.done.exit_code) << after.done.out;
  const Compared found = diff(before, after);
  EXPECT_EQ(found.exit_code, 1) << found.out;
  EXPECT_EQ(ids(found.difference["answers"]), std::set<std::string>{"token-case"}) << found.out;
  EXPECT_TRUE(found.difference["failed"].empty()) << found.out;
  EXPECT_NE(found.out.find("token-case"), std::string::npos);
}

// A partner that sends a number again, and was answered 1, breaks where it is refused from now on.
TEST(Diff, ARepeatedNumberThatIsRefusedFromNowOnIsWorse) {
  const std::string question = "RemotePay/repeated-trans-id";
  const Checked before("taken", {"--interpretation", question + "=1"}), after("refused", {"--interpretation", question + "=-3"});
  EXPECT_EQ(before.done.exit_code, 0) << before.done.out;
  EXPECT_EQ(after.done.exit_code, 0) << "either is right: " << after.done.out;
  const Compared found = diff(before, after);
  EXPECT_EQ(found.exit_code, 1) << found.out;
  EXPECT_TRUE(found.difference["failed"].empty()) << found.out;
  ASSERT_EQ(found.difference["answers"].size(), 1U) << found.out;
  const json& answer = found.difference["answers"][0];
  EXPECT_EQ(answer["id"], question);
  EXPECT_NE(answer["before"], answer["after"]);
  EXPECT_NE(answer["after"].dump().find("-3"), std::string::npos) << answer;
  EXPECT_EQ(answer["blame"], "target");
}

// An interface that fails otherwise than before may answer otherwise for that reason: it is told, and the failures count.
TEST(Diff, AnAnswerBesideFailuresIsToldApart) {
  const std::string question = "RemotePay/repeated-trans-id";
  const Checked before("good-and-taken", {"--interpretation", question + "=1"});
  const Checked after("bad-and-refused", {"--interpretation", question + "=-3", "--mutant", "RemotePay/-4/as-44"});
  const Compared worse = diff(before, after), better = diff(after, before);
  EXPECT_EQ(worse.exit_code, 1) << worse.out;
  EXPECT_EQ(better.exit_code, 0) << better.out;
  for (const Compared* found : {&worse, &better}) {
    EXPECT_TRUE(found->difference["answers"].empty()) << found->difference["answers"];
    EXPECT_EQ(ids(found->difference["uncertain_answers"]), std::set<std::string>{question}) << found->out;
    EXPECT_NE(found->out.find("may follow from them"), std::string::npos) << found->out;
  }
}

TEST(Diff, TellsWhatWasMeasuredOtherwise) {
  const std::string faults = temporary("late-queries.json");
  std::ofstream(faults) << R"([{"kind": "delay", "interface": "GetUserInfo", "delay_ms": 60}])";
  const std::vector<std::string> part = {"--filter", "GetUserInfo"};
  const std::vector<std::string> replies = {"--filter", "GetUserInfo/reply/*"};  // a fault delays what is accepted
  const Checked quick("quick", {}, replies), before("usual", {}, part), narrow("narrow", {"--tolerance", "300s"}, part),
      slow("slow", {"--faults", faults}, replies);
  std::filesystem::remove(faults);
  const Checked west("west", {"--utc-offset", "+00:00"}, part), lenient("lenient", {"--replay-protection", "off"}, part);
  for (const auto& [after, says] : {std::pair(&west, "+00:00"), std::pair(&lenient, "timestamp")}) {
    const Compared found = diff(before, *after);
    EXPECT_NE(found.difference["calibration"].dump().find(says), std::string::npos) << says << ": " << found.out;
  }
  const Compared other = diff(before, narrow);
  EXPECT_EQ(other.exit_code, 0) << "what a target takes may be stricter: " << other.out;
  ASSERT_FALSE(other.difference["calibration"].empty()) << other.out;
  EXPECT_NE(other.difference["calibration"].dump().find("300"), std::string::npos) << other.difference["calibration"];
  const Compared slower = diff(quick, slow);
  EXPECT_EQ(slower.exit_code, 0) << "a check is no measurement: " << slower.out;
  ASSERT_EQ(slower.difference["latency"].size(), 1U) << slower.out;
  EXPECT_EQ(slower.difference["latency"][0]["interface"], "GetUserInfo");
  EXPECT_GT(slower.difference["latency"][0]["after_ms"], 50);
}

/// A record of a client that asks for a user, and sends what stands in `payment` once.
class CheckedClient {
 public:
  CheckedClient(const std::string& name, const std::string& payment) : file(temporary(name + ".json")) {
    const auth::Signer signer(test::specification().authentication);
    test::Process check({"check-client", "--port", "0", "--app", "a:s", "--inject", "none", "--idle", "3s", "--json", file});
    net::HttpClient client({"127.0.0.1", check.port(), ""}, test::longest_answer);
    const auto now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480));
    int second = 0;
    const auto call = [&](const char* path, const std::string& body) {
      (void)client.exchange({"POST", path, signer.headers({"a", "s"}, (now + std::chrono::seconds(second++)).compact()), body});
    };
    call("/api/Users/GetUserInfo", R"({"UserCode":"U0001"})");
    call("/api/Pay/RemotePay", payment);
    done = check.finish();
  }
  ~CheckedClient() { std::filesystem::remove(file); }
  CheckedClient(const CheckedClient&) = delete;
  CheckedClient& operator=(const CheckedClient&) = delete;

  const std::string file;
  Finished done;
};

TEST(Diff, ComparesChecksOfClients) {
  const std::string good = R"({"UserCode":"U0001","MeterAddr":"860000000001","Money":12.5,"PayDate":"2026-01-15 10:30:00","TransId":"T1","PayWay":4})";
  std::string bad = good;
  bad.replace(bad.find("2026-01-15 10:30:00"), 19, "2026/01/15 10:30");
  const CheckedClient before("client-before", good), same("client-same", good), after("client-after", bad);
  ASSERT_EQ(before.done.exit_code, 0) << before.done.out;
  ASSERT_EQ(after.done.exit_code, 1) << after.done.out;
  const std::string file = temporary("client-difference.json");
  const auto compare = [&](const CheckedClient& one, const CheckedClient& other) {
    const Finished done = test::run({"diff", one.file, other.file, "--json", file});
    return Compared{done.exit_code, json::parse(test::read_file(file)), done.out};
  };
  const Compared none = compare(before, same), worse = compare(before, after), better = compare(after, before);
  EXPECT_EQ(none.exit_code, 0) << none.out;
  EXPECT_TRUE(none.difference["failed"].empty() && none.difference["mended"].empty()) << none.out;
  EXPECT_EQ(worse.exit_code, 1) << worse.out;
  EXPECT_TRUE(ids(worse.difference["failed"]).contains("RemotePay/request/PayDate")) << worse.difference["failed"];
  EXPECT_EQ(better.exit_code, 0) << better.out;
  EXPECT_TRUE(ids(better.difference["mended"]).contains("RemotePay/request/PayDate")) << better.difference["mended"];
  const Checked server("server", {}, {"--filter", "GetUserInfo"});
  const Finished other_side = test::run({"diff", before.file, server.file});
  EXPECT_EQ(other_side.exit_code, 4) << other_side.out;
  std::filesystem::remove(file);
}

TEST(Diff, ComparesLoads) {
  const std::string faults = temporary("late-reports.json"), fast = temporary("fast.json"), slow = temporary("slow.json");
  std::ofstream(faults) << R"([{"kind": "delay", "interface": "ReportData", "delay_ms": 100}])";
  const auto measure = [](const std::vector<std::string>& more, const std::string& file) {
    std::vector<std::string> options = {"--app", "a:s", "--replay-protection", "off"};
    options.insert(options.end(), more.begin(), more.end());
    const MockProcess mock(options);
    const Finished done = test::run({"load", mock.url(), "--app", "a:s", "--timestamps", "shared", "--connections", "16", "--rate", "60", "--duration", "8s",
                                     "--warm-up", "0", "--max-generator-lag", "1m", "--json", file});
    EXPECT_EQ(done.exit_code, 0) << done.out;
  };
  measure({}, fast);
  measure({"--faults", faults}, slow);
  const Finished worse = test::run({"diff", fast, slow}), better = test::run({"diff", slow, fast});
  EXPECT_EQ(worse.exit_code, 1) << worse.out;
  EXPECT_NE(worse.out.find("worse"), std::string::npos) << worse.out;
  EXPECT_EQ(better.exit_code, 0) << better.out;
  EXPECT_NE(better.out.find("better"), std::string::npos) << better.out;
  for (const std::string& file : {faults, fast, slow}) std::filesystem::remove(file);
}

TEST(Diff, BlameIsLaidOnWhoDidIt) {
  const Checked evidence("evidence", {}, {"--transcript"}), now("now"), bad("bad", {"--mutant", "GetData/Remnant/wrong-value"});
  const std::string changed = "GetUserInfo/-1/meter-unknown";
  const json good = evidence.record();
  const auto with_failure = [&](const std::string& member, const std::string& value) {
    json record = good;
    bool found = false;
    for (json& one : record["cases"])
      if (one["verdict"] == "passed" && !found) {
        one["verdict"] = "failed";
        found = true;
      }
    record["verdict"] = "does-not-conform";
    record["exit_code"] = 1;
    if (member == "spec_version") record.erase("spec_digest");  // as older records
    if (member == "spec_digest" || member == "both") record["spec_digest"] = value;
    if (member != "spec_digest") record["suite"][member == "both" ? "rules_digest" : member] = value;
    return record;
  };
  // What the earlier suite failed this one passes, from the same exchanges.
  for (const auto& [member, value, blame] :
       {std::tuple("rules_digest", std::string(64, '0'), "suite"), std::tuple("spec_version", std::string("0.9.0"), "specs"),
        std::tuple("spec_digest", std::string(64, '0'), "specs"), std::tuple("both", std::string(64, '0'), "suite-or-specs")}) {
    evidence.write(with_failure(member, value));
    const Compared found = diff(evidence, now);
    EXPECT_EQ(found.exit_code, 0) << found.out;
    ASSERT_EQ(found.difference["mended"].size(), 1U) << found.out;
    EXPECT_EQ(found.difference["mended"][0]["blame"], blame);
    EXPECT_EQ(found.difference["evidence"], true) << found.out;
  }
  evidence.write(good);
  // Both of one suite and the same specs: evidence that cannot be judged again, since the program has others, makes nothing unknown.
  json by_others[2] = {good, bad.record()};
  for (json& one : by_others) one["spec_digest"] = std::string(64, '1');
  evidence.write(by_others[0]);
  const std::string kept = bad.record().dump();
  bad.write(by_others[1]);
  const Compared alike = diff(evidence, bad);
  ASSERT_FALSE(alike.difference["failed"].empty()) << alike.out;
  for (const json& one : alike.difference["failed"]) EXPECT_EQ(one["blame"], "target") << one;
  bad.write(json::parse(kept));
  evidence.write(good);
  const Compared worse = diff(evidence, bad);
  EXPECT_EQ(worse.exit_code, 1) << worse.out;
  ASSERT_FALSE(worse.difference["failed"].empty());
  for (const json& one : worse.difference["failed"]) EXPECT_EQ(one["blame"], "target") << one;
  // Of another suite, and without evidence, nobody knows.
  json old = now.record();
  old["suite"]["rules_digest"] = std::string(64, '0');
  now.write(old);
  const Compared unknown = diff(now, bad);
  for (const json& one : unknown.difference["failed"]) EXPECT_EQ(one["blame"], "unknown") << one;
  EXPECT_NE(unknown.out.find("--transcript"), std::string::npos) << unknown.out;
  // Waivers and declarations.
  const std::string target = temporary("declared.yaml");
  const std::string waived = worse.difference["failed"][0]["id"];
  std::ofstream(target) << "waivers:\n  - { cases: '" << waived << "', reason: known, expires: 2999-12-31 }\n";
  const Checked forgiven("forgiven", {"--mutant", "GetData/Remnant/wrong-value"}, {"--target", target});
  const Compared by_waiver = diff(bad, forgiven);
  bool told = false;
  for (const json& one : by_waiver.difference["mended"])
    if (one["id"] == waived) {
      told = true;
      EXPECT_EQ(one["blame"], "waiver");
      EXPECT_EQ(one["after"], "waived");
    }
  EXPECT_TRUE(told) << by_waiver.out;
  // It has expired, in both files alike; and one beside a regression, or a repair, did neither.
  const auto blame = [&](const Checked& before, const Checked& after, const char* earlier, const char* recent) {
    json records[2] = {before.record(), after.record()};
    for (std::size_t i = 0; i < 2; ++i)
      for (json& one : records[i]["cases"])
        if (one["id"] == waived) one["verdict"] = i == 0 ? earlier : recent;
    before.write(records[0]);
    after.write(records[1]);
    const Compared found = diff(before, after);
    for (const char* list : {"failed", "mended", "others"})
      for (const json& one : found.difference[list])
        if (one["id"] == waived) return one["blame"].get<std::string>();
    return std::string("not told: ") + found.out;
  };
  const Checked unwaived("unwaived", {"--mutant", "GetData/Remnant/wrong-value"});
  EXPECT_EQ(blame(forgiven, unwaived, "waived", "failed"), "waiver");
  EXPECT_EQ(blame(unwaived, forgiven, "passed", "failed"), "target");
  EXPECT_EQ(blame(forgiven, unwaived, "failed", "passed"), "target");
  std::filesystem::remove(target);
}

// Specs that somebody has edited, and whose version is the old one.
TEST(Diff, EditedSpecsAreToBlameWhateverTheirVersion) {
  const std::string specs = temporary("edited-specs"), file = specs + "/3.01_get_user_info.yaml";
  std::filesystem::remove_all(specs);
  std::filesystem::copy(std::string(METERPROOF_SOURCE) + "/spec", specs, std::filesystem::copy_options::recursive);
  std::string text = test::read_file(file);
  const std::string field = "UserName:", type = "type: text";
  const std::size_t at = text.find(type, text.find(field, text.find("\nreply:")));
  ASSERT_NE(at, std::string::npos);
  std::ofstream(file) << text.replace(at, type.size(), "type: int");
  const std::string rows = "GetUserInfo/reply/row-*";  // other cases send other requests where a value is not as expected
  const Checked evidence("evidence", {}, {"--filter", rows, "--transcript"}), silent("silent", {}, {"--filter", rows});
  const std::string after = temporary("by-edited-specs.json"), out = temporary("edited-difference.json");
  {
    MockProcess mock({"--app", "a:s", "--app", "b:t"});
    const Finished done = test::run(
        {"--spec", specs, "check", mock.url(), "--app", "a:s", "--app", "b:t", "--effect-timeout", "0s", "--filter", rows, "--json", after, "--quiet"});
    ASSERT_EQ(done.exit_code, 1) << done.out;
  }
  const struct {
    const Checked* before;
    std::vector<std::string> specs;
    const char *blame, *says;
  } table[] = {
      {&evidence, {"--spec", specs}, "specs", "judged again"},
      {&evidence, {}, "unknown", "other specs"},
      {&silent, {"--spec", specs}, "unknown", "--transcript"},
  };
  for (const auto& row : table) {
    std::vector<std::string> words = row.specs;
    words.insert(words.end(), {"diff", row.before->file, after, "--json", out});
    const Finished done = test::run(words);
    EXPECT_EQ(done.exit_code, 1) << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << row.says << ": " << done.out;
    const json found = json::parse(test::read_file(out));
    EXPECT_FALSE(found["failed"].empty()) << done.out;
    for (const json& one : found["failed"]) EXPECT_EQ(one["blame"], row.blame) << one;
  }
  std::filesystem::remove_all(specs);
  for (const std::string& one : {after, out}) std::filesystem::remove(one);
}

TEST(Diff, WhatIsDeclaredUnsupportedIsTheDeclarationsDoing) {
  const std::string target = temporary("unsupported.yaml");
  std::ofstream(target) << "unsupported:\n  - { cases: 'GetPayList/*', reason: no such page }\n";
  const Checked all("all"), declared("declared", {}, {"--target", target});
  std::filesystem::remove(target);
  const Compared less = diff(all, declared), more = diff(declared, all);
  std::size_t told = 0;
  for (const Compared* found : {&less, &more})
    for (const char* list : {"failed", "mended", "undecided", "decided", "others"})
      for (const json& one : found->difference[list])
        if (one["interface"] == "GetPayList") {
          ++told;
          EXPECT_EQ(one["blame"], "declaration") << one;
        }
  EXPECT_GT(told, 0U) << less.out << more.out;
}

/// METERPROOF_PAIRS=100 tries a hundred.
TEST(Diff, RunsOfOneLivingTargetDifferInNothing) {
  const char* const wanted = std::getenv("METERPROOF_PAIRS");
  const int pairs = wanted != nullptr ? std::atoi(wanted) : 4;
  std::vector<std::string> options;
  const auto apps_of = [](int run) {
    const std::string number = std::to_string(1000 + run);  // none is the beginning of another
    return std::vector<std::string>{"--app", "first" + number + ":s", "--app", "second" + number + ":t"};
  };
  for (int run = 0; run <= pairs; ++run)
    for (const std::string& word : apps_of(run)) options.push_back(word);
  MockProcess mock(options);
  const auto check = [&](int run, const std::string& file) {
    std::vector<std::string> words = {"check", mock.url(), "--effect-timeout", "0s", "--json", file, "--quiet"};
    for (const std::string& word : apps_of(run)) words.push_back(word);
    return test::run(words).exit_code;
  };
  const std::string before = temporary("living-0.json"), after = temporary("living-1.json");
  ASSERT_EQ(check(0, before), 0);
  for (int run = 1; run <= pairs; ++run) {
    ASSERT_EQ(check(run, after), 0);
    const Finished found = test::run({"diff", before, after});
    EXPECT_EQ(found.exit_code, 0) << found.out;
    EXPECT_NE(found.out.find("no difference"), std::string::npos) << "pair " << run << ": " << found.out;
    std::filesystem::rename(after, before);
  }
  std::filesystem::remove(before);
}

TEST(Diff, WhatCannotBeComparedIsNot) {
  const Checked all("all"), part("part", {}, {"--filter", "GetUserInfo"}), billing("billing", {}, {"--role", "billing"});
  const Compared less = diff(all, part);
  EXPECT_EQ(less.exit_code, 4) << less.out;
  EXPECT_FALSE(less.difference["clauses_lost"].empty());
  const Compared more = diff(part, all);
  EXPECT_EQ(more.exit_code, 0) << more.out;
  EXPECT_EQ(more.difference["clauses_gained"], less.difference["clauses_lost"]);
  const Compared other = diff(all, billing);
  EXPECT_EQ(other.exit_code, 4) << other.out;
  EXPECT_NE(other.out.find("not comparable"), std::string::npos) << other.out;
  const std::string unread = temporary("not-comparable.xml");
  EXPECT_EQ(test::run({"diff", all.file, billing.file, "--junit", unread}).exit_code, 4);
  EXPECT_NE(test::read_file(unread).find("<error message=\"not comparable"), std::string::npos) << test::read_file(unread);
  std::filesystem::remove(unread);
  const std::string nobody = temporary("nobody.json"), load = temporary("a-load.json");
  test::run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", nobody});
  EXPECT_EQ(test::run({"diff", all.file, nobody}).exit_code, 4);
  EXPECT_EQ(test::run({"diff", nobody, all.file}).exit_code, 4);
  {
    MockProcess mock({"--replay-protection", "off"});
    const std::vector<std::string> words = {"load", mock.url(),  "--app", "demo:demo-secret",    "--timestamps", "shared", "--rate", "50", "--duration",
                                            "1s",   "--warm-up", "0",     "--max-generator-lag", "1m",           "--json", load};
    EXPECT_EQ(test::run(words).exit_code, 0);
  }
  EXPECT_EQ(test::run({"diff", all.file, load}).exit_code, 4);
  EXPECT_EQ(test::run({"diff", load, load}).exit_code, 0);
  const std::string unreached = temporary("unreached.json");
  test::run({"load", "http://127.0.0.1:1", "--app", "a:s", "--rate", "50", "--duration", "1s", "--json", unreached});
  EXPECT_EQ(test::run({"diff", load, unreached}).exit_code, 4) << "a load that measured nothing is not as good as one that did";
  std::filesystem::remove(unreached);
  EXPECT_EQ(test::run({"diff", all.file}).exit_code, 2);
  EXPECT_EQ(test::run({"diff", all.file, temporary("none.json")}).exit_code, 2);
  EXPECT_EQ(test::run({"diff", all.file, part.file, "--json", part.file}).exit_code, 2);
  for (const std::string& file : {nobody, load}) std::filesystem::remove(file);
}

TEST(Diff, ReportsAreInBothLanguages) {
  const Checked good("good"), bad("bad", {"--mutant", "GetData/Remnant/wrong-value"});
  const std::string xml = temporary("diff.xml"), html = temporary("diff.html"), markdown = temporary("diff.md"), text = temporary("diff.txt");
  for (const std::string language : {"zh", "en"}) {
    const Finished done = test::run({"--lang", language, "diff", good.file, bad.file, "--junit", xml, "--html", html, "--markdown", markdown, "--text", text});
    EXPECT_EQ(done.exit_code, 1) << done.out;
    EXPECT_EQ(done.out, test::read_file(text));
    const std::string heading = language == "zh" ? "新的失败" : "new failures";
    for (const std::string& file : {text, html, markdown}) EXPECT_NE(test::read_file(file).find(heading), std::string::npos) << file << test::read_file(file);
    EXPECT_NE(test::read_file(html).find("新的失败"), std::string::npos) << "the page has both";
    EXPECT_EQ(test::Process("xmllint", {"--noout", xml}).finish().exit_code, 0);
    EXPECT_NE(test::read_file(xml).find("<failure"), std::string::npos);
    EXPECT_EQ(test::read_file(xml).find("failures=\"0\""), std::string::npos);
  }
  for (const std::string& file : {xml, html, markdown, text}) std::filesystem::remove(file);
}

// One appId has no timestamps for all cases: those that are left out then are missing in its record, and are not asked for.
TEST(Baseline, MayBeOfARunWithFewTimestamps) {
  const std::string before = temporary("few-before.json"), after = temporary("few-after.json");
  const auto check = [](const std::string& file, const std::vector<std::string>& more) {
    MockProcess mock({"--app", "a:s"});
    std::vector<std::string> words = {"check", mock.url(), "--app", "a:s", "--effect-timeout", "0s", "--json", file, "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return test::run(words);
  };
  const Finished first = check(before, {});
  EXPECT_EQ(first.exit_code, 0) << first.out;
  EXPECT_NE(test::read_file(before).find("check.spare-cases-left-out"), std::string::npos);
  const Finished held = check(after, {"--baseline", before});
  EXPECT_EQ(held.exit_code, 0) << held.out;
  for (const std::string& file : {before, after}) std::filesystem::remove(file);
}

TEST(Baseline, GatesOnNewFailuresAlone) {
  const std::string mutant = "GetData/Remnant/wrong-value";
  const Checked good("good"), bad("bad", {"--mutant", mutant}), part("part", {}, {"--filter", "GetUserInfo"});
  const Checked known("known", {"--mutant", mutant}, {"--baseline", bad.file});
  EXPECT_EQ(known.done.exit_code, 0) << known.done.out;
  EXPECT_NE(known.done.out.find("known failures, 0 new"), std::string::npos) << known.done.out;
  // What reads the reports goes red for new failures alone.
  const std::string xml = temporary("known.xml"), markdown = temporary("known.md");
  for (const bool is_known : {true, false}) {
    const Checked run("reports", {"--mutant", mutant}, {"--baseline", is_known ? bad.file : good.file, "--junit", xml, "--markdown", markdown});
    EXPECT_EQ(run.done.exit_code, is_known ? 0 : 1) << run.done.out;
    const std::string junit = test::read_file(xml), page = test::read_file(markdown);
    EXPECT_EQ(junit.find("<failure") == std::string::npos, is_known) << junit.substr(0, 2000);
    EXPECT_EQ(junit.find("<skipped>known failure, as in the baseline: ") != std::string::npos, is_known);
    EXPECT_EQ(page.find("### Known failures") != std::string::npos, is_known) << page.substr(0, 2000);
    EXPECT_EQ(page.find("### Findings") == std::string::npos, is_known) << page.substr(0, 2000);
    EXPECT_TRUE(page.starts_with(is_known ? "## ✅" : "## ❌")) << page.substr(0, 200);
    EXPECT_NE(page.find(is_known ? " known failures, 0 new" : "0 known failures"), std::string::npos) << page.substr(0, 2000);
  }
  for (const std::string& file : {xml, markdown}) std::filesystem::remove(file);
  const Checked fresh("fresh", {"--mutant", mutant}, {"--baseline", good.file});
  EXPECT_EQ(fresh.done.exit_code, 1) << fresh.done.out;
  // An answer that changed, and clauses that are no longer judged, are named, in JUnit as well.
  const std::string declared = temporary("declared-absent.yaml"), worse_xml = temporary("worse.xml");
  std::ofstream(declared) << "unsupported:\n  - { cases: 'GetPayList/*', reason: no such page }\n";
  const struct {
    std::vector<std::string> mock_options, check_options;
    int exit_code;
    const char* names;
  } changes[] = {{{"--interpretation", "token-case=upper"}, {}, 1, "token-case"}, {{}, {"--target", declared}, 4, "3.3/"}};
  for (const auto& row : changes) {
    std::vector<std::string> words = {"--baseline", good.file, "--junit", worse_xml};
    words.insert(words.end(), row.check_options.begin(), row.check_options.end());
    const Checked changed("changed", row.mock_options, words);
    EXPECT_EQ(changed.done.exit_code, row.exit_code) << changed.done.out;
    EXPECT_NE(changed.done.out.find(row.names), std::string::npos) << changed.done.out;
    const std::string junit = test::read_file(worse_xml);
    EXPECT_NE(junit.find("<testcase name=\"baseline\""), std::string::npos) << junit.substr(0, 2000);
    EXPECT_EQ(test::Process("xmllint", {"--noout", worse_xml}).finish().exit_code, 0);
  }
  for (const std::string& file : {declared, worse_xml}) std::filesystem::remove(file);
  const Checked mended("mended", {}, {"--baseline", bad.file});
  EXPECT_EQ(mended.done.exit_code, 0) << mended.done.out;
  const Checked same_part("same-part", {}, {"--baseline", part.file, "--filter", "GetUserInfo"});
  EXPECT_EQ(same_part.done.exit_code, 0) << same_part.done.out;
  MockProcess mock;
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {"--baseline", part.file}, {"--baseline", good.file, "--role", "billing"}, {"--baseline", temporary("none.json")}}) {
    std::vector<std::string> words = {"check", mock.url(), "--app", "demo:demo-secret"};
    words.insert(words.end(), more.begin(), more.end());
    const Finished refused = test::run(words);
    EXPECT_EQ(refused.exit_code, 2) << refused.out;
  }
  EXPECT_EQ(json::parse(mock.get("/_mock/health").body)["exchanges"], 0) << "nothing was sent";
}

}  // namespace diff_test
}  // namespace meterproof
