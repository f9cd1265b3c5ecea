#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/machine_peak.hpp"
#include "tools/benchmarks/counters.hpp"

namespace vnsweep::benchmark {
namespace {

void multiply_add_peak(::benchmark::State& state) {
  double flop = 0.0;
  for ([[maybe_unused]] auto _ : state) {
    const cpu::MultiplyAddResult result = cpu::multiply_add_chains(10'000);
    ::benchmark::DoNotOptimize(result.sum);
    flop = result.flop;
  }
  count_flop(state, flop);
}
BENCHMARK(multiply_add_peak);

/// Bytes read and written, for arrays from the first cache to memory.
void read_and_write(::benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0)) << 10;
  cpu::AlignedBuffer<float> data(bytes / sizeof(float));
  for ([[maybe_unused]] auto _ : state) {
    cpu::negate_in_place(data.data(), data.size());
    ::benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(2 * state.iterations() * static_cast<std::int64_t>(bytes));
}
BENCHMARK(read_and_write)->ArgName("KiB")->RangeMultiplier(8)->Range(16, 1 << 17);

}  // namespace
}  // namespace vnsweep::benchmark
