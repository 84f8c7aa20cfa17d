// SPDX-License-Identifier: Apache-2.0
// TLS, through the front door: the mock with a certificate, and every command that calls it.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace tls_test {

using nlohmann::json;
using test::Finished;
using test::MockProcess;
using test::Process;
using test::temporary;

/// A certificate that vouches for itself, and its key, for as long as the object lives. `names`: as in subjectAltName.
class Certificate {
 public:
  explicit Certificate(const std::string& called, const std::string& names = "IP:127.0.0.1,DNS:localhost",
                       const std::vector<std::string>& kind = {"ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"})
      : certificate(temporary(called + ".pem")), key(temporary(called + ".key")) {
    std::vector<std::string> words = {"req", "-x509", "-nodes", "-keyout", key, "-out", certificate, "-days", "2"};
    words.insert(words.end(), {"-subj", "/CN=" + called, "-addext", "subjectAltName=" + names, "-newkey"});
    words.insert(words.end(), kind.begin(), kind.end());
    const Finished made = Process("openssl", words).finish();
    EXPECT_EQ(made.exit_code, 0) << made.out;
  }
  ~Certificate() {
    std::filesystem::remove(certificate);
    std::filesystem::remove(key);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  const std::string certificate, key;
};

std::vector<std::string> with_tls(const Certificate& of, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--tls-cert", of.certificate, "--tls-key", of.key});
  return more;
}

Finished curl(std::vector<std::string> words) {
  words.insert(words.begin(), {"-sS", "--max-time", "10"});
  return Process("curl", std::move(words)).finish();
}

std::string at(const std::string& scheme, const MockProcess& mock, const std::string& host = "127.0.0.1") {
  return scheme + "://" + host + ":" + std::to_string(mock.port());
}

/// How often a text stands in another one.
std::size_t count_of(const std::string& text, const std::string& in) {
  std::size_t out = 0;
  for (std::size_t found = in.find(text); found != std::string::npos; found = in.find(text, found + 1)) ++out;
  return out;
}

TEST(Tls, TheMockIsWhatItIsWithout) {
  const Certificate own("mock");
  MockProcess mock(with_tls(own));
  const Finished health = curl({"--cacert", own.certificate, mock.url() + "/_mock/health"});
  EXPECT_EQ(health.exit_code, 0) << health.out;
  EXPECT_NE(health.out.find("\"ok\""), std::string::npos) << health.out;
  EXPECT_NE(curl({mock.url() + "/_mock/health"}).exit_code, 0) << "nobody vouches for it";
  EXPECT_NE(curl({"--cacert", own.certificate, "--tls-max", "1.1", mock.url() + "/_mock/health"}).exit_code, 0) << "TLS 1.1";
  const Finished plain = curl({"-i", at("http", mock)});
  EXPECT_NE(plain.out.find("400 Bad Request"), std::string::npos) << plain.out;
  EXPECT_NE(plain.out.find("write https://"), std::string::npos) << plain.out;
  EXPECT_NE(plain.out.find("请写 https://"), std::string::npos) << plain.out;
  EXPECT_GE(json::parse(mock.get("/_mock/counters").body)["-"]["tls-failed"], 2) << "all of them are counted";
  // The page's requests are of its own origin.
  EXPECT_EQ(curl({"-k", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Origin: " + mock.url(), mock.url() + "/_mock/worlds"}).out, "200");
  EXPECT_EQ(curl({"-k", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Origin: " + at("http", mock), mock.url() + "/_mock/worlds"}).out, "403");
  // The commands that the mock prints and shows are of https.
  EXPECT_NE(json::parse(mock.get("/_mock/interfaces").body)["interfaces"].dump().find(mock.url()), std::string::npos);
  mock.process().signal(SIGTERM);
  const Finished ended = mock.process().finish();
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(count_of("section 2 of the specification speaks of HTTP only", ended.out), 1U) << ended.out;
  EXPECT_EQ(count_of("did not come through the handshake of TLS", ended.out), 1U) << "the first one: " << ended.out;
}

// Replies of many records, bodies in many, requests one behind the other, an endless reply.
TEST(Tls, AllSizesComeWhole) {
  const Certificate own("sizes");
  MockProcess mock(with_tls(own, {"--generate-meters", "5000"}));
  const std::string all = temporary("all.json"), again = temporary("again.json");
  for (const std::string& file : {all, again}) {
    const Finished exported = test::run({"world", "export", mock.url(), "--insecure", "--out", file});
    ASSERT_EQ(exported.exit_code, 0) << exported.out;
    const Finished imported = test::run({"world", "import", mock.url(), file, "--ca", own.certificate});
    ASSERT_EQ(imported.exit_code, 0) << imported.out;
  }
  EXPECT_GT(std::filesystem::file_size(all), 500'000U);
  EXPECT_EQ(test::read_file(all), test::read_file(again));
  std::string requests;
  constexpr std::size_t many = 300;
  for (std::size_t i = 0; i < many; ++i) requests += "GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  net::HttpClient client({"127.0.0.1", mock.port(), "", true, {own.certificate, false}}, std::chrono::seconds(10));
  ASSERT_FALSE(client.send(requests));
  for (std::size_t i = 0; i < many; ++i) ASSERT_EQ(client.receive().status, 200) << i;
  const Finished events = Process("sh", {"-c", "curl -sk --max-time 10 -N '" + mock.url() + "/_mock/events' | head -c 20"}).finish();
  EXPECT_EQ(events.out.size(), 20U) << events.out;
  for (const std::string& file : {all, again}) std::filesystem::remove(file);
}

// The same cases with the same verdicts; what is believed, and what is not.
TEST(Tls, CheckTakesHttps) {
  const Certificate own("checked"), other("other"), elsewhere("elsewhere", "DNS:gas.example");
  const std::string with = temporary("with.json"), without = temporary("without.json");
  const std::vector<std::string> apps = {"--app", "a:s", "--app", "b:t"},
                                 check = {"check", "--filter", "GetUserInfo", "--filter", "RemotePay", "--effect-timeout", "0s"};
  // One app for each run that signs: a second can be used once.
  const auto run_check = [&](const std::string& url, std::vector<std::string> more, const std::string& app = "a:s") {
    std::vector<std::string> words = check;
    words.insert(words.begin() + 1, {url, "--app", app});
    words.insert(words.end(), more.begin(), more.end());
    return test::run(words);
  };
  std::map<std::string, std::string> verdicts[2];
  {
    MockProcess plain(apps);
    const Finished done = run_check(plain.url(), {"--json", without});
    EXPECT_EQ(done.exit_code, 0) << done.out;
    const Finished wrong = run_check(at("https", plain), {});
    EXPECT_EQ(wrong.exit_code, 3) << wrong.out;
    EXPECT_NE(wrong.out.find("no TLS connection (wrong version number"), std::string::npos) << wrong.out;
    EXPECT_NE(wrong.out.find("a server without TLS has an address with http://"), std::string::npos) << wrong.out;
    EXPECT_EQ(run_check(plain.url(), {"--insecure"}).exit_code, 2);
  }
  MockProcess mock(with_tls(own, apps));
  const Finished done = run_check(mock.url(), {"--ca", own.certificate, "--json", with});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_EQ(count_of("section 2 of the specification speaks of HTTP only", done.out), 1U) << done.out;
  EXPECT_NE(done.out.find("TLSv1.3"), std::string::npos) << done.out;
  for (const auto& [file, into] : {std::pair(with, 0), std::pair(without, 1)}) {
    const json record = json::parse(test::read_file(file));
    for (const json& one : record["cases"]) verdicts[into][one["id"]] = one["verdict"];
    std::filesystem::remove(file);
  }
  EXPECT_GT(verdicts[0].size(), 100U);
  EXPECT_EQ(verdicts[0], verdicts[1]);
  const Finished trusting = run_check(at("https", mock, "localhost"), {"--insecure"}, "b:t");
  EXPECT_EQ(trusting.exit_code, 0) << trusting.out;
  EXPECT_NE(trusting.out.find("certificate was not looked at"), std::string::npos) << trusting.out;
  for (const auto& more : std::vector<std::vector<std::string>>{{}, {"--ca", other.certificate}}) {
    const Finished refused = run_check(mock.url(), more);
    EXPECT_EQ(refused.exit_code, 3) << refused.out;
    EXPECT_NE(refused.out.find("certificate verify failed: self-signed certificate"), std::string::npos) << refused.out;
    EXPECT_NE(refused.out.find("--ca FILE"), std::string::npos) << refused.out;
  }
  MockProcess named(with_tls(elsewhere));
  const Finished mistaken = run_check(named.url(), {"--ca", elsewhere.certificate});
  EXPECT_EQ(mistaken.exit_code, 3) << mistaken.out;
  EXPECT_NE(mistaken.out.find("IP address mismatch"), std::string::npos) << mistaken.out;
  const Finished told = run_check(at("http", mock), {});
  EXPECT_EQ(told.exit_code, 4) << told.out;
  EXPECT_NE(told.out.find("this port speaks HTTPS"), std::string::npos) << told.out;
}

TEST(Tls, LoadTakesHttps) {
  const Certificate own("loaded");
  MockProcess mock(with_tls(own, {"--replay-protection", "off", "--threads", "2"}));
  const std::string record = temporary("tls-load.json");
  const std::vector<std::string> load = {"load", mock.url(),   "--app", "demo:demo-secret",    "--timestamps", "shared",        "--rate",
                                         "200",  "--duration", "2s",    "--max-generator-lag", "1m",           "--connections", "8"};
  auto trusting = load;
  trusting.insert(trusting.end(), {"--ca", own.certificate, "--json", record});
  const Finished done = test::run(trusting);
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_EQ(count_of("section 2 of the specification speaks of HTTP only", done.out), 1U) << done.out;
  const json kept = json::parse(test::read_file(record));
  EXPECT_EQ(kept["requests"], 400);
  EXPECT_EQ(kept["connections_opened"], 8) << "connections are kept";
  const Finished refused = test::run(load);
  EXPECT_EQ(refused.exit_code, 3) << refused.out;
  EXPECT_NE(refused.out.find("certificate verify failed"), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find("--ca FILE"), std::string::npos) << refused.out;
  std::filesystem::remove(record);
}

TEST(Tls, AMockCallsOverIt) {
  const Certificate own("called");
  MockProcess platform(with_tls(own, {"--role", "platform"}));
  MockProcess billing({"--role", "billing", "--call", platform.url(), "--as", "demo:demo-secret", "--ca", own.certificate, "--call-rate", "1000"});
  const auto clock = [&](const json& move) { return json::parse(billing.post("/_mock/clock", move.dump()).body); };
  clock({{"set", "2026-01-01 00:00:00"}, {"rate", 0}});
  for (json now = clock({{"advance", "3d"}}); now["business_time"] != now["target_time"] || now["outgoing"] != 0;) now = clock(json::object());
  billing.process().signal(SIGTERM);
  const Finished ended = billing.process().finish();
  EXPECT_EQ(ended.exit_code, 0) << ended.out;
  EXPECT_NE(ended.out.find("TLSv1.3"), std::string::npos) << ended.out;
}

// A server that wants a certificate of ours says so behind the handshake of TLS 1.3.
TEST(Tls, AServerThatWantsOurCertificateIsNamed) {
  const Certificate own("strict");
  const std::string port = std::to_string(MockProcess().port());
  Process server("openssl", {"s_server", "-accept", port, "-cert", own.certificate, "-key", own.key, "-Verify", "1", "-verify_return_error", "-www", "-quiet"});
  const std::string url = "https://127.0.0.1:" + port;
  while (Process("openssl", {"s_client", "-connect", "127.0.0.1:" + port, "-brief"}).finish().out.find("CONNECTION ESTABLISHED") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"check", url, "--app", "a:s", "--insecure"}, {"load", url, "--app", "a:s", "--insecure", "--rate", "10", "--duration", "1s"}}) {
    const Finished done = test::run(words);
    EXPECT_EQ(done.exit_code, 3) << done.out;
    EXPECT_NE(done.out.find("certificate required"), std::string::npos) << done.out;
    EXPECT_EQ(done.out.find("self-signed"), std::string::npos) << done.out;
  }
}

// The end of TLS may come without the end of TCP: with the last bytes, or behind a reply that it ends.
TEST(Tls, AnEndThatComesWithTheBytesIsSeen) {
  const Certificate own("ended");
  const auto answered_by = [&](const std::string& reply) {
    // One connection: the reply, close_notify, and TCP stays open until the peer closes it.
    const std::string script = R"(
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listening = socket.create_server(("127.0.0.1", 0))
print("listening on http://127.0.0.1:%d" % listening.getsockname()[1], flush=True)
for _ in range(2):
    raw, _ = listening.accept()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_side=True)
    def step(action):
        while True:
            try:
                return action()
            except ssl.SSLWantReadError:
                if outgoing.pending: raw.sendall(outgoing.read())
                got = raw.recv(65536)
                if not got: return b""
                incoming.write(got)
    step(session.do_handshake)
    step(lambda: session.read(65536))
    session.write(sys.argv[3].encode().decode("unicode_escape").encode())
    try: session.unwrap()
    except ssl.SSLWantReadError: pass
    raw.sendall(outgoing.read())
    raw.recv(65536)
)";
    Process server("python3", {"-c", script, own.certificate, own.key, reply});
    net::HttpClient client({"127.0.0.1", server.port(), "", true, {"", true}}, std::chrono::seconds(10));
    const auto begin = std::chrono::steady_clock::now();
    const net::Exchange exchange = client.exchange({"GET", "/", {}, ""});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9)) << "not by the timeout";
    return exchange;
  };
  EXPECT_EQ(answered_by(R"(HTTP/1.1 200 OK\r\n\r\nall of it)").body, "all of it") << "a body that the end ends";
  EXPECT_EQ(answered_by(R"(HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour)").body, "four");
  EXPECT_EQ(answered_by(R"(HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour)").transport, net::TransportResult::incomplete);
}

TEST(Tls, WhoIsCalledWronglyIsTold) {
  const Certificate own("wrongly");
  MockProcess platform(with_tls(own, {"--role", "platform"}));
  const auto called = [&](const std::string& url) {
    MockProcess billing({"--role", "billing", "--call", url, "--as", "demo:demo-secret"});
    const auto clock = [&](const json& move) { return json::parse(billing.post("/_mock/clock", move.dump()).body); };
    clock({{"set", "2026-01-01 00:00:00"}, {"rate", 0}});
    for (json now = clock({{"advance", "3d"}}); now["business_time"] != now["target_time"] || now["outgoing"] != 0;) now = clock(json::object());
    billing.process().signal(SIGTERM);
    return billing.process().finish();
  };
  const Finished untrusted = called(platform.url());
  EXPECT_EQ(untrusted.exit_code, 4) << untrusted.out;
  EXPECT_EQ(count_of("does not answer: no TLS connection (certificate verify failed", untrusted.out), 1U) << untrusted.out;
  EXPECT_NE(untrusted.out.find("--ca FILE"), std::string::npos) << untrusted.out;
  const Finished plain = called(at("http", platform));
  EXPECT_EQ(plain.exit_code, 4) << plain.out;
  EXPECT_NE(plain.out.find("this port speaks HTTPS"), std::string::npos) << plain.out;
  const Finished world = test::run({"world", "list", platform.url()});
  EXPECT_EQ(world.exit_code, 3) << world.out;
  EXPECT_NE(world.out.find("--ca FILE"), std::string::npos) << world.out;
  EXPECT_NE(test::run({"world", "list", at("http", platform)}).out.find("this port speaks HTTPS"), std::string::npos);
}

// Who begins a handshake and does not end it holds nobody up; what is no TLS is no request either.
TEST(Tls, WhatIsNoHandshakeDisturbsNobody) {
  const Certificate own("disturbed");
  MockProcess mock(with_tls(own));
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00", 7);
  std::vector<std::unique_ptr<test::Raw>> peers;
  for (const std::string& bytes : {hello, std::string("\x16"), std::string(), std::string("GET"), std::string(3000, '\0'),
                                   std::string("\x16\x03\x01\xff\xff") + std::string(70'000, 'x')}) {
    peers.push_back(std::make_unique<test::Raw>(mock.port()));
    peers.back()->send(bytes);
    EXPECT_EQ(mock.get("/_mock/health").status, 200);
  }
  peers.back()->receive();
  for (auto& one : peers) one->reset();
  // A peer that goes in the middle of a reply.
  for (int i = 0; i < 20; ++i) Process("sh", {"-c", "curl -sk '" + mock.url() + "/_mock/data' | head -c 100 >/dev/null"}).finish();
  EXPECT_EQ(mock.get("/_mock/health").status, 200);
}

TEST(Tls, FilesAreReadAtTheStart) {
  const Certificate own("own"), other("foreign"), rsa("rsa", "IP:127.0.0.1", {"rsa:2048"});
  const std::string none = temporary("no.pem"), junk = temporary("junk.pem");
  std::ofstream(junk) << "no certificate\n";
  const struct {
    std::vector<std::string> words;
    std::string said;
  } table[] = {
      {{"mock", "--port", "0", "--tls-cert", own.certificate}, "--tls-cert and --tls-key belong together"},
      {{"mock", "--port", "0", "--tls-cert", none, "--tls-key", own.key}, "--tls-cert " + none + ": No such file"},
      {{"mock", "--port", "0", "--tls-cert", junk, "--tls-key", own.key}, "--tls-cert " + junk + ": no start line"},
      {{"mock", "--port", "0", "--tls-cert", own.certificate, "--tls-key", junk}, "--tls-key " + junk},
      {{"mock", "--port", "0", "--tls-cert", own.certificate, "--tls-key", other.key}, "key values mismatch"},
      {{"mock", "--port", "0", "--tls-cert", own.certificate, "--tls-key", rsa.key}, "--tls-key " + rsa.key},
      {{"mock", "--port", "0", "--tls-cert", rsa.certificate, "--tls-key", own.key}, "--tls-key " + own.key},
      {{"check", "https://127.0.0.1:1", "--app", "a:s", "--ca", none}, "--ca " + none + ": "},
      {{"check", "https://127.0.0.1:1", "--app", "a:s", "--ca", junk}, "--ca " + junk + ": "},
      {{"load", "http://127.0.0.1:1", "--app", "a:s", "--ca", own.certificate}, "--ca is for an https:// address"},
      {{"world", "list", "https://127.0.0.1:1", "--ca", own.certificate, "--insecure"}, "--insecure: leave out --ca"},
  };
  for (const auto& row : table) {
    const Finished done = test::run(row.words);
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find(row.said), std::string::npos) << row.said << " in " << done.out;
  }
  std::filesystem::remove(junk);
}

}  // namespace tls_test
}  // namespace meterproof
