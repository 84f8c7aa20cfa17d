// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/text/utf8.hpp"
#include "reports/html.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/report_writer.hpp"
#include "reports/text.hpp"

namespace meterproof::reports {
namespace {

CheckRecord hostile_record() {
  CheckRecord record;
  record.target = "http://t";
  record.role = "platform";
  record.verdict = RunVerdict::does_not_conform;
  record.exit_code = 1;
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    CaseRecord one;
    one.id = "I/" + std::to_string(i) + "/a<b>&\"";
    one.interface = "I";
    one.section = "3.1";
    one.verdict = static_cast<Verdict>(i);
    one.observed = i18n::verbatim("<script>\x01\xff\xfe</script>]]>\xef\xbf\xbf");
    one.reason = i18n::verbatim("a\x1b[31mred");
    one.reply.body = std::string("\0\xc0\xaf", 3);
    record.cases.push_back(one);
  }
  return record;
}

TEST(Reports, JsonIsValidWhateverTheTargetSaid) {
  const auto json = nlohmann::json::parse(to_json(hostile_record()));
  EXPECT_EQ(json["summary"]["failed"], 1);
  EXPECT_EQ(json["cases"].size(), verdict_names.size());
  EXPECT_EQ(json["exit_code"], 1);
}

TEST(Reports, JunitCountsWhatConsumersCount) {
  const std::string xml = to_junit(hostile_record());
  EXPECT_NE(xml.find("tests=\"7\" failures=\"1\" errors=\"1\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("skipped=\"3\""), std::string::npos);
  EXPECT_EQ(xml.find("<script>"), std::string::npos);
  for (const char c : xml) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20U || c == '\n') << static_cast<int>(c);
}

TEST(Reports, TextCarriesNoControlCharactersWhereverTheyStand) {
  // Records come from others: every text of theirs may be hostile.
  CheckRecord record = hostile_record();
  const std::string evil = "\x1b[2J</script>\x07";
  const i18n::Message said = i18n::untranslated(evil);
  record.target += evil, record.role += evil, record.filter = evil;
  record.notes = {said};
  record.calibration = {{evil, {evil, {{evil, evil, {}}}, evil}}};
  record.questions = {{evil, evil, evil, {evil}, {evil}, true}, {evil, evil, evil, {evil}, {}, false}};
  for (CaseRecord& one : record.cases) {
    one.section = one.curl = evil;
    one.title = one.requirement = {evil, evil};
    one.expected = said;
  }
  for (const bool brief : {false, true})
    for (const Language language : {Language::en, Language::zh})
      for (const char c : to_text(record, TextStyle{false, language, brief})) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20U || c == '\n');
  const std::string markdown = to_markdown(record);
  EXPECT_EQ(markdown.find('\x1b'), std::string::npos);
  EXPECT_EQ(markdown.find("</script>"), std::string::npos);
  LoadRecord load;
  load.reconciliation.emplace_back().name = evil;
  load.thresholds.push_back({evil, false, said});
  load.errors = {{said, 1}};
  load.runs.emplace_back().verdict = load.verdict = said;
  load.differences.emplace_back().metric = load.workload = load.mode = evil;
  load.notes = load.stages = {said};
  for (const char c : to_text(load)) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20U || c == '\n');
  EXPECT_EQ(to_markdown(load).find('\x1b'), std::string::npos);
}

TEST(Reports, ColoursAreColours) {
  const std::string text = to_text(hostile_record(), TextStyle{true, Language::en, true});
  EXPECT_NE(text.find("\x1b[33minconclusive\x1b[0m: a\\x1b[31mred"), std::string::npos) << text;
}

TEST(Reports, MarkdownIsNotCutWithinACharacter) {
  CheckRecord record = hostile_record();
  for (CaseRecord& one : record.cases) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "表";
    one.expected = i18n::verbatim(text);
  }
  EXPECT_EQ(to_markdown(record).find("\xEF\xBF\xBD…"), std::string::npos);
}

TEST(Reports, JunitOfARunThatJudgedNothingIsAnError) {
  for (const int exit_code : {3, 4}) {
    CheckRecord record;
    record.exit_code = exit_code;
    record.verdict = RunVerdict::unreachable;
    const std::string xml = to_junit(record);
    EXPECT_NE(xml.find("tests=\"1\" failures=\"0\" errors=\"1\""), std::string::npos) << xml;
  }
}

// A pipeline shows counts: a run that could not be judged is one error, not a thousand skips.
TEST(Reports, JunitTellsWhatCouldNotBeJudgedByOneError) {
  const auto count = [](const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  };
  for (const int exit_code : {0, 1, 2, 3, 4}) {
    const bool judged = exit_code <= 1;
    CheckRecord check;
    check.exit_code = exit_code;
    for (const Verdict verdict : {Verdict::passed, Verdict::failed, Verdict::inconclusive, Verdict::inconclusive}) {
      CaseRecord& one = check.cases.emplace_back();
      one.id = "a/" + std::to_string(check.cases.size());
      one.interface = "a";
      one.verdict = verdict;
    }
    std::string xml = to_junit(check);
    EXPECT_EQ(count(xml, "<testcase "), judged ? 4U : 3U) << xml;
    EXPECT_EQ(count(xml, "<skipped"), judged ? 2U : 0U) << xml;
    EXPECT_EQ(count(xml, "<error message="), judged ? 0U : 1U) << xml;
    EXPECT_EQ(count(xml, "<failure message="), 1U) << xml;
    EXPECT_EQ(xml.find("received: 0"), std::string::npos) << xml;

    LoadRecord load;
    load.exit_code = exit_code;
    load.verdict = i18n::untranslated("why");
    xml = to_junit(load);
    EXPECT_EQ(count(xml, "<error message=\"why\">why</error>"), exit_code > 1 ? 1U : 0U) << xml;
    EXPECT_EQ(count(xml, "<failure message=\"why\">why</failure>"), exit_code == 1 ? 1U : 0U) << xml;
    EXPECT_NE(xml.find(exit_code > 1 ? "errors=\"1\"" : "errors=\"0\""), std::string::npos) << xml;
    EXPECT_EQ(xml.find("<skipped"), std::string::npos) << xml;
  }
}

TEST(Sanitize, LeavesTextAloneAndDisarmsTheRest) {
  EXPECT_EQ(core::sanitize("中文 😀\n\t"), "中文 😀\n\t");
  EXPECT_EQ(core::sanitize("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(core::sanitize("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(core::sanitize("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
}

TEST(Reports, AnUnsupportedPercentileIsNull) {
  LoadRecord record;
  record.response_time.p999 = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(nlohmann::json::parse(to_json(record))["response_time_ms"]["p999"].is_null());
}

TEST(Reports, EveryFormatWritesBothKindsOfRecord) {
  for (const auto& writer : report_writers()) {
    EXPECT_FALSE(writer->description().empty()) << writer->name();
    for (const Language language : {Language::en, Language::zh}) {
      ReportOptions options;
      options.style.language = language;
      EXPECT_FALSE(writer->write({hostile_record()}, options).empty()) << writer->name();
      EXPECT_FALSE(writer->write({LoadRecord()}, options).empty()) << writer->name();
    }
  }
}

}  // namespace
}  // namespace meterproof::reports
