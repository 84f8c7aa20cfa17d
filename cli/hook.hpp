// SPDX-License-Identifier: Apache-2.0
// What a target file says breaks the target or repairs it: a shell command, or an HTTP request.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "core/i18n/message_value.hpp"
#include "core/loader/target_loader.hpp"
#include "net/tls.hpp"

namespace meterproof::cli {

/// Runs a hook to its end. Returns nothing, or why it failed. A command runs as a process group of its own, without our signal handlers and with its
/// output on standard error; at `limit`, or once `give_up` says so, the whole group is ended. `trust`: of an https address.
i18n::Message run_hook(const loader::Hook& hook, std::chrono::milliseconds limit, const std::function<bool()>& give_up, const net::TlsTrust& trust);

/// Why a hook cannot be run at all, as far as that is seen without running it: the shell does not take the command, or does not know a program that it
/// runs for certain (hook_commands.hpp); nobody listens at the address. Empty where nothing is wrong.
i18n::Message why_not_runnable(const loader::Hook& hook, const net::TlsTrust& trust);

/// Whether a case's reason tells of a hook that ran and failed. One that was stopped because the run was cut off has not.
bool is_failed_hook(const i18n::Message& reason);

/// The two hooks of a fault as the checker calls them: true breaks the target, false repairs it. From the break to the repair the target is repaired
/// whatever happens to this program: a second signal does not end it, and where it dies nevertheless, a process that stands by runs the repair.
/// `told`: what to show where a second signal comes meanwhile. `give_up`: asked while the target is being broken; a repair is never cut off.
std::function<i18n::Message(bool breaks)> fault_hook(const loader::Hook& breaks, const loader::Hook& repairs, std::chrono::milliseconds limit,
                                                     const std::string& told, const std::function<bool()>& give_up, const net::TlsTrust& trust);

}  // namespace meterproof::cli
