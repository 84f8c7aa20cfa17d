// SPDX-License-Identifier: Apache-2.0
// A billing side serves reports alone: whether one that was refused, or came twice, has cost something shows in the replies to other reports.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "net/client/connection_trial.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"

namespace meterproof {
namespace billing_balance_test {

using json = nlohmann::ordered_json;

TEST(BillingBalance, WhatARefusedOrARepeatedReportCostsIsSeen) {
  const struct {
    const char* what;
    std::function<bool(int code, std::size_t same_before)> costs;  // what a report was answered, and how often it was accepted before
    std::string failed;                                            // the beginning of ids of which one fails; none where it is empty
  } table[] = {
      {"nothing", [](int, std::size_t) { return false; }, ""},
      {"a report that is refused", [](int code, std::size_t) { return code == 0; }, "ReportData/0/"},
      {"a report that cannot be parsed", [](int code, std::size_t) { return code == -200; }, "ReportData/-200/"},
      {"a report whose signature is refused", [](int code, std::size_t) { return code == -202; }, "ReportData/-202/"},
      {"a report that comes again at the same moment", [](int code, std::size_t before) { return code == 1 && before > 0; },
       "ReportData/concurrent/identical-requests"},
  };
  for (const auto& row : table) {
    test::Clock clock;
    mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
    conformance::CheckOptions options = test::options_for("billing");
    options.fixtures = {{"meter", "860000000005"}, {"user", "U0004"}};
    double lost = 0;
    std::map<std::string, std::size_t> accepted;  // by body
    const auto send = [&](const net::HttpRequest& request) {
      net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      json reply = test::json_of(exchange.body);
      if (!reply.is_object() || !reply.contains("ResultCode")) return exchange;
      const int code = reply["ResultCode"];
      if (row.costs(code, accepted[request.body])) lost += 2.5;
      if (code == 1) ++accepted[request.body];
      if (!reply.contains("DataList") || !reply["DataList"].is_array()) return exchange;
      for (json& one : reply["DataList"])
        if (one.contains("Remnant") && one["Remnant"].is_number()) one["Remnant"] = std::round(100 * (one["Remnant"].get<double>() - lost)) / 100;
      exchange.body = reply.dump();
      return exchange;
    };
    const auto record = conformance::check(test::specification(), options, test::environment_for(send, clock));
    std::set<std::string> failed;
    for (const auto& one : record.cases)
      if (one.verdict == reports::Verdict::failed) failed.insert(one.id);
    if (row.failed.empty()) {
      EXPECT_EQ(failed, std::set<std::string>()) << row.what;
      EXPECT_EQ(record.exit_code, 0) << row.what << ": " << test::notes_of(record);
    } else {
      EXPECT_TRUE(std::any_of(failed.begin(), failed.end(), [&](const std::string& id) { return id.starts_with(row.failed); })) << row.what;
    }
  }
}

// Most reports of a unit take its price, and every third one takes nothing.
TEST(BillingBalance, AReportThatIsFreeNowAndThenIsSeen) {
  for (const std::size_t free : {std::size_t{0}, std::size_t{3}}) {
    test::Clock clock;
    mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
    conformance::CheckOptions options = test::options_for("billing");
    options.fixtures = {{"meter", "860000000005"}, {"user", "U0004"}};
    options.selection.only = {"ReportData/count/*"};
    double before = 0, given = 0;
    std::size_t usages = 0;
    const auto send = [&](const net::HttpRequest& request) {
      net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      json reply = test::json_of(exchange.body);
      if (!reply.is_object() || !reply.contains("DataList") || !reply["DataList"].is_array() || reply["DataList"].empty()) return exchange;
      json& balance = reply["DataList"][0]["Remnant"];
      const double now = balance.get<double>();
      if (now < before && free > 0 && ++usages % free == 0) given += before - now;
      before = now;
      balance = std::round(100 * (now + given)) / 100;
      exchange.body = reply.dump();
      return exchange;
    };
    const auto record = conformance::check(test::specification(), options, test::environment_for(send, clock));
    for (const auto& one : record.cases)
      if (one.id == "ReportData/count/in-a-row")
        EXPECT_EQ(one.verdict, free == 0 ? reports::Verdict::passed : reports::Verdict::failed) << free << ": " << test::english(one.reason);
  }
}

// A server whose clock is in another zone, and that takes no report older than the last: the first one must not be dated hours ahead of it.
TEST(BillingClock, NoReportIsDatedAheadOfAServerInAnotherZone) {
  for (const int hours : {0, 8}) {
    test::Clock clock;
    mockserver::MockOptions mock_options = test::settings_for(test::specification());
    mock_options.utc_offset = std::chrono::hours(hours);
    mockserver::MockState state(test::specification(), mock_options, test::sample_fixtures(test::specification()));
    conformance::CheckOptions options = test::options_for("billing");
    options.fixtures = {{"meter", "860000000005"}, {"user", "U0004"}};
    std::string last;
    const auto send = [&](const net::HttpRequest& request) {
      net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      const json body = test::json_of(request.body), reply = test::json_of(exchange.body);
      if (!body.is_object() || !body.contains("ReadDate") || !body["ReadDate"].is_string() || !reply.is_object() || reply.value("ResultCode", 0) != 1)
        return exchange;
      const std::string date = body["ReadDate"];
      if (date < last) exchange.body = test::reply_of(core::Code{0});
      else if (core::DateTime::parse(date)) last = date;
      return exchange;
    };
    auto environment = test::environment_for(send, clock);
    environment.try_connections = [&send](const net::ConnectionTrial& trial) {  // these send the same report again
      net::TrialResult out{{}, net::Keeping::keeps};
      for (const net::HttpRequest& one : trial.requests) out.exchanges.push_back(send(one));
      return out;
    };
    const auto record = conformance::check(test::specification(), options, environment);
    std::size_t passed = 0;
    for (const auto& one : record.cases) passed += one.id.starts_with("ReportData/1/") && one.verdict == reports::Verdict::passed ? 1U : 0U;
    EXPECT_GT(passed, 3U) << hours << ": " << test::notes_of(record);
  }
}

// The table of 3.6 has no code for a repeated timestamp: a server need not look for one there, even where it does for what it cannot read.
TEST(BillingReplays, WhoLooksForNoneInReportsIsNotAccused) {
  for (const bool keeps_those_of_unreadable_bodies : {false, true}) {
    test::Clock clock;
    mockserver::MockOptions mock_options = test::settings_for(test::specification());
    mock_options.refuse_replays = false;
    mockserver::MockState state(test::specification(), mock_options, test::sample_fixtures(test::specification()));
    conformance::CheckOptions options = test::options_for("billing");
    options.fixtures = {{"meter", "860000000005"}, {"user", "U0004"}};
    std::set<std::string> used;
    const auto send = [&](const net::HttpRequest& request) {
      net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      const json reply = test::json_of(exchange.body);
      const bool is_signed = reply.is_object() && reply.value("ResultCode", -202) != -202;
      if (!keeps_those_of_unreadable_bodies || !is_signed || test::json_of(request.body).is_object()) return exchange;
      for (const auto& [name, value] : request.headers)
        if (name == "Authorization" && !used.insert(value).second) exchange.body = test::reply_of(core::Code{-201});
      return exchange;
    };
    const auto record = conformance::check(test::specification(), options, test::environment_for(send, clock));
    std::string failed;
    std::size_t warned = 0;
    for (const auto& one : record.cases) {
      if (one.verdict == reports::Verdict::failed) failed += one.id + " ";
      warned += one.id.starts_with("ReportData/-201/same-") && one.verdict == reports::Verdict::warned ? 1U : 0U;
    }
    EXPECT_EQ(failed, "") << keeps_those_of_unreadable_bodies << ": " << test::notes_of(record);
    EXPECT_GT(warned, 4U) << keeps_those_of_unreadable_bodies;
  }
}

}  // namespace billing_balance_test
}  // namespace meterproof
