// SPDX-License-Identifier: Apache-2.0
// A query for a key that has several rows, where the vendor has named one (--fixture TABLE.several=KEY): each of them has that key.
#include <algorithm>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::Verdict;

namespace {

class MultiRowCase final : public TestCase {
 public:
  MultiRowCase(CaseInfo info, std::size_t field, std::string key) : TestCase(std::move(info)), field_(field), key_(std::move(key)) {}

  CaseResult run(CaseContext& context) const override {
    const core::Field& field = context.interface().request[field_];
    core::RequestBuilder request{&context.interface(), std::vector<std::optional<std::string>>(context.interface().request.size())};
    request.raw[field_] = raw_value(field, key_);
    Sent sent = context.fixtures().send(request);
    const auto rows = sent.reply.rows(context.spec().envelope);
    const bool all_have_it = std::all_of(rows.begin(), rows.end(), [&](const json::Json* row) {
      const json::Json* value = row->get(field.name);
      return value != nullptr && value->text == key_;
    });
    CaseResult result;
    result.expected = msg<"case.two-rows-at-least">(field.name, key_);
    result.observed = msg<"case.code-and-rows">(code_of(sent), rows.size());
    if (sent.no_reply()) {
      result.reason = msg<"case.no-reply">(sent.reply.problem);
    } else if (context.fixtures().is_disputed(request, sent)) {
      result.reason = msg<"case.open-question-refused">(context.fixtures().predict_refusal(request).disputed->ask);
    } else if (!sent.answered(context.success())) {
      result.verdict = Verdict::failed;
      result.reason = msg<"case.valid-request-refused">();
    } else if (rows.size() >= 2 && all_have_it) {
      result.verdict = Verdict::passed;
    } else {
      result.verdict = Verdict::failed;
      result.reason = rows.size() < 2 ? msg<"case.rows-left-out">() : msg<"case.foreign-row">();
    }
    result.sent = std::move(sent);
    return result;
  }

 private:
  std::size_t field_;
  std::string key_;
};

}  // namespace

void add_multi_row_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  if (interface.reply.empty() || !changed_tables(interface).empty()) return;
  for (const core::Variant& variant : interface.variants) {
    if (variant.fields.size() != 1) continue;
    const auto table = interface.request[variant.fields.front()].refers;
    const auto key = table ? plan.fixtures.find(plan.spec.tables[*table].name + ".several") : plan.fixtures.end();
    if (key == plan.fixtures.end()) continue;
    CaseInfo info = case_info(interface, "reply/several-rows-" + core::slug_of(variant.name), interface.section + ".2", CaseGroup::sequences, Phase::multi_row);
    info.requirement = {"响应数据列表（可以为多条）", "the list may have several rows"};
    info.title = title_of(info.requirement, {variant.name, variant.name});
    info.expected = {plan.spec.success};
    info.clauses = {clause::reply(interface, plan.spec.envelope.code)};
    out.push_back(std::make_unique<MultiRowCase>(std::move(info), variant.fields.front(), key->second));
  }
}

}  // namespace meterproof::conformance
