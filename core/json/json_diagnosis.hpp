// SPDX-License-Identifier: Apache-2.0
// Says for people why bytes are not the JSON object that they should be: the first mistake, its place and its likely cause, in both languages.
// One list of causes for requests, replies and bodies of the control interface.
#pragma once

#include <optional>
#include <string_view>

#include "core/i18n/message_value.hpp"
#include "core/json/json.hpp"
#include "core/text/text.hpp"

namespace meterproof::json {

/// The first mistake in a text that should be one JSON value in UTF-8, possibly behind a byte order mark; nothing where parse_json takes it.
/// Linear in the size of the text.
std::optional<ParseError> find_mistake(std::string_view text);

/// The same however many values there are; where there is no mistake, the first number that no double holds, for what is read into doubles; otherwise
/// the first member whose name its object has already: of two the reader takes one, and whoever wrote them may have meant the other.
std::optional<ParseError> find_mistake_or_duplicate(std::string_view text);

/// The mistake with its line, its column and the text around it: "a comma before the closing bracket, at line 1, column 18: "UserCode":"U1", >>> }".
/// `text` is what was searched.
i18n::Message to_message(const ParseError& mistake, std::string_view text);

/// Why `body` is not one JSON object: coded (gzip), another encoding (UTF-16, GBK), another format (form, multipart, HTML, XML), or the first mistake of
/// the JSON. Empty where it is one. `content_type` and `content_encoding`: the values of these headers, "" where there is none.
i18n::Message diagnose(std::string_view body, std::string_view content_type = {}, std::string_view content_encoding = {});

/// The same as `diagnose`, rendered in both languages.
core::LocalizedText explain(std::string_view body, std::string_view content_type = {}, std::string_view content_encoding = {});

}  // namespace meterproof::json
