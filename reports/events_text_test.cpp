// SPDX-License-Identifier: Apache-2.0
#include "reports/events_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meterproof::reports {
namespace events_text_test {

using Parts = std::vector<std::string_view>;

TEST(EventsText, AreWhatStandsBetweenTheCommas) {
  const struct {
    std::string text;
    Parts events;
  } table[] = {
      {R"({"transcript":{"events":[]}})", {}},
      {R"({"a":[1,2],"transcript":{"apps":["events"],"events":[{"a":[1,{"b":","}]},{"]":"\"]"}],"told":"x"},"b":[{}]})",
       {R"({"a":[1,{"b":","}]})", R"({"]":"\"]"})"}},
      {R"({"transcript":{"events":[1,]}})", {"1", ""}},  // no JSON, and neither is one of its parts
      {R"({"transcript":{"events":[1 2]}})", {"1 2"}},
  };
  for (const auto& row : table) {
    const auto found = find_events(row.text);
    ASSERT_TRUE(found) << row.text;
    EXPECT_EQ(found->events, row.events) << row.text;
    EXPECT_EQ(row.text[found->begin - 1], '[');
    EXPECT_EQ(row.text[found->end], ']');
  }
}

TEST(EventsText, AreNotTakenFromWhatIsNoRecord) {
  for (const char* text :
       {"", "{}", "[]", R"({"events":[1]})", R"({"transcript":[{"events":[1]}]})", R"({"transcript":{"a":{"events":[1]}}})", R"({"suite":{"events":[1]}})",
        R"({"transcript":{"events":[1)", R"({"transcript":{"events":[1}}})", R"({"transcript":{"events":"[1]"}})",
        R"({"transcript":{"events":[1],"events":[2]}})", R"({"transcript":{"events":[1]},"transcript":{"events":[2]}})", "]", "{}}", "\""})
    EXPECT_FALSE(find_events(text)) << text;
}

}  // namespace events_text_test
}  // namespace meterproof::reports
