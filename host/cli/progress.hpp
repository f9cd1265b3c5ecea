#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "host/schedule/run_result.hpp"

namespace vnsweep {

/// How far a sweep is, on standard error: a bar that is redrawn on a terminal, a plain line every
/// few seconds elsewhere.
class Progress {
 public:
  enum class Style { silent, lines, bar };

  /// @param total_runs  runs to make now
  /// @param total_cost  their predicted cost, in the unit of predicted_cost()
  Progress(Style style, std::size_t total_runs, double total_cost);

  /// Counts a finished run; from any thread.
  void add(const RunResult& result);

  /// Draws if it is time to.
  void update();
  /// Draws the last state and ends the line.
  void finish();

  std::size_t done() const { return done_; }
  std::size_t failed() const { return failed_; }
  std::size_t errors() const { return errors_; }

  /// bar on a terminal, lines elsewhere
  static Style style_for_stderr(bool quiet);

 private:
  void draw();
  std::string state_text(double seconds) const;

  Style style_;
  std::size_t total_runs_;
  double total_cost_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_draw_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> failed_{0};
  std::atomic<std::size_t> errors_{0};
  std::atomic<double> done_cost_{0.0};
};

/// 75 s as "1:15", 3700 s as "1:01:40".
std::string duration_text(double seconds);

}  // namespace vnsweep
