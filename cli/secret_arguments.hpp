// SPDX-License-Identifier: Apache-2.0
// The command line is shown to every user of the machine (ps, /proc/PID/cmdline): secrets do not stay there.
#pragma once

namespace meterproof::cli {

/// Writes x over the secret of each `--app ID:SECRET`. What shall still be read must have been copied before.
void hide_secrets(int argc, char** argv);

}  // namespace meterproof::cli
