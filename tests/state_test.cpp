// SPDX-License-Identifier: Apache-2.0
// What is remembered of a target: a run after a run knows which timestamps are free.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "cli/target_state.hpp"
#include "conformance/transcript.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace state_test {

namespace fs = std::filesystem;
using cli::TargetState;
using nlohmann::json;
using test::Finished;
using test::run;

class Folder {
 public:
  Folder() { fs::remove_all(path_); }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }
  std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& one : fs::directory_iterator(path_)) out.push_back(one.path());
    return out;
  }

 private:
  std::string path_ = test::temporary("state");
};

/// A mock that outlives the runs against it, the clock that they share, and what is remembered of it.
class Remembered {
 public:
  explicit Remembered(std::string folder = {}) : folder_(std::move(folder)) { restart(); }

  void restart() { state_.emplace(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification())); }

  /// With a transcript, if `transcript` is given.
  reports::CheckRecord check(conformance::CheckOptions options, reports::TranscriptRecord* transcript = nullptr) {
    std::vector<std::string> ids;
    for (const auth::App& app : options.apps) ids.push_back(app.id);
    TargetState memory(folder_, "http://in-process:80", ids, std::chrono::hours(1));
    auto environment = test::environment_for(
        [this](const net::HttpRequest& request) {
          return test::through(*state_, request.bytes({"in-process", 80, ""}), clock_.now());
        },
        clock_);
    said_.clear();
    environment.progress = [this](const i18n::Message& line) { said_ += i18n::render(line, i18n::Language::en) + "\n"; };
    if (memory.is_on()) {
      environment.earlier = {memory.earlier(), memory.others_run()};
      environment.claim = [&](std::size_t app, std::int64_t from, std::int64_t to, std::size_t most) { return memory.claim(app, from, to, most); };
      environment.forget_earlier = [&] { memory.forget_earlier(); };
    }
    const auto before = clock_.now();
    if (transcript != nullptr) conformance::record_to(test::specification(), options, environment, *transcript);
    auto record = conformance::check(test::specification(), options, std::move(environment));
    took_ = std::chrono::duration<double>(clock_.now() - before).count();
    return record;
  }
  const std::string& said() const { return said_; }
  double took() const { return took_; }  // seconds

 private:
  std::string folder_;
  test::Clock clock_;
  std::optional<mockserver::MockState> state_;
  std::string said_;
  double took_ = 0;
};

conformance::CheckOptions of_one_app(const std::string& only = {}) {
  auto options = test::options_for("platform");
  options.apps.resize(1);
  if (!only.empty()) options.selection.only = {only};
  return options;
}

TEST(TargetMemory, TheNextRunBeginsWhereSecondsAreFree) {
  const Folder folder;
  Remembered target(folder.path()), forgetful;
  const auto first = target.check(of_one_app("GetUserInfo/*")), alike = forgetful.check(of_one_app("GetUserInfo/*"));
  EXPECT_EQ(first.exit_code, 0) << test::notes_of(first);
  EXPECT_NEAR(static_cast<double>(first.requests), static_cast<double>(alike.requests), 3) << "a memory of nothing changes nothing";
  const auto second = target.check(of_one_app("GetUserInfo/*"));
  EXPECT_EQ(second.exit_code, 0) << test::notes_of(second);
  EXPECT_EQ(second.count(reports::Verdict::failed), 0U);
  EXPECT_GT(second.count(reports::Verdict::passed) + 10, first.count(reports::Verdict::passed)) << "but for the edges of the window, which cannot be seen";
  EXPECT_LT(second.requests, first.requests + 10) << "no second that was used cost a request";
  EXPECT_LT(target.took(), 60);
}

TEST(TargetMemory, TheEstimateCountsWhatIsFreeAndSaysWhy) {
  const Folder folder;
  Remembered target(folder.path());
  auto options = of_one_app();
  options.selection.except = {"*/count/*", "*/robust/*", "*/value/*"};  // some seconds are left over
  const auto first = target.check(options);
  EXPECT_EQ(first.exit_code, 0) << test::notes_of(first);
  const auto second = target.check(options);
  EXPECT_EQ(second.exit_code, 0) << test::notes_of(second);
  for (const char* part : {"earlier runs against this target have used ", " are free; then 1 more each second", "--app", "--filter", "a restart"})
    EXPECT_NE(target.said().find(part), std::string::npos) << part << ": " << target.said();
  std::smatch found;
  ASSERT_TRUE(std::regex_search(target.said(), found, std::regex("requests, about (\\d+) s"))) << target.said();
  const double estimate = std::stod(found[1]);
  EXPECT_GT(estimate, target.took() / 2) << target.said();
  EXPECT_LT(estimate, target.took() * 2) << target.said();
}

TEST(TargetMemory, ARestartOfTheTargetFreesEverySecond) {
  const Folder folder;
  Remembered target(folder.path());
  const auto first = target.check(of_one_app("GetUserInfo/*"));
  target.restart();
  const auto second = target.check(of_one_app("GetUserInfo/*"));
  EXPECT_EQ(second.exit_code, 0) << test::notes_of(second);
  EXPECT_NE(target.said().find("the target takes a timestamp of an earlier run again"), std::string::npos) << target.said();
  EXPECT_EQ(test::calibration_of(second, "timestamps-accepted"), test::calibration_of(first, "timestamps-accepted"));
  (void)target.check(of_one_app("GetUserInfo/*"));
  EXPECT_EQ(target.said().find("the target takes a timestamp of an earlier run again"), std::string::npos) << target.said();
}

TEST(TargetMemory, ARunWithAMemoryIsJudgedAgainAlike) {
  const Folder folder;
  Remembered target(folder.path());
  (void)target.check(of_one_app("GetUserInfo/*"));
  reports::TranscriptRecord transcript;
  auto record = target.check(of_one_app("GetUserInfo/*"), &transcript);
  EXPECT_EQ(transcript.used_seconds.size(), 1U);
  record.transcript = std::move(transcript);
  i18n::Message why;
  const auto read = reports::check_record_from(to_json(record), why);
  ASSERT_TRUE(read) << test::english(why);
  EXPECT_EQ(read->transcript->used_seconds, record.transcript->used_seconds);
  const auto again = conformance::rejudge(test::specification(), *read);
  EXPECT_EQ(again.exit_code, record.exit_code);
  EXPECT_EQ(again.requests, record.requests);
  EXPECT_EQ(again.calibration, record.calibration);
  reports::CheckRecord damaged = *read;
  damaged.transcript->used_seconds.front().push_back(1);
  EXPECT_THROW((void)conformance::rejudge(test::specification(), damaged), conformance::ReplayMismatch);
}

TEST(TargetMemory, ItsFileIsOneForEachTargetAndForItsOwnerAlone) {
  const Folder folder;
  test::Process mock({"mock", "--port", "0"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
  const std::vector<std::string> check = {"check", url, "--app", "demo:demo-secret", "--filter", "GetUserInfo/1/*", "--state", folder.path()};
  EXPECT_EQ(run(check).exit_code, 0);
  ASSERT_EQ(folder.files().size(), 1U);
  EXPECT_EQ(fs::status(folder.files().front()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(test::read_file(folder.files().front()).find("demo-secret"), std::string::npos);

  std::ofstream(folder.files().front(), std::ios::trunc) << "nonsense";
  const Finished garbled = run(check);
  EXPECT_EQ(garbled.exit_code, 0) << garbled.out;
  EXPECT_NE(garbled.out.find("is no memory of this target and is begun anew"), std::string::npos) << garbled.out;
  EXPECT_EQ(run(check).out.find("begun anew"), std::string::npos);

  std::vector<std::string> off = check, unusable = check;
  off.back() = "off";
  fs::remove(folder.files().front());
  EXPECT_EQ(run(off).exit_code, 0);
  EXPECT_TRUE(folder.files().empty());
  unusable.back() = "/dev/null/state";
  const Finished noted = run(unusable);
  EXPECT_EQ(noted.exit_code, 0) << noted.out;
  EXPECT_NE(noted.out.find("/dev/null/state: "), std::string::npos) << noted.out;
}

TEST(TargetMemory, ACheckAfterACheckKnowsWhichSecondsAreUsed) {
  const Folder folder;
  test::Process mock({"mock", "--port", "0", "--tolerance", "45s"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
  const auto arguments = [&](const char* only) {
    return std::vector<std::string>{"check", url, "--app", "demo:demo-secret", "--filter", only, "--state", folder.path()};
  };
  const Finished first = run(arguments("GetUserInfo/1/*"));
  EXPECT_EQ(first.exit_code, 0) << first.out;
  EXPECT_EQ(first.out.find("earlier runs against this target"), std::string::npos) << first.out;
  // More than the seconds that are left: how many are used is said before the first case.
  test::Process second(arguments("GetUserInfo"));
  EXPECT_NO_THROW(second.wait_for("earlier runs against this target have used "));
}

TEST(TargetMemory, TwoChecksAtOnceConform) {
  const Folder folder;
  test::Process mock({"mock", "--port", "0"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
  const std::vector<std::string> check = {"check", url, "--app", "demo:demo-secret", "--filter", "GetUserInfo/1/*", "--state", folder.path()};
  test::Process one(check), other(check);
  for (test::Process* process : {&one, &other}) {
    const Finished done = process->finish();
    EXPECT_EQ(done.exit_code, 0) << done.out;
  }
}

/// What the target answered, by its code.
json codes_of(const std::string& record) { return json::parse(test::read_file(record))["result_codes"]; }

TEST(TargetMemory, ALoadAfterALoadUsesOtherSeconds) {
  const Folder folder;
  const std::string record = test::temporary("load.json");
  const auto load = [&](const std::string& url, const std::string& rate) {
    return run({"load",    url,          "--app", "demo:demo-secret", "--rate", rate,          "--duration", "1s",     "--warm-up",
                "0",       "--meters",   "10",    "--connections",    "4",      "--tolerance", "60s",        "--json", record,
                "--state", folder.path()});
  };
  std::uint16_t port = 0;
  {
    test::Process mock({"mock", "--port", "0"});
    port = mock.port();
    const std::string url = "http://127.0.0.1:" + std::to_string(port);
    for (int i = 0; i < 2; ++i) {
      const Finished done = load(url, "20");
      EXPECT_EQ(done.exit_code, 0) << i << ": " << done.out;
      EXPECT_FALSE(codes_of(record).contains("-201")) << i << ": " << done.out;
    }
    const Finished refused = load(url, "90");
    EXPECT_EQ(refused.exit_code, 4) << refused.out;
    EXPECT_NE(refused.out.find("what was sent before used the other seconds"), std::string::npos) << refused.out;
  }
  // Another one at the same address has not seen them.
  test::Process mock({"mock", "--port", std::to_string(port)});
  const Finished done = load("http://127.0.0.1:" + std::to_string(mock.port()), "90");
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_FALSE(codes_of(record).contains("-201")) << done.out;
  fs::remove(record);
}

}  // namespace state_test
}  // namespace meterproof
