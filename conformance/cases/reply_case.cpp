// SPDX-License-Identifier: Apache-2.0
// The reply to a valid request: each field is there, of its type and format, with the value that the requests imply.
#include <functional>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
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

/// Warns of those irregularities of the reply that `concerns` is true of, unless there is more to tell.
void warn_of(const Sent& sent, const core::Envelope& envelope, const std::function<bool(const json::Irregularity&)>& concerns, CaseResult& result) {
  std::vector<i18n::Message> found;
  for (const json::Irregularity& one : sent.reply.irregularities)
    if (concerns(one)) found.push_back(to_message(one, envelope));
  if (found.empty() || result.verdict == Verdict::failed) return;
  if (result.verdict == Verdict::warned) found.insert(found.begin(), std::move(result.reason));
  result.verdict = Verdict::warned;
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
      result.reason = !finding.remark.empty() ? finding.remark
                      : finding.has_value     ? msg<"case.numbers-and-texts-exchanged">()
                                              : msg<"case.field-without-value">();
      break;
    case Finding::Grade::wrong:
      result.verdict = Verdict::failed;
      result.reason = msg<"case.reply-field-wrong">();
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
    const json::Json* value = sent.reply.member(name_);
    Finding finding = judge_field(field, value, &there);
    if (type_ == core::Type::text && value != nullptr && value->kind == json::Json::Kind::null) finding.grade = Finding::Grade::unusual;
    CaseResult result = result_of(name_, finding);
    warn_of(
        sent, context.spec().envelope, [this](const json::Irregularity& one) { return concerns(one); }, result);
    return result;
  }

  /// A wrong type and an absent value are judged as of any field.
  bool concerns(const json::Irregularity& one) const {
    using Kind = json::Irregularity::Kind;
    if (one.kind == Kind::other_case) return one.about == name_;
    return type_ == core::Type::integer && (one.kind == Kind::code_spelling || one.kind == Kind::status);
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
    if (field.type == core::Type::decimal && value != nullptr && value->kind != json::Json::Kind::null)
      context.session().observe("decimal-form", value->kind == json::Json::Kind::text ? "text" : "number");
    const store::CellValue expected = prediction.cell(0, field_);
    Finding finding = judge_field(field, value, &expected);
    if (finding.grade == Finding::Grade::good && value != nullptr && !row.has(field.name)) {
      finding.grade = Finding::Grade::unusual;
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
    std::string type;
    for (const auto& [name, value] : sent.exchange.headers)
      if (core::equals_ignoring_case(name, "content-type")) type = value;
    result.observed = type.empty() ? msg<"case.no-content-type">() : i18n::verbatim(type);
    const std::string plain = core::normalized_media_type(type);
    if (!core::is_valid_utf8(sent.exchange.body)) {
      result.verdict = Verdict::failed;
      result.observed = msg<"case.and-invalid-utf8">(result.observed);
      result.reason = msg<"case.reply-not-utf8">();
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
    warn_of(sent, envelope, concerns, result);
    return result;
  }
};

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
}

}  // namespace meterproof::conformance
