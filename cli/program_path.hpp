// SPDX-License-Identifier: Apache-2.0
// The file that is running.
#pragma once

#include <string>

namespace meterproof::cli {

/// Its absolute path; "" where the system does not tell it. /proc/self/exe (proc(5)), or, in a container without /proc, the name that execve got
/// (getauxval(3), AT_EXECFN), which is relative where the caller's was: to be asked before the working directory changes.
std::string program_path();

}  // namespace meterproof::cli
