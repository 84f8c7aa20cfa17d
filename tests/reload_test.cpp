// SPDX-License-Identifier: Apache-2.0
// A mock takes new specs, apps and faults while it runs; a bad one is refused, and nothing is lost.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace reload_test {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Finished;
using test::MockProcess;
using test::temporary;

const std::string meter = R"({"MeterAddr":"860000000002"})";
const std::string get_data = "/api/Meters/GetData";

/// Files of a mock's own, to be changed.
class Sources {
 public:
  explicit Sources(const std::string& name) : folder(temporary(name)) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    fs::copy(std::string(METERPROOF_SOURCE) + "/spec", spec(), fs::copy_options::recursive);
    write("apps.txt", "demo:demo-secret\n");
    write("faults.json", "[]");
  }
  ~Sources() { fs::remove_all(folder); }
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  std::string spec() const { return folder + "/spec"; }
  std::string path(const std::string& name) const { return folder + "/" + name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
  /// Puts another text in the place of every one in that file.
  void edit(const std::string& name, const std::string& from, const std::string& to) const {
    std::string text = test::read_file(path(name));
    ASSERT_NE(text.find(from), std::string::npos) << from;
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
    write(name, text);
  }
  std::vector<std::string> options(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--spec", spec(), "--apps", path("apps.txt"), "--faults", path("faults.json")});
    return more;
  }

  const std::string folder;
};

json reload(MockProcess& mock) { return json::parse(mock.post("/_mock/reload", "").body); }

json answer(MockProcess& mock, const std::string& path, const std::string& body, const auth::App& app = {"demo", "demo-secret"}) {
  return json::parse(mock.call(path, body, app).body);
}

/// Until the mock answers so; what was read comes into force a moment later.
template <class Answered>
bool comes(const Answered& answered) {
  for (int tries = 0; tries < 500; ++tries) {
    if (answered()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(Reload, SpecsAppsAndFaults) {
  const Sources sources("reload");
  MockProcess mock(sources.options());
  EXPECT_EQ(mock.code(get_data, meter), 1);
  const json first = json::parse(mock.get("/_mock/data").body);
  // Another text for a code, another app, a fault.
  sources.edit("spec/common.yaml", "数据库操作错误", "数据库出错了");
  sources.write("apps.txt", "demo:demo-secret\nlater:later-secret\n");
  sources.write("faults.json", R"([{"kind": "database", "interface": "GetData", "app_id": "later"}])");
  const json read = reload(mock);
  EXPECT_EQ(read["status"], "reloaded") << read;
  EXPECT_EQ(read["apps"], 2);
  EXPECT_EQ(read["faults"], 1);
  json said;
  EXPECT_TRUE(comes([&] { return (said = answer(mock, get_data, meter, {"later", "later-secret"}))["ResultCode"] == -203; })) << said;
  EXPECT_NE(said.dump().find("数据库出错了"), std::string::npos) << said;
  EXPECT_EQ(mock.code(get_data, meter), 1);
  EXPECT_EQ(json::parse(mock.get("/_mock/data").body), first) << "rows stay";
  EXPECT_EQ(json::parse(mock.get("/_mock/counters").body)["GetData"]["1"], 2) << "so do the counters";
  EXPECT_GE(json::parse(mock.get("/_mock/requests").body)["entries"].size(), 3U) << "and the log";
  // The fault goes with the file; another one stays.
  EXPECT_EQ(json::parse(mock.post("/_mock/faults", R"({"kind": "unknown", "interface": "RemotePay"})").body)["status"], "added");
  sources.write("faults.json", "[]");
  sources.write("apps.txt", "later:other-secret\n");
  EXPECT_EQ(reload(mock)["apps"], 1);
  EXPECT_TRUE(comes([&] { return answer(mock, get_data, meter, {"later", "other-secret"})["ResultCode"] == 1; }));
  EXPECT_NE(mock.code(get_data, meter), 1) << "demo is gone";
  const json faults = json::parse(mock.get("/_mock/faults").body)["faults"];
  ASSERT_EQ(faults.size(), 1U) << faults;
  EXPECT_EQ(faults[0]["kind"], "unknown");
  for (const char* const secret : {"demo-secret", "later-secret", "other-secret"})
    EXPECT_EQ(mock.get("/_mock/requests").body.find(secret), std::string::npos) << "also of those that are gone";
}

// What is in force follows from the new files alone.
TEST(Reload, FaultsToleranceAndMetersFollow) {
  const Sources sources("follow");
  fs::copy(sources.spec() + "/meters/daily.yaml", sources.path("meters.yaml"));
  MockProcess mock(sources.options({"--meters", sources.path("meters.yaml")}));
  const auto fault = [&](const std::string& body) { return json::parse(mock.post("/_mock/faults", body).body)["status"]; };
  EXPECT_EQ(fault(R"({"kind": "database", "interface": "GetData"})"), "added");
  EXPECT_EQ(fault(R"({"kind": "unknown", "interface": "GetData", "where": {"MeterAddr": "no meter"}})"), "added");
  EXPECT_EQ(mock.code(get_data, meter), -203);
  sources.edit("spec/common.yaml", "injected_by: database", "injected_by: storage");
  EXPECT_EQ(test::run({"world", "reload", mock.url()}).exit_code, 0);
  EXPECT_EQ(mock.code(get_data, meter), 1) << "a fault that the spec does not know any more is gone";
  EXPECT_EQ(json::parse(mock.get("/_mock/faults").body)["faults"].size(), 1U);
  const auto late = [&] {
    const core::DateTime then = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480)) + std::chrono::seconds(-700);
    const auto headers = auth::Signer(test::specification().authentication).headers({"demo", "demo-secret"}, then.compact());
    net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
    return json::parse(client.exchange({"POST", get_data, headers, meter}).body)["ResultCode"].get<int>();
  };
  EXPECT_EQ(late(), 1);
  sources.edit("spec/common.yaml", "tolerance: 900", "tolerance: 600");
  EXPECT_EQ(test::run({"world", "reload", mock.url()}).exit_code, 0);
  EXPECT_EQ(late(), -201);
  // Meters wake at other moments.
  const auto contacts_of_a_day = [&] {
    const auto clock = [&](const json& move) { return json::parse(mock.post("/_mock/clock", move.dump()).body); };
    const std::uint64_t before = clock({{"rate", 0}})["contacts"];
    json now = clock({{"advance", "1d"}});
    while (now["business_time"] != now["target_time"]) now = clock(json::object());
    return now["contacts"].get<std::uint64_t>() - before;
  };
  EXPECT_EQ(json::parse(mock.post("/_mock/clock", R"({"set": "2026-05-01 12:00:00", "rate": 0})").body)["own"], true);
  const std::uint64_t daily = contacts_of_a_day();
  EXPECT_GT(daily, 0U);
  sources.edit("meters.yaml", "every: 1d", "every: 12h");
  EXPECT_EQ(test::run({"world", "reload", mock.url()}).exit_code, 0);
  EXPECT_GT(contacts_of_a_day(), daily * 18 / 10) << "but those out of reach";
}

TEST(Reload, ACertificateIsTakenOverTls) {
  const Sources sources("certificate");
  const auto make = [&](const std::string& subject) {
    const Finished made = test::Process("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                                                    "-subj", "/CN=" + subject, "-keyout", sources.path("key.pem"), "-out", sources.path("cert.pem")})
                              .finish();
    ASSERT_EQ(made.exit_code, 0) << made.out;
  };
  make("first");
  MockProcess mock(sources.options({"--tls-cert", sources.path("cert.pem"), "--tls-key", sources.path("key.pem"), "--threads", "2"}));
  const auto subject = [&] {
    return test::Process(
               "sh", {"-c", "openssl s_client -connect 127.0.0.1:" + std::to_string(mock.port()) + " </dev/null 2>/dev/null | openssl x509 -noout -subject"})
        .finish()
        .out;
  };
  EXPECT_NE(subject().find("first"), std::string::npos);
  make("second");
  EXPECT_EQ(test::run({"world", "reload", mock.url(), "--insecure"}).exit_code, 0);
  EXPECT_NE(subject().find("second"), std::string::npos);
  sources.write("key.pem", "none");
  const Finished refused = test::run({"world", "reload", mock.url(), "--insecure"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.out.find("--tls-key"), std::string::npos) << refused.out;
  EXPECT_NE(subject().find("second"), std::string::npos);
  EXPECT_EQ(mock.code(get_data, meter), 1);
}

// A store whose rows of an app are damaged: the app is refused, and nothing else suffers.
TEST(Reload, ADamagedWorldIsRefused) {
  const Sources sources("damaged");
  const std::string store = temporary("damaged.db");
  for (const char* const more : {"", "-wal", "-shm"}) fs::remove(store + more);
  const auto options = sources.options({"--worlds", "per-app", "--store", store});
  sources.write("apps.txt", "demo:demo-secret\nlater:secret\n");
  {
    MockProcess mock(options);
    EXPECT_EQ(answer(mock, get_data, meter, {"later", "secret"})["ResultCode"], 1);
    mock.process().signal(SIGTERM);
    EXPECT_EQ(mock.process().finish().exit_code, 0);
  }
  const Finished damaged = test::Process("python3", {"-c",
                                                     "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nc.execute(\"UPDATE meter SET Remnant = 'much' "
                                                     "WHERE _world = (SELECT id FROM meterproof_worlds WHERE name = 'later')\")\nc.commit()",
                                                     store})
                               .finish();
  ASSERT_EQ(damaged.exit_code, 0) << damaged.out;
  sources.write("apps.txt", "demo:demo-secret\n");
  MockProcess mock(options);
  sources.write("apps.txt", "demo:demo-secret\nlater:secret\n");
  reload(mock);
  const std::string told = mock.process().wait_for("not read anew: everything stays as it was");
  EXPECT_NE(told.find("Remnant must be a decimal number"), std::string::npos) << told;
  EXPECT_EQ(mock.code(get_data, meter), 1);
  EXPECT_NE(answer(mock, get_data, meter, {"later", "secret"})["ResultCode"], 1);
  EXPECT_EQ(json::parse(mock.get("/_mock/counters").body)["GetData"]["1"], 1);
  for (const char* const more : {"", "-wal", "-shm"}) fs::remove(store + more);
}

TEST(Reload, UsedTimestampsStayUsed) {
  const Sources sources("replays");
  MockProcess mock(sources.options());
  const auto headers = mock.headers();
  net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
  const auto send = [&] { return json::parse(client.exchange({"POST", get_data, headers, meter}).body)["ResultCode"].get<int>(); };
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(send(), -201);
  sources.write("apps.txt", "before:secret\ndemo:demo-secret\n");
  reload(mock);
  EXPECT_TRUE(comes([&] { return answer(mock, get_data, meter, {"before", "secret"})["ResultCode"] == 1; }));
  EXPECT_EQ(send(), -201);
}

TEST(Reload, ABadFileChangesNothing) {
  const Sources sources("bad");
  MockProcess mock(sources.options());
  const struct {
    std::string file, from, to;
    std::vector<std::string> said;
  } table[] = {
      {"spec/3.05_get_data.yaml", "path:", "paht:", {"3.05_get_data.yaml", ":", "paht"}},
      {"spec/common.yaml", "tables:", "tables: [", {"common.yaml:"}},
      {"apps.txt", "demo:", "demo", {"apps.txt"}},
      {"faults.json", "[]", R"([{"kind": "status"}, {"kind": "nothing"}])", {"faults.json", "2", "nothing"}},
      {"faults.json", "[]", "[{\"kind\": \"status\",}]", {"faults.json", "line 1"}},
      {"faults.json", "[]", "{}", {"faults.json", "not a list"}},
      {"faults.json", "[]", R"([{"kind": "status", "kind": "reset"}])", {"faults.json", "kind"}},
      {"faults.json", "[]", R"([{"kind": "database", "app_id": "nobody"}])", {"nobody"}},
  };
  for (const auto& row : table) {
    const std::string before = test::read_file(sources.path(row.file));
    sources.edit(row.file, row.from, row.to);
    const net::Exchange refused = mock.post("/_mock/reload", "");
    EXPECT_EQ(refused.status, 400) << row.file << refused.body;
    const json said = json::parse(refused.body);
    for (const std::string& text : row.said) EXPECT_NE(said["error"].get<std::string>().find(text), std::string::npos) << text << " in " << said;
    EXPECT_NE(said["error"], said["error_zh"]);
    EXPECT_EQ(mock.code(get_data, meter), 1);
    sources.write(row.file, before);
  }
  sources.edit("spec/common.yaml", "Phone: text, DeptId", "Phone: text, Extra: text, DeptId");
  const json tables = reload(mock);
  EXPECT_TRUE(tables.contains("error")) << tables;
  EXPECT_EQ(mock.code(get_data, meter), 1);
  for (const char* const option : {"--mutant", "--call"}) {
    MockProcess fixed(option == std::string("--mutant")
                          ? std::vector<std::string>{"--mutant", "GetData/Remnant/wrong-value"}
                          : std::vector<std::string>{"--role", "platform", "--call", "http://127.0.0.1:1", "--as", "demo:demo-secret"});
    EXPECT_NE(reload(fixed)["error"].get<std::string>().find(option), std::string::npos);
  }
}

// Many threads, many requests, many reloads: every request is answered as it should be.
TEST(Reload, NoRequestIsLost) {
  const Sources sources("busy");
  MockProcess mock(sources.options({"--threads", "4", "--replay-protection", "off"}));
  std::atomic<bool> over = false;
  std::atomic<int> good = 0, bad = 0;
  const auto headers = mock.headers();
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i)
    callers.emplace_back([&] {
      net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(30));
      while (!over) {
        const net::Exchange reply = client.exchange({"POST", get_data, headers, meter});
        ++(reply.status == 200 && reply.body.find("\"ResultCode\":1,") != std::string::npos ? good : bad);
      }
    });
  for (int i = 0; i < 20; ++i) {
    sources.write("apps.txt", "demo:demo-secret\napp" + std::to_string(i) + ":secret\n");
    EXPECT_EQ(reload(mock)["status"], "reloaded");
  }
  over = true;
  for (std::thread& one : callers) one.join();
  EXPECT_EQ(bad, 0);
  EXPECT_GT(good, 100);
}

TEST(Reload, AnAppsOwnWorldComesAndStays) {
  const Sources sources("per-app");
  const std::string store = temporary("reload.db");
  for (const char* const more : {"", "-wal", "-shm"}) fs::remove(store + more);
  const auto options = sources.options({"--worlds", "per-app", "--store", store});
  const auto pay = [](MockProcess& mock, const auth::App& app, const std::string& number) {
    const json body = {{"UserCode", "U0002"}, {"MeterAddr", "860000000002"}, {"PayWay", 1}, {"PayDate", "2026-03-14 10:00:00"}, {"Money", 5},
                       {"TransId", number}};
    return answer(mock, "/api/Pay/RemotePay", body.dump(), app)["ResultCode"].get<int>();
  };
  const auto has = [](MockProcess& mock, const std::string& world, const std::string& number) {
    return mock.get("/_mock/data?world=" + world).body.find("\"" + number + "\"") != std::string::npos;
  };
  const auth::App later{"later", "secret"};
  {
    MockProcess mock(options);
    sources.write("apps.txt", "demo:demo-secret\nlater:secret\n");
    reload(mock);
    ASSERT_TRUE(comes([&] { return pay(mock, later, "OF-LATER") == 1; }));
    EXPECT_TRUE(has(mock, "later", "OF-LATER"));
    EXPECT_FALSE(has(mock, "demo", "OF-LATER"));
    sources.write("apps.txt", "demo:demo-secret\n");
    reload(mock);
    EXPECT_TRUE(comes([&] { return pay(mock, later, "GONE") != 1; }));
    EXPECT_TRUE(has(mock, "later", "OF-LATER")) << "its world stays";
    mock.process().signal(SIGTERM);
    EXPECT_EQ(mock.process().finish().exit_code, 0);
  }
  MockProcess mock(options);  // does not know the app, but its file does
  sources.write("apps.txt", "first:secret\nlater:secret\ndemo:demo-secret\n");
  reload(mock);
  ASSERT_TRUE(comes([&] { return pay(mock, later, "AGAIN") == 1; }));
  EXPECT_TRUE(has(mock, "later", "OF-LATER")) << "what the file has of it comes back";
  EXPECT_FALSE(has(mock, "demo", "AGAIN"));
  EXPECT_FALSE(has(mock, "first", "AGAIN"));
  for (const char* const more : {"", "-wal", "-shm"}) fs::remove(store + more);
}

TEST(Reload, ASnapshotKeepsItsName) {
  const Sources sources("names");
  MockProcess mock(sources.options({"--worlds", "per-app"}));
  EXPECT_EQ(test::run({"world", "save", mock.url(), "later", "--world", "demo"}).exit_code, 0);
  sources.write("apps.txt", "demo:demo-secret\nlater:secret\n");
  const json refused = reload(mock);
  EXPECT_NE(refused["error"].get<std::string>().find("snapshot is called later"), std::string::npos) << refused;
  EXPECT_EQ(test::run({"world", "diff", mock.url(), "later", "demo"}).exit_code, 0);
}

TEST(Reload, BySignalAndByCommand) {
  const Sources sources("signal");
  MockProcess served(sources.options({"--request-log", sources.path("log")}));
  sources.write("apps.txt", "demo:demo-secret\ntwo:secret\n");
  served.process().signal(SIGHUP);
  served.process().wait_for("read anew: 10 interfaces, 2 appIds, 0 faults");
  sources.write("apps.txt", "broken\n");
  served.process().signal(SIGHUP);
  const std::string told = served.process().wait_for("not read anew: everything stays as it was");
  EXPECT_NE(told.find("apps.txt:1"), std::string::npos) << told;
  EXPECT_EQ(answer(served, get_data, meter, {"two", "secret"})["ResultCode"], 1);
  const Finished refused = test::run({"world", "reload", served.url()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.out.find("apps.txt:1"), std::string::npos) << refused.out;
  sources.write("apps.txt", "demo:demo-secret\n");
  const Finished done = test::run({"world", "reload", served.url()});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_NE(done.out.find("read anew: 10 interfaces, 1 appIds"), std::string::npos) << done.out;
}

TEST(Reload, FaultsFromTheStart) {
  const Sources sources("faults");
  sources.write("faults.json", R"([{"kind": "unknown", "interface": "GetData", "times": 1}])");
  MockProcess mock(sources.options());
  EXPECT_EQ(mock.code(get_data, meter), -999);
  EXPECT_EQ(mock.code(get_data, meter), 1);
  sources.write("faults.json", R"([{"kind": "unknwon"}])");
  const Finished refused = test::run({"mock", "--port", "0", "--faults", sources.path("faults.json")});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.out.find("faults.json: fault 1: "), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find("unknown"), std::string::npos) << refused.out;
}

}  // namespace reload_test
}  // namespace meterproof
