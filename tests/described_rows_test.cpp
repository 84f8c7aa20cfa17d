// SPDX-License-Identifier: Apache-2.0
// Rows that the vendor describes: what no client can bring about is compared with what the vendor knows.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "conformance/transcript.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"

namespace meterproof {
namespace described_rows_test {

using json = nlohmann::ordered_json;
using Rows = std::vector<reports::DescribedRowRecord>;

/// Of the sample fixtures.
Rows sample_rows() {
  const auto reading = [](const char* user, const char* meter, const char* read, const char* rsrp, const char* snr, const char* remnant, const char* battery) {
    return reports::DescribedRowRecord{
        "GetData",
        {{"UserCode", user}, {"MeterAddr", meter}, {"ReadNumber", read}, {"RSRP", rsrp}, {"SNR", snr}, {"Remnant", remnant}, {"BatteryState", battery}}};
  };
  const auto payment = [](const char* number, const char* id, const char* user, const char* meter, const char* money, const char* date) {
    return reports::DescribedRowRecord{
        "GetPayList", {{"TransId", number}, {"PayID", id}, {"UserCode", user}, {"MeterAddr", meter}, {"Money", money}, {"PayDate", date}, {"PayResult", "1"}}};
  };
  return {
      reading("U0002", "860000000002", "8.2", "-95.0", "9.8", "28.60", "0"),
      reading("U0003", "860000000003", "1520.0", "-101.5", "3.1", "-12.40", "1"),
      reading("U0003", "860000000004", "0.0", "-97.0", "6.0", "0.00", "0"),
      payment("T20260105001", "900001", "U0001", "860000000001", "200.00", "2026-01-05 09:00:00"),
      payment("T20260102001", "900002", "U0002", "860000000002", "50.00", "2026-01-02 08:30:00"),
      {"ReportData",
       {{"MeterAddr", "860000000005"}, {"UserCode", "U0004"}, {"ReadNumber", "12.0"}, {"UnitPrice", "2.61"}, {"Remnant", "68.68"}, {"LastPayMoney", "100.00"}}},
      {"ReportData", {{"MeterAddr", "990000000000"}, {"UserCode", "F00000000"}, {"ReadNumber", "0"}, {"UnitPrice", "2.61"}}}};
}

using Change = std::function<void(json& reply, const json& request)>;

struct Ran {
  std::set<std::string> described, failed;  // ids of cases about described rows
  reports::CheckRecord record;
};

Ran run(const Rows& rows, const Change& change, reports::TranscriptRecord* transcript = nullptr) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::CheckOptions options = test::options_for("both");
  options.rows = rows;
  options.selection.only = {"*/described/*"};
  auto environment = test::environment_for(
      [&](const net::HttpRequest& request) {
        net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
        json reply = json::parse(exchange.body, nullptr, false);
        if (reply.is_object() && change) change(reply, test::json_of(request.body));
        exchange.body = reply.dump();
        return exchange;
      },
      clock);
  if (transcript != nullptr) conformance::record_to(test::specification(), options, environment, *transcript);
  Ran out;
  out.record = conformance::check(test::specification(), options, environment);
  for (const auto& one : out.record.cases) {
    out.described.insert(one.id);
    if (one.verdict == reports::Verdict::failed) out.failed.insert(one.id);
    EXPECT_NE(one.verdict, reports::Verdict::inconclusive) << one.id << ": " << test::english(one.reason);
  }
  return out;
}

TEST(DescribedRows, AServerThatShowsThemPasses) {
  const Ran ran = run(sample_rows(), {});
  EXPECT_EQ(ran.failed, std::set<std::string>());
  EXPECT_EQ(ran.described, (std::set<std::string>{"GetPayList/described/by-dates", "GetPayList/described/by-dates-by-day", "GetPayList/described/by-meter",
                                                  "GetPayList/described/by-meter-by-day", "GetPayList/described/by-transaction", "GetPayList/described/by-user",
                                                  "GetPayList/described/by-user-by-day", "GetData/described/both", "GetData/described/by-meter",
                                                  "GetData/described/by-user", "ReportData/described/in-turn"}));
  EXPECT_EQ(run({}, {}).described, std::set<std::string>()) << "without rows there are no such cases";
}

// Which rows the reply to a report has beside the one that was reported is not stated.
TEST(DescribedRows, AReportMayBeAnsweredWithOtherRowsToo) {
  const Ran ran = run(sample_rows(), [](json& reply, const json& request) {
    if (request.contains("ReadNumber") && reply["ResultCode"] == 1 && !reply["DataList"].empty())
      reply["DataList"].push_back({{"MeterAddr", "970000000000"}, {"UnitPrice", 3.21}, {"Remnant", 7.77}});
  });
  EXPECT_EQ(ran.failed.count("ReportData/described/in-turn"), 0U);
}

/// The first row of that list whose member has that value.
json* row_of(json& reply, const char* member, const char* value) {
  if (!reply.contains("DataList") || !reply["DataList"].is_array()) return nullptr;
  for (json& row : reply["DataList"])
    if (row.value(member, "") == value) return &row;
  return nullptr;
}

TEST(DescribedRows, WhatIsShownOtherwiseIsFailed) {
  std::string last_price;
  int reports = 0;
  bool is_charged = false;
  const struct {
    const char* what;
    Change change;
    const char* failed;  // a case
  } table[] = {
      {"a lost sign",
       [](json& reply, const json&) {
         if (json* row = row_of(reply, "MeterAddr", "860000000003"); row != nullptr && row->contains("RSRP")) (*row)["RSRP"] = 101.5;
       },
       "GetData/described/by-meter"},
      {"two fields swapped",
       [](json& reply, const json&) {
         if (json* row = row_of(reply, "MeterAddr", "860000000002"); row != nullptr && row->contains("RSRP")) std::swap((*row)["RSRP"], (*row)["SNR"]);
       },
       "GetData/described/by-user"},
      {"a row too few",
       [](json& reply, const json&) {
         if (reply.contains("DataList") && reply["DataList"].is_array() && reply["DataList"].size() > 1) reply["DataList"].erase(1);
       },
       "GetData/described/by-user"},
      {"the same row twice",
       [](json& reply, const json&) {
         if (reply.contains("DataList") && reply["DataList"].is_array() && reply["DataList"].size() == 1) reply["DataList"].push_back(reply["DataList"][0]);
       },
       "GetData/described/by-meter"},
      {"a debt as nothing",
       [](json& reply, const json&) {
         if (json* row = row_of(reply, "MeterAddr", "860000000003"); row != nullptr && row->contains("Remnant")) (*row)["Remnant"] = 0;
       },
       "GetData/described/both"},
      {"another day's payment",
       [](json& reply, const json& request) {
         if (request.value("BeginDate", "") == "2026-01-04" && reply["ResultCode"] == 1 && request.value("UserCode", "") == "U0001")
           reply["DataList"] = json::array({{{"UserCode", "U0001"}}});
       },
       "GetPayList/described/by-user-by-day"},
      {"another number of a payment by its transaction",
       [](json& reply, const json& request) {
         if (json* row = row_of(reply, "TransId", "T20260102001"); row != nullptr && request.contains("TransId")) (*row)["PayID"] = 7;
       },
       "GetPayList/described/by-transaction"},
      {"the balance of the meter before",
       [last = json(0)](json& reply, const json& request) mutable {
         if (!request.contains("ReadNumber") || reply["ResultCode"] != 1) return;
         std::swap(last, reply["DataList"][0]["Remnant"]);
       },
       "ReportData/described/in-turn"},
      {"every twentieth report without its price",
       [&reports](json& reply, const json& request) {
         if (request.contains("ReadNumber") && reply["ResultCode"] == 1 && ++reports % 20 == 0) reply["DataList"][0]["UnitPrice"] = 0;
       },
       "ReportData/described/in-turn"},
      {"cents cut off",
       [](json& reply, const json& request) {
         if (request.value("MeterAddr", "") == "860000000005" && request.contains("ReadNumber") && reply["ResultCode"] == 1)
           reply["DataList"][0]["Remnant"] = 68;
       },
       "ReportData/described/in-turn"},
      {"what the meter believes to have",
       [](json& reply, const json& request) {
         if (request.contains("Reserve") && reply["ResultCode"] == 1 && !reply["DataList"].empty()) reply["DataList"][0]["Remnant"] = request["Reserve"];
       },
       "ReportData/described/in-turn"},
      {"a report that is refused and charged",
       [&is_charged](json& reply, const json& request) {
         if (!request.contains("ReadNumber") || request.value("MeterAddr", "") != "860000000005") return;
         const bool is_bad = request.contains("Voltage") && !request["Voltage"].is_number();
         if (is_bad) reply = {{"ResultCode", 0}, {"Message", "refused"}};
         is_charged = is_charged || is_bad;
         if (is_charged && reply["ResultCode"] == 1) reply["DataList"][0]["Remnant"] = -100;
       },
       "ReportData/described/in-turn"},
  };
  for (const auto& row : table) {
    const Ran ran = run(sample_rows(), row.change);
    EXPECT_EQ(ran.failed.count(row.failed), 1U) << row.what;
  }
}

TEST(DescribedRows, AnothersUsageChangesNothing) {
  bool used = false;
  const Ran ran = run(sample_rows(), [&](json& reply, const json& request) {
    if (!request.contains("ReadNumber") || reply["ResultCode"] != 1) return;
    if (request["MeterAddr"] == "860000000005") used = used || request["ReadNumber"] > 12;
    else if (used) reply["DataList"][0]["UnitPrice"] = 9;
  });
  EXPECT_EQ(ran.failed, std::set<std::string>{"ReportData/described/in-turn"});
  for (const auto& one : ran.record.cases)
    if (one.id == "ReportData/described/in-turn") EXPECT_NE(test::english(one.observed).find("another"), std::string::npos) << test::english(one.observed);
}

// What a later row's usage does to a row that was reported with a usage of its own, and a usage so large that it costs nothing.
TEST(DescribedRows, EveryUsageIsTheRowsOwnAndIsCharged) {
  bool used = false;
  const Ran charged_to_another = run(sample_rows(), [&](json& reply, const json& request) {
    if (!request.contains("ReadNumber") || reply["ResultCode"] != 1) return;
    if (request["MeterAddr"] == "990000000000") used = used || request["ReadNumber"] > 0;
    else if (used) reply["DataList"][0]["Remnant"] = reply["DataList"][0]["Remnant"].get<double>() - 5;
  });
  EXPECT_EQ(charged_to_another.failed, std::set<std::string>{"ReportData/described/in-turn"});
  json last;
  const Ran free = run(sample_rows(), [&](json& reply, const json& request) {
    if (!request.contains("ReadNumber") || reply["ResultCode"] != 1 || request["MeterAddr"] != "860000000005") return;
    if (request["ReadNumber"] > 500) reply["DataList"][0] = last;
    else last = reply["DataList"][0];
  });
  EXPECT_EQ(free.failed, std::set<std::string>{"ReportData/described/in-turn"});
}

// Where usages are charged, one in debt is; and where none is, in a balance of the report's own moment, something is wrong. When they are charged is not
// stated.
TEST(DescribedRows, NobodysUsageIsFree) {
  Rows rows = sample_rows();
  rows.back().values["Remnant"] = "-12.40";
  const struct {
    const char* what;
    bool in_debt_alone, is_settled_later, fails;
  } table[] = {{"a debt does not grow", true, false, true}, {"nothing is charged", false, false, true}, {"all is charged at night", false, true, false}};
  for (const auto& row : table) {
    const Ran ran = run(rows, [&](json& reply, const json& request) {
      if (!request.contains("ReadNumber") || reply["ResultCode"] != 1) return;
      json& shown = reply["DataList"][0];
      const bool in_debt = request["MeterAddr"] == "990000000000";
      if (in_debt) shown["Remnant"] = -12.4;
      else if (!row.in_debt_alone) shown["Remnant"] = 68.68;
      if (row.is_settled_later) shown["RemnantTime"] = "2020-01-01 00:00:00";
    });
    EXPECT_EQ(ran.failed.count("ReportData/described/in-turn"), row.fails ? 1U : 0U) << row.what;
  }
}

// What is less than a unit may be charged with the next report, but is not forgotten.
TEST(DescribedRows, AFractionOfAUnitIsChargedInTheEnd) {
  for (const bool forgets : {false, true}) {
    double last = 0, unpaid = 0;
    const Ran ran = run(sample_rows(), [&](json& reply, const json& request) {
      if (!request.contains("ReadNumber") || reply["ResultCode"] != 1 || request["MeterAddr"] != "860000000005") return;
      json& remnant = reply["DataList"][0]["Remnant"];
      const double read = request["ReadNumber"].get<double>();
      if (read > 14.7 && read < 14.9) unpaid = last - remnant.get<double>();
      else if (!forgets) unpaid = 0;
      last = remnant.get<double>();
      remnant = last + unpaid;
    });
    EXPECT_EQ(ran.failed.count("ReportData/described/in-turn"), forgets ? 1U : 0U) << (forgets ? "forgets" : "charges later");
  }
}

// Whole units may be charged, where the counter passes one: their fractions are neither lost each time nor a unit each time.
TEST(DescribedRows, WholeUnitsComeToWhatWasUsed) {
  constexpr double exactly = 1e-6;  // of a reading
  const struct {
    const char* what;
    double (*units)(double before, double now);
    bool fails;
  } table[] = {{"passed by the counter", [](double before, double now) { return std::floor(now + exactly) - std::floor(before + exactly); }, false},
               {"without the fraction", [](double before, double now) { return std::floor(now - before + exactly); }, true},
               {"begun", [](double before, double now) { return std::ceil(now - before - exactly); }, true}};
  for (const auto& row : table) {
    double read = 0, balance = 0;
    const Ran ran = run(sample_rows(), [&](json& reply, const json& request) {
      if (!request.contains("ReadNumber") || reply["ResultCode"] != 1 || request["MeterAddr"] != "860000000005") return;
      json& shown = reply["DataList"][0];
      if (read == 0) std::tie(read, balance) = std::pair(request["ReadNumber"].get<double>(), shown["Remnant"].get<double>());
      balance -= row.units(read, request["ReadNumber"].get<double>()) * shown["UnitPrice"].get<double>();
      read = request["ReadNumber"].get<double>();
      shown["Remnant"] = std::round(balance * 100) / 100;
    });
    EXPECT_EQ(ran.failed.count("ReportData/described/in-turn"), row.fails ? 1U : 0U) << row.what;
  }
}

// How long a range of days may be is not stated: where a long one is refused, shorter ones are asked for, and every row is still looked for.
TEST(DescribedRows, ALongRangeThatIsRefusedIsAskedForInPieces) {
  const std::vector<std::pair<std::string, std::string>> payments = {
      {"T1", "2024-02-29"}, {"T2", "2024-12-31"}, {"T3", "2025-01-01"}, {"T4", "2025-01-30"}, {"T5", "2026-01-05"}};
  Rows rows;
  for (const auto& [number, day] : payments)
    rows.push_back({"GetPayList",
                    {{"TransId", number},
                     {"PayID", "9" + number.substr(1)},
                     {"UserCode", "U0001"},
                     {"MeterAddr", "860000000001"},
                     {"Money", "50.00"},
                     {"PayDate", day + " 09:00:00"},
                     {"PayResult", "1"}}});
  const auto days_in = [](const std::string& first, const std::string& last) {
    const auto from = core::DateTime::parse_date(first), to = core::DateTime::parse_date(last);
    return from && to ? (to->seconds - from->seconds) / 86'400 + 1 : 0;
  };
  for (const std::int64_t limit : {366, 31, 7, 1})
    for (const std::string lost : {"", "T3"}) {
      const Ran ran = run(rows, [&](json& reply, const json& request) {
        const std::string first = request.value("BeginDate", ""), last = request.value("EndDate", "");
        if (request.contains("Money") || (first.empty() && !request.contains("TransId"))) return;
        reply = {{"ResultCode", 1}, {"Message", "ok"}, {"DataList", json::array()}};
        if (days_in(first, last) > limit) {
          reply["ResultCode"] = -6;
          return;
        }
        for (const auto& [number, day] : payments)
          if (number != lost && (first.empty() || (day >= first && day <= last)) && request.value("TransId", number) == number)
            reply["DataList"].push_back({{"TransId", number},
                                         {"PayID", std::stoi("9" + number.substr(1))},
                                         {"UserCode", "U0001"},
                                         {"MeterAddr", "860000000001"},
                                         {"Money", 50.0},
                                         {"PayDate", day + " 09:00:00"},
                                         {"PayResult", 1}});
      });
      for (const char* form : {"by-dates", "by-user", "by-meter"})
        EXPECT_EQ(ran.failed.count("GetPayList/described/" + std::string(form)), lost.empty() ? 0U : 1U) << form << " " << limit << " " << lost;
    }
}

TEST(DescribedRows, AreJudgedAgainFromTheTranscript) {
  reports::TranscriptRecord transcript;
  Ran ran = run(sample_rows(), {}, &transcript);
  EXPECT_EQ(transcript.rows, sample_rows());
  ran.record.transcript = std::move(transcript);
  const auto again = conformance::rejudge(test::specification(), ran.record);
  ASSERT_EQ(again.cases.size(), ran.record.cases.size());
  for (std::size_t i = 0; i < again.cases.size(); ++i) EXPECT_EQ(again.cases[i].verdict, ran.record.cases[i].verdict) << again.cases[i].id;
}

}  // namespace described_rows_test
}  // namespace meterproof
