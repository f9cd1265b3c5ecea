#pragma once

#include <chrono>
#include <optional>

namespace vnsweep {

/// Shows that a worker lives: it says when it begins a phase of its work, and somebody else sees
/// when the next is overdue.
class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  /// A phase begins.
  /// @param expected  that it may take; whoever watches adds patience of his own
  void begin(Clock::time_point now, Clock::duration expected = {});

  /// Nothing to do, or waiting for somebody else.
  void pause();

  /// Whether the phase has taken so much longer than expected.
  bool is_overdue(Clock::time_point now, Clock::duration patience) const;

 private:
  std::optional<Clock::time_point> expected_end_;  ///< none while it pauses
};

}  // namespace vnsweep
