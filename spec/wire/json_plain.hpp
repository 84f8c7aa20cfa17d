// A whole, plain JSON object read in one pass, as nearly every request is one. Whatever is unusual is left to the full reader.
#pragma once

#include <string_view>
#include <vector>

#include "spec/model/opening.hpp"
#include "spec/wire/json_request.hpp"

namespace meterproof::wire {

/// False unless `body` is one JSON object of plain members: texts without a backslash, numbers of at most 17 digits without an
/// exponent, true, false and null. `out` has then what the full reader makes of it, standing in `body`; otherwise anything.
bool read_plain_object(std::string_view body, std::vector<Member>& out);

/// A body as clients usually write it: the interface's fields in the paper's order, any of them left out, no blanks between them.
class UsualBody {
 public:
  /// `interface` must outlive it.
  explicit UsualBody(const spec::Interface& interface);

  /// False unless `body` is one, of plain members. `out` has then what the full reader and `bind` make of it, standing in `body`;
  /// otherwise anything.
  bool read(std::string_view body, spec::Request& out) const;

 private:
  const spec::Interface* interface_;
  std::vector<spec::Opening> names_;  // "Name": by field
};

}  // namespace meterproof::wire
