#include "tools/gpu/benchmark/cost.hpp"

#include <stdexcept>

namespace vnsweep::benchmark {

std::int64_t parameters_of(const TrainingCase& shape) {
  return shape.networks * parameter_count(kInputs, kOutputs, shape.width, shape.depth);
}

double flop_per_parameter(Optimizer optimizer, int samples) {
  switch (optimizer) {
    case Optimizer::sgd:
      return 6.0 * samples + 2.0;
    case Optimizer::adam:
      return 6.0 * samples + 14.0;
    case Optimizer::rmsprop:
      break;
  }
  throw std::invalid_argument("flop_per_parameter: only sgd and adam have a count");
}

double bytes_per_parameter(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd:
      return 24.0;
    case Optimizer::adam:
      return 40.0;
    case Optimizer::rmsprop:
      break;
  }
  throw std::invalid_argument("bytes_per_parameter: only sgd and adam have a count");
}

Spread updates_per_second(const TrainingResult& result) {
  return rate(static_cast<double>(result.parameters), result.step_seconds);
}

Spread flop_rate(const TrainingResult& result) {
  const double flop = flop_per_parameter(result.shape.optimizer, result.shape.samples);
  return rate(static_cast<double>(result.parameters) * flop, result.step_seconds);
}

Spread byte_rate(const TrainingResult& result) {
  const double bytes = bytes_per_parameter(result.shape.optimizer);
  return rate(static_cast<double>(result.parameters) * bytes, result.step_seconds);
}

std::optional<double> share_of(const Spread& achieved, const std::optional<Spread>& ceiling) {
  if (!ceiling) return std::nullopt;
  return achieved.median / ceiling->median;
}

}  // namespace vnsweep::benchmark
