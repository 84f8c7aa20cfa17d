// The few things that a load generator must know of a reply, read in one pass and without a tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meterproof::wire {

struct ScannedReply {
  bool is_json = false;  // balanced, with a member that is the code
  std::optional<int> code;
  /// Of the wanted members, raw: the text between the quotes, or the number's spelling. It lives as long as the body.
  std::vector<std::optional<std::string_view>> values;
};

class ReplyScanner {
 public:
  /// `wanted` are looked for in the first row only. Member names are compared to the letter.
  ReplyScanner(std::string code, std::string rows, std::vector<std::string> wanted)
      : code_(std::move(code)), rows_(std::move(rows)), wanted_(std::move(wanted)) {}

  /// What it hands out is good until the next call.
  const ScannedReply& scan(std::string_view body);

 private:
  std::string code_, rows_;
  std::vector<std::string> wanted_;
  ScannedReply reply_;
};

}  // namespace meterproof::wire
