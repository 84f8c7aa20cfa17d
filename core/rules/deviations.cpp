// SPDX-License-Identifier: Apache-2.0
#include "core/rules/deviations.hpp"

#include <algorithm>
#include <span>

#include "core/diagnostics/diagnostic.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::rules {

using core::JsonMember;

namespace {

// Bounds for a hostile body of thousands of members: names are compared with each other.
constexpr std::size_t most_members = 100;
constexpr std::size_t most_told = 5;

/// A peer's text, short.
std::string excerpt(std::string_view text) {
  constexpr std::size_t enough = 60;
  const std::string_view begin = core::truncate_utf8(text, enough);
  return core::sanitize(begin) + (begin.size() < text.size() ? "…" : "");
}

/// Letters and digits in lower case: user_code, user-code and userCode are one name.
std::string bare(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c != '_' && c != '-' && c != ' ') out += core::to_lower(c);
  return out;
}

std::span<const JsonMember> first_of(const std::vector<JsonMember>& members) { return std::span(members).first(std::min(members.size(), most_members)); }

bool is_given(std::string_view name, std::span<const JsonMember> members) {
  return std::any_of(members.begin(), members.end(), [&](const JsonMember& one) { return one.name == name; });
}

void append_headers(const GivenForm& form, std::vector<Deviation>& out) {
  for (const core::Header& header : form.authentication->headers) {
    if (header.value.empty()) continue;
    const auto given = form.header(header.name);
    if (given && has_value_as_specified(header, *given)) continue;
    const std::string expected_zh = "应为 " + header.value, expected_en = header.value + " is expected";
    if (!given)
      out.push_back(
          {Deviation::Kind::header, header.name, {"缺少请求头 " + header.name + "，" + expected_zh, "no header " + header.name + ", " + expected_en}});
    else
      out.push_back({Deviation::Kind::header,
                     header.name,
                     {"请求头 " + header.name + " 为 \"" + excerpt(*given) + "\"，" + expected_zh,
                      "the header " + header.name + " is \"" + excerpt(*given) + "\", " + expected_en}});
  }
  if (!form.header("Host")) out.push_back({Deviation::Kind::host, "Host", {"缺少请求头 Host", "no header Host"}});
}

void append_members(const core::Interface& interface, const std::vector<JsonMember>& all, std::vector<Deviation>& out) {
  const auto members = first_of(all);
  const std::size_t before_members = out.size();
  for (auto member = members.begin(); member != members.end() && out.size() < before_members + most_told; ++member) {
    const std::string name = excerpt(member->name);
    const bool again = is_given(member->name, {members.begin(), member});
    if (again)
      out.push_back({Deviation::Kind::repeated_member, name, {name + " 出现多次，以最后一个为准", name + " is given more than once; the last one counts"}});
    if (again || interface.field(member->name)) continue;
    if (const auto meant = meant_by(member->name, interface, all)) {
      const std::string& right = interface.request[*meant].name;
      out.push_back({Deviation::Kind::misspelt_member, name, {name + " 应写作 " + right, name + " is written " + right}, meant});
    } else {
      out.push_back({Deviation::Kind::unknown_member, name, {"规范中没有参数 " + name, "the specification has no parameter " + name}});
    }
  }
}

}  // namespace

bool has_value_as_specified(const core::Header& header, std::string_view given) {
  return given == header.value || core::normalized_media_type(given).find(core::normalized_media_type(header.value)) != std::string::npos;
}

bool is_type_exchanged(const core::Field& field, const core::Value& value) {
  if (field.type == core::Type::text) return value.kind == core::Value::Kind::number;
  return value.kind == core::Value::Kind::text && !value.empty();
}

std::optional<std::size_t> meant_by(std::string_view member, const core::Interface& interface, const std::vector<JsonMember>& members) {
  if (interface.field(member)) return std::nullopt;
  std::vector<std::string> absent;  // a field that was given is not also meant by another name
  for (const core::Field& field : interface.request)
    if (!is_given(field.name, first_of(members))) absent.push_back(field.name);
  const std::string plain = bare(member);
  const auto same = std::find_if(absent.begin(), absent.end(), [&](const std::string& name) { return bare(name) == plain; });
  constexpr std::size_t longest = 64;  // the distance takes time with the product of the lengths
  const std::string near = same != absent.end() ? *same : member.size() <= longest ? core::nearest(member, absent) : std::string();
  return near.empty() ? std::nullopt : interface.field(near);
}

core::LocalizedText written_instead(const std::vector<core::RuleOperand>& operands, const core::Request& request, const std::vector<JsonMember>& members) {
  core::LocalizedText out;
  std::size_t told = 0;
  for (const JsonMember& member : first_of(members)) {
    if (told == most_told) break;
    const auto meant = meant_by(member.name, *request.interface, members);
    const bool asked = meant && std::any_of(operands.begin(), operands.end(), [&](const core::RuleOperand& one) { return one.field == *meant; });
    if (!asked) continue;
    ++told;
    out.zh += "；请求中写的是 \"" + excerpt(member.name) + "\"";  // in quotes, so that blanks show
    out.en += "; you wrote \"" + excerpt(member.name) + "\"";
  }
  return out;
}

std::vector<Deviation> deviations(const GivenForm& form) {
  std::vector<Deviation> out;
  if (form.has_bare_lf)
    out.push_back({Deviation::Kind::line_end, "LF", {"请求头的行只以 LF 结尾，应为 CR LF", "lines of the head end in LF alone, CR LF is expected"}});
  append_headers(form, out);
  if (const std::size_t query = form.target.find('?'); query != std::string_view::npos) {
    const std::string shown = excerpt(form.target.substr(query));
    out.push_back({Deviation::Kind::query, "?", {"路径后不应有查询参数：" + shown, "a path without a query is expected: " + shown}});
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (form.body.starts_with(byte_order_mark))
    out.push_back({Deviation::Kind::byte_order_mark, "BOM", {"请求体以字节顺序标记（BOM）开头", "the body begins with a byte order mark (BOM)"}});
  if (form.request == nullptr) return out;
  const core::Interface& interface = *form.request->interface;
  if (form.members != nullptr) append_members(interface, *form.members, out);
  for (std::size_t i = 0; i < interface.request.size(); ++i) {
    const core::Field& field = interface.request[i];
    const core::Value& value = (*form.request)[i];
    if (!is_type_exchanged(field, value)) continue;
    const LocalizedText found = shown(field, value);
    const bool text = field.type == core::Type::text;
    out.push_back({Deviation::Kind::exchanged_type,
                   field.name,
                   {found.zh + (text ? " 是数字，应为文本" : " 是文本，应为数字"),
                    found.en + (text ? " is a number, a text is expected" : " is a text, a number is expected")}});
  }
  return out;
}

std::optional<core::LocalizedText> explain_places(const core::Field& field, const core::Value& value, int most) {
  const auto number = value.decimal();
  if (!number || number->scale() <= most) return std::nullopt;
  const bool rounded = value.is_rounded();
  if (!rounded && number->places() <= most) return std::nullopt;
  const LocalizedText found = shown(field, value);
  const std::string places = std::to_string(rounded ? core::Decimal::max_digits : number->places());
  LocalizedText out{found.zh + (rounded ? " 有超过 " : " 有 ") + places + " 位小数",
                    found.en + (rounded ? " has more than " : " has ") + places + " decimal places"};
  // A double prints with up to 17 significant digits (IEEE 754 binary64); amounts of so many places are its rounding errors.
  constexpr int of_a_double = 10;
  if (!rounded && number->places() < of_a_double) return out;
  const std::string plain = number->rounded(most).to_string();
  out.zh += "（像是二进制浮点数的误差：应发送 " + plain + "）";
  out.en += " (binary floating point, it seems: send " + plain + ")";
  return out;
}

}  // namespace meterproof::rules
