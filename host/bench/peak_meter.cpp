#include "host/bench/peak_meter.hpp"

#include <numeric>
#include <stdexcept>

#include "host/bench/stopwatch.hpp"
#include "kernels/cpu/machine_peak.hpp"

namespace vnsweep::bench {
namespace {

constexpr double kSeconds = 5e-3;

/// Amount of work per second, if `work` returns how much it did.
template <class Work>
double rate_of(Work&& work) {
  const Stopwatch watch;
  double amount = 0.0;
  do {
    amount += work();
  } while (watch.cpu() < kSeconds);
  return amount / watch.cpu();
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

double PeakMeter::multiply_adds() {
  constexpr std::int64_t kRounds = 10'000;  // some 30 us, in which to look at the clock is nothing
  std::vector<double> rates(crew_.size());
  crew_.run([&](unsigned k) {
    rates[k] = rate_of([] {
      const cpu::MultiplyAddResult result = cpu::multiply_add_chains(kRounds);
      // It also keeps the compiler from leaving out the work.
      if (!(result.sum > 0.0F)) throw std::logic_error("multiply_add_chains: a wrong sum");
      return result.flop;
    });
  });
  return sum(rates);
}

double PeakMeter::bandwidth(std::size_t bytes) {
  constexpr std::size_t kLeastBytes = std::size_t{1} << 20;  // between two looks at the clock
  const std::size_t count = bytes / sizeof(float) / cpu::kNegateGroup * cpu::kNegateGroup;
  const std::size_t passes = (kLeastBytes + bytes - 1) / bytes;
  std::vector<double> rates(crew_.size());
  crew_.run([&](unsigned k) {
    // Made by the thread that uses it, so that it is near.
    if (buffers_[k].size() < count) buffers_[k] = cpu::AlignedBuffer<float>(count);
    float* data = buffers_[k].data();
    cpu::negate_in_place(data, count);
    rates[k] = rate_of([=] {
      for (std::size_t pass = 0; pass < passes; ++pass)
        cpu::negate_in_place(data, count);
      return 2.0 * static_cast<double>(passes * count * sizeof(float));
    });
  });
  return sum(rates);
}

}  // namespace vnsweep::bench
