// Whatever a report says in words of ours, it can say in Chinese.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "core/i18n/phrases.hpp"
#include "mutation/mutation.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

using i18n::in_chinese;

/// English words that were left over. Not counted: values, a parser's message, options, a vendor's reason.
std::string left_over(const std::string& text) {
  static const std::regex words("[a-z]{2,} [a-z]{2,}");
  static const std::regex others(R"re("([^"\\]|\\.)*"|\[json\.exception.*|--[a-z]+ [a-zA-Z=]+|（agreed by mail）|（Connection refused）|String)re");
  const std::string ours = std::regex_replace(i18n::in_chinese(text).value_or(text), others, "");
  std::smatch found;
  return std::regex_search(ours, found, words) ? found.str() : "";
}

TEST(Chinese, EveryTextOfARunAgainstMutantsHasIts) {
  const auto all = mutation::mutations(test::paper());
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t step = 60;
#else
  constexpr std::size_t step = 9;
#endif
  std::set<std::string> tried;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % step != 0 && all[i].category != "server") continue;
    const mutation::Mutant mutant = test::mutant_of(all[i].id);
    auto options = test::options_for(i % 2 == 0 ? "both" : i % 4 == 1 ? "platform" : "billing");
    if (i % 3 == 0) options.random_steps = 50;
    const auto record = test::check_mock(mutant.spec, test::settings_for(mutant.spec), options, mutant.hooks.get());
    const auto has_chinese = [&](const std::string& text) {
      if (tried.insert(text).second) EXPECT_EQ(left_over(text), "") << text << "\n" << i18n::in_chinese(text).value_or("(none)");
    };
    for (const auto& one : record.cases) {
      if (!one.reason.empty() && tried.count(one.reason) == 0) EXPECT_TRUE(i18n::in_chinese(one.reason)) << one.reason;
      for (const std::string* text : {&one.reason, &one.expected, &one.observed}) has_chinese(*text);
    }
    for (const auto& [name, value] : record.calibration) has_chinese(name), has_chinese(value);
    has_chinese(record.note);
  }
  EXPECT_GT(tried.size(), 500U);
}

struct Row {
  const char *english, *chinese;
};

TEST(Chinese, PhrasesHoldTheirNamesAndNumbers) {
  const Row rows[] = {
      {"a valid request was refused", "有效的请求被拒绝"},
      {"a valid request was refused; the shortest sequence found has 3 steps", "有效的请求被拒绝；找到的最短序列有 3 步"},
      {"step 2: UserName is \"a is b\", 张三 expected", "第 2 步：UserName 为 \"a is b\"，应为 张三"},
      {"Remnant is 1, 2 expected; Voltage is absent, 3.5 expected", "Remnant 为 1，应为 2；Voltage 为 缺失，应为 3.5"},
      {"waived until 2027-01-01 (agreed by mail): a valid request was refused", "豁免至 2027-01-01（agreed by mail）：有效的请求被拒绝"},
      {"the paper answers it with: 用户编号不存在 (the user code does not exist)", "文档规定的应答：用户编号不存在"},
      {"no reply: timed out", "没有应答：超时"},
      {"no reply: connection refused (Connection refused)", "没有应答：连接被拒绝（Connection refused）"},
      {"3 appIds", "3 个 appId"},
      {"failed: p99<50ms is not met (61.000 ms)", "不合格：未满足 p99<50ms（实测 61.000 ms）"},
      {"ReportData answered -201, 3 times: the token is wrong (令牌错误)", "ReportData 应答 -201，共 3 次：令牌错误"},
      {"sustained 812.5/s (3 of 3 runs at that rate), failed at 850.0/s: the limit lies within 4.6 %",
       "可持续 812.5/s（该速率 3 次运行中 3 次成功），在 850.0/s 失败：上限误差在 4.6 % 以内"},
      {"12 requests were refused for a timestamp used before: the target takes each second once per appId, so 1 appId can make 1 request a second; use "
       "--timestamps unique and more appIds (--apps FILE), or a target that allows repeats (mock --replay-protection off)",
       "12 个请求因时间戳重复被拒绝：目标系统对每个 appId 每秒只接受一次，因此 1 个 appId 每秒可发送 1 个请求；请用 --timestamps unique 及更多 "
       "appId（--apps FILE），或允许重复的目标系统（mock --replay-protection off）"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(i18n::in_chinese(row.english), row.chinese) << row.english;
    EXPECT_EQ(left_over(row.english), "") << row.english;
  }
  for (const char* other : {"", "ResultCode", "-200", "the meter is where it is", "{}", "[]", "UserName", ";", "; "})
    EXPECT_FALSE(i18n::in_chinese(other)) << other;
}

}  // namespace
}  // namespace meterproof
