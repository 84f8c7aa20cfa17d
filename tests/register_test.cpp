// SPDX-License-Identifier: Apache-2.0
// An issuer's register of certificates: what it says of them, and who may change it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "attestation/keys.hpp"
#include "attestation/register.hpp"
#include "core/auth/base64.hpp"
#include "tests/support/mock_process.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof {
namespace register_test {

using json = nlohmann::ordered_json;
using test::Finished;
using test::run;
using test::temporary;

/// Two certificates of one key, and what is needed beside them; made once.
class Registers : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = temporary("registers");
    std::filesystem::create_directories(folder_);
    {
      test::MockProcess mock({"--app", "a:s"});
      const Finished check =
          run({"check", mock.url(), "--app", "a:s", "--filter", "GetUserInfo", "--effect-timeout", "0s", "--transcript", "--json", path("check.json")});
      ASSERT_EQ(check.exit_code, 0) << check.out;
    }
    for (const std::string name : {"key", "other"}) ASSERT_EQ(run({"keygen", "--out", path(name)}).exit_code, 0);
    for (const std::string name : {"one.json", "two.json"})
      ASSERT_EQ(run({"certify", path("check.json"), "--key", path("key"), "--out", path(name)}).exit_code, 0);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }
  void SetUp() override { std::filesystem::remove(path("register.json")); }

  static std::string path(const std::string& name) { return folder_ + "/" + name; }
  static std::string serial_of(const std::string& name) { return json::parse(test::read_file(path(name)))["statement"]["vouched"]["serial"]; }
  static Finished keep(std::vector<std::string> more) {
    more.insert(more.begin(), {"register", path("register.json"), "--key", path("key")});
    return run(more);
  }
  static Finished verify(const std::string& name, const std::string& in = "register.json") {
    return run({"verify", path(name), "--pub", path("key.pub"), "--register", path(in)});
  }

 private:
  static inline std::string folder_;
};

TEST_F(Registers, AddsRevokesAndLists) {
  const Finished added = keep({"--add", path("one.json"), "--add", path("two.json")});
  ASSERT_EQ(added.exit_code, 0) << added.out;
  EXPECT_NE(added.out.find("register 1 of "), std::string::npos) << added.out;
  EXPECT_NE(added.out.find("2 certificates, 2 valid, 0 expired, 0 revoked"), std::string::npos) << added.out;
  EXPECT_EQ(verify("one.json").exit_code, 0) << verify("one.json").out;
  EXPECT_NE(verify("one.json").out.find("has it, not revoked"), std::string::npos);

  const Finished revoked = keep({"--revoke", serial_of("one.json"), "--reason", "the platform was replaced"});
  ASSERT_EQ(revoked.exit_code, 0) << revoked.out;
  EXPECT_NE(revoked.out.find("register 2 of "), std::string::npos) << revoked.out;
  const Finished refused = verify("one.json");
  EXPECT_EQ(refused.exit_code, 1) << refused.out;
  EXPECT_NE(refused.out.find("the platform was replaced"), std::string::npos) << refused.out;
  EXPECT_EQ(verify("two.json").exit_code, 0) << "the other one is not";
  EXPECT_EQ(run({"verify", path("one.json"), "--pub", path("key.pub")}).exit_code, 0) << "nobody asked the register";

  // Everybody with the public key can list it.
  const Finished listed = run({"register", path("register.json"), "--pub", path("key.pub")});
  EXPECT_EQ(listed.exit_code, 0) << listed.out;
  EXPECT_NE(listed.out.find("1 valid, 0 expired, 1 revoked"), std::string::npos) << listed.out;
  // The first reason stays.
  ASSERT_EQ(keep({"--revoke", serial_of("one.json"), "--reason", "something else"}).exit_code, 0);
  EXPECT_NE(verify("one.json").out.find("the platform was replaced"), std::string::npos);
}

// Beside the runs of a folder stand its certificates, and what became of them.
TEST_F(Registers, AHistoryShowsHowCertificatesStand) {
  ASSERT_EQ(keep({"--add", path("one.json"), "--revoke", serial_of("one.json"), "--reason", "the platform was replaced"}).exit_code, 0);
  const auto standings = [&](std::vector<std::string> more, const std::string& standing_of_two) {
    more.insert(more.begin(), {"history", path(""), "--json", path("told.out"), "--html", path("told.html")});
    const Finished told = run(more);
    EXPECT_EQ(told.exit_code, 0) << told.out;
    std::map<std::string, std::string> out;
    const json record = json::parse(test::read_file(path("told.out")));
    for (const auto& one : record["certificates"]) out[one["file"].get<std::string>()] = one["standing"].get<std::string>();
    EXPECT_EQ(out["two.json"], standing_of_two);
    EXPECT_NE(test::read_file(path("told.html")).find(serial_of("two.json")), std::string::npos);
    std::filesystem::remove(path("told.html"));
    EXPECT_NE(told.out.find(serial_of("one.json")), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("meterproof verify"), std::string::npos) << told.out;
    return out["one.json"];
  };
  EXPECT_EQ(standings({}, "unchecked"), "unchecked") << "nobody's key was given";
  EXPECT_EQ(standings({"--pub", path("key.pub")}, "issued"), "issued");
  EXPECT_EQ(standings({"--pub", path("other.pub")}, "forged"), "forged") << "another issuer's";
  EXPECT_EQ(standings({"--pub", path("key.pub"), "--register", path("register.json")}, "unregistered"), "revoked");
  ASSERT_EQ(keep({"--add", path("two.json")}).exit_code, 0);
  EXPECT_EQ(standings({"--pub", path("key.pub"), "--register", path("register.json")}, "registered"), "revoked");

  EXPECT_EQ(run({"history", path(""), "--register", path("register.json")}).exit_code, 2) << "whose it is, nobody can say";
  EXPECT_EQ(run({"history", path(""), "--pub", path("key.pub"), "--register", path("missing.json")}).exit_code, 2);
  // One that was changed is named, and one that is none is told as unread.
  std::string changed = test::read_file(path("two.json"));
  changed.insert(changed.size() - 2, " ");
  std::ofstream(path("changed.json")) << changed;
  std::ofstream(path("cut.json")) << changed.substr(0, changed.size() / 2);
  const Finished told = run({"history", path(""), "--pub", path("key.pub")});
  EXPECT_EQ(told.exit_code, 0) << told.out;
  EXPECT_NE(told.out.find("does not hold: "), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("cut.json"), std::string::npos) << told.out;
  for (const char* name : {"changed.json", "cut.json", "told.out"}) std::filesystem::remove(path(name));
}

TEST_F(Registers, CertifyAddsToIt) {
  const Finished certified = run({"certify", path("check.json"), "--key", path("key"), "--out", path("three.json"), "--register", path("register.json")});
  ASSERT_EQ(certified.exit_code, 0) << certified.out;
  EXPECT_EQ(verify("three.json").exit_code, 0);
  const Finished unknown = verify("one.json");
  EXPECT_EQ(unknown.exit_code, 1) << "it was issued before the register was changed, and is not in it: " << unknown.out;
}

TEST_F(Registers, ASerialCanBeRevokedBeforeItsCertificateIsFound) {
  ASSERT_EQ(keep({"--revoke", serial_of("two.json"), "--reason", "lost"}).exit_code, 0);
  EXPECT_EQ(verify("two.json").exit_code, 1);
  ASSERT_EQ(keep({"--add", path("two.json")}).exit_code, 0);
  EXPECT_EQ(verify("two.json").exit_code, 1) << "it stays revoked";
}

TEST_F(Registers, AnOlderOneDoesNotDecide) {
  const attestation::Key key = *attestation::Key::private_from_pem(test::read_file(path("key")));
  attestation::Register older;
  older.number = 1;
  older.updated = "2020-01-01 00:00:00 UTC";
  std::ofstream(path("register.json")) << attestation::to_json(older, key);
  const Finished undecided = verify("one.json");
  EXPECT_EQ(undecided.exit_code, 4) << undecided.out;
  EXPECT_NE(undecided.out.find("newer register"), std::string::npos) << undecided.out;
}

TEST_F(Registers, ExpiredOnesAreCounted) {
  const attestation::Key key = *attestation::Key::private_from_pem(test::read_file(path("key")));
  attestation::Register content;
  attestation::RegisterEntry entry = attestation::entry_of(test::read_file(path("one.json")));
  entry.until = "2020-01-01 00:00:00 UTC";
  content.updated = "2026-01-01 00:00:00 UTC";
  content.entries = {entry};
  std::ofstream(path("register.json")) << attestation::to_json(content, key);
  EXPECT_NE(run({"register", path("register.json"), "--pub", path("key.pub")}).out.find("0 valid, 1 expired, 0 revoked"), std::string::npos);
}

TEST_F(Registers, WhatWasChangedIsNotBelieved) {
  ASSERT_EQ(keep({"--add", path("one.json"), "--revoke", serial_of("two.json"), "--reason", "lost"}).exit_code, 0);
  const json good = json::parse(test::read_file(path("register.json")));
  const auto changed = [&](const std::function<void(json&)>& change) {
    json out = good;
    change(out);
    return out.dump(1) + "\n";
  };
  const std::pair<const char*, std::string> table[] = {
      {"not revoked any more", changed([](json& one) { one["statement"]["certificates"][1].erase("revoked"); })},
      {"another reason", changed([](json& one) { one["statement"]["certificates"][1]["revoked"]["reason"] = "none"; })},
      {"one removed", changed([](json& one) { one["statement"]["certificates"].erase(0); })},
      {"another number", changed([](json& one) { one["statement"]["number"] = 7; })},
      {"something unsigned", changed([](json& one) { one["note"] = "all is well"; })},
      {"another form", good.dump()},
      {"cut", test::read_file(path("register.json")).substr(0, 200)},
      {"empty", ""},
      {"a list", "[]\n"},
      {"null", "null\n"},
      {"a certificate", test::read_file(path("one.json"))},
      {"deep", std::string(100'000, '[')},
      {"no statement", "{\n \"schema\": \"meterproof/register/1\"\n}\n"},
  };
  std::size_t row = 0;
  for (const auto& [what, text] : table) {
    if (test::is_left_out(row++)) continue;
    std::ofstream(path("changed.json"), std::ios::binary) << text;
    for (const std::string name : {"one.json", "two.json"}) {
      const Finished done = verify(name, "changed.json");
      EXPECT_EQ(done.exit_code, 1) << what << "\n" << done.out;
      EXPECT_NE(done.out.find("register: "), std::string::npos) << what << "\n" << done.out;
    }
    EXPECT_EQ(run({"register", path("changed.json"), "--pub", path("key.pub")}).exit_code, 1) << what;
    EXPECT_EQ(run({"register", path("changed.json"), "--key", path("key"), "--add", path("one.json")}).exit_code, 2) << what << ": it is not written over";
    EXPECT_EQ(test::read_file(path("changed.json")), text) << what;
  }
}

TEST_F(Registers, OfAnotherKeyIsNotBelieved) {
  ASSERT_EQ(run({"register", path("register.json"), "--key", path("other"), "--revoke", serial_of("one.json"), "--reason", "envy"}).exit_code, 0);
  EXPECT_EQ(verify("one.json").exit_code, 1);
  EXPECT_EQ(keep({"--add", path("one.json")}).exit_code, 2) << "another issuer's";
  std::filesystem::remove(path("register.json"));
  const Finished foreign = run({"register", path("register.json"), "--key", path("other"), "--add", path("one.json")});
  EXPECT_EQ(foreign.exit_code, 2) << foreign.out;
  EXPECT_FALSE(std::filesystem::exists(path("register.json")));
}

TEST_F(Registers, SeveralAtOnceLoseNothing) {
  std::vector<std::unique_ptr<test::Process>> all;
  constexpr std::size_t writers = 6;
  for (std::size_t i = 0; i < writers; ++i)
    all.push_back(std::make_unique<test::Process>(std::vector<std::string>{"register", path("register.json"), "--key", path("key"), "--revoke",
                                                                           std::string(31, '0') + std::to_string(i), "--reason", "at once"}));
  for (auto& one : all) EXPECT_EQ(one->finish().exit_code, 0);
  EXPECT_EQ(json::parse(test::read_file(path("register.json")))["statement"]["certificates"].size(), writers);
}

TEST_F(Registers, MisusesAreTold) {
  const std::vector<std::vector<std::string>> table = {
      {"register", path("register.json")},
      {"register", path("register.json"), "--pub", path("key.pub")},  // there is none
      {"register", path("register.json"), "--key", path("key"), "--pub", path("key.pub")},
      {"register", path("register.json"), "--pub", path("key.pub"), "--add", path("one.json")},
      {"register", path("register.json"), "--key", path("key"), "--revoke", serial_of("one.json")},
      {"register", path("register.json"), "--key", path("key"), "--reason", "none"},
      {"register", path("register.json"), "--key", path("key"), "--revoke", "one", "--reason", "short"},
      {"register", path("register.json"), "--key", path("key.pub"), "--add", path("one.json")},
      {"register", path("register.json"), "--key", path("key"), "--add", path("check.json")},
      {"register", path("one.json"), "--key", path("key"), "--add", path("one.json")},
      {"verify", path("one.json"), "--pub", path("key.pub"), "--register", path("none.json")},
  };
  for (const auto& words : table) {
    const Finished done = run(words);
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_FALSE(done.out.empty());
  }
  EXPECT_FALSE(std::filesystem::exists(path("register.json")));
}

}  // namespace register_test
}  // namespace meterproof
