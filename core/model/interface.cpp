// SPDX-License-Identifier: Apache-2.0
#include "core/model/interface.hpp"

#include <algorithm>

#include "core/decimal/decimal.hpp"
#include "core/i18n/message.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::core {
namespace {

template <class Items>
std::optional<std::size_t> index_of(const Items& items, std::string_view name) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
  if (found == items.end()) return std::nullopt;
  return static_cast<std::size_t>(found - items.begin());
}

}  // namespace

std::string_view to_string(Role role) { return role == Role::platform ? "platform" : "billing"; }

std::optional<std::size_t> Interface::field(std::string_view field_name) const { return index_of(request, field_name); }

bool Interface::effect_is_unspecified(const Interface& shown_by) const {
  return std::any_of(open_questions.begin(), open_questions.end(), [&](const OpenQuestion& question) { return question.in == shown_by.name; });
}

const ResultRow* Interface::result(Code code) const {
  const auto found = std::find_if(results.begin(), results.end(), [&](const ResultRow& row) { return row.code == code; });
  return found == results.end() ? nullptr : &*found;
}

std::optional<std::size_t> Table::column(std::string_view column_name) const { return index_of(columns, column_name); }

std::optional<std::size_t> Table::refers_to(std::size_t other) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].refers == other) return i;
  return std::nullopt;
}

i18n::Message type_mismatch(ColumnType type, std::string_view text) {
  const auto number = Decimal::parse(text);
  switch (type) {
    case ColumnType::text: return {};
    case ColumnType::integer: return number && number->as_integer() ? i18n::Message() : i18n::msg<"fixtures.integer">();
    case ColumnType::decimal: return number ? i18n::Message() : i18n::msg<"fixtures.decimal">();
    case ColumnType::date: return DateTime::parse_date(text) ? i18n::Message() : i18n::msg<"fixtures.date">();
    case ColumnType::datetime: return DateTime::parse(text) ? i18n::Message() : i18n::msg<"fixtures.time">();
  }
  return {};
}

std::optional<std::size_t> Spec::table(std::string_view table_name) const { return index_of(tables, table_name); }

const Interface* Spec::interface(std::string_view interface_name) const {
  const auto index = index_of(interfaces, interface_name);
  return index ? &interfaces[*index] : nullptr;
}

const ResultRow* Spec::answering(SignatureError error) const {
  for (const ResultRow& row : common)
    for (const SignatureRule& rule : row.signature)
      if (rule.error == error) return &row;
  return nullptr;
}

const ResultRow* Spec::row(const Interface& of, Code code) const {
  if (const ResultRow* own = of.result(code)) return own;
  const auto found = std::find_if(common.begin(), common.end(), [&](const ResultRow& one) { return one.code == code; });
  return found == common.end() ? nullptr : &*found;
}

const ResultRow* Spec::injected_by(std::string_view fault) const {
  const auto found = std::find_if(common.begin(), common.end(), [&](const ResultRow& row) { return row.injected_by == fault; });
  return fault.empty() || found == common.end() ? nullptr : &*found;
}

const ResultRow* Spec::unparsable() const {
  const auto found = std::find_if(common.begin(), common.end(), [](const ResultRow& row) { return row.unparsable; });
  return found == common.end() ? nullptr : &*found;
}

std::vector<std::string> Spec::interface_names() const {
  std::vector<std::string> names;
  for (const Interface& interface : interfaces) names.push_back(interface.name);
  return names;
}

std::vector<std::string> Spec::injectable_faults() const {
  std::vector<std::string> names;
  for (const ResultRow& row : common)
    if (!row.injected_by.empty()) names.push_back(row.injected_by);
  return names;
}

std::string Spec::default_interpretation(std::string_view id) const {
  const auto first_of = [&](const std::vector<OpenQuestion>& questions) -> std::string {
    for (const OpenQuestion& question : questions)
      if (question.id == id && !question.interpretations.empty()) return question.interpretations.front();
    return {};
  };
  if (std::string answer = first_of(open_questions); !answer.empty()) return answer;
  for (const Interface& interface : interfaces)
    if (std::string answer = first_of(interface.open_questions); !answer.empty()) return answer;
  return {};
}

std::vector<std::size_t> own_fields(const Spec& spec, const Interface& interface) {
  std::vector<std::size_t> own;
  for (std::size_t i = 0; i < interface.request.size(); ++i) {
    const bool shared = std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& other) {
      return other.name != interface.name && other.path == interface.path && other.field(interface.request[i].name);
    });
    if (!shared) own.push_back(i);
  }
  return own;
}

}  // namespace meterproof::core
