// SPDX-License-Identifier: Apache-2.0
#include "conformance/causes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "conformance/case.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace causes_test {

using i18n::msg;
using i18n::verbatim;
using reports::CaseRecord;
using reports::Verdict;

/// A failed case that shows a reply of that interface.
CaseRecord failed(const std::string& id, const std::string& kind, const std::string& from, i18n::Message observed, i18n::Message reason,
                  i18n::Message expected = {}, std::string body = "{}") {
  CaseRecord out;
  out.id = id;
  out.interface = id.substr(0, id.find('/'));
  out.kind = kind;
  out.verdict = Verdict::failed;
  out.request = {"POST", "http://t" + test::specification().interface(from)->path, {}, std::move(body)};
  out.reply.transport = "replied";
  out.observed = std::move(observed);
  out.reason = std::move(reason);
  out.expected = std::move(expected);
  return out;
}

i18n::Message differs(const std::string& field) { return msg<"reply.field-differs">(field, verbatim("1"), verbatim("2")); }

CaseRecord effect(const std::string& interface, const std::string& query, const std::string& field) {
  return failed(interface + "/effect/" + query, "effect", query, i18n::list({differs(field)}), msg<"case.effect-not-shown">(query));
}

CaseRecord code(const std::string& interface, const std::string& expected, const std::string& observed, const std::string& slug,
                const std::string& kind = "code") {
  return failed(interface + "/" + expected + "/" + slug, kind, interface, verbatim(observed),
                observed == "1" ? msg<"case.invalid-request-accepted">() : msg<"case.refused-with-another-code">());
}

TEST(Causes, AreMadeOfWhatTheRecordsHold) {
  const auto refused = [](const std::string& id, const std::string& kind, const std::string& from, const std::string& observed) {
    return failed(id, kind, from, kind == "sequence" ? msg<"case.in-step">(3, verbatim(observed)) : verbatim(observed), msg<"case.valid-request-refused">());
  };
  const auto field = [](const std::string& interface, const std::string& slug, const std::string& name) {
    return failed(interface + "/reply/" + slug, "reply", interface, msg<"reply.absent">(), msg<"case.reply-field-wrong">(),
                  msg<"case.field-equals">(name, verbatim("String")));
  };
  const struct {
    const char* what;
    std::vector<CaseRecord> cases;
    std::map<std::string, std::size_t> causes;  // how many cases, by cause
  } table[] = {
      {"one interface refuses valid requests, wherever they are sent",
       {refused("RemotePay/1/both", "code", "RemotePay", "-6"), refused("RemotePay/1/pay-way-3", "code", "RemotePay", "-6"),
        refused("GetPayList/sequence/x", "sequence", "RemotePay", "-6"), refused("RemotePay/1/by-user", "code", "RemotePay", "-2")},
       {{"refuses/RemotePay/-6", 3}, {"refuses/RemotePay/-2", 1}}},
      {"a fault of form in every interface",
       {field("GetUserInfo", "message", "Message"), field("GetPayList", "message", "Message"), field("GetData", "message", "Message")},
       {{"envelope/Message", 3}}},
      {"the same in two",
       {field("GetUserInfo", "message", "Message"), field("GetPayList", "message", "Message")},
       {{"field/GetUserInfo/Message", 1}, {"field/GetPayList/Message", 1}}},
      {"a field that differs after many interfaces is the query's",
       {effect("RemotePay", "GetData", "Remnant"), effect("ChangeMeter", "GetData", "Remnant"), effect("CreateMeter", "GetData", "Remnant")},
       {{"field/GetData/Remnant", 3}}},
      {"a field that differs after one interface is that interface's",
       {effect("RemotePay", "GetData", "Remnant"), effect("RemotePay", "GetPayList", "Money")},
       {{"effect/RemotePay/GetData/Remnant", 1}, {"effect/RemotePay/GetPayList/Money", 1}}},
      {"unless the query's own case fails as well",
       {effect("RemotePay", "GetData", "Remnant"), field("GetData", "row-remnant", "Remnant")},
       {{"field/GetData/Remnant", 2}}},
      {"one code in place of another, everywhere",
       {code("GetData", "-202", "-201", "a", "signature"), code("SetPrice", "-202", "-201", "b", "signature"),
        code("RemotePay", "-202", "-201", "c", "signature")},
       {{"code/-202/-201", 3}}},
      {"one code in place of another, in one interface",
       {code("RemotePay", "-4", "-5", "a"), code("RemotePay", "-4", "-5", "b"), code("RemotePay", "-4", "-6", "c")},
       {{"code/RemotePay/-4/-5", 2}, {"code/RemotePay/-4/-6", 1}}},
      {"a rule that is not looked at",
       {code("RemotePay", "-4", "1", "money-zero"), code("RemotePay", "-4", "1", "money-negative"), code("RemotePay", "-6", "1", "pay-way-9")},
       {{"accepts/RemotePay/-4", 2}, {"accepts/RemotePay/-6", 1}}},
      {"refused, yet done",
       {failed("SetPrice/-1/x", "code", "SetPrice", verbatim("-1"),
               msg<"case.refused-but-changed">(msg<"case.through-query">("GetData", differs("CurPrice"))))},
       {{"changed/SetPrice", 1}}},
  };
  for (const auto& row : table) {
    std::vector<CaseRecord> records = row.cases;
    const auto causes = find_causes(test::specification(), records);
    std::map<std::string, std::size_t> found;
    for (const auto& cause : causes) {
      found[cause.id] = cause.cases.size();
      EXPECT_FALSE(test::english(cause.what).empty()) << cause.id;
      EXPECT_NE(i18n::render(cause.what, i18n::Language::zh), test::english(cause.what)) << cause.id;
    }
    EXPECT_EQ(found, row.causes) << row.what;
    for (const CaseRecord& one : records) EXPECT_EQ(found.count(one.cause), 1U) << one.id;
  }
}

// A signature that is never looked at is one cause; two forms of one that are let through are two.
TEST(Causes, OfAcceptedSignatures) {
  for (const std::size_t accepted : {2U, 4U}) {
    std::vector<CaseRecord> records;
    for (std::size_t slug = 0; slug < 6; ++slug)
      for (const char* interface : {"GetData", "SetPrice"}) {
        records.push_back(code(interface, "-202", "1", "form-" + std::to_string(slug), "signature"));
        if (slug >= accepted) records.back().verdict = Verdict::passed;
      }
    const auto causes = find_causes(test::specification(), records);
    EXPECT_EQ(causes.size(), accepted == 4 ? 1U : 2U);
    EXPECT_EQ(causes.front().cases.size(), accepted == 4 ? 8U : 2U);
  }
}

// The most telling case first: a valid request before a sequence, the smaller of two; and its cause before the others.
TEST(Causes, TheMostTellingComesFirst) {
  const auto refused = [](const std::string& id, const std::string& kind, const std::string& body) {
    CaseRecord out = failed(id, kind, "RemotePay", verbatim("-6"), msg<"case.valid-request-refused">(), {}, body);
    out.clauses = {"3.2/code/1"};
    return out;
  };
  std::vector<CaseRecord> records = {code("SetPrice", "-1", "0", "a"),
                                     code("SetPrice", "-1", "0", "b"),
                                     code("SetPrice", "-1", "0", "c"),
                                     refused("RemotePay/sequence/x", "sequence", "{}"),
                                     refused("RemotePay/1/pay-way-3", "code", "{\"a\":\"long\"}"),
                                     refused("RemotePay/1/pay-way-2", "code", "{\"a\":1}"),
                                     refused("RemotePay/1/both", "code", "{\"a\":\"longer\"}")};
  const auto causes = find_causes(test::specification(), records);
  ASSERT_EQ(causes.size(), 2U);
  EXPECT_EQ(causes.front().id, "refuses/RemotePay/-6");
  EXPECT_EQ(causes.front().cases, (std::vector<std::string>{"RemotePay/1/both", "RemotePay/1/pay-way-2", "RemotePay/1/pay-way-3", "RemotePay/sequence/x"}));
  EXPECT_EQ(find_causes(test::specification(), records), causes) << "it is the same however often";
}

// A refused set-up step is one finding: what rests on it is not judged, and names it.
TEST(Causes, WhatRestsOnARefusedRequestIsSetAside) {
  const core::Interface& interface = *test::specification().interface("CreateMeter");
  const core::Field& pay_type = interface.request[*interface.field("PayType")];
  const std::string value = pay_type.values[1].value;
  const auto body_of = [&](std::size_t variant, const std::string& type) {
    std::string out = "{";
    for (const std::size_t field : interface.variants[variant].fields) {
      std::string text = interface.request[field].name == pay_type.name ? type : std::string("x");
      for (const auto& [set, fixed] : interface.variants[variant].set)
        if (set == field) text = fixed;
      out += (out.size() == 1 ? "\"" : ",\"") + interface.request[field].name + "\":\"" + text + "\"";
    }
    return out + "}";
  };
  const std::string baseline = baseline_id(test::specification(), interface, 0), choice = interface.name + "/1/pay-type-" + value;
  const auto record = [&](const std::string& id, const std::string& kind, const std::string& body, const std::string& observed) {
    return failed(id, kind, interface.name, kind == "sequence" ? msg<"case.in-step">(1, verbatim(observed)) : verbatim(observed),
                  msg<"case.valid-request-refused">(), {}, body);
  };
  const std::string other = pay_type.values.front().value;
  const struct {
    const char* what;
    std::string refused_case, its_body, its_code, body, observed, names;  // names: the case that the sequence names; "" where it stays a failure
  } table[] = {
      {"the same form", baseline, body_of(0, other), "-200", body_of(0, other), "-200", baseline},
      {"another code", baseline, body_of(0, other), "-200", body_of(0, other), "-999", ""},
      {"another form", baseline, body_of(0, other), "-200", "{\"MeterAddr\":\"x\"}", "-200", ""},
      {"the same value of a field", choice, body_of(0, value), "-200", body_of(0, value), "-200", choice},
      {"another value", choice, body_of(0, value), "-200", body_of(0, other), "-200", ""},
  };
  for (const auto& row : table) {
    std::vector<CaseRecord> records = {record(row.refused_case, "code", row.its_body, row.its_code),
                                       record("RemotePay/sequence/x", "sequence", row.body, row.observed)};
    EXPECT_TRUE(may_rest_on_another(records.back()));
    set_aside_what_rests(test::specification(), records);
    EXPECT_EQ(records.front().verdict, Verdict::failed) << row.what;
    EXPECT_EQ(records.back().verdict, row.names.empty() ? Verdict::failed : Verdict::inconclusive) << row.what;
    if (!row.names.empty()) EXPECT_NE(test::english(records.back().reason).find(row.names), std::string::npos) << row.what;
  }
}

// Against the mock: one mutation of one field is told as few causes, and every failure has one.
TEST(Causes, AMutantHasFew) {
  for (const char* mutation : {"GetData/Remnant/wrong-value", "RemotePay/-4/1-Money/ignored"}) {
    const mutation::Mutant mutant = test::mutant_of(mutation);
    const auto record = test::check_mock(mutant.spec, test::settings_for(mutant.spec), test::options_for("both"), *mutant.hooks);
    EXPECT_EQ(record.exit_code, 1);
    EXPECT_FALSE(record.causes.empty()) << mutation;
    EXPECT_LE(record.causes.size(), 5U) << mutation;
    std::size_t cases = 0;
    for (const auto& cause : record.causes) cases += cause.cases.size();
    EXPECT_EQ(cases, record.count(Verdict::failed)) << mutation;
  }
}

}  // namespace causes_test
}  // namespace meterproof::conformance
