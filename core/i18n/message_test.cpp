// SPDX-License-Identifier: Apache-2.0
#include "core/i18n/message.hpp"

#include <gtest/gtest.h>

namespace meterproof::i18n {
namespace message_test {

TEST(Message, IsRenderedInTheReadersLanguage) {
  const Message one = msg<"load.shard-verdict">("0/2", msg<"load.good">());
  EXPECT_EQ(render(one, Language::en), "shard 0/2: good");
  EXPECT_EQ(render(one, Language::zh), "分片 0/2：合格");
}

TEST(Message, OfOthersIsShownAsItIs) {
  EXPECT_EQ(render(verbatim("{x}"), Language::zh), "{x}");
  EXPECT_EQ(render(localized({"中", "en"}), Language::zh), "中");
  EXPECT_EQ(render(localized({"中", "en"}), Language::en), "en");
  EXPECT_EQ(render(untranslated("said"), Language::zh), "said");
  EXPECT_EQ(render(list({verbatim("a"), msg<"load.good">()}), Language::zh), "a；合格");
  EXPECT_EQ(render(list({verbatim("a"), msg<"load.good">()}), Language::en), "a; good");
  EXPECT_EQ(render({"of.another-release", {}, "said"}, Language::zh), "said");
}

TEST(Message, WithoutAnArgumentLeavesItsPlaceEmpty) { EXPECT_EQ(render({"load.shard-verdict", {}, {}}, Language::en), "shard : "); }

TEST(Message, IsTheSameWhateverItsWording) {
  EXPECT_EQ((Message{"a", {}, "one"}), (Message{"a", {}, "another"}));
  EXPECT_NE((Message{"", {}, "one"}), (Message{"", {}, "another"}));
  EXPECT_NE(msg<"load.shard-verdict">("0/2", "x"), msg<"load.shard-verdict">("1/2", "x"));
}

TEST(Message, EveryTextOfOthersInItIsFound) {
  Message one = list({verbatim("secret"), msg<"transport.detail">(untranslated("secret"), "secret")});
  int found = 0;
  for_each_text(one, [&](std::string& text) {
    ++found;
    text = "[gone]";
  });
  EXPECT_EQ(found, 3);
  EXPECT_EQ(render(one, Language::en), "[gone]; [gone] ([gone])");
}

}  // namespace message_test
}  // namespace meterproof::i18n
