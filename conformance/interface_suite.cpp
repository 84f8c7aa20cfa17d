#include "conformance/interface_suite.hpp"

#include <algorithm>
#include <set>

#include "conformance/request_mutations.hpp"
#include "core/auth/curl_line.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::conformance {

using core::Code;
using core::Interface;
using core::RequestBuilder;
using core::Step;
using reports::CaseRecord;
using reports::Verdict;

std::string listed(const std::vector<Code>& codes) {
  std::string out;
  for (const Code code : codes) out += (out.empty() ? "" : ", ") + std::to_string(code.value);
  return out;
}

std::string code_of(const Sent& sent) { return sent.reply.code ? std::to_string(sent.reply.code->value) : sent.reply.fault; }

bool has(const std::vector<Code>& codes, const std::optional<Code>& code) { return code && std::find(codes.begin(), codes.end(), *code) != codes.end(); }

CaseRecord record_of(const Case& one) {
  CaseRecord record;
  record.id = one.id;
  record.interface = one.interface->name;
  record.section = one.section;
  record.title = one.sentence;
  record.requirement = one.sentence;
  record.clauses = one.clauses;
  return record;
}

namespace {

/// What a record keeps of a body: a target may answer with megabytes, to every case.
void cut(std::string& body) {
  constexpr std::size_t kept = 65536, remark = 64;
  if (body.size() <= kept + remark) return;
  const std::string whole = std::to_string(body.size());
  body.resize(kept);
  body += "… (cut: " + whole + " bytes in all)";
}

}  // namespace

void fill_exchange(CaseRecord& record, const CheckOptions& options, const core::Spec& spec, const Sent& sent) {
  const std::string url = options.target + sent.request.path;
  record.request = {sent.request.method, url, sent.request.headers, sent.request.body};
  record.reply = {std::string(to_string(sent.exchange.transport)),        sent.exchange.status, sent.exchange.headers, sent.exchange.body,
                  static_cast<double>(sent.exchange.took.count()) / 1000, sent.exchange.detail};
  cut(record.reply.body);
  record.curl = sent.well_signed ? auth::signing_curl_line(spec.authentication, options.apps.front(), "$APP_SECRET", url, sent.request.body)
                                 : auth::curl_line(sent.request.method, url, sent.request.headers, sent.request.body);
}

InterfaceSuite::InterfaceSuite(FixtureFactory& fixtures, const CheckOptions& options, const Interface& interface, std::vector<Case> cases)
    : fixtures_(fixtures),
      options_(options),
      interface_(interface),
      cases_(std::move(cases)),
      rulings_(cases_.size()),
      control_succeeded_(interface.variants.size(), false) {}

void InterfaceSuite::rule_on(std::size_t at, CaseResult ruling) {
  if (ruling.expected.empty()) ruling.expected = fixtures_.session().spec().envelope.code + " " + listed(cases_[at].expected);
  if (ruling.sent) {  // it is kept for the record alone
    ruling.sent->reply.json.reset();
    cut(ruling.sent->exchange.body);
  }
  rulings_[at] = std::move(ruling);
}

std::vector<CaseRecord> InterfaceSuite::judge() {
  run_controls();
  run_replies();
  run_effects();
  run_refusals();
  run_stories();
  run_together();
  run_transport();
  explain_injected();

  const core::Spec& spec = fixtures_.session().spec();
  std::vector<CaseRecord> out;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const Case& one = cases_[i];
    CaseResult& ruling = rulings_[i];
    CaseRecord record = record_of(one);
    record.verdict = ruling.verdict;
    record.expected = i18n::untranslated(ruling.expected);
    record.observed = i18n::untranslated(ruling.observed);
    record.reason = i18n::untranslated(ruling.reason);
    if (ruling.sent) fill_exchange(record, options_, spec, *ruling.sent);
    out.push_back(std::move(record));
  }
  return out;
}

InterfaceSuite::CaseResult InterfaceSuite::judge_code(const Case& one, Sent sent) const {
  CaseResult ruling;
  ruling.observed = code_of(sent);
  const Code success = fixtures_.session().spec().success;
  if (has(one.expected, sent.reply.code)) {
    ruling.verdict = Verdict::passed;
  } else if (has(one.also_accepted, sent.reply.code)) {
    ruling.verdict = Verdict::warned;
    ruling.reason = "answered " + ruling.observed + ", which the paper does not rule out";
  } else if (sent.no_reply()) {
    ruling.verdict = Verdict::inconclusive;
    ruling.reason = "no reply: " + sent.reply.fault;
  } else {
    ruling.verdict = Verdict::failed;
    if (!sent.reply.code) ruling.reason = sent.reply.fault;
    else if (*sent.reply.code == success) ruling.reason = "a request at fault was accepted";
    else if (has(one.expected, success)) ruling.reason = "a valid request was refused";
    else ruling.reason = "refused with another code than the paper's";
  }
  ruling.sent = std::move(sent);
  return ruling;
}

/// Whether any case rests on that valid request.
bool InterfaceSuite::needs(std::size_t variant) const {
  return std::any_of(cases_.begin(), cases_.end(), [&](const Case& one) {
    switch (one.kind) {
      case Kind::control:
      case Kind::reply: return true;
      case Kind::story:
      case Kind::several:
      case Kind::injected_by: return false;
      case Kind::neighbour:
      case Kind::effect:
      case Kind::rule:
      case Kind::body:
      case Kind::signature:
      case Kind::open:
      case Kind::replay:
      case Kind::together:
      case Kind::transport: return one.variant == variant;
    }
    return true;
  });
}

/// Numbers sent as texts: no case, but the survey shows what the target makes of them.
void InterfaceSuite::try_numbers_as_text(FixtureSet& fixture) {
  RequestBuilder make_request;
  try {
    make_request = fixtures_.make_request(interface_, 0, fixture);
  } catch (const Inconclusive&) {
    return;  // then it is not seen
  }
  bool any = false;
  for (std::size_t i = 0; i < make_request.raw.size(); ++i) {
    if (!make_request.raw[i] || interface_.request[i].type == core::Type::text) continue;
    make_request.raw[i] = "\"" + *make_request.raw[i] + "\"";
    any = true;
  }
  if (!any) return;
  const Sent sent = fixtures_.send_and_track(make_request, fixture);
  if (sent.no_reply()) fixture.clear();
  else fixtures_.session().observe("numeric-text", sent.answered(fixtures_.session().spec().success) ? "accept" : "refuse");
}

void InterfaceSuite::run_controls() {
  // Every other case rests on the controls: they are run even where only others were asked for.
  FixtureSet fixture;
  const core::Spec& spec = fixtures_.session().spec();
  std::vector<CaseResult> by_variant(interface_.variants.size());
  for (std::size_t variant = 0; variant < interface_.variants.size(); ++variant) {
    if (!needs(variant)) continue;
    Case control;
    control.expected = {spec.success};
    try {
      // A query has something to show: a row of the table that it lists.
      for (const Step& step : interface_.effects)
        if (variant == 0 && step.kind == Step::Kind::find && !interface_.reply.empty()) fixtures_.get_or_create(fixture, step.find.table);
      const RequestBuilder make_request = fixtures_.make_request(interface_, variant, fixture);
      Sent sent = fixtures_.send(make_request);
      control_succeeded_[variant] = sent.answered(spec.success);
      if (control_succeeded_[variant]) {
        const store::ResultSet implied = fixtures_.apply_to_model(make_request, fixture);
        if (!first_success_) {
          first_success_ = sent;
          first_implied_ = implied;
        }
      }
      if (sent.no_reply()) fixture.clear();  // who knows what became of its rows
      by_variant[variant] = judge_code(control, std::move(sent));
    } catch (const Inconclusive& missing) {
      by_variant[variant] = {Verdict::inconclusive, {}, "not tried", missing.why, std::nullopt};
    }
  }
  for_each(Kind::control, [&](const Case& one) { return by_variant[one.variant]; });
  const bool whole = std::any_of(cases_.begin(), cases_.end(), [](const Case& one) { return one.kind == Kind::control; });
  if (whole && control_succeeded_.front()) try_numbers_as_text(fixture);
  for_each(Kind::neighbour, [&](const Case& one) {
    RequestBuilder make_request = fixtures_.make_request(interface_, one.variant, fixture);
    make_request.raw[one.field] = raw_value(interface_.request[one.field], one.value);
    Sent sent = fixtures_.send_and_track(make_request, fixture);
    if (sent.no_reply()) fixture.clear();
    return judge_code(one, std::move(sent));
  });
}

InterfaceSuite::CaseResult InterfaceSuite::judge_reply(const Case& one) const {
  const core::Envelope& envelope = fixtures_.session().spec().envelope;
  CaseResult ruling;
  ruling.expected = one.sentence.zh;
  if (!first_success_) {
    ruling.observed = "not tried";
    ruling.reason = "no valid request of " + interface_.name + " succeeded";
    return ruling;
  }
  if (one.label.empty()) return judge_encoding();
  ruling.sent = *first_success_;
  const Reply& reply = first_success_->reply;
  Finding finding;
  const bool of_envelope = one.field == interface_.reply.size();
  if (of_envelope) {
    const core::Type type = one.label == envelope.code ? core::Type::integer : core::Type::text;
    core::Field field;
    field.name = one.label;
    field.type = type;
    store::CellValue there;
    there.kind = store::CellValue::Kind::text;
    there.determinacy = store::Determinacy::server_assigned;
    finding = judge_field(field, reply.member(one.label), &there);
    const json::Json* text = reply.member(one.label);
    if (type == core::Type::text && text != nullptr && text->kind == json::Json::Kind::null) finding.grade = Finding::Grade::unusual;
  } else {
    const auto rows = reply.rows(envelope);
    if (rows.empty() || first_implied_.rows() == 0) {
      const bool expected_rows = first_implied_.rows() > first_implied_.uncertain;
      ruling.verdict = expected_rows ? Verdict::failed : Verdict::inconclusive;
      ruling.expected = "a row in " + envelope.rows;
      ruling.observed = envelope.rows + " is " + shown(reply.member(envelope.rows));
      ruling.reason = expected_rows ? "the row that was asked for is not in the reply" : "nothing is known of the row that was asked for";
      return ruling;
    }
    const json::Json* row = most_alike(interface_, rows, first_implied_, 0);
    const json::Json* value = row->get(one.label);
    if (interface_.reply[one.field].type == core::Type::decimal && value != nullptr && value->kind != json::Json::Kind::null)
      fixtures_.session().observe("decimal-form", value->kind == json::Json::Kind::text ? "text" : "number");
    const store::CellValue implied = first_implied_.cell(0, one.field);
    finding = judge_field(interface_.reply[one.field], row->get(one.label), &implied);
  }
  ruling.expected = one.label + " = " + finding.expected;
  ruling.observed = finding.observed;
  switch (finding.grade) {
    case Finding::Grade::good: ruling.verdict = Verdict::passed; break;
    case Finding::Grade::unusual:
      ruling.verdict = Verdict::warned;
      ruling.reason = finding.observed == "absent" || finding.observed == "null" ? "a documented field has no value" : "numbers and texts are exchanged";
      break;
    case Finding::Grade::wrong:
      ruling.verdict = Verdict::failed;
      ruling.reason = "a field of the reply is not as the paper has it";
      break;
  }
  return ruling;
}

InterfaceSuite::CaseResult InterfaceSuite::judge_encoding() const {
  CaseResult ruling;
  ruling.expected = "application/json;charset=utf-8, and a body in UTF-8";
  ruling.sent = *first_success_;
  const net::Exchange& exchange = first_success_->exchange;
  std::string type;
  for (const auto& [name, value] : exchange.headers)
    if (core::equals_ignoring_case(name, "content-type")) type = value;
  ruling.observed = type.empty() ? "no Content-Type" : type;
  const std::string plain = core::normalized_media_type(type);
  if (!core::is_valid_utf8(exchange.body)) {
    ruling.verdict = Verdict::failed;
    ruling.observed += ", and bytes that are no UTF-8";
    ruling.reason = "the reply is not in UTF-8";
  } else if (!plain.starts_with("application/json") || plain.find("charset=utf-8") == std::string::npos) {
    ruling.verdict = Verdict::warned;
    ruling.reason = "the reply's Content-Type does not say what it is";
  } else {
    ruling.verdict = Verdict::passed;
  }
  return ruling;
}

void InterfaceSuite::run_replies() {
  for_each(Kind::reply, [&](const Case& one) { return judge_reply(one); });
}

void InterfaceSuite::explain_injected() {
  for_each(Kind::injected_by, [&](const Case& one) { return CaseResult{Verdict::inconclusive, {}, "not tried", one.value, std::nullopt}; });
}

}  // namespace meterproof::conformance
