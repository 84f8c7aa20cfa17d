// SPDX-License-Identifier: Apache-2.0
#include "reports/record_json.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/text/encoding_guess.hpp"
#include "core/text/json_excess.hpp"
#include "core/text/utf8.hpp"
#include "reports/check_members.hpp"
#include "reports/events_text.hpp"
#include "reports/load_members.hpp"
#include "reports/record_v1.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::reports {

using Json = nlohmann::ordered_json;
using i18n::Message;

namespace {

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
  template <class Made>
  void derived(const char* name, const Made& made) {
    out_[name] = make(made(), millionth);
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
  /// One that records of the same schema had by another name at first.
  template <class Member>
  void renamed(const char* name, const char*, const Member& member) {
    (*this)(name, member);
  }
  template <class Member>
  void optional(const char* name, const Member& member, const char* = nullptr) {
    if constexpr (requires { member.has_value(); }) {
      if (member) out_[name] = make(*member, millionth);
    } else if (!member.empty()) {
      out_[name] = make(member, millionth);
    }
  }
  /// What is read again byte by byte: texts are kept whole, in Base64 where they are not UTF-8. It is written apart (with_events).
  template <class Member>
  void exactly(const char* name, const Member&) {
    out_[name] = Json::array();
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
  Json make(const std::vector<NamedCount>& counts, double) const {
    Json out = Json::object();
    for (const auto& [name, count] : counts) out[std::string(name)] = count;
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
  void renamed(const char* name, const char* before, Member& member) const {
    (*this)(in_.contains(name) ? name : before, member);
  }
  template <class Member>
  void optional(const char* name, Member& member, const char* before = nullptr) const {
    auto found = in_.find(name);
    if (found == in_.end() && before != nullptr) found = in_.find(before);
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
Json value_of(const Record& record) {
  Json out = Json::object();
  Writer writer(out);
  members(writer, record);
  return out;
}

template <class Record>
std::string written(const Record& record) {
  return value_of(record).dump(1) + "\n";
}

/// An event as it stands in a record: laid out as the rest is.
std::string written_event(const EventRecord& event) {
  constexpr std::string_view line = "\n   ";  // it stands within three others
  Json value = Json::object();
  Writer writer(value, true);
  members(writer, event);
  std::string out(line);
  for (const char c : value.dump(1)) c == '\n' ? out += line : out += c;  // those of texts are escaped
  return out;
}

/// Gives the pieces of the text of a record with its transcript's events, which it has none of yet.
template <class Take>
void give_with_events(const std::string& record, const std::vector<EventRecord>& events, const Take& take) {
  const auto place = find_events(record);
  if (!place || events.empty()) return take(std::string_view(record));
  take(std::string_view(record).substr(0, place->begin));
  for (const EventRecord& one : events) {
    if (&one != &events.front()) take(std::string_view(","));
    take(std::string_view(written_event(one)));
  }
  take(std::string_view("\n  "));
  take(std::string_view(record).substr(place->end));
}

/// Events that were read apart.
std::vector<EventRecord> events_from(const std::vector<std::string_view>& texts) {
  std::vector<EventRecord> out;
  out.reserve(texts.size());
  for (const std::string_view text : texts) {
    const Json value = Json::parse(text);
    Reader reader(value, true);
    members(reader, out.emplace_back());
  }
  return out;
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
  if (const std::string_view wide = core::wide_encoding(text); !wide.empty()) {
    why = i18n::msg<"record.not-json">(i18n::msg<"json.wide">(wide));
    return std::nullopt;
  }
  if (const auto excess = core::json_excess(text); excess != core::JsonExcess::none) {
    why = excess == core::JsonExcess::nesting   ? i18n::msg<"record.nested">()
          : excess == core::JsonExcess::members ? i18n::msg<"record.members">()
                                                : i18n::msg<"record.values">();
    return std::nullopt;
  }
  try {
    auto apart = find_events(text);
    Json value = apart ? Json::parse(text.substr(0, apart->begin) + text.substr(apart->end)) : Json::parse(text);
    const auto schema_of = [&] { return value.is_object() ? value.value("schema", "") : std::string(); };
    if (schema_of() == predecessor(schema)) {
      value = Json::parse(upgraded(text));
      apart.reset();
    }
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
    if constexpr (std::is_same_v<Record, CheckRecord>)
      if (apart && out.transcript) out.transcript->events = events_from(apart->events);
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

std::string page_text_of(Json value) {
  add_chinese(value);
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const CheckRecord& record) {
  if (!record.transcript) return written(record);
  std::string out;
  give_with_events(written(record), record.transcript->events, [&](std::string_view piece) { out += piece; });
  return out;
}
std::string to_json(const LoadRecord& record) { return written(record); }

void write_json(std::ostream& out, const CheckRecord& record) {
  if (record.transcript) give_with_events(written(record), record.transcript->events, [&](std::string_view piece) { out << piece; });
  else out << written(record);
}
void write_json(std::ostream& out, const LoadRecord& record) { out << written(record); }

std::optional<CheckRecord> check_record_from(const std::string& json, i18n::Message& why) {
  return read<CheckRecord>(json, check_schema, i18n::msg<"record.not-check">(check_schema), why, has_short_lists);
}

std::optional<LoadRecord> load_record_from(const std::string& json, i18n::Message& why) {
  return read<LoadRecord>(json, load_schema, i18n::msg<"record.not-load">(load_schema), why, [](const Json& value) {
    constexpr double latest = 1e11;  // seconds since 1970: some three thousand years
    return is_plausible(value) && value.at("started_at").get<double>() <= latest;
  });
}

std::string with_chinese(const std::string& json) { return page_text_of(Json::parse(json)); }
std::string to_page_json(const CheckRecord& record) {
  Json value = value_of(record);
  value.erase("transcript");
  return page_text_of(std::move(value));
}
std::string to_page_json(const LoadRecord& record) { return page_text_of(value_of(record)); }

}  // namespace meterproof::reports
