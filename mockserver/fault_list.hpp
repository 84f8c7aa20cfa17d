// SPDX-License-Identifier: Apache-2.0
// A file of faults that a mock injects from the start: a JSON list, each as POST /_mock/faults takes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "mockserver/fault_injector.hpp"

namespace meterproof::mockserver {

/// Appends the faults. Empty, or what is wrong and with which one; `path` is the file's.
i18n::Message read_faults(std::string_view text, const std::string& path, const core::Spec& spec, const std::vector<auth::App>& apps,
                          std::vector<InjectedFault>& faults);

}  // namespace meterproof::mockserver
