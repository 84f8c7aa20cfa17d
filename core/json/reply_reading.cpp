// SPDX-License-Identifier: Apache-2.0
#include "core/json/reply_reading.hpp"

#include <algorithm>
#include <iterator>

#include "core/decimal/decimal.hpp"
#include "core/i18n/message.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/json/json_walk.hpp"
#include "core/text/encoding_guess.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::json {

using i18n::Message;
using i18n::msg;
using Kind = Irregularity::Kind;

namespace {

constexpr std::size_t most_irregularities = 16;  // of one reply
constexpr std::size_t most_kinds = 100;          // of all

Message problem_of(std::string_view body, const ReplyHead& head, const ParseError& mistake) {
  switch (mistake.kind) {
    case ParseError::Kind::empty: return head.status == 200 ? msg<"reply.empty-body">() : msg<"reply.not-json">(head.status, msg<"json.empty">());
    case ParseError::Kind::too_deep:
    case ParseError::Kind::too_many_members:
    case ParseError::Kind::too_many_values: return msg<"reply.too-large">(to_message(mistake, body));
    default: break;
  }
  if (!head.coding.empty()) return msg<"reply.coded">(core::sanitize(core::truncate_utf8(head.coding, 40)));
  return msg<"reply.not-json">(head.status, diagnose(body, head.content_type));
}

class Reader {
 public:
  Reader(const ReplyHead& head, const core::Spec& spec, ReplyReading& out) : head_(head), spec_(spec), out_(out) {}

  void read(std::string_view body, const std::vector<std::string>& row_names) {
    if (head_.status >= 300 && head_.status < 400 && !head_.location.empty()) {
      out_.problem = msg<"reply.redirect">(head_.status, core::sanitize(core::truncate_utf8(head_.location, 200)));
      return;
    }
    ParseError mistake;
    out_.json = parse_json(body, &mistake);
    if (!out_.json && head_.coding.empty() && !core::is_valid_utf8(body)) {
      const core::ByteEncoding encoding = core::guess_byte_encoding(body);
      out_.json = parse_json(core::without_foreign_characters(body, encoding));
      if (out_.json) note(Kind::encoding, core::name_of(encoding));
    }
    if (!out_.json) {
      out_.problem = problem_of(body, head_, mistake);
      return;
    }
    if (out_.json->kind != Json::Kind::object) {
      const bool text = out_.json->kind == Json::Kind::text;  // perhaps an object that was encoded twice
      out_.problem = text ? msg<"reply.not-json">(head_.status, diagnose(body, head_.content_type)) : msg<"reply.not-an-object">(kind_of(*out_.json));
      out_.json.reset();
      return;
    }
    read_code();
    if (!out_.code) {
      out_.problem = msg<"reply.no-result-code">(spec_.envelope.code);
      return;
    }
    if (body.starts_with(byte_order_mark)) note(Kind::byte_order_mark);
    if (out_.code == spec_.success && head_.status != 200) note(Kind::status, std::to_string(head_.status));
    look_at_message();
    look_at_rows(row_names);
    look_for_duplicates(*out_.json);
  }

 private:
  void note(Kind kind, std::string_view about = {}) {
    Irregularity one{kind, std::string(core::truncate_utf8(about, 60))};
    auto& all = out_.irregularities;
    if (all.size() < most_irregularities && std::find(all.begin(), all.end(), one) == all.end()) all.push_back(std::move(one));
  }
  /// The member of that name; notes it where its name is in other letters.
  const Json* member(const Json& object, std::string_view name) {
    const Json* value = object.get(name);
    if (value != nullptr && !object.has(name)) note(Kind::other_case, name);
    return value;
  }
  void read_code() {
    constexpr std::int64_t largest = 1'000'000;  // of any code that this program can keep apart from others
    const Json* code = member(*out_.json, spec_.envelope.code);
    if (code == nullptr || (code->kind != Json::Kind::number && code->kind != Json::Kind::text)) return;
    const std::string_view text = core::trimmed(code->text);
    if (text.starts_with('+')) return;  // no reader of JSON numbers takes it
    const auto number = core::Decimal::parse(text);
    const auto whole = number ? number->as_integer() : std::nullopt;
    if (!whole || *whole < -largest || *whole > largest) return;
    out_.code = core::Code{static_cast<int>(*whole)};
    if (code->kind == Json::Kind::text) note(Kind::code_as_text);
    else if (code->text != std::to_string(*whole)) note(Kind::code_spelling, code->text);
  }
  void look_at_message() {
    const Json* message = member(*out_.json, spec_.envelope.message);
    if (message == nullptr || message->kind == Json::Kind::null) note(Kind::no_message);
    else if (message->kind != Json::Kind::text) note(Kind::message_no_text);
  }
  void look_at_rows(const std::vector<std::string>& row_names) {
    const Json* list = member(*out_.json, spec_.envelope.rows);
    if (list != nullptr && list->kind != Json::Kind::array && list->kind != Json::Kind::null) note(Kind::rows_no_list);
    const auto rows = rows_of(*out_.json, spec_.envelope);
    if (rows.empty()) return;
    for (const std::string& name : row_names) member(*rows.front(), name);
  }
  void look_for_duplicates(const Json& value) {
    std::vector<std::string_view> names;
    names.reserve(value.members.size());
    for (const Json::Member& one : value.members) names.push_back(one.name);
    const auto is_before = [](char a, char b) { return core::to_lower(a) < core::to_lower(b); };
    std::sort(names.begin(), names.end(), [&](std::string_view a, std::string_view b) {
      if (core::equals_ignoring_case(a, b)) return a < b;
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), is_before);
    });
    const auto is_again = [](std::string_view a, std::string_view b) { return core::equals_ignoring_case(a, b); };
    for (auto at = names.begin(); (at = std::adjacent_find(at, names.end(), is_again)) != names.end(); ++at) {
      const std::string_view next = *std::next(at);
      if (*at == next) note(Kind::duplicate_member, next);
      else note(Kind::same_letters, std::string(*at) + ", " + std::string(next));
    }
    for (const Json::Member& one : value.members) look_for_duplicates(one.value);
    for (const Json& one : value.items) look_for_duplicates(one);
  }

  const ReplyHead& head_;
  const core::Spec& spec_;
  ReplyReading& out_;
};

}  // namespace

ReplyReading read_reply(std::string_view body, const ReplyHead& head, const core::Spec& spec, const std::vector<std::string>& row_names) {
  ReplyReading out;
  Reader(head, spec, out).read(body, row_names);
  return out;
}

Message kind_of(const Json& value) {
  switch (value.kind) {
    case Json::Kind::null: return i18n::verbatim("null");
    case Json::Kind::boolean: return msg<"reply.a-boolean">();
    case Json::Kind::number: return msg<"reply.a-number">();
    case Json::Kind::text: return msg<"reply.a-text">();
    case Json::Kind::array: return msg<"reply.an-array">();
    case Json::Kind::object: return msg<"reply.an-object">();
  }
  return {};
}

std::vector<const Json*> rows_of(const Json& reply, const core::Envelope& envelope) {
  std::vector<const Json*> out;
  const Json* list = reply.get(envelope.rows);
  if (list == nullptr) return out;
  if (list->kind == Json::Kind::object) out.push_back(list);
  out.reserve(list->items.size());
  for (const Json& item : list->items) out.push_back(&item);
  return out;
}

bool is_fault(Kind kind) {
  switch (kind) {
    case Kind::byte_order_mark:
    case Kind::encoding:
    case Kind::other_case:
    case Kind::code_as_text:
    case Kind::no_message:
    case Kind::message_no_text:
    case Kind::rows_no_list: return true;
    case Kind::duplicate_member:
    case Kind::same_letters:
    case Kind::code_spelling:
    case Kind::status: return false;
  }
  return false;
}

Message to_message(const Irregularity& irregularity, const core::Envelope& envelope) {
  const std::string& about = irregularity.about;
  switch (irregularity.kind) {
    case Kind::byte_order_mark: return msg<"reply.bom">();
    case Kind::encoding: return about.empty() ? msg<"reply.not-utf8">() : msg<"reply.encoding">(about);
    case Kind::duplicate_member: return msg<"reply.duplicate">(about);
    case Kind::same_letters: return msg<"reply.same-letters">(about);
    case Kind::other_case: return msg<"reply.other-case">(about);
    case Kind::code_as_text: return msg<"reply.code-as-text">(envelope.code);
    case Kind::code_spelling: return msg<"reply.code-spelling">(envelope.code, about);
    case Kind::status: return msg<"reply.status">(about);
    case Kind::no_message: return msg<"reply.no-message">(envelope.message);
    case Kind::message_no_text: return msg<"reply.message-no-text">(envelope.message);
    case Kind::rows_no_list: return msg<"reply.rows-no-list">(envelope.rows);
  }
  return {};
}

void IrregularReplies::add(const std::vector<Irregularity>& irregularities) {
  for (const Irregularity& one : irregularities)
    if (counts_.size() < most_kinds || counts_.contains(one)) ++counts_[one];
}

bool IrregularReplies::would_grow(const std::vector<Irregularity>& irregularities) const {
  return counts_.size() < most_kinds && std::any_of(irregularities.begin(), irregularities.end(), [&](const auto& one) { return !counts_.contains(one); });
}

std::vector<Message> IrregularReplies::notes(const core::Envelope& envelope) const {
  std::vector<Message> out;
  for (const auto& [irregularity, count] : counts_) out.push_back(msg<"reply.irregular">(count, to_message(irregularity, envelope)));
  return out;
}

}  // namespace meterproof::json
