#include "clientcheck/watch.hpp"

#include <algorithm>

#include "spec/rules/word.hpp"
#include "spec/wire/curl.hpp"

namespace meterproof::clientcheck {

using reports::CaseRecord;
using reports::CheckRecord;
using reports::Verdict;
using spec::Field;
using spec::Interface;
using spec::SignatureFault;
using spec::Text;
using spec::Value;

namespace {

std::vector<const Interface*> called_by(const spec::Spec& spec, spec::Role client) {
  std::vector<const Interface*> out;
  for (const Interface& interface : spec.interfaces)
    if (interface.served_by != client) out.push_back(&interface);
  return out;
}

/// What each later observation may only make worse.
int weight(Verdict verdict) { return verdict == Verdict::failed ? 3 : verdict == Verdict::warned ? 2 : verdict == Verdict::passed ? 1 : 0; }

}  // namespace

Watch::Watch(const spec::Spec& spec, const mock::Settings& settings, yaml::WorldRows rows, ClientOptions options)
    : spec_(spec),
      options_(std::move(options)),
      settings_(settings),
      engine_(spec, settings, std::move(rows)),
      authenticator_(spec, settings_),
      tricks_(spec, called_by(spec, options_.client), options_.scenarios) {
  for (const Interface* interface : called_by(spec, options_.client)) plan(*interface);
}

void Watch::add(const std::string& id, const Interface& interface, const std::string& section, const Text& sentence, const std::string& clause) {
  Seen& one = seen_[interface.name + "/" + id];
  one.record.id = interface.name + "/" + id;
  one.record.interface = interface.name;
  one.record.section = section;
  one.record.sentence = sentence.zh;
  one.record.meaning = sentence.en;
  one.record.clauses = {clause};
  one.record.observed = "not seen";
  one.record.reason = "no such call came";
  order_.push_back(one.record.id);
}

void Watch::plan(const Interface& interface) {
  const spec::Authentication& authentication = spec_.authentication;
  const std::string& general = authentication.section;
  add("called", interface, interface.section, interface.title, interface.section + "/path");
  for (const spec::Header& header : authentication.headers) add("header/" + header.name, interface, general, header.title, general + "/header/" + header.name);
  add("timestamp", interface, general, {"时间戳是当前系统时间，不得重复", "the timestamp is the present time, and not used before"}, general + "/timestamp");
  add("body", interface, general, {"请求内容为 UTF-8 编码的 Json", "the body is JSON, in UTF-8"}, general + "/encoding");
  for (const Field& field : interface.request)
    add("request/" + field.name, interface, interface.section + ".1", field.title, interface.section + "/request/" + field.name);
  add("names", interface, interface.section + ".1", {"参数名称与文档一致", "parameters have the paper's names"}, interface.section + "/path");
  add("order", interface, interface.section, {"所引用的用户、表、价格应已存在", "users, meters and prices are there before they are referred to"},
      interface.section + "/effect");
  for (const Play& play : tricks_.all())
    if (&play.interface() == &interface) add("trick/" + play.kind().name, interface, general, play.kind().sentence, general + "/authentication");
}

void Watch::observe(const std::string& id, Verdict verdict, const std::string& observed, const std::string& reason) {
  Seen& one = seen_.at(current_->interface->name + "/" + id);
  if (one.observed && weight(verdict) <= weight(one.record.verdict)) return;
  one.observed = true;
  one.record.verdict = verdict;
  one.record.observed = observed;
  one.record.reason = reason;
  one.record.expected = one.record.meaning;
  const wire::HttpParser& http = *current_->http;
  one.record.request = {std::string(http.method()), options_.url + std::string(http.target()), http.headers(), std::string(http.body())};
}

const Interface* Watch::told_apart(const wire::HttpParser& request) {
  const std::string_view target = request.target().substr(0, request.target().find('?'));
  for (const Interface* interface : called_by(spec_, options_.client))
    if (interface->path == target) return interface;
  return nullptr;
}

bool Watch::judge_signature(const Call& call, spec::DateTime now) {
  const spec::Authentication& authentication = spec_.authentication;
  const std::string& token_name = authentication.headers[authentication.token].name;
  const std::string& authorization_name = authentication.headers[authentication.authorization].name;
  const std::string_view token = call.http->header(token_name);
  const auto refusal = authenticator_.check(authenticator_.claim(token, call.http->header(authorization_name), bench_), now, bench_);
  const auto blame = [&](const std::string& id) { observe(id, Verdict::failed, refusal->why.zh + "｜" + refusal->why.en, refusal->why.en); };
  if (!refusal) {
    for (const std::string& id : {"header/" + token_name, "header/" + authorization_name, std::string("timestamp")})
      observe(id, Verdict::passed, "as it should be", {});
    return true;
  }
  switch (refusal->fault) {
    case SignatureFault::header_missing: blame("header/" + (spec::trimmed(token).empty() ? token_name : authorization_name)); break;
    case SignatureFault::authorization_unreadable:
    case SignatureFault::app_unknown: blame("header/" + authorization_name); break;
    case SignatureFault::token_wrong: blame("header/" + token_name); break;
    case SignatureFault::timestamp_malformed:
    case SignatureFault::timestamp_off:
    case SignatureFault::timestamp_repeated: blame("timestamp"); break;
  }
  return false;
}

void Watch::judge_headers(const Call& call) {
  for (const spec::Header& header : spec_.authentication.headers) {
    if (header.value.empty()) continue;
    const std::string_view given = call.http->header(header.name);
    const bool right = spec::plain_media_type(given).find(spec::plain_media_type(header.value)) != std::string::npos;
    const std::string observed = given.empty() ? "missing" : std::string(given);
    observe("header/" + header.name, right ? Verdict::passed : Verdict::failed, observed, right ? "" : header.name + ": " + header.value + " is expected");
  }
}

void Watch::judge_body(const Call& call) {
  if (!spec::is_utf8(call.http->body())) observe("body", Verdict::failed, "bytes that are no UTF-8", "requests are in UTF-8");
  else if (call.request == nullptr) observe("body", Verdict::failed, reader_.error().en, "the body is no JSON object");
  else observe("body", Verdict::passed, "as it should be", {});
}

void Watch::judge_names(const Call& call) {
  Verdict verdict = Verdict::passed;
  std::string found;
  for (const wire::Member& member : reader_.members()) {
    if (call.interface->field(member.name)) continue;
    const auto alike = std::find_if(call.interface->request.begin(), call.interface->request.end(),
                                    [&](const Field& field) { return spec::same_letters(field.name, member.name); });
    const bool misspelt = alike != call.interface->request.end();
    if (verdict != Verdict::failed) verdict = misspelt ? Verdict::failed : Verdict::warned;
    found += (found.empty() ? "" : ", ") + std::string(member.name) + (misspelt ? " in place of " + alike->name : "");
  }
  observe("names", verdict, found.empty() ? "as in the paper" : found,
          verdict == Verdict::failed   ? "names are spelled otherwise than in the paper"
          : verdict == Verdict::warned ? "the paper has no such parameters"
                                       : "");
}

void Watch::judge_field(const Call& call, std::size_t at) {
  const Field& field = call.interface->request[at];
  const Value& value = (*call.request)[at];
  if (value.empty()) return;  // whether it may be is for the rules to say
  const std::string shown = rules::shown(field, value);
  const std::string id = "request/" + field.name;
  if (!rules::well_formed(field, value)) return observe(id, Verdict::failed, shown, "its type or format is another than the paper's");
  if (!field.values.empty() && !rules::listed(field, value)) return observe(id, Verdict::failed, shown, "the value is not one of the paper's list");
  const bool as_text = field.type != spec::Type::text && value.kind == Value::Kind::text;
  const bool as_number = field.type == spec::Type::text && value.kind == Value::Kind::number;
  if (as_text || as_number) return observe(id, Verdict::warned, shown, "numbers and texts are exchanged");
  observe(id, Verdict::passed, shown, {});
}

/// What the mock would refuse the request for: a missing value, a bound, a row that is not there.
void Watch::judge_rules(const Call& call) {
  bool refers_well = true;
  for (const auto* rows : {&call.interface->body, &call.interface->results})
    for (const spec::ResultRow& row : *rows)
      for (const spec::Rule& rule : row.when) {
        const rules::Word& word = *rules::words()[rule.word];
        if (!applies(rule, *call.request) || !word.sees(rule, *call.request, engine_.world())) continue;
        const Text why = word.explain(rule, *call.request);
        const std::string said = std::to_string(row.code.value) + " " + row.title.zh + ": " + why.zh + "｜" + why.en;
        if (word.name() == "unknown" || word.name() == "in_state") {
          refers_well = false;
          observe("order", Verdict::warned, said, "it refers to a row that is not there, or not any more: was it created, does the world file have it?");
          continue;
        }
        // A combination is no single parameter's fault; the first of them shows it.
        observe("request/" + call.interface->request[rule.uses.front().field].name, Verdict::failed, said, row.title.en);
      }
  if (refers_well) observe("order", Verdict::passed, "as it should be", {});
}

void Watch::handle(const wire::HttpParser& request, Time now, http::Response& response) {
  const Interface* interface = told_apart(request);
  if (interface == nullptr || request.method() != spec_.method) return engine_.handle(request, now, response);
  ++calls_;
  const spec::DateTime time = spec::local_time(now, settings_.utc_offset);
  if (began_.empty()) began_ = spec::local_time(now, std::chrono::minutes(0)).to_string() + " UTC";
  spec::Request values;
  const bool readable = reader_.read(request.body());
  if (readable) wire::bind(reader_.members(), *interface, values);
  const spec::Authentication& authentication = spec_.authentication;
  const Call call{&request, interface, readable ? &values : nullptr, std::string(request.header(authentication.headers[authentication.authorization].name))};
  current_ = &call;
  judge_headers(call);
  const bool well_signed = judge_signature(call, time);
  judge_body(call);
  if (readable) {
    judge_names(call);
    for (std::size_t i = 0; i < interface->request.size(); ++i) judge_field(call, i);
    judge_rules(call);
  }
  tricks_.watch(call);
  bool good = well_signed && readable;
  for (const auto* rows : {&interface->body, &interface->results}) good = good && !rules::first_fault(*rows, values, engine_.world());
  if (good) observe("called", Verdict::passed, "a good call", {});
  Play* play = good ? tricks_.choose(call) : nullptr;
  if (play != nullptr && play->before(call, response)) return;
  engine_.handle(request, now, response);
  if (play != nullptr) play->after(call, response);
}

CheckRecord Watch::record() const {
  CheckRecord out;
  out.target = options_.url;
  out.role = std::string(to_string(options_.client)) + " client";
  out.started = began_;
  out.requests = calls_;
  for (const std::string& id : order_) out.cases.push_back(seen_.at(id).record);
  for (const Play& play : tricks_.all()) {
    const std::string id = play.interface().name + "/trick/" + play.kind().name;
    auto one = std::find_if(out.cases.begin(), out.cases.end(), [&](const CaseRecord& record) { return record.id == id; });
    const Play::Result result = play.result();
    one->verdict = result.verdict;
    one->observed = result.observed;
    one->reason = result.reason;
    one->expected = one->meaning;
  }
  // A parameter that is not required, and was not sent by a client that did call: the paper lets it.
  for (CaseRecord& one : out.cases)
    if (one.verdict == Verdict::inconclusive && one.id.find("/request/") != std::string::npos && seen_.at(one.interface + "/called").observed)
      one.reason = "the client never sent it";
  reports::redact(out, settings_.apps);
  if (calls_ == 0) out.note = "no call came";
  reports::conclude(out, true);
  return out;
}

}  // namespace meterproof::clientcheck
