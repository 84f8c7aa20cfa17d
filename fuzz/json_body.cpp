// SPDX-License-Identifier: Apache-2.0
// JSON body of a request: the readers for plain bodies agree with the full one, and that one with the tree parser of core/json/json.hpp.
#include "core/json/json.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/json/ordered_body_parser.hpp"
#include "core/json/request_body_parser.hpp"
#include "core/text/utf8.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace meterproof;
using core::Value;

bool same(const Value& a, const Value& b) { return a.kind == b.kind && a.text == b.text && (a.kind != Value::Kind::number || a.decimal() == b.decimal()); }

bool same(const Value& value, const json::Json& tree) {
  switch (tree.kind) {
    case json::Json::Kind::null: return value.kind == Value::Kind::null;
    case json::Json::Kind::boolean: return value.kind == Value::Kind::boolean && value.text == tree.text;
    case json::Json::Kind::number: return value.kind == Value::Kind::number && (value.text == tree.text || value.text == "-0");
    case json::Json::Kind::text: return value.kind == Value::Kind::text && value.text == tree.text;
    case json::Json::Kind::array:
    case json::Json::Kind::object: return value.kind == Value::Kind::container;
  }
  return false;
}

core::Interface an_interface() {
  core::Interface out;
  for (const char* const name : {"UserCode", "Money", "MeterStatus", "N", "ALongNameOfMoreThanSixteenBytes"}) out.request.emplace_back().name = name;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const core::Interface interface = an_interface();
  static const json::OrderedBodyParser ordered(interface);
  static json::RequestBodyParser parser, full;
  const std::string_view body = fuzz::text_of(data, size);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

  const bool read = parser.parse(body);
  if (!body.starts_with(byte_order_mark)) {
    // The readers for plain bodies pass on what begins with a byte order mark; the full one reads it.
    const bool read_in_full = full.parse(std::string(byte_order_mark) + std::string(body));
    fuzz::require(read == read_in_full, "both readers take the same bodies");
    fuzz::require(parser.members().size() == full.members().size(), "both readers find as many members");
    for (std::size_t i = 0; read && i < parser.members().size(); ++i) {
      fuzz::require(parser.members()[i].name == full.members()[i].name, "both readers find the same names");
      fuzz::require(same(parser.members()[i].value, full.members()[i].value), "both readers find the same values");
    }
  }

  json::ParseError why;
  const auto tree = json::parse_json(body, &why);
  const auto mistake = json::find_mistake(body);
  fuzz::require(mistake.has_value() == !tree, "what is no tree has a mistake");
  if (mistake) {
    fuzz::require(why.kind == mistake->kind && why.offset == mistake->offset && why.offset <= body.size(), "both find the same mistake, in the body");
    fuzz::require(core::is_valid_utf8(json::explain(body).en), "a mistake is told in UTF-8");
  }
  fuzz::require(json::explain(body).en.empty() == read, "who refuses a body says why");
  if (tree && tree->kind == json::Json::Kind::object) {
    fuzz::require(read, "a JSON object is read");
    fuzz::require(parser.members().size() == tree->members.size(), "as many members as the tree has");
    for (std::size_t i = 0; i < tree->members.size(); ++i)
      fuzz::require(parser.members()[i].name == tree->members[i].name && same(parser.members()[i].value, tree->members[i].value), "the members are the tree's");
  } else {
    fuzz::require(!read, "what is no object is refused");
  }

  core::Request by_order, by_name;
  if (ordered.parse(body, by_order)) {
    fuzz::require(read, "a body in order is a body");
    json::map_to_fields(parser.members(), interface, by_name);
    fuzz::require(by_order.values.size() == by_name.values.size(), "the ordered reader has a value for each field");
    for (std::size_t i = 0; i < by_name.values.size(); ++i)
      fuzz::require(same(by_order.values[i], by_name.values[i]), "the ordered reader finds the same values");
  }
  return 0;
}
