// SPDX-License-Identifier: Apache-2.0
#include "core/text/http_reason.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace meterproof::core {

std::string http_reason_in_chinese(std::string_view reason) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 33> table = {{
      {"no method in the request line", "请求行中没有方法"},
      {"no HTTP version", "没有 HTTP 版本"},
      {"not HTTP/1.1", "不是 HTTP/1.1"},
      {"a character that no request target has", "请求路径中有不允许的字符"},
      {"a header line that does not begin with a name and a colon", "报头的一行不以名称和冒号开头"},
      {"a carriage return inside a line", "一行之内有回车符"},
      {"a control character in a header value", "报头的值中有控制字符"},
      {"two Host headers", "有两个 Host 请求头"},
      {"no Host header", "缺少 Host 请求头"},
      {"a Host header that names no host", "Host 请求头不是主机名"},
      {"a request target that names no host", "请求目标中的主机名有误"},
      {"an unknown expectation", "Expect 请求头的值未知"},
      {"Content-Length is no number", "Content-Length 不是数字"},
      {"two Content-Length headers that differ", "两个 Content-Length 不一致"},
      {"Transfer-Encoding in HTTP/1.0", "HTTP/1.0 报文中有 Transfer-Encoding"},
      {"Transfer-Encoding together with Content-Length", "Transfer-Encoding 与 Content-Length 同时出现"},
      {"a Transfer-Encoding that does not end in chunked, once", "Transfer-Encoding 应以一个 chunked 结尾"},
      {"a Transfer-Encoding other than chunked", "Transfer-Encoding 不是 chunked"},
      {"a Transfer-Encoding that is no regular list", "Transfer-Encoding 不是规范的列表"},
      {"no HTTP/1.1 message", "不是 HTTP/1.1 报文"},
      {"nothing but empty lines", "只有空行"},
      {"a chunk size that is no number", "分块大小不是数字"},
      {"a chunk size that is too large", "分块过大"},
      {"a chunk longer than its size", "分块内容比声明的长"},
      {"a line of a chunked body that ends in LF alone", "分块正文的一行只以 LF 结尾"},
      {"a control character between chunks", "分块之间有控制字符"},
      {"something behind a chunk size that is no extension", "分块大小之后的内容不是扩展"},
      {"a trailer that is no header line", "尾部字段不是报头的格式"},
      {"the connection ended inside the message", "连接在报文未完时结束"},
      // Of replies.
      {"no status code of three digits", "没有三位数的状态码"},
      {"a control character in the status line", "状态行中有控制字符"},
      {"nothing but interim responses", "只有临时响应"},
      {"no request was complete in time", "请求未在时限内完成"},
  }};
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& one) { return one.first == reason; });
  if (found != table.end()) return std::string(found->second);
  // The limits: what is too large, and how large it may be.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> limits = {{
      {"header > ", "报头超过 "},
      {"body > ", "正文超过 "},
      {"all heads at once > ", "全部报头合计超过 "},
      {"all bodies at once > ", "同时接收的正文超过 "},
      {"chunk extensions and trailers > ", "分块扩展与尾部字段超过 "},
  }};
  for (const auto& [en, zh] : limits)
    if (reason.starts_with(en)) return std::string(zh) + std::string(reason.substr(en.size()));
  return {};
}

}  // namespace meterproof::core
