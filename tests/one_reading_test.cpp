// SPDX-License-Identifier: Apache-2.0
// check, verify, load and its reconciliation judge the same bytes alike: one table of replies, every reader, and whole runs against a platform that
// answers so.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <utility>

#include "conformance/reply.hpp"
#include "conformance/transcript.hpp"
#include "loadgen/reply_reader.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace one_reading_test {

using json = nlohmann::ordered_json;

enum class Judgement { fine, irregular, unreadable };

struct Reply {
  std::string body;
  Judgement judgement;
  int status = 200;
  std::string headers = "Content-Type: application/json;charset=utf-8\r\n";
};

const std::string row = R"({"MeterAddr":"990000000001","UnitPrice":2.61,"Remnant":-68.68,"RemnantTime":"2026-01-10 00:09:00","ValveMode":1})";
const std::string regular = R"({"ResultCode":1,"Message":"ok","DataList":[)" + row + "]}";

std::vector<Reply> replies() {
  using enum Judgement;
  const std::string bom = "\xEF\xBB\xBF";
  return {
      {regular, fine},
      {R"({"ResultCode":-201,"Message":"时间戳重复"})", fine},
      {R"({"ResultCode":0,"Message":"a\"b\u4e2d","DataList":null})", fine},
      {"\r\n " + regular + " \n", fine},
      {R"({"DataList":[)" + row + R"(],"Message":"","extra":{"n":[1e400,123456789012345678901234567890]},"ResultCode":1})", fine},
      {R"({"ResultCode":1,"Message":"","DataList":[)" + row + "," + row + "]}", fine},
      {R"({"Result\u0043ode":1,"Message":""})", fine},
      {R"({"ResultCode":-202,"Message":"refused"})", fine, 401},
      {R"({"ResultCode":-999,"Message":"refused"})", fine, 500},
      {R"({"ResultCode":1,"Message":"","DataList":[7]})", fine},
      {bom + regular, irregular},
      {R"({"ResultCode":0,"Message":"","ResultCode":1})", irregular},
      {R"({"ResultCode":1,"Message":"","ResultCode":0})", irregular},
      {R"({"ResultCode":1,"Message":"","Result\u0043ode":0})", irregular},
      {R"({"ResultCode":1,"Message":"","DataList":[{"MeterAddr":"1","MeterAddr":"2"}]})", irregular},
      {R"({"ResultCode":1,"Message":"","DataList":[)" + row + R"(,{"x":{"a":1,"b":2,"a":3}}]})", irregular},
      {R"({"ResultCode":1,"Message":"","resultCode":0})", irregular},
      {R"({"ResultCode":1,"Message":"","DataList":[{"MeterAddr":"1","meterAddr":"2"}]})", irregular},
      {R"({"resultcode":1,"message":"","datalist":[]})", irregular},
      {R"({"ResultCode":1,"Message":"","dataList":[]})", irregular},
      {R"({"ResultCode":1,"Message":"","DataList":[{"meterAddr":"990000000001","Remnant":1}]})", irregular},
      {R"({"ResultCode":"1","Message":""})", irregular},
      {R"({"ResultCode":" 1 ","Message":""})", irregular},
      {R"({"ResultCode":1.0,"Message":""})", irregular},
      {R"({"ResultCode":1e0,"Message":""})", irregular},
      {R"({"ResultCode":-0,"Message":""})", irregular},
      {regular, irregular, 201},
      {regular, irregular, 202},
      {regular, irregular, 203},
      {regular, irregular, 302},
      {regular, irregular, 404},
      {regular, irregular, 500},
      {R"({"ResultCode":1})", irregular},
      {R"({"ResultCode":1,"Message":null})", irregular},
      {R"({"ResultCode":1,"Message":5})", irregular},
      {R"({"ResultCode":1,"Message":"","DataList":)" + row + "}", irregular},
      {R"({"ResultCode":1,"Message":"","DataList":"[]"})", irregular},
      {regular, unreadable, 302, "Location: /login\r\n"},
      {"<html>login</html>", unreadable, 302, "Location: /login\r\n"},
      {"<html>404</html>", unreadable, 404, "Content-Type: text/html\r\n"},
      {"\x1F\x8B\x08 gzip", unreadable, 200, "Content-Encoding: gzip\r\n"},
      {"", unreadable},
      {"[" + regular + "]", unreadable},
      {json(regular).dump(), unreadable},  // an object that was encoded twice
      {"callback(" + regular + ")", unreadable},
      {regular + "{}", unreadable},
      {regular + std::string(1, '\0'), unreadable},
      {bom + bom + regular, unreadable},
      {R"({"ResultCode":1,"Message":"",})", unreadable},
      {R"({'ResultCode':1,'Message':''})", unreadable},
      {R"({"ResultCode":1,"Message":"","n":NaN})", unreadable},
      {"{\"ResultCode\":1,\"Message\":\"\xB3\xC9\xB9\xA6\"}", irregular},  // GBK
      {R"({"Message":"","DataList":[]})", unreadable},
      {R"({"data":)" + regular + "}", unreadable},
      {R"({"ResultCode":1.5,"Message":""})", unreadable},
      {R"({"ResultCode":1e400,"Message":""})", unreadable},
      {R"({"ResultCode":"one","Message":""})", unreadable},
      {R"({"ResultCode":"+1","Message":""})", unreadable},
      {R"({"ResultCode":true,"Message":""})", unreadable},
      {R"({"ResultCode":123456789,"Message":""})", unreadable},
      {R"({"ResultCode":1,"Message":"","a":)" + std::string(64, '[') + std::string(64, ']') + "}", unreadable},
  };
}

const std::vector<std::string> wanted = {"MeterAddr", "UnitPrice", "Remnant"};

/// One reply as a load run gets it.
class Received {
 public:
  explicit Received(const Reply& reply) : parser_(net::HttpParser::Kind::response, {}) {
    bytes_ = "HTTP/1.1 " + std::to_string(reply.status) + " -\r\n" + reply.headers + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" +
             reply.body;
    EXPECT_EQ(parser_.feed(bytes_), bytes_.size());
    EXPECT_TRUE(parser_.state() == net::HttpState::complete) << bytes_;
  }
  const net::HttpParser& parser() const { return parser_; }
  net::Exchange exchange() const {
    net::Exchange out;
    out.transport = net::TransportResult::replied;
    out.status = parser_.status();
    out.headers = parser_.headers();
    out.body = parser_.body();
    return out;
  }

 private:
  std::string bytes_;
  net::HttpParser parser_;
};

using meterproof::json::Irregularity;

/// Without names of rows' members: a check looks at those in cases of their own.
std::vector<Irregularity> of_the_envelope(std::vector<Irregularity> all) {
  std::erase_if(all, [](const Irregularity& one) {
    return one.kind == Irregularity::Kind::other_case && std::find(wanted.begin(), wanted.end(), one.about) != wanted.end();
  });
  return all;
}

TEST(OneReading, EveryToolJudgesTheSameBytesAlike) {
  const core::Spec& spec = test::specification();
  loadgen::ReplyReader learned(spec, meterproof::json::ResponseScanner(spec.envelope, wanted));
  const Received usual({regular, Judgement::fine});
  ASSERT_EQ(learned.read(usual.parser()).code, 1);
  ASSERT_GE(replies().size(), 50U);
  for (const Reply& reply : replies()) {
    const std::string shown = std::to_string(reply.status) + " " + reply.body;
    const Received received(reply);
    const conformance::Reply checked = conformance::read_reply(received.exchange(), spec);
    const meterproof::json::ReplyReading reconciled = loadgen::read_reply(received.parser(), spec);
    loadgen::ReplyReader fresh(spec, meterproof::json::ResponseScanner(spec.envelope, wanted));
    EXPECT_EQ(checked.problem.empty(), reply.judgement != Judgement::unreadable) << shown;
    EXPECT_EQ(checked.code.has_value(), reply.judgement != Judgement::unreadable) << shown;
    EXPECT_EQ(reconciled.problem, checked.problem) << shown;
    EXPECT_EQ(reconciled.code, checked.code) << shown;
    EXPECT_EQ(reconciled.irregularities, checked.irregularities) << shown;
    for (loadgen::ReplyReader* reader : {&fresh, &learned, &learned}) {
      const meterproof::json::ScannedResponse& loaded = reader->read(received.parser());
      EXPECT_EQ(reader->problem().empty(), checked.problem.empty()) << shown;
      EXPECT_EQ(reader->problem().id, checked.problem.id) << shown;
      if (!checked.problem.empty()) continue;
      EXPECT_EQ(loaded.code, checked.code->value) << shown;
      EXPECT_EQ(!reader->irregularities().empty(), reply.judgement == Judgement::irregular) << shown;
      EXPECT_EQ(of_the_envelope(reader->irregularities()), of_the_envelope(checked.irregularities)) << shown;
      const auto rows = checked.rows(spec.envelope);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const meterproof::json::Json* value = rows.empty() ? nullptr : rows.front()->get(wanted[i]);
        EXPECT_EQ(loaded.values[i].value_or("-"), value == nullptr ? "-" : value->text) << shown;
      }
    }
    // A regular reply after an irregular one has nothing of it.
    ASSERT_EQ(learned.read(usual.parser()).code, 1);
    EXPECT_TRUE(learned.problem().empty());
    EXPECT_TRUE(learned.irregularities().empty());
  }
}

TEST(OneReading, RepliesWithOneMistakeCountAsOneErrorOfALoad) {
  const core::Spec& spec = test::specification();
  loadgen::ReplyReader reader(spec, meterproof::json::ResponseScanner(spec.envelope, wanted));
  const auto problem_of = [&](const std::string& body, int status = 200) {
    reader.read(Received({body, Judgement::unreadable, status}).parser());
    return reader.problem();
  };
  const i18n::Message first = problem_of(R"({"ResultCode":1,"Message":"one",})");
  EXPECT_EQ(problem_of(R"({"ResultCode":1,"Message":"another one",})"), first);
  EXPECT_NE(problem_of(R"({"ResultCode":1,"Message":"one",})", 500), first);
  EXPECT_NE(problem_of(R"({'ResultCode':1})"), first);
}

/// The mock's replies, rewritten on their way.
struct Vendor {
  const char* name;
  std::function<void(net::Exchange&)> rewrites;
  const char* note;            // what the run says of it
  std::string failed_by = {};  // the end of the ids of the cases that fail; empty where it contradicts nothing that is printed
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

const Vendor vendors[] = {
    {"begins with a byte order mark", [](net::Exchange& out) { out.body = "\xEF\xBB\xBF" + out.body; }, "a byte order mark", "/reply/encoding"},
    {"gives the code twice", [](net::Exchange& out) { out.body = replaced(out.body, "{\"ResultCode\":", "{\"ResultCode\":7,\"ResultCode\":"); },
     "ResultCode more than once"},
    {"writes the code as 1.0", [](net::Exchange& out) { out.body = replaced(out.body, "\"ResultCode\":1,", "\"ResultCode\":1.0,"); }, "written as 1.0"},
    {"answers everything with HTTP 201", [](net::Exchange& out) { out.status = 201; }, "HTTP 201"},
    {"writes names with a small letter", [](net::Exchange& out) { out.body = replaced(out.body, "\"ResultCode\"", "\"resultCode\""); },
     "ResultCode in other letters", "/reply/result-code"},
    {"writes the code as a text", [](net::Exchange& out) { out.body = std::regex_replace(out.body, std::regex("(\"ResultCode\":)(-?[0-9]+)"), "$1\"$2\""); },
     "ResultCode as a text", "/reply/result-code"},
    {"has no message", [](net::Exchange& out) { out.body = replaced(out.body, "\"Message\"", "\"Text\""); }, "no Message", "/reply/message"},
};

class IrregularVendor : public testing::TestWithParam<Vendor> {};

// What contradicts the print fails, by one case for each interface; what is unusual is warned of. A replay of the transcript comes to the same.
TEST_P(IrregularVendor, IsToldOnceAndVerifiedAlike) {
  const Vendor& vendor = GetParam();
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::Environment environment = test::environment_for(
      [&](const net::HttpRequest& request) {
        net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
        vendor.rewrites(exchange);
        return exchange;
      },
      clock);
  conformance::CheckOptions options = test::options_for("platform");
  reports::TranscriptRecord transcript;
  conformance::record_to(test::specification(), options, environment, transcript);
  auto record = conformance::check(test::specification(), options, std::move(environment));
  record.transcript = std::move(transcript);
  std::set<std::string> told;  // interfaces
  const bool is_fault = !vendor.failed_by.empty();
  const auto wanted_verdict = is_fault ? reports::Verdict::failed : reports::Verdict::warned;
  for (const auto& one : record.cases) {
    const bool may_fail = is_fault && one.id.ends_with(vendor.failed_by);
    EXPECT_TRUE(one.verdict != reports::Verdict::failed || may_fail) << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
    if (one.verdict == wanted_verdict && (is_fault || test::english(one.reason).find(vendor.note) != std::string::npos)) told.insert(one.interface);
  }
  EXPECT_EQ(record.exit_code, is_fault ? 1 : 0);
  EXPECT_EQ(told.size(), 9U) << "for each interface";
  EXPECT_NE(test::notes_of(record).find("irregular replies: "), std::string::npos) << test::notes_of(record);
  EXPECT_NE(test::notes_of(record).find(vendor.note), std::string::npos) << test::notes_of(record);
  const auto again = conformance::rejudge(test::specification(), record);
  ASSERT_EQ(again.cases.size(), record.cases.size());
  for (std::size_t i = 0; i < record.cases.size(); ++i) EXPECT_EQ(again.cases[i].verdict, record.cases[i].verdict) << record.cases[i].id;
}

INSTANTIATE_TEST_SUITE_P(OneReading, IrregularVendor, testing::ValuesIn(vendors),
                         [](const testing::TestParamInfo<Vendor>& about) { return replaced(replaced(about.param.name, " ", "_"), ".", "_"); });

/// A load against a platform whose replies were rewritten: its record.
json load_of(const std::function<void(net::Response&)>& rewrites, std::string& out) {
  mockserver::MockOptions options = test::settings_for(test::specification());
  options.refuse_replays = false;
  test::Platform platform(
      [&](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
        test::answer_as_the_mock(state, request, response);
        rewrites(response);
      },
      options);
  const std::string file = test::temporary("one_reading.json");
  const test::Finished done = test::run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--connections", "4", "--rate", "100",
                                         "--duration", "1s", "--warm-up", "0", "--max-generator-lag", "1m", "--json", file});
  platform.stop();
  out = done.out;
  return json::parse(test::read_file(file));
}

TEST(OneReading, ALoadTakesIrregularRepliesAndTellsOfThem) {
  const struct {
    std::function<void(net::Response&)> rewrites;
    const char* note;
  } table[] = {
      {[](net::Response& response) { response.body = "\xEF\xBB\xBF" + std::string(response.body); }, "a byte order mark"},
      {[](net::Response& response) { response.status = 201; }, "HTTP 201"},
  };
  for (const auto& one : table) {
    std::string out;
    const json record = load_of(one.rewrites, out);
    EXPECT_EQ(record["good"], record["requests"]) << out;
    const std::string notes = record["notes"].dump();
    EXPECT_NE(notes.find("irregular replies: " + record["replies"].dump() + " with "), std::string::npos) << notes;
    EXPECT_NE(notes.find(one.note), std::string::npos) << notes;
  }
}

TEST(OneReading, ALoadNamesWhatItCannotReadAndShowsNoSecret) {
  std::string out;
  bool first = true;
  const json record = load_of(
      [&](net::Response& response) {
        // The first exchange, before the run, is as it should be.
        if (!std::exchange(first, false)) response.body = R"({"ResultCode":1,"Message":demo-secret})";
      },
      out);
  EXPECT_EQ(record["good"], 0) << out;
  EXPECT_NE(record["errors"].dump().find("is not in double quotes"), std::string::npos) << record.dump(1);
  EXPECT_EQ((out + record.dump()).find("demo-secret"), std::string::npos) << out;
}

}  // namespace one_reading_test
}  // namespace meterproof
