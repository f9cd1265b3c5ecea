#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/bench/machine.hpp"
#include "host/bench/training_speed.hpp"

namespace vnsweep::bench {

/// What so many threads reach at once, measured before the points.
struct MachineLimits {
  unsigned threads = 1;
  double flop_rate = 0.0;
  std::vector<MemoryLevel> levels;
  std::vector<double> byte_rates;  ///< bytes read and written per second, of each level
};

/// A point that was asked for and could not be measured.
struct LeftOut {
  TrainingCase shape;
  std::string reason;
};

struct BenchResult {
  Machine machine;
  std::string device;                 ///< cpu, reference, cuda:0
  std::string device_description;     ///< as `vnsweep devices` has it
  double seconds = 0.0;               ///< of training, per point
  std::vector<MachineLimits> limits;  ///< of the cpu engine alone
  std::vector<TrainingSpeed> points;
  std::vector<LeftOut> left_out;
};

/// Such as "width 64, depth 10, B 4, sgd, tanh, 2 threads".
std::string words(const TrainingCase& shape);

/// Everything, with the build that measured it, in SI units; null where there is nothing to say.
nlohmann::ordered_json to_json(const BenchResult& result);

/// The same for reading.
std::string to_table(const BenchResult& result);

}  // namespace vnsweep::bench
