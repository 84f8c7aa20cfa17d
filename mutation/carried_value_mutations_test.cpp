// SPDX-License-Identifier: Apache-2.0
// Damage to single values, and requests that are forgotten after a while.
#include <gtest/gtest.h>

#include "mutation/mutation.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::mutation {
namespace carried_value_mutations_test {

/// What a column of the mutant keeps of a text.
std::string kept(const std::string& id, const std::string& text) {
  const Mutant mutant = test::mutant_of(id);
  const std::size_t begin = id.find('/') + 1, dot = id.find('.'), end = id.rfind('/');
  const auto table = *mutant.spec.table(id.substr(begin, dot - begin));
  const auto column = *mutant.spec.tables[table].column(id.substr(dot + 1, end - dot - 1));
  store::DataStore store(mutant.spec, 10, mutant.hooks->store_interceptor());
  EXPECT_TRUE(store.put(table, {{mutant.spec.tables[table].key, "1"}, {column, text}}));
  return store.tables()[table].cell(0, column).to_string();
}

TEST(CarriedValueMutations, LoseOneKindOfValueAndKeepOthers) {
  const struct {
    const char *id, *text, *kept;
  } table[] = {{"table/user.UserName/cut-at-32", "一二三", "一二三"},
               {"table/user.UserName/loses-backslashes", "a\\n", "an"},
               {"table/user.UserName/loses-quotes", "\"a'", "a"},
               {"table/user.UserName/escapes-markup", "<b>&", "&lt;b>&amp;"},
               {"table/user.UserName/through-a-double", "12345678901234567890", "12345678901234567168"},
               {"table/user.UserName/through-a-double", "123456789012", "123456789012"},
               {"table/user.UserName/dates-with-slashes", "2026-01-02", "2026/01/02"},
               {"table/user.UserName/loses-single-characters", "一", ""},
               {"table/user.UserName/loses-single-characters", "一二", "一二"},
               {"table/user.Phone/of-32-bits", "13987654321", "2147483647"},
               {"table/payment.Money/cents-cut-off", "4.35", "4.34"},
               {"table/payment.Money/cents-cut-off", "10.25", "10.25"},
               {"table/payment.Money/single-precision", "12345678.91", "12345679"},
               {"table/payment.Money/single-precision", "10.25", "10.25"},
               {"table/payment.Money/up-to-99999999", "99999999.99", "99999999"},
               {"table/payment.PayDate/in-utc", "2026-01-01 07:59:59", "2025-12-31 23:59:59"},
               {"table/payment.PayDate/year-of-the-week", "2025-12-31 23:59:59", "2026-12-31 23:59:59"},
               {"table/payment.PayDate/no-leap-days", "2024-02-29 00:00:00", "2024-02-28 00:00:00"},
               {"table/payment.PayDate/twelve-hours", "2026-01-01 23:59:59", "2026-01-01 11:59:59"},
               {"table/payment.PayDate/twelve-hours", "2026-01-01 07:59:59", "2026-01-01 07:59:59"},
               {"table/payment.PayDate/to-the-minute", "2026-01-01 23:59:59", "2026-01-01 23:59:00"}};
  for (const auto& row : table) EXPECT_EQ(kept(row.id, row.text), row.kept) << row.id << " of " << row.text;
}

TEST(CarriedValueMutations, AreOfBothKinds) {
  std::size_t values = 0, counts = 0;
  for (const Mutation& one : mutations(test::specification())) {
    if (one.category == "count") ++counts;
    if (one.id.ends_with("/lingers") || one.id.starts_with("range/") || one.id == "server/members-by-place") ++values;
  }
  EXPECT_GE(values, 8U);
  EXPECT_GE(counts, 25U);
}

}  // namespace carried_value_mutations_test
}  // namespace meterproof::mutation
