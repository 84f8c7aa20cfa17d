// SPDX-License-Identifier: Apache-2.0
#include "client_conformance/client_transcript.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/i18n/message_error.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::client_conformance {
namespace client_transcript_test {

const char* const secret = "demo-secret";

ClientOptions serving_at(const char* url) {
  ClientOptions out;
  out.url = url;
  return out;
}

/// Sends bytes to a recorder, each at a second of its own.
class Sender {
 public:
  Sender()
      : recorder_(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()), serving_at("http://here")) {}

  /// Of this second.
  std::string signature() const {
    std::string out;
    const std::string stamp = core::local_time(clock_.now(), test::specification().authentication.utc_offset).compact();
    for (const auto& [name, value] : auth::Signer(test::specification().authentication).headers({"demo", secret}, stamp)) out += name + ": " + value + "\r\n";
    return out;
  }
  /// The token of that moment.
  std::string token(std::chrono::seconds after = {}) const {
    const core::Authentication& authentication = test::specification().authentication;
    return auth::Signer(authentication).token(auth::App{"demo", secret}, core::local_time(clock_.now() + after, authentication.utc_offset).compact());
  }
  /// The reply's body.
  std::string send(const std::string& bytes) {
    net::HttpParser parser(net::HttpParser::Kind::request, {});
    for (std::string_view rest = bytes; !rest.empty() && parser.state() == net::HttpState::need_more;) rest.remove_prefix(parser.feed(rest));
    net::Response response;
    response.status = 400;
    if (parser.state() == net::HttpState::complete) recorder_.handle(parser, clock_.now(), response, clock_.steady());
    else recorder_.handle_bad_request(parser, response, {});
    clock_.advance(std::chrono::seconds(1));
    return response.body;
  }
  /// A question about a user, with those bytes between its head's lines and its body.
  std::string ask(const std::string& headers, const std::string& body, const std::string& target = "/api/Users/GetUserInfo", const std::string& end = "\r\n") {
    return send("POST " + target + " HTTP/1.1" + end + "Host: h" + end + headers + signature() + "Content-Length: " + std::to_string(body.size()) + end + end +
                body);
  }
  reports::CheckRecord record() const { return recorder_.record(); }
  bool is_full() const { return recorder_.is_full(); }

 private:
  test::Clock clock_;
  ClientRecorder recorder_;
};

const char* const question = R"({"UserCode":"U0001"})";

void expect_judged_alike(const reports::CheckRecord& record, const std::string& what) {
  i18n::Message why;
  const auto read = reports::check_record_from(to_json(record), why);
  ASSERT_TRUE(read) << what << ": " << test::english(why);
  const reports::CheckRecord again = rejudge(test::specification(), *read);
  EXPECT_EQ(again.exit_code, record.exit_code) << what;
  EXPECT_EQ(test::notes_of(again), test::notes_of(record)) << what;
  ASSERT_EQ(again.cases.size(), record.cases.size()) << what;
  for (std::size_t i = 0; i < again.cases.size(); ++i) {
    EXPECT_EQ(again.cases[i].verdict, record.cases[i].verdict) << what << ": " << record.cases[i].id;
    EXPECT_EQ(again.cases[i].observed, record.cases[i].observed) << what << ": " << record.cases[i].id;
    EXPECT_EQ(again.cases[i].reason, record.cases[i].reason) << what << ": " << record.cases[i].id;
    EXPECT_EQ(again.cases[i].request.body, record.cases[i].request.body) << what << ": " << record.cases[i].id;
  }
}

TEST(ClientTranscript, KeepsWhateverFormACallHas) {
  const std::string chunked = "POST /api/Users/GetUserInfo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n";
  const std::vector<std::pair<const char*, std::function<std::string(Sender&)>>> table = {
      {"as specified", [](Sender& to) { return to.ask("", question); }},
      {"in chunks", [&](Sender& to) { return to.send(chunked + to.signature() + "\r\n5\r\n{\"Use\r\nf\r\nrCode\":\"U0001\"}\r\n0\r\n\r\n"); }},
      {"no chunk at all", [&](Sender& to) { return to.send(chunked + to.signature() + "\r\n0\r\n\r\n"); }},
      {"lines that end in LF", [](Sender& to) { return to.ask("", question, "/api/Users/GetUserInfo", "\n"); }},
      {"an absolute target", [](Sender& to) { return to.ask("", question, "http://h/api/Users/GetUserInfo"); }},
      {"bytes that are no UTF-8", [](Sender& to) { return to.ask("", "{\"UserCode\":\"\xff\xfe\"}"); }},
      {"NUL", [](Sender& to) { return to.ask("", std::string("{\0}", 3)); }},
      {"another method", [](Sender& to) { return to.send("GET /api/Users/GetUserInfo HTTP/1.1\r\nHost: h\r\n\r\n"); }},
      {"no HTTP", [](Sender& to) { return to.send("\x16\x03\x01\x02"); }},
      {"half a request", [](Sender& to) { return to.send("POST /api/Users/GetUserInfo HTTP/1.1\r\nHost: h\r\nAccessToken: 1"); }}};
  for (const auto& [name, send] : table) {
    Sender sender;
    for (int i = 0; i < 3; ++i) send(sender);
    expect_judged_alike(sender.record(), name);
  }
}

TEST(ClientTranscript, HoldsNoSecretWhereverOneIsWritten) {
  const std::string word = secret;
  const std::vector<std::pair<const char*, std::function<void(Sender&)>>> table = {
      {"a target", [&](Sender& to) { to.ask("", question, "/api/Users/GetUserInfo?key=" + word); }},
      {"a path", [&](Sender& to) { to.ask("", question, "/" + word + "/GetUserInfo"); }},
      {"a header's value", [&](Sender& to) { to.ask("X-Key: " + word + "\r\n", question); }},
      {"a header's name", [&](Sender& to) { to.ask(word + ": 1\r\n", question); }},
      {"a method", [&](Sender& to) { to.send(word + " /api/Users/GetUserInfo HTTP/1.1\r\nHost: h\r\n\r\n"); }},
      {"a body", [&](Sender& to) { to.ask("", "{\"UserCode\":\"" + word + "\"}"); }},
      {"in place of the token",
       [&](Sender& to) {
         to.send("POST /api/Users/GetUserInfo HTTP/1.1\r\nHost: h\r\nAccessToken: " + word + "\r\nAuthorization: " + word + "\r\nContent-Length: 2\r\n\r\n{}");
       }},
      {"what is no request", [&](Sender& to) { to.send("POST /" + word + " HTTP/1.1\r\nX-Key: " + word + "\r\nContent-Length: x\r\n\r\n"); }},
      {"its method", [&](Sender& to) { to.send(word + " / HTTP/1.1\r\nContent-Length: x\r\n\r\n"); }},
      {"the name of its header", [&](Sender& to) { to.send("POST / HTTP/1.1\r\n" + word + ": 1\r\nContent-Length: x\r\n\r\n"); }},
      {"Host", [&](Sender& to) { to.send("POST /api/Users/GetUserInfo HTTP/1.1\r\nHost: " + word + ":8080\r\nContent-Length: 2\r\n\r\n{}"); }},
      {"a misspelt header of the token", [&](Sender& to) { to.ask("Access-Token: " + to.token() + "\r\n", question); }},
      {"a token in a query", [&](Sender& to) { to.ask("", question, "/api/Users/GetUserInfo?token=" + to.token()); }},
      {"a token of some minutes ago in a body", [&](Sender& to) { to.ask("", "{\"UserCode\":\"" + to.token(std::chrono::minutes(-9)) + "\"}"); }}};
  for (const auto& [name, send] : table) {
    Sender sender;
    sender.ask("", question);
    const std::string signature = sender.signature();
    send(sender);
    send(sender);
    const reports::CheckRecord record = sender.record();
    const std::string text = to_json(record);
    EXPECT_EQ(text.find(word), std::string::npos) << name;
    for (const int minutes : {0, -9})
      for (int second = -5; second < 5; ++second)
        EXPECT_EQ(text.find(sender.token(std::chrono::minutes(minutes) + std::chrono::seconds(second))), std::string::npos) << name;
    for (const reports::EventRecord& event : record.transcript->events)
      EXPECT_EQ(event.text.find(signature.substr(signature.find("AccessToken: ") + 13, 32)), std::string::npos) << name;
    expect_judged_alike(record, name);
  }
}

TEST(ClientTranscript, ADamagedOneIsToldByItsPlace) {
  Sender sender;
  for (int i = 0; i < 3; ++i) sender.ask("", question);
  const reports::CheckRecord good = sender.record();
  using Damage = std::function<void(reports::TranscriptRecord&)>;
  const std::vector<std::pair<const char*, Damage>> table = {
      {"no appId is named", [](auto& one) { one.apps.clear(); }},
      {"does not say what the check of the client was told", [](auto& one) { one.client.reset(); }},
      {"tolerance_s is -1", [](auto& one) { one.client->tolerance_s = -1; }},
      {"tolerance_s is 100000", [](auto& one) { one.client->tolerance_s = 100'000; }},
      {"rows is ", [](auto& one) { one.client->generated = 1'000'000'000'000; }},
      {"rows is ", [](auto& one) { one.client->generated = std::uint64_t{1} << 63U; }},
      {"rows is ",
       [](auto& one) {
         one.client->generated = std::uint64_t{1} << 63U;
         one.client->rows.push_back(one.client->rows.front());
         one.client->rows.back().generated = true;
       }},
      {"nosuch is no fault", [](auto& one) { one.client->faults = {"nosuch"}; }},
      {"nosuch", [](auto& one) { one.client->rows.front().table = "nosuch"; }},
      {"nosuch", [](auto& one) { one.client->rows.front().rows.front()["nosuch"] = "1"; }},
      {"event 2 is of kind exchange", [](auto& one) { one.events[1].kind = "exchange"; }},
      {"event 3 tells no time", [](auto& one) { one.events[2].times.clear(); }},
      {"times is ", [](auto& one) { one.events[2].times[0] = std::numeric_limits<std::int64_t>::max(); }},
      {"event 1 is no call", [](auto& one) { one.events[0].found.reset(); }},
      {"event 1 is no call", [](auto& one) { one.events[0].sent.clear(); }},
      {"event 2 is no call", [](auto& one) { one.events[1].text = "nonsense"; }},
      {"event 2 is no call", [](auto& one) { one.events[1].text.clear(); }},
      {"event 2 is no call", [](auto& one) { one.events[1].sent[0].body += "}"; }},
      {"event 2 is no call", [](auto& one) { one.events[1].sent[0].url = "/api/Pay/RemotePay"; }}};
  for (const auto& [said, damage] : table) {
    reports::CheckRecord damaged = good;
    damage(*damaged.transcript);
    try {
      rejudge(test::specification(), damaged);
      ADD_FAILURE() << said << ": nothing was told";
    } catch (const i18n::MessageError& error) {
      EXPECT_NE(std::string(error.what()).find(said), std::string::npos) << error.what();
    }
  }
  // Who says that a refused signature was a good one has to say of whom.
  reports::CheckRecord forged = good;
  forged.transcript->events[1].found->app = "nobody";
  EXPECT_EQ(rejudge(test::specification(), forged).exit_code, 1);
  forged = good;
  forged.transcript->events[1].found->timestamp = forged.transcript->events[0].found->timestamp;
  EXPECT_EQ(rejudge(test::specification(), forged).exit_code, 1) << "a timestamp is used once";
}

// What was judged is not what was sent: nothing is certified of that.
TEST(ClientTranscript, WhatLooksLikeASecretIsToldWhereItIsPartOfACall) {
  Sender sender;
  sender.ask("", question);
  EXPECT_EQ(sender.record().exit_code, 0);
  sender.ask("", R"({"UserCode":"demo-secret"})");
  const reports::CheckRecord record = sender.record();
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_NE(test::notes_of(record).find("1 calls had something that looks like a secret or a token"), std::string::npos) << test::notes_of(record);
  expect_judged_alike(record, "altered");
}

// Bytes that are no request are kept as well, and have a bound.
TEST(ClientTranscript, EndsWhereMoreCannotBeKept) {
  Sender sender;
  std::size_t sent = 0;
  while (!sender.is_full() && sent < 100'000) {
    sender.send("\x16\x03\x01\x02");
    ++sent;
  }
  EXPECT_GT(sent, 10'000U);
  EXPECT_LT(sent, 100'000U);
}

}  // namespace client_transcript_test
}  // namespace meterproof::client_conformance
