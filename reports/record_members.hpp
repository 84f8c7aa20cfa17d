// SPDX-License-Identifier: Apache-2.0
// How a record is listed for its JSON form: reading and writing are the same list of members with another archive (reports/record_json.cpp).
#pragma once

#include <cstddef>
#include <string_view>

namespace meterproof::reports {

/// A Writer makes JSON of const records, a Reader fills records from JSON. An archive takes a member by name (`archive("name", member)`), one that may be
/// absent (`optional`), one that records of the same schema did not have at first (`newer`) or had by another name (`renamed`; `optional` takes such a name,
/// too), one that is only written (`derived`), one that is read again byte by byte (`exactly`), and, for doubles, the unit to which it is rounded.
template <class Archive, class Record>
using Of = typename Archive::template Of<Record>;

inline constexpr double thousandth = 1000, millionth = 1e6, billionth = 1e9;

/// A member of an object of counts, in which the order of the members stays.
struct NamedCount {
  std::string_view name;
  std::size_t count = 0;
};

}  // namespace meterproof::reports
