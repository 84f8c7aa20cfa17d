// SPDX-License-Identifier: Apache-2.0
// What a request has that the specification does not allow, though it is understood: another Content-Type, a number as text, an unknown or misspelt
// member. One list for the mock (hints, `--strict`) and for the judgement of clients, so that the two never differ.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/request.hpp"

namespace meterproof::rules {

struct Deviation {
  enum class Kind { line_end, header, host, query, byte_order_mark, misspelt_member, unknown_member, repeated_member, exchanged_type };

  Kind kind = Kind::header;
  std::string name;  // of the header, the member or the field
  core::LocalizedText text;
  std::optional<std::size_t> meant = std::nullopt;  // of a misspelt member: the field
};

/// A request as it came. All views must outlive the call.
struct GivenForm {
  const core::Authentication* authentication = nullptr;
  std::function<std::optional<std::string_view>(std::string_view name)> header;  // nothing where it is absent
  std::string_view target, body;
  bool has_bare_lf = false;                                // a line of the head ends in LF alone
  const core::Request* request = nullptr;                  // null where the body is no JSON object
  const std::vector<core::JsonMember>* members = nullptr;  // null where every name is known to be right, and none repeated
};

/// In the order of a request: headers, target, body.
std::vector<Deviation> deviations(const GivenForm& form);

/// Whether a header that the specification fixes has its value: case, blanks and quotes in it do not count (RFC 9110, section 8.3.1), nor what else
/// a list of accepted types has.
bool has_value_as_specified(const core::Header& header, std::string_view given);

/// Whether a number came where a text is specified, or the other way round.
bool is_type_exchanged(const core::Field& field, const core::Value& value);

/// The field for which a member that is none was meant: another case of letters, other separators, a slip. Nothing where none is near, or the one
/// that is near was given as well.
std::optional<std::size_t> meant_by(std::string_view member, const core::Interface& interface, const std::vector<core::JsonMember>& members);

/// "; you wrote "userCode"" for the missing ones of these fields for which something else was given; "" where there is none.
core::LocalizedText written_instead(const std::vector<core::RuleOperand>& operands, const core::Request& request, const std::vector<core::JsonMember>& members);

/// "Money=0.30000000000000004 has 17 decimal places", and the likely cause where binary floating point is it. Nothing where it has no more than `most`.
std::optional<core::LocalizedText> explain_places(const core::Field& field, const core::Value& value, int most);

}  // namespace meterproof::rules
