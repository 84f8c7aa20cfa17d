// SPDX-License-Identifier: Apache-2.0
// How a mock reads the specification where that leaves something open: the answer to each open question, and what follows from them. Made anew when one of
// them changes; whoever handles a request keeps the readings that it began with.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "mockserver/mock_options.hpp"

namespace meterproof::mockserver {

/// Immutable, so threads may share it.
struct Readings {
  enum class EmptyList { empty, null, absent };
  using Answers = std::map<std::string, std::string, std::less<>>;

  /// `chosen`: by question, as in MockOptions. The spec must outlive it.
  Readings(const core::Spec& spec, Answers chosen);
  Readings(const Readings&) = delete;
  Readings& operator=(const Readings&) = delete;

  const Answers answers;
  const InterpretationChoice choice;
  EmptyList empty_list = EmptyList::empty;
  bool refuses_exchanged_types = false;
  bool uses_own_refusal_code = false;
  int refusal_status = 200;
};

}  // namespace meterproof::mockserver
