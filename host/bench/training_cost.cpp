#include "host/bench/training_cost.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace vnsweep::bench {
namespace {

/// Floats kept per parameter: itself, and of Adam two moments.
double floats_per_parameter(Optimizer optimizer) {
  return optimizer == Optimizer::adam ? 3.0 : 1.0;
}

}  // namespace

std::int64_t parameters_of(const TrainingCase& shape) {
  return parameter_count(kInputs, kOutputs, shape.width, shape.depth);
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
      return 12.0;
    case Optimizer::adam:
      return 28.0;
    case Optimizer::rmsprop:
      break;
  }
  throw std::invalid_argument("bytes_per_parameter: only sgd and adam have a count");
}

double working_set_bytes(const TrainingCase& shape) {
  const double weights =
      static_cast<double>(parameters_of(shape)) * floats_per_parameter(shape.optimizer);
  const double outputs_and_derivatives = 2.0 * shape.depth * shape.width * shape.samples;
  return sizeof(float) * (weights + outputs_and_derivatives);
}

int networks_within(const SweepSize& bounds, const TrainingCase& shape) {
  const auto parameters = static_cast<double>(parameters_of(shape));
  const double bytes = sizeof(float) * parameters * floats_per_parameter(shape.optimizer);
  const double flop = parameters * flop_per_parameter(shape.optimizer, shape.samples);
  const double most = std::min({static_cast<double>(bounds.most_networks),
                                bounds.most_bytes / bytes, bounds.most_flop / flop});
  const double allowed = std::max(static_cast<double>(bounds.least_networks), most);
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(allowed)));
}

}  // namespace vnsweep::bench
