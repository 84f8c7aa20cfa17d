// The few things that a load generator must know of a reply, read in one pass and without a tree.
#pragma once

#include <optional>
#include <string_view>

namespace meterproof::wire {

struct ScannedReply {
  bool is_json = false;  // balanced, with a member `code`
  std::optional<int> code;
  std::optional<std::string_view> echo;  // raw: the text between the quotes, or the number's spelling
};

/// `echo` is looked for in the first row only. Member names are compared to the letter.
ScannedReply scan_reply(std::string_view body, std::string_view code, std::string_view rows, std::string_view echo);

}  // namespace meterproof::wire
