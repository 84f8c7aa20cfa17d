// A whole, plain JSON object read in one pass, as nearly every request is one. Whatever is unusual is left to the full reader.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/wire/json_request.hpp"

namespace meterproof::wire {

/// False unless `body` is one JSON object of plain members: texts without a backslash, numbers of at most 17 digits without an
/// exponent, true, false and null. `out` has then what the full reader makes of it, standing in `body`; otherwise anything.
/// `usual`: the names that are likely to come, in that order and in quotes; they need not be read letter by letter.
bool read_plain_object(std::string_view body, std::span<const std::string> usual, std::vector<Member>& out);

}  // namespace meterproof::wire
