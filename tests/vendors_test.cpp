// SPDX-License-Identifier: Apache-2.0
// Vendors who are not the mock: its replies, rewritten on their way. Who reads the specification sensibly is not failed; who contradicts what it prints of a
// reply is, once and by its name.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "conformance/planner.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof {
namespace vendors_test {

using json = nlohmann::ordered_json;

/// A reply, and the request that it answers.
struct Answer {
  json& reply;
  const json& request;  // discarded where it is no JSON
  const std::string& path;
};

struct Vendor {
  const char* name;
  std::function<void(const Answer&)> rewrites;
  std::function<void(net::Exchange&)> sends = [](net::Exchange&) {};
  std::function<void(std::string&)> reads = [](std::string&) {};  // the body of a request
};

void as_it_is(const Answer&) {}

void for_each_row(json& reply, const std::function<void(json&)>& change) {
  if (reply.contains("DataList") && reply["DataList"].is_array())
    for (json& row : reply["DataList"]) change(row);
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
}

/// As a parser of dates does that minds no bounds.
void roll_over(std::string& body) {
  replace_all(body, "2026-02-30", "2026-03-02");
  replace_all(body, "2026-01-15 25:61:00", "2026-01-16 02:01:00");
}

std::string in_small_letters(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

reports::CheckRecord check_vendor(const Vendor& vendor, const conformance::CheckOptions& options, mockserver::MockOptions mock_options) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), std::move(mock_options), test::sample_fixtures(test::specification()));
  return conformance::check(test::specification(), options,
                            test::environment_for(
                                [&](const net::HttpRequest& request) {
                                  net::HttpRequest taken = request;
                                  vendor.reads(taken.body);
                                  net::Exchange exchange = test::through(state, taken.bytes({"in-process", 80, ""}), clock.now());
                                  json reply = json::parse(exchange.body, nullptr, false);
                                  if (!reply.is_discarded()) {
                                    vendor.rewrites({reply, test::json_of(request.body), request.path});
                                    exchange.body = reply.dump();
                                  }
                                  vendor.sends(exchange);
                                  return exchange;
                                },
                                clock));
}

reports::CheckRecord check_vendor(const Vendor& vendor, const std::string& role) {
  return check_vendor(vendor, test::options_for(role), test::settings_for(test::specification()));
}

void expect_not_accused(const reports::CheckRecord& record, const std::string& who) {
  for (const auto& one : record.cases)
    EXPECT_NE(one.verdict, reports::Verdict::failed) << who << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.expected)
                                                     << ", " << test::english(one.reason);
  EXPECT_EQ(record.exit_code, 0) << who;
}

TEST(Vendors, WhoReadThePaperSensiblyAreNotAccused) {
  const Vendor table[] = {
      {"shows no row of a meter that has not reported",
       [](const Answer& answer) {
         json& reply = answer.reply;
         if (!reply.contains("DataList") || reply["DataList"].empty()) return;
         if (reply["DataList"][0].contains("CurPrice") && reply["DataList"][0]["ReadDate"].is_null()) reply["DataList"] = json::array();
       }},
      {"shows null where nothing was reported",
       [](const Answer& answer) {
         for_each_row(answer.reply, [](json& row) {
           if (!row.contains("CurPrice") || !row["ReadDate"].is_null()) return;
           row["ReadNumber"] = nullptr;
           if (row["Remnant"] == 0) row["Remnant"] = nullptr;
         });
       }},
      {"leaves out what has no value",
       [](const Answer& answer) {
         for_each_row(answer.reply, [](json& row) {
           for (auto it = row.begin(); it != row.end();) it = it->is_null() ? row.erase(it) : std::next(it);
         });
       }},
      {"has valve states of its own",
       [](const Answer& answer) {
         for_each_row(answer.reply, [](json& row) {
           if (row.contains("CurPrice") && row["ReadDate"].is_null() && row["ValveState"].is_number()) row["ValveState"] = row["ValveState"] == 1 ? 0 : 1;
         });
       }},
      {"maps the ways of billing otherwise",
       [](const Answer& answer) {
         for_each_row(answer.reply, [](json& row) {
           if (row.contains("PayType")) row["PayType"] = 2;  // that 6 is 第三方收费, as 2 is, both tables print
         });
       }},
      {"answers a text for a whole number with the code of a wrong value",
       [](const Answer& answer) {
         if (answer.request.is_object() && answer.request.value("ValveMode", json()) == "") answer.reply = {{"ResultCode", -4}, {"Message", "no number"}};
       }},
      {"has business numbers of 19 digits",
       [](const Answer& answer) {
         for_each_row(answer.reply, [](json& row) {
           if (row.contains("PayID")) row["PayID"] = row["PayID"].get<std::int64_t>() + 1'234'567'890'123'456'789;
         });
       }},
      {"is old-fashioned: decimals have four places, and refusals another status", as_it_is,
       [](net::Exchange& exchange) {
         static const std::regex decimal(R"((:-?[0-9]+\.[0-9]{1,2})(?=[,}]))");
         exchange.body = std::regex_replace(exchange.body, decimal, "$&00");
         if (!exchange.body.starts_with(R"({"ResultCode":1,)")) exchange.status = 401;
       }},
      {"names no charset", as_it_is,
       [](net::Exchange& exchange) {
         exchange.headers = {{"Content-Type", "application/json"}};
       }},
      {"names no media type", as_it_is, [](net::Exchange& exchange) { exchange.headers.clear(); }},
      {"takes 30 February for 2 March as the day of an installation, which it need not be told", as_it_is, [](net::Exchange&) {},
       [](std::string& body) {
         if (body.find("InstallDate") != std::string::npos) roll_over(body);
       }},
      {"computes in binary floating point, and prints all of it", as_it_is,
       [](net::Exchange& exchange) {
         static const std::regex decimal(R"((:-?[0-9]+\.[0-9]{1,4})(?=[,}]))");
         exchange.body = std::regex_replace(exchange.body, decimal, "$0100000000000003");
       }},
      {"has more fields than the specification",
       [](const Answer& answer) {
         answer.reply["extra"] = {{"resultcode", 7}};
         for_each_row(answer.reply, [](json& row) { row["Rate"] = "A"; });
       }},
      // What a server takes is its own business.
      {"looks for required fields before it thinks of their codes",
       [](const Answer& answer) {
         const std::map<std::string, std::vector<const char*>> required = {
             {"/api/Pay/RemotePay", {"Money", "PayDate", "TransId", "PayWay"}}, {"/api/Meters/ControlValve", {"ValveMode"}}, {"/api/Users/GetUserInfo", {}}};
         const auto found = required.find(answer.path);
         const int code = answer.reply["ResultCode"];
         if (found == required.end() || !answer.request.is_object() || code > 0 || code <= -200) return;
         const auto is_missing = [&](const char* name) {
           return !answer.request.contains(name) || answer.request[name].is_null() || answer.request[name] == "";
         };
         if (code == -2 || std::any_of(found->second.begin(), found->second.end(), is_missing)) answer.reply["ResultCode"] = -200;
       }},
      {"reads the body before the token",
       [](const Answer& answer) {
         if (answer.request.is_discarded()) answer.reply["ResultCode"] = -200;
       }},
      {"takes an array of one object for the object", as_it_is, [](net::Exchange&) {},
       [](std::string& body) {
         const json parsed = test::json_of(body);
         if (parsed.is_array() && parsed.size() == 1 && parsed[0].is_object()) body = parsed[0].dump();
       }},
      {"takes blanks for a value", as_it_is, [](net::Exchange&) {}, [](std::string& body) { replace_all(body, ":\"  \"", ":\"--\""); }},
      {"takes an object for its text", as_it_is, [](net::Exchange&) {}, [](std::string& body) { replace_all(body, R"(:{"a":1})", R"(:"[object]")"); }},
      {"does not look at the time of a report", as_it_is, [](net::Exchange&) {},
       [](std::string& body) { replace_all(body, R"("ReadDate":"someday")", R"("ReadDate":"2026-03-14 09:00:00")"); }},
      {"answers a report of an unknown meter without rows",
       [](const Answer& answer) {
         if (answer.reply["ResultCode"] != 0 || !answer.request.is_object() || !answer.request.contains("ReadNumber")) return;
         if (answer.reply["Message"].get<std::string>().find("no such") == std::string::npos) return;
         answer.reply = {{"ResultCode", 1}, {"Message", "ok"}, {"DataList", json::array()}};
       }},
      {"takes a name that is empty", as_it_is, [](net::Exchange&) {},
       [](std::string& body) {
         for (const char* name : {"UserName", "DeptId", "DeptName", "DoorPlate", "Address", "PriceTypeName"})
           replace_all(body, "\"" + std::string(name) + "\":\"\"", "\"" + std::string(name) + "\":\"-\"");
       }},
  };
  std::size_t row = 0;
  for (const Vendor& vendor : table)
    for (const std::string role : {"platform", "both"})
      if (!test::is_left_out(row++)) expect_not_accused(check_vendor(vendor, role), std::string(vendor.name) + " (" + role + ")");
}

TEST(Vendors, WhoTakeNoReadingBelowTheLastOneAreNotAccused) {
  std::map<std::string, std::pair<double, std::string>> last;  // by meter: what it showed, and when
  auto options = test::options_for("billing");
  options.fixtures["user"] = "U0004";
  options.fixtures["meter"] = "860000000005";
  const auto record = check_vendor({"takes no reading that is lower or older than the last one",
                                    [&](const Answer& answer) {
                                      if (answer.reply["ResultCode"] != 1 || !answer.request.is_object()) return;
                                      const double shown = answer.request["ReadNumber"].get<double>();
                                      const std::string taken = answer.request["ReadDate"].get<std::string>();
                                      auto& [before, at] = last[answer.request["MeterAddr"].get<std::string>()];
                                      if (shown < before || taken < at) answer.reply = {{"ResultCode", 0}, {"Message", "lower or older than the last one"}};
                                      else before = shown, at = taken;
                                    }},
                                   options, test::settings_for(test::specification()));
  for (const auto& one : record.cases)
    EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
}

/// A mock that insists on the meter's number, or the user's, in every interface that may be read so.
mockserver::MockOptions insisting(const char* code) {
  mockserver::MockOptions out = test::settings_for(test::specification());
  for (const char* name : {"GetUserInfo", "RemotePay", "ControlValve", "GetData"})
    EXPECT_TRUE(mockserver::apply_interpretation(out, test::specification(), std::string(name) + "/meter-left-out=" + code).empty()) << name;
  return out;
}

// The table marks the meter's number as required, the sentence beside it does not.
TEST(Vendors, WhoInsistOnTheMetersNumberAreJudgedByIt) {
  for (const char* code : {"-2", "-200", "-1"})
    for (const std::string role : {"platform", "both"}) {
      const auto record = check_vendor({"", as_it_is}, test::options_for(role), insisting(code));
      expect_not_accused(record, std::string("insists by ") + code);
      std::map<std::string, reports::Verdict> verdicts;
      for (const auto& one : record.cases) verdicts[one.id] = one.verdict;
      EXPECT_EQ(verdicts["RemotePay/1/by-user"], reports::Verdict::inconclusive);
      EXPECT_EQ(verdicts["GetUserInfo/0/user-code-unknown"], reports::Verdict::inconclusive) << "it rests on the user's code alone";
      for (const char* id :
           {"RemotePay/1/both", "RemotePay/1/by-meter", "RemotePay/effect/get-pay-list", "RemotePay/effect/get-data", "ControlValve/1/by-meter",
            "CreateMeter/effect/get-user-info", "GetUserInfo/-1/meter-addr-unknown", "GetUserInfo/reply/every-reply"})
        EXPECT_EQ(verdicts[id], reports::Verdict::passed) << id;
    }
}

// It is an open question for whoever refuses all such requests, and a failure of whoever refuses some.
TEST(Vendors, WhoOnceTookTheUsersCodeAloneHasToTakeIt) {
  std::size_t asked = 0;
  const auto record = check_vendor({"",
                                    [&](const Answer& answer) {
                                      const bool by_user = answer.path == "/api/Users/GetUserInfo" && answer.request.is_object() &&
                                                           answer.request.contains("UserCode") && !answer.request.contains("MeterAddr");
                                      if (by_user && answer.reply["ResultCode"] == 1 && ++asked > 1) answer.reply = {{"ResultCode", -2}, {"Message", "no"}};
                                    }},
                                   "platform");
  EXPECT_EQ(record.exit_code, 1);
}

// Nothing says that a price may come into force at a time that is over, nor that it may not.
TEST(Vendors, WhoTakeNoTimeThatIsOverAreAskedWithOneToCome) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  std::size_t refused = 0;
  const auto send = [&](const net::HttpRequest& request) {
    net::HttpRequest taken = request;
    const std::string now = core::local_time(clock.now(), std::chrono::hours(8)).to_string();
    json body = test::json_of(taken.body);
    if (body.is_object() && body.contains("ExeDate") && body["ExeDate"].is_string() && body["ExeDate"].get<std::string>() < now) {
      body["ExeDate"] = "late";  // what the mock cannot parse
      taken.body = body.dump();
      ++refused;
    }
    return test::through(state, taken.bytes({"in-process", 80, ""}), clock.now());
  };
  const auto record = conformance::check(test::specification(), test::options_for("platform"), test::environment_for(send, clock));
  expect_not_accused(record, "takes no time that is over");
  EXPECT_GT(refused, 0U);
  EXPECT_LT(refused, 20U) << "what was refused once is not sent again, but by the cases about it";
  const auto question = std::find_if(record.questions.begin(), record.questions.end(), [](const auto& one) { return one.id == "CreatePrice/past-times"; });
  ASSERT_NE(question, record.questions.end());
  EXPECT_EQ(question->observed, std::vector<std::string>{"refuse"});
}

struct Bug {
  Vendor vendor;
  std::vector<const char*> told_by;  // ends of ids: all that fails
  bool each_tells = false;
};

// One cause, one finding: the cases of the reply's form tell it, and no other does.
TEST(Vendors, WhoContradictThePrintAreToldSoOnce) {
  const Bug table[] = {
      {{"writes every number as a text",
        [](const Answer& answer) {
          answer.reply["ResultCode"] = answer.reply["ResultCode"].dump();
          for_each_row(answer.reply, [](json& row) {
            for (auto& [name, value] : row.items())
              if (value.is_number()) value = value.dump() + (value.is_number_float() ? "00" : "");
          });
        }},
       {"/reply/result-code", "/reply/row-pay-type", "/reply/row-money", "/reply/row-pay-id", "/reply/row-pay-result", "/reply/row-read-number",
        "/reply/row-remnant", "/reply/row-cur-price", "/reply/row-valve-state", "/reply/every-reply"}},
      {{"has no message", [](const Answer& answer) { answer.reply["Message"] = nullptr; }}, {"/reply/message"}},
      {{"leaves the message of a refusal out",
        [](const Answer& answer) {
          if (answer.reply["ResultCode"] != 1) answer.reply.erase("Message");
        }},
       {"/reply/every-reply"}},
      {{"writes the code of a refusal as a text",
        [](const Answer& answer) {
          if (answer.reply["ResultCode"] != 1) answer.reply["ResultCode"] = answer.reply["ResultCode"].dump();
        }},
       {"/reply/every-reply"}},
      {{"writes names in small letters",
        [](const Answer& answer) {
          json small;
          for (const auto& [name, value] : answer.reply.items()) small[in_small_letters(name)] = value;
          answer.reply = small;
        }},
       {"/reply/result-code", "/reply/message", "/reply/encoding"}},
      {{"writes one name in other letters",
        [](const Answer& answer) {
          for_each_row(answer.reply, [](json& row) {
            if (!row.contains("Doorplate")) return;
            row["DoorPlate"] = row["Doorplate"];
            row.erase("Doorplate");
          });
        }},
       {"GetUserInfo/reply/row-doorplate"}},
      {{"writes a telephone number as a number",
        [](const Answer& answer) {
          for_each_row(answer.reply, [](json& row) {
            if (row.contains("Phone") && row["Phone"].is_string() && row["Phone"] == "13800000000") row["Phone"] = 13800000000;
          });
        }},
       {"GetUserInfo/reply/row-phone", "GetUserInfo/reply/every-reply"}},
      {{"separates dates by slashes",
        [](const Answer& answer) {
          for_each_row(answer.reply, [](json& row) {
            if (row.contains("PayDate")) row["PayDate"] = std::regex_replace(row["PayDate"].get<std::string>(), std::regex("-"), "/");
          });
        }},
       {"GetPayList/reply/row-pay-date", "GetPayList/reply/every-reply"}},
      {{"writes the second row's amount as a text",
        [](const Answer& answer) {
          if (answer.reply.contains("DataList") && answer.reply["DataList"].is_array() && answer.reply["DataList"].size() > 1)
            if (json& row = answer.reply["DataList"][1]; row.contains("Money")) row["Money"] = row["Money"].dump();
        }},
       {"GetPayList/reply/every-reply"}},
      {{"answers a single row without a list",
        [](const Answer& answer) {
          json& reply = answer.reply;
          if (reply.contains("DataList") && reply["DataList"].is_array() && reply["DataList"].size() == 1) reply["DataList"] = json(reply["DataList"][0]);
        }},
       {"/reply/encoding", "/reply/every-reply"}},
      {{"calls its replies HTML", as_it_is,
        [](net::Exchange& exchange) {
          exchange.headers = {{"Content-Type", "text/html;charset=utf-8"}};
        }},
       {"/reply/encoding"}},
      {{"joins the codes of two mistakes",
        [](const Answer& answer) {
          if (answer.path == "/api/Pay/RemotePay" && answer.request.is_object() && !answer.request.contains("TransId") && answer.reply["ResultCode"] == -3 &&
              answer.request.value("Money", json()) == 0)
            answer.reply["ResultCode"] = -34;
        }},
       {"RemotePay/-3/trans-id-missing-and-money-zero"}},
      {{"takes 30 February for 2 March, and 25:61 for the next day", as_it_is, [](net::Exchange&) {}, roll_over},
       {"RemotePay/-200/pay-date-impossible-day", "RemotePay/-200/pay-date-impossible-time", "GetPayList/-200/begin-date-impossible-day",
        "GetPayList/-200/end-date-impossible-day", "CreatePrice/-200/exe-date-impossible-day", "CreatePrice/-200/exe-date-impossible-time"},
       true},
      {{"begins with a byte order mark", as_it_is, [](net::Exchange& exchange) { exchange.body = "\xEF\xBB\xBF" + exchange.body; }}, {"/reply/encoding"}},
  };
  for (const Bug& bug : table) {
    const auto record = check_vendor(bug.vendor, "platform");
    std::set<std::string> failed;
    for (const auto& one : record.cases) {
      if (one.verdict != reports::Verdict::failed) continue;
      failed.insert(one.id);
      const bool expected = std::any_of(bug.told_by.begin(), bug.told_by.end(), [&](const char* end) { return one.id.ends_with(end); });
      EXPECT_TRUE(expected) << bug.vendor.name << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
    }
    const auto is_told = [&](const char* end) { return std::any_of(failed.begin(), failed.end(), [&](const std::string& id) { return id.ends_with(end); }); };
    EXPECT_TRUE(is_told(bug.told_by.front()) || bug.told_by.size() > 1) << bug.vendor.name;
    if (bug.each_tells)
      for (const char* end : bug.told_by) EXPECT_TRUE(is_told(end)) << bug.vendor.name << ": " << end;
    EXPECT_FALSE(failed.empty()) << bug.vendor.name;
    EXPECT_EQ(record.exit_code, 1) << bug.vendor.name;
  }
}

// A row that the vendor has named as cancelled has a code of its own; one that we have brought there may be gone.
TEST(Vendors, WhoNameACancelledMeterKnowIt) {
  const Vendor forgetful = {"", [](const Answer& answer) {
                              if (answer.reply["ResultCode"] == -7) answer.reply["ResultCode"] = -1;
                            }};
  const auto failed_of = [&](conformance::CheckOptions options) {
    std::set<std::string> out;
    options.selection.only = {"RemotePay/*"};
    for (const auto& one : check_vendor(forgetful, options, test::settings_for(test::specification())).cases)
      if (one.verdict == reports::Verdict::failed) out.insert(one.id);
    return out;
  };
  EXPECT_EQ(failed_of(test::options_for("platform")), std::set<std::string>());
  conformance::CheckOptions named = test::options_for("platform");
  named.fixtures["meter.cancelled"] = "860000000009";
  EXPECT_EQ(failed_of(named), (std::set<std::string>{"RemotePay/-7/meter-addr-cancelled"}));
}

// Either the target is wrong, or what its vendor says of his own row.
TEST(Vendors, WhoNameACancelledMeterAndTopItUpAreToldOfBoth) {
  const Vendor careless = {"", [](const Answer& answer) {
                             if (answer.reply["ResultCode"] == -7) answer.reply["ResultCode"] = 1;
                           }};
  conformance::CheckOptions named = test::options_for("platform");
  named.fixtures["meter.cancelled"] = "860000000009";
  named.selection.only = {"RemotePay/-7/*"};
  const reports::CheckRecord record = check_vendor(careless, named, test::settings_for(test::specification()));
  std::set<std::string> failed;
  for (const auto& one : record.cases)
    if (one.verdict == reports::Verdict::failed) failed.insert(one.id);
  EXPECT_TRUE(failed.contains("RemotePay/-7/meter-addr-cancelled"));
  EXPECT_EQ(record.exit_code, 1);
}

// The same timestamp on another path is not taken where it is called a wrong token, so that no appId is given up for that.
TEST(Vendors, WhoCallARepeatedTimestampAWrongTokenAreJudged) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::CheckOptions options = test::options_for("platform");
  options.selection.only = {"GetUserInfo/-201/*", "GetUserInfo/1/*"};
  std::set<std::string> used;
  const auto send = [&](const net::HttpRequest& request) {
    net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    std::string authorization;
    for (const auto& [name, value] : request.headers)
      if (name == "Authorization") authorization = value;
    const std::string late = "\"ResultCode\":-201";
    const std::size_t at = exchange.body.find(late);
    if (at == std::string::npos) used.insert(authorization);
    else if (used.contains(authorization)) exchange.body.replace(at, late.size(), "\"ResultCode\":-202");
    return exchange;
  };
  const auto record = conformance::check(test::specification(), options, test::environment_for(send, clock));
  EXPECT_EQ(record.exit_code, 1) << test::notes_of(record);
  EXPECT_EQ(test::notes_of(record).find("refuses its signature"), std::string::npos) << test::notes_of(record);
  EXPECT_TRUE(std::any_of(record.cases.begin(), record.cases.end(),
                          [](const auto& one) { return one.id == "GetUserInfo/-201/same-request-again" && one.verdict == reports::Verdict::failed; }));
}

TEST(Vendors, WhichOfTwoMistakesIsToldIsNotStated) {
  const auto cases = conformance::plan(test::specification(), {});
  const auto accepted_by = [&](const std::string& id) {
    std::set<int> out;
    for (const auto& one : cases)
      if (one->info().id == id)
        for (const auto* codes : {&one->info().expected, &one->info().also_accepted})
          for (const core::Code code : *codes) out.insert(code.value);
    return out;
  };
  EXPECT_EQ(accepted_by("GetUserInfo/-202/token-of-next-second"), (std::set<int>{-202, -201}));
  EXPECT_EQ(accepted_by("GetUserInfo/-202/wrong-secret-and-body-not-json"), (std::set<int>{-202, -200}));
  EXPECT_EQ(accepted_by("GetUserInfo/-202/wrong-secret-and-empty-object"), (std::set<int>{-202}));
  EXPECT_EQ(accepted_by("GetUserInfo/-202/wrong-secret"), (std::set<int>{-202}));
}

// Whatever is accepted, a code that the interface's table does not list is none of it.
TEST(Vendors, NoCodeOutsideItsTableIsAccepted) {
  for (const auto& one : conformance::plan(test::specification(), {}))
    for (const auto* codes : {&one->info().expected, &one->info().also_accepted})
      for (const core::Code code : *codes)
        EXPECT_NE(test::specification().row(*one->info().interface, code), nullptr) << one->info().id << " accepts " << code.value;
}

}  // namespace vendors_test
}  // namespace meterproof
