#pragma once

namespace vnsweep {

/// Makes SIGINT, SIGTERM and SIGHUP ask for an orderly end; a second one ends the process at once.
void install_interruption_handlers();

/// Number of the signal that asked for the end, or 0.
int interruption_signal();

}  // namespace vnsweep
