// SPDX-License-Identifier: Apache-2.0
#include "conformance/clauses.hpp"

#include <array>
#include <map>

#include "conformance/cases/constancy_case.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/cases/similar_rows.hpp"
#include "conformance/cases/transport_case.hpp"
#include "conformance/planner.hpp"
#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::LocalizedText;
using core::Spec;

namespace clause {

std::string code(const Interface& interface, core::Code code) { return interface.section + "/code/" + std::to_string(code.value); }
std::string path(const Interface& interface) { return interface.section + "/path"; }
std::string request(const Interface& interface, std::size_t field) { return interface.section + "/request/" + interface.request[field].name; }
std::string reply(const Interface& interface, const std::string& name) { return interface.section + "/reply/" + name; }
std::string effect(const Interface& interface) { return interface.section + "/effect"; }
std::string refused(const Interface& interface) { return interface.section + "/refused"; }
std::string concurrent(const Interface& interface) { return interface.section + "/concurrent"; }
std::string own_rows(const Interface& interface) { return interface.section + "/own-rows"; }
std::string neighbours(const Interface& interface) { return interface.section + "/neighbours"; }
std::string constancy(const Interface& interface) { return interface.section + "/constancy"; }
std::string values(const Interface& interface) { return interface.section + "/values"; }
std::string sequence(const Interface& interface, const core::Sequence& sequence) { return interface.section + "/sequence/" + sequence.id; }
std::string open_question(const Interface& interface, const core::OpenQuestion& question) { return interface.section + "/open/" + question.id; }
std::string header(const Spec& spec, std::size_t header) { return spec.authentication.section + "/header/" + spec.authentication.headers[header].name; }
std::string general(const Spec& spec, const std::string& what) { return spec.authentication.section + "/" + what; }

std::vector<std::string> of_signature_error(const Spec& spec, core::SignatureError error) {
  const std::string token = header(spec, spec.authentication.token), authorization = header(spec, spec.authentication.authorization);
  switch (error) {
    case core::SignatureError::header_missing: return {token, authorization, general(spec, "authentication")};
    case core::SignatureError::authorization_unreadable:
    case core::SignatureError::app_unknown: return {authorization, general(spec, "authentication")};
    case core::SignatureError::token_wrong: return {token, general(spec, "authentication")};
    case core::SignatureError::timestamp_malformed:
    case core::SignatureError::timestamp_off:
    case core::SignatureError::timestamp_repeated: return {general(spec, "timestamp")};
  }
  return {};
}

}  // namespace clause

namespace {

constexpr std::array<std::string_view, 3> level_names = {"stated", "implied", "open"};

LocalizedText with_note(const LocalizedText& title, const LocalizedText& note) {
  if (note.zh.empty()) return title;
  return {title.zh + "（" + note.zh + "）", title.en + " (" + note.en + ")"};
}

LocalizedText with_values(LocalizedText text, const core::Field& field) {
  for (const core::Choice& choice : field.values) {
    text.zh += (&choice == &field.values.front() ? "：" : "、") + choice.value + " " + choice.label.zh;
    text.en += (&choice == &field.values.front() ? ": " : ", ") + choice.value + " " + choice.label.en;
  }
  return text;
}

class Lister {
 public:
  explicit Lister(const Spec& spec) : spec_(spec) {}

  std::vector<Clause> list() {
    const core::Authentication& authentication = spec_.authentication;
    const std::string& section = authentication.section;
    add(clause::general(spec_, "authentication"), section, authentication.title);
    add(clause::general(spec_, "encoding"), section, {"请求和回复内容统一采用 UTF-8编码形式", "requests and replies are UTF-8"});
    add(clause::general(spec_, "json"), section, {"返回数据采用 Json 封装", "replies are JSON"});
    add(clause::general(spec_, "timestamp"), section,
        {"时间戳是当前系统时间，格式 \"" + authentication.notation + "\"", "the timestamp is the present time, 14 digits"});
    for (std::size_t i = 0; i < authentication.headers.size(); ++i) add(clause::header(spec_, i), section, authentication.headers[i].title);
    for (const HttpVariantInfo& variant : http_variants())
      add(clause::general(spec_, "http/" + variant.slug), section, variant.requirement, variant.stated ? Level::implied : Level::open);
    for (const core::OpenQuestion& question : spec_.open_questions) {
      add(clause::general(spec_, "open/" + question.id), section, question.ask, Level::open);
      out_.back().surveyed = true;
    }
    for (const Interface& interface : spec_.interfaces) add_interface(interface);
    return std::move(out_);
  }

 private:
  void add(const std::string& id, const std::string& section, const LocalizedText& sentence, Level level = Level::stated) {
    out_.push_back({id, section, sentence, level, false});
  }

  void add_interface(const Interface& interface) {
    const std::string& section = interface.section;
    add(clause::path(interface), section,
        {interface.title.zh + "：" + spec_.method + " " + interface.path, interface.title.en + ": " + spec_.method + " " + interface.path});
    for (std::size_t i = 0; i < interface.request.size(); ++i) {
      const core::Field& field = interface.request[i];
      add(clause::request(interface, i), section + ".1", with_values(with_note(field.title, field.note), field));
    }
    add(clause::reply(interface, spec_.envelope.code), section + ".2", {"响应码", "the result code"});
    add(clause::reply(interface, spec_.envelope.message), section + ".2", {"响应消息", "the message"});
    for (const core::Field& field : interface.reply)
      add(clause::reply(interface, field.name), section + ".2", with_values(with_note(field.title, field.note), field));
    for (const core::ResultRow& row : interface.results) add(clause::code(interface, row.code), section + ".3", row.title);
    const Level common = interface.common_results == core::CommonResults::listed ? Level::stated : Level::implied;
    for (const core::ResultRow& row : spec_.common)
      if (interface.result(row.code) == nullptr && (common == Level::stated || row.injected_by.empty()))
        add(clause::code(interface, row.code), section + ".3", row.title, common);
    if (!interface.effects.empty()) add(clause::effect(interface), section, interface.purpose.zh.empty() ? interface.title : interface.purpose);
    if (!interface.results.empty())
      add(clause::refused(interface), section, {"被拒绝的请求不产生任何影响", "a refused request changes nothing"}, Level::implied);
    if (!changed_tables(interface).empty())
      add(clause::concurrent(interface), section, {"同时到达的相同请求只生效一次", "identical requests at the same moment take effect once"}, Level::implied);
    if (!interface.reply.empty())
      add(clause::own_rows(interface), section, {"并发查询互不串扰", "queries at the same moment are each answered with their own rows"}, Level::implied);
    if (!changed_tables(interface).empty() && shows_values(spec_, interface))
      add(clause::values(interface), section, {"保存的值在查询中原样返回", "what was stored is shown as it was sent"}, Level::implied);
    if (has_similar_rows(spec_, {}, interface))
      add(clause::neighbours(interface), section,
          {"编号须完全相等：只涉及请求所指的数据", "a key is one row's: a request is about the rows that it names, and no others"}, Level::implied);
    if (has_constants(spec_, {}, interface))
      add(clause::constancy(interface), section,
          {"未对其操作的数据保持不变，各查询内容一致", "what nothing was done to stays as it was, and is the same in every query"}, Level::implied);
    for (const core::Sequence& sequence : spec_.sequences)
      if (&spec_.interfaces[sequence.interface] == &interface) add(clause::sequence(interface, sequence), section, sequence.sentence, Level::implied);
    for (const core::OpenQuestion& question : interface.open_questions) {
      add(clause::open_question(interface, question), section, question.ask, Level::open);
      out_.back().surveyed = !question.when;
    }
  }

  const Spec& spec_;
  std::vector<Clause> out_;
};

}  // namespace

std::string_view to_string(Level level) { return level_names[static_cast<std::size_t>(level)]; }

std::vector<Clause> clauses(const Spec& spec) { return Lister(spec).list(); }

std::string clause_table(const Spec& spec) {
  std::map<std::string, std::vector<std::string>> cases;
  const CaseList planned = plan(spec, {});
  for (const auto& one : planned)
    for (const std::string& clause : one->info().clauses) cases[clause].push_back(one->info().id);
  std::string out = "| 条款 / clause | § | 级别 / level | 原文 / sentence | 用例 / cases |\n| --- | --- | --- | --- | --- |\n";
  for (const Clause& clause : clauses(spec)) {
    const auto& ids = cases[clause.id];
    std::string tested = clause.surveyed ? "survey" : std::to_string(ids.size());
    if (!ids.empty()) tested = std::to_string(ids.size()) + ": `" + ids.front() + "`" + (ids.size() > 1 ? " …" : "");
    out += "| `" + clause.id + "` | " + clause.section + " | " + std::string(to_string(clause.level)) + " | " + clause.sentence.zh + "<br>" +
           clause.sentence.en + " | " + tested + " |\n";
  }
  return out;
}

}  // namespace meterproof::conformance
