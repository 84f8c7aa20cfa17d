// SPDX-License-Identifier: Apache-2.0
// Errors of the checker itself become a message: one of them costs its case, not the run.
#pragma once

#include <exception>
#include <new>

#include "conformance/transcript.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"

namespace meterproof::conformance {

/// Calls `act`; returns nothing, or the exception that it threw. `Inconclusive` and `ReplayMismatch` pass through: they are no errors of a case.
template <class Act>
i18n::Message own_error_of(Act&& act) {
  try {
    act();
    return {};
  } catch (const ReplayMismatch&) {
    throw;
  } catch (const std::bad_alloc&) {
    return i18n::msg<"case.own-error-memory">();
  } catch (const std::exception& error) {
    return i18n::msg<"case.own-error">(i18n::message_of(error));
  }
}

}  // namespace meterproof::conformance
