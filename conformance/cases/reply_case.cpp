// SPDX-License-Identifier: Apache-2.0
// The reply to a valid request: each field is there, of its type and format, with the value that the requests imply. And the form of every reply of the run.
#include "conformance/cases/reply_case.hpp"

#include <algorithm>
#include <functional>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/exchange_record.hpp"
#include "conformance/reply_forms.hpp"
#include "core/text/slug.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::Verdict;

namespace {

class ReplyCase : public TestCase {
 public:
  using TestCase::TestCase;

  std::vector<std::size_t> baselines() const override { return all_variants(*info().interface); }

  CaseResult run(CaseContext& context) const final {
    if (!context.first_success()) {
      CaseResult result = not_tried(msg<"case.no-valid-request-succeeded">(context.interface().name));
      result.expected = i18n::localized(info().requirement);
      return result;
    }
    CaseResult result = judge(context, *context.first_success());
    result.sent = *context.first_success();
    return result;
  }

 private:
  virtual CaseResult judge(CaseContext& context, const Sent& sent) const = 0;
};

/// Tells of those irregularities of the reply that `concerns` is true of: a fault fails the case, what is unusual is warned of.
void tell_of(const Sent& sent, const core::Envelope& envelope, const std::function<bool(const json::Irregularity&)>& concerns, CaseResult& result) {
  std::vector<i18n::Message> faults, unusual;
  for (const json::Irregularity& one : sent.reply.irregularities)
    if (concerns(one)) (json::is_fault(one.kind) ? faults : unusual).push_back(to_message(one, envelope));
  if (result.verdict == Verdict::failed && faults.empty()) return;
  std::vector<i18n::Message>& found = faults.empty() ? unusual : faults;
  if (found.empty()) return;
  const Verdict verdict = faults.empty() ? Verdict::warned : Verdict::failed;
  if (result.verdict == verdict && !result.reason.empty()) found.insert(found.begin(), std::move(result.reason));
  result.verdict = verdict;
  result.reason = i18n::list(std::move(found));
}

CaseResult result_of(const std::string& name, const Finding& finding) {
  CaseResult result;
  result.expected = msg<"case.field-equals">(name, finding.expected);
  result.observed = finding.observed;
  switch (finding.grade) {
    case Finding::Grade::good: result.verdict = Verdict::passed; break;
    case Finding::Grade::unusual:
      result.verdict = Verdict::warned;
      result.reason = !finding.remark.empty() ? finding.remark : msg<"case.field-without-value">();
      break;
    case Finding::Grade::wrong:
      result.verdict = Verdict::failed;
      result.reason = !finding.remark.empty() ? finding.remark : msg<"case.reply-field-wrong">();
      break;
  }
  return result;
}

/// A member of the envelope: the result code or the message.
class EnvelopeCase final : public ReplyCase {
 public:
  EnvelopeCase(CaseInfo info, std::string name, core::Type type) : ReplyCase(std::move(info)), name_(std::move(name)), type_(type) {}

 private:
  CaseResult judge(CaseContext& context, const Sent& sent) const override {
    core::Field field;
    field.name = name_;
    field.type = type_;
    store::CellValue there;
    there.kind = store::CellValue::Kind::text;
    there.determinacy = store::Determinacy::server_assigned;
    CaseResult result = result_of(name_, judge_field(field, sent.reply.member(name_), &there));
    tell_of(
        sent, context.spec().envelope, [this](const json::Irregularity& one) { return concerns(one); }, result);
    return result;
  }

  /// A wrong type, another spelling and an absent value are judged as of any field.
  bool concerns(const json::Irregularity& one) const {
    using Kind = json::Irregularity::Kind;
    if (one.kind == Kind::other_case) return one.about == name_;
    return type_ == core::Type::integer && one.kind == Kind::status;
  }

  std::string name_;
  core::Type type_;
};

/// A field of the reply's row.
class RowFieldCase final : public ReplyCase {
 public:
  RowFieldCase(CaseInfo info, std::size_t field) : ReplyCase(std::move(info)), field_(field) {}

 private:
  CaseResult judge(CaseContext& context, const Sent& sent) const override {
    const core::Interface& interface = context.interface();
    const core::Field& field = interface.reply[field_];
    const std::string& list = context.spec().envelope.rows;
    const store::ResultSet& prediction = context.first_prediction();
    const auto rows = sent.reply.rows(context.spec().envelope);
    if (rows.empty() || prediction.rows() == 0) {
      const bool needed = prediction.rows() > prediction.uncertain;
      return {needed ? Verdict::failed : Verdict::inconclusive, msg<"case.a-row-in">(list), msg<"case.member-is">(list, shown(sent.reply.member(list))),
              needed ? msg<"case.row-missing">() : msg<"case.row-unknown">(), std::nullopt};
    }
    const json::Json& row = *most_alike(interface, rows, prediction, 0);
    const json::Json* value = row.get(field.name);
    const store::CellValue expected = prediction.cell(0, field_);
    Finding finding = judge_field(field, value, &expected);
    if (finding.grade != Finding::Grade::wrong && value != nullptr && !row.has(field.name)) {
      finding.grade = Finding::Grade::wrong;
      finding.remark = msg<"reply.other-case">(field.name);
    }
    return result_of(field.name, finding);
  }

  std::size_t field_;
};

/// UTF-8, a Content-Type that says so, and one JSON object as every reader takes it.
class EncodingCase final : public ReplyCase {
 public:
  using ReplyCase::ReplyCase;

 private:
  CaseResult judge(CaseContext& context, const Sent& sent) const override {
    CaseResult result;
    result.expected = msg<"case.json-in-utf8">();
    const std::string type(sent.exchange.header("Content-Type"));
    result.observed = type.empty() ? msg<"case.no-content-type">() : i18n::verbatim(type);
    const std::string plain = core::normalized_media_type(type);
    if (!core::is_valid_utf8(sent.exchange.body)) {
      result.verdict = Verdict::failed;
      result.observed = msg<"case.and-invalid-utf8">(result.observed);
      result.reason = msg<"case.reply-not-utf8">();
    } else if (!type.empty() && !is_json_type(type)) {
      result.verdict = Verdict::failed;
      result.reason = msg<"case.media-type-not-json">();
    } else if (!plain.starts_with("application/json") || plain.find("charset=utf-8") == std::string::npos) {
      result.verdict = Verdict::warned;
      result.reason = msg<"case.content-type-wrong">();
    } else {
      result.verdict = Verdict::passed;
    }
    const core::Envelope& envelope = context.spec().envelope;
    const auto concerns = [&](const json::Irregularity& one) {
      using Kind = json::Irregularity::Kind;
      if (one.kind == Kind::other_case) return one.about == envelope.rows;
      return one.kind == Kind::byte_order_mark || one.kind == Kind::duplicate_member || one.kind == Kind::same_letters || one.kind == Kind::rows_no_list;
    };
    tell_of(sent, envelope, concerns, result);
    return result;
  }
};

/// A fault may show in some replies only: in refusals, in the second row, in one form of a query. Judged from all of them, at the end of the run.
class EveryReplyCase final : public TestCase {
 public:
  using TestCase::TestCase;

  CaseResult run(CaseContext&) const override {
    CaseResult result = not_tried(msg<"case.judged-at-the-end">());
    result.expected = msg<"case.every-reply-as-printed">();
    return result;
  }
};

/// The other reply case of the interface that tells of such a fault, as the slug behind "reply/"; "" where none does.
std::string told_by(const core::Spec& spec, const core::Interface& interface, const FormFault& fault) {
  switch (fault.kind) {
    case FormFault::Kind::encoding: return "encoding";
    case FormFault::Kind::code: return core::slug_of(spec.envelope.code);
    case FormFault::Kind::message: return core::slug_of(spec.envelope.message);
    case FormFault::Kind::field: return "row-" + core::slug_of(interface.reply[static_cast<std::size_t>(fault.number)].name);
    case FormFault::Kind::unlisted_code: return {};
  }
  return {};
}

/// Cases of an interface that have failed for the same cause, or are declared not applicable.
class OtherCases {
 public:
  OtherCases(const core::Spec& spec, const core::Interface& interface, const std::vector<reports::CaseRecord>& records,
             const std::vector<reports::CaseRecord>& excluded)
      : spec_(spec), interface_(interface), records_(records), excluded_(excluded) {}

  /// The id of one that tells of the fault; "" where there is none.
  std::string telling(const FormFault& fault) const {
    if (fault.kind == FormFault::Kind::unlisted_code) {
      const i18n::Message code = i18n::verbatim(std::to_string(fault.number));
      const auto found = std::find_if(records_.begin(), records_.end(), [&](const reports::CaseRecord& one) {
        return one.verdict == Verdict::failed && one.interface == interface_.name && one.observed == code;
      });
      return found == records_.end() ? std::string() : found->id;
    }
    const std::string id = interface_.name + "/reply/" + told_by(spec_, interface_, fault);
    const auto is_it = [&](const reports::CaseRecord& one) { return one.id == id; };
    const bool failed = std::any_of(records_.begin(), records_.end(), [&](const auto& one) { return is_it(one) && one.verdict == Verdict::failed; });
    return failed || std::any_of(excluded_.begin(), excluded_.end(), is_it) ? id : std::string();
  }

 private:
  const core::Spec& spec_;
  const core::Interface& interface_;
  const std::vector<reports::CaseRecord>& records_;
  const std::vector<reports::CaseRecord>& excluded_;
};

void judge_replies(const TargetSession& session, const CheckOptions& options, const OtherCases& others, const ReplyForms::Seen& seen,
                   reports::CaseRecord& record) {
  std::vector<i18n::Message> own, told;
  std::vector<std::string> tellers;
  const FormWitness* witness = nullptr;
  for (const auto& [fault, one] : seen.faults) {
    i18n::Message said = msg<"case.form-in-replies">(one.what, one.count, seen.replies);
    const std::string teller = others.telling(fault);
    if (!teller.empty()) {
      told.push_back(std::move(said));
      if (std::find(tellers.begin(), tellers.end(), teller) == tellers.end()) tellers.push_back(teller);
      continue;
    }
    own.push_back(std::move(said));
    if (witness == nullptr || one.order < witness->order) witness = &one;
  }
  if (witness != nullptr) {
    record.verdict = Verdict::failed;
    record.observed = i18n::list(std::move(own));
    record.reason = msg<"case.form-of-replies-wrong">();
    Sent sent;
    sent.request = witness->request;
    sent.exchange = witness->exchange;
    sent.well_signed = witness->well_signed;
    fill_exchange(record, options, session, sent);
    return;
  }
  if (session.cut_off() || session.is_gone()) return;  // what was not seen may be otherwise
  if (!told.empty()) {
    record.reason = msg<"case.form-told-by">(core::join(tellers), i18n::list(std::move(told)));
  } else if (seen.replies == 0) {
    record.reason = msg<"case.no-readable-reply">(record.interface);
  } else {
    record.verdict = Verdict::passed;
    record.observed = msg<"case.replies-as-printed">(seen.replies);
    record.reason = {};
  }
}

CaseInfo reply_info(const core::Interface& interface, const std::string& slug, const core::LocalizedText& requirement) {
  CaseInfo info = case_info(interface, "reply/" + slug, interface.section + ".2", CaseGroup::business, Phase::reply);
  info.requirement = info.title = requirement;
  info.timestamps = 0;
  return info;
}

}  // namespace

void add_reply_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  const core::Envelope& envelope = plan.spec.envelope;
  for (const auto& [name, type] : {std::pair(envelope.code, core::Type::integer), std::pair(envelope.message, core::Type::text)}) {
    CaseInfo info = reply_info(interface, core::slug_of(name), {name, name});
    info.clauses = {clause::reply(interface, name)};
    out.push_back(std::make_unique<EnvelopeCase>(std::move(info), name, type));
  }
  CaseInfo encoding = reply_info(interface, "encoding", {"返回数据采用 Json 封装，统一采用 UTF-8编码形式", "replies are JSON, in UTF-8"});
  encoding.section = plan.spec.authentication.section;
  encoding.clauses = {clause::general(plan.spec, "encoding"), clause::general(plan.spec, "json")};
  out.push_back(std::make_unique<EncodingCase>(std::move(encoding)));
  for (std::size_t i = 0; i < interface.reply.size(); ++i) {
    CaseInfo info = reply_info(interface, "row-" + core::slug_of(interface.reply[i].name), interface.reply[i].title);
    info.title = {interface.reply[i].name + "：" + info.requirement.zh, interface.reply[i].name + ": " + info.requirement.en};
    info.clauses = {clause::reply(interface, interface.reply[i].name)};
    if (changed_tables(interface).empty()) info.clauses.push_back(clause::effect(interface));
    out.push_back(std::make_unique<RowFieldCase>(std::move(info), i));
  }
  CaseInfo every = reply_info(interface, "every-reply", {"返回参数：每个返回（含拒绝）", "the reply's parameters: of every reply, refusals too"});
  every.clauses = {clause::reply(interface, envelope.code), clause::reply(interface, envelope.message)};
  out.push_back(std::make_unique<EveryReplyCase>(std::move(every)));
}

void judge_every_reply(const TargetSession& session, const CheckOptions& options, const std::vector<const TestCase*>& cases,
                       const std::vector<reports::CaseRecord>& excluded, std::vector<reports::CaseRecord>& records) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (dynamic_cast<const EveryReplyCase*>(cases[i]) == nullptr || records[i].verdict == Verdict::broken) continue;
    const core::Interface& interface = *cases[i]->info().interface;
    judge_replies(session, options, OtherCases(session.spec(), interface, records, excluded), session.reply_forms().seen(interface), records[i]);
    if (records[i].verdict == Verdict::failed && session.environment().found) session.environment().found(records[i]);
  }
}

}  // namespace meterproof::conformance
