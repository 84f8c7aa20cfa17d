// SPDX-License-Identifier: Apache-2.0
#include "mockserver/bad_request.hpp"

#include "core/text/http_reason.hpp"
#include "core/text/protocol_name.hpp"

namespace meterproof::mockserver {

BadRequest explain_bad_request(const net::HttpParser& request, int status, net::Arrival::Ended ended) {
  BadRequest out;
  const auto protocol = core::name_of_protocol(request.beginning());
  std::string reason = request.error();
  if (ended == net::Arrival::Ended::by_peer) reason = "the connection ended inside the message";
  if (ended == net::Arrival::Ended::by_timeout) reason = "no request was complete in time";
  if (status == 413) out = {"too-large", {"请求体过大", "the body is too large"}, {}};
  else if (status == 431) out = {"too-large", {"请求头过大", "the header is too large"}, {}};
  else if (ended != net::Arrival::Ended::no) out = {"incomplete", {"请求不完整", "an incomplete request"}, {}};
  else out = {"bad-request", {"不是 HTTP/1.1 请求", "this is no HTTP/1.1 request"}, {}};
  const std::string zh = core::http_reason_in_chinese(reason);
  out.why = {zh.empty() ? "格式有误" : zh, reason};
  if (!protocol) return out;
  out.kind = protocol->id;
  out.why = {"收到的是" + protocol->name.zh + "，本端口只接受 HTTP/1.1", "this is " + protocol->name.en + ", and the port speaks HTTP/1.1"};
  return out;
}

}  // namespace meterproof::mockserver
