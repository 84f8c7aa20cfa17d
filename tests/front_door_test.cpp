// SPDX-License-Identifier: Apache-2.0
// The mock through its front door: HTTP, faults, admin API, hostile peers.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "core/auth/signer.hpp"
#include "core/text/shell.hpp"
#include "net/client/http_client.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/mock_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace front_door_test {

using nlohmann::json;
using test::MockProcess;
using test::Process;
using test::Raw;

const std::string user = R"({"UserCode":"U0001"})";
const std::string path = "/api/Users/GetUserInfo";

TEST(Mock, PrintsACallThatWorksWhenPasted) {
  MockProcess mock;
  const std::string printed = mock.process().wait_for("listening on");
  const std::size_t begin = printed.find("T=$(");
  const std::string line = printed.substr(begin, printed.find('\n', begin) - begin);
  FILE* pipe = ::popen(("sh -c " + core::shell_quoted(line)).c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string out;
  for (std::array<char, 256> chunk{}; std::fgets(chunk.data(), chunk.size(), pipe) != nullptr;) out += chunk.data();
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(json::parse(out)["ResultCode"], 1) << out;
}

TEST(Mock, StopsOnSigtermWithZero) {
  MockProcess mock;
  EXPECT_EQ(mock.code(path, user), 1);
  Raw idle(mock.port());
  mock.process().signal(SIGTERM);
  const auto finished = mock.process().finish();
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  EXPECT_NE(finished.out.find("stopped after 1 exchanges"), std::string::npos) << finished.out;
}

TEST(Mock, FinishesARequestThatWasBegunBeforeItStops) {
  MockProcess mock;
  const std::string bytes = mock.signed_bytes(path, user);
  Raw raw(mock.port());
  raw.send(bytes.substr(0, bytes.size() - 5));
  mock.get("/_mock/health");  // the half has arrived once this is answered
  mock.process().signal(SIGTERM);
  raw.send(bytes.substr(bytes.size() - 5));
  EXPECT_NE(raw.receive().find("\"ResultCode\":1"), std::string::npos);
  EXPECT_EQ(mock.process().finish().exit_code, 0);
}

TEST(Http, KeepsTheConnectionThroughEveryKindOfRefusal) {
  MockProcess mock;
  Raw raw(mock.port());
  const std::pair<std::string, std::string> table[] = {
      {"POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde", "\"ResultCode\":-202"},
      {mock.signed_bytes(path, "not JSON"), "\"ResultCode\":-200"},
      {mock.signed_bytes(path, R"({"UserCode":"nobody"})"), "\"ResultCode\":0"},
      {"GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n", "405 Method Not Allowed"},
      {"POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", "404 Not Found"},
      {mock.signed_bytes(path, user), "\"ResultCode\":1"},
  };
  for (const auto& [bytes, answer] : table) {
    raw.send(bytes);
    EXPECT_NE(raw.receive("}").find(answer), std::string::npos) << answer;
  }
}

TEST(Http, AnswersPipelinedRequestsInTheirOrder) {
  MockProcess mock;
  Raw raw(mock.port());
  std::string bytes;
  for (int i = 1; i <= 20; ++i) bytes += mock.signed_bytes(path, R"({"UserCode":"U000)" + std::to_string(i % 2 + 1) + "\"}");
  raw.send(bytes + "GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  const std::string all = raw.receive();
  std::size_t at = 0;
  for (int i = 1; i <= 20; ++i) {
    at = all.find("\"UserCode\":\"U000" + std::to_string(i % 2 + 1) + "\"", at);
    ASSERT_NE(at, std::string::npos) << i;
    ++at;
  }
}

TEST(Http, TakesChunkedBodiesAndExpectContinueAndOddHeaderCase) {
  MockProcess mock;
  std::string head = "POST " + path + " HTTP/1.1\r\nhOST: h\r\ntransfer-encoding: chunked\r\n";
  for (const auto& [name, value] : mock.headers()) {
    std::string odd = name;
    for (char& c : odd) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    head += odd + ": " + value + "\r\n";
  }
  Raw chunked(mock.port());
  chunked.send(head + "\r\n");
  chunked.send("5\r\n{\"Use\r\n");
  chunked.send("f\r\nrCode\":\"U0001\"}\r\n0\r\n\r\n");
  EXPECT_NE(chunked.receive("}]}").find("\"ResultCode\":1"), std::string::npos);

  const std::string bytes = mock.signed_bytes(path, user, "Expect: 100-continue\r\n");
  Raw waits(mock.port());
  waits.send(bytes.substr(0, bytes.size() - user.size()));
  EXPECT_EQ(waits.receive("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  waits.send(user);
  EXPECT_NE(waits.receive("}]}").find("\"ResultCode\":1"), std::string::npos);
}

TEST(Http, AnswersHeadWithoutABody) {
  MockProcess mock;
  Raw raw(mock.port());
  raw.send("HEAD " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string reply = raw.receive();
  EXPECT_NE(reply.find("405"), std::string::npos);
  EXPECT_NE(reply.find("Allow: POST"), std::string::npos);
  EXPECT_TRUE(reply.ends_with("\r\n\r\n"));
}

TEST(Http, RefusesWhatIsTooLargeOrNoHttp) {
  MockProcess mock;
  const std::pair<std::string, std::string> table[] = {
      {"POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", "413"},
      {"POST " + path + " HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
      {"\x16\x03\x01 hello\r\n\r\n", "400"},
      {"POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", "400"},
  };
  for (const auto& [bytes, status] : table) {
    Raw raw(mock.port());
    raw.send(bytes);
    const std::string reply = raw.receive();
    EXPECT_NE(reply.find("HTTP/1.1 " + status), std::string::npos) << status << ": " << reply.substr(0, 100);
    EXPECT_NE(reply.find("\"ResultCode\":-200"), std::string::npos) << status;
  }
}

TEST(Http, AnswersAsRfc9112Says) {
  MockProcess mock;
  const std::string signed_call = mock.signed_bytes(path, user);
  const std::string target = "POST " + path;
  const auto with = [](std::string bytes, const std::string& from, const std::string& to) { return bytes.replace(bytes.find(from), from.size(), to); };
  const std::string smuggled = "POST /smuggled HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
  const auto with_coding = [&](const std::string& coding) { return target + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: " + coding + "\r\n\r\n" + smuggled; };
  const struct {
    const char* name;
    std::string bytes, answer;
    bool keeps;  // the connection
  } table[] = {
      {"empty lines before", "\r\n\r\n" + signed_call, "\"ResultCode\":1", true},
      {"the absolute form", with(mock.signed_bytes(path, user), target, "POST http://h" + path), "\"ResultCode\":1", true},
      {"a line feed alone", with(mock.signed_bytes(path, user), "Host: h\r\n", "Host: h\n"), "\"ResultCode\":1", true},
      {"HTTP/1.0, keep-alive", with(with(mock.signed_bytes(path, user), "HTTP/1.1", "HTTP/1.0"), "Host: h\r\n", "Connection: keep-alive\r\n"),
       "Connection: keep-alive\r\n", true},
      {"gzip", with_coding("gzip"), "400 Bad Request", false},
      {"xchunked", with_coding("xchunked"), "400 Bad Request", false},
      {"chunked, gzip", with_coding("chunked, gzip"), "400 Bad Request", false},
      {"gzip, chunked", with_coding("gzip, chunked"), "501 Not Implemented", false},
      {"gzip and a length", with_coding("gzip\r\nContent-Length: 5"), "400 Bad Request", false},
      {"no host", target + " HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + smuggled, "400 Bad Request", false},
      {"two hosts", target + " HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n" + smuggled, "400 Bad Request", false},
      {"an unknown expectation", target + " HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\nContent-Length: 0\r\n\r\n" + smuggled, "417 Expectation Failed", false},
      {"line feeds between chunks", target + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n", "400 Bad Request", false},
      {"many chunk extensions",
       target + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
           [] {
             std::string out;
             for (int i = 0; i < 5; ++i) out += "1;" + std::string(4000, 'x') + "\r\nx\r\n";
             return out;
           }(),
       "431 Request Header", false},
  };
  for (const auto& row : table) {
    Raw raw(mock.port());
    raw.send(row.bytes);
    const std::string reply = row.keeps ? raw.receive("}]}") : raw.receive();
    EXPECT_NE(reply.find(row.answer), std::string::npos) << row.name << ": " << reply.substr(0, 200);
    EXPECT_EQ(reply.find("Content-Length:"), reply.rfind("Content-Length:")) << row.name << ": more than one reply";
    if (!row.keeps) continue;
    raw.send(mock.signed_bytes(path, user));
    EXPECT_NE(raw.receive("}]}").find("\"ResultCode\":1"), std::string::npos) << row.name << ", once more";
  }
}

// The authority in the target counts, not Host: no foreign name gets round the check of the admin API.
TEST(AdminApi, IsNotReachedByTheAbsoluteFormFromElsewhere) {
  MockProcess mock;
  const auto status = [&](const std::string& target, const std::string& host) {
    Raw raw(mock.port());
    raw.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    return raw.receive().substr(9, 3);
  };
  EXPECT_EQ(status("http://127.0.0.1/_mock/health", "127.0.0.1"), "200");
  EXPECT_EQ(status("http://evil.example/_mock/health", "127.0.0.1"), "403");
  EXPECT_EQ(status("HTTP://evil.example/_mock/health", "evil.example"), "403");
  EXPECT_EQ(status("http://127.0.0.1@evil.example/_mock/health", "127.0.0.1"), "400");
}

TEST(Check, FewFilesEndTheRunWithTheReason) {
  MockProcess mock;
  Process check("sh", {"-c", "ulimit -n 10; exec \"$0\" \"$@\"", METERPROOF_PROGRAM, "check", mock.url(), "--app", "demo:demo-secret", "--workers", "32"});
  const auto finished = check.finish();
  EXPECT_EQ(finished.exit_code, 4) << finished.out;
  EXPECT_NE(finished.out.find("may open 10 files only"), std::string::npos) << finished.out;
}

TEST(Check, FewFilesMeanFewerPartsSideBySide) {
  MockProcess mock;
  const std::string line = "ulimit -n 40; exec \"$0\" check " + mock.url() + " --app demo:demo-secret --filter 'GetUserInfo/1/*' --workers 32";
  const auto finished = Process("sh", {"-c", line, METERPROOF_PROGRAM}).finish();
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  EXPECT_NE(finished.out.find("13 parts of the run go on side by side in place of 32"), std::string::npos) << finished.out;
  EXPECT_NE(finished.out.find(" connections opened for "), std::string::npos) << finished.out;
}

// The sanitizers reserve more addresses than any limit here leaves.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(Check, LittleMemoryEndsTheRunByAnExitCode) {
  MockProcess mock({"--replay-protection", "off"});
  constexpr int of_the_loader = 127;  // ld.so(8): the program's libraries have no room
  for (int mib = 28; mib <= 140; mib += mib < 64 ? 4 : 20) {
    const std::string line = "ulimit -v " + std::to_string(mib * 1024) + "; exec \"$0\" \"$@\"";
    Process check("sh", {"-c", line, METERPROOF_PROGRAM, "check", mock.url(), "--app", "demo:demo-secret"});
    const auto finished = check.finish();
    EXPECT_TRUE(finished.exit_code <= 4 || finished.exit_code == of_the_loader) << mib << " MiB: " << finished.exit_code << ", " << finished.out;
  }
}
#endif

TEST(Mock, LocalhostIsEveryAddressOfIt) {
  Process process({"mock", "--port", "0", "--host", "localhost"});
  const std::uint16_t port = process.port();
  for (const char* host : {"127.0.0.1", "localhost"})
    EXPECT_EQ(net::HttpClient({host, port, ""}, std::chrono::seconds(10)).exchange({"GET", "/_mock/health", {}, ""}).status, 200) << host;
}

TEST(Http, ASlowPeerHoldsUpNobody) {
  MockProcess mock;
  std::vector<std::unique_ptr<Raw>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<Raw>(mock.port()));
    slow.back()->send("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
  }
  EXPECT_EQ(mock.code(path, user), 1);
}

TEST(AdminApi, InjectsEveryKindOfFault) {
  MockProcess mock;
  const auto inject = [&](const std::string& fault) {
    const auto reply = mock.post("/_mock/faults", fault);
    EXPECT_EQ(reply.status, 200) << reply.body;
  };
  inject(R"({"kind":"database","interface":"GetUserInfo","times":2})");
  EXPECT_EQ(mock.code(path, user), -203);
  EXPECT_EQ(mock.code(path, user), -203);
  EXPECT_EQ(mock.code(path, user), 1);
  inject(R"({"kind":"database","times":1})");
  EXPECT_EQ(mock.code(path, "{}"), -2) << "a request at fault uses no such fault up";
  EXPECT_EQ(mock.code(path, user), -203);
  inject(R"({"kind":"unknown","times":1})");
  EXPECT_EQ(mock.code(path, user), -999);
  inject(R"({"kind":"wrong_code","code":-5,"times":1})");
  EXPECT_EQ(mock.code(path, user), -5);
  inject(R"({"kind":"wrong_code","code":-5,"times":1})");
  EXPECT_EQ(mock.code(path, "{}"), -2) << "a request at fault is refused with its own code";
  EXPECT_EQ(mock.code(path, user), -5);
  for (const char* wrong : {"[]", "{", R"({"kind":"databse"})", R"({"kind":"delay"})", R"({"kind":"status","status":200})", R"({"kind":1})"}) {
    const auto refused = mock.post("/_mock/faults", wrong);
    EXPECT_EQ(refused.status, 400) << wrong;
    const auto said = nlohmann::json::parse(refused.body);
    EXPECT_NE(said["error"], "") << wrong;
    EXPECT_NE(said["error_zh"], "") << wrong;
    EXPECT_NE(said["error"], said["error_zh"]) << wrong;
  }
  inject(R"({"kind":"status","status":502,"times":1})");
  EXPECT_EQ(mock.call(path, user).status, 502);
  inject(R"({"kind":"delay","delay_ms":50,"times":1})");
  EXPECT_GE(mock.call(path, user).took.count(), 50'000);
  inject(R"({"kind":"drip","delay_ms":1,"times":1})");
  EXPECT_EQ(mock.code(path, user), 1);
  inject(R"({"kind":"truncated","times":1})");
  EXPECT_NE(mock.call(path, user).transport, net::TransportResult::replied);
  inject(R"({"kind":"garbage","times":1})");
  EXPECT_EQ(mock.call(path, user).transport, net::TransportResult::no_http);
  inject(R"({"kind":"reset","times":1})");
  const auto lost = mock.call(path, user).transport;
  EXPECT_TRUE(lost == net::TransportResult::reset || lost == net::TransportResult::closed) << to_string(lost);
  EXPECT_EQ(mock.code(path, user), 1) << "and the client goes on";
}

// By appId, by a field's value, the third call; each fault is removed by itself.
TEST(AdminApi, AFaultHitsTheCallThatItIsMeantFor) {
  MockProcess mock({"--app", "demo:demo-secret", "--app", "other:other-secret"});
  const auto inject = [&](const std::string& fault) {
    const auto reply = mock.post("/_mock/faults", fault);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json::parse(reply.body)["fault"]["id"].get<std::string>();
  };
  const auto remove = [&](const std::string& id) {
    return net::HttpClient({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10)).exchange({"DELETE", "/_mock/faults" + id, {}, ""});
  };
  const std::string other_user = R"({"UserCode":"U0002"})";
  const std::string of_other_app = inject(R"({"kind":"database","app_id":"other"})");
  EXPECT_EQ(mock.code(path, user), 1);
  const std::string of_one_user = inject(R"({"kind":"unknown","where":{"UserCode":"U0002"}})");
  EXPECT_NE(of_other_app, of_one_user);
  EXPECT_EQ(mock.code(path, user), 1);
  EXPECT_EQ(mock.code(path, other_user), -999);
  EXPECT_EQ(remove("/" + of_one_user).status, 200);
  EXPECT_EQ(mock.code(path, other_user), 1);
  EXPECT_EQ(json::parse(mock.get("/_mock/faults").body)["faults"].size(), 1U) << "the other one stays";
  EXPECT_EQ(remove("/" + of_one_user).status, 404);
  const std::string of_own_app = inject(R"({"kind":"database","app_id":"demo","times":1})");
  EXPECT_EQ(mock.code(path, user), -203);
  inject(R"({"kind":"unknown","after":2,"times":1})");
  std::vector<int> codes;
  for (int i = 0; i < 4; ++i) codes.push_back(mock.code(path, user));
  EXPECT_EQ(codes, (std::vector<int>{1, 1, -999, 1}));
  for (const char* query : {"?id=", "?kind=database", "?limit=1"}) EXPECT_EQ(remove(query).status, 400) << query;
  EXPECT_FALSE(json::parse(mock.get("/_mock/faults").body)["faults"].empty()) << "nothing is cleared by a mistyped request";
  EXPECT_EQ(remove("").status, 200);
  EXPECT_TRUE(json::parse(mock.get("/_mock/faults").body)["faults"].empty());
  for (const char* wrong : {R"({"kind":"database","where":{"UserCod":"x"}})", R"({"kind":"database","where":7})", R"({"kind":"database","status":500})",
                            R"({"kind":"status","delay_ms":5})", R"({"kind":"delay","delay_ms":5,"code":1})", R"({"kind":"database","after":-1})",
                            R"({"kind":"wrong_code","code":1.5})", R"({"kind":"status","status":503.5})", R"({"kind":"delay","delay_ms":0.5})"})
    EXPECT_EQ(mock.post("/_mock/faults", wrong).status, 400) << wrong;
  // What could never hit is told at once, with what was meant.
  const std::pair<const char*, const char*> meant[] = {{R"({"kind":"database","app_id":"othr"})", "did you mean \"other\"?"},
                                                       {R"({"kind":"database","where":{"Meter":"1"}})", "one of: MeterAddr, "}};
  for (const auto& [wrong, says] : meant) {
    const auto reply = mock.post("/_mock/faults", wrong);
    EXPECT_EQ(reply.status, 400) << wrong;
    EXPECT_NE(json::parse(reply.body)["error"].get<std::string>().find(says), std::string::npos) << reply.body;
  }
  for (const char* target :
       {"/_mock/requests?xlimit=2", "/_mock/requests?limit=abc", "/_mock/requests?limit=", "/_mock/requests?limit=2&x=1", "/_mock/health?limit=1"})
    EXPECT_EQ(mock.get(target).status, 400) << target;
  EXPECT_EQ(json::parse(mock.get("/_mock/requests?limit=2").body)["entries"].size(), 2U);
}

// Whether a number came as a number or as a text, and with which zeros, does not matter.
TEST(AdminApi, AFaultComparesNumbersByTheirValue) {
  MockProcess mock;
  int others = 0;
  for (const char* wanted : {R"({"Money":10.5})", R"({"Money":"10.50"})", R"({"MeterAddr":860000000001})", R"({"MeterAddr":"860000000001"})"}) {
    EXPECT_EQ(mock.post("/_mock/faults", R"({"kind":"database","where":)" + std::string(wanted) + "}").status, 200) << wanted;
    for (const char* money : {"10.5", "10.50", "\"10.50\"", "\"10.5\""})
      for (const char* meter : {"860000000001", "\"860000000001\""})
        EXPECT_EQ(mock.code("/api/Pay/RemotePay", R"({"MeterAddr":)" + std::string(meter) + R"(,"Money":)" + money +
                                                      R"(,"PayDate":"2026-01-15 10:30:00","TransId":"w1","PayWay":1})"),
                  -203)
            << wanted << " " << money << " " << meter;
    const std::string other =
        R"({"MeterAddr":"860000000002","Money":10.51,"PayDate":"2026-01-15 10:30:00","TransId":"o)" + std::to_string(++others) + R"(","PayWay":1})";
    EXPECT_EQ(mock.code("/api/Pay/RemotePay", other), 1) << wanted;
    EXPECT_EQ(net::HttpClient({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10)).exchange({"DELETE", "/_mock/faults", {}, ""}).status, 200);
  }
}

// What a web page of somebody else can have a developer's browser send.
TEST(AdminApi, AForeignPageChangesNothing) {
  MockProcess mock({"--admin-host", "mock"});
  const std::string own = "127.0.0.1:" + std::to_string(mock.port()), fault = R"({"kind":"database"})";
  struct Row {
    std::vector<std::pair<std::string, std::string>> headers;
    int status;
  };
  const std::vector<Row> table = {
      {{{"Host", own}, {"Content-Type", "application/json"}}, 200},
      {{{"Host", own}, {"Content-Type", "application/json; charset=utf-8"}}, 200},
      {{{"Host", own}, {"Content-Type", "application/json"}, {"Origin", "http://" + own}}, 200},
      {{{"Host", "localhost:1"}, {"Content-Type", "application/json"}}, 200},
      {{{"Host", "mock:8080"}, {"Content-Type", "application/json"}}, 200},
      {{{"Host", "[::1]:8080"}, {"Content-Type", "application/json"}}, 200},
      {{{"Host", own}, {"Content-Type", "text/plain"}}, 415},
      {{{"Host", own}, {"Content-Type", "application/x-www-form-urlencoded"}}, 415},
      {{{"Host", own}}, 415},
      {{{"Host", own}, {"Content-Type", "application/json"}, {"Origin", "http://evil.example"}}, 403},
      {{{"Host", own}, {"Content-Type", "application/json"}, {"Origin", "null"}}, 403},
      {{{"Host", own}, {"Content-Type", "application/json"}, {"Origin", "http://" + own}, {"Origin", "http://evil.example"}}, 403},
      {{{"Host", own}, {"Content-Type", "application/json"}, {"Origin", "http://127.0.0.1:1"}}, 403},
      {{{"Host", own}, {"Content-Type", "application/json"}, {"Sec-Fetch-Site", "cross-site"}}, 403},
      {{{"Host", "evil.example"}, {"Content-Type", "application/json"}}, 403},
      {{{"Host", "localhost.evil.example"}, {"Content-Type", "application/json"}}, 403},
      {{{"Host", "127.0.0.1.evil.example"}, {"Content-Type", "application/json"}}, 403},
      {{{"Host", "[evil.example]"}, {"Content-Type", "application/json"}}, 403},
      {{{"Host", ""}, {"Content-Type", "application/json"}}, 403},
  };
  const auto send = [&](const std::string& call, const Row& row, const std::string& body) {
    std::string bytes = call + " HTTP/1.1\r\nConnection: close\r\n";
    for (const auto& [name, value] : row.headers) bytes += name + ": " + value + "\r\n";
    Raw raw(mock.port());
    raw.send(bytes + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return raw.receive();
  };
  std::size_t added = 0;
  for (const Row& row : table) {
    const std::string reply = send("POST /_mock/faults", row, fault), shown = json(row.headers).dump();
    EXPECT_NE(reply.find("HTTP/1.1 " + std::to_string(row.status)), std::string::npos) << shown << "\n" << reply;
    EXPECT_EQ(reply.find("Access-Control"), std::string::npos);
    added += row.status == 200 ? 1 : 0;
    EXPECT_EQ(json::parse(mock.get("/_mock/faults").body)["faults"].size(), added) << shown;
    if (row.status == 403) {
      EXPECT_NE(send("GET /_mock/data", row, "").find("HTTP/1.1 403"), std::string::npos) << shown;
      EXPECT_NE(send("POST /_mock/data/reset", row, "").find("HTTP/1.1 403"), std::string::npos) << shown;
    }
  }
}

TEST(AdminApi, FaultsWithAProbabilityRepeatWithTheirSeed) {
  std::vector<std::vector<int>> runs;
  for (int run = 0; run < 2; ++run) {
    MockProcess mock;
    mock.post("/_mock/faults", R"({"kind":"database","probability":0.5,"seed":42})");
    std::vector<int> codes;
    for (int i = 0; i < 20; ++i) codes.push_back(mock.code(path, user));
    runs.push_back(codes);
    EXPECT_GT(std::count(codes.begin(), codes.end(), -203), 0);
    EXPECT_GT(std::count(codes.begin(), codes.end(), 1), 0);
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(AdminApi, ShowsReplacesAndResetsTheData) {
  MockProcess mock;
  auto data = json::parse(mock.get("/_mock/data").body);
  EXPECT_GE(data["user"].size(), 5U);
  EXPECT_EQ(mock.code("/api/Pay/RemotePay", R"({"MeterAddr":"860000000001","Money":0.05,"PayDate":"2026-01-15 10:30:00","TransId":"x1","PayWay":1})"), 1);
  const auto remnant = [&] {
    const auto shown = json::parse(mock.get("/_mock/data").body);
    for (const auto& meter : shown["meter"])
      if (meter["MeterAddr"] == "860000000001") return meter["Remnant"].get<std::string>();
    return std::string();
  };
  EXPECT_EQ(remnant(), "120.05");
  EXPECT_EQ(mock.post("/_mock/data/reset", "").status, 200);
  EXPECT_EQ(remnant(), "120.00");
  net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(5));
  EXPECT_EQ(client
                .exchange({"PUT",
                           "/_mock/data",
                           {{"Content-Type", "application/json"}},
                           R"({"user":[{"UserCode":"N1","UserName":"新"}],"meter":[{"MeterAddr":"M1","UserCode":"N1"}]})"})
                .status,
            200);
  EXPECT_EQ(mock.code(path, R"({"UserCode":"N1"})"), 1);
  EXPECT_EQ(mock.code(path, user), 0);
  const std::pair<const char*, const char*> refused[] = {
      {R"({"meter":[{"MeterAddr":"1","ReadNumber":"abc"}]})", "must be a decimal number"},
      {R"({"meter":[{"MeterAddr":"1","ReadDate":"never"}]})", "must be a time like"},
      {R"({"meter":[{"MeterAddr":"1","UserCode":"nobody"}]})", "which is not there"},
      {R"({"user":[{"UserCode":"1"},{"UserCode":"1"}]})", "two rows"},
      {R"({"user":[{"UserName":"1"}]})", "has no UserCode"},
      {R"({"usr":[]})", "did you mean"},
  };
  for (const auto& [body, says] : refused) {
    const auto reply = client.exchange({"PUT", "/_mock/data", {{"Content-Type", "application/json"}}, body});
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_NE(reply.body.find(says), std::string::npos) << body << ": " << reply.body;
  }
  EXPECT_EQ(mock.code(path, R"({"UserCode":"N1"})"), 1) << "what was refused has replaced nothing";
  EXPECT_EQ(mock.post("/_mock/data/reset", "").status, 200);
  EXPECT_EQ(mock.code(path, user), 1) << "back to the data that the mock was started with";
}

TEST(AdminApi, RefusesNonsenseWithAReason) {
  MockProcess mock;
  const std::pair<const char*, const char*> table[] = {
      {R"({"kind":"databse"})", "did you mean"},
      {R"({"kind":"database","interface":"GetUserInf"})", "did you mean"},
      {R"({"knd":"database"})", "did you mean"},
      {R"({"kind":"database","probability":2})", "within 0 and 1"},
      {R"({"kind":"database","times":-1})", "whole"},
      {R"({"kind":7})", "must be a text"},
      {R"({"kind":"database","times":0})", "at least 1"},
      {R"({"kind":"delay"})", "delay_ms"},
      {R"({"kind":"wrong_code"})", "needs"},
      {"[]", "an object is expected"},
      {"nonsense", "not JSON"},
  };
  for (const auto& [body, says] : table) {
    const auto reply = mock.post("/_mock/faults", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_NE(reply.body.find(says), std::string::npos) << body << ": " << reply.body;
  }
  net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(5));
  const std::string deep = R"({"user":[{"UserCode":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}]}";
  EXPECT_EQ(client.exchange({"PUT", "/_mock/data", {{"Content-Type", "application/json"}}, deep}).status, 400);
  EXPECT_EQ(mock.get("/_mock/nothing").status, 404);
  const net::Exchange not_for_it = mock.post("/_mock/health", "");
  EXPECT_EQ(not_for_it.status, 405);
  EXPECT_EQ(not_for_it.header("Allow"), "GET, HEAD");
  EXPECT_EQ(client.exchange({"PUT", "/_mock/faults", {{"Content-Type", "application/json"}}, "{}"}).header("Allow"), "GET, HEAD, POST, DELETE");
  EXPECT_EQ(client.exchange({"POST", "/_mock/faults/f1", {{"Content-Type", "application/json"}}, "{}"}).header("Allow"), "DELETE");
  MockProcess closed({"--no-admin"});
  EXPECT_EQ(closed.get("/_mock/health").status, 404);
}

TEST(AdminApi, TheRequestLogSaysWhy) {
  MockProcess mock;
  mock.call(path, R"({"UserCode":"nobody"})");
  const auto request_log = json::parse(mock.get("/_mock/requests?limit=1").body);
  ASSERT_EQ(request_log["entries"].size(), 1U);
  EXPECT_EQ(request_log["entries"][0]["code"], 0);
  EXPECT_NE(request_log["entries"][0]["why_en"].get<std::string>().find("UserCode=\"nobody\""), std::string::npos);
  EXPECT_EQ(json::parse(mock.get("/_mock/counters").body)["GetUserInfo"]["0"], 1);
}

/// Resident memory of a process, in KiB.
long resident(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

// The sanitizers keep memory of their own (quarantine, shadow), so there the bound is a wide one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long growth_allowed = 65536;  // KiB
#else
constexpr long growth_allowed = 4096;
#endif

TEST(Hostile, AHundredThousandBrokenConnectionsLeaveTheMockServing) {
  MockProcess mock;
  std::mt19937 random(1);
  const std::string half = mock.signed_bytes(path, user).substr(0, 90);
  const auto attack = [&](int count) {
    std::vector<std::unique_ptr<Raw>> dripping;
    for (int i = 0; i < count; ++i) {
      auto raw = std::make_unique<Raw>(mock.port(), ("127.0.0." + std::to_string(2 + i % 200)).c_str());
      switch (random() % 5) {
        case 0: {  // random bytes
          std::string noise(random() % 300, '\0');
          for (char& c : noise) c = static_cast<char>(random());
          raw->send(noise);
          break;
        }
        case 1: raw->send(half.substr(0, random() % half.size())); break;                                          // half a request
        case 2: break;                                                                                             // nothing at all
        case 3: raw->send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"); break;  // a boast
        default:                                                                                                   // a slow drip that is given up
          raw->send("P");
          dripping.push_back(std::move(raw));
          if (dripping.size() > 100) {
            dripping.front()->send("OST ");
            dripping.front()->reset();
            dripping.erase(dripping.begin());
          }
          continue;
      }
      raw->reset();
    }
    for (auto& raw : dripping) raw->reset();
  };
  attack(20'000);
  EXPECT_EQ(mock.code(path, user), 1);
  // How many of them are open at once depends on the machine, and the most so far sets the size: what is lost with each connection grows in every round.
  long grew = growth_allowed;
  for (int round = 0; round < 4 && grew >= growth_allowed; ++round) {
    const long before = resident(mock.process().pid());
    attack(80'000);
    EXPECT_EQ(mock.code(path, user), 1);
    grew = resident(mock.process().pid()) - before;
  }
  EXPECT_LT(grew, growth_allowed) << "KiB in the last of four rounds";
}

}  // namespace front_door_test
}  // namespace meterproof
