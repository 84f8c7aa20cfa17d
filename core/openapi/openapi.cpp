// SPDX-License-Identifier: Apache-2.0
#include "core/openapi/openapi.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace meterproof::openapi {

using json = nlohmann::ordered_json;
using core::Field;
using core::Interface;
using core::Spec;

namespace {

std::string both(const core::LocalizedText& text) {
  if (text.zh.empty()) return text.en;
  return text.en.empty() ? text.zh : text.zh + " | " + text.en;
}

json schema_of(const Field& field, bool of_reply) {
  json schema;
  std::string type = "string";
  if (field.type == core::Type::integer) type = "integer";
  if (field.type == core::Type::decimal) type = "number";
  if (of_reply) schema["type"] = json::array({type, "null"});
  else schema["type"] = type;
  std::string description = both(field.title);
  if (!field.note.zh.empty()) description += "。" + both(field.note);
  if (!field.values.empty()) {
    json values = json::array();
    for (const core::Choice& choice : field.values) {
      if (field.type == core::Type::text) values.push_back(choice.value);
      else values.push_back(json::parse(choice.value));
      description += "; " + choice.value + " " + both(choice.label);
    }
    if (of_reply) values.push_back(nullptr);
    schema["enum"] = std::move(values);
  }
  if (field.range && field.type != core::Type::text) {
    schema["minimum"] = field.range->first;
    schema["maximum"] = field.range->second;
  }
  if (field.format == core::Format::date) schema["pattern"] = "^\\d{4}-\\d{2}-\\d{2}$";
  if (field.format == core::Format::datetime) schema["pattern"] = "^\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2}$";
  schema["description"] = description;
  return schema;
}

json request_schema(const Interface& interface) {
  json properties = json::object();
  json required = json::array();
  for (const Field& field : interface.request) {
    properties[field.name] = schema_of(field, false);
    // Either of the identifiers is enough, and a price may be left out: the prose says so, and a schema must not forbid it.
    const bool always = std::all_of(interface.variants.begin(), interface.variants.end(), [&](const core::Variant& variant) {
      return std::any_of(variant.fields.begin(), variant.fields.end(), [&](std::size_t i) { return interface.request[i].name == field.name; });
    });
    if (field.required.value_or(false) && always) required.push_back(field.name);
  }
  json schema = {{"type", "object"}, {"properties", properties}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

json reply_schema(const Spec& spec, const Interface& interface) {
  json codes = json::array();
  std::string listing;
  const auto add = [&](const core::ResultRow& row) {
    if (std::find(codes.begin(), codes.end(), json(row.code.value)) != codes.end()) return;
    codes.push_back(row.code.value);
    listing += (listing.empty() ? "" : "; ") + std::to_string(row.code.value) + " " + both(row.title);
  };
  for (const core::ResultRow& row : interface.results) add(row);
  for (const core::ResultRow& row : spec.common) add(row);
  json properties = {{spec.envelope.code, {{"type", "integer"}, {"enum", codes}, {"description", listing}}}, {spec.envelope.message, {{"type", "string"}}}};
  if (!interface.reply.empty()) {
    json row = json::object();
    for (const Field& field : interface.reply) row[field.name] = schema_of(field, true);
    properties[spec.envelope.rows] = {{"type", json::array({"array", "null"})}, {"items", {{"type", "object"}, {"properties", row}}}};
  }
  return {{"type", "object"}, {"required", json::array({spec.envelope.code, spec.envelope.message})}, {"properties", properties}};
}

json security_schemes(const core::Authentication& authentication) {
  json schemes = json::object();
  for (const std::size_t header : {authentication.token, authentication.authorization}) {
    const core::Header& one = authentication.headers[header];
    schemes[one.name] = {{"type", "apiKey"}, {"in", "header"}, {"name", one.name}, {"description", both(one.title)}};
  }
  return schemes;
}

}  // namespace

std::string document(const Spec& spec, core::Role role) {
  json paths = json::object();
  for (const Interface& interface : spec.interfaces) {
    if (interface.served_by != role) continue;
    json content = {{"application/json", {{"schema", request_schema(interface)}}}};
    json reply = {{"description", both(interface.title)}, {"content", {{"application/json", {{"schema", reply_schema(spec, interface)}}}}}};
    paths[interface.path]["post"] = {{"operationId", interface.name},
                                     {"summary", interface.section + " " + both(interface.title)},
                                     {"description", both(interface.purpose)},
                                     {"requestBody", {{"required", true}, {"content", content}}},
                                     {"responses", {{"200", reply}}}};
  }
  json security = json::object();
  const json schemes = security_schemes(spec.authentication);
  for (const auto& [name, scheme] : schemes.items()) security[name] = json::array();
  const json out = {
      {"openapi", "3.1.0"},
      {"info", {{"title", both(spec.title) + " (" + std::string(to_string(role)) + ")"}, {"version", spec.version}}},
      {"servers", json::array({{{"url", "http://{host}:{port}"}, {"variables", {{"host", {{"default", "127.0.0.1"}}}, {"port", {{"default", "8080"}}}}}}})},
      {"security", json::array({security})},
      {"paths", paths},
      {"components", {{"securitySchemes", schemes}}}};
  return out.dump(2) + "\n";
}

}  // namespace meterproof::openapi
