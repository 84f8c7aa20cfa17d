// SPDX-License-Identifier: Apache-2.0
#include "client_conformance/client_monitor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "client_conformance/client_transcript.hpp"
#include "conformance/transcript.hpp"
#include "core/auth/base64.hpp"
#include "core/auth/conventions.hpp"
#include "core/auth/md5.hpp"
#include "reports/headline.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::client_conformance {
namespace client_monitor_test {

using reports::Verdict;

ClientOptions options_of(core::Role role, std::vector<std::string> faults = {}) {
  ClientOptions out;
  out.only_watches = faults == std::vector<std::string>{"none"};
  if (!out.only_watches) out.faults = std::move(faults);
  out.client = role;
  out.url = "http://here";
  return out;
}

/// A billing platform's client that does all as it should, unless told otherwise.
class Client {
 public:
  struct Habits {
    std::string accept = "application/json", content_type = "application/json;charset=utf-8", secret = "demo-secret", more_headers;
    bool new_number_after_loss = false, gives_up = false, same_signature = false, ignores_orders = false, twelve_hours = false, repeats_timestamps = false,
         library_repeats = false;
    std::string (*token)(auth::Credentials app, const std::string& timestamp) = nullptr;  // null: as the specification says
    std::function<void(nlohmann::ordered_json&)> change = [](nlohmann::ordered_json&) {};
  };

  Client(core::Role role, Habits habits, const std::vector<std::string>& faults = {})
      : habits_(std::move(habits)),
        watch_(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()), options_of(role, faults)),
        recorder_(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()), options_of(role, faults)) {}

  /// Sends until it is answered with success, a few times at the most.
  void call(const std::string& path, nlohmann::ordered_json body, const char* number = nullptr) {
    habits_.change(body);
    std::string headers;
    bool lost = false;
    for (int tries = 0; tries < 4; ++tries) {
      if (lost && number != nullptr && habits_.new_number_after_loss) body[number] = body[number].get<std::string>() + "-" + std::to_string(tries);
      if (headers.empty() || !habits_.same_signature) headers = signed_headers();
      auto answer = send("POST " + path + " HTTP/1.1\r\nHost: h\r\n" + headers, body.dump());
      if (!answer && habits_.library_repeats) answer = send("POST " + path + " HTTP/1.1\r\nHost: h\r\n" + headers, body.dump());
      if (answer && (*answer)["ResultCode"] == 1) {
        reply = *answer;
        return;
      }
      lost = !answer;
      if (habits_.gives_up) return;
    }
  }

  /// Whatever is recorded, and judged again from its record, comes to the same.
  reports::CheckRecord record() const {
    reports::CheckRecord out = watch_.record(), kept = recorder_.record();
    expect_same(out, kept, "recorded");
    conformance::redact_tokens(test::specification(), kept);
    const std::string text = to_json(kept);
    EXPECT_EQ(text.find("demo-secret"), std::string::npos);
    i18n::Message why;
    const auto read = reports::check_record_from(text, why);
    EXPECT_TRUE(read) << test::english(why);
    if (read) expect_same(kept, rejudge(test::specification(), *read), "judged again");
    return out;
  }
  /// Sets the clock of the machine that watches; the client's with it where they run on one.
  void set_clock(std::chrono::seconds ahead, bool both) {
    clock_.set(ahead);
    own_clock_ = !both;
  }
  nlohmann::json reply;

 private:
  std::string token(const std::string& stamp) const {
    return habits_.token != nullptr ? habits_.token({"demo", habits_.secret}, stamp) : auth::md5_hex("demo" + habits_.secret + stamp);
  }
  std::string signed_headers() {
    if (!habits_.repeats_timestamps) clock_.advance(std::chrono::seconds(1));
    std::string stamp = core::local_time(own_clock_ ? clock_.true_time() : clock_.now(), std::chrono::minutes(480)).compact();
    if (habits_.twelve_hours) stamp.insert(10, "24");
    return "Accept: " + habits_.accept + "\r\nContent-Type: " + habits_.content_type + "\r\nAccessToken: " + token(stamp) +
           "\r\nAuthorization: " + auth::base64("demo:" + stamp) + "\r\n" + habits_.more_headers;
  }

 public:
  /// One message as it stands.
  void send_bare(const std::string& bytes) {
    net::HttpParser parser(net::HttpParser::Kind::request, {});
    for (std::string_view rest = bytes; !rest.empty() && parser.state() == net::HttpState::need_more;) rest.remove_prefix(parser.feed(rest));
    serve(parser, {});
  }

 private:
  /// Nothing where the reply is lost.
  std::optional<nlohmann::json> send(const std::string& head, const std::string& body) {
    const std::string bytes = head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    net::HttpParser parser(net::HttpParser::Kind::request, {});
    for (std::string_view rest = bytes; !rest.empty() && parser.state() == net::HttpState::need_more;) rest.remove_prefix(parser.feed(rest));
    const net::Response response = serve(parser, clock_.steady() + std::chrono::hours(1));
    if (response.fault == net::ResponseFault::reset) return std::nullopt;
    return nlohmann::json::parse(response.body);
  }

  /// A recorder changes no reply.
  net::Response serve(const net::HttpParser& request, std::chrono::steady_clock::time_point steady) {
    net::Response out, recorded;
    watch_.handle(request, clock_.now(), out, steady);
    recorder_.handle(request, clock_.now(), recorded, steady);
    EXPECT_EQ(out.body, recorded.body);
    EXPECT_EQ(out.status, recorded.status);
    EXPECT_EQ(out.fault, recorded.fault);
    return out;
  }
  static void expect_same(const reports::CheckRecord& a, const reports::CheckRecord& b, const char* what) {
    EXPECT_EQ(a.exit_code, b.exit_code) << what;
    EXPECT_EQ(test::notes_of(a), test::notes_of(b)) << what;
    EXPECT_EQ(a.started, b.started) << what;
    EXPECT_EQ(a.requests, b.requests) << what;
    ASSERT_EQ(a.cases.size(), b.cases.size()) << what;
    for (std::size_t i = 0; i < a.cases.size(); ++i) {
      const reports::CaseRecord &one = a.cases[i], &other = b.cases[i];
      EXPECT_EQ(one.id, other.id) << what;
      EXPECT_EQ(one.verdict, other.verdict) << what << ": " << one.id;
      EXPECT_EQ(test::english(one.observed), test::english(other.observed)) << what << ": " << one.id;
      EXPECT_EQ(test::english(one.reason), test::english(other.reason)) << what << ": " << one.id;
      EXPECT_EQ(one.request.url, other.request.url) << what << ": " << one.id;
      EXPECT_EQ(one.request.body, other.request.body) << what << ": " << one.id;
      EXPECT_EQ(one.reply.body, other.reply.body) << what << ": " << one.id;
      EXPECT_EQ(one.steps.size(), other.steps.size()) << what << ": " << one.id;
    }
  }

  Habits habits_;
  bool own_clock_ = false;
  test::Clock clock_;
  ClientMonitor watch_;
  ClientRecorder recorder_;
};

void work_as_billing(Client& client) {
  for (int i = 1; i <= 4; ++i) {
    const std::string n = std::to_string(i);
    client.call(
        "/api/Pay/RemotePay",
        {{"UserCode", "U0001"}, {"MeterAddr", "860000000001"}, {"Money", 50 + i}, {"PayDate", "2026-01-15 10:30:0" + n}, {"TransId", "T9" + n}, {"PayWay", 4}},
        "TransId");
  }
  for (int i = 0; i < 3; ++i) client.call("/api/Users/GetUserInfo", {{"UserCode", "U0001"}});
}

void report(Client& client, const std::string& meter, int i, int valve, double reserve = 10) {
  client.call("/api/Meters/GetData", {{"UserCode", "U0004"},
                                      {"UserName", "赵六"},
                                      {"MeterAddr", meter},
                                      {"ReadNumber", 12 + i},
                                      {"Voltage", 3.6},
                                      {"ValveState", valve},
                                      {"MeterCSQ", 20},
                                      {"RSRP", -90},
                                      {"SNR", 10},
                                      {"CC", 0},
                                      {"MeterStatus", "正常"},
                                      {"BatteryState", 0},
                                      {"ReadDate", "2026-03-" + std::to_string(10 + i) + " 08:00:00"},
                                      {"PeriodDosage", i},
                                      {"Reserve", reserve}});
}

void work_as_platform(Client& client, bool ignores_orders) {
  int valve = 1;
  double reserve = 10;
  for (int i = 1; i <= 14; ++i) {
    report(client, "860000000005", i, valve, reserve);
    for (const auto& row : client.reply.value("DataList", nlohmann::json::array())) {
      if (ignores_orders || row["MeterAddr"] != "860000000005") continue;
      valve = row["ValveMode"] == 1 ? 1 : 2;
      reserve = std::round(100 * (row["Remnant"].get<double>() - row["UnitPrice"].get<double>())) / 100;  // the next report is one unit later
    }
  }
}

const reports::CaseRecord& case_of(const reports::CheckRecord& record, std::string_view id) {
  const auto found = std::find_if(record.cases.begin(), record.cases.end(), [&](const auto& one) { return one.id == id; });
  if (found == record.cases.end()) throw std::out_of_range("no case " + std::string(id));
  return *found;
}

Verdict verdict_of(const reports::CheckRecord& record, const std::string& id) { return case_of(record, id).verdict; }

TEST(ClientMonitor, AGoodBillingClientConforms) {
  Client client(core::Role::billing, {});
  work_as_billing(client);
  const auto record = client.record();
  for (const auto& one : record.cases)
    EXPECT_TRUE(one.verdict == Verdict::passed || one.verdict == Verdict::inconclusive)
        << one.id << ": " << i18n::render(one.observed, i18n::Language::en) << ", " << i18n::render(one.reason, i18n::Language::en);
  EXPECT_EQ(record.exit_code, 0);
  for (const char* id : {"RemotePay/called", "client/header/AccessToken", "client/timestamp", "RemotePay/request/Money", "RemotePay/fault/timestamp-refused",
                         "RemotePay/fault/reply-lost", "GetUserInfo/fault/timestamp-refused"})
    EXPECT_EQ(verdict_of(record, id), Verdict::passed) << id;
  // What was not seen is never passed.
  EXPECT_EQ(verdict_of(record, "ControlValve/called"), Verdict::inconclusive);
  EXPECT_EQ(verdict_of(record, "GetUserInfo/request/MeterAddr"), Verdict::inconclusive);
}

// Nobody is accused for a clock that somebody set between two calls.
TEST(ClientMonitor, AClockThatIsSetAccusesNobody) {
  for (const bool both : {false, true})
    for (const int step : {7200, -7200, 30}) {
      Client client(core::Role::billing, {});
      work_as_billing(client);
      client.set_clock(std::chrono::seconds(step), both);
      for (int i = 0; i < 3; ++i) client.call("/api/Users/GetUserInfo", {{"UserCode", "U0001"}});
      const auto record = client.record();
      const std::string what = std::string(both ? "both clocks, " : "ours, ") + std::to_string(step) + " s";
      EXPECT_EQ(verdict_of(record, "client/timestamp"), Verdict::passed) << what;
      EXPECT_EQ(record.exit_code, 0) << what;
      EXPECT_NE(test::notes_of(record).find("was set by " + std::to_string(step) + " s"), std::string::npos) << what << ": " << test::notes_of(record);
    }
}

TEST(ClientMonitor, AGoodPlatformClientConforms) {
  Client client(core::Role::platform, {});
  work_as_platform(client, false);
  const auto record = client.record();
  for (const auto& one : record.cases)
    EXPECT_EQ(one.verdict, Verdict::passed) << one.id << ": " << i18n::render(one.observed, i18n::Language::en) << ", "
                                            << i18n::render(one.reason, i18n::Language::en);
  EXPECT_EQ(record.exit_code, 0);
}

TEST(ClientMonitor, EachBadHabitIsToldByItsOwnCase) {
  using json = nlohmann::ordered_json;
  struct Given {
    const char* name;
    Client::Habits habits;
    const char* failed;
  };
  std::vector<Given> table;
  const auto add = [&](const char* name, const char* failed, const std::function<void(Client::Habits&)>& set) {
    Client::Habits habits;
    set(habits);
    table.push_back({name, habits, failed});
  };
  add("no Accept", "client/header/Accept", [](auto& with) { with.accept = "*/*"; });
  add("no charset", "client/header/Content-Type", [](auto& with) { with.content_type = "application/json"; });
  add("wrong secret", "client/header/AccessToken", [](auto& with) { with.secret = "wrong"; });
  add("literal 24", "client/timestamp", [](auto& with) { with.twelve_hours = true; });
  add("repeats timestamps", "client/timestamp", [](auto& with) { with.repeats_timestamps = true; });
  add("new number after a loss", "RemotePay/fault/reply-lost", [](auto& with) { with.new_number_after_loss = true; });
  add("same signature again", "RemotePay/fault/timestamp-refused", [](auto& with) { with.same_signature = true; });
  add("no money", "RemotePay/request/Money", [](auto& with) { with.change = [](json& body) { body["Money"] = 0; }; });
  add("money as words", "RemotePay/request/Money", [](auto& with) { with.change = [](json& body) { body["Money"] = "fifty"; }; });
  add("a date of another form", "RemotePay/request/PayDate", [](auto& with) { with.change = [](json& body) { body["PayDate"] = "2026/01/15"; }; });
  add("an unknown way of payment", "RemotePay/request/PayWay", [](auto& with) { with.change = [](json& body) { body["PayWay"] = 9; }; });
  add("no transaction number", "RemotePay/request/TransId", [](auto& with) { with.change = [](json& body) { body.erase("TransId"); }; });
  add("names in small letters", "RemotePay/names", [](auto& with) {
    with.change = [](json& body) {
      body["transid"] = body["TransId"];
      body.erase("TransId");
    };
  });
  for (Given& given : table) {
    Client client(core::Role::billing, given.habits);
    work_as_billing(client);
    const auto record = client.record();
    EXPECT_EQ(verdict_of(record, given.failed), Verdict::failed) << given.name;
    EXPECT_EQ(record.exit_code, 1) << given.name;
  }
}

// Whoever asks after a lost reply, and pays once more all the same, has paid twice.
TEST(ClientMonitor, APaymentThatComesASecondTimeAfterAQuestionIsTold) {
  Client::Habits habits;
  habits.gives_up = true;
  const auto pay = [](Client& client, const char* number, int money, const char* date = "2026-01-15 10:30:00") {
    client.call("/api/Pay/RemotePay",
                {{"UserCode", "U0001"}, {"MeterAddr", "860000000001"}, {"Money", money}, {"PayDate", date}, {"TransId", number}, {"PayWay", 4}});
  };
  const auto lose_one = [&](Client& client) {
    pay(client, "T91", 51);
    pay(client, "T92", 52);  // its timestamp is refused
    pay(client, "T92", 52);
    pay(client, "T94", 54);  // its reply is lost
  };
  const struct {
    const char* what;
    std::function<void(Client&)> then;
    Verdict verdict;
  } table[] = {
      {"asks for the payment",
       [](Client& client) {
         client.call("/api/Users/GetPayList", {{"TransId", "T94"}});
       },
       Verdict::passed},
      {"asks, and pays something else",
       [&](Client& client) {
         client.call("/api/Users/GetPayList", {{"TransId", "T94"}});
         pay(client, "T95", 55);
       },
       Verdict::passed},
      {"asks, and pays again under another number",
       [&](Client& client) {
         client.call("/api/Users/GetPayList", {{"TransId", "T94"}});
         pay(client, "T95", 54);
       },
       Verdict::failed},
      {"looks at the user, and pays again under another number",
       [&](Client& client) {
         client.call("/api/Users/GetUserInfo", {{"UserCode", "U0001"}});
         pay(client, "T95", 54);
       },
       Verdict::failed},
      {"looks at the user alone",
       [](Client& client) {
         client.call("/api/Users/GetUserInfo", {{"UserCode", "U0001"}});
       },
       Verdict::inconclusive},
      {"pays again at another time", [&](Client& client) { pay(client, "T95", 54, "2026-01-15 10:31:00"); }, Verdict::warned},
  };
  for (const auto& row : table) {
    Client client(core::Role::billing, habits);
    lose_one(client);
    row.then(client);
    const auto record = client.record();
    EXPECT_EQ(verdict_of(record, "RemotePay/fault/reply-lost"), row.verdict) << row.what;
    EXPECT_EQ(record.exit_code, row.verdict == Verdict::failed ? 1 : 0) << row.what;
    const auto& fault = case_of(record, "RemotePay/fault/reply-lost");
    ASSERT_FALSE(fault.steps.empty()) << row.what;
    EXPECT_NE(fault.request.body.find("T94"), std::string::npos) << row.what;
    EXPECT_EQ(fault.reply.transport, "connection reset") << row.what;
    if (row.verdict == Verdict::failed) EXPECT_NE(fault.steps.back().request.body.find("T95"), std::string::npos) << row.what;
  }

  // Who says the same in every payment may mean another one.
  Client uniform(core::Role::billing, habits);
  for (const char* number : {"T1", "T2", "T2", "T3", "T4"}) pay(uniform, number, 50);
  EXPECT_EQ(verdict_of(uniform.record(), "RemotePay/fault/reply-lost"), Verdict::warned);
}

TEST(ClientMonitor, WhatACallRefersToIsLookedAt) {
  const auto price = [](Client& client, const char* code, int type) {
    nlohmann::ordered_json body = {{"PriceTypeCode", code}, {"PriceTypeName", "居民"},          {"StairType", 1},       {"FreezeMonth", 1},
                                   {"FreezeDay", 1},        {"ExeDate", "2026-01-15 00:00:00"}, {"OperationType", type}};
    for (const char* name : {"Divid1", "Divid2", "Divid3", "Divid4", "Divid5", "Price1", "Price2", "Price3", "Price4", "Price5", "Price6"}) body[name] = 2.5;
    client.call("/api/Meters/CreatePrice", body);
  };
  const auto order = [](Client& client, const char* user, const char* meter) {
    client.call("/api/Meters/ControlValve", {{"UserCode", user}, {"MeterAddr", meter}, {"ValveMode", 1}});
  };
  const struct {
    const char* what;
    std::function<void(Client&)> calls;
    const char* told;
  } table[] = {
      {"a meter that is not there", [&](Client& client) { order(client, "U0001", "860000009999"); }, "ControlValve/order"},
      {"a user who is not there", [&](Client& client) { order(client, "U9999", "860000000001"); }, "ControlValve/order"},
      {"a price before it is made", [&](Client& client) { price(client, "P77", 2); }, "CreatePrice/open"},
      {"a price that is there", [&](Client& client) { price(client, "P001", 1); }, "CreatePrice/open"},
      {"a meter that another pays for",
       [](Client& client) {
         client.call(
             "/api/Pay/RemotePay",
             {{"UserCode", "U0004"}, {"MeterAddr", "860000000005"}, {"Money", 50}, {"PayDate", "2026-01-15 10:30:00"}, {"TransId", "T1"}, {"PayWay", 4}});
       },
       "RemotePay/open"},
      {"the same payment twice, though it was answered",
       [](Client& client) {
         for (int i = 0; i < 2; ++i)
           client.call(
               "/api/Pay/RemotePay",
               {{"UserCode", "U0001"}, {"MeterAddr", "860000000001"}, {"Money", 50}, {"PayDate", "2026-01-15 10:30:00"}, {"TransId", "T1"}, {"PayWay", 4}});
       },
       "RemotePay/open"},
  };
  for (const auto& row : table) {
    Client::Habits habits;
    habits.gives_up = true;
    Client client(core::Role::billing, habits, {"none"});
    row.calls(client);
    EXPECT_EQ(verdict_of(client.record(), row.told), Verdict::warned) << row.what;
  }
}

// The specification states no duty to send again, nor when: that is told, and fails nobody.
TEST(ClientMonitor, WhatAClientDoesAfterAFaultIsItsOwnBusiness) {
  Client::Habits habits;
  habits.gives_up = true;
  Client gives_up(core::Role::billing, habits);
  work_as_billing(gives_up);
  EXPECT_EQ(verdict_of(gives_up.record(), "RemotePay/fault/timestamp-refused"), Verdict::warned);
  EXPECT_EQ(gives_up.record().exit_code, 0);

  // A refused payment was not carried out: another number is as good.
  const auto pay = [](Client& client, const char* number, int money) {
    client.call(
        "/api/Pay/RemotePay",
        {{"UserCode", "U0001"}, {"MeterAddr", "860000000001"}, {"Money", money}, {"PayDate", "2026-01-15 10:30:00"}, {"TransId", number}, {"PayWay", 4}});
  };
  Client renumbers(core::Role::billing, habits);
  pay(renumbers, "T91", 51);
  pay(renumbers, "T92", 52);  // its timestamp is refused
  pay(renumbers, "T93", 52);
  EXPECT_EQ(verdict_of(renumbers.record(), "RemotePay/fault/timestamp-refused"), Verdict::passed);
  // A lost reply is followed by a question in place of the same payment.
  pay(renumbers, "T94", 54);  // its reply is lost
  renumbers.call("/api/Users/GetPayList", {{"TransId", "T94"}});
  EXPECT_EQ(verdict_of(renumbers.record(), "RemotePay/fault/reply-lost"), Verdict::passed);
  EXPECT_EQ(renumbers.record().count(Verdict::failed), 0U);

  // A report that was refused comes later, with a newer reading; a meter obeys when it wakes.
  Client batches(core::Role::platform, habits);
  report(batches, "860000000005", 1, 1);
  report(batches, "860000000005", 2, 1);  // its timestamp is refused
  report(batches, "860000000005", 3, 1);
  report(batches, "860000000005", 4, 1);  // refused
  report(batches, "860000000005", 5, 1);
  report(batches, "860000000005", 6, 1);  // ordered to close
  report(batches, "860000000005", 7, 1);
  EXPECT_EQ(verdict_of(batches.record(), "ReportData/fault/order-given"), Verdict::warned);
  report(batches, "860000000005", 8, 2);
  const auto record = batches.record();
  for (const char* id : {"ReportData/fault/timestamp-refused", "ReportData/fault/report-refused", "ReportData/fault/order-given"})
    EXPECT_EQ(verdict_of(record, id), Verdict::passed) << id;
  EXPECT_EQ(record.exit_code, 0);
}

TEST(ClientMonitor, WhatWasRefusedWithoutAFaultIsNoGreen) {
  Client unknown(core::Role::billing, {});
  for (int i = 0; i < 4; ++i) unknown.call("/api/Users/GetUserInfo", {{"UserCode", "nobody"}});
  const auto all_refused = unknown.record();
  EXPECT_EQ(all_refused.exit_code, 4);
  EXPECT_EQ(verdict_of(all_refused, "GetUserInfo/called"), Verdict::warned);
  EXPECT_NE(test::notes_of(all_refused).find("every call was refused"), std::string::npos) << test::notes_of(all_refused);

  Client one(core::Role::billing, {});
  one.call("/api/Users/GetUserInfo", {{"UserCode", "U0001"}});
  one.call("/api/Users/GetUserInfo", {{"UserCode", "nobody"}});
  EXPECT_EQ(verdict_of(one.record(), "GetUserInfo/called"), Verdict::warned);
  EXPECT_EQ(one.record().exit_code, 0);
  const auto calls = one.record().calls_by;
  ASSERT_EQ(calls.size(), 9U) << "every interface that it may call";
  EXPECT_EQ(calls.front(), (reports::CallsRecord{"GetUserInfo", 5, 1, 4, 0}));
}

TEST(ClientMonitor, WhatAnotherServerMayRefuseIsNamed) {
  const auto pay = [](Client& client, const char* meter, const char* number, int money) {
    client.call("/api/Pay/RemotePay", {{"MeterAddr", meter}, {"Money", money}, {"PayDate", "2026-01-15 10:30:00"}, {"TransId", number}, {"PayWay", 4}});
  };
  Client twice(core::Role::billing, {});
  pay(twice, "860000000001", "T91", 50);
  pay(twice, "860000000001", "T91", 70);
  EXPECT_EQ(verdict_of(twice.record(), "RemotePay/number"), Verdict::failed);
  EXPECT_EQ(verdict_of(twice.record(), "RemotePay/open"), Verdict::warned);
  Client third_party(core::Role::billing, {});
  pay(third_party, "860000000005", "T92", 50);
  EXPECT_EQ(verdict_of(third_party.record(), "RemotePay/open"), Verdict::warned);
  Client good(core::Role::billing, {});
  work_as_billing(good);
  for (const char* id : {"RemotePay/number", "RemotePay/open", "client/method", "client/path"}) EXPECT_EQ(verdict_of(good.record(), id), Verdict::passed) << id;
  Client gets(core::Role::billing, {});
  gets.send_bare("GET /api/Users/GetUserInfo HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(verdict_of(gets.record(), "client/method"), Verdict::failed);
  EXPECT_EQ(gets.record().exit_code, 1);
}

TEST(ClientMonitor, TheNoiseOfBinaryFloatingPointIsWarnedOf) {
  using json = nlohmann::ordered_json;
  for (const char* money : {"50.129999999999995", "0.299999999999999988897769753748434595763683319091796875", "0.3000000000000000444089209850"}) {
    Client::Habits habits;
    habits.change = [&](json& body) { body["Money"] = money; };
    Client client(core::Role::billing, habits);
    work_as_billing(client);
    const auto record = client.record();
    EXPECT_EQ(verdict_of(record, "RemotePay/request/Money"), Verdict::warned) << money;
    const auto found = std::find_if(record.cases.begin(), record.cases.end(), [](const auto& one) { return one.id == "RemotePay/request/Money"; });
    ASSERT_NE(found, record.cases.end());
    EXPECT_NE(i18n::render(found->reason, i18n::Language::en).find("binary floating point"), std::string::npos) << money;
  }
}

// What a client does wrong in every call is one mistake.
TEST(ClientMonitor, AMistakeInEveryCallIsToldOnce) {
  Client::Habits habits;
  habits.accept = "*/*";
  habits.content_type = "application/json";
  habits.more_headers = "User-Agent: python-requests/2.31.0\r\n";
  Client client(core::Role::billing, habits);
  work_as_billing(client);
  std::vector<std::string> failed;
  for (const auto& one : client.record().cases)
    if (one.verdict == Verdict::failed) {
      failed.push_back(one.id);
      EXPECT_EQ(i18n::render(one.observed, i18n::Language::en),
                std::string(one.id == "client/header/Accept" ? "*/*" : "application/json") + " (in calls of RemotePay, GetUserInfo)");
      EXPECT_NE(i18n::render(one.reason, i18n::Language::en).find("python-requests/2.31.0"), std::string::npos);
    }
  EXPECT_EQ(failed, (std::vector<std::string>{"client/header/Accept", "client/header/Content-Type"}));
}

/// A correct call but for these.
struct Written {
  std::string target = "/api/Users/GetUserInfo", version = "HTTP/1.1", host = "Host: h\r\n", line_end = "\r\n", body = R"({"UserCode":"U0001"})";

  std::string bytes() const {
    const std::string stamp = core::local_time(test::Clock().now(), std::chrono::minutes(480)).compact();
    const std::string head =
        "POST " + target + " " + version + "\r\n" + host +
        "Accept: application/json\r\nContent-Type: application/json;charset=utf-8\r\nAccessToken: " + auth::md5_hex("demodemo-secret" + stamp) +
        "\r\nAuthorization: " + auth::base64("demo:" + stamp) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    std::string out;
    for (const char c : head)
      if (c == '\n') out += line_end;
      else if (c != '\r') out += c;
    return out + body;
  }
};

/// The reply of a mock to these bytes.
net::Response answer_of(bool strict, const std::string& bytes) {
  mockserver::MockOptions options = test::settings_for(test::specification());
  options.strict = strict;
  mockserver::MockState mock(test::specification(), options, test::sample_fixtures(test::specification()));
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  for (std::string_view rest = bytes; !rest.empty() && parser.state() == net::HttpState::need_more;) rest.remove_prefix(parser.feed(rest));
  EXPECT_EQ(parser.state(), net::HttpState::complete) << bytes;
  net::Response response;
  mock.handle(parser, test::Clock().now(), response);
  return response;
}

// One reading of a request: what the mock hints at, and refuses with --strict, is a warning here, and nothing else is.
TEST(ClientMonitor, WarnsOfWhatTheMockHintsAt) {
  const struct {
    const char* what;
    Written call;
    const char* id;  // of the case; null where nothing deviates
    const char *en, *zh;
  } table[] = {
      {"as specified", {}, nullptr, "", ""},
      {"lines that end in LF", {.line_end = "\n"}, "client/form/line-end", "LF alone", "只以 LF 结尾"},
      {"HTTP/1.0 without Host", {.version = "HTTP/1.0", .host = ""}, "client/form/host", "no header Host", "缺少请求头 Host"},
      {"a query", {.target = "/api/Users/GetUserInfo?a=1"}, "client/form/query", "?a=1", "?a=1"},
      {"a byte order mark", {.body = "\xEF\xBB\xBF{\"UserCode\":\"U0001\"}"}, "client/body", "byte order mark", "字节顺序标记"},
      {"a repeated member",
       {.body = R"({"UserCode":"nobody","UserCode":"U0001"})"},
       "GetUserInfo/names",
       "UserCode is given more than once",
       "UserCode 出现多次"},
      {"another case of a member that is there",
       {.body = R"({"UserCode":"U0001","userCode":"x"})"},
       "GetUserInfo/names",
       "the specification has no parameter userCode",
       "规范中没有参数 userCode"},
      {"a slip",
       {.body = R"({"UserCode":"U0001","MeterAdr":"860000000001"})"},
       "GetUserInfo/names",
       "MeterAdr in place of MeterAddr",
       "MeterAdr，应为 MeterAddr"},
      {"a number for a text", {.body = R"({"UserCode":"U0001","MeterAddr":860000000001})"}, "GetUserInfo/request/MeterAddr", "860000000001", "860000000001"},
  };
  for (const auto& row : table) {
    const std::string bytes = row.call.bytes();
    const net::Response understood = answer_of(false, bytes);
    EXPECT_EQ(nlohmann::json::parse(understood.body)["ResultCode"], 1) << row.what << ": " << understood.body;
    EXPECT_EQ(understood.extra_headers.find("X-Meterproof-Hint") != std::string::npos, row.id != nullptr) << row.what << ": " << understood.extra_headers;
    const net::Response strict = answer_of(true, bytes);
    EXPECT_EQ(nlohmann::json::parse(strict.body)["ResultCode"] == 1, row.id == nullptr) << row.what << ": " << strict.body;

    Client client(core::Role::billing, {});
    client.send_bare(bytes);
    const auto record = client.record();
    EXPECT_EQ(record.exit_code, 0) << row.what;
    EXPECT_EQ(verdict_of(record, "GetUserInfo/called"), Verdict::passed) << row.what;
    for (const auto& one : record.cases) {
      const std::string told = i18n::render(one.observed, i18n::Language::en);
      const bool expected = row.id != nullptr && one.id == row.id;
      EXPECT_NE(one.verdict, Verdict::failed) << row.what << ", " << one.id << ": " << told;
      EXPECT_EQ(one.verdict == Verdict::warned, expected) << row.what << ", " << one.id << ": " << told;
      if (!expected) continue;
      EXPECT_NE(told.find(row.en), std::string::npos) << row.what << ": " << told;
      EXPECT_NE(i18n::render(one.observed, i18n::Language::zh).find(row.zh), std::string::npos) << row.what;
      EXPECT_NE((one.interface + told).find("GetUserInfo"), std::string::npos) << row.what << ": the interface is named";
      EXPECT_NE(i18n::render(one.reason, i18n::Language::zh), i18n::render(one.reason, i18n::Language::en)) << row.what;
    }
  }
}

TEST(ClientMonitor, NamesTheConventionOfAWrongSignature) {
  const auth::Convention& convention = auth::convention("token-secret-first");
  Client::Habits habits;
  habits.token = convention.token;
  Client client(core::Role::billing, habits);
  client.call("/api/Users/GetUserInfo", {{"UserCode", "U0001"}});
  const auto record = client.record();
  const auto found = std::find_if(record.cases.begin(), record.cases.end(), [](const auto& one) { return one.id == "client/header/AccessToken"; });
  ASSERT_NE(found, record.cases.end());
  EXPECT_EQ(found->verdict, Verdict::failed);
  EXPECT_NE(test::english(found->reason).find(convention.what.en + "; " + convention.instead.en), std::string::npos) << test::english(found->reason);
}

TEST(ClientMonitor, ConformsInWhatItCalledAlone) {
  Client client(core::Role::billing, {});
  client.call("/api/Users/GetUserInfo", {{"UserCode", "U0001"}});
  const auto record = client.record();
  EXPECT_EQ(record.exit_code, 0);
  EXPECT_EQ(test::english(reports::headline(record)), "conforms in what it called: 1 of 9 interfaces");
}

TEST(ClientMonitor, ALibraryThatRepeatsIsNotTakenForTheProgram) {
  Client::Habits habits;
  habits.library_repeats = true;
  Client client(core::Role::billing, habits);
  work_as_billing(client);
  const auto record = client.record();
  EXPECT_EQ(verdict_of(record, "client/library-repeats"), Verdict::warned);
  const auto found = std::find_if(record.cases.begin(), record.cases.end(), [](const auto& one) { return one.id == "client/library-repeats"; });
  ASSERT_NE(found, record.cases.end());
  for (const i18n::Language language : {i18n::Language::en, i18n::Language::zh}) {
    const std::string told = i18n::render(found->reason, language);
    EXPECT_NE(told.find(language == i18n::Language::en ? "Switch it off: " : "关闭方法："), std::string::npos) << told;
    for (const char* way : {"-Dsun.net.http.retryPost=false", "retryOnConnectionFailure(false)", "CURLOPT_FRESH_CONNECT"})
      EXPECT_NE(told.find(way), std::string::npos) << told;
  }
  EXPECT_EQ(verdict_of(record, "client/timestamp"), Verdict::passed);
  EXPECT_EQ(verdict_of(record, "RemotePay/fault/reply-lost"), Verdict::passed);
  EXPECT_EQ(record.exit_code, 0);

  Client clean(core::Role::billing, {});
  work_as_billing(clean);
  EXPECT_EQ(verdict_of(clean.record(), "client/library-repeats"), Verdict::passed);
}

TEST(ClientMonitor, AProxyThatMayHaveRemovedTheHeaderIsNamed) {
  for (const std::string header : {"Via: 1.1 squid", "X-Forwarded-For: 10.0.0.7", "X-Forwarded-Host: gas", "Forwarded: for=10.0.0.7"}) {
    Client client(core::Role::billing, {});
    client.send_bare("POST /api/Pay/RemotePay HTTP/1.1\r\nHost: h\r\n" + header + "\r\nAccept: application/json\r\nContent-Length: 2\r\n\r\n{}");
    const auto record = client.record();
    const auto found = std::find_if(record.cases.begin(), record.cases.end(),
                                    [](const auto& one) { return one.verdict == Verdict::failed && one.id.find("AccessToken") != std::string::npos; });
    ASSERT_NE(found, record.cases.end()) << "the missing header is no finding";
    EXPECT_NE(i18n::render(found->reason, i18n::Language::en).find(header), std::string::npos) << i18n::render(found->reason, i18n::Language::en);
  }
}

TEST(ClientMonitor, CallsToAWrongPathAreNamed) {
  Client client(core::Role::billing, {});
  for (int i = 0; i < 9; ++i) client.send_bare("POST /api/users/GetUserInfo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  const auto record = client.record();
  EXPECT_EQ(record.exit_code, 4);
  const std::string notes = i18n::render(i18n::list(record.notes), i18n::Language::en);
  EXPECT_NE(notes.find("no interface of this side has this call: POST /api/users/GetUserInfo (9×)"), std::string::npos) << notes;
  EXPECT_NE(notes.find("POST /api/Users/GetUserInfo"), std::string::npos) << notes;
}

TEST(ClientMonitor, WhoFollowsAnothersRowOrKeepsTheOldPriceIsTold) {
  Client client(core::Role::platform, {});
  int valve = 1;
  for (int i = 1; i <= 14; ++i) {
    report(client, "860000000005", i, valve);                                                              // always of one balance
    if (client.reply.contains("DataList")) valve = client.reply["DataList"][0]["ValveMode"] == 1 ? 1 : 2;  // whose row it may be
  }
  const auto record = client.record();
  for (const char* id : {"ReportData/fault/several-rows", "ReportData/fault/price-changed"}) EXPECT_EQ(verdict_of(record, id), Verdict::warned) << id;
  EXPECT_EQ(verdict_of(record, "ReportData/fault/warning-given"), Verdict::passed);
  EXPECT_EQ(record.count(Verdict::failed), 0U) << "nothing that is stated";
}

TEST(ClientMonitor, AClientThatDoesNotObeyIsTold) {
  Client client(core::Role::platform, {});
  work_as_platform(client, true);
  EXPECT_EQ(verdict_of(client.record(), "ReportData/fault/order-given"), Verdict::warned);
}

TEST(ClientMonitor, WhatAClientHadNoChanceToDoIsNotJudged) {
  Client platform(core::Role::platform, {});
  for (int i = 1; i <= 2; ++i) report(platform, "860000000005", i, 1);  // the second call is answered with an order
  EXPECT_EQ(platform.reply["DataList"].size(), 1U);
  report(platform, "860000000001", 3, 1);
  const auto orders = platform.record();
  EXPECT_EQ(verdict_of(orders, "ReportData/fault/report-refused"), Verdict::passed);
  EXPECT_EQ(verdict_of(orders, "ReportData/fault/order-given"), Verdict::inconclusive);

  Client::Habits habits;
  habits.gives_up = true;
  Client billing(core::Role::billing, habits);
  for (int i = 0; i < 2; ++i) billing.call("/api/Users/GetUserInfo", {{"UserCode", "U0001"}});  // the second call is refused
  for (int i = 0; i < 3; ++i) billing.call("/api/Meters/ControlValve", {{"UserCode", "U0001"}, {"MeterAddr", "860000000001"}, {"ValveMode", 1}});
  EXPECT_EQ(verdict_of(billing.record(), "GetUserInfo/fault/timestamp-refused"), Verdict::inconclusive);
}

TEST(ActiveFault, AnOrderMayBeAText) {
  core::Spec spec = test::specification();
  const auto interface =
      std::find_if(spec.interfaces.begin(), spec.interfaces.end(), [](const core::Interface& one) { return fits(ClientFault::order_given, one); });
  ASSERT_NE(interface, spec.interfaces.end());
  std::string ordering;
  for (core::Field& field : interface->request)
    if (!field.obeys.empty()) {
      ordering = field.obeys;
      field.obeys_map = {{"open", "1"}, {"close", "2"}};
    }
  for (core::Field& field : interface->reply)
    if (field.name == ordering) field.type = core::Type::text;
  const auto kind =
      std::find_if(client_fault_kinds().begin(), client_fault_kinds().end(), [](const ClientFaultKind& one) { return one.fault == ClientFault::order_given; });
  core::Request request{&*interface, std::vector<core::Value>(interface->request.size())};
  ClientCall call;
  call.interface = &*interface;
  call.request = &request;
  net::Response response;
  response.body = "{\"" + spec.envelope.rows + "\":[{}]}";
  ActiveFault fault(spec, *kind, *interface);
  fault.after(call, response);
  EXPECT_TRUE(fault.injected());
  EXPECT_EQ(nlohmann::json::parse(response.body)[spec.envelope.rows][0][ordering], "open");
}

TEST(ClientMonitor, WithoutACallNothingIsJudged) {
  Client client(core::Role::billing, {});
  const auto record = client.record();
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_EQ(record.count(Verdict::inconclusive), record.cases.size());
}

}  // namespace client_monitor_test
}  // namespace meterproof::client_conformance
