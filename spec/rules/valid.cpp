#include "spec/rules/valid.hpp"

#include <algorithm>

namespace meterproof::rules {

std::string valid_text(const spec::Field& field, unsigned nth, spec::DateTime now) {
  if (field.example == "now") {
    // Of the last hour, and later from one request to the next.
    const spec::DateTime moment = now + std::chrono::seconds(static_cast<int>(nth % 3600) - 3600);
    return field.format == spec::Format::date ? moment.date_string() : moment.to_string();
  }
  const std::string& base = field.example.empty() && !field.values.empty() ? field.values.front().value : field.example;
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
    const std::string text = field.refers || field.names ? keys.key(field, existing || field.refers) : valid_text(field, nth, now);
    draft.raw[i] = raw_value(field, text);
  }
  for (const auto& [field, value] : variant.set) draft.raw[field] = raw_value(interface.request[field], value);
  return draft;
}

}  // namespace meterproof::rules
