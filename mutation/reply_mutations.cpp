// SPDX-License-Identifier: Apache-2.0
// What a server may get wrong about its replies: their fields, and the form of what they carry.
#include <algorithm>

#include "core/text/json_text.hpp"
#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;

namespace {

void change_first_letter(std::string& name) {
  char& first = name.front();
  first = static_cast<char>(first ^ 0x20);  // the other case of an ASCII letter
}

/// Whether a reply's field is the server's own choice, or a column that only ever gets such values.
bool shows_choice(const Spec& spec, const Interface& interface, const Expr& expr) {
  if (expr.op == Expr::Op::server_assigned || expr.op == Expr::Op::optional) return true;
  if (expr.op != Expr::Op::path || expr.columns.size() != 1) return false;
  std::vector<std::size_t> rows;
  for (const Step& step : interface.effects)
    if (step.kind == Step::Kind::find) rows.push_back(step.find.table);
  bool any = false, all = true;
  for (const Interface& writer : spec.interfaces)
    for (const Step& step : writer.effects)
      if (step.kind == Step::Kind::insert && step.insert.table == rows[expr.row])
        for (const core::Assignment& one : step.insert.set)
          if (one.column == expr.columns.front()) {
            any = true;
            all = all && one.value.op == Expr::Op::server_assigned;
          }
  return any && all;
}

/// Whether a server may as well have nothing to show there.
bool is_optional(const Expr& expr) {
  return expr.op == Expr::Op::optional || (expr.op == Expr::Op::above && std::any_of(expr.args.begin(), expr.args.end(), is_optional));
}

bool is_optional(const Interface& interface, std::size_t field) {
  return std::any_of(interface.effects.begin(), interface.effects.end(),
                     [&](const Step& step) { return step.kind == Step::Kind::rows && is_optional(step.rows.fields[field]); });
}

void break_reply(const Spec& spec, std::size_t at, std::vector<MutantFactory>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t i = 0; i < interface.reply.size(); ++i) {
    const std::string id = interface.name + "/" + interface.reply[i].name;
    out.push_back({{id + "/left-out",
                    {"应答缺少 " + interface.reply[i].name, "leaves " + interface.reply[i].name + " out of the reply"},
                    std::string(is_optional(interface, i) ? lenient : "reply")},
                   [at, i](Spec& broken) {
                     Interface& one = broken.interfaces[at];
                     one.reply.erase(one.reply.begin() + static_cast<std::ptrdiff_t>(i));
                     for (Step& step : one.effects)
                       if (step.kind == Step::Kind::rows) step.rows.fields.erase(step.rows.fields.begin() + static_cast<std::ptrdiff_t>(i));
                   }});
    out.push_back({{id + "/renamed",
                    {interface.reply[i].name + " 拼写错误", "misspells " + interface.reply[i].name},
                    std::string(is_optional(interface, i) ? lenient : "reply")},
                   [at, i](Spec& broken) { broken.interfaces[at].reply[i].name += "_"; }});
    out.push_back({{id + "/in-other-letters",
                    {interface.reply[i].name + " 的大小写与规范不同", "writes the name of " + interface.reply[i].name + " in other letters"},
                    "reply"},
                   [at, i](Spec& broken) { change_first_letter(broken.interfaces[at].reply[i].name); }});
    if (interface.reply[i].type != core::Type::text)
      out.push_back({{id + "/as-text", {interface.reply[i].name + " 以文本返回", "writes " + interface.reply[i].name + " as a text"}, "reply"},
                     [at, i](Spec& broken) { broken.interfaces[at].reply[i].type = core::Type::text; }});
    const bool chosen_by_server = std::any_of(interface.effects.begin(), interface.effects.end(), [&](const Step& step) {
      return step.kind == Step::Kind::rows && shows_choice(spec, interface, step.rows.fields[i]);
    });
    if (chosen_by_server && !interface.reply[i].values.empty())
      out.push_back(
          {{id + "/unlisted-value", {interface.reply[i].name + " 的值不在所列之内", "answers a " + interface.reply[i].name + " that is not listed"}, "reply"},
           [at, i](Spec& broken) {
             for (Step& step : broken.interfaces[at].effects)
               if (step.kind == Step::Kind::rows) step.rows.fields[i] = Expr::literal("77777");
           }});
    if (chosen_by_server) continue;
    out.push_back(
        {{id + "/wrong-value", {interface.reply[i].name + " 的值错误", "answers another " + interface.reply[i].name}, "reply"}, [at, i](Spec& broken) {
           for (Step& step : broken.interfaces[at].effects)
             if (step.kind == Step::Kind::rows) step.rows.fields[i] = Expr::literal("77777");
         }});
  }
}

/// Edits replies by the names of their envelope.
class ReplyEdit final : public MutationHooks {
 public:
  using Edit = void (*)(std::string& body, const core::Envelope& envelope, bool is_success);

  ReplyEdit(const Spec& spec, Edit edit)
      : envelope_(spec.envelope), success_("{" + core::quoted(spec.envelope.code) + ":" + label(spec.success) + ","), edit_(edit) {}
  void edit_reply(std::string& body, std::string_view&) override { edit_(body, envelope_, body.starts_with(success_)); }

 private:
  const core::Envelope envelope_;
  const std::string success_;  // how a reply of success begins
  const Edit edit_;
};

/// Behind the name of that member; npos where it is not there.
std::size_t value_of(const std::string& body, const std::string& name) {
  const std::string quoted = core::quoted(name) + ":";
  const std::size_t at = body.find(quoted);
  return at == std::string::npos ? at : at + quoted.size();
}

void put_mark(std::string& body, const core::Envelope&, bool) { body.insert(0, "\xEF\xBB\xBF"); }

void forget_message_of_refusal(std::string& body, const core::Envelope& envelope, bool is_success) {
  const std::size_t begin = value_of(body, envelope.message);
  if (is_success || begin == std::string::npos || body[begin] != '"') return;
  std::size_t end = begin + 1;
  while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2U : 1U;
  body.replace(begin, end + 1 - begin, "null");
}

void quote_code_of_refusal(std::string& body, const core::Envelope& envelope, bool is_success) {
  const std::size_t begin = value_of(body, envelope.code);
  if (is_success || begin == std::string::npos) return;
  body.insert(body.find(',', begin), 1, '"');
  body.insert(begin, 1, '"');
}

void unwrap_single_row(std::string& body, const core::Envelope& envelope, bool) {
  const std::size_t begin = value_of(body, envelope.rows);
  if (begin == std::string::npos || !body.substr(begin).starts_with("[{") || !body.ends_with("}]}") || body.find("},{") != std::string::npos) return;
  body.erase(body.size() - 2, 1);
  body.erase(begin, 1);
}

/// 2026-01-15 as 2026/01/15.
void write_slashes(std::string& body, const core::Envelope& envelope, bool) {
  constexpr std::string_view form = "dddd-dd-dd";
  const std::size_t begin = value_of(body, envelope.rows);
  for (std::size_t at = begin; at != std::string::npos && at + form.size() <= body.size(); ++at) {
    const bool is_date = body[at - 1] == '"' && std::equal(form.begin(), form.end(), body.begin() + static_cast<std::ptrdiff_t>(at),
                                                           [](char wanted, char c) { return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted; });
    if (is_date) body[at + 4] = body[at + 7] = '/';
  }
}

/// The first number of the second row, in quotes.
void quote_in_second_row(std::string& body, const core::Envelope& envelope, bool) {
  const std::size_t rows = value_of(body, envelope.rows);
  const std::size_t second = rows == std::string::npos ? rows : body.find("},{", rows);
  for (std::size_t at = second; at != std::string::npos && at + 2 < body.size(); ++at) {
    const bool is_number = body[at] == '"' && body[at + 1] == ':' && (body[at + 2] == '-' || (body[at + 2] >= '0' && body[at + 2] <= '9'));
    if (!is_number) continue;
    body.insert(body.find_first_of(",}", at + 2), 1, '"');
    body.insert(at + 2, 1, '"');
    return;
  }
}

void break_form(const Spec& spec, std::vector<MutantFactory>& out) {
  const core::Envelope& envelope = spec.envelope;
  const auto edit = [&](const std::string& id, const core::LocalizedText& title, ReplyEdit::Edit how) {
    out.push_back({{"reply/" + id, title, "reply"}, {}, [how](const Spec& whole) { return std::make_unique<ReplyEdit>(whole, how); }});
  };
  edit("byte-order-mark", {"应答以字节顺序标记开头", "begins its replies with a byte order mark"}, put_mark);
  edit(envelope.message + "/null-in-refusals", {"拒绝时 " + envelope.message + " 为 null", "has no " + envelope.message + " where it refuses"},
       forget_message_of_refusal);
  edit(envelope.code + "/as-text-in-refusals", {"拒绝时 " + envelope.code + " 以文本返回", "writes " + envelope.code + " as a text where it refuses"},
       quote_code_of_refusal);
  edit(envelope.rows + "/single-row-without-list", {"只有一行时 " + envelope.rows + " 不是列表", "answers a single row without a list"}, unwrap_single_row);
  edit(envelope.rows + "/dates-with-slashes", {"日期以斜线分隔", "writes dates with slashes"}, write_slashes);
  edit(envelope.rows + "/second-row-as-text", {"第二行起有数字以文本返回", "writes a number of the second row as a text"}, quote_in_second_row);
  for (std::string core::Envelope::*name : {&core::Envelope::code, &core::Envelope::message, &core::Envelope::rows})
    out.push_back({{"reply/" + envelope.*name + "/in-other-letters",
                    {envelope.*name + " 的大小写与规范不同", "writes the name of " + envelope.*name + " in other letters"},
                    "reply"},
                   [name](Spec& broken) { change_first_letter(broken.envelope.*name); }});
}

void break_envelope(const Spec& spec, std::vector<MutantFactory>& out) {
  out.push_back({{"reply/" + spec.envelope.message + "/misspelt", {spec.envelope.message + " 拼写错误", "misspells " + spec.envelope.message}, "reply"},
                 [](Spec& broken) { broken.envelope.message += "_"; }});
}

}  // namespace

void append_reply_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) break_reply(spec, at, out);
  break_envelope(spec, out);
  break_form(spec, out);
}

}  // namespace meterproof::mutation
