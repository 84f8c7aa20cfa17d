// SPDX-License-Identifier: Apache-2.0
#include "conformance/exchange_record.hpp"

#include <string_view>

#include "core/auth/curl_line.hpp"
#include "core/auth/powershell_line.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::conformance {

void shorten_body(std::string& body, const redact::Redactor& redactor, std::size_t kept) {
  constexpr std::size_t longest_remark = 96;  // bytes
  constexpr std::string_view begin = "…（共 ", end = " bytes in all）";
  if (body.size() <= kept + longest_remark) return;
  const std::string whole = std::to_string(body.size());
  std::string remark = std::string(begin) + whole + " 字节，已截断 / cut: " + whole + std::string(end);
  const std::size_t before = body.ends_with(end) ? body.rfind(begin) : std::string::npos;
  if (before != std::string::npos && body.size() - before <= longest_remark) remark = body.substr(before);  // it has been cut before
  redactor.redact_beginning(body, core::truncate_utf8(body, kept).size());
  body.resize(core::truncate_utf8(body, kept).size());  // a mark may be longer than what it stands for
  body += remark;
  body.shrink_to_fit();  // it may stay for the whole run
}

void keep_for_record(Sent& sent, const redact::Redactor& redactor) {
  sent.reply.json.reset();
  shorten_body(sent.exchange.body, redactor);
}

RepeatLine repeat_line(const CheckOptions& options, const TargetSession& session, const net::HttpRequest& request, bool well_signed) {
  const std::string url = options.target + request.path;
  if (!well_signed)
    return {auth::curl_line(request.method, url, request.headers, request.body), auth::powershell_line(request.method, url, request.headers, request.body)};
  const std::size_t app = session.app_of(request).value_or(0);
  const core::Authentication& authentication = session.spec().authentication;
  const std::string& id = session.app(app).id;
  const auth::SecretText secret = auth::secret_variable(app);
  return {auth::signing_curl_line(authentication, id, secret, url, request.body, session.signing_style()),
          auth::signing_powershell_line(authentication, id, secret, url, request.body, session.signing_style())};
}

reports::StepRecord step_of(const CheckOptions& options, const TargetSession& session, const Exchanged& one) {
  const net::Exchange& exchange = one.exchange;
  const std::string url = options.target + one.request.path;
  reports::StepRecord out;
  out.request = {one.request.method, url, {}, one.request.body};
  out.reply = {std::string(to_string(exchange.transport)),        exchange.status, {}, exchange.body,
               static_cast<double>(exchange.took.count()) / 1000, exchange.detail};
  RepeatLine repeat = repeat_line(options, session, one.request, one.well_signed);
  out.curl = std::move(repeat.curl);
  out.powershell = std::move(repeat.powershell);
  out.expected = one.expected;
  return out;
}

std::string repeat_lines(const std::vector<reports::StepRecord>& steps) {
  std::string out;
  for (const reports::StepRecord& one : steps) out += (out.empty() ? "" : "\n") + one.curl;
  return out;
}

std::string powershell_lines(const std::vector<reports::StepRecord>& steps) {
  std::string out;
  for (const reports::StepRecord& one : steps) {
    if (one.powershell.empty()) return {};
    out += (out.empty() ? "" : "\n") + one.powershell;
  }
  return out;
}

void fill_exchange(reports::CaseRecord& record, const CheckOptions& options, const TargetSession& session, const Sent& sent) {
  const std::string url = options.target + sent.request.path;
  record.request = {sent.request.method, url, sent.request.headers, sent.request.body};
  record.reply = {std::string(to_string(sent.exchange.transport)),        sent.exchange.status, sent.exchange.headers, sent.exchange.body,
                  static_cast<double>(sent.exchange.took.count()) / 1000, sent.exchange.detail};
  shorten_body(record.reply.body, session.redactor());
  RepeatLine repeat = repeat_line(options, session, sent.request, sent.well_signed);
  record.curl = std::move(repeat.curl);
  if (record.verdict != reports::Verdict::passed) record.powershell = std::move(repeat.powershell);  // few records need it, and all would grow by it
}

}  // namespace meterproof::conformance
