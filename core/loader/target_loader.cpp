// SPDX-License-Identifier: Apache-2.0
#include "core/loader/target_loader.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/loader/section_readers.hpp"
#include "core/loader/spec_loader.hpp"
#include "core/rules/row_states.hpp"
#include "core/text/input_text.hpp"
#include "core/text/text.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::loader {

namespace {

/// http://HOST[:PORT][/PATH], or https://, as far as its form tells.
bool is_http_url(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
  url.remove_prefix(url.find("//") + 2);
  const std::string_view authority = url.substr(0, url.find('/'));
  const std::size_t bracket = authority.rfind(']');  // of an IPv6 address
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  if (host.empty() || host.find_first_of(" @?#") != std::string_view::npos) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view port = authority.substr(colon + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number > 0 && number <= 65535;
}

/// A name that every shell takes for one: anything else would be a command where somebody pastes the advice.
bool is_variable_name(std::string_view name) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", digits = "0123456789";
  return !name.empty() && digits.find(name.front()) == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letters.find(c) != std::string_view::npos || digits.find(c) != std::string_view::npos; });
}

/// Set for this program alone, to be a secret: reading it needs no leave. Those that the program itself reads are not a target's.
bool is_for_secrets(std::string_view name) {
  const bool is_own = name == "METERPROOF_APPS" || name == "METERPROOF_CALL_AS" || name == "METERPROOF_CONTROL_TOKEN";
  return name.starts_with("METERPROOF_") && !is_own;
}

class TargetReader {
 public:
  explicit TargetReader(const Permissions& permissions) : permissions_(permissions) {}

  TargetFile read(const YamlNode& root, const core::Spec& spec) {
    root.allow_keys(
        {"url", "role", "subject", "apps", "pacing", "effect_timeout", "timeout", "hook_timeout", "fixtures", "rows", "unsupported", "fault_hooks", "waivers"});
    TargetFile out;
    if (const auto url = root.get("url")) out.url = expanded(*url);
    if (const auto role = root.get("role")) {
      out.role = expanded(*role);
      if (out.role != "platform" && out.role != "billing" && out.role != "both")
        role->fail(msg<"file.unknown-role">(out.role), core::suggestion(out.role, {"platform", "billing", "both"}));
    }
    if (const auto subject = root.get("subject")) {
      subject->allow_keys({"vendor", "product", "version", "contact"});
      for (const auto& [key, part] : {std::pair("vendor", &out.subject.vendor), std::pair("product", &out.subject.product),
                                      std::pair("version", &out.subject.version), std::pair("contact", &out.subject.contact)})
        if (const auto given = subject->get(key)) *part = word(*given);
    }
    if (const auto apps = root.get("apps"))
      for (const YamlNode& app : apps->items()) {
        app.allow_keys({"id", "secret"});
        out.apps.emplace_back(needed(app, "id"), needed(app, "secret", true));
        if (out.apps.back().first.size() > longest_credential) app.fail(msg<"apps.too-long">(msg<"apps.in-the-id">(), longest_credential));
        if (out.apps.back().second.size() > longest_credential) app.fail(msg<"apps.too-long">(msg<"apps.in-the-secret">(), longest_credential));
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
    out.effect_timeout = duration(root, "effect_timeout", true);
    out.timeout = duration(root, "timeout", false);
    out.hook_timeout = duration(root, "hook_timeout", false);
    if (const auto known = root.get("fixtures")) read_known(*known, spec, out);
    if (const auto rows = root.get("rows")) read_rows(*rows, spec, out);
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
        if (core::trimmed(out.waivers.back().reason).empty()) one.fail(msg<"target.no-reason">());
      }
    out.variables = std::move(variables_);
    out.secrets = std::move(secrets_);
    return out;
  }

 private:
  /// The value with its ${NAME} replaced. A name that is not set is a problem, and so is one that may not be read; it is not read then.
  std::string expanded(const YamlNode& at, bool is_secret = false) {
    std::string text = at.text();
    for (std::size_t begin = text.find("${"); begin != std::string::npos; begin = text.find("${", begin)) {
      const std::size_t end = text.find('}', begin);
      if (end == std::string::npos) {
        at.fail(msg<"target.unclosed">("${", "}"));
        return text;
      }
      const std::string name = text.substr(begin + 2, end - begin - 2);
      if (!is_variable_name(name)) {
        at.fail(msg<"target.variable-name">(name), msg<"target.variable-form">());
        return text;
      }
      if (!permissions_.may_read(name) && !(is_secret && is_for_secrets(name))) {
        at.fail(is_secret ? msg<"target.secret-not-allowed">(name) : msg<"target.variable-not-allowed">(name), msg<"file.add">("--allow-env " + name));
        return text;
      }
      (is_secret ? secrets_ : variables_).insert(name);
      const char* given = std::getenv(name.c_str());
      if (given == nullptr) {
        at.fail(msg<"target.no-variable">(name), msg<"target.export">(name));
        return text;
      }
      const std::string value(core::trimmed(given));  // a shell's here-document or a file's last line leaves a line break
      text.replace(begin, end - begin + 1, value);
      begin += value.size();
    }
    return text;
  }

  /// A value in which no unseen character has a place.
  std::string word(const YamlNode& at, bool is_secret = false) {
    if (is_secret && at.is_cut_by_comment()) at.fail(msg<"apps.comment-or-secret">(), msg<"target.quote-secret">());
    std::string text = expanded(at, is_secret);
    if (const std::size_t place = core::odd_character(text); place > 0) at.fail(msg<"target.odd-character">(place));
    return text;
  }

  std::string needed(const YamlNode& at, std::string_view key, bool is_secret = false) {
    const auto found = at.require(key);
    return found ? word(*found, is_secret) : std::string();
  }

  std::string optional_text(const YamlNode& at, std::string_view key, const std::string& otherwise = {}) {
    const auto found = at.get(key);
    return found ? expanded(*found) : otherwise;
  }

  /// A time as it is written; "" where none is.
  std::string duration(const YamlNode& at, std::string_view key, bool may_be_zero) {
    const auto found = at.get(key);
    if (!found) return {};
    std::string text = expanded(*found);
    if (text.empty() || text.find("${") != std::string::npos) return text;  // a variable that could not be read is a problem already
    const auto span = core::parse_duration(text);
    if (!span) found->fail(msg<"target.not-a-time">(text));
    else if (span->count() == 0 && !may_be_zero) found->fail(msg<"target.time-above-zero">());
    return text;
  }

  Hook read_hook(const YamlNode& at) {
    Hook hook;
    if (at.is_scalar()) {
      // It is the shell that reads the environment for a command.
      hook.command = at.text();
      if (!permissions_.hooks) at.fail(msg<"target.command-not-allowed">(hook.command), msg<"file.add">("--allow-hooks"));
      return hook;
    }
    at.allow_keys({"url", "method", "body"});
    hook.url = needed(at, "url");
    if (const auto url = at.get("url"); url && !is_http_url(hook.url)) url->fail(msg<"target.hook-url">(hook.url));
    hook.method = optional_text(at, "method", "POST");
    hook.body = optional_text(at, "body");
    if (!permissions_.hooks) at.fail(msg<"target.request-not-allowed">(hook.method, hook.url), msg<"file.add">("--allow-hooks"));
    return hook;
  }

  void read_known(const YamlNode& at, const core::Spec& spec, TargetFile& out) {
    for (const auto& [name, value] : at.members()) {
      i18n::Message why, remedy;
      if (!rules::read_row_name(spec, name.text(), why, remedy)) name.fail(std::move(why), std::move(remedy));
      const std::string key = word(value);
      if (key.empty()) value.fail(msg<"target.no-key">(name.text()));
      out.fixtures[name.text()] = key;
    }
  }

  void read_rows(const YamlNode& at, const core::Spec& spec, TargetFile& out) {
    for (const auto& [name, rows] : at.members()) {
      const auto interface =
          std::find_if(spec.interfaces.begin(), spec.interfaces.end(), [text = name.text()](const core::Interface& one) { return one.name == text; });
      if (interface == spec.interfaces.end() || interface->reply.empty()) {
        std::vector<std::string> known;
        for (const core::Interface& one : spec.interfaces)
          if (!one.reply.empty()) known.push_back(one.name);
        name.fail(msg<"target.rows-of-what">(name.text()), core::suggestion(name.text(), known));
        continue;
      }
      for (const YamlNode& row : rows.items()) {
        if (!row.is_map()) {
          row.fail(msg<"target.row-is-no-map">());
          continue;
        }
        TargetFile::Row& described = out.rows.emplace_back(TargetFile::Row{interface->name, {}});
        for (const auto& [field, value] : row.members()) read_cell(*interface, field, value, described);
        if (row.members().empty()) row.fail(msg<"target.row-is-no-map">());
      }
    }
  }

  /// A value of a row, by the name of a field of the reply, or of a report's request.
  void read_cell(const core::Interface& interface, const YamlNode& name, const YamlNode& value, TargetFile::Row& out) {
    std::vector<std::string> known;
    const core::Field* about = nullptr;
    for (const auto* fields : {&interface.reply, &interface.request})
      for (const core::Field& field : *fields) {
        known.push_back(field.name);
        if (about == nullptr && field.name == name.text()) about = &field;
      }
    if (about == nullptr) return name.fail(msg<"target.no-field">(name.text(), interface.name), core::suggestion(name.text(), known));
    const std::string text = word(value);
    const bool is_number = about->type == core::Type::text || core::Decimal::parse(text).has_value();
    const bool is_moment =
        (about->format != core::Format::datetime || core::DateTime::parse(text)) && (about->format != core::Format::date || core::DateTime::parse_date(text));
    if (!is_number) value.fail(msg<"target.cell-number">(about->name, text));
    else if (!is_moment) value.fail(msg<"target.cell-moment">(about->name, text));
    out.values[about->name] = text;
  }

  void read_faults(const YamlNode& at, const core::Spec& spec, TargetFile& out) {
    for (const auto& [name, value] : at.members()) {
      const auto known = spec.injectable_faults();
      if (spec.injected_by(name.text()) == nullptr) name.fail(msg<"target.no-fault">(name.text()), core::suggestion(name.text(), known));
      value.allow_keys({"break", "repair"});
      const auto breaks = value.require("break");
      const auto repairs = value.require("repair");
      if (breaks && repairs) out.fault_hooks[name.text()] = {read_hook(*breaks), read_hook(*repairs)};
    }
  }

  const Permissions& permissions_;
  std::set<std::string> variables_, secrets_;  // of the environment, that were read
};

}  // namespace

namespace {

/// The rows of a template: of every interface that shows rows, two of its first fields.
std::string example_rows(const core::Spec& spec) {
  std::string out = "#rows:\n";
  for (const core::Interface& one : spec.interfaces) {
    if (one.reply.empty()) continue;
    std::string members;
    for (std::size_t i = 0; i < std::min<std::size_t>(one.reply.size(), 2); ++i) members += (i == 0 ? "" : ", ") + one.reply[i].name + ": …";
    out += "#  " + one.name + ":   # " + one.section + "\n#    - { " + members + ", … }\n";
  }
  return out;
}

}  // namespace

core::Result<TargetFile> load_target(const core::Spec& spec, const std::string& path, const Permissions& permissions) {
  std::vector<core::Diagnostic> problems;
  const auto root = open(path, path, problems);
  if (!root) return problems;
  TargetFile out = TargetReader(permissions).read(*root, spec);
  if (!problems.empty()) return problems;
  return out;
}

std::string target_template(const core::Spec& spec) {
  std::string tables, faults;
  for (const core::Table& table : spec.tables) tables += (tables.empty() ? "" : ", ") + table.name;
  for (const std::string& fault : spec.injectable_faults()) {
    const core::ResultRow& row = *spec.injected_by(fault);
    faults += "#  " + fault + ":   # " + std::to_string(row.code.value) + " " + row.title.zh + " " + row.title.en +
              "\n#    break: systemctl stop mariadb\n#    repair: { method: POST, url: \"http://127.0.0.1:9000/start\", body: \"\" }\n";
  }
  return "# What meterproof must know of a target. Run it with: meterproof check --target THIS-FILE\n"
         "# meterproof 检查目标系统所需的信息。运行：meterproof check --target 本文件\n"
         "# ${NAME} in a value is read from the environment: keep secrets there, not here. It needs --allow-env NAME, but for secrets called METERPROOF_….\n"
         "# 值中的 ${NAME} 取自环境变量：密钥请放在环境变量中，不要写在这里。除名为 METERPROOF_… 的密钥外，需要 --allow-env NAME。\n\n"
         "# The server under test, and the side that it plays: platform, billing or both.\n"
         "# 被测试的服务器及其角色：platform（表厂家平台）、billing（第三方营收平台）或 both（两者）。\n"
         "url: http://127.0.0.1:8080\n"
         "role: platform\n\n"
         "# What is checked, in the vendor's own words; it stands in the record and on a certificate.\n"
         "# 被检查的产品，由厂家自己填写；写入记录和证书。\n"
         "#subject: { vendor: Example Meters Ltd, product: Gas Platform, version: \"3.2\", contact: qa@vendor.example }\n\n"
         "# One appId is enough. A timestamp may be used once per appId, so several make a run faster.\n"
         "# 一个 appId 即可。每个 appId 的同一时间戳只能用一次，因此多个 appId 可使运行更快。\n"
         "apps:\n"
         "  - { id: demo, secret: \"${METERPROOF_SECRET}\" }\n\n"
         "# How fast the target may be asked, and how many parts of the run go on side by side.\n"
         "# 每秒最多发送多少个请求，以及同时进行多少部分。\n"
         "#pacing: { per_second: 50, workers: 8 }\n\n"
         "# How long an effect may take to show (an NB-IoT meter sleeps), and a reply to come.\n"
         "# 业务效果最长多久可见（NB-IoT 表具会休眠），以及应答最长多久到达。\n"
         "#effect_timeout: 10s\n"
         "#timeout: 30s\n\n"
         "# Rows that exist already. They are used where the run cannot make its own: name rows of a test system, for top-ups may go to them.\n"
         "# 已存在的数据。仅在无法自行创建时使用；可能对其充值，请只填写测试数据。\n"
         "# By table (" +
         tables +
         ") or by table and state.\n"
         "# 按表（" +
         tables +
         "）或按表及状态给出。\n"
         "#fixtures:\n"
         "#  meter.cancelled: \"860000000009\"   # a cancelled meter 已销表\n"
         "#  user.cancelled: U0005              # a user whose meters are all cancelled 所有表具都已销表的用户\n"
         "#  user.several: U0003                # a user with several meters 一户多表\n"
         "#  meter: \"860000000005\"             # role billing: a meter that the third party bills 第三方收费的表\n\n"
         "# Rows as the vendor knows them: every query of their keys must show these, and no others. What no client can bring about (readings, signal\n"
         "# values, failed payments, several rows) is checked by them. Fields that are left out are not compared. By the interface that shows them.\n"
         "# 厂家所知的数据：按其编号查询必须显示这些行，且没有其他行。客户端无法造成的内容（读数、信号、失败的充值、多行）由此核对。未写的字段不比较。\n" +
         example_rows(spec) +
         "\n# What the vendor declares not to support: those cases are not applicable, and the report says why.\n"
         "# 厂家声明不支持的功能：这些用例不适用，报告会写明理由。\n"
         "# An interface of which nothing is supported is never called; its name alone stands for all its cases.\n"
         "# 完全不支持的接口不会被调用；只写接口名即代表其全部用例。\n"
         "#unsupported:\n"
         "#  - { cases: INTERFACE, reason: this product has no valves }   # 例如：本产品没有阀门\n\n"
         "# How to break the target and repair it again: a shell command, or an HTTP request. They are used with --allow-hooks only.\n"
         "# A hook may take as long as hook_timeout says.\n"
         "# 如何制造目标系统的故障并恢复：shell 命令或 HTTP 请求。只有给出 --allow-hooks 才会执行。hook_timeout 是每个钩子的时限。\n"
         "#hook_timeout: 60s\n"
         "#fault_hooks:\n" +
         faults +
         "\n# Failures that both parties have agreed to bear with, until a day. A waiver that has expired, or is no longer needed, is to be removed: the run "
         "ends with 2.\n"
         "# 双方同意暂缓到某日的问题。已过期或不再需要的豁免须删除：否则运行以 2 结束。\n"
         "#waivers:\n"
         "#  - { cases: \"INTERFACE/-6/*\", reason: \"repaired in release 2.4\", expires: 2027-01-31 }   # 例如：2.4 版修复\n";
}

}  // namespace meterproof::loader
