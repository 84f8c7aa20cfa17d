// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/transport_case.hpp"

#include <algorithm>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/wrong_requests.hpp"

namespace meterproof::conformance {

using i18n::msg;
using net::HttpRequest;
using reports::Verdict;
using Segment = net::RawExchange::Segment;

const std::vector<HttpVariantInfo>& http_variants() {
  static const std::vector<HttpVariantInfo> all = {
      {HttpVariant::lower_case_headers,
       "lower-case-header-names",
       {"HTTP 头名称不区分大小写（RFC 9110 5.1）", "header names are case-insensitive (RFC 9110, section 5.1)"},
       true},
      {HttpVariant::slow_segments, "slow-segments", {"分段缓慢到达的请求仍是有效请求", "a request that arrives slowly and in segments is valid"}, true},
      {HttpVariant::after_refusals,
       "after-refusals",
       {"拒绝请求之后连接或新连接仍可使用", "after a refusal the next request is answered, on the same connection or a new one"},
       true},
      {HttpVariant::after_unknown_path,
       "after-unknown-path",
       {"请求未知路径之后，同一连接或新连接上的请求照常处理",
        "after a request to an unknown path the next one is answered, on the same connection or a new one"},
       true,
       true},
      {HttpVariant::after_get,
       "after-get",
       {"以 GET 请求接口路径之后，同一连接或新连接上的请求照常处理",
        "after a GET of the interface's path the next request is answered, on the same connection or a new one"},
       true,
       true},
      {HttpVariant::after_long_header,
       "after-long-header",
       {"请求头过长之后，同一连接或新连接上的请求照常处理", "after a request with a long header the next one is answered, on the same connection or a new one"},
       true,
       true,
       5000},  // more than many need, and less than the usual limit of 8 KB
      {HttpVariant::after_very_long_header,
       "after-very-long-header",
       {"请求头超过许多服务器的上限之后，同一连接或新连接上的请求照常处理",
        "after a request with a header longer than many servers take the next one is answered, on the same connection or a new one"},
       true,
       true,
       9000},
      {HttpVariant::after_cut_bodies,
       "after-cut-bodies",
       {"请求体未发完连接即断开之后，其后的请求照常处理", "after connections that end within a body the next request is answered"},
       true,
       true},
      {HttpVariant::chunked, "chunked-body", {"分块传输的请求体（RFC 9112 7.1）", "a body with chunked transfer coding (RFC 9112, section 7.1)"}, false},
      {HttpVariant::pipelined,
       "pipelined",
       {"流水线请求按顺序应答（RFC 9112 9.3.2）", "pipelined requests are answered in their order (RFC 9112, section 9.3.2)"},
       false},
  };
  return all;
}

namespace {

/// The rows of the transport cases of an interface.
struct TransportRows {
  FixtureSet fixture;
};

std::string chunk(const std::string& data) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string size;
  for (std::size_t left = data.size(); left > 0; left /= hex.size()) size.insert(0, 1, hex[left % hex.size()]);
  return (size.empty() ? "0" : size) + "\r\n" + data + "\r\n";
}

/// The request's bytes with its body in chunks (RFC 9112, section 7.1).
std::string chunked(const HttpRequest& request, const net::Address& address) {
  HttpRequest head = request;
  head.body.clear();
  std::string bytes = head.bytes(address);
  const std::string length = "Content-Length: 0";
  const std::size_t half = request.body.size() / 2;
  return bytes.replace(bytes.find(length), length.size(), "Transfer-Encoding: chunked") + chunk(request.body.substr(0, half)) +
         chunk(request.body.substr(half)) + chunk("");
}

std::vector<Segment> in_segments(const std::string& bytes) {
  constexpr std::size_t segments = 5;
  constexpr std::chrono::milliseconds pause(8);
  std::vector<Segment> out;
  const std::size_t size = bytes.size() / segments + 1;
  for (std::size_t at = 0; at < bytes.size(); at += size) out.push_back({bytes.substr(at, size), at == 0 ? std::chrono::milliseconds(0) : pause, false});
  return out;
}

class TransportCase final : public TestCase {
 public:
  TransportCase(CaseInfo info, const HttpVariantInfo& variant) : TestCase(std::move(info)), variant_(variant) {}

  std::vector<std::size_t> baselines() const override { return {0}; }

  CaseResult run(CaseContext& context) const override {
    TargetSession& session = context.session();
    if (!session.environment().send_raw) throw Inconclusive{msg<"case.cannot-use-connections">()};
    const bool has_unreadable = variant_.variant == HttpVariant::after_refusals || variant_.variant == HttpVariant::after_get;
    const char* const like = variant_.variant == HttpVariant::after_get ? "empty" : truncated_body;  // a GET has no body
    if (i18n::Message why = has_unreadable ? session.why_no_reply_to(like) : i18n::Message(); !why.empty()) throw Inconclusive{std::move(why)};
    if (variant_.variant == HttpVariant::pipelined && session.ignores_pipelined()) throw Inconclusive{msg<"case.no-pipelining">()};
    context.need_baseline();
    FixtureSet& fixture = context.shared<TransportRows>().fixture;
    core::RequestBuilder request = context.fixtures().make_request(context.interface(), 0, fixture);
    if (variant_.variant == HttpVariant::after_cut_bodies) cut_bodies(context, request.body());
    const auto [exchange, requests] = exchange_for(context, request.body());
    std::optional<SoleUse::Holder> alone;  // so that what comes next is this one's
    if (variant_.may_close) session.use_alone(alone);
    std::vector<Sent> all = session.send_raw(exchange, requests);
    // It may have closed the connection, and not seen the last request.
    if (variant_.may_close && all.size() > 1 && all.back().no_reply()) {
      fixture.clear();
      request = context.fixtures().make_request(context.interface(), 0, fixture);
      all.back() = session.send(context.interface(), request.body());
    }
    alone.reset();
    CaseResult result;
    result.sent = all.back();
    result.observed = code_of(all.back());
    const bool in_order = all.size() < 2 || variant_.may_close || !all.front().answered(context.success());
    if (all.back().answered(context.success()) && in_order) {
      (void)context.fixtures().apply_to_model(request, fixture);
      result.verdict = Verdict::passed;
    } else if (std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.no_reply(); })) {
      fixture.clear();
      result.reason = msg<"case.no-reply">(all.back().reply.problem);
      if (variant_.variant == HttpVariant::pipelined && !all.front().no_reply()) {
        session.note_pipelined_ignored();
        result.reason = msg<"case.no-pipelining">();
      }
    } else if (session.refused_for_time(all.back())) {
      result.reason = msg<"case.timestamp-used-by-others">();
    } else {
      const bool takes_wrong = all.back().answered(context.success());
      if (takes_wrong) {  // the valid request is not what went wrong: one before it was accepted
        result.sent = all.front();
        result.expected = msg<"case.request-refused">(1);
        result.observed = msg<"case.request-answered">(1, code_of(all.front()));
      }
      result.verdict = variant_.stated || takes_wrong ? Verdict::failed : Verdict::warned;
      result.reason = msg<"case.valid-request-not-answered">(variant_.requirement);
    }
    return result;
  }

 private:
  /// Connections that are closed in the middle of a body.
  static void cut_bodies(CaseContext& context, const std::string& body) {
    constexpr std::size_t connections = 3;
    TargetSession& session = context.session();
    for (std::size_t i = 0; i < connections; ++i) {
      HttpRequest request = session.signed_request(context.interface(), context.fixtures().wrong_signature_timestamp(context.interface().path, false), body);
      const std::string bytes = request.bytes(session.environment().address);
      net::RawExchange cut;
      cut.segments = {{bytes.substr(0, bytes.size() - body.size() / 2)}};
      cut.patience = std::chrono::milliseconds(20);  // nothing is owed to half a request
      (void)session.environment().send_raw(cut);
    }
  }

  /// What is sent over one connection, and the requests whose replies come back; the last one is valid.
  std::pair<net::RawExchange, std::vector<HttpRequest>> exchange_for(CaseContext& context, const std::string& body) const {
    TargetSession& session = context.session();
    const core::Interface& interface = context.interface();
    const net::Address& address = session.environment().address;
    // What comes first is signed first: some want timestamps that rise.
    const bool is_let_in = variant_.long_header > 0 && only_shows(interface);
    const std::optional<HttpRequest> long_one =
        is_let_in ? std::optional(session.signed_request(interface, session.next_timestamp(interface.path), body)) : std::nullopt;
    const HttpRequest valid = session.signed_request(interface, session.next_timestamp(interface.path), body);
    const auto wrongly_signed = [&] {
      HttpRequest out = session.signed_request(interface, context.fixtures().wrong_signature_timestamp(interface.path, false), body);
      out.headers[context.spec().authentication.token].second.assign(32, '0');
      return out;
    };
    std::vector<HttpRequest> requests = {valid};
    net::RawExchange exchange;
    switch (variant_.variant) {
      case HttpVariant::lower_case_headers:
        for (auto& [name, value] : requests.front().headers) name = core::to_lower(name);
        exchange.segments = {{requests.front().bytes(address)}};
        break;
      case HttpVariant::slow_segments: exchange.segments = in_segments(valid.bytes(address)); break;
      case HttpVariant::chunked:  // in this form, too, a wrong signature is refused
        requests = {wrongly_signed(), valid};
        exchange.segments = {{chunked(requests.front(), address)}, {chunked(valid, address), {}, true}};
        break;
      case HttpVariant::after_cut_bodies: exchange.segments = {{valid.bytes(address)}}; break;
      case HttpVariant::after_unknown_path:
      case HttpVariant::after_get:
      case HttpVariant::after_long_header:
      case HttpVariant::after_very_long_header: {
        // Who looks at the header looks at it when the request is let in; what is not a query would be carried out twice.
        HttpRequest first = long_one ? *long_one : wrongly_signed();
        if (variant_.variant == HttpVariant::after_unknown_path) {
          first.path += "/Unknown";
        } else if (variant_.variant == HttpVariant::after_get) {
          first.method = "GET";
          first.body.clear();
        } else {
          first.headers.emplace_back("X-Long", std::string(variant_.long_header, 'x'));
        }
        requests = {first, valid};
        exchange.segments = {{first.bytes(address)}, {valid.bytes(address), {}, true}};
        break;
      }
      case HttpVariant::pipelined:
        requests = {wrongly_signed(), valid};
        exchange.segments = {{requests.front().bytes(address) + valid.bytes(address)}};
        exchange.patience = patience_for(requests.size(), session.mean_seconds());
        break;
      case HttpVariant::after_refusals: {
        const HttpRequest unreadable = session.signed_request(interface, session.next_timestamp(interface.path), "{");
        requests = {wrongly_signed(), unreadable, valid};
        exchange.segments = {{requests.front().bytes(address)}, {unreadable.bytes(address), {}, true}, {valid.bytes(address), {}, true}};
        break;
      }
    }
    exchange.replies = requests.size();
    return {std::move(exchange), std::move(requests)};
  }

  const HttpVariantInfo& variant_;
};

}  // namespace

void add_transport_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  for (const HttpVariantInfo& variant : http_variants()) {
    CaseInfo info = case_info(interface, "http/" + variant.slug, plan.spec.authentication.section, CaseGroup::sequences, Phase::transport);
    info.requirement = info.title = variant.requirement;
    info.expected = {plan.spec.success};
    info.clauses = {clause::general(plan.spec, "http/" + variant.slug)};
    if (variant.long_header > 0) info.timestamps = 2;
    const auto& all = plan.spec.interfaces;
    const auto first = std::find_if(all.begin(), all.end(), [&](const core::Interface& one) { return one.served_by == interface.served_by; });
    // Whichever interface is asked, the same server reads the request.
    info.is_spare = &*first != &interface || variant.variant == HttpVariant::after_get || variant.variant == HttpVariant::after_very_long_header;
    out.push_back(std::make_unique<TransportCase>(std::move(info), variant));
  }
}

}  // namespace meterproof::conformance
