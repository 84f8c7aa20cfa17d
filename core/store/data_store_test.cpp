// SPDX-License-Identifier: Apache-2.0
#include "core/store/data_store.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "core/json/request_body_parser.hpp"
#include "core/loader/spec_loader.hpp"

namespace meterproof::store {
namespace data_store_test {

const char* const common_file = R"(spec_version: 1.0.0
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
  book: { key: isbn, columns: { isbn: text, copies: int, cost: decimal, shelf: shelf } }
)";
const char* const add_file = R"(interface: Add
section: "1"
title: { zh: 入库, en: Add }
served_by: platform
path: /add
request:
  isbn: { type: text, zh: 书号, en: ISBN, names: book }
  count: { type: int, zh: 册数, en: count, example: "1" }
  cost: { type: decimal, zh: 押金, en: deposit, example: "1.5" }
results: [{ code: 0, zh: 成功, en: done }]
effects:
  - insert:
      in: book
      set: { isbn: request.isbn, copies: { optional: request.count }, cost: { add: [request.cost, request.cost] }, shelf: { optional: S9 } }
)";
const char* const change_file = R"(interface: Change
section: "2"
title: { zh: 修改, en: Change }
served_by: platform
path: /change
request:
  isbn: { type: text, zh: 书号, en: ISBN, refers: book }
  count: { type: int, zh: 册数, en: count, example: "1" }
  cost: { type: decimal, zh: 押金, en: deposit, example: "1.5" }
results: [{ code: 0, zh: 成功, en: done }]
effects:
  - find: { row: book, in: book, by: { isbn: request.isbn } }
  - update: { row: book, set: { copies: request.count, cost: { add: [request.cost, request.cost] } } }
)";
const char* const show_file = R"(interface: Show
section: "3"
title: { zh: 查询, en: Show }
served_by: platform
path: /show
request:
  isbn: { type: text, zh: 书号, en: ISBN, refers: book }
reply:
  many: { type: text, zh: 是否多册, en: many }
  room: { type: text, zh: 房间, en: room }
results: [{ code: 0, zh: 成功, en: done }]
effects:
  - find: { row: book, in: book, by: { isbn: request.isbn } }
  - rows:
      of: book
      fields:
        many: { above: "1", bound: book.copies, then: few, else: many }
        room: { first_of: [book.shelf.room, nowhere] }
)";

const core::Spec& lending() {
  static const core::Spec spec = [] {
    auto loaded = loader::parse_spec({"common.yaml", common_file}, {{"add.yaml", add_file}, {"change.yaml", change_file}, {"show.yaml", show_file}});
    if (!loaded) throw std::runtime_error(format(loaded.problems(), i18n::Language::en));
    return std::move(*loaded);
  }();
  return spec;
}

class Library {
 public:
  explicit Library(std::size_t row_limit = DataStore::default_row_limit) : data_(lending(), row_limit) {}
  Library(const Library& other) : data_(other.data_) {}

  const ResultSet& apply(std::string_view interface, std::string_view body) {
    EXPECT_TRUE(parser_.parse(body)) << body;
    core::Request request;
    json::map_to_fields(parser_.members(), *lending().interface(interface), request);
    data_.apply(
        request, *core::DateTime::parse("2026-01-15 10:30:00"), [](std::string_view) { return std::string(); }, result_);
    return result_;
  }
  const Table& books() const { return data_.tables()[*lending().table("book")]; }
  bool has(std::string_view isbn) const { return books().find(isbn).has_value(); }
  std::string cell(std::string_view isbn, std::string_view column) const {
    return books().cell(*books().find(isbn), *books().table().column(column)).to_string();
  }

 private:
  DataStore data_;
  json::RequestBodyParser parser_;
  ResultSet result_;
};

TEST(DataStore, ARequestThatFailsChangesNothing) {
  Library library;
  EXPECT_EQ(library.apply("Add", R"({"isbn":"a","count":1,"cost":1.5})").failure.why.en, "");
  EXPECT_NE(library.apply("Change", R"({"isbn":"a","count":7,"cost":999999999999999999})").failure.why.en, "");
  EXPECT_EQ(library.cell("a", "copies") + " " + library.cell("a", "cost"), "1 3.0");
  EXPECT_NE(library.apply("Add", R"({"isbn":"b","count":7,"cost":999999999999999999})").failure.why.en, "");
  EXPECT_EQ(library.books().size(), 1U);
  EXPECT_EQ(library.apply("Change", R"({"isbn":"a","count":7,"cost":2})").failure.why.en, "");
  EXPECT_EQ(library.cell("a", "copies") + " " + library.cell("a", "cost"), "7 4");
}

TEST(DataStore, AFullTableStillChangesTheRowsThatItHas) {
  Library library(1);
  EXPECT_EQ(library.apply("Add", R"({"isbn":"a","count":1,"cost":1})").failure.why.en, "");
  EXPECT_EQ(library.apply("Add", R"({"isbn":"a","count":5,"cost":1})").failure.why.en, "");
  EXPECT_EQ(library.cell("a", "copies"), "5");
  EXPECT_EQ(library.apply("Add", R"({"isbn":"b","count":1,"cost":1})").failure.why.en, "the table book is full (1 rows)");
}

TEST(DataStore, ACopyGoesItsOwnWay) {
  Library first;
  for (int i = 0; i < 200; ++i) first.apply("Add", R"({"isbn":"b)" + std::to_string(i) + R"(","count":1,"cost":1})");
  Library second = first;
  first.apply("Change", R"({"isbn":"b7","count":5,"cost":1})");
  second.apply("Change", R"({"isbn":"b8","count":6,"cost":1})");
  second.apply("Add", R"({"isbn":"c","count":1,"cost":1})");
  EXPECT_EQ(first.cell("b7", "copies") + first.cell("b8", "copies"), "51");
  EXPECT_EQ(second.cell("b7", "copies") + second.cell("b8", "copies"), "16");
  EXPECT_TRUE(second.has("c"));
  EXPECT_FALSE(first.has("c"));
}

TEST(DataStore, AValueIsAsUncertainAsItsParts) {
  Library library;
  library.apply("Add", R"({"isbn":"a","count":3,"cost":1})");
  const ResultSet& shown = library.apply("Show", R"({"isbn":"a"})");
  ASSERT_EQ(shown.rows(), 1U);
  EXPECT_EQ(shown.cell(0, 0).to_string(), "many");
  EXPECT_EQ(shown.cell(0, 0).determinacy, Determinacy::optional) << "the limit is uncertain";
  EXPECT_EQ(shown.cell(0, 1).to_string(), "nowhere");
  EXPECT_EQ(shown.cell(0, 1).determinacy, Determinacy::optional) << "the reference to no row is uncertain";
}

const core::Spec& gas() {
  static const core::Spec spec = [] {
    auto loaded = loader::load_spec(std::string(METERPROOF_SOURCE) + "/spec");
    if (!loaded) throw std::runtime_error(format(loaded.problems(), i18n::Language::en));
    return std::move(*loaded);
  }();
  return spec;
}

TEST(DataStore, WorksBesideOthersOnARowThatIsItsOwn) {
  const std::size_t meter = *gas().table("meter"), key = gas().tables[meter].key;
  DataStore store(gas());
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(store.put(meter, {{key, std::to_string(i)}, {*gas().tables[meter].column("ReadNumber"), "1"}}));
  EXPECT_TRUE(store.may_work_beside_others(meter, "7"));
  EXPECT_TRUE(store.may_work_beside_others(meter, "nobody's"));
  const DataStore copy = store;
  EXPECT_FALSE(store.may_work_beside_others(meter, "7")) << "the copy has the row, too";
  EXPECT_TRUE(store.may_work_beside_others(meter, "nobody's"));
  store.own_row(meter, "7");
  EXPECT_TRUE(store.may_work_beside_others(meter, "7"));
  EXPECT_FALSE(store.may_work_beside_others(meter, "150"));
  EXPECT_EQ(copy.tables()[meter].cell(7, key).to_string(), "7");
  store.record_changes();
  EXPECT_FALSE(store.may_work_beside_others(meter, "7")) << "what is recorded is recorded by one";
}

TEST(PriceListCache, KnowsTheTablesOfStoresApart) {
  const std::size_t price = *gas().table("price"), key = gas().tables[price].key, first_price = gas().tables[price].tariff->prices.front();
  DataStore first(gas()), second(gas());
  const auto put = [&](DataStore& store, const std::string& value) { ASSERT_TRUE(store.put(price, {{key, "P"}, {first_price, value}})); };
  PriceListCache cache;
  const auto of = [&](const DataStore& store) { return cache.of(store.tables(), price, 0).tiers.prices.front().to_string(); };
  put(first, "1.5");
  put(second, "2.5");
  EXPECT_EQ(of(first) + " " + of(second) + " " + of(first), "1.5 2.5 1.5");
  DataStore copy = first;
  EXPECT_EQ(of(copy), "1.5");
  put(first, "3.5");
  put(copy, "4.5");
  EXPECT_EQ(of(first) + " " + of(copy) + " " + of(second), "3.5 4.5 2.5");
}

/// Keeps "x" in place of each room.
class OneRoom final : public StoreInterceptor {
 public:
  bool rewrites(const core::Table& table, std::size_t column) const override { return table.columns[column].name == "room"; }
  void rewrite(CellValue& value, std::string& buffer) const override {
    buffer = "x";
    value = CellValue::of(buffer);
  }
};

TEST(Table, WhatIsIndexedIsWhatIsStored) {
  const core::Table& shelf = lending().tables[*lending().table("shelf")];
  const std::size_t room = *shelf.column("room");
  const OneRoom interceptor;
  Table table(shelf, {room}, &interceptor);
  for (const char* key : {"a", "b"}) {
    const RowNumber row = table.get_or_insert(CellValue::of(key));
    for (const char* value : {"A", "B", "A"}) table.set(row, room, CellValue::of(value));
  }
  const MatchingRows found = table.find_by(room, "x");
  EXPECT_EQ(std::vector<RowNumber>(found.begin(), found.end()), (std::vector<RowNumber>{0, 1}));
  EXPECT_TRUE(table.find_by(room, "A").empty());
}

}  // namespace data_store_test
}  // namespace meterproof::store
