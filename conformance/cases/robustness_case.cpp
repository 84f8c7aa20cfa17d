// SPDX-License-Identifier: Apache-2.0
// After a hostile body the next good request is served, and as another one is: the code for unreadable data promises an answer, not an end. What the hostile
// body itself is answered is not judged here, as how long or deep a body may be is not stated; but for an unknown key, which must get a reply.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/cases/wrong_requests.hpp"
#include "core/json/json.hpp"
#include "core/text/text.hpp"
#include "core/text/utf16.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::Verdict;

namespace {

struct HostileBody {
  CaseName name;
  std::string (*make)(const std::string& valid);
  bool may_linger = false;  // what it brings may be taken for what later bodies leave out
  bool is_rare = false;
};

/// A value that a field may have in JSON, and that none does in a good request.
struct HostileValue {
  CaseName name;
  bool (*fits)(const core::Field& field);
  std::string raw;
  bool is_key = false;  // an unknown one: it must be answered
};

std::string with_member(const std::string& valid, const std::string& value) { return "{\"x\":" + value + "," + valid.substr(1); }

/// Little-endian, with a byte order mark.
std::string in_utf16(const std::string& valid) {
  constexpr unsigned byte = 8, low = 0xFF;
  std::string out = "\xFF\xFE";
  core::for_each_utf16_unit(valid, [&](std::uint32_t unit) { out += {static_cast<char>(unit & low), static_cast<char>(unit >> byte)}; });
  return out;
}

const std::vector<HostileBody>& hostile_bodies() {
  using Text = const std::string&;
  static const std::vector<HostileBody> all = {
      {{"null", {"null", "null"}}, [](Text) { return std::string("null"); }},
      {{"deep", {"嵌套一万层的数组", "arrays in each other, ten thousand deep"}},
       [](Text valid) { return with_member(valid, std::string(10'000, '[') + std::string(10'000, ']')); }},
      {{"long-text", {"五十万字节的文本", "a text of half a million bytes"}},
       [](Text valid) { return with_member(valid, "\"" + std::string(500'000, 'x') + "\""); }},
      {{"long-number", {"一万位的数字", "a number of ten thousand digits"}}, [](Text valid) { return with_member(valid, std::string(10'000, '9')); }},
      {{"truncated", {"被截断", "truncated"}}, [](Text valid) { return valid.substr(0, valid.size() / 2) + ",\"x\":\"\xE4\xB8"; }},  // inside a character
      {{"nul", {"含 NUL 字节", "with a NUL byte"}},
       [](Text valid) { return valid.substr(0, valid.size() / 2) + std::string(1, '\0') + valid.substr(valid.size() / 2); }},
      {{"not-utf8", {"不是 UTF-8 的字节", "with bytes that are no UTF-8"}}, [](Text valid) { return with_member(valid, "\"\xFF\xFE\xC3\""); }},
      {{"half-a-character", {"只有一半的代理对", "with half of a surrogate pair"}}, [](Text valid) { return with_member(valid, R"("\uD83D")"); }},
      {{"trailing-garbage", {"对象之后还有内容", "with something behind the object"}}, [](Text valid) { return valid + "]}garbage{"; }},
      {{"empty", {"空", "empty"}}, [](Text) { return std::string(); }, false, true},
      {{"prototype", {"含 __proto__ 成员", "with a member __proto__"}},
       [](Text valid) { return R"({"constructor":{"prototype":)" + valid + R"(},"__proto__":)" + valid + "," + valid.substr(1); },
       true},
      {{"gbk", {"GBK 编码的汉字", "with Chinese characters in GBK"}},
       [](Text valid) { return with_member(valid, "\"\xB1\xED\xBE\xDF \xD2\xBB\""); },
       false,
       true},
      {{"utf-16", {"UTF-16 编码", "in UTF-16"}}, in_utf16, false, true},
  };
  return all;
}

const std::vector<HostileValue>& hostile_values() {
  using Field = const core::Field&;
  const auto is_number = [](Field field) { return field.type != core::Type::text; };
  static const std::vector<HostileValue> all = {
      {{"list-for-number", {"数值为数组", "with a list for a number"}}, is_number, "[1]"},
      {{"huge-number", {"数值为 1e400", "with the number 1e400"}}, is_number, "1e400"},
      {{"half-a-character-in-text", {"文本中有半个代理对", "with half of a surrogate pair in a text"}}, is_free_text, R"("\uD83D")"},
      {{"null-text", {"文本为 null", "with null for a text"}}, is_free_text, "null"},
      {{"signs-in-key", {"编号含括号和引号", "with braces and quotes in a key"}},
       [](Field field) { return field.refers.has_value(); },
       R"("{0}${x}'\"%s;--")",
       true},
      {{"long-key", {"六千字符的编号", "with a key of six thousand characters"}},
       [](Field field) { return field.refers.has_value(); },
       "\"" + std::string(6000, 'k') + "\""},
  };
  return all;
}

class RobustnessCase final : public TestCase {
 public:
  RobustnessCase(CaseInfo info, const HostileBody& body) : TestCase(std::move(info)), body_(&body), name_(body.name) {}
  RobustnessCase(CaseInfo info, const HostileValue& value, std::size_t field) : TestCase(std::move(info)), value_(&value), field_(field), name_(value.name) {}

  std::vector<std::size_t> baselines() const override { return {0}; }
  bool rests_on_several() const override { return true; }

  CaseResult run(CaseContext& context) const override {
    context.need_baseline();
    TargetSession& session = context.session();
    FixtureSet& fixture = context.shared<Rows>().fixture;
    bool were_shown = std::exchange(context.shared<Rows>().are_shown, false);
    make_rows_to_show(context, fixture);
    const core::RequestBuilder good = context.fixtures().make_request(context.interface(), 0, fixture);
    if (!were_shown && info().is_spare && only_shows(context.interface())) were_shown = shows_rows(context, good, context.fixtures().send(good));
    // A row that the hostile body has replaced is not there any more: it has rows of its own.
    FixtureSet other = ends_rows(context.spec(), context.interface()) ? FixtureSet() : fixture;
    const core::RequestBuilder draft = context.fixtures().make_request(context.interface(), 0, other);
    const std::string body = make(draft);
    // Who waits for the rest of what is no JSON waits for the rest of this one, too.
    if (i18n::Message why = json::parse_json(body) ? i18n::Message() : session.why_no_reply_to(truncated_body); !why.empty())
      throw Inconclusive{std::move(why)};
    const std::optional<Sent> empty = body_ != nullptr && body_->may_linger ? std::optional(session.send(context.interface(), no_members)) : std::nullopt;
    const LargeReplies::Awaited awaited(session.large_replies());
    std::optional<SoleUse::Holder> alone;  // so that the next request is this one's
    session.use_alone(alone);
    const Sent hostile = session.send(context.interface(), body);
    if (hostile.no_reply()) alone.reset();
    // What it carried out of a body that it could read is its own business: these rows are not used again.
    const bool in_doubt = hostile.answered(context.success()) || hostile.no_reply();
    FixtureSet mine = std::exchange(fixture, {});  // they are for the next case where all was well
    if (value_ != nullptr && value_->is_key)
      if (std::optional<CaseResult> wrong = judge_unknown_key(context, draft, hostile)) return std::move(*wrong);
    Sent sent = context.fixtures().send_and_track(good, mine);
    alone.reset();
    constexpr std::chrono::milliseconds pause(500);
    // A server may close connections after such a body, and a reply may be lost: another one is asked, about other rows where the first may have been done.
    constexpr int tries = 5;
    for (int tried = 1; tried < tries && sent.no_reply(); ++tried) {
      session.sleep(pause);
      mine.clear();
      sent = context.fixtures().send_and_track(context.fixtures().make_request(context.interface(), 0, mine), mine);
    }
    if (hostile.answered(context.success()) && sent.answered(context.success()))
      if (std::optional<CaseResult> spoilt = look_at_row(context, draft, other)) return std::move(*spoilt);
    CaseResult result;
    result.expected = msg<"case.one-of-codes">(context.spec().envelope.code, listed(info().expected));
    result.observed = code_of(sent);
    if (sent.answered(context.success())) {
      result.verdict = Verdict::passed;
      if (empty) compare_with_empty(context, *empty, result);
      if (result.verdict == Verdict::passed && sent.request.body == good.body()) compare_with_next(context, good, body, sent, were_shown, result);
      if (result.verdict == Verdict::passed) compare_texts(context, mine, result);
      if (result.verdict == Verdict::passed && value_ != nullptr && hostile.reply.code && !in_doubt) look_for_changes(context, result);
      if (result.verdict == Verdict::failed) {
        if (!result.sent) result.sent = std::move(sent);
        return result;
      }
      if (in_doubt) context.shared<Rows>().are_shown = false;
      else fixture = mine;
    } else if ((in_doubt && sent.reply.code) || session.cut_off()) {
      result.reason = msg<"case.hostile-body-carried-out">();
    } else {
      result.verdict = Verdict::failed;
      result.reason = msg<"case.not-served-after">(name_.description);
    }
    result.sent = std::move(sent);
    return result;
  }

 private:
  struct Rows {
    FixtureSet fixture;
    bool are_shown = false;  // the query showed them right
  };
  static constexpr const char* no_members = "{}";

  /// A query without rows would show nothing wrong.
  static void make_rows_to_show(CaseContext& context, FixtureSet& fixture) {
    FixtureFactory& fixtures = context.fixtures();
    if (!only_shows(context.interface())) return;
    try {
      (void)fixtures.make_request(context.interface(), 0, fixture);  // it names rows of the vendor's, or of ours
      if (std::any_of(fixture.begin(), fixture.end(), [&](const auto& row) { return fixtures.is_named(row.first, row.second); })) return;
      for (const std::size_t table : shown_tables(context.spec(), context.interface())) (void)fixtures.get_or_create(fixture, table);
    } catch (const Inconclusive&) {  // no such row can be had
    }
  }

  /// Whether the reply shows the rows that there must be.
  static bool shows_rows(CaseContext& context, const core::RequestBuilder& good, const Sent& sent) {
    const store::ResultSet implied = context.fixtures().predict(good);
    return sent.answered(context.success()) && implied.rows() > 0 &&
           differences(context.interface(), sent.reply.rows(context.spec().envelope), implied).empty();
  }

  std::string make(core::RequestBuilder request) const {
    if (body_ != nullptr) return body_->make(request.body());
    request.raw[field_] = value_->raw;
    return request.body();
  }

  /// An unknown key gets an answer that can be read, and none of those for what goes wrong in the target itself, where another unknown key gets a good one.
  std::optional<CaseResult> judge_unknown_key(CaseContext& context, core::RequestBuilder draft, const Sent& hostile) const {
    if (hostile.no_reply()) return is_usual_key_answered(context, draft) ? std::optional(unanswered(hostile)) : std::nullopt;
    if (!is_bad_answer(context, hostile)) return std::nullopt;
    draft.raw[field_] = raw_value(context.interface().request[field_], context.fixtures().unused_key());
    const FixtureFactory::Prediction expected = context.fixtures().predict_refusal(draft);
    if (expected.row == nullptr || expected.question != nullptr) return std::nullopt;  // it may be taken
    const Sent usual = context.session().send(context.interface(), draft.body());
    if (!usual.reply.code || is_bad_answer(context, usual)) return std::nullopt;
    draft.raw[field_] = value_->raw;
    const Sent again = context.session().send(context.interface(), draft.body());
    if (again.no_reply() || !is_bad_answer(context, again)) return std::nullopt;
    CaseResult result = unanswered(again);
    result.reason = msg<"case.key-not-answered">(code_of(usual));
    return result;
  }

  /// An HTTP 200 that cannot be read, or a code for a failure of the target's own that no rule about the key allows.
  bool is_bad_answer(CaseContext& context, const Sent& sent) const {
    if (!sent.reply.code) return sent.exchange.status == 200;
    const core::Interface& interface = context.interface();
    std::vector<core::Code> allowed;
    const auto allow = [&](const core::Rule& rule, const std::vector<core::Code>& codes) {
      const bool is_about = std::any_of(rule.operands.begin(), rule.operands.end(), [&](const auto& operand) { return operand.field == field_; });
      if (is_about) allowed.insert(allowed.end(), codes.begin(), codes.end());
    };
    for (const core::ResultRow& row : interface.results)
      for (const core::Rule& rule : row.when) allow(rule, rule.also_accepted);
    for (const core::OpenQuestion& question : interface.open_questions)
      if (question.when) allow(*question.when, question.accepted_codes);
    return !has(allowed, *sent.reply.code) && is_failure_of_its_own(context, *sent.reply.code);
  }

  static bool is_failure_of_its_own(CaseContext& context, core::Code code) {
    const auto& common = context.spec().common;
    return std::any_of(common.begin(), common.end(), [&](const auto& row) { return row.code == code && !row.injected_by.empty(); });
  }

  /// Connections get lost: it is asked for twice more, and another key is answered.
  bool is_usual_key_answered(CaseContext& context, core::RequestBuilder request) const {
    request.raw[field_] = value_->raw;
    const std::string lost = request.body();
    request.raw[field_] = raw_value(context.interface().request[field_], context.fixtures().unused_key());
    return is_lost_alone(context.session(), context.interface(), lost, request.body());
  }

  /// A request that got no reply gets none when it is sent again, before the usual one is answered and after.
  static bool is_lost_alone(TargetSession& session, const core::Interface& interface, const std::string& lost, const std::string& usual) {
    constexpr std::chrono::milliseconds pause(500);
    const auto is_answered = [&](const std::string& body) { return !session.send(interface, body).no_reply(); };
    session.sleep(pause);
    return !is_answered(lost) && !session.cut_off() && is_answered(usual) && !is_answered(lost) && !session.cut_off();
  }

  CaseResult unanswered(const Sent& hostile) const {
    CaseResult result;
    result.expected = msg<"case.an-answer">();
    result.observed = code_of(hostile);
    result.verdict = Verdict::failed;
    result.reason = msg<"case.not-served-after">(name_.description);
    result.sent = hostile;
    return result;
  }

  /// Rows of their own that the queries show right: after a refused request with the value they must show the same.
  void look_for_changes(CaseContext& context, CaseResult& result) const {
    try {
      FixtureFactory& fixtures = context.fixtures();
      const core::Interface& interface = context.interface();
      FixtureSet own;
      if (!fixtures.send_and_track(fixtures.make_request(interface, 0, own), own).answered(context.success())) return;
      std::vector<const core::Interface*> queries;
      for (const core::Interface& query : context.spec().interfaces) {
        if (!shows_effect_of(context.spec(), fixtures.scope(), interface, query) || interface.effect_is_unspecified(query)) continue;
        const QueryDiff before = context.side_effects().query_and_diff(query, own);
        if (before.differences.empty() && !before.hidden) queries.push_back(&query);
      }
      core::RequestBuilder request = fixtures.make_request(interface, 0, own);
      request.raw[field_] = value_->raw;
      const Sent hostile = queries.empty() ? Sent() : context.session().send(interface, request.body());
      if (!hostile.reply.code || hostile.answered(context.success())) return;
      for (const core::Interface* query : queries) {
        QueryDiff seen = context.side_effects().query_and_diff(*query, own);
        if (seen.differences.empty()) continue;
        result.verdict = Verdict::failed;
        result.reason = msg<"case.refused-but-changed">(msg<"case.through-query">(query->name, std::move(seen.differences.front())));
        result.sent = std::move(seen.witness);
        return;
      }
      fixtures.give_back(own);
    } catch (const Inconclusive&) {  // that the next request is served has been seen
    }
  }

  /// Texts of the good request that are stored otherwise than those of the next one.
  void compare_texts(CaseContext& context, FixtureSet& mine, CaseResult& result) const {
    const core::Interface& interface = context.interface();
    const core::Interface* query = showing_query(context.spec(), context.fixtures().scope(), interface).query;
    const bool has_texts = std::any_of(interface.request.begin(), interface.request.end(), is_free_text);
    if (query == nullptr || !has_texts || !makes_rows_of_its_own(interface)) return;
    const auto& keys = query->variants.front().fields;
    if (!std::all_of(keys.begin(), keys.end(), [&](std::size_t key) { return !query->request[key].refers || mine.contains(*query->request[key].refers); }))
      return;
    try {
      if (context.side_effects().query_and_diff(*query, mine).differences.empty()) return;
      FixtureSet others;
      const core::RequestBuilder good = context.fixtures().make_request(interface, 0, others);
      const bool is_done = context.fixtures().send_and_track(good, others).answered(context.success());
      if (!is_done || !context.side_effects().query_and_diff(*query, others).differences.empty()) return;
      QueryDiff still = context.side_effects().query_and_diff(*query, mine);
      if (still.differences.empty()) return;
      result.verdict = Verdict::failed;
      result.observed = msg<"case.through-query">(query->name, std::move(still.differences.front()));
      result.reason = msg<"case.not-served-after">(name_.description);
      result.sent = std::move(still.witness);
    } catch (const Inconclusive&) {  // that the next request is served has been seen
    }
  }

  /// Every request has keys of new rows, so that what the hostile one came to is not seen in them.
  static bool makes_rows_of_its_own(const core::Interface& interface) {
    const auto& fields = interface.variants.front().fields;
    return std::any_of(fields.begin(), fields.end(), [&](std::size_t field) { return interface.request[field].names.has_value(); }) &&
           std::none_of(interface.effects.begin(), interface.effects.end(), [](const core::Step& step) { return step.kind == core::Step::Kind::update; });
  }

  /// What was taken must not make the queries unreadable; nothing where they are not.
  std::optional<CaseResult> look_at_row(CaseContext& context, const core::RequestBuilder& draft, FixtureSet rows) const {
    const Scope& scope = context.fixtures().scope();
    context.fixtures().take_names(draft, rows);
    // A key is one of a row that may not be there: what others show of it is not stated. And what makes no rows leaves no texts behind.
    const bool first_alone = (value_ != nullptr && value_->is_key) || !makes_rows_of_its_own(context.interface());
    const core::Interface* first = showing_query(context.spec(), scope, context.interface()).query;
    for (const core::Interface& query : context.spec().interfaces)
      if (first_alone ? &query == first : shows_effect_of(context.spec(), scope, context.interface(), query))
        if (std::optional<CaseResult> unreadable = look_at_row(context, query, rows)) return unreadable;
    return std::nullopt;
  }

  std::optional<CaseResult> look_at_row(CaseContext& context, const core::Interface& query, FixtureSet& rows) const {
    Sent sent;
    try {
      sent = context.session().send(query, context.fixtures().make_request(query, 0, rows).body());
    } catch (const Inconclusive&) {  // no such row can be had
      return std::nullopt;
    }
    std::string given = value_ != nullptr ? core::to_lower(value_->raw) : std::string();
    std::erase(given, '"');
    const bool repeats = !given.empty() && core::to_lower(sent.exchange.body).find(given) != std::string::npos;
    const bool is_own_failure = sent.reply.code && is_failure_of_its_own(context, *sent.reply.code);
    if ((sent.reply.code && !is_own_failure) || repeats) return std::nullopt;  // it may repeat what it was sent
    if (sent.no_reply() && !stays_unanswered(context, query, sent)) return std::nullopt;
    CaseResult result;
    result.observed = code_of(sent);
    result.verdict = Verdict::failed;
    result.reason = msg<"case.not-served-after">(name_.description);
    result.sent = std::move(sent);
    return result;
  }

  /// Connections get lost: it is asked for twice more, and another row is shown.
  static bool stays_unanswered(CaseContext& context, const core::Interface& query, const Sent& lost) {
    if (!lost.is_lost()) return false;
    try {
      FixtureSet usual;
      const std::string other = context.fixtures().make_request(query, 0, usual).body();
      return other != lost.request.body && is_lost_alone(context.session(), query, lost.request.body, other);
    } catch (const Inconclusive&) {
      return false;
    }
  }

  /// A query right after it shows what the same query showed before, and shows then.
  void compare_with_next(CaseContext& context, const core::RequestBuilder& good, const std::string& body, const Sent& sent, bool were_shown,
                         CaseResult& result) const {
    const core::Interface& query = context.interface();
    if (!only_shows(query)) return;
    const store::ResultSet implied = context.fixtures().predict(good);
    const auto differences_in = [&](const Sent& one) { return differences(query, one.reply.rows(context.spec().envelope), implied); };
    std::vector<i18n::Message> found = differences_in(sent);
    context.shared<Rows>().are_shown = shows_rows(context, good, sent);
    if (found.empty() || !were_shown) return;
    const auto is_right = [&](const Sent& one) { return one.answered(context.success()) && differences_in(one).empty(); };
    if (!is_right(context.fixtures().send(good))) return;  // other cases tell
    std::optional<SoleUse::Holder> alone;                  // once more, so that it was not by chance
    context.session().use_alone(alone);
    (void)context.session().send(query, body);
    const Sent again = context.fixtures().send(good);
    alone.reset();
    if (again.no_reply() || is_right(again) || !is_right(context.fixtures().send(good))) return;
    result.verdict = Verdict::failed;
    result.observed = i18n::list(std::move(found));
    result.reason = msg<"case.not-served-after">(name_.description);
  }

  /// An object without members is answered as it was before.
  static void compare_with_empty(CaseContext& context, const Sent& before, CaseResult& result) {
    Sent after = context.session().send(context.interface(), no_members);
    if (!before.reply.code || !after.reply.code || before.reply.code == after.reply.code || before.answered(context.success())) return;
    result.verdict = Verdict::failed;
    result.observed = code_of(after);
    result.reason = msg<"case.lingers">();
    result.sent = std::move(after);
  }

  const HostileBody* body_ = nullptr;    // or
  const HostileValue* value_ = nullptr;  // in
  std::size_t field_ = 0;
  CaseName name_;
};

}  // namespace

void add_robustness_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  const core::ResultRow* row = plan.spec.unparsable();
  if (row == nullptr) return;
  // Each costs two requests or three: all of them are spread over the interfaces that one side serves.
  const auto& all = hostile_bodies();
  std::size_t place = 0, interfaces = 0;
  for (const core::Interface& one : plan.spec.interfaces) {
    if (one.served_by != interface.served_by) continue;
    if (&one == &interface) place = interfaces;
    ++interfaces;
  }
  const bool makes_texts = std::any_of(interface.request.begin(), interface.request.end(), is_free_text);
  const auto info_of = [&](const CaseName& name, std::size_t timestamps, bool is_spare) {
    CaseInfo info = case_info(interface, "robust/" + name.slug, interface.section + ".3", CaseGroup::sequences, Phase::transport);
    info.requirement = {"无法解析的数据得到应答，其后的请求照常处理", "unreadable data gets an answer, and requests after it are served"};
    info.title = title_of(info.requirement, name.description);
    info.expected = {plan.spec.success};
    info.clauses = {clause::code(interface, row->code)};
    info.timestamps = timestamps + (makes_texts ? 1 : 0);
    info.is_spare = is_spare;
    return info;
  };
  for (std::size_t i = 0; i < all.size(); ++i)
    out.push_back(std::make_unique<RobustnessCase>(
        info_of(all[i].name, all[i].may_linger ? 4 : 2, all[i].may_linger || all[i].is_rare || i % interfaces != place), all[i]));
  for (const HostileValue& value : hostile_values()) {
    const auto& fields = interface.variants.front().fields;
    const auto field = std::find_if(fields.begin(), fields.end(), [&](std::size_t at) { return value.fits(interface.request[at]); });
    if (field != fields.end()) out.push_back(std::make_unique<RobustnessCase>(info_of(value.name, 8, true), value, *field));
  }
}

}  // namespace meterproof::conformance
