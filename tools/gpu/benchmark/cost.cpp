#include "tools/gpu/benchmark/cost.hpp"

#include <algorithm>
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

std::optional<double> bytes_per_parameter(Optimizer optimizer, TrainingPath path) {
  if (path == TrainingPath::in_blocks) return std::nullopt;
  switch (optimizer) {
    case Optimizer::sgd:
      return 16.0;
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

std::optional<Spread> byte_rate(const TrainingResult& result) {
  const auto bytes = bytes_per_parameter(result.shape.optimizer, result.shape.path);
  if (!bytes) return std::nullopt;
  return rate(static_cast<double>(result.parameters) * *bytes, result.step_seconds);
}

std::optional<double> speed_up(const TrainingResult& result,
                               const std::vector<TrainingResult>& results) {
  if (result.shape.path != TrainingPath::in_blocks) return std::nullopt;
  TrainingCase other = result.shape;
  other.path = TrainingPath::layer_by_layer;
  const auto found =
      std::find_if(results.begin(), results.end(),
                   [&](const TrainingResult& candidate) { return candidate.shape == other; });
  if (found == results.end()) return std::nullopt;
  return found->step_seconds.median / result.step_seconds.median;
}

std::optional<double> share_of(const std::optional<Spread>& achieved,
                               const std::optional<Spread>& ceiling) {
  if (!achieved || !ceiling) return std::nullopt;
  return achieved->median / ceiling->median;
}

}  // namespace vnsweep::benchmark
