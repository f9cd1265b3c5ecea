// Speed of the kernels that training and probes are made of, one core. For numbers beside what the
// machine reaches, use `vnsweep bench`.
#include <benchmark/benchmark.h>

#include "build_info.hpp"
#include "kernels/cpu/training_passes.hpp"
#include "kernels/linear_algebra.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  vnsweep::pin_linear_algebra_threads();
  benchmark::AddCustomContext("commit", vnsweep::build::kCommit);
  benchmark::AddCustomContext("compiler", vnsweep::build::kCompiler);
  benchmark::AddCustomContext("instruction_set", vnsweep::cpu::instruction_set());
  benchmark::AddCustomContext("linear_algebra", vnsweep::linear_algebra_description());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
