// SPDX-License-Identifier: Apache-2.0
// meterproof world, as its users call it; and many checks at once, each in a world of its own.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace world_command_test {

using nlohmann::json;
using test::Finished;
using test::MockProcess;
using test::temporary;

const auth::App first{"first", "secret-1"};
const std::string meter = "860000000002";

int pay(MockProcess& mock, const std::string& number) {
  const json body = {{"UserCode", "U0002"}, {"MeterAddr", meter}, {"PayWay", 1}, {"PayDate", "2026-03-14 10:00:00"}, {"Money", 1.0}, {"TransId", number}};
  return json::parse(mock.call("/api/Pay/RemotePay", body.dump(), first).body)["ResultCode"].get<int>();
}

/// `meterproof world WORDS` with the mock's address behind the first of them.
Finished world(const MockProcess& mock, std::vector<std::string> words, const std::string& language = "en") {
  words.insert(words.begin() + 1, mock.url());
  words.insert(words.begin(), {"--lang", language, "world"});
  return test::run(words);
}

#define EXPECT_SAYS(finished, code, text)                          \
  do {                                                             \
    const Finished done = (finished);                              \
    EXPECT_EQ(done.exit_code, code) << done.out;                   \
    EXPECT_NE(done.out.find(text), std::string::npos) << done.out; \
  } while (false)

TEST(WorldCommand, KeepsComparesAndBringsBack) {
  MockProcess mock({"--worlds", "per-app", "--app", "first:secret-1", "--app", "二:secret-2"});
  EXPECT_SAYS(world(mock, {"save", "before", "--world", "first"}), 0, "first is kept as before");
  EXPECT_SAYS(world(mock, {"diff", "before", "first"}), 0, "no row differs");
  EXPECT_EQ(pay(mock, "T1"), 1);
  const Finished different = world(mock, {"diff", "before", "first"});
  EXPECT_EQ(different.exit_code, 1) << different.out;
  EXPECT_NE(different.out.find("+ payment T1: "), std::string::npos) << different.out;
  EXPECT_NE(different.out.find("~ meter 860000000002: "), std::string::npos) << different.out;
  EXPECT_NE(different.out.find("Remnant \"28.60\" → \"29.60\""), std::string::npos) << different.out;
  EXPECT_NE(different.out.find("1 added, 0 removed, 1 changed"), std::string::npos) << different.out;
  EXPECT_SAYS(world(mock, {"diff", "first", "before"}, "zh"), 1, "新增 0 行，删除 1 行，改变 1 行");
  EXPECT_SAYS(world(mock, {"fork", "first", "二"}), 0, "二 has the rows of first");
  EXPECT_SAYS(world(mock, {"diff", "first", "二"}), 0, "no row differs");
  EXPECT_SAYS(world(mock, {"restore", "before", "--world", "first"}), 0, "first has the rows of before");
  EXPECT_SAYS(world(mock, {"diff", "before", "first"}), 0, "no row differs");
  const Finished listed = world(mock, {"list"});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_NE(listed.out.find("\nbefore, a snapshot of first at 20"), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find("二: "), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find(" in meter; 3 in payment; "), std::string::npos) << listed.out;
  EXPECT_SAYS(world(mock, {"remove", "before"}), 0, "before is removed");
  EXPECT_SAYS(world(mock, {"remove", "before"}), 2, "the mock refuses that: ");
}

TEST(WorldCommand, WhatIsExportedCanBeImported) {
  const std::string file = temporary("rows.json");
  MockProcess mock({"--app", "first:secret-1"}), large({"--app", "first:secret-1", "--generate-meters", "9000"});
  EXPECT_SAYS(world(mock, {"save", "before"}), 0, "shared is kept as before");
  EXPECT_EQ(pay(mock, "T1"), 1);
  EXPECT_SAYS(world(mock, {"export", "--out", file}), 0, "rows are in " + file);
  EXPECT_SAYS(world(large, {"import", file}), 0, "the world has the ");
  EXPECT_EQ(json::parse(large.get("/_mock/data").body), json::parse(test::read_file(file)));
  EXPECT_SAYS(world(mock, {"export", "--world", "before"}), 0, "\"meter\": [");
  // More than the mebibyte that a request may have elsewhere, and more rows than GET /_mock/data shows by itself.
  MockProcess other({"--app", "first:secret-1", "--generate-meters", "20000"});
  EXPECT_SAYS(world(other, {"export", "--out", file}), 0, "rows are in " + file);
  EXPECT_GT(std::filesystem::file_size(file), 2'000'000U);
  EXPECT_SAYS(world(mock, {"import", file}), 0, "the world has the ");
  EXPECT_EQ(mock.get("/_mock/data?limit=50000").body, other.get("/_mock/data?limit=50000").body);
  std::filesystem::remove(file);
}

TEST(WorldCommand, SaysWhatIsWrong) {
  const std::string file = temporary("wrong.json");
  MockProcess mock({"--worlds", "per-app", "--app", "first:secret-1", "--app", "second:secret-2"}), closed({"--no-admin"});
  EXPECT_SAYS(world(mock, {"save", "before"}), 2, "second");  // of which world is not said
  EXPECT_SAYS(world(mock, {"save", "before"}, "zh"), 2, "mock 拒绝：");
  EXPECT_SAYS(world(mock, {"save", "a name", "--world", "first"}), 2, "letters, digits");
  EXPECT_SAYS(world(mock, {"restore", "nothing", "--world", "first"}), 2, "nothing");
  EXPECT_SAYS(world(mock, {"diff", "first", "sceond"}), 2, "second");
  EXPECT_SAYS(world(mock, {"export"}), 2, "second");
  EXPECT_SAYS(world(closed, {"list"}), 2, "as the admin API of a mock does");
  std::ofstream(file) << R"({"meter": [{"MeterAddr": "1", "Remnant": "much"}]})";
  EXPECT_SAYS(world(mock, {"import", file, "--world", "first"}), 2, "Remnant");
  std::ofstream(file) << "[1]";
  EXPECT_SAYS(world(mock, {"import", file, "--world", "first"}), 2, "this is not what export writes");
  std::ofstream(file) << "{";
  EXPECT_SAYS(world(mock, {"import", file, "--world", "first"}), 2, file);
  EXPECT_SAYS(world(mock, {"import", file + ".not-there", "--world", "first"}), 2, "not-there");
  EXPECT_SAYS(test::run({"world", "list", "http://127.0.0.1:1"}), 3, "is the mock running there?");
  EXPECT_SAYS(test::run({"world", "list", "ftp://h"}), 2, "ftp");
  EXPECT_SAYS(test::run({"world"}), 2, "list");
  std::filesystem::remove(file);
}

/// Which verdict each case got.
std::map<std::string, std::string> verdicts(const std::string& record) {
  std::map<std::string, std::string> out;
  const json read = json::parse(test::read_file(record));
  for (const json& one : read["cases"]) out[one["id"].get<std::string>()] = one["verdict"].get<std::string>();
  return out;
}

TEST(WorldCommand, ManyChecksAtOnceGetTheVerdictsThatTheyGetAlone) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int checks = 8;  // the sanitizers are slow, and meet the same code
#else
  constexpr int checks = 64;
#endif
  std::vector<std::string> arguments = {"--worlds", "per-app"};
  for (int i = 0; i <= checks; ++i) arguments.insert(arguments.end(), {"--app", "app" + std::to_string(i) + ":secret-" + std::to_string(i)});
  MockProcess mock(arguments);
  const auto record = [](int i) { return temporary("check-" + std::to_string(i) + ".json"); };
  const auto begin = [&](int i) {
    return std::make_unique<test::Process>(std::vector<std::string>{"check", mock.url(), "--role", "platform", "--app",
                                                                    "app" + std::to_string(i) + ":secret-" + std::to_string(i), "--json", record(i)});
  };
  const Finished alone = begin(checks)->finish();
  ASSERT_EQ(alone.exit_code, 0) << alone.out;
  std::vector<std::unique_ptr<test::Process>> all;
  for (int i = 0; i < checks; ++i) all.push_back(begin(i));
  const auto expected = verdicts(record(checks));
  ASSERT_GT(expected.size(), 1000U);
  for (int i = 0; i < checks; ++i) {
    const Finished done = all[static_cast<std::size_t>(i)]->finish();
    EXPECT_EQ(done.exit_code, 0) << done.out;
    EXPECT_EQ(verdicts(record(i)), expected) << i;
    std::filesystem::remove(record(i));
  }
  std::filesystem::remove(record(checks));
}

}  // namespace world_command_test
}  // namespace meterproof
