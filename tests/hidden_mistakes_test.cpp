// SPDX-License-Identifier: Apache-2.0
// Servers that are right at first sight: the mistake comes with the fourth order, at another row of the owner, or in a field that nobody asked to change.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"

namespace meterproof {
namespace hidden_mistakes_test {

using json = nlohmann::ordered_json;

constexpr const char* no_object = "";  // the member that stands for a body that is no object: its value, or its bytes

/// A platform that is the mock but for one mistake.
struct Server {
  const char* what;
  const char* only;      // the cases that run
  const char* found_by;  // the one that fails, or the beginning of its id
  /// Whether it answers 1 and does nothing. Requests at once come at the same moment.
  std::function<bool(const std::string& interface, const json& body, std::chrono::steady_clock::time_point now)> drops = nullptr;
  /// Changes a reply. `done`: it was a success.
  std::function<void(const std::string& interface, const json& body, json& reply, bool done)> rewrite = nullptr;
};

/// The ids of the cases that fail.
std::set<std::string> failed_of(const Server& server) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::CheckOptions options = test::options_for("platform");
  options.selection.only = {server.only};
  const auto send = [&](const net::HttpRequest& request) {
    const std::size_t huge = request.body.find("1e400");  // the library reads no such number
    const json sent = test::json_of(huge == std::string::npos ? request.body : std::string(request.body).replace(huge, 5, "1e300"));
    json body = sent;
    if (!sent.is_object()) body = {{no_object, sent.is_discarded() ? json(request.body) : sent}};
    const std::string interface = request.path.substr(request.path.rfind('/') + 1);
    if (server.drops && server.drops(interface, body, clock.steady())) {
      net::Exchange out;
      out.transport = net::TransportResult::replied;
      out.status = 200;
      out.headers = {{"Content-Type", "application/json;charset=utf-8"}};
      out.body = R"({"ResultCode":1,"Message":"ok"})";
      return out;
    }
    net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    json reply = test::json_of(exchange.body);
    if (!server.rewrite || !reply.is_object() || !reply.contains("ResultCode")) return exchange;
    server.rewrite(interface, body, reply, reply["ResultCode"] == 1);
    exchange.body = reply.dump();
    return exchange;
  };
  std::set<std::string> out;
  for (const auto& one : conformance::check(test::specification(), options, test::environment_for(send, clock)).cases)
    if (one.verdict == reports::Verdict::failed) out.insert(one.id);
  return out;
}

std::string text_of(const json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : std::string();
}

/// Of a reply, those that are shown.
std::vector<json*> rows_of(json& reply) {
  std::vector<json*> out;
  if (reply.contains("DataList") && reply["DataList"].is_array())
    for (json& row : reply["DataList"]) out.push_back(&row);
  return out;
}

TEST(HiddenMistakes, AreFound) {
  std::map<std::string, std::size_t> orders, prices;       // by meter
  std::map<std::string, std::vector<std::string>> meters;  // by user, in their order
  std::size_t created = 0;
  std::set<std::string> fifths, left_behind, emptied, credited, known, with_fee, stillborn;
  std::map<std::string, std::string> renamed;     // by meter
  std::map<std::string, std::size_t> of_payment;  // by TransId: its place among the meter's
  std::map<std::string, std::size_t> payments;    // by meter
  std::chrono::steady_clock::time_point last_order, last_creation;
  std::string last_user;
  std::set<std::string> unlisted, exchanged, spoiled, turned, without_price, burned;
  std::map<double, std::string> eldest;                   // meter of that address
  std::map<std::string, std::string> price_of, owner_of;  // by meter
  std::map<std::uint32_t, std::string> by_hash;           // meters
  json used;                                              // by the exchange that was last
  const auto is_order = [](const std::string& interface, const json& body) { return interface == "ControlValve" && body.contains("ValveMode"); };
  const auto is_youngest = [&](const json& row) {
    const auto& all = meters[text_of(row, "UserCode")];
    return all.empty() || all.back() == text_of(row, "MeterAddr");
  };
  const Server table[] = {
      {"the fourth order of a meter is not carried out", "ControlValve/count/*", "ControlValve/count/same-row",
       [&](const auto& interface, const json& body, auto) { return is_order(interface, body) && ++orders[text_of(body, "MeterAddr")] % 4 == 0; }},
      {"a meter's price changes once", "SetPrice/count/*", "SetPrice/count/same-row",
       [&](const auto& interface, const json& body, auto) { return interface == "SetPrice" && ++prices[text_of(body, "MeterAddr")] > 1; }},
      {"every fifth meter is shown as one of another kind", "CreateMeter/count/*", "CreateMeter/count/rows-of-one", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (interface == "CreateMeter" && done && ++created % 5 == 0) fifths.insert(text_of(body, "MeterAddr"));
         if (interface == "GetUserInfo")
           for (json* row : rows_of(reply))
             if (fifths.contains(text_of(*row, "MeterAddr"))) (*row)["PayType"] = 2;
       }},
      {"a user's next meter takes the money of the others", "*/constant/*", "CreateMeter/constant/others-rows", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (interface == "CreateMeter" && done) meters[text_of(body, "UserCode")].push_back(text_of(body, "MeterAddr"));
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (row->contains("Remnant") && !is_youngest(*row)) (*row)["Remnant"] = 0;
       }},
      {"the second order clears the usage", "ControlValve/constant/*", "ControlValve/constant/other-fields", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (is_order(interface, body) && done) ++orders[text_of(body, "MeterAddr")];
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (row->contains("PeriodDosage") && orders[text_of(*row, "MeterAddr")] > 1) (*row)["PeriodDosage"] = 0;
       }},
      {"a refused meter leaves its user behind", "CreateMeter/open/*", "CreateMeter/", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string user = text_of(body, "UserCode");
         if (interface == "CreateMeter" && !done) left_behind.insert(user);
         if (interface == "GetUserInfo" && !done && text_of(body, "MeterAddr").empty() && left_behind.contains(user))
           reply = {{"ResultCode", 1}, {"Message", "ok"}, {"DataList", json::array()}};
       }},
      {"a meter that exists is refused, and gets the new name", "CreateMeter/open/*", "CreateMeter/open/duplicate-meter", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string meter = text_of(body, "MeterAddr");
         if (interface == "CreateMeter" && !done && known.contains(meter) && !text_of(body, "UserName").empty()) renamed[meter] = text_of(body, "UserName");
         if (interface == "CreateMeter" && done) known.insert(meter);
         if (interface == "GetUserInfo" || interface == "GetData")
           for (json* row : rows_of(reply))
             if (const auto name = renamed.find(text_of(*row, "MeterAddr")); name != renamed.end()) (*row)["UserName"] = name->second;
       }},
      {"a meter that exists is refused, and loses its money", "CreateMeter/open/*", "CreateMeter/open/duplicate-meter", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string meter = text_of(body, "MeterAddr");
         if (interface == "CreateMeter" && !done && known.contains(meter)) emptied.insert(meter);
         if (interface == "CreateMeter" && done) known.insert(meter);
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (emptied.contains(text_of(*row, "MeterAddr")) && row->contains("Remnant")) (*row)["Remnant"] = 0;
       }},
      {"a top-up is refused for the form of its date, and credited; a wrongly padded header is taken", "RemotePay/*", "RemotePay/-200/pay-date", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string date = text_of(body, "PayDate"), meter = text_of(body, "MeterAddr");
         if (interface == "RemotePay" && !done && !date.empty() && !core::DateTime::parse(date)) credited.insert(meter);
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (credited.contains(text_of(*row, "MeterAddr")) && row->contains("Remnant")) (*row)["Remnant"] = 98765.43;
       }},
      {"a further top-up makes the earlier ones wait again", "RemotePay/count/*", "RemotePay/count/rows-of-one", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string meter = text_of(body, "MeterAddr");
         if (interface == "RemotePay" && done) of_payment[text_of(body, "TransId")] = ++payments[meter];
         if (interface == "GetPayList")
           for (json* row : rows_of(reply))
             if (const std::size_t all = payments[text_of(*row, "MeterAddr")]; all > 10 && of_payment[text_of(*row, "TransId")] < all - 5)
               (*row)["PayResult"] = 0;
       }},
      {"one way of payment costs a fee", "RemotePay/count/*", "RemotePay/count/rows-of-one", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool) {
         if (interface == "RemotePay" && body.contains("PayWay") && body["PayWay"] == 4) with_fee.insert(text_of(body, "TransId"));
         if (interface == "GetPayList")
           for (json* row : rows_of(reply))
             if (with_fee.contains(text_of(*row, "TransId"))) (*row)["Money"] = 1.23;
       }},
      {"every fifth order of all is not carried out", "ControlValve/count/*", "ControlValve/count/same-row",
       [&](const auto& interface, const json& body, auto) { return is_order(interface, body) && ++orders[""] % 5 == 0; }},
      {"an order by the user alone is not carried out", "ControlValve/count/*", "ControlValve/count/same-row",
       [&](const auto& interface, const json& body, auto) { return is_order(interface, body) && text_of(body, "MeterAddr").empty(); }},
      {"meters are kept by java.lang.String.hashCode", "*/neighbour/*", "GetUserInfo/neighbour/letter-case", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const auto hash_of = [](const std::string& key) {
           return std::accumulate(key.begin(), key.end(), std::uint32_t{0}, [](std::uint32_t so_far, unsigned char c) { return 31 * so_far + c; });
         };
         for (const auto& [maker, name] : {std::pair("CreateMeter", "MeterAddr"), std::pair("ChangeMeter", "NewMeterAddr")})
           if (interface == maker && done) by_hash[hash_of(text_of(body, name))] = text_of(body, name);
         const auto found = by_hash.find(hash_of(text_of(body, "MeterAddr")));
         if (interface != "GetUserInfo" || done || found == by_hash.end()) return;
         json row;
         row["MeterAddr"] = found->second;
         reply["ResultCode"] = 1;
         reply["DataList"] = json::array();
         reply["DataList"].push_back(row);
       }},
      {"the balance is kept in single precision", "RemotePay/value/*", "RemotePay/value/money-large-sum", nullptr,
       [&](const auto& interface, const json&, json& reply, bool) {
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (row->contains("Remnant") && (*row)["Remnant"].is_number())
               (*row)["Remnant"] = std::round(static_cast<double>((*row)["Remnant"].template get<float>()) * 100) / 100;
       }},
      {"the fraction of the initial reading is lost", "CreateMeter/effect/*", "CreateMeter/effect/get-data", nullptr,
       [&](const auto& interface, const json&, json& reply, bool) {
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (row->contains("ReadNumber") && (*row)["ReadNumber"].is_number())
               (*row)["ReadNumber"] = static_cast<int>((*row)["ReadNumber"].template get<double>());
       }},
      {"the initial reading is not shown", "CreateMeter/sequence/*", "CreateMeter/sequence/initial-reading", nullptr,
       [&](const auto& interface, const json&, json& reply, bool) {
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (row->contains("ReadNumber")) (*row)["ReadNumber"] = 0;
       }},
      {"an exchange loses the money", "ChangeMeter/sequence/*", "ChangeMeter/sequence/exchange-carries-over", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (interface == "ChangeMeter" && done) exchanged.insert(text_of(body, "NewMeterAddr"));
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (row->contains("Remnant") && exchanged.contains(text_of(*row, "MeterAddr"))) (*row)["Remnant"] = 0;
       }},
      {"the usage of an exchange goes to the user's other meter", "ChangeMeter/sequence/*", "ChangeMeter/sequence/exchange-of-one-of-several", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (interface == "ChangeMeter" && done) used = body["PeriodDosage"];
         if (interface == "CreateMeter") used = nullptr;
         if (interface == "GetData" && !used.is_null())
           for (json* row : rows_of(reply)) (*row)["PeriodDosage"] = used;
       }},
      {"a price is refused, and changed", "CreatePrice/-200/*", "CreatePrice/-200/", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (interface == "CreateMeter" && done) price_of[text_of(body, "MeterAddr")] = text_of(body, "PriceTypeCode");
         if (interface == "CreatePrice" && !done && body.value("OperationType", 0) == 2) spoiled.insert(text_of(body, "PriceTypeCode"));
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (row->contains("CurPrice") && spoiled.contains(price_of[text_of(*row, "MeterAddr")])) (*row)["CurPrice"] = 9.87;
       }},
      {"a prepaid account needs no price", "CreateMeter/-200/*", "CreateMeter/-200/price-type-code", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (interface == "CreateMeter" && !done && text_of(body, "PayType") == "5" && text_of(body, "PriceTypeCode").empty()) reply["ResultCode"] = 1;
       }},
      {"a carrier 9 is taken", "CreateMeter/-200/*", "CreateMeter/-200/comm-provider-id", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (interface == "CreateMeter" && !done && text_of(body, "CommProviderId") == "9") reply["ResultCode"] = 1;
       }},
      {"a phone that was never given is the word null", "CreateMeter/value/*", "CreateMeter/value/phone-left-out", nullptr,
       [&](const auto& interface, const json&, json& reply, bool) {
         if (interface == "GetUserInfo")
           for (json* row : rows_of(reply))
             if (!row->contains("Phone") || (*row)["Phone"].is_null()) (*row)["Phone"] = "null";
       }},
      {"after a key with a quote the next query finds nothing", "GetUserInfo/robust/*", "GetUserInfo/robust/signs-in-key", nullptr,
       [was_quoted = false](const auto& interface, const json& body, json& reply, bool done) mutable {
         if (interface != "GetUserInfo") return;
         if (std::exchange(was_quoted, text_of(body, "UserCode").find('\'') != std::string::npos) && done) reply["DataList"] = json::array();
       }},
      {"an apostrophe in a key breaks the target's own query", "GetUserInfo/robust/*", "GetUserInfo/robust/signs-in-key", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool) {
         if (interface == "GetUserInfo" && text_of(body, "UserCode").find('\'') != std::string::npos) reply["ResultCode"] = -203;
       }},
      {"a top-up of 1e400 is refused, and takes the money away", "RemotePay/robust/*", "RemotePay/robust/huge-number",
       [&](const auto& interface, const json& body, auto) {
         if (interface == "RemotePay" && body.is_object() && body.contains("Money") && body["Money"].is_number() && body["Money"].get<double>() > 1e200)
           emptied.insert(text_of(body, "MeterAddr"));
         return false;
       },
       [&](const auto& interface, const json&, json& reply, bool) {
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (emptied.contains(text_of(*row, "MeterAddr")) && row->contains("Remnant")) (*row)["Remnant"] = 0;
       }},
      {"an order of another user is refused, and carried out", "ControlValve/constant/*", "ControlValve/constant/refused-order", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string meter = text_of(body, "MeterAddr"), user = text_of(body, "UserCode");
         if (interface == "CreateMeter" && done) owner_of[meter] = user;
         if (interface == "ChangeMeter" && done) owner_of[text_of(body, "NewMeterAddr")] = owner_of[meter];
         if (is_order(interface, body) && !user.empty() && owner_of.contains(meter) && owner_of[meter] != user) {
           reply["ResultCode"] = -1;
           turned.insert(meter);
         }
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (turned.contains(text_of(*row, "MeterAddr")) && (*row)["ValveState"].is_number()) (*row)["ValveState"] = 3 - (*row)["ValveState"].get<int>();
       }},
      {"a type of operation that is not listed is taken for a change", "CreatePrice/-200/*", "CreatePrice/-200/operation-type-3-in-change", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string price = text_of(body, "PriceTypeCode");
         if (interface == "CreatePrice" && !done && body.value("OperationType", 1) > 2 && known.contains(price)) reply["ResultCode"] = 1;
         if (interface == "CreatePrice" && done) known.insert(price);
       }},
      {"a change of a price that is not there is refused, and makes it", "CreatePrice/open/*", "CreatePrice/open/change-unknown/", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         if (interface != "CreatePrice") return;
         if (!done && body.contains("OperationType") && body["OperationType"] == 2) stillborn.insert(text_of(body, "PriceTypeCode"));
         if (done && stillborn.contains(text_of(body, "PriceTypeCode"))) reply["ResultCode"] = -200;
       }},
      {"a price is refused for the type of its code, and set", "SetPrice/-200/*", "SetPrice/-200/price-type-code-object", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool) {
         if (interface == "SetPrice" && body.contains("PriceTypeCode") && body["PriceTypeCode"].is_object()) {
           reply["ResultCode"] = -200;
           without_price.insert(text_of(body, "MeterAddr"));
         }
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (without_price.contains(text_of(*row, "MeterAddr"))) (*row)["CurPrice"] = 0;
       }},
      {"an empty array is a price", "CreatePrice/-200/*", "CreatePrice/-200/body-empty-array", nullptr,
       [](const auto& interface, const json& body, json& reply, bool) {
         if (interface == "CreatePrice" && body.contains(no_object) && body[no_object].is_array() && body[no_object].empty()) reply["ResultCode"] = 1;
       }},
      {"after an empty body the next list has no payments", "GetPayList/robust/*", "GetPayList/robust/empty", nullptr,
       [was_empty = false](const auto& interface, const json& body, json& reply, bool done) mutable {
         if (interface != "GetPayList") return;
         if (std::exchange(was_empty, body.contains(no_object) && body[no_object] == "") && done) reply["DataList"] = json::array();
       }},
      {"a day of payment may be blanks", "RemotePay/-5/*", "RemotePay/-5/pay-date-blanks", nullptr,
       [](const auto& interface, const json& body, json& reply, bool) {
         if (interface == "RemotePay" && text_of(body, "PayDate") == "  ") reply["ResultCode"] = 1;
       }},
      {"29 February of a common year is taken", "RemotePay/-200/*", "RemotePay/-200/pay-date-no-leap-day", nullptr,
       [](const auto& interface, const json& body, json& reply, bool) {
         if (interface == "RemotePay" && text_of(body, "PayDate").starts_with("2026-02-29")) reply["ResultCode"] = 1;
       }},
      {"a top-up that is refused for its date uses the number up", "RemotePay/*", "RemotePay/-200/pay-date", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string date = text_of(body, "PayDate"), number = text_of(body, "TransId");
         if (interface != "RemotePay") return;
         if (!done && !date.empty() && !core::DateTime::parse(date)) burned.insert(number);
         if (done && burned.contains(number)) reply["ResultCode"] = -3;
       }},
      {"an order for a meter alone compares addresses as doubles", "ControlValve/neighbour/*", "ControlValve/neighbour/twenty-digits", nullptr,
       [&](const auto& interface, const json& body, json& reply, bool done) {
         const std::string meter = text_of(body, "MeterAddr");
         if (interface == "CreateMeter" && done && meter.size() > 17) eldest.try_emplace(std::strtod(meter.c_str(), nullptr), meter);
         const auto elder = eldest.find(std::strtod(meter.c_str(), nullptr));
         if (is_order(interface, body) && done && text_of(body, "UserCode").empty() && elder != eldest.end() && elder->second != meter)
           for (const std::string& one : {elder->second, meter}) turned.insert(one);
         if (interface == "GetData")
           for (json* row : rows_of(reply))
             if (turned.contains(text_of(*row, "MeterAddr")) && (*row)["ValveState"].is_number()) (*row)["ValveState"] = 3 - (*row)["ValveState"].get<int>();
       }},
      {"of two orders at the same moment one is lost", "ControlValve/concurrent/*", "ControlValve/concurrent/two-rows",
       [&](const auto& interface, const json& body, auto now) { return is_order(interface, body) && std::exchange(last_order, now) == now; }},
      {"of a new user's two meters at the same moment one is not listed", "CreateMeter/concurrent/different-requests",
       "CreateMeter/concurrent/different-requests",
       [&](const auto& interface, const json& body, auto now) {
         if (interface != "CreateMeter") return false;
         const bool at_once = std::exchange(last_creation, now) == now;
         if (std::exchange(last_user, text_of(body, "UserCode")) == text_of(body, "UserCode") && at_once) unlisted.insert(text_of(body, "MeterAddr"));
         return false;
       },
       [&](const auto& interface, const json& body, json& reply, bool) {
         if (interface != "GetUserInfo" || !text_of(body, "MeterAddr").empty() || !reply.contains("DataList")) return;
         json kept = json::array();
         for (json* row : rows_of(reply))
           if (!unlisted.contains(text_of(*row, "MeterAddr"))) kept.push_back(*row);
         reply["DataList"] = kept;
       }},
  };
  for (const Server& one : table) {
    for (auto* counts : {&orders, &prices}) counts->clear();
    const std::set<std::string> failed = failed_of(one);
    std::string all;
    for (const std::string& id : failed) all += " " + id;
    EXPECT_TRUE(std::any_of(failed.begin(), failed.end(), [&](const std::string& id) { return id.starts_with(one.found_by); })) << one.what << ":" << all;
  }
}

}  // namespace hidden_mistakes_test
}  // namespace meterproof
