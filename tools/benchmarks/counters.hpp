#pragma once

#include <benchmark/benchmark.h>

namespace vnsweep::benchmark {

/// Shows floating-point operations per second of processor time.
/// @param flop  of one iteration
inline void count_flop(::benchmark::State& state, double flop) {
  state.counters["FLOP/s"] =
      ::benchmark::Counter(flop, ::benchmark::Counter::kIsIterationInvariantRate);
}

/// Shows parameter updates per second of processor time.
inline void count_updates(::benchmark::State& state, double updates) {
  state.counters["updates/s"] =
      ::benchmark::Counter(updates, ::benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace vnsweep::benchmark
