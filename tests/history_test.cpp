// SPDX-License-Identifier: Apache-2.0
// meterproof history: a folder of records, its page and its badge.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/load_runs.hpp"
#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace history_test {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Finished;
using test::MockProcess;
using test::temporary;

/// A folder of records that are made of one real one: other days, other releases, other verdicts.
class Folder {
 public:
  Folder() : path(temporary("history")) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return path + "/" + name; }
  void write(const std::string& name, const json& record) const {
    fs::create_directories(fs::path(file(name)).parent_path());
    std::ofstream(file(name)) << record.dump();
  }
  json history(std::vector<std::string> more = {}) const {
    const std::string out = temporary("history.json");
    more.insert(more.begin(), {"history", path, "--json", out});
    done = test::run(more);
    const std::string text = fs::exists(out) ? test::read_file(out) : "{}";
    fs::remove(out);
    return json::parse(text);
  }

  const std::string path;
  mutable Finished done;
};

/// A check of one interface's cases, of a conforming mock; made once.
const json& checked() {
  static const json record = [] {
    MockProcess mock({"--app", "a:s"});
    const std::string file = temporary("checked.json");
    test::run({"check", mock.url(), "--app", "a:s", "--filter", "GetData", "--effect-timeout", "0s", "--json", file});
    json out = json::parse(test::read_file(file));
    fs::remove(file);
    return out;
  }();
  return record;
}

/// The same of another day and release. `failed`: cases that fail.
json on_day(int day, const std::string& release, const std::set<std::string>& failed = {}) {
  json out = checked();
  out["started"] = "2026-11-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + " 08:00:00 UTC";
  out["subject"] = {{"vendor", "Gas"}, {"product", "Platform"}, {"version", release}, {"contact", ""}};
  for (json& one : out["cases"])
    if (failed.contains(one["id"])) one["verdict"] = "failed";
  if (!failed.empty()) {
    out["verdict"] = "does-not-conform";
    out["exit_code"] = 1;
  }
  return out;
}

/// A case with clauses, and all cases of these clauses.
std::set<std::string> cases_of_one_clause(std::string& clause) {
  std::set<std::string> out;
  for (const json& one : checked()["cases"])
    if (clause.empty() && one["verdict"] == "passed" && !one["clauses"].empty()) clause = one["clauses"][0];
  for (const json& one : checked()["cases"])
    for (const json& other : one["clauses"])
      if (other == clause) out.insert(one["id"]);
  return out;
}

const json* clause_of(const json& target, const std::string& id) {
  for (const json& one : target["clauses"])
    if (one["id"] == id) return &one;
  return nullptr;
}

TEST(History, TellsSinceWhenAClauseFails) {
  const Folder folder;
  std::string clause;
  const std::set<std::string> cases = cases_of_one_clause(clause);
  ASSERT_FALSE(cases.empty());
  folder.write("c.json", on_day(3, "1.2", cases));
  folder.write("a.json", on_day(1, "1.0"));
  folder.write("deep/er/b.json", on_day(2, "1.1"));
  folder.write("d.json", on_day(4, "1.3", cases));
  folder.write("package.json", {{"name", "something else"}});
  std::ofstream(folder.file("a.html")) << "a report";
  const json found = folder.history();
  EXPECT_EQ(folder.done.exit_code, 0) << folder.done.out;
  ASSERT_EQ(found["targets"].size(), 1U);
  const json& target = found["targets"][0];
  EXPECT_EQ(target["name"], "Gas Platform");
  ASSERT_EQ(target["checks"].size(), 4U);
  EXPECT_EQ(target["checks"][0]["report"], "a.html");
  EXPECT_EQ(target["checks"][1]["file"], "deep/er/b.json");
  EXPECT_EQ(target["checks"][1]["report"], "");
  EXPECT_EQ(target["checks"][3]["release"], "1.3");
  const json* one = clause_of(target, clause);
  ASSERT_NE(one, nullptr);
  EXPECT_EQ((*one)["states"], (json{"passed", "passed", "failed", "failed"}));
  EXPECT_EQ((*one)["first_seen"], 2);
  EXPECT_EQ((*one)["last_good"], 1);
  EXPECT_TRUE(found["unread"].empty());
  for (const std::string& part : {std::string("2026-11-03 08:00:00 UTC (1.2)"), std::string("last good 2026-11-02 08:00:00 UTC (1.1)"), clause})
    EXPECT_NE(folder.done.out.find(part), std::string::npos) << part << "\n" << folder.done.out;

  // Mended: it is told, and fails no more.
  folder.write("e.json", on_day(5, "1.4"));
  const json mended = folder.history();
  one = clause_of(mended["targets"][0], clause);
  EXPECT_EQ((*one)["now"], "passed");
  EXPECT_EQ((*one)["first_seen"], nullptr);
  EXPECT_EQ((*one)["last_good"], 4);
  EXPECT_NE(folder.done.out.find("good now; failed in 2 runs before"), std::string::npos) << folder.done.out;
}

TEST(History, TellsWhenAnAnswerChanged) {
  const Folder folder;
  for (int day = 1; day <= 4; ++day) {
    json record = on_day(day, "");
    ASSERT_FALSE(record["questions"].empty());
    record["questions"][0]["observed"] = {day < 3 ? "one way" : "another way"};
    folder.write(std::to_string(day) + ".json", record);
  }
  const json found = folder.history();
  const std::string id = checked()["questions"][0]["id"];
  for (const json& one : found["targets"][0]["answers"])
    if (one["id"] == id) {
      ASSERT_EQ(one["spans"].size(), 2U);
      EXPECT_EQ(one["spans"][1]["since"], 2);
      EXPECT_EQ(one["spans"][1]["answers"], json{"another way"});
    }
  EXPECT_NE(folder.done.out.find("another way, since 2026-11-03 08:00:00 UTC; before: one way"), std::string::npos) << folder.done.out;
}

/// A load of a second; made once.
const json& loaded_once() {
  static const json record = [] {
    const test::Mock mock;
    return json(test::loaded(mock.url(), {"--rate", "200", "--duration", "1s"}).record);
  }();
  return record;
}

TEST(History, FindsWhereLoadsChanged) {
  const Folder folder;
  const json load = loaded_once();
  for (int i = 0; i < 16; ++i) {
    json record = load;
    record["started"] = "2026-11-" + std::to_string(10 + i) + " 08:00:00 UTC";
    record["response_time_ms"]["p99"] = i < 8 ? 5 + i % 3 : 50 + i % 3;
    record["intervals"] = {{{"clock", "response_time"}, {"percentile", "p99"}, {"low", 4.5}, {"high", 61.5}}};
    folder.write("load-" + std::to_string(i) + ".json", record);
  }
  const std::string page = temporary("loads.html");
  const json found = folder.history({"--html", page});
  ASSERT_EQ(found["targets"].size(), 1U) << folder.done.out;
  EXPECT_EQ(found["targets"][0]["name"], load["target"]);
  ASSERT_EQ(found["targets"][0]["loads"].size(), 1U);
  bool told = false;
  for (const json& series : found["targets"][0]["loads"][0]["series"])
    if (series["name"] == "p99") {
      told = true;
      ASSERT_EQ(series["changes"].size(), 1U) << series;
      EXPECT_EQ(series["changes"][0]["run"], 8);
      EXPECT_LT(series["changes"][0]["before"], 10);
      EXPECT_GT(series["changes"][0]["after"], 40);
    }
  EXPECT_TRUE(told);
  EXPECT_NE(folder.done.out.find("p99: from 6.00 ms to 51.0 ms, since 2026-11-18 08:00:00 UTC"), std::string::npos) << folder.done.out;
  EXPECT_EQ(found["targets"][0]["loads"][0]["runs"][0]["intervals"], (json{{"p99", {{"low_ms", 4.5}, {"high_ms", 61.5}}}}));
  for (const std::string& text : {folder.done.out, test::read_file(page)}) EXPECT_NE(text.find("4.50 ms – 61.5 ms"), std::string::npos) << text;
  fs::remove(page);
}

// The rate of a search is its answer, and what changes; its latencies are those of other rates.
TEST(History, FindsWhereTheCapacityChanged) {
  const Folder folder;
  for (int i = 0; i < 16; ++i) {
    json record = loaded_once();
    const int rate = i < 8 ? 400 + i % 3 : 100 + i % 3;
    record["started"] = "2026-11-" + std::to_string(10 + i) + " 08:00:00 UTC";
    record["intended_rate"] = rate;
    record["class"] = {{"text", "meters@midnight(2h)"}, {"window_s", 7200}, {"meters", rate * 7200}};
    folder.write("class-" + std::to_string(i) + ".json", record);
  }
  const std::string page = temporary("capacity.html");
  const json found = folder.history({"--html", page});
  ASSERT_EQ(found["targets"].size(), 1U) << folder.done.out;
  ASSERT_EQ(found["targets"][0]["loads"].size(), 1U);
  const json& load = found["targets"][0]["loads"][0];
  EXPECT_EQ(load["search"], true) << "a class is the answer of a search";
  ASSERT_EQ(load["series"].size(), 1U) << "its latencies are those of other rates: " << load["series"];
  EXPECT_EQ(load["series"][0]["name"], "rate");
  ASSERT_EQ(load["series"][0]["changes"].size(), 1U) << load["series"];
  EXPECT_EQ(load["series"][0]["changes"][0]["run"], 8);
  for (const std::string& text : {folder.done.out, test::read_file(page)}) EXPECT_NE(text.find("meters@midnight(2h)"), std::string::npos) << text;
  fs::remove(page);
}

TEST(History, PutsLoadsWhereTheyBelong) {
  const Folder folder;
  const json load = loaded_once();
  const auto write = [&](const std::string& name, int day, const std::string& shard) {
    json one = load;
    one["started"] = "2026-11-" + std::to_string(day) + " 09:00:00 UTC";
    one["target"] = checked()["target"];
    one["shard"] = shard;
    folder.write(name, one);
  };
  // Two products at one address, one after the other; and what belongs to a part of a run alone.
  folder.write("first.json", on_day(10, "1.0"));
  json other = on_day(20, "1.0");
  other["subject"]["product"] = "Other";
  folder.write("other.json", other);
  write("load-1.json", 11, "");
  write("load-2.json", 21, "");
  write("load-3.json", 22, "merged");
  write("load-4.json", 22, "0/2");
  json anonymous = on_day(9, "");
  anonymous.erase("subject");
  folder.write("anonymous.json", anonymous);
  const json found = folder.history();
  std::map<std::string, std::size_t> loads;
  for (const json& target : found["targets"])
    for (const json& one : target["loads"]) loads[target["name"]] += one["runs"].size();
  EXPECT_EQ(loads, (std::map<std::string, std::size_t>{{"Gas Platform", 1}, {"Gas Other", 2}})) << folder.done.out;
  for (const json& target : found["targets"])
    for (const json& one : target["loads"])
      for (const json& run : one["runs"]) EXPECT_EQ(run["release"], "1.0") << "that of the check before it: " << run;
  // How many connections there were decides how fast a closed loop is: those are two kinds of loads.
  for (const int connections : {8, 64}) {
    json closed = load;
    closed["mode"] = "closed";
    closed["stages"] = json::array();
    closed["connections"] = connections;
    closed["started"] = "2026-11-23 09:00:00 UTC";
    closed["target"] = checked()["target"];
    folder.write("closed-" + std::to_string(connections) + ".json", closed);
  }
  std::set<std::string> kinds;
  const json with_closed = folder.history();
  for (const json& target : with_closed["targets"])
    for (const json& one : target["loads"])
      if (!one["stages"].empty()) kinds.insert(one["stages"][0]["en"]);
  EXPECT_TRUE(kinds.contains("8 connections") && kinds.contains("64 connections")) << with_closed["targets"];
}

TEST(History, ThePageLinksToReportsFromWhereItStands) {
  const Folder folder;
  folder.write("runs/one & two.json", on_day(1, "1.0"));
  std::ofstream(folder.file("runs/one & two.html")) << "a report";
  const std::string page = folder.file("pages/history.html"), text = temporary("history.txt"), markdown = temporary("history.md");
  fs::create_directories(folder.file("pages"));
  for (const std::string language : {"zh", "en"}) {
    const Finished done = test::run({"--lang", language, "history", folder.path, "--html", page, "--text", text, "--markdown", markdown});
    EXPECT_EQ(done.exit_code, 0) << done.out;
    EXPECT_EQ(done.out, test::read_file(text));
    const std::string html = test::read_file(page);
    EXPECT_NE(html.find("href=\"../runs/one%20%26%20two.html\""), std::string::npos) << html;
    EXPECT_NE(html.find("条款"), std::string::npos);
    EXPECT_NE(html.find("clauses"), std::string::npos);
    EXPECT_NE(test::read_file(markdown).find(language == "zh" ? "个目标" : "1 targets"), std::string::npos) << test::read_file(markdown);
  }
  for (const std::string& file : {text, markdown}) fs::remove(file);
}

TEST(History, TheBadgeSaysOfWhenAndHowFar) {
  const Folder folder;
  folder.write("a.json", on_day(1, "1.0"));
  std::string clause;
  folder.write("b.json", on_day(2, "1.1", cases_of_one_clause(clause)));
  const std::string badge = temporary("badge.svg");
  ASSERT_EQ(test::run({"history", folder.path, "--badge", badge}).exit_code, 0);
  const std::string svg = test::read_file(badge);
  EXPECT_EQ(test::Process("xmllint", {"--noout", badge}).finish().exit_code, 0) << svg;
  const std::string cases = std::to_string(checked()["cases"].size());
  for (const std::string& part : {std::string("does not conform"), "in part, " + cases + " of ", std::string(" clauses"), std::string("suite "),
                                  std::string("2026-11-02"), std::string("release 1.1")})
    EXPECT_NE(svg.find(part), std::string::npos) << part << "\n" << svg;
  // The same of one record; of a part it is not green, whatever the part's verdict.
  ASSERT_EQ(test::run({"--lang", "zh", "report", folder.file("a.json"), "--badge", badge}).exit_code, 0);
  const std::string good = test::read_file(badge);
  EXPECT_NE(good.find("部分"), std::string::npos) << good;
  EXPECT_EQ(good.find("#1a7f37"), std::string::npos) << good;
  EXPECT_EQ(test::run({"report", folder.file("a.json"), folder.file("b.json"), "--badge", badge}).exit_code, 2) << "it is of one record";
  // Of several targets, one must be chosen.
  json other = on_day(3, "1.0");
  other["subject"]["product"] = "Other";
  folder.write("other.json", other);
  const Finished several = test::run({"history", folder.path, "--badge", badge});
  EXPECT_EQ(several.exit_code, 2);
  EXPECT_NE(several.out.find("Gas Other, Gas Platform"), std::string::npos) << several.out;
  EXPECT_EQ(test::run({"history", folder.path, "--badge", badge, "--target", "Gas Other"}).exit_code, 0);
  EXPECT_EQ(test::run({"history", folder.path, "--target", "Nobody"}).exit_code, 2);
  fs::remove(badge);
}

TEST(History, WhatCannotBeReadIsTold) {
  const Folder folder;
  EXPECT_EQ(test::run({"history", folder.file("none")}).exit_code, 2);
  const Finished empty = test::run({"history", folder.path});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_NE(empty.out.find("has no records"), std::string::npos) << empty.out;
  folder.write("a.json", on_day(1, "1.0"));
  json edited = on_day(2, "1.1");
  edited["verdict"] = "does-not-conform";
  folder.write("edited.json", edited);
  std::ofstream(folder.file("cut.json")) << on_day(3, "1.2").dump().substr(0, 5000);
  const json found = folder.history();
  EXPECT_EQ(folder.done.exit_code, 0);
  EXPECT_EQ(found["targets"][0]["checks"].size(), 1U);
  ASSERT_EQ(found["unread"].size(), 2U) << found["unread"];
  EXPECT_EQ(found["unread"][0]["file"], "cut.json");
  EXPECT_EQ(found["unread"][1]["file"], "edited.json");
  EXPECT_EQ(test::run({"history", folder.path, "--json", folder.file("a.json")}).exit_code, 2) << "a record is not written over";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(test::run({"history", folder.path, "--json", folder.file("history.json")}).exit_code, 0) << "its own output is";
}

}  // namespace history_test
}  // namespace meterproof
