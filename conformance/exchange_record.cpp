// SPDX-License-Identifier: Apache-2.0
#include "conformance/exchange_record.hpp"

#include "core/auth/curl_line.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::conformance {

void shorten_body(std::string& body) {
  constexpr std::size_t kept = 65536, remark = 96;  // bytes
  if (body.size() <= kept + remark) return;
  const std::string whole = std::to_string(body.size());
  body.resize(core::truncate_utf8(body, kept).size());
  body += "…（共 " + whole + " 字节，已截断 / cut: " + whole + " bytes in all）";
}

std::string repeat_line(const CheckOptions& options, const TargetSession& session, const net::HttpRequest& request) {
  const std::size_t app = session.app_of(request).value_or(0);
  return auth::signing_curl_line(session.spec().authentication, session.app(app), auth::secret_variable(app), options.target + request.path, request.body,
                                 session.signing_style());
}

void fill_exchange(reports::CaseRecord& record, const CheckOptions& options, const TargetSession& session, const Sent& sent) {
  const std::string url = options.target + sent.request.path;
  record.request = {sent.request.method, url, sent.request.headers, sent.request.body};
  record.reply = {std::string(to_string(sent.exchange.transport)),        sent.exchange.status, sent.exchange.headers, sent.exchange.body,
                  static_cast<double>(sent.exchange.took.count()) / 1000, sent.exchange.detail};
  shorten_body(record.reply.body);
  record.curl =
      sent.well_signed ? repeat_line(options, session, sent.request) : auth::curl_line(sent.request.method, url, sent.request.headers, sent.request.body);
}

}  // namespace meterproof::conformance
