// SPDX-License-Identifier: Apache-2.0
#include "mutation/mutation.hpp"

#include <gtest/gtest.h>

#include <set>
#include <typeinfo>

#include "tests/support/in_process.hpp"

namespace meterproof::mutation {
namespace mutation_test {

TEST(Mutations, HaveIdsOfTheirOwn) {
  std::set<std::string> ids;
  for (const Mutation& one : mutations(test::specification())) {
    EXPECT_TRUE(ids.insert(one.id).second) << "two of " << one.id;
    EXPECT_NE(one.title.en, "") << one.id;
    EXPECT_NE(one.title.zh, "") << one.id;
    EXPECT_NE(one.category, "") << one.id;
  }
  EXPECT_GT(ids.size(), 500U);
}

TEST(Mutations, AWrongIdIsAnswered) {
  const auto misspelt = mutate(test::specification(), "server/no-utf");
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(render(misspelt.problems().front().message, i18n::Language::en), "no such mutant");
  EXPECT_EQ(render(misspelt.problems().front().remedy, i18n::Language::en), "did you mean \"server/no-utf8\"?");
  EXPECT_FALSE(mutate(test::specification(), ""));
}

TEST(Mutations, AreDataOrHooks) {
  const Mutant plain = test::mutant_of("RemotePay/-6/as-46");
  EXPECT_EQ(typeid(*plain.hooks), typeid(MutationHooks));
  EXPECT_NE(plain.spec.interface("RemotePay")->result({-46}), nullptr);
  EXPECT_EQ(test::specification().interface("RemotePay")->result({-46}), nullptr);
  const Mutant hooked = test::mutant_of("server/no-utf8");
  EXPECT_NE(typeid(*hooked.hooks), typeid(MutationHooks));
}

/// The account's timestamp at that moment, in microseconds.
TimestampUse use_of(std::int64_t timestamp, int microseconds, std::string_view path = "/a") {
  return {0, {timestamp}, {100}, std::chrono::system_clock::time_point(std::chrono::microseconds(microseconds)), path};
}

TEST(MutationHooks, FreeATimestampEverySecondTime) {
  const Mutant mutant = test::mutant_of("server/replay-frees-timestamp");
  const core::DateTime before{99};
  EXPECT_FALSE(mutant.hooks->used_before(use_of(5, 0), std::nullopt));
  EXPECT_TRUE(mutant.hooks->used_before(use_of(5, 0), before));
  EXPECT_FALSE(mutant.hooks->used_before(use_of(5, 0), before));
  EXPECT_TRUE(mutant.hooks->used_before(use_of(5, 0), before));
}

TEST(MutationHooks, TakeATimestampTwiceAtTheSameMoment) {
  const Mutant mutant = test::mutant_of("server/checks-timestamp-late");
  const core::DateTime before{99};
  EXPECT_FALSE(mutant.hooks->used_before(use_of(5, 0), std::nullopt));
  EXPECT_FALSE(mutant.hooks->used_before(use_of(5, 500), before));
  EXPECT_TRUE(mutant.hooks->used_before(use_of(5, 1000), before));
}

TEST(MutationHooks, RememberOnlyTheLastTimestamp) {
  const Mutant mutant = test::mutant_of("server/remembers-last-timestamp");
  EXPECT_FALSE(mutant.hooks->used_before(use_of(5, 0), std::nullopt));
  EXPECT_TRUE(mutant.hooks->used_before(use_of(5, 0), core::DateTime{99}));
  EXPECT_FALSE(mutant.hooks->used_before(use_of(6, 0), std::nullopt));
  EXPECT_FALSE(mutant.hooks->used_before(use_of(5, 0), core::DateTime{99}));
}

TEST(MutationHooks, TakeATimestampOnceOnEachPath) {
  const Mutant mutant = test::mutant_of("server/timestamps-by-path");
  EXPECT_FALSE(mutant.hooks->used_before(use_of(5, 0, "/a"), std::nullopt));
  EXPECT_FALSE(mutant.hooks->used_before(use_of(5, 0, "/b"), core::DateTime{99}));
  EXPECT_TRUE(mutant.hooks->used_before(use_of(5, 0, "/a"), core::DateTime{99}));
}

TEST(MutationHooks, ReadTimestampsGenerously) {
  const Mutant mutant = test::mutant_of("server/generous-timestamps");
  std::chrono::seconds tolerance{300};
  for (const char* text : {"20260314100060", "202603141001001", "20260314096100"}) {
    std::optional<core::DateTime> time;
    mutant.hooks->read_timestamp(text, core::DateTime{0}, time, tolerance);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->compact(), "20260314100100") << text;
  }
  EXPECT_EQ(tolerance, std::chrono::seconds(300));
}

TEST(MutationHooks, WidenTheToleranceNowAndThen) {
  const Mutant mutant = test::mutant_of("server/wide-tolerance-now-and-then");
  const core::DateTime now{1'800'000'000};
  const auto tolerance_at = [&](int off) {
    std::chrono::seconds tolerance{300};
    std::optional<core::DateTime> time = now + std::chrono::seconds(off);
    mutant.hooks->read_timestamp("", now, time, tolerance);
    return tolerance.count();
  };
  for (int i = 0; i < 80; ++i) EXPECT_EQ(tolerance_at(301), 300) << i;
  std::vector<long> seen;
  for (const int off : {0, 301, 0, -301, 600, -600, 301, 301, 900, 301, -301}) seen.push_back(tolerance_at(off));
  EXPECT_EQ(seen, (std::vector<long>{300, 600, 300, 300, 300, 300, 300, 300, 300, 300, 600}));
}

TEST(MutationHooks, EditReplies) {
  std::string_view type = "application/json";
  std::string body = R"({"Code":-1,"Message":"表"})";
  test::mutant_of("server/codes-as-text").hooks->edit_reply(body, type);
  EXPECT_EQ(body, R"({"Code":"-1","Message":"表"})");
  test::mutant_of("server/no-utf8").hooks->edit_reply(body, type);
  EXPECT_EQ(body, R"({"Code":"-1","Message":"表"})");  // what it spoils are rows
  std::string rows = R"({"Code":"1","Message":"好","Rows":[{"Name":"表"}]})";
  test::mutant_of("server/no-utf8").hooks->edit_reply(rows, type);
  EXPECT_EQ(rows, "{\"Code\":\"1\",\"Message\":\"好\",\"Rows\":[{\"Name\":\"\xE9\"}]}");
  EXPECT_EQ(type, "application/json");
  test::mutant_of("server/no-content-type").hooks->edit_reply(body, type);
  EXPECT_EQ(type, "text/html");
}

TEST(MutationHooks, DamageOneColumn) {
  const auto all = mutations(test::specification());
  const auto cut = std::find_if(all.begin(), all.end(), [](const Mutation& one) { return one.id.ends_with("/cut-short"); });
  ASSERT_NE(cut, all.end());
  const Mutant mutant = test::mutant_of(cut->id);
  const std::size_t begin = cut->id.find('/') + 1, dot = cut->id.find('.'), end = cut->id.rfind('/');
  const auto table = *mutant.spec.table(cut->id.substr(begin, dot - begin));
  const auto column = *mutant.spec.tables[table].column(cut->id.substr(dot + 1, end - dot - 1));
  const std::string text = "a text of more than twenty bytes";
  const auto stored = [&](const store::StoreInterceptor* interceptor) {
    store::DataStore store(mutant.spec, 10, interceptor);
    EXPECT_TRUE(store.put(table, {{mutant.spec.tables[table].key, "1"}, {column, text}}));
    return store.tables()[table].cell(0, column).to_string();
  };
  EXPECT_EQ(stored(nullptr), text);
  EXPECT_EQ(stored(mutant.hooks->store_interceptor()), text.substr(0, 20));
}

}  // namespace mutation_test
}  // namespace meterproof::mutation
