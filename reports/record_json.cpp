// SPDX-License-Identifier: Apache-2.0
#include "reports/record_json.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/text/json_excess.hpp"
#include "core/text/utf8.hpp"
#include "reports/headline.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"
#include "reports/record_v1.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::reports {

using Json = nlohmann::ordered_json;
using core::LocalizedText;
using i18n::Message;

namespace {

/// Reading and writing are the same list of members with another archive: a Writer makes JSON of const records, a Reader fills records from JSON.
/// An archive takes a member by name, a member that may be absent (`optional`), and, for doubles, the unit to which it is rounded.
constexpr double thousandth = 1000, millionth = 1e6, billionth = 1e9;

Json to_value(const Message& message);

template <class Archive, class Record>
using Of = typename Archive::template Of<Record>;

template <class Archive>
void members(Archive& archive, Of<Archive, LocalizedText>& one) {
  archive("zh", one.zh);
  archive("en", one.en);
}

template <class Archive>
void members(Archive& archive, Of<Archive, SuiteRecord>& one) {
  archive("name", one.name);
  archive("version", one.version);
  archive("spec_version", one.spec_version);
  archive("rules_digest", one.rules_digest);
}

template <class Archive>
void members(Archive& archive, Of<Archive, SentRecord>& one) {
  archive("method", one.method);
  archive("url", one.url);
  archive("headers", one.headers);
  archive("body", one.body);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ReplyRecord>& one) {
  archive("transport", one.transport);
  archive("status", one.status);
  archive("headers", one.headers);
  archive("body", one.body);
  // A transcript keeps what the system said of a failure; a case keeps how long the reply took.
  if (archive.exact()) archive("detail", one.detail);
  else archive("took_ms", one.took_ms, thousandth);
}

template <class Archive>
void members(Archive& archive, Of<Archive, StepRecord>& one) {
  archive("request", one.request);
  archive("reply", one.reply);
  archive("curl", one.curl);
  archive.optional("powershell", one.powershell);
  archive("expected", one.expected);
}

template <class Archive>
void members(Archive& archive, Of<Archive, SelectionRecord>& one) {
  archive("only", one.only);
  archive("except", one.except);
  archive("failed", one.failed);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LeftBehindRecord>& one) {
  archive("table", one.table);
  archive("count", one.count);
  archive("keys", one.keys);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CaseRecord>& one) {
  archive("id", one.id);
  archive("interface", one.interface);
  archive("section", one.section);
  archive("title", one.title);
  archive("requirement", one.requirement);
  archive("clauses", one.clauses);
  archive("verdict", one.verdict);
  archive("expected", one.expected);
  archive("observed", one.observed);
  archive("reason", one.reason);
  archive("request", one.request);
  archive("reply", one.reply);
  archive("curl", one.curl);
  archive.optional("powershell", one.powershell);
  archive.optional("steps", one.steps);
}

template <class Archive>
void members(Archive& archive, Of<Archive, QuestionRecord>& one) {
  archive("id", one.id);
  archive("zh", one.zh);
  archive("en", one.en);
  archive("accepted", one.accepted);
  archive("observed", one.observed);
  archive("inconsistent", one.inconsistent);
}

template <class Archive>
void members(Archive& archive, Of<Archive, DeclarationRecord>& one) {
  archive("kind", one.kind);
  archive("cases", one.cases);
  archive("reason", one.reason);
  archive("expires", one.expires);
}

template <class Archive>
void members(Archive& archive, Of<Archive, SubjectRecord>& one) {
  archive.optional("vendor", one.vendor);
  archive.optional("product", one.product);
  archive.optional("version", one.version);
  archive.optional("contact", one.contact);
}

template <class Archive>
void members(Archive& archive, Of<Archive, AppRecord>& one) {
  archive("id", one.id);
  archive("used", one.used);
  archive.optional("why", one.why);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CalibrationRecord>& one) {
  archive("id", one.id);
  archive("value", one.value);
}

template <class Archive>
void members(Archive& archive, Of<Archive, EventRecord>& one) {
  archive("kind", one.kind);
  archive.optional("sent", one.sent);
  archive.optional("replies", one.replies);
  archive.optional("text", one.text);
  archive.optional("message", one.message);
  archive.optional("times", one.times);
}

template <class Archive>
void members(Archive& archive, Of<Archive, TranscriptRecord>& one) {
  archive("apps", one.apps);
  archive("effect_timeout_ms", one.effect_timeout_ms);
  archive("pause_us", one.pause_us);
  archive("fixtures", one.fixtures);
  archive("random_steps", one.random_steps);
  archive("seed", one.seed);
  archive("run", one.run);
  archive.optional("budget", one.budget);
  archive.optional("used_seconds", one.used_seconds);
  archive.optional("others_ran", one.others_ran);
  archive("fault_hooks", one.fault_hooks);
  archive.exactly("events", one.events);
  archive.optional("told", one.told);
  archive.optional("chain", one.chain);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CoverageRecord>& one) {
  archive("clauses", one.clauses);
  archive("decided", one.decided);
  archive("without_control", one.without_control);
  archive.newer("unanswered", one.unanswered);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CheckRecord>& one) {
  archive.schema(check_schema);
  archive("tool", one.tool);
  archive("suite", one.suite);
  archive("started", one.started);
  archive("duration_s", one.duration_s, thousandth);
  archive("verdict", one.verdict);
  archive("exit_code", one.exit_code);
  archive("interrupted", one.interrupted);
  archive("target", one.target);
  archive("role", one.role);
  archive.optional("subject", one.subject);
  archive("filter", one.filter);
  archive.optional("selection", one.selection);
  archive.optional("planned", one.planned);
  archive.derived("headline", [&] { return to_value(headline(one)); });
  archive("notes", one.notes);
  archive.optional("apps", one.apps);
  archive("calibration", one.calibration);
  archive("requests", one.requests);
  archive.optional("connections_opened", one.connections_opened);
  archive("declarations", one.declarations);
  archive.derived("summary", [&] {
    Json summary = Json::object();
    for (std::size_t i = 0; i < verdict_names.size(); ++i) summary[std::string(verdict_names[i])] = one.count(static_cast<Verdict>(i));
    return summary;
  });
  archive.optional("coverage", one.coverage);
  archive("cases", one.cases);
  archive("questions", one.questions);
  archive.optional("left_behind", one.left_behind);
  archive.optional("transcript", one.transcript);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LatencyRecord>& one) {
  archive("p50", one.p50, thousandth);
  archive("p90", one.p90, thousandth);
  archive.newer("p95", one.p95, thousandth);
  archive("p99", one.p99, thousandth);
  archive("p999", one.p999, thousandth);
  archive("p9999", one.p9999, thousandth);
  archive("max", one.max, thousandth);
  archive("mean", one.mean, thousandth);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LoadInterval>& one) {
  archive("begin_s", one.begin_s);
  archive.newer("length_s", one.length_s);
  archive("requests", one.requests);
  archive("replies", one.replies);
  archive("good", one.good);
  archive("errors", one.errors);
  archive("late_sends", one.late_sends);
  archive("p50", one.p50);
  archive("p99", one.p99);
  archive("max", one.max);
  archive("result_codes", one.result_codes);
  archive.optional("histogram", one.histogram);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ReconciliationRecord>& one) {
  archive("name", one.name);
  archive("acknowledged", one.acknowledged);
  archive("confirmed", one.confirmed);
  archive("lost", one.lost);
  archive("duplicated", one.duplicated);
  archive("not_queried", one.not_queried);
  archive("unacknowledged", one.unacknowledged);
  archive("unacknowledged_confirmed", one.unacknowledged_confirmed);
  archive.newer("differing", one.differing);
  archive.newer("phantom", one.phantom);
  archive.newer("refused_stored", one.refused_stored);
  archive("lost_names", one.lost_names);
  archive("duplicated_names", one.duplicated_names);
  archive.newer("differing_names", one.differing_names);
  archive.newer("phantom_names", one.phantom_names);
  archive.newer("refused_stored_names", one.refused_stored_names);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ThresholdRecord>& one) {
  archive("threshold", one.text);
  archive("met", one.met);
  archive.newer("unknown", one.unknown);
  archive("found", one.found);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ErrorRecord>& one) {
  archive("cause", one.cause);
  archive("count", one.count);
}

template <class Archive>
void members(Archive& archive, Of<Archive, DifferenceRecord>& one) {
  archive("metric", one.metric);
  archive("base", one.base);
  archive("current", one.current);
  archive("change", one.change);
  archive("low", one.low);
  archive("high", one.high);
  archive("verdict", one.verdict);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LoadRun>& one) {
  archive("intended_rate", one.intended_rate);
  archive("rate", one.rate);
  archive("p50", one.p50);
  archive("p99", one.p99);
  archive("p999", one.p999);
  archive("errors", one.errors, billionth);
  archive("verdict", one.verdict);
  archive("p50_by_interval", one.p50_by_interval);
  archive("p99_by_interval", one.p99_by_interval);
  archive("rate_by_interval", one.rate_by_interval);
  archive("errors_by_interval", one.errors_by_interval);
  archive.optional("series", one.series);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LoadRecord>& one) {
  archive.schema(load_schema);
  archive("tool", one.tool);
  archive("started", one.started);
  archive("started_at", one.started_at);
  archive("target", one.target);
  archive("workload", one.workload);
  archive("mode", one.mode);
  archive("stages", one.stages);
  archive("arrival", one.arrival);
  archive("shard", one.shard);
  archive("seed", one.seed);
  archive("exit_code", one.exit_code);
  archive("interrupted", one.interrupted);
  archive.optional("ended", one.ended);
  archive.newer("ended_exit_code", one.ended_exit_code);
  archive.newer("clock_step_s", one.clock_step_s, thousandth);
  archive.newer("target_clock_step_s", one.target_clock_step_s, thousandth);
  archive("verdict", one.verdict);
  archive("requests", one.requests);
  archive("replies", one.replies);
  archive("good", one.good);
  archive("measured", one.measured);
  archive("duration_s", one.duration_s);
  archive("warm_up_s", one.warm_up_s);
  archive("measured_s", one.measured_s);
  archive("rate", one.rate, thousandth);
  archive("intended_rate", one.intended_rate, thousandth);
  archive.newer("scheduled", one.scheduled);
  archive.newer("sent_on_schedule", one.sent_on_schedule);
  archive.newer("scheduled_rate", one.scheduled_rate, thousandth);
  archive("connections", one.connections);
  archive.newer("connections_opened", one.connections_opened);
  archive.newer("first_exchanges", one.first_exchanges);
  archive("meters", one.meters);
  archive("apps", one.apps);
  archive("response_time_ms", one.response_time);
  archive("service_time_ms", one.service_time);
  archive("queueing_delay_ms", one.queueing_delay);
  archive("generator_lag_ms", one.generator_lag);
  archive("curves", one.curves);
  archive("result_codes", one.result_codes);
  archive("by_interface", one.by_interface);
  archive("errors", one.errors);
  archive("late_sends", one.late_sends);
  archive("generator_late_sends", one.generator_late_sends);
  archive("max_generator_lag_ms", one.max_generator_lag_ms);
  archive("cpu_us_per_request", one.cpu_us_per_request, thousandth);
  archive("cpu_share", one.cpu_share, thousandth);
  archive("reconciliation", one.reconciliation);
  archive("thresholds", one.thresholds);
  archive("differences", one.differences);
  archive("runs", one.runs);
  archive("notes", one.notes);
  archive("series", one.series);
  archive("histograms", one.histograms);
}

// Values.

Json to_value(const Message& message) {
  Json arguments = Json::object();
  for (const i18n::Argument& one : message.arguments) {
    Json value;
    if (one.messages.empty()) value = core::sanitize(one.text);
    for (const Message& inner : one.messages) value.push_back(to_value(inner));
    arguments[core::sanitize(one.name)] = std::move(value);
  }
  return {{"id", core::sanitize(message.id)}, {"args", std::move(arguments)}, {"en", core::sanitize(i18n::render(message, Language::en))}};
}

const Json& member_of(const Json& value, const char* name) {
  const auto found = value.find(name);
  if (found == value.end()) throw i18n::MessageError(i18n::msg<"record.missing">(name));
  return *found;
}

Message message_from(const Json& value) {
  Message out;
  member_of(value, "id").get_to(out.id);
  for (const auto& [name, argument] : member_of(value, "args").items()) {
    i18n::Argument& one = out.arguments.emplace_back();
    one.name = name;
    if (argument.is_string()) one.text = argument.get<std::string>();
    else if (!argument.is_array()) throw i18n::MessageError(i18n::msg<"record.argument">());
    else
      for (const Json& inner : argument) one.messages.push_back(message_from(inner));
  }
  const auto& english = member_of(value, "en").get_ref<const std::string&>();
  if (!i18n::is_known(out.id)) out.fallback = english;
  return out;
}

template <class Enum, std::size_t size>
Enum word_from(const Json& value, const std::array<std::string_view, size>& names) {
  const auto& word = value.get_ref<const std::string&>();
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) throw i18n::MessageError(i18n::msg<"record.no-verdict">(core::sanitize(word)));
  return static_cast<Enum>(found - names.begin());
}

class Writer {
 public:
  template <class Record>
  using Of = const Record;

  explicit Writer(Json& out, bool exact = false) : out_(out), exact_(exact) {}

  bool exact() const { return exact_; }
  void schema(std::string_view name) { out_["schema"] = name; }
  template <class Make>
  void derived(const char* name, const Make& make) {
    out_[name] = make();
  }
  template <class Member>
  void operator()(const char* name, const Member& member, double unit = millionth) {
    out_[name] = make(member, unit);
  }
  /// A member that records of the same schema did not have at first.
  template <class Member>
  void newer(const char* name, const Member& member, double unit = millionth) {
    (*this)(name, member, unit);
  }
  template <class Member>
  void optional(const char* name, const Member& member) {
    if constexpr (requires { member.has_value(); }) {
      if (member) out_[name] = make(*member, millionth);
    } else if (!member.empty()) {
      out_[name] = make(member, millionth);
    }
  }
  /// What is read again byte by byte: texts are kept whole, in Base64 where they are not UTF-8.
  template <class Member>
  void exactly(const char* name, const Member& member) {
    Json value;
    Writer(value, true)(name, member);
    out_[name] = std::move(value[name]);
  }

 private:
  Json make(const std::string& text, double) const { return exact_ ? encode_bytes(text) : core::sanitize(text); }
  /// JSON has no infinity: what is too large to be rounded stays as it is, what is not finite becomes null.
  Json make(double value, double unit) const {
    const double scaled = std::round(value * unit);
    if (std::isfinite(scaled)) return scaled / unit;
    return std::isfinite(value) ? Json(value) : Json();
  }
  Json make(const std::integral auto& value, double) const { return value; }
  Json make(Verdict verdict, double) const { return to_string(verdict); }
  Json make(RunVerdict verdict, double) const { return to_string(verdict); }
  Json make(const Message& message, double) const { return to_value(message); }
  template <class A, class B>
  Json make(const std::pair<A, B>& pair, double unit) const {
    Json out = Json::array();
    out.push_back(make(pair.first, billionth));  // of a curve: a quantile
    out.push_back(make(pair.second, unit));
    return out;
  }
  template <class Item>
  Json make(const std::vector<Item>& items, double unit) const {
    Json out = Json::array();
    for (const Item& item : items) out.push_back(make(item, unit));
    return out;
  }
  template <class Item>
  Json make(const std::map<std::string, Item>& items, double unit) const {
    Json out = Json::object();
    for (const auto& [name, item] : items) out[core::sanitize(name)] = make(item, unit);
    return out;
  }
  template <class Record>
  Json make(const Record& record, double) const requires std::is_class_v<Record> {
    Json out = Json::object();
    Writer writer(out, exact_);
    members(writer, record);
    return out;
  }

  Json& out_;
  bool exact_;
};

class Reader {
 public:
  template <class Record>
  using Of = Record;

  explicit Reader(const Json& in, bool exact = false) : in_(in), exact_(exact) {}

  bool exact() const { return exact_; }
  void schema(std::string_view) const {}  // is read before
  template <class Make>
  void derived(const char*, const Make&) const {}
  template <class Member>
  void operator()(const char* name, Member& member, double = 0) const {
    take_named(name, member_of(in_, name), member);
  }
  template <class Member>
  void newer(const char* name, Member& member, double = 0) const {
    optional(name, member);
  }
  template <class Member>
  void optional(const char* name, Member& member) const {
    const auto found = in_.find(name);
    if (found == in_.end()) return;
    if constexpr (requires { member.has_value(); }) take_named(name, *found, member.emplace());
    else take_named(name, *found, member);
  }
  template <class Member>
  void exactly(const char* name, Member& member) const {
    Reader(in_, true)(name, member);
  }

 private:
  /// The library's own words do not reach the user.
  template <class Member>
  void take_named(const char* name, const Json& value, Member& into) const {
    try {
      take(value, into);
    } catch (const Json::exception&) {
      throw i18n::MessageError(i18n::msg<"record.wrong-type">(name));
    }
  }

  void take(const Json& value, std::string& into) const { into = exact_ ? decode_bytes(value.get_ref<const std::string&>()) : value.get<std::string>(); }
  void take(const Json& value, bool& into) const { value.get_to(into); }
  void take(const Json& value, double& into) const { into = value.is_null() ? LatencyRecord::unknown : value.get<double>(); }
  void take(const Json& value, std::integral auto& into) const {
    constexpr bool is_signed = std::is_signed_v<std::remove_cvref_t<decltype(into)>>;
    if (is_signed ? !value.is_number_integer() : !value.is_number_unsigned()) throw i18n::MessageError(i18n::msg<"record.whole-number">());
    value.get_to(into);
  }
  void take(const Json& value, Verdict& into) const { into = word_from<Verdict>(value, verdict_names); }
  void take(const Json& value, RunVerdict& into) const { into = word_from<RunVerdict>(value, run_verdict_names); }
  void take(const Json& value, Message& into) const { into = message_from(value); }
  template <class A, class B>
  void take(const Json& value, std::pair<A, B>& into) const {
    take(value.at(0), into.first);
    take(value.at(1), into.second);
  }
  template <class Item>
  void take(const Json& value, std::vector<Item>& into) const {
    if (!value.is_array()) throw i18n::MessageError(i18n::msg<"record.list">());
    into.clear();
    into.reserve(value.size());
    for (const Json& item : value) take(item, into.emplace_back());
  }
  template <class Item>
  void take(const Json& value, std::map<std::string, Item>& into) const {
    if (!value.is_object()) throw i18n::MessageError(i18n::msg<"record.object">());
    into.clear();
    for (const auto& [name, item] : value.items()) take(item, into[name]);
  }
  template <class Record>
  void take(const Json& value, Record& into) const requires std::is_class_v<Record> {
    Reader reader(value, exact_);
    members(reader, into);
  }

  const Json& in_;
  bool exact_;
};

template <class Record>
std::string written(const Record& record) {
  Json out = Json::object();
  Writer writer(out);
  members(writer, record);
  return out.dump(1) + "\n";
}

/// No figure of a load is negative, or beyond what a clock or a counter shows; counts are read without a sign.
bool is_plausible(const Json& value) {
  constexpr double largest = 1e20;
  if (value.is_number()) return value.get<double>() >= 0 && value.get<double>() < largest;
  if (value.is_object() && value.contains("change")) return true;  // a difference; nothing is counted with it
  return !value.is_structured() || std::all_of(value.begin(), value.end(), is_plausible);
}

/// A check has some 1,500 cases and less of anything else. In memory an entry takes many times the bytes that it may have in a file.
bool has_short_lists(const Json& value) {
  constexpr std::size_t most = 100'000;
  for (const auto& [name, member] : value.items())
    if (member.is_array() && member.size() > most) throw i18n::MessageError(i18n::msg<"record.long-list">(core::sanitize(name.substr(0, 64)), most));
  return true;
}

/// The record in that text, or nothing after `why` was set.
template <class Record>
std::optional<Record> read(const std::string& text, std::string_view schema, const Message& other, i18n::Message& why, bool (*plausible)(const Json&)) {
  if (const auto excess = core::json_excess(text); excess != core::JsonExcess::none) {
    why = excess == core::JsonExcess::nesting   ? i18n::msg<"record.nested">()
          : excess == core::JsonExcess::members ? i18n::msg<"record.members">()
                                                : i18n::msg<"record.values">();
    return std::nullopt;
  }
  try {
    Json value = Json::parse(text);
    const auto schema_of = [&] { return value.is_object() ? value.value("schema", "") : std::string(); };
    if (schema_of() == predecessor(schema)) value = Json::parse(upgraded(text));
    if (schema_of() != schema) {
      why = other;
      return std::nullopt;
    }
    if (!plausible(value)) {
      why = i18n::msg<"record.implausible">();
      return std::nullopt;
    }
    Record out;
    Reader reader(value);
    members(reader, out);
    return out;
  } catch (const Json::parse_error&) {
    const auto mistake = json::find_mistake_or_duplicate(text);
    why = i18n::msg<"record.not-json">(mistake ? to_message(*mistake, text) : i18n::msg<"record.incomplete">());
    return std::nullopt;
  } catch (const i18n::MessageError& error) {
    why = i18n::msg<"record.damaged">(error.message());
    return std::nullopt;
  } catch (const Json::exception&) {  // outside the members: of a record of an older schema
    why = i18n::msg<"record.damaged">(i18n::msg<"record.incomplete">());
    return std::nullopt;
  }
}

bool is_message(const Json& value) { return value.is_object() && value.size() == 3 && value.contains("id") && value.contains("args") && value.contains("en"); }

void add_chinese(Json& value) {
  if (is_message(value)) {
    value["zh"] = core::sanitize(i18n::render(message_from(value), Language::zh));
    value.erase("args");
    return;
  }
  if (value.is_object() && value.contains("transport") && value["transport"].is_string())
    if (const auto message = transport_message(value["transport"].get<std::string>()))
      value["transport_text"] = {{"en", i18n::render(*message, Language::en)}, {"zh", i18n::render(*message, Language::zh)}};
  if (value.is_object() && value.contains("calibration") && value["calibration"].is_array())
    for (Json& one : value["calibration"]) {
      const Message label = CalibrationRecord{one.value("id", ""), {}}.label();
      one["label"] = {{"en", i18n::render(label, Language::en)}, {"zh", i18n::render(label, Language::zh)}};
    }
  if (value.is_structured())
    for (Json& member : value) add_chinese(member);
}

}  // namespace

std::string to_json(const CheckRecord& record) { return written(record); }
std::string to_json(const LoadRecord& record) { return written(record); }

std::optional<CheckRecord> check_record_from(const std::string& json, i18n::Message& why) {
  return read<CheckRecord>(json, check_schema, i18n::msg<"record.not-check">(check_schema), why, has_short_lists);
}

std::optional<LoadRecord> load_record_from(const std::string& json, i18n::Message& why) {
  return read<LoadRecord>(json, load_schema, i18n::msg<"record.not-load">(load_schema), why, [](const Json& value) {
    constexpr double latest = 1e11;  // seconds since 1970: some three thousand years
    return is_plausible(value) && value.at("started_at").get<double>() <= latest;
  });
}

std::string with_chinese(const std::string& json) {
  Json value = Json::parse(json);
  add_chinese(value);
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace meterproof::reports
