#include "tools/gpu/benchmark/plan.hpp"

#include <algorithm>
#include <cstdint>

namespace vnsweep::benchmark {

std::vector<TrainingCase> training_cases() {
  std::vector<TrainingCase> cases;
  for (const int networks : {100, 1000}) {
    for (const int width : {16, 64, 256, 512}) {
      for (const int samples : {4, 128}) {
        for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam}) {
          cases.push_back(
              {.width = width, .samples = samples, .networks = networks, .optimizer = optimizer});
        }
      }
    }
  }
  return cases;
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
         words(shape.optimizer);
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
