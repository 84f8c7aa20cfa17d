// The few things that a load generator must know of a reply, read in one pass and without a tree.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/response_template.hpp"

namespace meterproof::json {

struct ScannedResponse {
  bool is_json = false;     // one JSON object to the letter (RFC 8259), in UTF-8, and nothing after it
  std::optional<int> code;  // where it is an integer
  /// Of the wanted members: a text without its escapes, or a number's spelling. It lives as long as the body, and until the next scan.
  std::vector<std::optional<std::string_view>> values;
};

class ResponseScanner {
 public:
  /// `wanted` are looked for in the first row only. Member names are compared to the letter.
  ResponseScanner(std::string code, std::string rows, std::vector<std::string> wanted)
      : code_(std::move(code)), rows_(std::move(rows)), wanted_(std::move(wanted)) {}

  /// What it hands out is good until the next call.
  const ScannedResponse& scan(std::string_view body);

 private:
  class Scanner;
  /// What a value is to us: one that is wanted, by its number, or one of these.
  enum Role { code_role = -2, unwanted = -1 };

  bool scan_members(Scanner& scan);
  bool scan_first_row(Scanner& scan);
  /// For the form: a value, the character that it begins with, and whether it is written with a backslash.
  void remember_value(const ResponseTemplate::Value& value, char first, bool escaped);
  void take(const ResponseTemplate::Value& value);

  std::string code_, rows_;
  std::vector<std::string> wanted_;
  std::deque<std::string> unescaped_;  // the rare texts that are not as they were written
  ResponseTemplate template_;
  std::vector<ResponseTemplate::Value> values_;  // of the reply at hand
  bool learnable_ = false;                       // all that may vary in it is among them
  unsigned misses_ = 0, relearn_after_ = 0;      // replies of another form since one was learned, and how many are let pass
  ScannedResponse reply_;
};

}  // namespace meterproof::json
