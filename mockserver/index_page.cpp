// SPDX-License-Identifier: Apache-2.0
#include "mockserver/index_page.hpp"

#include <nlohmann/json.hpp>

#include "mockserver/page.hpp"

namespace meterproof::mockserver {

using nlohmann::ordered_json;

namespace {

constexpr std::string_view docs = "docs/mock.md";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

const std::vector<AdminCall>& admin_calls() {
  static const std::vector<AdminCall> calls = {
      {"GET /_mock/health", {"状态、模拟服务的时间、请求数", "status, the mock's clock, number of exchanges"}},
      {"GET /_mock/worlds", {"环境与快照", "worlds and snapshots"}},
      {"POST /_mock/worlds/save", {"将环境存为快照", "keep a world as a snapshot"}},
      {"POST /_mock/worlds/restore", {"将快照的数据放回环境", "put the rows of a snapshot back into a world"}},
      {"POST /_mock/worlds/fork", {"将一个环境的数据复制到另一个", "copy the rows of one world into another"}},
      {"POST /_mock/worlds/diff", {"比较两个环境或快照", "compare two worlds or snapshots"}},
      {"DELETE /_mock/worlds/snapshots/NAME", {"删除一个快照", "remove a snapshot"}},
      {"GET /_mock/data", {"数据表", "the tables"}},
      {"PUT /_mock/data", {"替换所有数据表", "replace all tables"}},
      {"PATCH /_mock/data", {"修改或新增若干行", "change rows, or add them"}},
      {"POST /_mock/data/reset", {"恢复启动时的数据", "restore the rows of the start"}},
      {"GET /_mock/rows", {"按表查找行", "search the rows of a table"}},
      {"GET /_mock/clock", {"环境的业务时间", "the business time of a world"}},
      {"POST /_mock/clock", {"移动业务时间", "move business time"}},
      {"GET /_mock/interfaces", {"各接口的示例请求与签名 curl 命令", "for each interface an example and a curl command that signs it"}},
      {"GET /_mock/interpretations", {"未定问题及所取的解释", "open questions, and how they are answered"}},
      {"PATCH /_mock/interpretations", {"改取另一种解释", "answer some of them otherwise"}},
      {"POST /_mock/call", {"调用对方（--call）", "call the other side (--call)"}},
      {"POST /_mock/exchange", {"代对方发起一次调用", "make a call as the other side would"}},
      {"GET /_mock/faults", {"当前的故障与已知的种类", "active faults, and the known kinds"}},
      {"POST /_mock/faults", {"注入一个故障", "add a fault"}},
      {"DELETE /_mock/faults/ID", {"去掉一个故障", "remove one fault"}},
      {"DELETE /_mock/faults", {"去掉所有故障", "remove all faults"}},
      {"GET /_mock/requests", {"最近的请求以及每个回复的原因", "the last exchanges, and the reason for each reply"}},
      {"GET /_mock/events", {"正在发生的请求（server-sent events）", "exchanges as they happen (server-sent events)"}},
      {"DELETE /_mock/requests", {"清空请求日志", "clear the request log"}},
      {"GET /_mock/counters", {"各接口各响应码的次数", "number of calls by interface and code"}},
      {"DELETE /_mock/counters", {"计数清零", "set the counters to zero"}},
      {"POST /_mock/reload", {"重新读取接口规范、appId 与故障", "read specs, apps and faults anew"}},
      {"GET /_mock/metrics", {"供 Prometheus 采集的指标", "metrics for Prometheus"}},
  };
  return calls;
}

IndexPage::IndexPage(const core::Spec& spec, const MockOptions& options) {
  ordered_json interfaces = ordered_json::array(), admin = ordered_json::array();
  std::string rows, calls;
  for (const core::Interface& one : spec.interfaces) {
    if (options.only && *options.only != one.served_by) continue;
    interfaces.push_back(
        {{"section", one.section}, {"name", one.name}, {"method", spec.method}, {"path", one.path}, {"title_zh", one.title.zh}, {"title_en", one.title.en}});
    rows += "<tr><td>" + escaped(one.section) + "</td><td>" + escaped(one.title.zh) + "<br>" + escaped(one.title.en) + "</td><td><code>" +
            escaped(spec.method + " " + one.path) + "</code></td></tr>\n";
  }
  ordered_json all = {{"server", "meterproof mock"}, {"specification_zh", spec.title.zh}, {"specification_en", spec.title.en}, {"interfaces", interfaces}};
  for (const AdminCall& one : admin_calls()) {
    if (!options.admin_api) break;
    admin.push_back({{"call", one.call}, {"effect_zh", one.effect.zh}, {"effect_en", one.effect.en}});
    const std::string text = "<code>" + escaped(one.call) + "</code>";
    const bool can_be_opened = one.call.starts_with("GET ");
    calls += "<tr><td>" + (can_be_opened ? "<a href=\"" + escaped(one.call.substr(4)) + "\">" + text + "</a>" : text) + "</td><td>" + escaped(one.effect.zh) +
             "<br>" + escaped(one.effect.en) + "</td></tr>\n";
  }
  if (options.admin_api) all["admin"] = admin;
  all["docs"] = docs;
  json_ = all.dump(2) + "\n";
  html_ =
      "<!DOCTYPE html>\n<html lang=\"zh\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>meterproof mock</title>\n"
      "<style>body{font:16px/1.5 sans-serif;margin:2em auto;max-width:60em;padding:0 1em}td{padding:.2em 1em .2em "
      "0;vertical-align:top}code{word-break:break-all}</style>\n"
      "<h1>meterproof mock</h1>\n<p>" +
      escaped(spec.title.zh) + "<br>" + escaped(spec.title.en) + "</p>\n<h2>接口 · Interfaces</h2>\n<table>\n" + rows + "</table>\n";
  if (!calls.empty())
    html_ += "<h2>管理接口 · Admin API</h2>\n<p><a href=\"/_mock/\">实时查看与操作 · Watch it and move it</a></p>\n<table>\n" + calls + "</table>\n";
  html_ += "<p>文档 · Documentation: <code>" + std::string(docs) + "</code></p>\n</html>\n";
}

bool IndexPage::answer_page(std::string_view path, const net::HttpParser& request, net::Response& response) const {
  if (path == "/_mock" || path == "/_mock/") {
    answer(request, response);
    if (response.content_type.starts_with("text/html")) response.body = page::html;
    return true;
  }
  if (path != "/_mock/page.js" && path != "/_mock/page.css") return false;
  const bool is_script = path == "/_mock/page.js";
  response.content_type = is_script ? "text/javascript;charset=utf-8" : "text/css;charset=utf-8";
  response.extra_headers += "Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n";
  response.body = is_script ? page::script : page::style;
  return true;
}

void IndexPage::answer(const net::HttpParser& request, net::Response& response) const {
  const bool wants_html = request.header("Accept").find("text/html") != std::string_view::npos;
  response.extra_headers += "Vary: Accept\r\n";
  if (!wants_html) {
    response.body = json_;
    return;
  }
  response.content_type = "text/html;charset=utf-8";
  response.extra_headers +=
      "Content-Security-Policy: default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action "
      "'none'; "
      "frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\n";
  response.body = html_;
}

}  // namespace meterproof::mockserver
