#pragma once

#include <stop_token>
#include <thread>

namespace vnsweep {

/// Makes SIGINT, SIGTERM and SIGHUP ask for an orderly end; a SIGINT or SIGTERM after that ends the
/// process at once.
void install_interruption_handlers();

/// Makes writing to a pipe that nobody reads any more an error instead of the end of the process:
/// a sweep is worth more than its messages.
void outlive_closed_pipes();

/// Number of the signal that asked for the end, or 0.
int interruption_signal();

/// Turns a signal into a request to stop, for work that has no loop to watch for it.
class StopOnInterruption {
 public:
  /// Installs the handlers.
  StopOnInterruption();
  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread watcher_;
};

}  // namespace vnsweep
