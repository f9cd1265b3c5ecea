// Training steps of the cpu engine, through its interface.
#include "host/bench/training_cost.hpp"
#include "host/bench/training_speed.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "tools/benchmarks/counters.hpp"

namespace vnsweep::benchmark {
namespace {

void train(::benchmark::State& state, Optimizer optimizer, Activation activation) {
  constexpr int kDepth = 10;
  constexpr std::int64_t kSteps = 16;
  const bench::TrainingCase shape{.width = static_cast<int>(state.range(0)),
                                  .depth = kDepth,
                                  .samples = static_cast<int>(state.range(1)),
                                  .optimizer = optimizer,
                                  .activation = activation};
  // An engine may train narrow networks several at a time; of wide ones it takes each by itself.
  const int networks = shape.width <= 32 ? 16 : 1;
  CpuEngine engine;
  engine.initialize(bench::training_batch(shape, networks));
  for ([[maybe_unused]] auto _ : state)
    engine.train(StepCount(kSteps));
  const double updates = static_cast<double>(bench::parameters_of(shape)) * networks * kSteps;
  count_updates(state, updates);
  count_flop(state, updates * bench::flop_per_parameter(optimizer, shape.samples));
}

void shapes(::benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"width", "B"})->Unit(::benchmark::kMillisecond);
  for (const int samples : {4, 128}) {
    for (const int width : {8, 16, 32, 64, 128, 256, 512})
      benchmark->Args({width, samples});
  }
}
BENCHMARK_CAPTURE(train, sgd, Optimizer::sgd, Activation::tanh)->Apply(shapes);
BENCHMARK_CAPTURE(train, adam, Optimizer::adam, Activation::tanh)->Apply(shapes);
// Without the cost of tanh.
BENCHMARK_CAPTURE(train, linear_sgd, Optimizer::sgd, Activation::linear)->Apply(shapes);

}  // namespace
}  // namespace vnsweep::benchmark
