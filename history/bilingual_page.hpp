// SPDX-License-Identifier: Apache-2.0
// A page in both languages that needs nothing else; a button shows one of them.
#pragma once

#include <string>
#include <string_view>

#include "core/i18n/language.hpp"
#include "core/i18n/message_value.hpp"

namespace meterproof::history {

/// Both wordings, escaped; the page shows one of them. "" of an empty message.
std::string in_both(const i18n::Message& message);

/// `language`: which is shown first; `title` is in it. `style`: more rules of CSS. `body`: HTML.
std::string bilingual_page(i18n::Language language, std::string_view title, std::string_view style, std::string_view body);

}  // namespace meterproof::history
