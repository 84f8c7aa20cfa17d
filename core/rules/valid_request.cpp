// SPDX-License-Identifier: Apache-2.0
#include "core/rules/valid_request.hpp"

#include <algorithm>

#include "core/text/text.hpp"

namespace meterproof::rules {

std::string with_check_digit(const std::string& pattern, std::uint64_t number) {
  std::string text = core::format_number_pattern(pattern, number);
  if (!text.ends_with('L')) return text;
  text.pop_back();
  unsigned sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {  // every second digit counts double, from the last one on
    const auto digit = static_cast<unsigned>(text[text.size() - 1 - i] - '0');
    const unsigned weighed = i % 2 == 0 ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return text + static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string make_valid_value(const core::Field& field, unsigned nth, core::DateTime now) {
  if (field.example == "now") {
    // A moment of the last hour; a later request has a later one.
    const core::DateTime moment = now + std::chrono::seconds(static_cast<int>(nth % 3600) - 3600);
    return field.format == core::Format::date ? moment.date_string() : moment.to_string();
  }
  const std::string& base = field.example.empty() && !field.values.empty() ? field.values.front().value : field.example;
  if (base.starts_with('@')) return core::expand_relative_date(base, now);
  if (base.find('#') != std::string::npos) return with_check_digit(base, nth);
  if (!field.vary) return base;
  const auto number = field.type == core::Type::text ? std::nullopt : core::Decimal::parse(base);
  if (!number) return base + " " + std::to_string(nth);
  const auto varied = core::Decimal::add(*number, {static_cast<std::int64_t>(nth % 100'000), number->scale()});
  return varied.value_or(*number).to_string();
}

core::RequestBuilder make_valid_request(const core::Interface& interface, const core::Variant& variant, KeyProvider& keys, unsigned nth, core::DateTime now) {
  core::RequestBuilder request_draft{&interface, {}};
  request_draft.raw.resize(interface.request.size());
  for (const std::size_t i : variant.fields) {
    const core::Field& field = interface.request[i];
    const bool existing = std::find(variant.existing.begin(), variant.existing.end(), i) != variant.existing.end();
    const bool counted = field.example.find('#') != std::string::npos;
    const std::string text = counted                       ? with_check_digit(field.example, keys.number(nth))
                             : field.refers || field.names ? keys.key(field, existing || field.refers)
                                                           : make_valid_value(field, nth, now);
    request_draft.raw[i] = raw_value(field, text);
  }
  for (const auto& [field, value] : variant.set) request_draft.raw[field] = raw_value(interface.request[field], value);
  return request_draft;
}

}  // namespace meterproof::rules
