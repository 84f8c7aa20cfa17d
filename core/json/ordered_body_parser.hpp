// A whole, plain JSON object read in one pass, as nearly every request is one. Whatever is unusual is left to the full reader.
#pragma once

#include <string_view>
#include <vector>

#include "core/json/request_body_parser.hpp"
#include "core/text/prefix16.hpp"

namespace meterproof::json {

/// False unless `body` is one JSON object of plain members: texts without a backslash, numbers of at most 17 digits without an
/// exponent, true, false and null. `out` has then what the full reader makes of it, standing in `body`; otherwise anything.
bool parse_flat_object(std::string_view body, std::vector<JsonMember>& out);

/// A body as clients usually write it: the interface's fields in the paper's order, any of them left out, no blanks between them.
class OrderedBodyParser {
 public:
  /// `interface` must outlive it.
  explicit OrderedBodyParser(const core::Interface& interface);

  /// False unless `body` is one, of plain members. `out` has then what the full reader and `map_to_fields` make of it, standing in `body`;
  /// otherwise anything.
  bool read(std::string_view body, core::Request& out) const;

 private:
  const core::Interface* interface_;
  std::vector<core::Prefix16> names_;  // "Name": by field
};

}  // namespace meterproof::json
