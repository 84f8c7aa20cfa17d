// SPDX-License-Identifier: Apache-2.0
// Every mistake that the loaders find, in small files with one mistake each: the right message, and nothing left in English in the Chinese text.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/i18n/catalog.hpp"
#include "core/loader/spec_loader.hpp"
#include "core/loader/target_loader.hpp"
#include "core/loader/workload_loader.hpp"

namespace meterproof::loader {
namespace problem_texts_test {

namespace fs = std::filesystem;
using core::Diagnostic;
using i18n::Language;

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
results:
  - { code: 41, zh: 未通过鉴权, en: refused, stage: authentication, when: [token_wrong] }
  - { code: 43, zh: 无法解析, en: unreadable, stage: body, when: [unparsable, { malformed: any }] }
  - { code: 44, zh: 存储错误, en: storage failed, injected_by: storage, why: { zh: 需协助, en: needs help } }
tables:
  price: { key: code, columns: { code: text, first: decimal, second: decimal, bound: decimal, period: int, month: int, day: int },
           tariff: { boundaries: [bound], prices: [first, second], period: { column: period, monthly: 1 }, month: month, day: day } }
  book: { key: isbn, columns: { isbn: text, title: text, copies: int, cost: decimal, price: price, lent: date, seen: datetime } }
)";
const std::string lend_file = R"(interface: Lend
section: "2"
title: { zh: 借书, en: Lend a book }
served_by: platform
path: /lend
request:
  isbn:  { type: text, required: Y, zh: 书号, en: ISBN, refers: book }
  count: { type: int, zh: 册数, en: count, range: [1, 9], example: "1" }
  kind:  { type: int, zh: 类别, en: kind, values: { 1: [短期, short], 2: [长期, long] } }
  cost:  { type: decimal, zh: 押金, en: deposit, scale: 2, example: "1.5" }
  from:  { type: text, format: date, zh: 开始, en: from, example: "2026-01-01" }
variants:
  plain: { all: yes }
reply:
  isbn: { type: text, zh: 书号, en: ISBN, echoes: isbn }
  left: { type: int, zh: 剩余, en: left }
results:
  - { code: 0, zh: 成功, en: done }
  - { code: 1, zh: 缺少书号, en: no ISBN, when: { empty: isbn } }
  - { code: 2, zh: 没有此书, en: no such book, when: { unknown: isbn } }
  - { code: 3, zh: 册数越界, en: out of range, when: { out_of_range: count, from: plain } }
effects:
  - find: { row: book, in: book, by: { isbn: request.isbn } }
  - update: { row: book, set: { copies: { subtract: [book.copies, request.count] } } }
  - rows: { of: book, fields: { isbn: book.isbn, left: book.copies } }
generators:
  isbn: { numbered: "B####" }
  count: { counter: [1, 2], from: [0, 9] }
  cost: { delta_of: count }
open_questions:
  - { id: again, when: { in_state: { isbn: { copies: "0" } } }, accept: [0, 1], ask: { zh: 没有库存？, en: "none left?" } }
)";
const std::string add_file = R"(interface: Add
section: "3"
title: { zh: 入库, en: Add a book }
served_by: billing
path: /add
request:
  isbn: { type: text, required: Y, zh: 书号, en: ISBN, names: book }
results:
  - { code: 0, zh: 成功, en: done }
  - { code: 1, zh: 缺少书号, en: no ISBN, when: { empty: isbn } }
effects:
  - insert: { in: book, set: { isbn: request.isbn } }
)";
const std::string sequence_file = R"(lent-once:
  about: Lend
  zh: 入库后可借
  en: what was added can be lent
  steps: [{ call: Add }, { call: Lend, shows: left }]
)";

core::Result<core::Spec> spec_of(const std::string& common, const std::string& lend, const std::string& add, const std::string& sequence) {
  return parse_spec({"common.yaml", common}, {{"lend.yaml", lend}, {"add.yaml", add}}, {{"sequence.yaml", sequence}});
}

const core::Spec& small_spec() {
  static const core::Spec spec = [] {
    auto loaded = spec_of(common_file, lend_file, add_file, sequence_file);
    if (!loaded) throw std::runtime_error(format(loaded.problems(), Language::en));
    return std::move(*loaded);
  }();
  return spec;
}

void collect_ids(const i18n::Message& message, std::set<std::string>& ids) {
  ids.insert(message.id);
  for (const i18n::Argument& one : message.arguments)
    for (const i18n::Message& inner : one.messages) collect_ids(inner, ids);
}

/// Two words of small letters with a space between them; names in quotes and code in backticks do not count.
std::string english_in(std::string_view text) {
  std::string own;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool quote = text[at] == '"' || text[at] == '`';
    const std::size_t end = quote ? text.find(text[at], at + 1) : std::string_view::npos;
    if (end != std::string_view::npos) at = end;
    else own += text[at];
  }
  const auto small = [](char c) { return c >= 'a' && c <= 'z'; };
  for (std::size_t at = 1; at + 1 < own.size(); ++at)
    if (own[at] == ' ' && small(own[at - 1]) && small(own[at + 1])) return own;
  return {};
}

/// All that the tests have seen of the catalogue.
class Seen {
 public:
  /// `id`: of a fault or remedy that must be among the problems.
  void take(std::vector<Diagnostic> problems, const std::string& id, const std::string& mistake) {
    std::set<std::string> ids;
    for (Diagnostic& problem : problems) {
      collect_ids(problem.message, ids);
      collect_ids(problem.remedy, ids);
      problem.source_line.clear();
      const std::string chinese = format(problem, Language::zh);
      EXPECT_NE(chinese.find("错误："), std::string::npos) << chinese;
      EXPECT_EQ(english_in(chinese), "") << mistake;
    }
    EXPECT_TRUE(ids.contains(id)) << id << " is not said of " << mistake << ", but:\n" << format(problems, Language::en);
    ids_.insert(ids.begin(), ids.end());
  }
  const std::set<std::string>& ids() const { return ids_; }

 private:
  std::set<std::string> ids_;
};

struct Mistake {
  const char* id;
  const char* from;
  const char* to;
};

std::string with(std::string text, const Mistake& mistake) {
  const std::size_t at = text.find(mistake.from);
  EXPECT_NE(at, std::string::npos) << "no " << mistake.from;
  return at == std::string::npos ? text : text.replace(at, std::string_view(mistake.from).size(), mistake.to);
}

void see_spec_files(Seen& seen) {
  const Mistake in_common[] = {
      {"spec.recipe", "[app_id, \":\", timestamp]", "[timestamp, \":\", app_id]"},
      {"spec.no-token", ", md5: [app_id, app_secret, timestamp]", ""},
      {"spec.no-authorization", ", base64: [app_id, \":\", timestamp]", ""},
      {"spec.only-format", "format: yyyyMMddHHmmss", "format: ddMMyyyy"},
      {"spec.not-an-offset", "+08:00", "8"},
      {"spec.no-column", "month: month", "month: moth"},
      {"spec.not-a-type", "title: text", "title: txt"},
      {"spec.tariff-prices", "prices: [first, second]", "prices: [first]"},
      {"spec.version-form", "1.0.0", "one"},
      {"spec.code-without-stage", "stage: authentication", "stage: none"},
      {"spec.unknown-rule-kind", "malformed: any", "malfromed: any"},
      {"spec.unknown-signature-error", "token_wrong", "token_wrng"},
      {"spec.code-wordings", "en: refused, ", ""},
      {"spec.question-of-all", "success: 0", "success: 0\nopen_questions: [{ id: x, when: { empty: isbn }, ask: { zh: 问, en: q } }]"},
      {"file.expected", "malformed: any", "malformed: isbn"},
      {"file.expected", "{ malformed: any }", "malformed"},
      {"file.mapping-expected", "why: { zh: 需协助, en: needs help }", "why: needs help"},
      {"file.outside", "tolerance: 300", "tolerance: 999999"},
      {"file.not-a-whole-number", "success: 0", "success: none"},
  };
  for (const Mistake& one : in_common) {
    const auto loaded = spec_of(with(common_file, one), lend_file, add_file, sequence_file);
    ASSERT_FALSE(loaded) << one.id;
    seen.take(loaded.problems(), one.id, one.to);
  }
  const Mistake in_lend[] = {
      {"file.key-missing", "path: /lend\n", ""},
      {"file.given-twice", "path: /lend", "path: /lend\npath: /lend"},
      {"file.unknown-key", "path: /lend", "pth: /lend"},
      {"file.unknown-role", "served_by: platform", "served_by: platfrom"},
      {"file.neither", "path: /lend", "path: /lend\ncommon_results: all"},
      {"file.mapping-expected", "variants:\n  plain: { all: yes }", "variants: 1"},
      {"file.value-expected", "section: \"2\"", "section: [2]"},
      {"file.no-table", "refers: book", "refers: bok"},
      {"file.not-a-number", "1: [短期, short]", "one: [短期, short]"},
      {"file.not-a-number", "1: [短期, short]", ".5: [短期, short]"},
      {"file.not-a-whole-number", "1: [短期, short]", "1.5: [短期, short]"},
      {"file.expected", "{ in_state: { isbn: { copies: \"0\" } } }", "{ in_state: { isbn: { copies: \"0\", title: a } } }"},
      {"file.expected", "{ in_state: { isbn: { copies: \"0\" } } }", "{ in_state: { isbn: { copies: \"0\" }, from: { copies: \"0\" } } }"},
      {"file.expected", "row: book, set", "row: book, when: { later: [now] }, set"},
      {"spec.delay-find", "effects:\n", "delayed: { until: contact }\neffects:\n"},
      {"spec.step-kind", "effects:\n", "effects:\n  - { insert: { in: book, set: { isbn: next } }, find: {} }\n"},
      {"spec.no-row", "update: { row: book", "update: { row: bok"},
      {"spec.reply-field-unfilled", ", left: book.copies }", " }"},
      {"spec.row-unknown", "left: book.copies", "left: bok.copies"},
      {"spec.no-field", "{ empty: isbn }", "{ empty: isb }"},
      {"spec.reply-of", "left: book.copies", "lft: book.copies"},
      {"spec.the-request", "echoes: isbn", "echoes: isb"},
      {"spec.column-does-not-refer", "left: book.copies", "left: book.copies.title"},
      {"spec.tariff-expected", "left: book.copies", "left: { tier_price: book.title, at: \"1\" }"},
      {"spec.too-few-values", "[book.copies, request.count]", "[book.copies]"},
      {"spec.unknown-operation", "subtract:", "substract:"},
      {"spec.unknown-type", "count: { type: int", "count: { type: itn"},
      {"spec.unknown-format", "format: date", "format: dat"},
      {"spec.format-of-text", "count: { type: int", "count: { type: int, format: date"},
      {"spec.vocabulary-entry", "1: [短期, short]", "1: short"},
      {"spec.range-form", "range: [1, 9]", "range: [9, 1]"},
      {"spec.scale", "scale: 2", "scale: 12"},
      {"spec.field-wordings", "zh: 册数, en: count", "zh: 册数"},
      {"spec.where-without-refers", "count: { type: int", "count: { type: int, where: { copies: [1] }"},
      {"spec.echoes", "refers: book }", "refers: book, echoes: isbn }"},
      {"spec.not-done", "count: { type: int", "count: { type: int, not_done: [1]"},
      {"spec.not-listed", "left: { type: int", "left: { type: int, not_done: [7]"},
      {"spec.no-valid-value", ", example: \"1\" }", " }"},
      {"spec.obeys", "count: { type: int", "count: { type: int, obeys: { field: nothing }"},
      {"spec.low-above-high", "counter: [1, 2]", "counter: [2, 1]"},
      {"spec.numbered-digits", "\"B####\"", "\"B\""},
      {"spec.digits-apart", "\"B####\"", "\"B##-##\""},
      {"spec.unique-digits", "numbered: \"B####\"", "unique: \"B####\""},
      {"spec.one-of-empty", "cost: { delta_of: count }", "cost: { one_of: [] }"},
      {"spec.not-generated", "cost: { delta_of: count }", "cost: { scale: 1 }"},
      {"spec.must-be-counter", "counter: [1, 2], from: [0, 9]", "constant: \"1\""},
      {"spec.pattern-of-number", "cost: { delta_of: count }", "cost: { numbered: \"##\" }"},
      {"workload.column-without-data", "cost: { delta_of: count }", "cost: { column: sum }"},
      {"workload.only-in-mix", "cost: { delta_of: count }", "cost: { produced_by: Add.isbn }"},
      {"spec.guard-form", "{ empty: isbn }", "{ empty: isbn, unless: {} }"},
      {"spec.no-referring-column", "{ copies: \"0\" }", "{ price.first: \"0\" }"},
      {"spec.two-fields", "{ unknown: isbn }", "{ out_of_order: [from] }"},
      {"spec.one-field", "{ unknown: isbn }", "{ unknown: [isbn, from] }"},
      {"spec.one-field", "{ unknown: isbn }", "{ blank_alone: [isbn, from] }"},
      {"spec.no-operand", "{ out_of_range: count, from: plain }", "{ out_of_range: [] }"},
      {"spec.no-operand", "{ out_of_range: count, from: plain }", "{ not_above: {} }"},
      {"spec.field-does-not-refer", "isbn: { copies", "count: { copies"},
      {"spec.rule-second-kind", "{ unknown: isbn }", "{ unknown: isbn, taken: isbn }"},
      {"spec.rule-without-kind", "{ unknown: isbn }", "{ or: [1] }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ unknown: count }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ taken: isbn }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ apart: [isbn, count] }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ out_of_order: [from, count] }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ not_above: { from: \"1\" } }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ not_above: { count: few } }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ not_above: { count: \"0.5\" } }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ out_of_range: cost }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ unlisted: count }"},
      {"spec.rule-does-not-fit", "{ unknown: isbn }", "{ too_precise: count }"},
      {"spec.no-variant", "from: plain", "from: plin"},
      {"spec.no-success-code", "code: 0, zh: 成功, en: done", "code: 9, zh: 成功, en: done, why: { zh: 无, en: none }"},
      {"spec.question-twice", "open_questions:\n", "open_questions:\n  - { id: again, ask: { zh: 问, en: q } }\n"},
      {"spec.places-form", "open_questions:\n",
       "open_questions:\n  - { id: places, places: { cost: 2 }, interpretations: [exact, rounded], ask: { zh: 问, en: q } }\n"},
      {"spec.places-of-no-decimal", "open_questions:\n",
       "open_questions:\n  - { id: places, places: { count: 2 }, interpretations: [rounded, exact, refused], ask: { zh: 问, en: q } }\n"},
      {"spec.rule-without-answers", "accept: [0, 1], ", ""},
      {"spec.missing-unanswered", "{ empty: isbn }", "{ blank_alone: isbn }"},
      {"spec.code-without-rule", ", when: { unknown: isbn }", ""},
      {"spec.valid-request-breaks", "{ unknown: isbn }", "{ not_above: { count: 5 } }"},
      {"spec.valid-request-breaks", "example: \"2026-01-01\"", "example: \"2026-02-30\""},
      {"spec.valid-request-no-json", "example: \"1.5\"", "example: fifty"},
      {"spec.code-twice", "code: 2, zh: 没有此书", "code: 1, zh: 没有此书"},
      {"spec.codes-alike", "zh: 没有此书", "zh: 缺少书号"},
      {"spec.code-unreachable", "{ unknown: isbn }", "{ empty: isbn }"},
  };
  for (const Mistake& one : in_lend) {
    const auto loaded = spec_of(common_file, with(lend_file, one), add_file, sequence_file);
    ASSERT_FALSE(loaded) << one.id;
    seen.take(loaded.problems(), one.id, one.to);
  }
  const Mistake key_not_set = {"spec.key-not-set", "set: { isbn: request.isbn }", "set: { title: request.isbn }"};
  seen.take(spec_of(common_file, lend_file, with(add_file, key_not_set), sequence_file).problems(), key_not_set.id, key_not_set.to);
  const Mistake in_sequence[] = {
      {"file.no-interface", "call: Add", "call: Ad"},
      {"spec.no-question", "shows: left", "survey: Lend/nothing"},
      {"spec.no-key-of-field", "shows: left", "with: { count: { key: a } }"},
      {"file.no-table", "call: Add", "call: Add, with: { isbn: { key: a, of: bok } }"},
      {"spec.no-rows-to-keep", "call: Add", "call: Add, keep: rows"},
      {"spec.no-rows-kept", "shows: left", "same: rows"},
      {"spec.numbered-digits", "call: Add", "call: Add, with: { isbn: { numbered: one } }"},
      {"spec.sequence-empty", "[{ call: Add }, { call: Lend, shows: left }]", "[]"},
  };
  for (const Mistake& one : in_sequence) {
    const auto loaded = spec_of(common_file, lend_file, add_file, with(sequence_file, one));
    ASSERT_FALSE(loaded) << one.id;
    seen.take(loaded.problems(), one.id, one.to);
  }
  const Mistake twice[] = {{"spec.interface-twice", "path: /lend", "path: /again"}, {"spec.same-path", "interface: Lend", "interface: Again"}};
  for (const Mistake& one : twice)
    seen.take(parse_spec({"common.yaml", common_file}, {{"a.yaml", lend_file}, {"b.yaml", with(lend_file, one)}}).problems(), one.id, one.to);
  seen.take(parse_spec({"common.yaml", common_file}, {}).problems(), "spec.no-interfaces", "no interface");
  seen.take(load_spec("/nowhere/at/all").problems(), "spec.no-folder", "no folder");
}

void see_yaml(Seen& seen) {
  const std::pair<const char*, const char*> broken[] = {
      {"file.not-a-mapping", "- 1"},
      {"file.second-document", "a: 1\n---\nb: 2"},
      {"file.yaml-mapping-unfinished", "a: {b: 1"},
      {"file.yaml-list-unfinished", "a: [1"},
      {"file.yaml-value-unfinished", "a: \"b"},
      {"file.yaml-token", "a: @b"},
      {"file.yaml-document-marker", "a: \"b\n---\nc\""},
      {"file.yaml-character", "a: |x\nb"},
      {"file.yaml-tab", "a: |\n\tb"},
      {"file.yaml-closing-bracket", "a: ]"},
      {"file.yaml-list-item", "a: - b"},
      {"file.yaml-key", "a: ? b"},
      {"file.yaml-value", "a: b: c"},
      {"file.yaml-alias", "a: *x"},
      {"file.yaml-escape", "a: \"\\q\""},
  };
  for (const auto& [id, text] : broken) seen.take(parse_spec({"common.yaml", text}, {}).problems(), id, text);
}

TEST(ProblemTexts, AreChineseWhereChineseIsWanted) {
  Seen seen;
  see_yaml(seen);
  see_spec_files(seen);

  const fs::path folder = fs::temp_directory_path() / ("meterproof-problems-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  };
  const std::pair<const char*, const char*> fixtures[] = {
      {"fixtures.integer", "book: [{ isbn: a, copies: x }]"},
      {"fixtures.decimal", "book: [{ isbn: a, cost: x }]"},
      {"fixtures.date", "book: [{ isbn: a, lent: x }]"},
      {"fixtures.time", "book: [{ isbn: a, seen: x }]"},
      {"fixtures.no-key", "book: [{ title: a }]"},
      {"fixtures.key-twice", "book: [{ isbn: a }, { isbn: a }]"},
      {"fixtures.no-row", "book: [{ isbn: a, price: p }]"},
  };
  for (const auto& [id, text] : fixtures) {
    const auto loaded = load_fixtures(small_spec(), write("fixtures.yaml", text));
    ASSERT_FALSE(loaded) << id;
    seen.take(loaded.problems(), id, text);
  }
  seen.take(load_fixtures(small_spec(), "/nowhere").problems(), "file.check-readable", "no file");
  seen.take(load_fixtures(small_spec(), "/dev/zero").problems(), "input.not-a-file", "a device");

  seen.take(load_apps("/nowhere").problems(), "apps.name-file", "no file");
  seen.take(load_apps(write("apps.txt", "")).problems(), "apps.empty", "nothing");
  seen.take(load_apps(write("apps.txt", "demo\n")).problems(), "apps.no-pair", "no pair");
  seen.take(load_apps(write("apps.txt", "demo:se #cret\n")).problems(), "apps.comment-or-secret", "a comment or a secret");
  seen.take(load_apps(write("apps.txt", "demo:\"secret\"\n")).problems(), "apps.quoted", "quotes");
  seen.take(load_apps(write("apps.txt", "demo:a\u00A0b\n")).problems(), "apps.in-the-secret", "an odd secret");
  seen.take(load_apps(write("apps.txt", "de\u00A0mo:a\n")).problems(), "apps.in-the-id", "an odd appId");
  seen.take(load_apps(write("apps.txt", "demo:" + std::string(2000, 'a') + "\n")).problems(), "apps.too-long", "a long secret");
  seen.take(load_apps(write("apps.txt", std::string("\xFF\xFE"
                                                    "d\0",
                                                    4)))
                .problems(),
            "input.utf16", "UTF-16");
  seen.take(load_apps(write("apps.txt", "demo:\xC3\xDC\xD4\xBF\n")).problems(), "input.not-utf8", "GBK");

  const std::pair<const char*, const char*> targets[] = {
      {"target.unclosed", "url: \"${a\""},
      {"target.no-variable", "url: ${METERPROOF_IS_NOT_SET}"},
      {"target.no-fault", "fault_hooks: { disk: { break: a, repair: b } }"},
      {"target.per-second", "pacing: { per_second: 0 }"},
      {"target.expires", "waivers: [{ cases: a, reason: b, expires: c }]"},
      {"target.no-reason", "waivers: [{ cases: a, reason: \" \", expires: 2030-01-01 }]"},
      {"file.not-a-number", "pacing: { per_second: inf }"},
      {"file.no-table", "fixtures: { bok: a }"},
      {"file.no-state", "fixtures: { book.1: a }"},
      {"file.no-states", "fixtures: { price.old: a }"},
      {"target.no-key", "fixtures: { book: \"\" }"},
      {"target.rows-of-what", "rows: { Nothing: [{ isbn: a }] }"},
      {"target.row-is-no-map", "rows: { Lend: [a] }"},
      {"target.no-field", "rows: { Lend: [{ shelf: a }] }"},
      {"target.cell-number", "rows: { Lend: [{ left: few }] }"},
      {"target.cell-moment", "rows: { Lend: [{ from: soon }] }"},
      {"target.hook-url", "fault_hooks: { storage: { break: { url: nonsense }, repair: a } }"},
      {"file.unknown-role", "role: none"},
      {"target.variable-name", "url: \"${变量}\""},
      {"target.variable-form", "url: \"${}\""},
      {"file.tag", "url: !!binary aHR0cDovL2g="},
      {"file.tag-advice", "url: !!binary aHR0cDovL2g="},
      {"target.not-a-time", "timeout: soon"},
      {"target.time-above-zero", "timeout: 0s"},
      {"target.quote-secret", "apps:\n  - id: a\n    secret: ab #cd\n"},
      {"target.odd-character", "apps: [{ id: \"a\\u00a0\", secret: b }]"},
  };
  for (const auto& [id, text] : targets) {
    const auto loaded = load_target(small_spec(), write("target.yaml", text), {true, true, {}});
    ASSERT_FALSE(loaded) << id;
    seen.take(loaded.problems(), id, text);
  }

  const std::pair<const char*, const char*> foreign_targets[] = {
      {"target.variable-not-allowed", "url: \"http://${HOME}\""},
      {"target.secret-not-allowed", "apps: [{ id: a, secret: \"${HOME}\" }]"},
      {"target.command-not-allowed", "fault_hooks: { storage: { break: a, repair: b } }"},
      {"target.request-not-allowed", "fault_hooks: { storage: { break: { url: \"http://h\" }, repair: { url: \"http://h\" } } }"},
  };
  for (const auto& [id, text] : foreign_targets) {
    const auto loaded = load_target(small_spec(), write("target.yaml", text), {});
    ASSERT_FALSE(loaded) << id;
    seen.take(loaded.problems(), id, text);
  }

  write("empty.csv", "");
  write("head.csv", "sum\n");
  write("quote.csv", "sum\n\"1\n");
  write("head-quote.csv", "\"sum\n1\n");
  write("wide.csv", "sum\n1,2\n");
  write("semicolon.csv", "sum;count\n1;2\n");
  write("twice.csv", "sum,sum\n1,2\n");
  write("glued.csv", "sum,count\n\"1\"2,3\n");
  write("blank.csv", "sum\n 1\n");
  write("gbk.csv", "sum\n\xC3\xDC\n");
  write("comment.csv", "# sums\nsum\n1\n");
  write("data.csv", "sum\nx\n");
  const std::string call = "mix: [{ call: Lend }]\n";
  const std::pair<const char*, std::string> workloads[] = {
      {"workload.data-unreadable", "data: no.csv\n" + call},
      {"workload.data-outside", "data: ../no.csv\n" + call},
      {"workload.data-empty", "data: empty.csv\n" + call},
      {"workload.no-row", "data: head.csv\n" + call},
      {"workload.comment-line", "data: comment.csv\n" + call},
      {"workload.open-quote", "data: quote.csv\n" + call},
      {"workload.open-quote", "data: head-quote.csv\n" + call},
      {"workload.field-count", "data: wide.csv\n" + call},
      {"workload.other-separator", "data: semicolon.csv\n" + call},
      {"workload.column-twice", "data: twice.csv\n" + call},
      {"workload.behind-quote", "data: glued.csv\n" + call},
      {"workload.odd-value", "data: blank.csv\n" + call},
      {"input.not-utf8", "data: gbk.csv\n" + call},
      {"workload.weight", "mix: [{ call: Lend, weight: 0 }]"},
      {"workload.fields-not-generated", "mix: [{ call: Add }]"},
      {"workload.not-unique", "mix: [{ call: Lend, with: { isbn: { produced_by: Add.isbn } } }]"},
      {"workload.no-first-call", "mix: [{ call: Lend, with: { isbn: { produced_by: Lend.from }, from: { unique: \"##################\" } } }]"},
      {"workload.not-in-mix", call + "reconcile: [{ of: Add, each: isbn, ask: Lend, with: { isbn: { constant: a } }, shown: left }]"},
      {"workload.must-be-generated", call + "reconcile: [{ of: Lend, each: isbn, ask: Lend, with: { isbn: { constant: a } }, shown: left }]"},
      {"workload.only-in-mix",
       "mix: [{ call: Lend, with: { isbn: { unique: \"##################\" } } }]\n"
       "reconcile: [{ of: Lend, each: isbn, ask: Lend, with: { isbn: { produced_by: Lend.isbn } }, shown: left }]"},
      {"workload.compare-sent",
       "mix: [{ call: Lend, with: { isbn: { unique: \"##################\" } } }]\n"
       "reconcile: [{ of: Lend, each: isbn, ask: Lend, with: { isbn: { constant: a } }, shown: left, compare: { from: left } }]"},
      {"workload.compare-each",
       "mix: [{ call: Lend, with: { count: { counter: [1, 2], from: [1, 2] } } }]\n"
       "reconcile: [{ of: Lend, last: count, ask: Lend, with: { isbn: { constant: a } }, shown: left, compare: { count: left } }]"},
      {"spec.must-be-counter", "mix: [{ call: Lend, with: { count: { constant: 1 } } }]"},
      {"spec.pattern-of-number", "mix: [{ call: Lend, with: { kind: { numbered: \"##\" } } }]"},
      {"workload.not-a-number", "mix: [{ call: Lend, with: { count: { constant: 1O } } }]"},
      {"workload.not-a-number-in-data", "data: data.csv\nmix: [{ call: Lend, with: { kind: { column: sum } } }]"},
      {"workload.no-column", "data: data.csv\nmix: [{ call: Lend, with: { kind: { column: sm } } }]"},
  };
  for (const auto& [id, text] : workloads) {
    const auto loaded = load_workload(small_spec(), write("workload.yaml", "zh: 负载\nen: load\n" + text));
    ASSERT_FALSE(loaded) << id;
    seen.take(loaded.problems(), id, text);
  }
  fs::remove_all(folder);

  for (const i18n::CatalogEntry& entry : i18n::english) {
    const std::string_view area = entry.id.substr(0, entry.id.find('.'));
    const bool of_a_file = area == "apps" || area == "file" || area == "fixtures" || area == "spec" || area == "target" || area == "workload";
    // Two frame the mistakes of a file; the third stands for what yaml-cpp may say in versions to come.
    const bool framed = entry.id == "file.problem" || entry.id == "file.more-problems" || entry.id == "file.yaml-other";
    if (of_a_file && !framed) EXPECT_TRUE(seen.ids().contains(std::string(entry.id))) << "no mistake of this test leads to " << entry.id;
  }
}

}  // namespace problem_texts_test
}  // namespace meterproof::loader
