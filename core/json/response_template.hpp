// What the replies of one server have in common: everything between their values. A reply of the form that was seen before need not be
// read letter by letter.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/text/prefix16.hpp"

namespace meterproof::json {

class ResponseTemplate {
 public:
  /// A value as it stands: a text without its quotes and without a backslash, or a number. `role` is what whoever learned it said.
  struct Value {
    std::string_view text;
    bool quoted = false;
    int role = 0;
  };

  /// Remembers the form of a body that is JSON to the letter, with these values in their order; what is between them stays as it is.
  void learn(std::string_view body, const std::vector<Value>& values);
  /// Whether the body is of that form; then it is JSON as well. Values are texts and numbers where those were. They stand in the body.
  bool read(std::string_view body, std::vector<Value>& out) const;

 private:
  struct Gap {
    core::Prefix16 before;
    bool quoted = false;
    int role = 0;
  };
  std::vector<Gap> gaps_;
  core::Prefix16 end_{""};  // all that comes behind the last
};

}  // namespace meterproof::json
