// SPDX-License-Identifier: Apache-2.0
#include "core/store/own_row.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/loader/spec_loader.hpp"

namespace meterproof::store {
namespace own_row_test {

const std::string common_file = R"(spec_version: 1.0.0
specification: { title: { zh: 借阅, en: lending }, section: "1" }
transport: { method: POST }
authentication:
  zh: 鉴权
  en: authentication
  headers:
    X-Token: { zh: 令牌, en: token, md5: [app_id, app_secret, timestamp] }
    X-Who: { zh: 身份, en: who, base64: [app_id, ":", timestamp] }
  timestamp: { format: yyyyMMddHHmmss, utc_offset: "+08:00", tolerance: 300 }
reply: { code: { name: code }, message: { name: text }, rows: { name: rows } }
success: 0
results: []
tables:
  shelf: { key: code, columns: { code: text, room: text } }
  book: { key: isbn, columns: { isbn: text, copies: int, cost: decimal, state: text, shelf: shelf } }
)";

std::string interface(const std::string& name, const std::string& rest) {
  return "interface: " + name + "\nsection: \"1\"\ntitle: { zh: 甲, en: a }\nserved_by: platform\npath: /" + name + R"(
request:
  isbn: { type: text, zh: 书号, en: ISBN, refers: book }
  number: { type: int, zh: 书号之数, en: the number of the ISBN, refers: book }
  other: { type: text, zh: 另一书号, en: another ISBN, refers: book }
  code: { type: text, zh: 书架, en: shelf, refers: shelf }
  count: { type: int, zh: 册数, en: count, example: "1" }
reply:
  text: { type: text, zh: 内容, en: text }
)" + rest;
}

core::Spec read(const std::vector<loader::SpecText>& interfaces) {
  auto loaded = loader::parse_spec({"common.yaml", common_file}, interfaces);
  if (!loaded) throw std::runtime_error(core::format(loaded.problems(), i18n::Language::en));
  return std::move(*loaded);
}

const std::string no_rules = "results: [{ code: 0, zh: 成功, en: done }]\n";
const std::string finds = "  - find: { row: book, in: book, by: { isbn: request.isbn } }\n";
const std::string counts = "  - update: { row: book, set: { copies: request.count } }\n";

TEST(OwnRow, IsTheOnlyOneThatIsReadAndWritten) {
  struct {
    const char* why;
    std::string interface;
    bool has;
  } const cases[] = {
      {"one row by its key", no_rules + "effects:\n" + finds + counts, true},
      {"and what it refers to is shown", no_rules + "effects:\n" + finds + counts + "  - rows: { of: book, fields: { text: book.shelf.room } }\n", true},
      {"one row by a number, which several texts are", no_rules + "effects:\n  - find: { row: book, in: book, by: { isbn: request.number } }\n" + counts,
       false},
      {"its key is written", no_rules + "effects:\n" + finds + "  - update: { row: book, set: { isbn: request.other } }\n", false},
      {"a rule asks for the state of rows that belong to another",
       "results: [{ code: 0, zh: 成功, en: done }, { code: 1, zh: 停, en: stopped, when: [{ in_state: { code: { book.state: gone } } }] }]\neffects:\n" +
           finds + counts,
       false},
      {"found by what many rows may have", no_rules + "effects:\n  - find: { row: book, in: book, by: { shelf: request.code } }\n" + counts, false},
      {"found by two conditions", no_rules + "effects:\n  - find: { row: book, in: book, by: { isbn: request.isbn, shelf: request.code } }\n" + counts, false},
      {"two rows", no_rules + "effects:\n" + finds + "  - find: { row: more, in: shelf, by: { code: request.code } }\n" + counts, false},
      {"a row is added", no_rules + "effects:\n" + finds + counts + "  - insert: { in: shelf, set: { code: request.code } }\n", false},
      {"a reference is written", no_rules + "effects:\n" + finds + "  - update: { row: book, set: { shelf: request.code } }\n", false},
      {"a number is used up", no_rules + "effects:\n" + finds + "  - update: { row: book, set: { copies: next } }\n", false},
      {"a rule asks for the row",
       "results: [{ code: 0, zh: 成功, en: done }, { code: 1, zh: 无, en: none, when: [{ unknown: isbn }] }]\neffects:\n" + finds + counts, true},
      {"a rule asks for another row of the table",
       "results: [{ code: 0, zh: 成功, en: done }, { code: 1, zh: 无, en: none, when: [{ unknown: other }] }]\neffects:\n" + finds + counts, false},
      {"nothing is done", no_rules, false},
  };
  for (const auto& [why, text, has] : cases) {
    const core::Spec spec = read({{"a.yaml", interface("a", text)}});
    const auto keys = keys_of_own_rows(spec);
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys[0].has_value(), has) << why;
    if (keys[0]) {
      EXPECT_EQ(keys[0]->table, *spec.table("book")) << why;
      EXPECT_EQ(spec.interfaces[0].request[keys[0]->field].name, "isbn") << why;
    }
  }
}

// What one interface writes row by row, another may not read as it likes.
TEST(OwnRow, IsNoneWhereAnotherInterfaceWritesWhatItReads) {
  const std::string shows = interface("a", no_rules + "effects:\n" + finds + counts + "  - rows: { of: book, fields: { text: book.shelf.room } }\n");
  const std::string moves = interface(
      "b", no_rules + "effects:\n  - find: { row: shelf, in: shelf, by: { code: request.code } }\n  - update: { row: shelf, set: { room: request.count } }\n");
  const auto keys = keys_of_own_rows(read({{"a.yaml", shows}, {"b.yaml", moves}}));
  EXPECT_FALSE(keys[0]);
  EXPECT_TRUE(keys[1]);
}

TEST(OwnRow, AReportHasOne) {
  auto loaded = loader::load_spec(std::string(METERPROOF_SOURCE) + "/spec");
  ASSERT_TRUE(loaded);
  const auto keys = keys_of_own_rows(*loaded);
  std::set<std::string> with;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i]) with.insert(loaded->interfaces[i].name);
  EXPECT_EQ(with, std::set<std::string>{"ReportData"});
}

}  // namespace own_row_test
}  // namespace meterproof::store
