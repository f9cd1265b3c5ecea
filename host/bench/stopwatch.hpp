#pragma once

#include <chrono>

namespace vnsweep::bench {

/// Seconds since it was made. One thread owns it.
class Stopwatch {
 public:
  Stopwatch() : wall_start_(Wall::now()), cpu_start_(cpu_now()) {}

  double wall() const { return std::chrono::duration<double>(Wall::now() - wall_start_).count(); }
  /// Time that this thread had a processor: other programs do not count.
  double cpu() const { return cpu_now() - cpu_start_; }

 private:
  using Wall = std::chrono::steady_clock;
  static double cpu_now();

  Wall::time_point wall_start_;
  double cpu_start_;
};

}  // namespace vnsweep::bench
