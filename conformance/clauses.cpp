#include "conformance/clauses.hpp"

#include <array>
#include <map>

#include "conformance/request_mutations.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::LocalizedText;
using core::Spec;

namespace {

constexpr std::array<std::string_view, 3> level_names = {"stated", "implied", "open"};

std::string code_id(const Interface& interface, core::Code code) { return interface.section + "/code/" + std::to_string(code.value); }
std::string request_id(const Interface& interface, std::size_t field) { return interface.section + "/request/" + interface.request[field].name; }
std::string reply_id(const Interface& interface, const std::string& name) { return interface.section + "/reply/" + name; }
std::string header_id(const Spec& spec, std::size_t header) { return spec.authentication.section + "/header/" + spec.authentication.headers[header].name; }
std::string general(const Spec& spec, const std::string& what) { return spec.authentication.section + "/" + what; }

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
    add(general(spec_, "authentication"), section, authentication.title);
    add(general(spec_, "encoding"), section, {"请求和回复内容统一采用 UTF-8编码形式", "requests and replies are UTF-8"});
    add(general(spec_, "json"), section, {"返回数据采用 Json 封装", "replies are JSON"});
    add(general(spec_, "timestamp"), section,
        {"时间戳是当前系统时间，格式 \"" + authentication.notation + "\"", "the timestamp is the present time, 14 digits"});
    for (std::size_t i = 0; i < authentication.headers.size(); ++i) add(header_id(spec_, i), section, authentication.headers[i].title);
    for (const TransportCase& wording : transport_cases())
      add(general(spec_, "http/" + wording.label), section, wording.sentence, wording.stated ? Level::implied : Level::open);
    for (const core::OpenQuestion& question : spec_.open_questions) {
      add(general(spec_, "open/" + question.id), section, question.ask, Level::open);
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
    add(section + "/path", section,
        {interface.title.zh + "：" + spec_.method + " " + interface.path, interface.title.en + ": " + spec_.method + " " + interface.path});
    for (std::size_t i = 0; i < interface.request.size(); ++i) {
      const core::Field& field = interface.request[i];
      add(request_id(interface, i), section + ".1", with_values(with_note(field.title, field.note), field));
    }
    add(reply_id(interface, spec_.envelope.code), section + ".2", {"响应码", "the result code"});
    add(reply_id(interface, spec_.envelope.message), section + ".2", {"响应消息", "the message"});
    for (const core::Field& field : interface.reply)
      add(reply_id(interface, field.name), section + ".2", with_values(with_note(field.title, field.note), field));
    for (const core::ResultRow& row : interface.results) add(code_id(interface, row.code), section + ".3", row.title);
    const Level common = interface.common_results == core::CommonResults::listed ? Level::stated : Level::implied;
    for (const core::ResultRow& row : spec_.common)
      if (interface.result(row.code) == nullptr && (common == Level::stated || row.injected_by.empty()))
        add(code_id(interface, row.code), section + ".3", row.title, common);
    if (!interface.effects.empty()) add(section + "/effect", section, interface.purpose.zh.empty() ? interface.title : interface.purpose);
    if (!interface.results.empty()) add(section + "/refused", section, {"被拒绝的请求不产生任何影响", "a refused request changes nothing"}, Level::implied);
    if (!changed_tables(interface).empty())
      add(section + "/together", section, {"同时到达的相同请求只生效一次", "identical requests at the same moment take effect once"}, Level::implied);
    if (!interface.reply.empty())
      add(section + "/apart", section, {"并发查询互不串扰", "queries at the same moment are each answered with their own rows"}, Level::implied);
    for (const core::Sequence& story : spec_.sequences)
      if (&spec_.interfaces[story.interface] == &interface) add(section + "/story/" + story.id, section, story.sentence, Level::implied);
    for (const core::OpenQuestion& question : interface.open_questions) {
      add(section + "/open/" + question.id, section, question.ask, Level::open);
      out_.back().surveyed = !question.when;
    }
  }

  const Spec& spec_;
  std::vector<Clause> out_;
};

/// The headers that a forgery is about.
std::vector<std::string> headers_of(const Spec& spec, core::SignatureError fault) {
  const std::string token = header_id(spec, spec.authentication.token), authorization = header_id(spec, spec.authentication.authorization);
  switch (fault) {
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

}  // namespace

std::string_view to_string(Level level) { return level_names[static_cast<std::size_t>(level)]; }

std::vector<Clause> clauses(const Spec& spec) { return Lister(spec).list(); }

std::vector<std::string> clauses_of(const Spec& spec, const Case& one) {
  const Interface& interface = *one.interface;
  const std::string& section = interface.section;
  std::vector<std::string> out;
  const auto cite = [&](std::string id) { out.push_back(std::move(id)); };
  switch (one.kind) {
    case Kind::control:
      cite(code_id(interface, spec.success));
      cite(section + "/path");
      for (std::size_t i = 0; i < spec.authentication.headers.size(); ++i) cite(header_id(spec, i));
      for (const std::size_t field : interface.variants[one.variant].fields) cite(request_id(interface, field));
      break;
    case Kind::neighbour:
      cite(request_id(interface, one.field));
      cite(code_id(interface, spec.success));
      break;
    case Kind::reply:
      cite(one.label.empty() ? general(spec, "encoding") : reply_id(interface, one.label));
      if (one.label.empty()) cite(general(spec, "json"));
      else if (one.field < interface.reply.size() && changed_tables(interface).empty()) cite(section + "/effect");
      break;
    case Kind::effect: cite(section + "/effect"); break;
    case Kind::rule:
      cite(code_id(interface, one.expected.front()));
      for (const core::RuleOperand& use : one.rule->operands) cite(request_id(interface, use.field));
      cite(section + "/refused");
      break;
    case Kind::body:
      cite(code_id(interface, one.expected.front()));
      cite(general(spec, "encoding"));
      break;
    case Kind::signature:
    case Kind::replay:
      cite(code_id(interface, one.expected.front()));
      if (one.kind == Kind::replay) cite(general(spec, "timestamp"));
      for (const SignatureMutation& mutation : signature_mutations())
        if (one.kind == Kind::signature && mutation.label == one.label)
          for (std::string& id : headers_of(spec, mutation.fault)) cite(std::move(id));
      break;
    case Kind::open: cite(section + "/open/" + one.question->id); break;
    case Kind::story:
      cite(section + "/story/" + one.story->id);
      cite(section + "/effect");
      break;
    case Kind::together: cite(section + (one.label == identical_at_once ? "/together" : "/apart")); break;
    case Kind::several: cite(reply_id(interface, spec.envelope.code)); break;
    case Kind::transport: cite(general(spec, "http/" + one.label)); break;
    case Kind::injected_by: cite(code_id(interface, one.expected.front())); break;
  }
  return out;
}

std::string clause_table(const Spec& spec) {
  std::map<std::string, std::vector<std::string>> cases;
  for (const Case& one : plan(spec, {}))
    for (const std::string& clause : one.clauses) cases[clause].push_back(one.id);
  std::string out = "| clause | § | level | 原文 / sentence | cases |\n| --- | --- | --- | --- | --- |\n";
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
