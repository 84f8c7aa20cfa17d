// SPDX-License-Identifier: Apache-2.0
// The events of a transcript, apart from the rest of a check's record. They are nearly all of it, and as a tree of JSON they take several times the memory
// that their text takes: they are read and written one by one.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace meterproof::reports {

/// What stands between the brackets of transcript.events.
struct EventsText {
  std::size_t begin = 0, end = 0;
  std::vector<std::string_view> events;  // in the text; what stands between the commas
};

/// Nothing where there are no such events, or not exactly one list of them: then nobody needs it, or the text is no record. The text need not be valid JSON; it
/// is if both the text without the events and each of them are.
std::optional<EventsText> find_events(std::string_view record);

}  // namespace meterproof::reports
