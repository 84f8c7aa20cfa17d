#include "core/json/request_body_parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/json/ordered_body_parser.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text.hpp"

namespace meterproof::json {

namespace ondemand = simdjson::ondemand;
using core::Value;

struct RequestBodyParser::Buffers {
  ondemand::parser parser;
  std::vector<char> padded;
  simdjson::dom::parser whole;  // for the rare body with a container in it, which the other parser would pass over
};

namespace {

std::string reason(simdjson::error_code error) {
  if (error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT) return "it does not end where its object ends";
  return simdjson::error_message(error);
}

}  // namespace

RequestBodyParser::RequestBodyParser() : buffers_(std::make_unique<Buffers>()) {}
RequestBodyParser::~RequestBodyParser() = default;
RequestBodyParser::RequestBodyParser(RequestBodyParser&&) noexcept = default;
RequestBodyParser& RequestBodyParser::operator=(RequestBodyParser&&) noexcept = default;

bool RequestBodyParser::fail(std::string zh, std::string en) {
  members_.clear();
  error_ = {std::move(zh), std::move(en)};
  return false;
}

namespace {

std::string_view without_blanks(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')) token.remove_suffix(1);
  return token;
}

/// A value as it stands; false where it is no JSON.
bool take(ondemand::value json, Value& out) {
  ondemand::json_type type{};
  if (json.type().get(type) != simdjson::SUCCESS) return false;
  switch (type) {
    case ondemand::json_type::string: out.kind = Value::Kind::text; return json.get_string().get(out.text) == simdjson::SUCCESS;
    case ondemand::json_type::number:
      out.kind = Value::Kind::number;
      out.text = without_blanks(json.raw_json_token());
      if (!core::is_json_number(out.text)) return false;
      out.number = core::Decimal::parse(out.text);
      return true;
    case ondemand::json_type::boolean:
      out.kind = Value::Kind::boolean;
      out.text = without_blanks(json.raw_json_token());
      return out.text == "true" || out.text == "false";
    case ondemand::json_type::null: out.kind = Value::Kind::null; return without_blanks(json.raw_json_token()) == "null";
    case ondemand::json_type::array:
    case ondemand::json_type::object: out.kind = Value::Kind::container; return true;  // what is in it is looked at afterwards
  }
  return false;
}

}  // namespace

bool RequestBodyParser::read(std::string_view body) {
  members_.clear();
  if (parse_flat_object(copied(body), members_)) return true;
  members_.clear();
  return read_whole(body);
}

std::string_view RequestBodyParser::copied(std::string_view body) {
  std::vector<char>& padded = buffers_->padded;
  if (padded.size() < body.size() + simdjson::SIMDJSON_PADDING) padded.resize(body.size() + simdjson::SIMDJSON_PADDING);
  body.copy(padded.data(), body.size());
  return {padded.data(), body.size()};
}

bool RequestBodyParser::read_whole(std::string_view body) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  if (core::trimmed(body).empty()) return fail("请求体为空", "the body is empty");
  std::vector<char>& padded = buffers_->padded;
  copied(body);
  std::memset(padded.data() + body.size(), ' ', simdjson::SIMDJSON_PADDING);

  ondemand::document document;
  const auto opened = buffers_->parser.iterate(padded.data(), body.size(), padded.size()).get(document);
  if (opened == simdjson::UTF8_ERROR) return fail("请求体不是 UTF-8 编码（是否使用了 GBK？）", "the body is not UTF-8 (GBK, perhaps?)");
  if (opened != simdjson::SUCCESS) return fail("请求体不是 JSON", "the body is no JSON: " + reason(opened));
  ondemand::object object;
  const auto is_object = document.get_object().get(object);
  if (is_object == simdjson::INCORRECT_TYPE) return fail("请求体应为一个 JSON 对象", "the body must be one JSON object");
  if (is_object != simdjson::SUCCESS) return fail("请求体不是 JSON", "the body is no JSON: " + reason(is_object));

  for (auto field : object) {
    JsonMember member;
    ondemand::value value;
    auto error = field.unescaped_key().get(member.name);
    if (error == simdjson::SUCCESS) error = field.value().get(value);
    if (error != simdjson::SUCCESS) return fail("请求体不是完整的 JSON", "the body is no JSON: " + reason(error));
    if (!take(value, member.value))
      return fail("请求体不是 JSON：" + std::string(member.name) + " 的值", "the body is no JSON: the value of " + std::string(member.name));
    members_.push_back(member);
  }
  const bool has_container = std::any_of(members_.begin(), members_.end(), [](const JsonMember& one) { return one.value.kind == Value::Kind::container; });
  if (has_container) {
    const auto error = buffers_->whole.parse(padded.data(), body.size(), false).error();
    if (error != simdjson::SUCCESS) return fail("请求体不是 JSON", "the body is no JSON: " + reason(error));
  }
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) return fail("JSON 之后还有多余内容", "there is more after the JSON object");
  return true;
}

void map_to_fields(const std::vector<JsonMember>& members, const core::Interface& interface, core::Request& request) {
  request.interface = &interface;
  request.values.assign(interface.request.size(), Value{});
  std::size_t likely = 0;  // clients keep to the paper's order
  for (const JsonMember& member : members) {
    std::size_t field = interface.request.size();
    if (likely < interface.request.size() && interface.request[likely].name == member.name) field = likely;
    else field = interface.field(member.name).value_or(field);
    if (field == interface.request.size()) continue;
    request.values[field] = member.value;
    likely = field + 1;
  }
}

}  // namespace meterproof::json
