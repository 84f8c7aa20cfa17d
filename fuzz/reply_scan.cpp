// SPDX-License-Identifier: Apache-2.0
// Reply scan: bodies, with a zero byte between them, scanned by one scanner that learns their form, by a fresh one each, and by the tree
// parser. All agree on what is JSON, on the code and on the values wanted.
#include <charconv>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/json/json.hpp"
#include "core/json/reply_reading.hpp"
#include "core/json/response_scanner.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace meterproof;
using json::Json;

const std::vector<std::string> wanted = {"UnitPrice", "Remnant"};

const core::Envelope envelope{"ResultCode", "Message", "DataList"};

json::ResponseScanner a_scanner() { return {envelope, wanted}; }

const core::Spec& a_specification() {
  static const core::Spec spec = [] {
    core::Spec out;
    out.envelope = envelope;
    out.success = core::Code{1};
    return out;
  }();
  return spec;
}

/// The only member of that name; null where there is none, or several.
const Json* only(const Json& object, std::string_view name, std::size_t& count) {
  const Json* out = nullptr;
  count = 0;
  for (const auto& [key, value] : object.members)
    if (key == name) out = &value, ++count;
  return count == 1 ? out : nullptr;
}

void compare(const json::ScannedResponse& scanned, const Json& tree) {
  std::size_t count = 0;
  const Json* code = only(tree, "ResultCode", count);
  if (count == 0) fuzz::require(!scanned.code, "no code where there is none");
  if (code != nullptr) {
    int value = 0;
    const char* const end = code->text.data() + code->text.size();
    const auto [rest, error] = std::from_chars(code->text.data(), end, value);
    const bool whole = code->kind == Json::Kind::number && error == std::errc{} && rest == end && code->text != "-0" && std::abs(value) <= 1'000'000;
    fuzz::require(whole ? scanned.code == value : !scanned.code, "the code is the tree's");
  }
  const Json* rows = only(tree, "DataList", count);
  if (rows == nullptr || rows->kind != Json::Kind::array || rows->items.empty() || rows->items.front().kind != Json::Kind::object) return;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Json* value = only(rows->items.front(), wanted[i], count);
    if (count == 0) fuzz::require(!scanned.values[i], "no value where there is none");
    if (value == nullptr || (value->kind != Json::Kind::text && value->kind != Json::Kind::number)) continue;
    fuzz::require(scanned.values[i].has_value(), "a value that is there is found");
    fuzz::require(*scanned.values[i] == value->text || *scanned.values[i] == "-0", "the value is the tree's");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  json::ResponseScanner learning = a_scanner();
  std::string_view rest = fuzz::text_of(data, size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::vector<char> body(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(end));
    const std::string_view text(body.data(), body.size());
    rest.remove_prefix(std::min(rest.size(), end + 1));

    json::ResponseScanner fresh = a_scanner();
    const json::ScannedResponse& scanned = fresh.scan(text);
    const json::ScannedResponse& learned = learning.scan(text);
    fuzz::require(scanned.is_json == learned.is_json, "the same is JSON to one that learned a form");
    if (scanned.is_json) fuzz::require(scanned.code == learned.code && scanned.values == learned.values, "one that learned a form finds the same");

    fuzz::require(scanned.regular == learned.regular, "the same is regular to one that learned a form");
    json::ParseError why;
    const auto tree = json::parse_json(text, &why);
    const bool is_object = tree && tree->kind == Json::Kind::object && !text.starts_with("\xEF\xBB\xBF");
    const bool too_much = why.kind == json::ParseError::Kind::too_many_members || why.kind == json::ParseError::Kind::too_many_values;
    if (scanned.is_json && !tree) fuzz::require(too_much, "what is scanned is JSON");
    if (scanned.regular) {
      const json::ReplyReading reading = json::read_reply(text, {}, a_specification(), wanted);
      fuzz::require(reading.problem.empty() && reading.irregularities.empty(), "what is regular to the scanner is regular");
      fuzz::require(reading.code == core::Code{scanned.code.value_or(0)}, "both read the same code");
    }
    if (tree) fuzz::require(scanned.is_json == is_object, "an object is scanned, and nothing else");
    if (scanned.is_json && tree) compare(scanned, *tree);
  }
  return 0;
}
