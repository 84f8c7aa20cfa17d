// SPDX-License-Identifier: Apache-2.0
#include "core/openapi/request_export.hpp"

#include <nlohmann/json.hpp>

#include "core/rules/valid_request.hpp"

namespace meterproof::openapi {

using json = nlohmann::ordered_json;
using core::Interface;
using core::Spec;

namespace {

std::string both(const core::LocalizedText& text) { return text.zh.empty() ? text.en : text.zh + " | " + text.en; }

/// Rows that are there are variables; a new row's key is made of the time at which the request is sent.
class Variables final : public rules::KeyProvider {
 public:
  explicit Variables(const Spec& spec) : spec_(spec) {}
  std::string key(const core::Field& field, bool existing) override {
    const std::size_t table = field.refers ? *field.refers : *field.names;
    return existing ? "{{" + spec_.tables[table].name + "}}" : "79{{$timestamp}}" + std::to_string(++made_ % 10);
  }

 private:
  const Spec& spec_;
  std::size_t made_ = 0;
};

struct Example {
  const Interface* interface;
  std::string name, body;
};

std::vector<Example> examples(const Spec& spec, core::Role role) {
  std::vector<Example> out;
  Variables keys(spec);
  const core::DateTime now = core::local_time(std::chrono::system_clock::now(), spec.authentication.utc_offset);
  unsigned nth = 0;
  for (const Interface& interface : spec.interfaces) {
    if (interface.served_by != role) continue;
    for (const core::Variant& variant : interface.variants) {
      core::RequestBuilder request = rules::make_valid_request(interface, variant, keys, ++nth, now);
      for (const auto& [field, value] : variant.set) request.raw[field] = core::raw_value(interface.request[field], value);
      out.push_back({&interface, interface.section + " " + interface.name + (interface.variants.size() > 1 ? ": " + variant.name : ""), request.body()});
    }
  }
  return out;
}

/// A timestamp of its own for each request: the server takes each second of an appId once.
std::string script_of_timestamp(const Spec& spec, const char* get, const char* set) {
  return std::string("const last = Number(") + get + ") || 0;\nconst at = Math.max(Date.now(), last + 1000);\n" + set + "const stamp = new Date(at + " +
         std::to_string(spec.authentication.utc_offset.count()) + " * 60000).toISOString().replace(/[-:T]/g, \"\").slice(0, 14);\n";
}

}  // namespace

std::string postman_collection(const Spec& spec, core::Role role, const KnownKeys& known) {
  const auto& headers = spec.authentication.headers;
  std::string script = script_of_timestamp(spec, "pm.collectionVariables.get(\"last\")", "pm.collectionVariables.set(\"last\", String(at));\n") +
                       "const appId = pm.variables.get(\"appId\");\nconst secret = pm.variables.get(\"secret\");\n"
                       "pm.request.headers.upsert({ key: \"" +
                       headers[spec.authentication.token].name +
                       "\", value: CryptoJS.MD5(appId + secret + stamp).toString() });\n"
                       "pm.request.headers.upsert({ key: \"" +
                       headers[spec.authentication.authorization].name +
                       "\", value: CryptoJS.enc.Base64.stringify(CryptoJS.enc.Utf8.parse(appId + \":\" + stamp)) });\n";
  json lines = json::array();
  for (std::size_t at = 0, end; (end = script.find('\n', at)) != std::string::npos; at = end + 1) lines.push_back(script.substr(at, end - at));
  json items = json::array();
  for (const Example& one : examples(spec, role)) {
    json path = json::array();
    for (std::size_t at = 1, end; at <= one.interface->path.size(); at = end + 1) {
      end = std::min(one.interface->path.find('/', at), one.interface->path.size());
      path.push_back(one.interface->path.substr(at, end - at));
    }
    json given = json::array();
    for (const core::Header& header : headers)
      if (!header.value.empty()) given.push_back({{"key", header.name}, {"value", header.value}});
    items.push_back({{"name", one.name},
                     {"request",
                      {{"method", spec.method},
                       {"description", both(one.interface->title)},
                       {"header", given},
                       {"body", {{"mode", "raw"}, {"raw", one.body}}},
                       {"url", {{"raw", "{{url}}" + one.interface->path}, {"host", json::array({"{{url}}"})}, {"path", path}}}}}});
  }
  json variables =
      json::array({{{"key", "url"}, {"value", "http://127.0.0.1:8080"}}, {{"key", "appId"}, {"value", "demo"}}, {{"key", "secret"}, {"value", ""}}});
  for (const auto& [table, key] : known) variables.push_back({{"key", spec.tables[table].name}, {"value", key}});
  const json out = {{"info",
                     {{"name", both(spec.title) + " (" + std::string(to_string(role)) + ")"},
                      {"schema", "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}},
                    {"event", json::array({{{"listen", "prerequest"}, {"script", {{"type", "text/javascript"}, {"exec", lines}}}}})},
                    {"variable", variables},
                    {"item", items}};
  return out.dump(2) + "\n";
}

std::string http_file(const Spec& spec, core::Role role, const KnownKeys& known) {
  const auto& headers = spec.authentication.headers;
  const std::string &token = headers[spec.authentication.token].name, &authorization = headers[spec.authentication.authorization].name;
  std::string out = "# " + both(spec.title) + " (" + std::string(to_string(role)) +
                    ")\n# APP_ID=... APP_SECRET=... httpyac send FILE --all\n\n@url = http://127.0.0.1:8080\n";
  for (const auto& [table, key] : known) out += "@" + spec.tables[table].name + " = " + key + "\n";
  out +=
      "\n{{+\nconst crypto = require('crypto');\n" + script_of_timestamp(spec, "globalThis.lastTimestamp", "globalThis.lastTimestamp = at;\n") +
      "const appId = process.env.APP_ID || \"demo\";\nexports.accessToken = crypto.createHash(\"md5\").update(appId + (process.env.APP_SECRET || \"\") + stamp)"
      ".digest(\"hex\");\nexports.signedBy = Buffer.from(appId + \":\" + stamp).toString(\"base64\");\n}}\n";
  for (const Example& one : examples(spec, role)) {
    out += "\n### " + one.name + "\n# " + both(one.interface->title) + "\n" + spec.method + " {{url}}" + one.interface->path + "\n";
    for (const core::Header& header : headers)
      if (!header.value.empty()) out += header.name + ": " + header.value + "\n";
    out += token + ": {{accessToken}}\n" + authorization + ": {{signedBy}}\n\n" + one.body + "\n";
  }
  return out;
}

}  // namespace meterproof::openapi
