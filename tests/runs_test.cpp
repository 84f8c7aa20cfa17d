// SPDX-License-Identifier: Apache-2.0
// Whole runs, one after the other, and runs that can't be judged: what they end with, and what they say.
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"

namespace meterproof {
namespace runs_test {

/// A mock that outlives the runs against it, and the clock that they share.
class Served {
 public:
  explicit Served(mockserver::MockOptions mock_options)
      : state_(test::specification(), std::move(mock_options), test::sample_fixtures(test::specification())) {}

  reports::CheckRecord check(const conformance::CheckOptions& options) {
    auto environment = test::environment_for(
        [this](const net::HttpRequest& request) {
          return test::through(state_, request.bytes({"in-process", 80, ""}), clock_.now());
        },
        clock_);
    environment.progress = [this](const i18n::Message& line) { said_ += i18n::render(line, i18n::Language::en) + "\n"; };
    return conformance::check(test::specification(), options, std::move(environment));
  }
  const std::string& said() const { return said_; }
  std::chrono::system_clock::time_point now() const { return clock_.now(); }

 private:
  test::Clock clock_;
  mockserver::MockState state_;
  std::string said_;
};

conformance::CheckOptions with_one_app() {
  auto options = test::options_for("platform");
  options.apps.resize(1);
  return options;
}

TEST(Runs, ASecondRunRightAfterTheFirstConforms) {
  Served served(test::settings_for(test::specification()));
  for (int run = 1; run <= 3; ++run) {
    const auto record = served.check(with_one_app());
    EXPECT_EQ(record.exit_code, 0) << "run " << run << ": " << test::notes_of(record);
    EXPECT_EQ(record.count(reports::Verdict::failed), 0U) << "run " << run;
  }
  EXPECT_NE(served.said().find("one request per second and appId"), std::string::npos) << "a wait is announced";
}

TEST(Runs, ATargetThatTakesRepeatsIsNotWaitedFor) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  mock_options.refuse_replays = false;
  Served served(mock_options);
  const auto before = served.now();
  const auto record = served.check(with_one_app());
  EXPECT_EQ(test::calibration_of(record, "repeated-timestamps"), "accepted");
  EXPECT_LT(served.now() - before, std::chrono::seconds(5));
  // The specification forbids repeats, and that alone is what it fails for.
  for (const auto& one : record.cases)
    if (one.verdict == reports::Verdict::failed) EXPECT_NE(one.id.find("/-201/same-"), std::string::npos) << one.id << ": " << test::english(one.observed);
  EXPECT_EQ(record.exit_code, 1);
}

// "Secret first" is the right token then.
TEST(Runs, AnAppIdThatIsItsOwnSecretForgesNothing) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  mock_options.apps = {{"same", "same"}};
  auto options = test::options_for("both");
  options.apps = mock_options.apps;
  const auto record = Served(mock_options).check(options);
  for (const auto& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.reason);
  EXPECT_EQ(record.exit_code, 0);
}

TEST(Runs, WithoutAnAcceptedSignatureNothingIsJudged) {
  Served served(test::settings_for(test::specification()));
  auto options = with_one_app();
  options.apps.front().secret = "another";
  const auto record = served.check(options);
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_EQ(record.count(reports::Verdict::inconclusive), record.cases.size());
  const std::string notes = test::notes_of(record);
  for (const char* said : {"check the appId and the secret", "it answered HTTP 200, ResultCode -202: ", "other known ways to sign was accepted either"})
    EXPECT_NE(notes.find(said), std::string::npos) << notes;
  EXPECT_LE(record.requests, 150U) << "one for each known way to sign";
}

TEST(Runs, AClockFarOffIsToldAndNothingIsJudged) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  mock_options.utc_offset = std::chrono::hours(3);
  Served served(mock_options);
  const auto record = served.check(with_one_app());
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
  EXPECT_NE(test::notes_of(record).find("it does accept the time of UTC+03:00"), std::string::npos) << test::notes_of(record);
}

const reports::CaseRecord& case_of(const reports::CheckRecord& record, std::string_view id) {
  const auto found = std::find_if(record.cases.begin(), record.cases.end(), [&](const reports::CaseRecord& one) { return one.id == id; });
  if (found == record.cases.end()) throw std::runtime_error("no case " + std::string(id));
  return *found;
}

/// A mock whose answers a test changes on their way. `environment` refers to it.
class Tampered {
 public:
  using Send = std::function<net::Exchange(const net::HttpRequest&)>;

  explicit Tampered(bool refuse_replays = true) : state_(test::specification(), settings(refuse_replays), test::sample_fixtures(test::specification())) {}

  net::Exchange answer(const net::HttpRequest& request) { return test::through(state_, request.bytes({"in-process", 80, ""}), clock_.now()); }
  void advance(std::chrono::milliseconds span) { clock_.advance(span); }
  conformance::Environment environment(Send send) { return test::environment_for(std::move(send), clock_); }
  static net::Exchange refusal(core::Code code) {
    net::Exchange out;
    out.transport = net::TransportResult::replied;
    out.status = 200;
    out.body = test::reply_of(code);
    return out;
  }

  /// From now on the meter's user is shown under another name.
  void damage(const nlohmann::json& request) { damaged_.insert(request.at("MeterAddr").get<std::string>()); }
  net::Exchange shown(const net::HttpRequest& request) {
    net::Exchange out = answer(request);
    auto body = nlohmann::json::parse(out.body);
    for (auto& row : body["DataList"])
      if (damaged_.count(row.value("MeterAddr", "")) > 0) row["UserName"] = "somebody else";
    out.body = body.dump();
    return out;
  }

 private:
  static mockserver::MockOptions settings(bool refuse_replays) {
    mockserver::MockOptions out = test::settings_for(test::specification());
    out.refuse_replays = refuse_replays;
    return out;
  }

  test::Clock clock_;
  mockserver::MockState state_;
  std::set<std::string> damaged_;
};

const std::string& path_of(const char* interface) { return test::specification().interface(interface)->path; }

TEST(Runs, ATargetThatWasBrokenIsRepairedWhereTheRunIsCutOff) {
  Tampered target;
  auto environment = target.environment([&](const net::HttpRequest& request) { return target.answer(request); });
  bool cut = false;
  environment.cut_off = [&] { return cut; };
  auto options = test::options_for("platform");
  options.selection.only = {"GetUserInfo/*"};
  std::vector<std::string> calls;
  for (const char* fault : {"database", "unknown"})
    options.fault_hooks[fault] = [&, fault](bool breaks) {
      calls.push_back(std::string(fault) + (breaks ? " broken" : " repaired"));
      cut = true;
      return i18n::Message();
    };
  const auto record = conformance::check(test::specification(), options, environment);
  EXPECT_EQ(calls, (std::vector<std::string>{"database broken", "database repaired"}));
  EXPECT_TRUE(record.interrupted);
  for (const char* id : {"GetUserInfo/-203/database", "GetUserInfo/-999/unknown"}) {
    EXPECT_EQ(case_of(record, id).verdict, reports::Verdict::inconclusive) << id;
    EXPECT_NE(test::english(case_of(record, id).reason).find("cut off"), std::string::npos) << id;
  }
}

// Whatever is thrown between the break and the repair: out of memory, or an error of ours.
TEST(Runs, ATargetThatWasBrokenIsRepairedWhateverIsThrown) {
  for (const bool in_the_hook : {true, false}) {
    Tampered target;
    bool broken = false;
    std::vector<std::string> calls;
    auto options = test::options_for("platform");
    options.selection.only = {"GetUserInfo/*"};
    options.fault_hooks["database"] = [&](bool breaks) {
      calls.push_back(breaks ? "broken" : "repaired");
      broken = breaks;
      if (breaks && in_the_hook) throw std::bad_alloc();
      return i18n::Message();
    };
    const auto record = conformance::check(test::specification(), options, target.environment([&](const net::HttpRequest& request) {
      if (broken) throw std::runtime_error("an error of a test");
      return target.answer(request);
    }));
    EXPECT_EQ(calls, (std::vector<std::string>{"broken", "repaired"}));
    EXPECT_EQ(case_of(record, "GetUserInfo/-203/database").verdict, reports::Verdict::broken);
    EXPECT_EQ(case_of(record, "GetUserInfo/-999/unknown").verdict, reports::Verdict::inconclusive);
  }
}

TEST(Runs, AnErrorOfTheCheckerCostsItsCaseAlone) {
  for (const std::size_t workers : {1U, 4U}) {
    Tampered target;
    std::mutex one_at_a_time;
    std::size_t requests = 0;
    // The clock of the tests is one thread's: the checker's is the machine's, and the target's is set by it, however long the run takes.
    const auto begin = std::chrono::steady_clock::now();
    std::chrono::milliseconds told{0};
    const auto send = [&](const net::HttpRequest& request) -> net::Exchange {
      const std::scoped_lock lock(one_at_a_time);
      const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
      target.advance(passed - told);
      told = passed;
      if (++requests == 500) throw std::bad_alloc();
      if (requests == 700) throw std::runtime_error("an error of a test");
      return target.answer(request);
    };
    auto environment = target.environment(send);
    environment.send = send;
    environment.now = [begin] { return test::Clock().now() + (std::chrono::steady_clock::now() - begin); };
    environment.steady = std::chrono::steady_clock::now;
    environment.sleep = [](std::chrono::milliseconds span) { std::this_thread::sleep_for(span); };
    environment.workers = workers;
    environment.send_concurrently = {};  // neither is guarded by the lock
    environment.send_raw = {};
    const auto record = conformance::check(test::specification(), test::options_for("platform"), environment);
    const std::size_t broken = record.count(reports::Verdict::broken);
    EXPECT_GE(broken, 1U) << workers;
    EXPECT_EQ(record.count(reports::Verdict::failed), 0U) << workers;
    EXPECT_GT(record.count(reports::Verdict::passed), 300U) << workers << ": the others go on";
    for (const auto& one : record.cases)
      if (one.verdict == reports::Verdict::broken)
        EXPECT_TRUE(one.reason.id == "case.own-error" || one.reason.id == "case.own-error-memory") << one.id << ": " << test::english(one.reason);
  }
}

TEST(Runs, CalibrationAsksAQueryWhateverTheFilter) {
  Tampered target;
  std::vector<net::HttpRequest> sent;
  auto options = test::options_for("platform");
  options.selection.only = {"RemotePay/1/*"};
  options.fixtures = {{"user", "U0001"}, {"meter", "860000000001"}, {"payment", "T20260105001"}};
  const auto record = conformance::check(test::specification(), options, target.environment([&](const net::HttpRequest& request) {
    sent.push_back(request);
    return target.answer(request);
  }));
  EXPECT_EQ(record.exit_code, 0);
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.front().path, path_of("GetUserInfo"));
  for (const net::HttpRequest& one : sent)
    if (one.path == path_of("RemotePay")) EXPECT_EQ(one.body.find("860000000001"), std::string::npos) << one.body;
}

TEST(Runs, ALostReplyDoesNotHideASideEffectThatWasProved) {
  Tampered target;
  bool looking = false, losing = false;
  auto environment = target.environment([&](const net::HttpRequest& request) {
    if (request.path == path_of("RemotePay")) {
      const auto body = test::json_of(request.body);
      const auto money = body.is_object() && body.contains("Money") && body["Money"].is_number() ? body["Money"].get<double>() : 1;
      if (money == 0) target.damage(body);
      losing = looking && money < 0;
    }
    if (request.path != path_of("GetUserInfo")) return target.answer(request);
    return losing ? net::Exchange() : target.shown(request);
  });
  environment.progress = [&](const i18n::Message& line) { looking = looking || line.id == "progress.looking-for-side-effect"; };
  auto options = test::options_for("platform");
  options.selection.only = {"RemotePay/-4/money-*"};
  const auto record = conformance::check(test::specification(), options, environment);
  EXPECT_EQ(case_of(record, "RemotePay/-4/money-zero").verdict, reports::Verdict::failed);
  EXPECT_EQ(case_of(record, "RemotePay/-4/money-minus-50").verdict, reports::Verdict::inconclusive);
  EXPECT_EQ(case_of(record, "RemotePay/-4/money-null").verdict, reports::Verdict::passed);
}

TEST(Runs, AReplayThatIsRefusedAndYetCarriedOutFails) {
  const core::Spec& spec = test::specification();
  Tampered target(false);
  std::set<std::string> used;  // Authorization headers
  const auto send = [&](const net::HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
      if (name != spec.authentication.headers[spec.authentication.authorization].name || used.insert(value).second) continue;
      if (request.path == path_of("RemotePay")) target.damage(nlohmann::json::parse(request.body));
      return Tampered::refusal(spec.answering(core::SignatureError::timestamp_repeated)->code);
    }
    return request.path == path_of("GetUserInfo") ? target.shown(request) : target.answer(request);
  };
  auto options = test::options_for("platform");
  options.selection.only = {"RemotePay/-201/same-request-again"};
  const auto record = conformance::check(spec, options, target.environment(send));
  const reports::CaseRecord& again = case_of(record, options.selection.only.front());
  EXPECT_EQ(again.verdict, reports::Verdict::failed) << test::english(again.reason);
  // The request that was accepted, and its repetition: both are shown.
  std::map<std::string, int> times;
  for (const reports::StepRecord& step : again.steps)
    if (step.request.url.ends_with(path_of("RemotePay"))) ++times[step.request.body];
  EXPECT_TRUE(std::any_of(times.begin(), times.end(), [](const auto& one) { return one.second >= 2; })) << again.curl;
}

// Wrong signatures and unreadable bodies are refused as ever, and nothing else is answered: wherever in the run that begins, the target is gone.
TEST(Runs, ATargetThatOnlyRefusesAtTheDoorIsGone) {
  const core::Spec& spec = test::specification();
  for (int after = 60; after < 400; after += 20) {
    test::Clock clock;
    mockserver::MockState state(spec, test::settings_for(spec), test::sample_fixtures(spec));
    int calls = 0;
    const auto send = [&](const net::HttpRequest& request) {
      net::Exchange out = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      const auto answer = nlohmann::json::parse(out.body);
      const auto is_answer = [&](const core::ResultRow& row) { return answer[spec.envelope.code] == row.code.value; };
      if (++calls > after && std::none_of(spec.common.begin(), spec.common.end(), is_answer)) out.transport = net::TransportResult::no_http;
      return out;
    };
    const auto record = conformance::check(spec, test::options_for("platform"), test::environment_for(send, clock));
    EXPECT_EQ(record.exit_code, 3) << "after " << after << " requests";
    EXPECT_NE(test::notes_of(record).find("the target stopped answering after "), std::string::npos) << after << ": " << test::notes_of(record);
  }
}

TEST(Runs, SeveralRowsWithARefusalAreNoSuccess) {
  Tampered target;
  const auto send = [&](const net::HttpRequest& request) {
    net::Exchange out = target.answer(request);
    auto body = nlohmann::json::parse(out.body);
    if (body["DataList"].size() > 1) body["ResultCode"] = -999;
    out.body = body.dump();
    return out;
  };
  auto options = test::options_for("platform");
  options.selection.only = {"GetUserInfo/reply/several-rows-*"};
  options.fixtures = {{"user.several", "U0003"}};
  const auto record = conformance::check(test::specification(), options, target.environment(send));
  ASSERT_EQ(record.cases.size(), 1U);
  EXPECT_EQ(record.cases.front().verdict, reports::Verdict::failed);
  EXPECT_EQ(test::english(record.cases.front().reason), "a valid request was refused");
}

// A request before the valid one was accepted: that one is shown, not the last one on the connection, which was right.
TEST(Runs, OfRequestsOnAConnectionTheFirstThatDiffersIsShown) {
  Tampered target;
  auto environment = target.environment([&](const net::HttpRequest& request) { return target.answer(request); });
  environment.send_raw = [send = environment.send_raw](const net::RawExchange& raw_exchange) {
    auto replies = send(raw_exchange);
    if (replies.size() > 1) replies.front().body = R"({"ResultCode":1,"Message":"the first reply","DataList":[]})";
    return replies;
  };
  auto options = test::options_for("platform");
  options.selection.only = {"GetUserInfo/http/*"};
  const auto record = conformance::check(test::specification(), options, environment);
  for (const auto& [id, verdict] :
       {std::pair("GetUserInfo/http/pipelined", reports::Verdict::failed), std::pair("GetUserInfo/http/after-refusals", reports::Verdict::failed)}) {
    const reports::CaseRecord& one = case_of(record, id);
    EXPECT_EQ(one.verdict, verdict) << id;
    EXPECT_EQ(test::english(one.expected), "request 1: refused") << id;
    EXPECT_EQ(test::english(one.observed).find("request 1: 1"), 0U) << id << ": " << test::english(one.observed);
    EXPECT_NE(one.reply.body.find("the first reply"), std::string::npos) << id << ": " << one.reply.body;
  }
  EXPECT_EQ(case_of(record, "GetUserInfo/http/chunked-body").verdict, reports::Verdict::failed);
  EXPECT_EQ(case_of(record, "GetUserInfo/http/after-unknown-path").verdict, reports::Verdict::passed) << "what it is answered is its own business";
}

// The connection had been closed before a byte was read: nothing was asked yet.
TEST(Runs, OfRequestsAtOnceTheOneThatNobodyReadIsSentAgain) {
  Tampered target;
  std::size_t unread = 0;
  auto environment = target.environment([&](const net::HttpRequest& request) { return target.answer(request); });
  environment.send_concurrently = [&, send = environment.send_concurrently](const std::vector<net::HttpRequest>& requests) {
    auto replies = send({requests.begin(), requests.end() - 1});
    net::Exchange none;
    none.transport = net::TransportResult::unread;
    replies.push_back(none);
    ++unread;
    return replies;
  };
  auto options = test::options_for("platform");
  options.selection.only = {"*/concurrent/*", "*/-201/same-request-at-once"};
  const auto record = conformance::check(test::specification(), options, environment);
  EXPECT_GT(unread, 10U);
  EXPECT_GT(record.cases.size(), 10U);
  for (const reports::CaseRecord& one : record.cases)
    EXPECT_EQ(one.verdict, reports::Verdict::passed) << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
}

}  // namespace runs_test
}  // namespace meterproof
