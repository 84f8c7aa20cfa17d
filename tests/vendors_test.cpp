// SPDX-License-Identifier: Apache-2.0
// Vendors who read the specification sensibly, but not as the mock does: the mock's replies, rewritten on their way. None may be failed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

using json = nlohmann::ordered_json;

struct Vendor {
  const char* name;
  std::function<void(json& reply, const json& request)> rewrites;
  std::function<void(net::Exchange&)> sends = [](net::Exchange&) {};
  std::function<void(std::string&)> reads = [](std::string&) {};  // the body of a request
};

void for_each_row(json& reply, const std::function<void(json&)>& change) {
  if (reply.contains("DataList") && reply["DataList"].is_array())
    for (json& row : reply["DataList"]) change(row);
}

reports::CheckRecord check_vendor(const Vendor& vendor, const std::string& role) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  return conformance::check(test::specification(), test::options_for(role),
                            test::environment_for(
                                [&](const net::HttpRequest& request) {
                                  net::HttpRequest taken = request;
                                  vendor.reads(taken.body);
                                  net::Exchange exchange = test::through(state, taken.bytes({"in-process", 80, ""}), clock.now());
                                  json reply = json::parse(exchange.body, nullptr, false);
                                  if (!reply.is_discarded()) {
                                    vendor.rewrites(reply, json::parse(request.body, nullptr, false));
                                    exchange.body = reply.dump();
                                  }
                                  vendor.sends(exchange);
                                  return exchange;
                                },
                                clock));
}

TEST(Vendors, WhoReadThePaperSensiblyAreNotAccused) {
  const Vendor table[] = {
      {"shows no row of a meter that has not reported",
       [](json& reply, const json&) {
         if (!reply.contains("DataList") || reply["DataList"].empty()) return;
         if (reply["DataList"][0].contains("CurPrice") && reply["DataList"][0]["ReadDate"].is_null()) reply["DataList"] = json::array();
       }},
      {"shows null where nothing was reported",
       [](json& reply, const json&) {
         for_each_row(reply, [](json& row) {
           if (!row.contains("CurPrice") || !row["ReadDate"].is_null()) return;
           row["ReadNumber"] = nullptr;
           if (row["Remnant"] == 0) row["Remnant"] = nullptr;
         });
       }},
      {"leaves out what has no value",
       [](json& reply, const json&) {
         for_each_row(reply, [](json& row) {
           for (auto it = row.begin(); it != row.end();) it = it->is_null() ? row.erase(it) : std::next(it);
         });
       }},
      {"has valve states of its own",
       [](json& reply, const json&) {
         for_each_row(reply, [](json& row) {
           if (row.contains("CurPrice") && row["ReadDate"].is_null() && row["ValveState"].is_number()) row["ValveState"] = row["ValveState"] == 1 ? 0 : 1;
         });
       }},
      {"maps the ways of billing otherwise",
       [](json& reply, const json&) {
         for_each_row(reply, [](json& row) {
           if (row.contains("PayType")) row["PayType"] = 3 - row["PayType"].get<int>();
         });
       }},
      {"is old-fashioned: everything is text, and decimals have four places",
       [](json& reply, const json&) {
         reply["ResultCode"] = reply["ResultCode"].dump();
         for_each_row(reply, [](json& row) {
           for (auto& [name, value] : row.items())
             if (value.is_number()) value = value.dump() + (value.is_number_float() ? "00" : "");
         });
       },
       [](net::Exchange& exchange) { exchange.status = 401; }},
      {"takes 30 February for 2 March, and 25:61 for the next day", [](json&, const json&) {}, [](net::Exchange&) {},
       [](std::string& body) {
         for (const auto& [impossible, taken] : {std::pair("2026-02-30", "2026-03-02"), std::pair("2026-01-15 25:61:00", "2026-01-16 02:01:00")})
           if (const std::size_t at = body.find(impossible); at != std::string::npos) body.replace(at, std::string_view(impossible).size(), taken);
       }},
      {"has no message", [](json& reply, const json&) { reply["Message"] = nullptr; }},
      {"computes in binary floating point, and prints all of it", [](json&, const json&) {},
       [](net::Exchange& exchange) {
         static const std::regex decimal(R"((:-?[0-9]+\.[0-9]{1,4})(?=[,}]))");
         exchange.body = std::regex_replace(exchange.body, decimal, "$0100000000000003");
       }},
      {"has more fields than the specification, and names in small letters",
       [](json& reply, const json&) {
         json small = {{"extra", 1}};
         for (const auto& [name, value] : reply.items()) {
           std::string lower = name;
           for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
           small[lower] = value;
         }
         reply = small;
       }},
  };
  for (const Vendor& vendor : table)
    for (const std::string role : {"platform", "both"}) {
      const auto record = check_vendor(vendor, role);
      for (const auto& one : record.cases)
        EXPECT_NE(one.verdict, reports::Verdict::failed) << vendor.name << " (" << role << "): " << one.id << ": " << test::english(one.observed) << ", "
                                                         << test::english(one.expected) << ", " << test::english(one.reason);
      EXPECT_EQ(record.exit_code, 0) << vendor.name << " (" << role << ")";
    }
}

}  // namespace
}  // namespace meterproof
