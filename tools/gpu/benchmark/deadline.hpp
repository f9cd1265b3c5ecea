#pragma once

#include <algorithm>
#include <chrono>

namespace vnsweep::benchmark {

/// A point in time that measurements should not run beyond.
class Deadline {
 public:
  explicit Deadline(double seconds_from_now)
      : end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                std::chrono::duration<double>(seconds_from_now))) {}

  /// Seconds; negative once it has passed.
  double remaining() const { return std::chrono::duration<double>(end_ - Clock::now()).count(); }
  /// The earlier of this one and one `seconds` from now.
  Deadline within(double seconds) const { return Deadline(std::min(seconds, remaining())); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point end_;
};

/// Seconds that `work` takes. It must wait for what it starts on a device.
template <class Work>
double seconds_of(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace vnsweep::benchmark
