#include "tools/gpu/benchmark/plan.hpp"

#include <algorithm>
#include <cstdint>

#include "kernels/batched/resident_training.hpp"
#include "tools/gpu/benchmark/training.hpp"

namespace vnsweep::benchmark {

std::vector<TrainingCase> training_cases() {
  std::vector<TrainingCase> cases;
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam}) {
    for (const int samples : {4, 128}) {
      for (const int networks : {100, 1000}) {
        for (const int width : {16, 32, 64, 256, 512}) {
          for (const TrainingPath path : {TrainingPath::in_blocks, TrainingPath::layer_by_layer}) {
            const TrainingCase shape{.width = width,
                                     .samples = samples,
                                     .networks = networks,
                                     .optimizer = optimizer,
                                     .path = path};
            if (is_trained_as_named(shape)) cases.push_back(shape);
          }
        }
      }
    }
  }
  return cases;
}

bool is_trained_as_named(const TrainingCase& shape) {
  if (shape.path == TrainingPath::layer_by_layer) return true;
  TrainingCase one = shape;
  one.networks = 1;  // each has a block of its own
  return batched::fits_in_blocks(training_batch(one));
}

double seconds_for_case(double available, std::size_t cases_left) {
  constexpr double kLeast = 0.5;
  return std::min(available, std::max(kLeast, available / static_cast<double>(cases_left)));
}

std::string words(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd:
      return "sgd";
    case Optimizer::adam:
      return "adam";
    case Optimizer::rmsprop:
      return "rmsprop";
  }
  return "unknown";
}

std::string words(const TrainingCase& shape) {
  return "width " + std::to_string(shape.width) + ", B " + std::to_string(shape.samples) + ", " +
         std::to_string(shape.networks) + " networks, depth " + std::to_string(shape.depth) + ", " +
         words(shape.optimizer) + ", " + words(shape.path);
}

std::string words(TrainingPath path) {
  switch (path) {
    case TrainingPath::in_blocks:
      return "in blocks";
    case TrainingPath::layer_by_layer:
      return "layer by layer";
  }
  return "unknown";
}

std::vector<int> eigenvalue_sizes() {
  return {16, 32, 64, 128, 256, 512};
}

int eigenvalue_matrices(int n) {
  constexpr std::int64_t kMost = 4096;
  constexpr std::int64_t kMostElements = std::int64_t{1} << 24;  // 128 MiB of doubles
  return static_cast<int>(
      std::clamp<std::int64_t>(kMostElements / (std::int64_t{1} * n * n), 1, kMost));
}

int repetitions_within(double seconds, double available, int most) {
  if (!(seconds > 0.0)) return most;
  return static_cast<int>(std::clamp(available / seconds, 1.0, static_cast<double>(most)));
}

}  // namespace vnsweep::benchmark
