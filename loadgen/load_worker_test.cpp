// SPDX-License-Identifier: Apache-2.0
#include "loadgen/load_worker.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "loadgen/run.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::loadgen {
namespace load_worker_test {

using std::chrono::seconds;

/// A load against a mock in this process, at a time of its own.
class SimulatedLoad {
 public:
  /// `shared`: the target goes by this machine's clock.
  explicit SimulatedLoad(bool shared)
      : shared_(shared),
        mock_(spec(), test::settings_for(spec()), rows()),
        devices_(spec(), options_.workload, options_.devices, 1, 1),
        timestamps_(spec().authentication, options_.apps, options_.timestamps),
        worker_(spec(), options_, devices_, timestamps_, writes_, nullptr),
        clock_(spec(), begin_of_wall, begin_, [this] { return wall() + set_; }) {
    options_.progress = [this](const i18n::Message& message) {
      if (message.id != "load.progress") told_.push_back(test::english(message));
    };
    worker_.begin(begin_, clock_);
  }

  /// Sets this machine's clock ahead, or back.
  void set_clock(seconds by) { set_ += by; }
  /// Sends that many requests, ten a second; fewer if the run ends.
  void send(int requests) {
    for (int i = 0; i < requests; ++i) {
      now_ += std::chrono::milliseconds(100);
      worker_.on_tick(now_);
      if (worker_.next_due(now_) > now_) return;
      std::string request;
      worker_.make_request(0, now_, request);
      worker_.on_sent(0, now_, now_);
      const auto there = shared_ ? wall() + set_ : wall();
      const std::string body = test::through(mock_, request, there).body;
      const std::string reply = "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nDate: " + test::http_date(there) +
                                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      net::HttpParser parser(net::HttpParser::Kind::response, {});
      ASSERT_EQ(parser.feed(reply), reply.size());
      worker_.on_response(0, now_, parser);
    }
  }
  /// The record, with its verdict.
  reports::LoadRecord finish() {
    worker_.finish(now_);
    reports::LoadRecord record = record_of(options_);
    record.connections = 1;
    worker_.fill_record(record);
    set_verdict(record);
    return record;
  }
  /// What was said during the run, without its progress.
  const std::vector<std::string>& told() const { return told_; }

 private:
  using Wall = RunClock::Wall;

  static const core::Spec& spec() { return test::specification(); }
  static loader::Fixtures rows() {
    loader::Fixtures out = test::sample_fixtures(spec());
    out.generated_count = meters;
    return out;
  }
  static LoadOptions options() {
    LoadOptions out;
    out.address = {"127.0.0.1", 8080, ""};
    out.apps = test::settings_for(spec()).apps;
    out.workload = test::reports_of(spec());
    out.duration = std::chrono::hours(1);
    out.connections = 1;
    out.devices = {meters, 0};
    out.timestamps = {true, spec().authentication.tolerance, {}};
    return out;
  }
  /// A clock that nobody sets.
  Wall wall() const { return begin_of_wall + std::chrono::duration_cast<Wall::duration>(now_ - begin_); }

  static constexpr std::size_t meters = 100;
  static constexpr Wall begin_of_wall = std::chrono::sys_days(std::chrono::year(2026) / 3 / 14) + std::chrono::hours(2);

  bool shared_;
  net::SteadyTime begin_{std::chrono::hours(5)}, now_ = begin_;
  seconds set_{0};
  std::vector<std::string> told_;
  LoadOptions options_ = options();
  mockserver::MockState mock_;
  VirtualDevices devices_;
  TimestampAllocator timestamps_;
  std::vector<AcknowledgedWrites> writes_;
  LoadWorker worker_;
  RunClock clock_;
};

// A step is told once and counted; what fails since is nobody's fault, and a target that refuses every timestamp ends the run.
TEST(LoadWorker, AStepOfThisMachinesClockAccusesNobody) {
  const struct {
    const char* name;
    bool shared;
    std::vector<int> steps, told;  // seconds
    int requests;                  // after each step
    double counted;                // seconds
    std::uint64_t sent;
    const char* verdict;
  } table[] = {
      {"nobody sets it", true, {0}, {}, 60, 0, 70, "0 load.good"},
      {"a time service adjusts it", true, {1}, {}, 60, 0, 70, "0 load.good"},
      {"within the target's tolerance", true, {60}, {60}, 60, 60, 70, "0 load.good"},
      {"ahead", true, {7200}, {7200}, 60, 7200, 30, "4 load.clock-stepped"},
      {"back", true, {-7200}, {-7200}, 60, 7200, 30, "4 load.clock-stepped"},
      {"shortly before the end", true, {7200}, {7200}, 3, 7200, 13, "4 load.clock-stepped-failed"},
      {"ahead and back", true, {7200, -7200}, {7200, -7200}, 10, 14400, 30, "4 load.clock-stepped-failed"},
      {"the target goes by another clock", false, {7200, -60}, {7200, -60}, 30, 7260, 70, "0 load.good"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    SimulatedLoad load(row.shared);
    load.send(10);
    for (const int step : row.steps) {
      load.set_clock(seconds(step));
      load.send(row.requests);
    }
    const reports::LoadRecord record = load.finish();
    std::vector<std::string> told;
    for (const int step : row.told) told.push_back(test::english(i18n::msg<"load.note-clock-stepped">(step)));
    EXPECT_EQ(load.told(), told);
    EXPECT_EQ(record.clock_step_s, row.counted);
    EXPECT_EQ(record.target_clock_step_s, 0);
    EXPECT_EQ(record.requests, row.sent);
    EXPECT_EQ(std::to_string(record.exit_code) + " " + record.verdict.id, row.verdict);
  }
}

}  // namespace load_worker_test
}  // namespace meterproof::loadgen
