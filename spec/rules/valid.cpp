#include "spec/rules/valid.hpp"

#include <algorithm>

namespace meterproof::rules {

std::string numbered(const std::string& pattern, std::uint64_t number) {
  std::string text = spec::serial(pattern, number);
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

std::string valid_text(const spec::Field& field, unsigned nth, spec::DateTime now) {
  if (field.example == "now") {
    // Of the last hour, and later from one request to the next.
    const spec::DateTime moment = now + std::chrono::seconds(static_cast<int>(nth % 3600) - 3600);
    return field.format == spec::Format::date ? moment.date_string() : moment.to_string();
  }
  const std::string& base = field.example.empty() && !field.values.empty() ? field.values.front().value : field.example;
  if (base.starts_with('@')) return spec::dated(base, now);
  if (base.find('#') != std::string::npos) return numbered(base, nth);
  if (!field.vary) return base;
  const auto number = field.type == spec::Type::text ? std::nullopt : spec::Decimal::parse(base);
  if (!number) return base + " " + std::to_string(nth);
  const auto varied = spec::Decimal::add(*number, {static_cast<std::int64_t>(nth % 100'000), number->scale()});
  return varied.value_or(*number).to_string();
}

spec::Draft valid_draft(const spec::Interface& interface, const spec::Variant& variant, Keys& keys, unsigned nth, spec::DateTime now) {
  spec::Draft draft{&interface, {}};
  draft.raw.resize(interface.request.size());
  for (const std::size_t i : variant.fields) {
    const spec::Field& field = interface.request[i];
    const bool existing = std::find(variant.existing.begin(), variant.existing.end(), i) != variant.existing.end();
    const bool counted = field.example.find('#') != std::string::npos;
    const std::string text = counted                       ? numbered(field.example, keys.number(nth))
                             : field.refers || field.names ? keys.key(field, existing || field.refers)
                                                           : valid_text(field, nth, now);
    draft.raw[i] = raw_value(field, text);
  }
  for (const auto& [field, value] : variant.set) draft.raw[field] = raw_value(interface.request[field], value);
  return draft;
}

}  // namespace meterproof::rules
