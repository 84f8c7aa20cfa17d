// SPDX-License-Identifier: Apache-2.0
#include "core/json/request_body_parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/json/json.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/json/json_walk.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text.hpp"

namespace meterproof::json {

namespace ondemand = simdjson::ondemand;
using core::Value;

struct RequestBodyParser::Buffers {
  ondemand::parser parser;
  std::vector<char> padded;
};

namespace {

/// Why the body is no JSON. simdjson has English texts only; the rare ones stand in brackets in the Chinese text.
core::LocalizedText no_json(simdjson::error_code error) {
  std::string en = simdjson::error_message(error), zh;
  switch (error) {
    // simdjson's own text for this one speaks of its parser's state.
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      zh = "对象没有完整结束";
      en = "it does not end where its object ends";
      break;
    case simdjson::TAPE_ERROR: zh = "结构有误（括号、逗号或冒号）"; break;
    case simdjson::UNCLOSED_STRING: zh = "文本的引号没有闭合"; break;
    case simdjson::STRING_ERROR: zh = "文本有误（引号或转义）"; break;
    case simdjson::UNESCAPED_CHARS: zh = "文本中有未转义的控制字符"; break;
    case simdjson::NUMBER_ERROR: zh = "数字有误"; break;
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR: zh = "true、false 或 null 拼写有误"; break;
    case simdjson::DEPTH_ERROR: zh = "嵌套过深"; break;
    default: zh = "[" + en + "]";
  }
  return {"请求体不是 JSON：" + zh, "the body is no JSON: " + en};
}

std::string_view trim_right(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')) token.remove_suffix(1);
  return token;
}

/// Reads one value. Returns false if it is not JSON: ondemand checks scalars only when they are converted.
bool read_value(ondemand::value json, Value& out) {
  ondemand::json_type type{};
  if (json.type().get(type) != simdjson::SUCCESS) return false;
  switch (type) {
    case ondemand::json_type::string: out.kind = Value::Kind::text; return json.get_string().get(out.text) == simdjson::SUCCESS;
    case ondemand::json_type::number:
      out.kind = Value::Kind::number;
      out.text = trim_right(json.raw_json_token());
      if (!core::is_json_number(out.text)) return false;
      out.number = core::Decimal::parse_rounded(out.text);
      return true;
    case ondemand::json_type::boolean:
      out.kind = Value::Kind::boolean;
      out.text = trim_right(json.raw_json_token());
      return out.text == "true" || out.text == "false";
    case ondemand::json_type::null: out.kind = Value::Kind::null; return trim_right(json.raw_json_token()) == "null";
    case ondemand::json_type::array:
    case ondemand::json_type::object: out.kind = Value::Kind::container; return true;  // its contents are checked afterwards
  }
  return false;
}

}  // namespace

RequestBodyParser::RequestBodyParser() : buffers_(std::make_unique<Buffers>()) {}
RequestBodyParser::~RequestBodyParser() = default;
RequestBodyParser::RequestBodyParser(RequestBodyParser&&) noexcept = default;
RequestBodyParser& RequestBodyParser::operator=(RequestBodyParser&&) noexcept = default;

bool RequestBodyParser::fail(core::LocalizedText why) {
  members_.clear();
  error_ = std::move(why);
  return false;
}

bool RequestBodyParser::parse(std::string_view body) {
  members_.clear();
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  // Later versions of simdjson skip one by themselves.
  if (body.starts_with(byte_order_mark)) return fail({"请求体应为一个 JSON 对象", "the body must be one JSON object"});
  if (core::trimmed(body).empty()) return fail({"请求体为空", "the body is empty"});
  // simdjson reads up to SIMDJSON_PADDING bytes beyond the text.
  std::vector<char>& padded = buffers_->padded;
  if (padded.size() < body.size() + simdjson::SIMDJSON_PADDING) padded.resize(body.size() + simdjson::SIMDJSON_PADDING);
  body.copy(padded.data(), body.size());
  std::memset(padded.data() + body.size(), ' ', simdjson::SIMDJSON_PADDING);

  ondemand::document document;
  const auto opened = buffers_->parser.iterate(padded.data(), body.size(), padded.size()).get(document);
  if (opened == simdjson::UTF8_ERROR) return fail({"请求体不是 UTF-8 编码（是否使用了 GBK？）", "the body is not UTF-8 (GBK, perhaps?)"});
  if (opened != simdjson::SUCCESS) return fail(no_json(opened));
  ondemand::object object;
  const auto is_object = document.get_object().get(object);
  if (is_object == simdjson::INCORRECT_TYPE) return fail({"请求体应为一个 JSON 对象", "the body must be one JSON object"});
  if (is_object != simdjson::SUCCESS) return fail(no_json(is_object));

  for (auto field : object) {
    JsonMember member;
    ondemand::value value;
    auto error = field.unescaped_key().get(member.name);
    if (error == simdjson::SUCCESS) error = field.value().get(value);
    if (error != simdjson::SUCCESS) return fail(no_json(error));
    if (!read_value(value, member.value))
      return fail({"请求体不是 JSON：" + std::string(member.name) + " 的值", "the body is no JSON: the value of " + std::string(member.name)});
    members_.push_back(member);
    if (members_.size() > max_members) return fail({"请求体的成员过多", "the body has too many members"});
  }
  // No field of the specification is a container. If a client sends one, its contents must still be valid JSON: ondemand skips them without a check.
  const bool has_container = std::any_of(members_.begin(), members_.end(), [](const JsonMember& one) { return one.value.kind == Value::Kind::container; });
  if (has_container && find_mistake(body)) return fail(no_json(simdjson::TAPE_ERROR));
  // ondemand stops at the closing brace; current_location tells whether anything is behind it.
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) return fail({"JSON 之后还有多余内容", "there is more after the JSON object"});
  return true;
}

void map_to_fields(const std::vector<JsonMember>& members, const core::Interface& interface, core::Request& request) {
  request.interface = &interface;
  request.values.assign(interface.request.size(), Value{});
  std::size_t expected = 0;  // most clients keep the order of the specification: try the next field before searching for the name
  for (const JsonMember& member : members) {
    std::size_t field = interface.request.size();
    if (expected < interface.request.size() && interface.request[expected].name == member.name) field = expected;
    else field = interface.field(member.name).value_or(field);
    if (field == interface.request.size()) continue;
    request.values[field] = member.value;
    expected = field + 1;
  }
}

}  // namespace meterproof::json
