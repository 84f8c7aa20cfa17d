// SPDX-License-Identifier: Apache-2.0
// Certificates from end to end: made of a real run, checked by the program, and tampered with. Every kind of forgery stands in forgeries_test.cpp.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "attestation/keys.hpp"
#include "core/auth/base64.hpp"
#include "core/auth/signer.hpp"
#include "core/time/datetime.hpp"
#include "net/client/http_client.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/load_runs.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace certificate_test {

using json = nlohmann::ordered_json;
using test::Finished;
using test::Process;
using test::run;
using test::temporary;

// The sanitizers look for other mistakes, and are slow: a few interfaces are enough for them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const std::vector<std::string> selection = {"--filter", "GetUserInfo,GetPayList,RemotePay,GetData"};
constexpr std::size_t fewest_exchanges = 200, fewest_tokens = 100;
#else
const std::vector<std::string> selection;
constexpr std::size_t fewest_exchanges = 1000, fewest_tokens = 500;
#endif

/// One certificate of a conforming mock, made once, with everything that belongs to it.
class Certificates : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = temporary("certificates");
    std::filesystem::create_directories(folder_);
    Process mock({"mock", "--port", "0", "--app", "a:the-secret-of-a", "--app", "b:the-secret-of-b", "--app", "c:the-secret-of-c"});
    const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
    std::ofstream(path("target.yaml")) << "url: " << url << "\nrole: both\napps:\n  - {id: a, secret: the-secret-of-a}\n  - {id: b, secret: the-secret-of-b}\n"
                                       << "unsupported:\n  - {cases: 'GetPayList/*', reason: no such page}\n";
    std::vector<std::string> words = {"check",          "--target", path("target.yaml"), "--effect-timeout", "0s",
                                      "--random-steps", "20",       "--transcript",      "--json",           path("check.json")};
    words.insert(words.end(), selection.begin(), selection.end());
    const Finished check = run(words);
    ASSERT_EQ(check.exit_code, 0) << check.out;
    const Finished load =
        run({"load", url, "--app", "c:the-secret-of-c", "--rate", "100", "--duration", "1s", "--max-generator-lag", "1m", "--json", path("load.json")});
    ASSERT_EQ(load.exit_code, 0) << load.out;
    ASSERT_EQ(run({"keygen", "--out", path("key")}).exit_code, 0);
    ASSERT_EQ(run({"keygen", "--out", path("other")}).exit_code, 0);
    const Finished certify =
        run({"certify", path("check.json"), path("load.json"), "--key", path("key"), "--out", path("certificate.json"), "--html", path("certificate.html")});
    ASSERT_EQ(certify.exit_code, 0) << certify.out;
    // The verdict is told with what it leaves out.
    EXPECT_NE(certify.out.find(" as far as judged ("), std::string::npos) << certify.out;
    EXPECT_NE(certify.out.find(" without GetPayList (declared absent, "), std::string::npos) << certify.out;
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  static std::string path(const std::string& name) { return folder_ + "/" + name; }
  static std::string text() { return test::read_file(path("certificate.json")); }
  static Finished verify(const std::string& certificate, const std::string& key = "key.pub", const std::string& spec = "") {
    std::ofstream(path("given.json"), std::ios::binary) << certificate;
    std::vector<std::string> arguments = {"verify", path("given.json"), "--pub", path(key)};
    if (!spec.empty()) arguments.insert(arguments.begin(), {"--spec", spec});
    return run(arguments);
  }

 private:
  static inline std::string folder_;
};

TEST_F(Certificates, HoldsAndSaysWhatItIsOf) {
  const Finished done = verify(text());
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_EQ(done.out.find("FINDING"), std::string::npos) << done.out;
  const auto statement = json::parse(text())["statement"];
  for (const std::string& part :
       {std::string("the certificate holds"), statement["vouched"]["serial"].get<std::string>(), json::parse(text())["key"].get<std::string>(),
        std::string("judged by  meterproof "), std::string("GetPayList/*: no such page"), std::string("load 1     good"), std::string("valid until "),
        std::string("the issuer's word (not checked)"), std::string("not proved: "), std::string("reach      "), std::string("clauses: declared unsupported")})
    EXPECT_NE(done.out.find(part), std::string::npos) << part << "\n" << done.out;
  const auto& subject = statement["subject"];
  EXPECT_EQ(subject["verdict"], "conforms");
  EXPECT_GT(subject["counts"]["not_applicable"].get<int>(), 0);
  EXPECT_LT(subject["reach"]["judged"].get<int>(), subject["reach"]["clauses"].get<int>());
  EXPECT_EQ(subject["declarations"][0]["reason"], "no such page");
  EXPECT_GT(subject["exchanges"].get<std::size_t>(), fewest_exchanges);
}

TEST_F(Certificates, HoldsNoSecretAndNoToken) {
  const std::string certificate = text(), page = test::read_file(path("certificate.html"));
  EXPECT_EQ(certificate.find("the-secret-of"), std::string::npos);
  EXPECT_EQ(page.find("the-secret-of"), std::string::npos);
  // The record beside it is where the tokens of its requests can be looked up.
  const auto record = json::parse(test::read_file(path("check.json")));
  const core::Authentication& authentication = test::specification().authentication;
  std::size_t looked_for = 0;
  for (const auto& one : record["cases"])
    for (const auto& header : one["request"]["headers"])
      for (const std::size_t which : {authentication.token, authentication.authorization})
        if (header[0] == authentication.headers[which].name && header[1].get<std::string>().size() >= 16 && ++looked_for) {
          EXPECT_EQ(certificate.find(header[1].get<std::string>()), std::string::npos) << header;
        }
  EXPECT_GT(looked_for, fewest_tokens);
  EXPECT_EQ(record["transcript"].dump().find("the-secret-of"), std::string::npos);
}

TEST_F(Certificates, ATamperedFileIsToldByName) {
  const json original = json::parse(text());
  const auto& events = original["statement"]["record"]["transcript"]["events"];
  std::size_t answered = 0;
  while (!events[answered].contains("replies") || events[answered]["replies"][0]["body"].get<std::string>().find("DataList") == std::string::npos) ++answered;
  const std::string case_id = original["statement"]["record"]["cases"][10]["id"];
  const struct {
    const char* what;
    std::function<void(json& statement)> tamper;
    std::string says;
  } table[] = {
      {"a byte of a reply", [&](json& s) { s["record"]["transcript"]["events"][answered]["replies"][0]["body"].get_ref<std::string&>()[20] ^= 1; },
       "transcript: event " + std::to_string(answered + 1)},
      {"a case left out", [](json& s) { s["record"]["cases"].erase(10); }, "case " + case_id + ": it was run"},
      {"a load's latency", [](json& s) { s["loads"][0]["response_time_ms"]["p50"] = 0.001; }, "loads/0/response_time_ms/p50"},
      {"nonsense", [](json& s) { s["record"]["cases"] = 7; }, "record: "},
  };
  const auto key = attestation::Key::private_from_pem(test::read_file(path("key")));
  ASSERT_TRUE(key);
  for (const auto& row : table) {
    json changed = original;
    row.tamper(changed["statement"]);
    const Finished done = verify(changed.dump(1) + "\n");
    EXPECT_EQ(done.exit_code, 1) << row.what << "\n" << done.out;
    EXPECT_NE(done.out.find("FINDING  signature"), std::string::npos) << row.what << "\n" << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << row.what << "\n" << done.out;
    // An issuer who signs what is not so is found out as well.
    changed["signature"] = auth::base64(key->sign(changed["statement"].dump(1) + "\n"));
    const Finished cheated = verify(changed.dump(1) + "\n");
    EXPECT_EQ(cheated.exit_code, 1) << row.what << "\n" << cheated.out;
    EXPECT_EQ(cheated.out.find("FINDING  signature"), std::string::npos) << cheated.out;
    EXPECT_NE(cheated.out.find(row.says), std::string::npos) << row.what << "\n" << cheated.out;
  }
}

// A client's certificate rests on its calls: they are served once more, by who knows no secret.
TEST_F(Certificates, OfAClientHoldsAndIsJudgedAgain) {
  const auth::Signer signer(test::specification().authentication);  // read before anything waits for a call
  Process client({"check-client", "--port", "0", "--app", "a:the-secret-of-a", "--idle", "3s", "--transcript", "--json", path("client.json")});
  net::HttpClient http({"127.0.0.1", client.port(), ""}, std::chrono::seconds(10));
  const auto now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480));
  // The second is refused, the reply to the fourth is lost; the last is of a wrong secret.
  const std::array<std::string, 6> payments = {"T77", "T78", "T78", "T79", "T79", "T80"};
  for (int i = 0; i < 6; ++i)
    http.exchange({"POST", "/api/Pay/RemotePay", signer.headers({"a", i < 5 ? "the-secret-of-a" : "wrong"}, (now + std::chrono::seconds(i)).compact()),
                   R"({"UserCode":"U0001","MeterAddr":"860000000001","Money":12.5,"PayDate":"2026-01-15 10:30:00","TransId":")" +
                       payments[static_cast<std::size_t>(i)] + R"(","PayWay":4})"});
  const Finished checked = client.finish();
  ASSERT_EQ(checked.exit_code, 1) << checked.out;
  EXPECT_EQ(test::read_file(path("client.json")).find("the-secret-of-a"), std::string::npos);

  const Finished certify = run({"certify", path("client.json"), "--key", path("key"), "--out", path("of-client.json"), "--html", path("of-client.html")});
  ASSERT_EQ(certify.exit_code, 0) << certify.out;
  const std::string certificate = test::read_file(path("of-client.json"));
  const Finished holds = verify(certificate);
  EXPECT_EQ(holds.exit_code, 5) << "it holds, and the client does not conform: " << holds.out;
  EXPECT_NE(holds.out.find("billing client"), std::string::npos) << holds.out;
  EXPECT_NE(test::read_file(path("of-client.html")).find("RemotePay"), std::string::npos);

  const json original = json::parse(certificate);
  const auto key = attestation::Key::private_from_pem(test::read_file(path("key")));
  ASSERT_TRUE(key);
  const auto place_of = [&](const std::string& id) {
    const auto& cases = original["statement"]["record"]["cases"];
    std::size_t at = 0;
    while (cases.at(at)["id"] != id) ++at;
    return at;
  };
  const struct {
    const char* what;
    std::function<void(json& statement)> tamper;
    std::string says;
  } table[] = {
      {"a verdict", [&](json& s) { s["record"]["cases"][place_of("client/header/AccessToken")]["verdict"] = "passed"; }, "case client/header/AccessToken: "},
      {"the time of a call", [](json& s) { s["record"]["transcript"]["events"][2]["times"][0] = 1'000; }, "transcript: event 3 (call with /api/Pay/RemotePay)"},
      {"what was found of a signature", [](json& s) { s["record"]["transcript"]["events"][5]["found"].erase("what"); }, "transcript: event 6 ("},
      {"a call left out", [](json& s) { s["record"]["transcript"]["events"].erase(1); }, "transcript: event 2 ("},
      {"what it was told", [](json& s) { s["record"]["transcript"]["client"]["only_watches"] = true; }, "transcript: what the run was told"},
  };
  for (const auto& row : table) {
    json changed = original;
    row.tamper(changed["statement"]);
    changed["signature"] = auth::base64(key->sign(changed["statement"].dump(1) + "\n"));
    const Finished cheated = verify(changed.dump(1) + "\n");
    EXPECT_EQ(cheated.exit_code, 1) << row.what << "\n" << cheated.out;
    EXPECT_NE(cheated.out.find(row.says), std::string::npos) << row.what << "\n" << cheated.out;
  }
}

// A file that is wrong in a thousand places costs no thousand lines.
TEST_F(Certificates, FindingsAreCountedAndCut) {
  json changed = json::parse(text());
  for (json& one : changed["statement"]["record"]["cases"]) one["section"] = "9.9";
  const Finished done = verify(changed.dump(1) + "\n");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_LT(done.out.size(), 10000U);
  EXPECT_NE(done.out.find(" more\n"), std::string::npos) << done.out;
  json files = json::parse(text());
  for (int i = 0; i < 1500; ++i) files["statement"]["spec_files"]["f" + std::to_string(i)] = "0";
  EXPECT_LT(verify(files.dump(1) + "\n").out.size(), 10000U);
}

TEST_F(Certificates, TheFileTheKeyAndTheSpecsMustBeTheRightOnes) {
  std::string spaced = text();
  spaced.insert(spaced.size() - 2, " ");
  EXPECT_NE(verify(spaced).out.find("FINDING  file: it is not as it was written"), std::string::npos);
  EXPECT_EQ(verify(spaced).exit_code, 1);
  EXPECT_NE(verify(text(), "other.pub").out.find("FINDING  key: "), std::string::npos);
  EXPECT_EQ(verify(text(), "other.pub").exit_code, 1);
  EXPECT_EQ(verify(text().substr(0, text().size() / 2)).exit_code, 1);
  EXPECT_EQ(verify("{}").exit_code, 1);
  EXPECT_EQ(verify(text(), "certificate.json").exit_code, 2);  // no key at all

  const std::string specs = path("specs");
  std::filesystem::copy(test::spec_directory(), specs, std::filesystem::copy_options::recursive);
  std::ofstream(specs + "/common.yaml", std::ios::app) << "\n# changed\n";
  // Another wording of the specs: it is noted, and every verdict is found again.
  const Finished other = verify(text(), "key.pub", specs);
  EXPECT_EQ(other.exit_code, 0) << other.out;
  EXPECT_NE(other.out.find("specs: common.yaml is another"), std::string::npos) << other.out;
  // Specs that ask otherwise cannot judge it again, and accuse nobody.
  std::filesystem::remove(specs + "/sequences/valves.yaml");
  const Finished less = verify(text(), "key.pub", specs);
  EXPECT_EQ(less.exit_code, 4) << less.out;
  EXPECT_EQ(less.out.find("FINDING"), std::string::npos) << less.out;
  EXPECT_NE(less.out.find("judging again needs meterproof "), std::string::npos) << less.out;
}

// What later releases do to a certificate: reworded messages, new cases, new members of the record.
TEST_F(Certificates, OutlivesItsSuite) {
  const auto key = attestation::Key::private_from_pem(test::read_file(path("key")));
  ASSERT_TRUE(key);
  const auto signed_again = [&](const std::function<void(json & statement)>& change) {
    json changed = json::parse(text());
    change(changed["statement"]);
    changed["signature"] = auth::base64(key->sign(changed["statement"].dump(1) + "\n"));
    return changed.dump(1) + "\n";
  };
  const auto another_suite = [](json& s) {
    for (json* suite : {&s["suite"], &s["record"]["suite"], &s["subject"]["suite"]})
      (*suite)["rules_digest"] = std::string(64, 'a'), (*suite)["version"] = "0.0.9";
  };
  // Wordings are no part of a certificate, so a better one changes none; nobody can put his own in.
  const Finished reworded = verify(signed_again([](json& s) { s["record"]["cases"][3]["expected"]["en"] = "worded otherwise"; }));
  EXPECT_EQ(reworded.exit_code, 1) << reworded.out;
  EXPECT_NE(reworded.out.find("record/cases/3/expected/en: no certificate has this member"), std::string::npos) << reworded.out;
  // A member that this release does not know is one of another suite, or forged.
  const auto add_member = [](json& s) { s["record"]["cases"][3]["added_later"] = 7; };
  const Finished longer = verify(signed_again(add_member));
  EXPECT_EQ(longer.exit_code, 1) << longer.out;
  const Finished later = verify(signed_again([&](json& s) {
    another_suite(s);
    add_member(s);
  }));
  EXPECT_EQ(later.exit_code, 4) << later.out;
  EXPECT_NE(later.out.find("judging again needs meterproof 0.0.9"), std::string::npos) << later.out;
  EXPECT_EQ(later.out.find("the certificate holds"), std::string::npos) << later.out;
  // Another suite that judges alike: it holds, and the other is named.
  const Finished alike = verify(signed_again(another_suite));
  EXPECT_EQ(alike.exit_code, 0) << alike.out;
  EXPECT_NE(alike.out.find("it was judged by meterproof 0.0.9"), std::string::npos) << alike.out;
  EXPECT_NE(alike.out.find("other texts of that suite were not compared"), std::string::npos) << alike.out;
  // Another suite with one case less, or another verdict: only that suite can judge it again.
  const Finished fewer = verify(signed_again([&](json& s) {
    another_suite(s);
    const json& one = s["record"]["cases"][10];
    auto& counts = s["subject"]["counts"];
    counts[one["verdict"].get<std::string>()] = counts[one["verdict"].get<std::string>()].get<int>() - 1;
    s["record"]["cases"].erase(10);
  }));
  EXPECT_EQ(fewer.exit_code, 4) << fewer.out;
  EXPECT_NE(fewer.out.find("judging again needs meterproof 0.0.9"), std::string::npos) << fewer.out;
  EXPECT_EQ(fewer.out.find("does NOT hold"), std::string::npos) << fewer.out;
  // Signature, chain and subject are checked all the same.
  std::string broken = signed_again(another_suite);
  broken.replace(broken.find("0.0.9"), 5, "0.0.8");
  EXPECT_EQ(verify(broken).exit_code, 1);
  // A certificate of another schema names the release that reads it.
  json other = json::parse(text());
  other["schema"] = "meterproof/certificate/9";
  const Finished unread = verify(other.dump(1) + "\n");
  EXPECT_EQ(unread.exit_code, 4) << unread.out;
  EXPECT_NE(unread.out.find("nothing was checked: only a release that reads meterproof/certificate/9 can"), std::string::npos) << unread.out;
  EXPECT_EQ(unread.out.find("hold"), std::string::npos) << unread.out;
  // Another suite that judges a load otherwise accuses nobody either.
  const Finished otherwise = verify(signed_again([&](json& s) {
    another_suite(s);
    s["loads"][0]["thresholds"] = {{{"met", true}, {"unknown", false}, {"found", {{"id", ""}, {"args", json::object()}, {"en", "0.001 ms"}}}}};
    s["vouched"]["loads"][0]["thresholds"] = {{{"threshold", "p50<1us"}}};
  }));
  EXPECT_EQ(otherwise.exit_code, 4) << otherwise.out;
  EXPECT_NE(otherwise.out.find("judging again needs meterproof 0.0.9"), std::string::npos) << otherwise.out;
  EXPECT_EQ(otherwise.out.find("FINDING"), std::string::npos) << otherwise.out;
}

TEST_F(Certificates, NoFileIsReplacedByAnother) {
  const std::string key = test::read_file(path("key")), record = test::read_file(path("check.json"));
  const std::vector<std::vector<std::string>> table = {{"--out", path("./key")},
                                                       {"--out", path("check.json")},
                                                       {"--out", path("both"), "--html", path("both")},
                                                       {"--out", path("none.json"), "--html", path("key")}};
  for (const auto& row : table) {
    std::vector<std::string> arguments = {"certify", path("check.json"), "--key", path("key")};
    arguments.insert(arguments.end(), row.begin(), row.end());
    const Finished done = run(arguments);
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find("is named twice"), std::string::npos) << done.out;
  }
  EXPECT_EQ(test::read_file(path("key")), key);
  EXPECT_EQ(test::read_file(path("check.json")), record);
}

// A certificate of the first release, kept for all later ones: it is read, and names the release that can judge it again.
TEST(GoldenCertificate, NamesItsRelease) {
  const std::string folder = std::string(METERPROOF_SOURCE) + "/tests/data/certificates/";
  const Finished done = run({"verify", folder + "0.1.0.json", "--pub", folder + "0.1.0.pub"});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_NE(done.out.find("judging again needs meterproof 0.1"), std::string::npos) << done.out;
  EXPECT_EQ(done.out.find("FINDING"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("conforms"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("it is of an older release (meterproof/certificate/2)"), std::string::npos) << done.out;
}

// The rules of its schema still find what was changed in it.
TEST(GoldenCertificate, IsStillProtected) {
  const std::string folder = std::string(METERPROOF_SOURCE) + "/tests/data/certificates/", given = test::temporary("golden.json");
  const json original = json::parse(test::read_file(folder + "0.1.0.json"));
  const struct {
    const char* what;
    std::function<void(json& certificate)> change;
    const char* says;
  } table[] = {
      {"a reply", [](json& c) { c["statement"]["record"]["transcript"]["events"][1]["replies"][0]["status"] = 201; }, "transcript: event 2"},
      {"the subject", [](json& c) { c["statement"]["subject"]["counts"]["passed"] = 1000; }, "subject: its counts"},
      {"the digest of the specs", [](json& c) { c["statement"]["spec_sha256"] = std::string(64, '0'); }, "specs: the digest"},
      {"something unsigned", [](json& c) { c["subject"] = "conforms"; }, "stands beside the signed statement"},
      {"the day of issue", [](json& c) { c["statement"]["issued"] = "2030-01-01 00:00:00 UTC"; }, "signature: it does not hold"},
  };
  for (const auto& row : table) {
    json changed = original;
    row.change(changed);
    std::ofstream(given, std::ios::binary) << changed.dump(1) << "\n";
    const Finished done = run({"verify", given, "--pub", folder + "0.1.0.pub"});
    EXPECT_EQ(done.exit_code, 1) << row.what << "\n" << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << row.what << "\n" << done.out;
  }
}

// What was declared after the run, a target that was renamed, an edited exchange: no certificate is made of them.
TEST_F(Certificates, ARecordThatWasEditedIsNotCertified) {
  const std::string record = test::read_file(path("check.json"));
  const auto edited = [&](const std::function<void(json & record)>& change) {
    json changed = json::parse(record);
    change(changed);
    return changed.dump();
  };
  const std::string url = json::parse(record)["target"];
  std::string renamed = record;
  for (std::size_t at = 0; (at = renamed.find(url, at)) != std::string::npos;) renamed.replace(at, url.size(), "http://gas.example.cn:8080");
  const struct {
    const char* what;
    std::string text;
    const char* says;
  } table[] = {
      {"a waiver added", edited([](json& r) {
         r["declarations"].push_back({{"kind", "waiver"}, {"cases", "*"}, {"reason", "agreed"}, {"expires", "2099-01-01"}});
       }),
       "was changed after it"},
      {"the target renamed", renamed, "was changed after it"},
      {"the filter", edited([](json& r) { r["filter"] = "GetData/*"; }), "was changed after it"},
      {"a reply", edited([](json& r) { r["transcript"]["events"].back()["kind"] = "hook"; }), "its transcript was changed after the run"},
      {"the verdict of a case", edited([](json& r) { r["cases"][0]["verdict"] = "failed"; }), "is not what its cases come to"},
      {"the exit code", edited([](json& r) { r["exit_code"] = 1; }), "is not what its cases come to"},
      {"without a seal", edited([](json& r) { r["transcript"].erase("chain"); }), "its transcript is not sealed"},
  };
  for (const auto& row : table) {
    std::ofstream(path("edited.json")) << row.text;
    const Finished done = run({"certify", path("edited.json"), "--key", path("key"), "--out", path("none.json")});
    EXPECT_EQ(done.exit_code, 2) << row.what << "\n" << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << row.what << "\n" << done.out;
    EXPECT_FALSE(std::filesystem::exists(path("none.json"))) << row.what;
  }
  std::ofstream(path("edited.json")) << edited([](json& r) { r["cases"][0]["verdict"] = "failed"; });
  const Finished report = run({"report", path("edited.json")});
  EXPECT_EQ(report.exit_code, 2) << report.out;
  EXPECT_NE(report.out.find("is not what its cases come to"), std::string::npos) << report.out;
}

TEST_F(Certificates, AValidityIsANumberOfDays) {
  for (const char* days : {"0d", "365", "-1d", "4000d", "1y", "", "99999999999d"}) {
    const Finished done = run({"certify", path("check.json"), "--key", path("key"), "--out", path("none.json"), "--valid", days});
    EXPECT_EQ(done.exit_code, 2) << days << "\n" << done.out;
  }
  const Finished done = run({"certify", path("check.json"), "--key", path("key"), "--out", path("month.json"), "--valid", "30d"});
  ASSERT_EQ(done.exit_code, 0) << done.out;
  const auto vouched = json::parse(test::read_file(path("month.json")))["statement"]["vouched"];
  const auto from = core::DateTime::parse(vouched["valid"]["from"].get<std::string>().substr(0, 19));
  const auto until = core::DateTime::parse(vouched["valid"]["until"].get<std::string>().substr(0, 19));
  ASSERT_TRUE(from && until);
  EXPECT_EQ(*until - *from, std::chrono::hours(24 * 30));
}

TEST_F(Certificates, WhatCannotBeCertifiedIsNot) {
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } table[] = {
      {{path("load.json")}, "a certificate rests on a check"},
      {{path("check.json"), path("check.json")}, "a certificate is of one"},
      {{path("key.pub")}, "key.pub"},
      {{"/nowhere"}, "it cannot be read"},
  };
  for (const auto& row : table) {
    std::vector<std::string> arguments = {"certify", "--key", path("key"), "--out", path("none.json")};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Finished done = run(arguments);
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << done.out;
  }
  auto record = json::parse(test::read_file(path("check.json")));
  record.erase("transcript");
  std::ofstream(path("bare.json")) << record.dump();
  const Finished bare = run({"certify", path("bare.json"), "--key", path("key"), "--out", path("none.json")});
  EXPECT_EQ(bare.exit_code, 2);
  EXPECT_NE(bare.out.find("run the check with --transcript"), std::string::npos) << bare.out;
  record = json::parse(test::read_file(path("check.json")));
  record["interrupted"] = true;
  record["verdict"] = "not-judged";
  record["exit_code"] = 4;
  std::ofstream(path("cut.json")) << record.dump();
  const Finished cut = run({"certify", path("cut.json"), "--key", path("key"), "--out", path("none.json")});
  EXPECT_EQ(cut.exit_code, 2);
  EXPECT_NE(cut.out.find("nothing to certify: the check was interrupted"), std::string::npos) << cut.out;
  const std::string old_record = std::string(METERPROOF_SOURCE) + "/tests/data/records/check_v1.json";
  const Finished old = run({"certify", old_record, "--key", path("key"), "--out", path("none.json")});
  EXPECT_EQ(old.exit_code, 2);
  EXPECT_NE(old.out.find("does not say which suite judged it"), std::string::npos) << old.out;
  const Finished by_public = run({"certify", path("check.json"), "--key", path("key.pub"), "--out", path("none.json")});
  EXPECT_EQ(by_public.exit_code, 2);
  EXPECT_NE(by_public.out.find("one Ed25519 private key"), std::string::npos) << by_public.out;
  EXPECT_EQ(run({"keygen", "--out", path("key")}).exit_code, 2);  // a key that is overwritten is lost
  struct stat about {};
  ASSERT_EQ(::stat(path("key").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

// A disk that is full where one of the two goes.
TEST_F(Certificates, AnOutputThatFailsCostsNoOther) {
  const Finished page = run({"certify", path("check.json"), "--key", path("key"), "--out", "/dev/full", "--html", path("alone.html")});
  EXPECT_EQ(page.exit_code, 2) << page.out;
  EXPECT_NE(page.out.find("/dev/full"), std::string::npos) << page.out;
  EXPECT_NE(test::read_file(path("alone.html")).find("</html>"), std::string::npos);
  const Finished certificate = run({"certify", path("check.json"), "--key", path("key"), "--out", path("alone.json"), "--html", "/dev/full"});
  EXPECT_EQ(certificate.exit_code, 2) << certificate.out;
  EXPECT_NE(certificate.out.find("/dev/full"), std::string::npos) << certificate.out;
  EXPECT_EQ(verify(test::read_file(path("alone.json"))).exit_code, 0);
}

// Nobody cut that run off: it came to no verdict.
TEST_F(Certificates, ARunThatWasNotJudgedIsNotCertified) {
  Process mock({"mock", "--port", "0", "--app", "a:another-secret"});
  const Finished check =
      run({"check", "http://127.0.0.1:" + std::to_string(mock.port()), "--app", "a:the-secret-of-a", "--transcript", "--json", path("unjudged.json")});
  ASSERT_EQ(check.exit_code, 4) << check.out;
  const auto record = json::parse(test::read_file(path("unjudged.json")));
  EXPECT_EQ(record["verdict"], "not-judged");
  EXPECT_FALSE(record.value("interrupted", false));
  const Finished done = run({"certify", path("unjudged.json"), "--key", path("key"), "--out", path("unjudged.certificate")});
  EXPECT_EQ(done.exit_code, 2) << done.out;
  EXPECT_NE(done.out.find("nothing to certify: not judged"), std::string::npos) << done.out;
  EXPECT_FALSE(std::filesystem::exists(path("unjudged.certificate")));
}

// How many meters may report in a time stands beside the verdict, and follows from the rate that was measured.
TEST_F(Certificates, ALoadIsCertifiedWithItsClass) {
  // Each payment takes 50 ms, and there are eight connections: 160 a second.
  std::ofstream(path("slow.json")) << R"([{"kind": "delay", "interface": "RemotePay", "delay_ms": 50}])";
  std::ofstream(path("payments.yaml")) << test::payments;
  const test::Mock mock({"--app", "a:the-secret-of-a", "--app", "c:the-secret-of-c", "--replay-protection", "off", "--faults", path("slow.json")});
  const Finished check = run({"check", mock.url(), "--app", "a:the-secret-of-a", "--filter", "GetUserInfo/1/*", "--effect-timeout", "0s", "--transcript",
                              "--json", path("part.json")});
  ASSERT_EQ(check.exit_code, 0) << check.out;
  std::vector<std::string> words = {"load", mock.url(), "--app", "c:the-secret-of-c", "--timestamps", "shared", "--json", path("class.json")};
  for (const char* word :
       {"--class", "meters@midnight(2h)", "--threshold", "p99<1s,lost=0", "--meters", "50", "--rate", "120", "--duration", "2s", "--warm-up", "0"})
    words.emplace_back(word);
  words.insert(words.end(), {"--workload", path("payments.yaml")});
  const Finished load = run(words);
  ASSERT_EQ(load.exit_code, 0) << load.out;
  const Finished certify = run({"certify", path("part.json"), path("class.json"), "--key", path("key"), "--out", path("class-certificate.json"), "--html",
                                path("class-certificate.html")});
  ASSERT_EQ(certify.exit_code, 0) << certify.out;
  const Finished verified = run({"verify", path("class-certificate.json"), "--pub", path("key.pub")});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  json record = json::parse(test::read_file(path("class.json")));
  const std::string says = "class: " + std::to_string(record["class"]["meters"].get<std::uint64_t>()) + " meters in meters@midnight(2h)";
  EXPECT_NE(verified.out.find(says), std::string::npos) << verified.out;
  EXPECT_NE(test::read_file(path("class-certificate.html")).find("meters@midnight(2h)"), std::string::npos);
  record["class"]["meters"] = 2 * record["class"]["meters"].get<std::uint64_t>();
  std::ofstream(path("class.json")) << record.dump();
  const Finished more = run({"certify", path("part.json"), path("class.json"), "--key", path("key"), "--out", path("none.json")});
  EXPECT_EQ(more.exit_code, 1) << more.out;
  EXPECT_NE(more.out.find("meters@midnight(2h)"), std::string::npos) << more.out;
}

// A load stands on the certificate only if it is of the checked target, and good.
TEST_F(Certificates, ALoadOfAnotherTargetOrAFailedOneIsRefused) {
  const struct {
    const char* what;
    std::function<void(json& record)> change;
    const char* says;
  } table[] = {
      {"another port", [](json& r) { r["target"] = "http://127.0.0.1:1"; }, "a load of http://127.0.0.1:1; the check is of"},
      {"another host", [](json& r) { r["target"] = "http://gas.example:80"; }, "a load of http://gas.example:80"},
      {"failed", [](json& r) { r["exit_code"] = 1; }, "a load that is not good cannot be certified"},
      {"not measured", [](json& r) { r["exit_code"] = 4; }, "a load that is not good cannot be certified"},
  };
  for (const auto& row : table) {
    json record = json::parse(test::read_file(path("load.json")));
    row.change(record);
    std::ofstream(path("other_load.json")) << record.dump();
    const Finished done = run({"certify", path("check.json"), path("other_load.json"), "--key", path("key"), "--out", path("none.json")});
    EXPECT_EQ(done.exit_code, 2) << row.what << "\n" << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << row.what << "\n" << done.out;
    EXPECT_FALSE(std::filesystem::exists(path("none.json"))) << row.what;
  }
}

TEST_F(Certificates, ALoadStandsOnItOnce) {
  const Finished done = run({"certify", path("check.json"), path("load.json"), path("load.json"), "--key", path("key"), "--out", path("none.json")});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_NE(done.out.find("load 2: it is load 1 once more"), std::string::npos) << done.out;
}

// What stands beside the signed statement is read as if it were signed.
TEST_F(Certificates, NothingUnsignedStandsBesideTheStatement) {
  for (const bool first : {true, false}) {
    json changed = json::parse(text());
    json all = first ? json{{"subject", "conforms 100 %"}} : changed;
    if (first) all.update(changed);
    else all["note"] = "conforms 100 %";
    const Finished done = verify(all.dump(1) + "\n");
    EXPECT_EQ(done.exit_code, 1) << done.out;
    EXPECT_NE(done.out.find("stands beside the signed statement"), std::string::npos) << done.out;
  }
}

// A certificate's file may cost no more than its size: a hundred thousand members of one object took minutes.
TEST_F(Certificates, AnObjectOfManyMembersIsRefusedAtOnce) {
  std::string many = "{";
  for (int i = 0; i < 100000; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  many += "\"last\":1}";
  const Finished done = verify("{\"schema\": \"meterproof/certificate/3\", \"statement\": " + many + "}");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_NE(done.out.find("more than 2000 members"), std::string::npos) << done.out;
  std::ofstream(path("many.json")) << "{\"schema\": \"meterproof/check/2\", \"cases\": " << many << "}";
  const Finished report = run({"report", path("many.json")});
  EXPECT_EQ(report.exit_code, 2);
  EXPECT_NE(report.out.find("more than 2000 members"), std::string::npos) << report.out;
}

// A file that holds more than the one key shows a reader another key than the program uses; a point of small order verifies anything.
TEST_F(Certificates, APublicKeyIsOneKeyOfFullOrderAndNothingElse) {
  const std::string good = test::read_file(path("key.pub")), other = test::read_file(path("other.pub"));
  /// SubjectPublicKeyInfo of Ed25519 (RFC 8410) with those 32 bytes.
  const auto pem_of = [](const std::string& point) {
    return "-----BEGIN PUBLIC KEY-----\n" + auth::base64(std::string("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12) + point) +
           "\n-----END PUBLIC KEY-----\n";
  };
  const std::string zeros(31, '\0'), ones = "\xec" + std::string(30, '\xff') + "\x7f";
  const struct {
    const char* what;
    std::string pem;
  } table[] = {
      {"two keys", good + other},
      {"words before it", "the key of our auditor\n" + good},
      {"words after it", good + "the key of our auditor\n"},
      {"a byte order mark", "\xef\xbb\xbf" + good},
      {"the private key", test::read_file(path("key"))},
      {"the private key behind it", good + test::read_file(path("key"))},
      {"empty", ""},
      {"the identity", pem_of("\x01" + zeros)},
      {"order 2", pem_of(ones)},
      {"order 4", pem_of(std::string(1, '\0') + zeros)},
      {"order 8", pem_of("\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a")},
      {"not reduced", pem_of("\xee" + std::string(30, '\xff') + "\x7f")},
  };
  for (const auto& row : table) {
    std::ofstream(path("given.pub"), std::ios::binary) << row.pem;
    const Finished done = verify(text(), "given.pub");
    EXPECT_EQ(done.exit_code, 2) << row.what << "\n" << done.out;
    EXPECT_NE(done.out.find("one Ed25519 public key"), std::string::npos) << row.what << "\n" << done.out;
  }
  std::ofstream(path("given.pub"), std::ios::binary) << good;
  EXPECT_EQ(verify(text(), "given.pub").exit_code, 0);
}

// A private key that others may read is refused; keygen never writes through what stands in its way, and leaves nothing where it cannot finish.
TEST_F(Certificates, APrivateKeyIsItsOwnersAlone) {
  std::filesystem::copy_file(path("key"), path("open_key"));
  for (const auto mode : {0640U, 0604U, 0666U}) {
    ASSERT_EQ(::chmod(path("open_key").c_str(), mode), 0);
    const Finished done = run({"certify", path("check.json"), "--key", path("open_key"), "--out", path("none.json")});
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find("chmod 600"), std::string::npos) << done.out;
  }
  std::ofstream(path("victim")) << "precious";
  std::filesystem::create_symlink(path("victim"), path("linked"));
  std::filesystem::create_symlink(path("nothing"), path("dangling"));
  for (const char* name : {"linked", "dangling"}) {
    EXPECT_EQ(run({"keygen", "--out", path(name)}).exit_code, 2);
    EXPECT_FALSE(std::filesystem::exists(path(std::string(name) + ".pub"))) << name;
  }
  EXPECT_EQ(test::read_file(path("victim")), "precious");
  EXPECT_FALSE(std::filesystem::exists(path("nothing")));
  std::ofstream(path("fresh.pub")) << "in the way";
  EXPECT_EQ(run({"keygen", "--out", path("fresh")}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(path("fresh")));
}

TEST_F(Certificates, APrivateKeyOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  constexpr unsigned somebody = 12345;
  const std::string key = path("key_of_somebody"), certificate = path("none.json");
  std::filesystem::copy_file(path("key"), key);
  ASSERT_EQ(::chmod(key.c_str(), 0600), 0);
  ASSERT_EQ(::chown(key.c_str(), somebody, somebody), 0);
  const Finished done = run({"certify", path("check.json"), "--key", key, "--out", certificate});
  EXPECT_EQ(done.exit_code, 2) << done.out;
  EXPECT_NE(done.out.find("belongs to another user"), std::string::npos) << done.out;
  EXPECT_FALSE(std::filesystem::exists(certificate));
}

// A pipeline that asks "does it conform?" must not be answered by "it holds".
TEST_F(Certificates, HoldsAndDoesNotConformHasACodeOfItsOwn) {
  Process mock({"mock", "--port", "0", "--app", "a:the-secret-of-a", "--mutant", "GetData/Remnant/wrong-value"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
  const Finished check =
      run({"check", url, "--app", "a:the-secret-of-a", "--filter", "GetData/*", "--effect-timeout", "0s", "--transcript", "--json", path("bad.json")});
  ASSERT_EQ(check.exit_code, 1) << check.out;
  const Finished certify = run({"certify", path("bad.json"), "--key", path("key"), "--out", path("bad_certificate.json")});
  ASSERT_EQ(certify.exit_code, 0) << certify.out;
  const Finished done = verify(test::read_file(path("bad_certificate.json")));
  EXPECT_EQ(done.exit_code, 5) << done.out;
  EXPECT_NE(done.out.find("the certificate holds; what it certifies: the target does not conform"), std::string::npos) << done.out;
}

/// A platform that repeats, in whatever letters, the tokens and secrets that it knows.
class Talkative {
 public:
  std::string url() const { return platform_.url(); }
  void stop() { platform_.stop(); }
  std::set<std::string> tokens;  // sent, and right; read after `stop`

 private:
  void answer(mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    test::answer_as_the_mock(state, request, response);
    const core::Authentication& authentication = test::specification().authentication;
    const std::string token(request.header(authentication.headers[authentication.token].name));
    const std::string authorization(request.header(authentication.headers[authentication.authorization].name));
    std::string plain, right;
    if (const auto parts = signer_.split_authorization(authorization, plain)) right = signer_.token({"demo", "demo-secret"}, parts->second);
    const std::string soon = signer_.token({"demo", "demo-secret"}, (core::local_time(std::chrono::system_clock::now(), authentication.utc_offset)).compact());
    std::string said = "your secret is demo-secret, DEMO_SECRET, " + auth::base64("demo-secret");
    for (const std::string& one : {token, before_, right, soon}) {
      // "or" parts them where only letters and digits are left: a token that was cut by a digit is not made whole by the one behind it.
      said += "; you said " + one + " or " + in_capitals(one) + "ab or " + auth::base64(one) + " or " + auth::base64("AccessToken: " + in_capitals(one));
      std::string percent, escaped, grouped;
      for (std::size_t i = 0; i < one.size(); ++i) {
        char digits[8];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(one[i])));
        percent += std::string("%") + digits;
        escaped += std::string("\\u00") + digits;
        grouped += (i % 4 == 0 ? "-" : "") + one.substr(i, 1);
      }
      said += " or " + percent + " or " + escaped + " or " + grouped;
    }
    const std::string message = "\"Message\":\"";
    if (const std::size_t at = response.body.find(message); at != std::string::npos) response.body.insert(at + message.size(), said);
    response.extra_headers += "X-Said: " + said + "\r\n";
    const bool is_token = token.size() == 32 && token.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (is_token) response.extra_headers += "X-" + token + ": 1\r\n";
    before_ = token;
    for (const std::string& one : {is_token ? token : std::string(), right, soon})
      if (!one.empty()) tokens.insert(one);
  }
  static std::string in_capitals(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  }

  auth::Signer signer_{test::specification().authentication};
  std::string before_;
  test::Platform platform_{[this](auto& state, const auto& request, auto& response) { answer(state, request, response); }};
};

/// Everything that stands in a text, encodings taken off: of a JSON dump.
std::string laid_bare(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const bool percent = text[i] == '%', escape = text.compare(i, 2, "\\u") == 0;
    if ((percent && std::sscanf(text.c_str() + i, "%%%2x", &code) == 1) || (escape && std::sscanf(text.c_str() + i, "\\u%4x", &code) == 1)) {
      out += static_cast<char>(code);
      i += percent ? 2 : 5;
    } else if (std::isalnum(static_cast<unsigned char>(text[i])) != 0) {
      out += text[i];
    }
  }
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// A secret of zeros alone behind its first digit may stand in the keys that the run makes: they are longer with zeros.
TEST(Evidence, NeedsSecretsThatCanBeToldFromTheReplies) {
  for (const std::string secret : {"1234", "90000007", "secret"}) {
    Process mock({"mock", "--port", "0", "--app", "a:" + secret, "--app", "b:t"});
    const Finished check =
        run({"check", "http://127.0.0.1:" + std::to_string(mock.port()), "--app", "a:" + secret, "--app", "b:t", "--effect-timeout", "0s", "--transcript"});
    EXPECT_EQ(check.exit_code, 0) << secret << "\n" << check.out;
  }
  for (const std::string secret : {"ResultCode", "DataList", "remnant-time", "Message"}) {
    const Finished check = run({"check", "http://127.0.0.1:1", "--app", "a:" + secret, "--transcript"});
    EXPECT_EQ(check.exit_code, 2) << secret;
    EXPECT_NE(check.out.find("is a word of the interface"), std::string::npos) << check.out;
  }
}

TEST(Evidence, ATargetThatRepeatsTokensLeaksNone) {
  const std::string record = temporary("talkative.json");
  Talkative platform;
  const Finished check =
      run({"check", platform.url(), "--app", "demo:demo-secret", "--filter", "GetUserInfo/*", "--effect-timeout", "0s", "--transcript", "--json", record});
  platform.stop();
  EXPECT_EQ(check.exit_code, 0) << check.out;
  const std::string transcript = json::parse(test::read_file(record))["transcript"].dump();
  EXPECT_EQ(transcript.find("demo-secret"), std::string::npos);
  EXPECT_NE(transcript.find("your secret is [secret]"), std::string::npos);
  for (const std::string& token : platform.tokens) EXPECT_EQ(transcript.find(auth::base64(token)), std::string::npos) << token;
  const std::string bare = laid_bare(transcript);
  for (const std::string& token : platform.tokens) EXPECT_EQ(bare.find(token), std::string::npos) << token;
  EXPECT_EQ(bare.find("demosecret"), std::string::npos);
  EXPECT_GT(platform.tokens.size(), 100U);
}

}  // namespace certificate_test
}  // namespace meterproof
