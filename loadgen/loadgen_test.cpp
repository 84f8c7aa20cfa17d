#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "loadgen/compare.hpp"
#include "loadgen/fleet.hpp"
#include "loadgen/gate.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/ledger.hpp"
#include "loadgen/merge.hpp"
#include "loadgen/run.hpp"
#include "loadgen/schedule.hpp"
#include "loadgen/search.hpp"
#include "loadgen/stamps.hpp"
#include "spec/wire/json_request.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Histogram, AgreesWithSortedValuesToATenthOfAPercent) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<> spread(8, 2);
  Histogram histogram;
  std::vector<double> values;
  for (int i = 0; i < 200'000; ++i) {
    const auto micros = static_cast<std::int64_t>(spread(random));
    histogram.record(microseconds(micros));
    values.push_back(static_cast<double>(micros) / 1e3);
  }
  std::sort(values.begin(), values.end());
  for (const double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const double exact = values[static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size()))) - 1];
    EXPECT_NEAR(histogram.value_at_ms(quantile), exact, exact * 0.001 + 1e-6) << quantile;
  }
  EXPECT_DOUBLE_EQ(histogram.percentile_ms(1.0), values.back());
}

TEST(Histogram, SaysNothingThatTheSampleCannotSupport) {
  Histogram histogram;
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.5)));
  histogram.record(microseconds(1), 999);
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.99)));
  histogram.record(microseconds(1));
  EXPECT_FALSE(std::isnan(histogram.percentile_ms(0.99)));  // ten lie beyond it
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.999)));
}

TEST(Histogram, TakesAnyValue) {
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  histogram.record(nanoseconds::max());
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_DOUBLE_EQ(histogram.percentile_ms(1.0), 3'600'000.0);
}

TEST(Histogram, SurvivesItsEncodingAndAddsExactly) {
  std::mt19937_64 random(3);
  Histogram parts[3], whole;
  for (int i = 0; i < 30'000; ++i) {
    const microseconds value(static_cast<std::int64_t>(random() % (1ULL << (random() % 32))));
    parts[random() % 3].record(value);
    whole.record(value);
  }
  Histogram sum;
  for (const Histogram& part : parts) {
    const auto decoded = Histogram::decoded(part.encoded());
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, part);
    sum.add(*decoded);
  }
  EXPECT_EQ(sum, whole);
  for (const char* broken : {"", "AAAA", "not base64", "HISTFAAAAAA="}) EXPECT_FALSE(Histogram::decoded(broken)) << broken;
  std::string damaged = whole.encoded();
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(Histogram::decoded(damaged));  // zlib has a checksum
}

std::vector<nanoseconds> all_due(Schedule schedule) {
  std::vector<nanoseconds> out;
  for (; schedule.due() != Schedule::Offset::max(); schedule.advance()) out.push_back(schedule.due());
  return out;
}

std::vector<Stage> stages_of(const std::string& text) {
  std::string why;
  const auto stages = parse_stages(text, why);
  if (!stages) ADD_FAILURE() << why;
  return stages.value_or(std::vector<Stage>{});
}

TEST(Schedule, MomentsAreAbsoluteAndEven) {
  const auto due = all_due({stages_of("1000:10ms"), Arrival::even, {}, 1});
  ASSERT_EQ(due.size(), 10U);
  for (std::size_t i = 0; i < due.size(); ++i) EXPECT_NEAR(static_cast<double>(due[i].count()), static_cast<double>(i) * 1e6, 2);
}

TEST(Schedule, EachShapeHasItsCount) {
  const struct {
    const char* text;
    double count;
    std::size_t stages;
  } table[] = {{"100:10s", 1000, 1},        {"0-100:10s", 500, 1},        {"100-0:10s", 500, 1}, {"100:10s,1000:1s,100:10s", 3000, 3},
               {"100-500/5:50s", 15000, 5}, {"herd 10000:60s", 10000, 1}, {"0.5:1m", 30, 1}};
  for (const auto& row : table) {
    const auto stages = stages_of(row.text);
    EXPECT_EQ(stages.size(), row.stages) << row.text;
    const auto due = all_due({stages, Arrival::even, {}, 1});
    EXPECT_NEAR(static_cast<double>(due.size()), row.count, 1) << row.text;
    EXPECT_TRUE(std::is_sorted(due.begin(), due.end())) << row.text;
    const Schedule schedule(stages, Arrival::even, {}, 1);
    EXPECT_NEAR(schedule.count_until(schedule.end()), row.count, 0.01) << row.text;
  }
}

TEST(Schedule, ARampIsHalfDoneWhereItsAreaIs) {
  const auto due = all_due({stages_of("0-1000:2s"), Arrival::even, {}, 1});
  ASSERT_EQ(due.size(), 1000U);
  EXPECT_NEAR(std::chrono::duration<double>(due[250]).count(), 1.0, 1e-6);  // a quarter of them in the first half
}

TEST(Schedule, PoissonGapsVaryAsMuchAsTheyAreLong) {
  const auto due = all_due({stages_of("5000:20s"), Arrival::poisson, {}, 7});
  EXPECT_NEAR(static_cast<double>(due.size()), 100'000, 1500);
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < due.size(); ++i) {
    const double gap = std::chrono::duration<double>(due[i] - due[i - 1]).count();
    sum += gap;
    squares += gap * gap;
  }
  const auto count = static_cast<double>(due.size() - 1);
  const double mean = sum / count;
  EXPECT_NEAR(std::sqrt(squares / count - mean * mean) / mean, 1.0, 0.02);
}

TEST(Schedule, ShardsTogetherAreTheWhole) {
  const auto whole = all_due({stages_of("100-900:3s,50:1s"), Arrival::even, {}, 1});
  std::vector<nanoseconds> together;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto part = all_due({stages_of("100-900:3s,50:1s"), Arrival::even, {i, 4}, 1});
    together.insert(together.end(), part.begin(), part.end());
  }
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, whole);
}

TEST(Schedule, RefusesWhatIsNone) {
  for (const char* text :
       {"", "100", "100:", ":30s", "x:30s", "100:0s", "100-200/1:30s", "100/5:30s", "0:30s", "1e99:30s", "100:30s,", "-5:30s", "herd 0:60s"}) {
    std::string why;
    EXPECT_FALSE(parse_stages(text, why)) << text;
    EXPECT_FALSE(why.empty()) << text;
  }
}

std::vector<wire::App> apps(std::size_t count) {
  std::vector<wire::App> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({"app" + std::to_string(i), "secret"});
  return out;
}

TEST(Stamps, NoSecondOfAnAppIsUsedTwiceInAnyShard) {
  const spec::DateTime now{1'800'000'000};
  for (const std::size_t count : {1U, 3U, 8U}) {  // appIds, for four shards
    std::set<std::string> seen;
    std::size_t made = 0;
    for (std::size_t shard = 0; shard < 4; ++shard) {
      Stamps stamps(test::paper().authentication, apps(count), {true, seconds(60), {shard, 4}});
      stamps.use_whole_window();
      for (int second = 0; second < 5; ++second)
        for (std::string lines; stamps.append_signature(lines, {now.seconds + second}); lines.clear()) {
          EXPECT_TRUE(seen.insert(lines).second) << lines;
          ++made;
        }
    }
    EXPECT_EQ(seen.size(), made);
    EXPECT_GE(made, count * 100);  // 50 s before, 50 s after, and five more
    EXPECT_LE(made, count * 105);
  }
}

TEST(Stamps, SharedOnesAreOfTheCurrentSecond) {
  Stamps stamps(test::paper().authentication, apps(1), {false, seconds(60), {}});
  std::string first, second;
  EXPECT_TRUE(stamps.append_signature(first, {1'800'000'000}));
  EXPECT_TRUE(stamps.append_signature(second, {1'800'000'000}));
  EXPECT_EQ(first, second);
}

TEST(Stamps, TellWhatCannotBeSigned) {
  const auto why = [](const char* stages, std::size_t count) {
    return why_impossible({stages_of(stages), Arrival::even, {}, 1}, count, {true, seconds(300), {}});
  };
  EXPECT_EQ(why("1:1h", 1), "");
  EXPECT_EQ(why("580:1s", 1), "");  // the tolerance gives it 582
  const std::string said = why("20000:30s", 10);
  for (const char* part : {"600,000 requests", "982 appIds", "10 appIds", "--apps", "--timestamps shared"})
    EXPECT_NE(said.find(part), std::string::npos) << said;
  EXPECT_EQ(why("20000:30s", 20'000), "");
}

TEST(Fleet, ReportsAreValidAndReadingsOnlyGrow) {
  const spec::Interface& interface = *test::paper().interface("ReportData");
  const spec::Scenario scenario = test::reports_of(test::paper());
  Fleet fleet(test::paper(), scenario, {3, 10}, 1, 1);
  wire::JsonReader reader;
  spec::Request request;
  std::map<std::string, spec::Decimal> last;
  const std::size_t reading = *interface.field("ReadNumber");
  const std::size_t usage = *interface.field("PeriodDosage");
  for (int i = 0; i < 300; ++i) {
    std::string body;
    Call call;
    fleet.append_next(body, call, spec::DateTime{1'800'000'000});
    ASSERT_TRUE(reader.read(body)) << body;
    wire::bind(reader.members(), interface, request);
    for (std::size_t field = 0; field < interface.request.size(); ++field) {
      EXPECT_FALSE(request[field].empty()) << interface.request[field].name;
      EXPECT_TRUE(rules::well_formed(interface.request[field], request[field])) << interface.request[field].name;
    }
    const std::string address(request[*interface.field("MeterAddr")].text);
    EXPECT_EQ(address, fleet.caller(0).name_of(call.meter));
    const spec::Decimal now = *request[reading].decimal();
    if (last.count(address) > 0) EXPECT_EQ(now, *spec::Decimal::add(last[address], *request[usage].decimal()));
    last[address] = now;
  }
  EXPECT_EQ(last.size(), 3U);
  EXPECT_EQ(last.begin()->first, "990000000010");
}

TEST(Fleet, ObeysWhatItIsTold) {
  const spec::Interface& interface = *test::paper().interface("ReportData");
  const spec::Scenario scenario = test::reports_of(test::paper());
  Fleet fleet(test::paper(), scenario, {1, 0}, 1, 1);
  wire::JsonReader reader;
  spec::Request request;
  const auto next = [&](Call& call) {
    std::string body;
    fleet.append_next(body, call, spec::DateTime{1'800'000'000});
    EXPECT_TRUE(reader.read(body));
    wire::bind(reader.members(), interface, request);
  };
  const auto field = [&](const char* name) { return std::string(request[*interface.field(name)].text); };
  wire::ReplyScanner scanner = fleet.caller(0).scanner();
  Call call;
  next(call);
  EXPECT_EQ(field("ValveState"), "1");
  EXPECT_EQ(
      fleet.caller(0).hear(call, scanner.scan(R"({"ResultCode":1,"DataList":[{"MeterAddr":"990000000000","Remnant":12.50,"UnitPrice":2,"ValveMode":2}]})")),
      "");
  next(call);
  EXPECT_EQ(field("ValveState"), "2");
  // What is left is what was told, less the usage since at the price told; cents are cut off.
  const double used = std::stod(field("PeriodDosage"));
  EXPECT_NEAR(std::stod(field("Reserve")), 12.50 - 2 * used, 0.01);
  EXPECT_EQ(fleet.caller(0).hear(call, scanner.scan(R"({"ResultCode":1,"DataList":[{"MeterAddr":"999999999999"}]})")), "another MeterAddr");
  EXPECT_EQ(fleet.caller(0).hear(call, scanner.scan(R"({"ResultCode":1,"DataList":[]})")), "no MeterAddr in the reply");
  for (const char* odd : {R"("1e18")", R"("-1e17")", R"("x")", "null", R"("")", "99999999999999999999"})
    fleet.caller(0).hear(
        call, scanner.scan(std::string(R"({"ResultCode":1,"DataList":[{"MeterAddr":"990000000000","Remnant":)") + odd + R"(,"UnitPrice":)" + odd + "}]}"));
  next(call);
}

TEST(Gates, ReadWhatIsWritten) {
  reports::LoadRecord record;
  record.requests = 1000;
  record.good = 999;
  record.rate = 5000;
  record.latency.p99 = 40;
  const struct {
    const char* text;
    bool met;
  } table[] = {{"p99<50ms", true},   {"p99 < 40ms", false},  {"p99<=40ms", true},    {"p99<0.05s", true},    {"p99<39000us", false}, {"p99.9<1s", false},
               {"rate>=5000", true}, {"rate>5000/s", false}, {"errors<0.1%", false}, {"errors<=0.1%", true}, {"errors<=1", true},    {"lost=0", false}};
  for (const auto& row : table) {
    std::string why;
    const auto gates = parse_gates(row.text, why);
    ASSERT_TRUE(gates) << why;
    EXPECT_EQ(judged(gates->front(), record).met, row.met) << row.text;
  }
  for (const char* wrong : {"", "p99", "p99<", "p99<50", "p98<50ms", "rate>x", "errors<1ms", "p99<50ms,", "lost<1%"}) {
    std::string why;
    EXPECT_FALSE(parse_gates(wrong, why)) << wrong;
    EXPECT_FALSE(why.empty()) << wrong;
  }
}

/// A run of that many seconds whose p99 lies around `p99`.
reports::LoadRun run_of(double p99, double spread, std::uint64_t seed, std::size_t length = 30) {
  std::mt19937_64 random(seed);
  std::normal_distribution<> around(p99, spread);
  reports::LoadRun run;
  for (std::size_t i = 0; i < length; ++i) {
    run.p99_by_interval.push_back(around(random));
    run.p50_by_interval.push_back(1);
    run.rate_by_interval.push_back(1000);
  }
  return run;
}

TEST(Compare, TellsARegressionFromNoise) {
  const auto record = [](double p99, double spread, std::uint64_t seed) {
    reports::LoadRecord out;
    for (std::uint64_t i = 0; i < 5; ++i) out.runs.push_back(run_of(p99, spread, seed + i));
    return out;
  };
  using Verdict = Difference::Verdict;
  const auto p99 = [](const std::vector<Difference>& all) { return all[1].verdict; };
  EXPECT_EQ(p99(compared(record(10, 1, 1), record(13, 1, 100), 0.05)), Verdict::worse);
  EXPECT_EQ(p99(compared(record(13, 1, 1), record(10, 1, 100), 0.05)), Verdict::better);
  int accused = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    accused += p99(compared(record(10, 3, seed * 1000), record(10, 3, seed * 1000 + 500), 0.05)) == Verdict::worse ? 1 : 0;
  EXPECT_LE(accused, 2);
  reports::LoadRecord brief;
  brief.runs.push_back(run_of(10, 1, 1, 3));
  EXPECT_EQ(p99(compared(brief, brief, 0.05)), Verdict::unsure);
}

TEST(Search, FindsTheEdgeAndSaysHowSureItIs) {
  for (const double limit : {37.0, 930.0, 41'000.0}) {
    const auto at_rate = [&](double rate) {
      LoadResult result;
      result.record.connections = 1;
      result.record.requests = result.record.replies = result.record.good = 1000;
      result.record.intended_rate = rate;
      result.record.rate = rate <= limit ? rate : limit * 0.9;
      result.record.latency.p99 = rate <= limit ? 5 : 500;
      return result;
    };
    std::string why;
    const auto found = load::search({}, *parse_gates("p99<50ms", why), at_rate, {});
    EXPECT_LE(found.sustained, limit);
    EXPECT_GE(found.sustained, limit / 1.06) << limit;
    EXPECT_GT(found.failed_at, limit);
    EXPECT_EQ(found.confirmed, 3U);
    EXPECT_NE(to_text(found).find("3 of 3"), std::string::npos);
  }
}

TEST(Search, ALuckyRateIsNotBelieved) {
  std::map<double, int> tries;
  const auto at_rate = [&](double rate) {
    LoadResult result;
    result.record.connections = 1;
    result.record.intended_rate = result.record.rate = rate;
    const bool lucky = rate <= 500 || ++tries[rate] == 1;
    result.record.latency.p99 = lucky && rate < 1000 ? 5 : 500;
    return result;
  };
  std::string why;
  const auto found = load::search({}, *parse_gates("p99<50ms", why), at_rate, {});
  EXPECT_LE(found.sustained, 500);
  EXPECT_GT(found.sustained, 400);
}

TEST(Ledger, NamesWhatIsLostAndWhatIsDoubled) {
  const auto scenario = yaml::load_scenario(test::paper(), test::spec_directory() + "/scenarios/billing_day.yaml");
  ASSERT_TRUE(scenario) << format(scenario.problems());
  const Fleet fleet(test::paper(), *scenario, {10, 0}, 1, 1);
  const spec::Reconciliation& about = scenario->reconcile.front();
  Ledger ledger(about, "payments");
  const auto call = [&](std::uint64_t number) {
    Call out;
    out.meter = 3;
    out.unique = out.sequence = number;
    return out;
  };
  for (std::uint64_t number = 1; number <= 6; ++number) ledger.sent(call(number));
  for (const std::uint64_t number : {1U, 2U, 3U}) ledger.accepted(call(number));
  ledger.refused(call(4));
  const auto name = [&](std::uint64_t number) { return fleet.caller(about.play).text_of(about.field, call(number)); };
  const std::vector<std::string> shown = {name(1), name(3), name(3), name(5)};
  EXPECT_EQ(ledger.meters(), std::vector<std::uint64_t>{3});
  ledger.compare(3, fleet, &shown);
  const auto record = ledger.record();
  EXPECT_EQ(record.acknowledged, 3U);
  EXPECT_EQ(record.standing, 1U);
  EXPECT_EQ(record.lost_names, std::vector<std::string>{name(2)});
  EXPECT_EQ(record.doubled_names, std::vector<std::string>{name(3)});
  EXPECT_EQ(record.unacknowledged, 2U);
  EXPECT_EQ(record.unacknowledged_standing, 1U);
}

TEST(Merge, AddsCountsAndHistogramsAndRefusesStrangers) {
  const auto shard = [](const std::string& name, int from) {
    LoadResult result;
    for (int i = from; i < from + 1000; ++i) result.clocks.latency.record(microseconds(i));
    fill_latencies(result.record, result.clocks);
    result.record.shard = name;
    result.record.connections = 1;
    result.record.requests = result.record.replies = result.record.good = result.record.measured = 1000;
    result.record.rate = 100;
    result.record.series.push_back({});
    result.record.started_at = 1000;
    return result.record;
  };
  std::string why;
  const auto one = merged({shard("0/2", 0), shard("1/2", 1000)}, why);
  ASSERT_TRUE(one) << why;
  EXPECT_EQ(one->requests, 2000U);
  EXPECT_DOUBLE_EQ(one->rate, 200);
  EXPECT_NEAR(one->latency.p50, 1.0, 0.002);
  EXPECT_EQ(one->exit_code, 0);
  EXPECT_FALSE(merged({shard("0/2", 0), shard("0/2", 0)}, why));
  EXPECT_NE(why.find("twice"), std::string::npos);
  auto other = shard("1/2", 0);
  other.target = "http://elsewhere:1";
  EXPECT_FALSE(merged({shard("0/2", 0), other}, why));
}

}  // namespace
}  // namespace meterproof::load
