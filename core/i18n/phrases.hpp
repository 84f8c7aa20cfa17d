// What records say in English, in Chinese. Records are written in English alone, so that they can be compared and searched; whoever
// shows one to people asks here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meterproof::i18n {

/// The Chinese of a record's phrase, or of a list of phrases; nothing where no phrase of ours is in it (names, numbers, a vendor's words).
std::optional<std::string> in_chinese(std::string_view english);

}  // namespace meterproof::i18n
