// SPDX-License-Identifier: Apache-2.0
// Values on which servers stumble, by the type of the field: texts, amounts, moments.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/interface.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::conformance {

struct ValueClass {
  /// What a refusal means, and another value than was sent.
  enum class Standing {
    plain,    // like the usual one in all that anybody may limit: a refusal fails, and so does another value
    limit,    // no limit is stated, and none is ruled out: a refusal is told, another value fails
    surveyed  // both are told
  };
  std::string slug;
  core::LocalizedText name;  // after "FIELD: "
  std::string value;         // of a moment: see moment_of
  Standing standing = Standing::limit;
  bool is_part = false;  // of a text: it may stand within another text
  bool is_late = false;  // tried last, on rows of its own
};

/// Of a text that anybody may write: a name, an address.
const std::vector<ValueClass>& text_classes();
/// Of a text that is a number for its users, such as a telephone number.
const std::vector<ValueClass>& digit_classes();
/// Of an amount with at most two decimal places, above zero. Cheap: for rows that one query lists.
const std::vector<ValueClass>& amount_classes();
/// The few for fields whose every value takes rows of its own.
const std::vector<ValueClass>& price_classes();
const std::vector<ValueClass>& moment_classes();

/// All parts in one text, shorter than 32 characters.
std::string mixed_text();

/// The moment that such a value of `moment_classes` stands for: "@-7 00:00:00" is seven days ago, "02-29 23:59:59" the last one of the calendar that was over
/// yesterday; behind it may stand -1 or +1, a second.
core::DateTime moment_of(std::string_view value, core::DateTime now);

/// Days that are asked for as a range.
struct DayRangeClass {
  std::string slug;
  core::LocalizedText name;
  std::string first, last;  // as the value of a moment: its day
};
const std::vector<DayRangeClass>& range_classes();

/// The classes of a field, by its type; empty where there are none. `is_listed`: its rows are listed by one query.
const std::vector<ValueClass>& classes_of(const core::Field& field, bool is_listed);

}  // namespace meterproof::conformance
