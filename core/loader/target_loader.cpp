// SPDX-License-Identifier: Apache-2.0
#include "core/loader/target_loader.hpp"

#include <cstdlib>

#include "core/loader/section_readers.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::loader {

namespace {

/// The value with its ${NAME} replaced. A name that is not set is a problem.
std::string expanded(const YamlNode& at) {
  std::string text = at.text();
  for (std::size_t begin = text.find("${"); begin != std::string::npos; begin = text.find("${", begin)) {
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) {
      at.fail(msg<"target.unclosed">("${", "}"));
      return text;
    }
    const std::string name = text.substr(begin + 2, end - begin - 2);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      at.fail(msg<"target.no-variable">(name), msg<"target.export">(name));
      return text;
    }
    text.replace(begin, end - begin + 1, value);
    begin += std::char_traits<char>::length(value);
  }
  return text;
}

std::string needed(const YamlNode& at, std::string_view key) {
  const auto found = at.require(key);
  return found ? expanded(*found) : std::string();
}

Hook read_hook(const YamlNode& at) {
  Hook hook;
  if (at.is_scalar()) {
    hook.command = expanded(at);
    return hook;
  }
  at.allow_keys({"url", "method", "body"});
  hook.url = needed(at, "url");
  hook.method = at.text("method", "POST");
  hook.body = at.text("body");
  return hook;
}

void read_known(const YamlNode& at, const core::Spec& spec, TargetFile& out) {
  std::vector<std::string> tables;
  for (const core::Table& table : spec.tables) tables.push_back(table.name);
  for (const auto& [name, value] : at.members()) {
    const std::string table = name.text().substr(0, name.text().find('.'));
    if (!spec.table(table)) name.fail(msg<"file.no-table">(table), core::suggestion(table, tables));
    out.fixtures[name.text()] = expanded(value);
  }
}

void read_faults(const YamlNode& at, const core::Spec& spec, TargetFile& out) {
  for (const auto& [name, value] : at.members()) {
    const auto known = spec.injectable_faults();
    if (spec.injected_by(name.text()) == nullptr) name.fail(msg<"target.no-fault">(name.text()), core::suggestion(name.text(), known));
    value.allow_keys({"break", "mend"});
    const auto breaks = value.require("break");
    const auto mends = value.require("mend");
    if (breaks && mends) out.fault_hooks[name.text()] = {read_hook(*breaks), read_hook(*mends)};
  }
}

TargetFile read(const YamlNode& root, const core::Spec& spec) {
  root.allow_keys({"url", "role", "apps", "pacing", "effect_timeout", "timeout", "fixtures", "unsupported", "fault_hooks", "waivers"});
  TargetFile out;
  if (const auto url = root.get("url")) out.url = expanded(*url);
  if (const auto role = root.get("role")) {
    out.role = role->text();
    if (out.role != "platform" && out.role != "billing" && out.role != "both")
      role->fail(msg<"file.unknown-role">(out.role), core::suggestion(out.role, {"platform", "billing", "both"}));
  }
  if (const auto apps = root.get("apps"))
    for (const YamlNode& app : apps->items()) {
      app.allow_keys({"id", "secret"});
      out.apps.emplace_back(needed(app, "id"), needed(app, "secret"));
    }
  if (const auto pacing = root.get("pacing")) {
    pacing->allow_keys({"per_second", "workers"});
    if (const auto rate = pacing->get("per_second")) {
      out.per_second = rate->number();
      if (!out.per_second || *out.per_second <= 0) rate->fail(msg<"target.per-second">());
    }
    if (const auto workers = pacing->get("workers"))
      if (const auto count = workers->integer(1, 64)) out.workers = static_cast<std::size_t>(*count);
  }
  out.effect_timeout = root.text("effect_timeout");
  out.timeout = root.text("timeout");
  if (const auto known = root.get("fixtures")) read_known(*known, spec, out);
  if (const auto unsupported = root.get("unsupported"))
    for (const YamlNode& one : unsupported->items()) {
      one.allow_keys({"cases", "reason"});
      out.unsupported.push_back({needed(one, "cases"), needed(one, "reason")});
    }
  if (const auto faults = root.get("fault_hooks")) read_faults(*faults, spec, out);
  if (const auto waivers = root.get("waivers"))
    for (const YamlNode& one : waivers->items()) {
      one.allow_keys({"cases", "reason", "expires"});
      out.waivers.push_back({needed(one, "cases"), needed(one, "reason"), needed(one, "expires")});
      if (!core::DateTime::parse_date(out.waivers.back().expires)) one.fail(msg<"target.expires">());
    }
  return out;
}

}  // namespace

core::Result<TargetFile> load_target(const core::Spec& spec, const std::string& path) {
  std::vector<core::Diagnostic> problems;
  const auto root = open(path, path, problems);
  if (!root) return problems;
  TargetFile out = read(*root, spec);
  if (!problems.empty()) return problems;
  return out;
}

std::string target_template(const core::Spec& spec) {
  std::string tables, faults;
  for (const core::Table& table : spec.tables) tables += (tables.empty() ? "" : ", ") + table.name;
  for (const std::string& fault : spec.injectable_faults()) {
    const core::ResultRow& row = *spec.injected_by(fault);
    faults += "#  " + fault + ":   # " + std::to_string(row.code.value) + " " + row.title.zh +
              "\n#    break: systemctl stop mariadb\n#    mend: { method: POST, url: \"http://127.0.0.1:9000/start\", body: \"\" }\n";
  }
  return "# What meterproof must know of a target. Run it with: meterproof check --target THIS-FILE\n"
         "# ${NAME} in any value is read from the environment: keep secrets there, not here. 密钥请放在环境变量中。\n\n"
         "# The server under test, and the side that it plays: platform (表厂家), billing (第三方营收平台) or both.\n"
         "url: http://127.0.0.1:8080\n"
         "role: platform\n\n"
         "# One appId is enough. A timestamp may be used once per appId, so several make a run faster.\n"
         "apps:\n"
         "  - { id: demo, secret: \"${METERPROOF_SECRET}\" }\n\n"
         "# How fast the target may be asked, and how many parts of the run go on side by side. 限速。\n"
         "#pacing: { per_second: 50, workers: 8 }\n\n"
         "# How long an effect may take to show (an NB-IoT meter sleeps), and a reply to come. 生效等待、应答超时。\n"
         "#effect_timeout: 10s\n"
         "#timeout: 30s\n\n"
         "# Rows that exist already, by table (" +
         tables +
         ") or by table and state. 已知的编号。\n"
         "#fixtures:\n"
         "#  meter.cancelled: \"860000000009\"   # 已销表\n"
         "#  user.cancelled: U0005              # a user whose meters are all cancelled\n"
         "#  user.several: U0003                # a user with several meters 一户多表\n"
         "#  meter: \"860000000005\"             # role billing: a meter that the third party bills 第三方收费的表\n\n"
         "# What the vendor declares not to support: those cases are not applicable, and the report says why. 声明不支持的功能。\n"
         "#unsupported:\n"
         "#  - { cases: \"INTERFACE/*\", reason: this product has no valves }\n\n"
         "# How to break the target and mend it again: a shell command, or an HTTP request. 制造与恢复故障。\n"
         "#fault_hooks:\n" +
         faults +
         "\n# Failures that both parties have agreed to bear with, until a day. A waiver that no longer applies, or has expired,\n"
         "# fails the run. 双方同意暂缓的问题。\n"
         "#waivers:\n"
         "#  - { cases: \"INTERFACE/-6/*\", reason: \"mended in release 2.4\", expires: 2027-01-31 }\n";
}

}  // namespace meterproof::loader
