#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/bench/crew.hpp"
#include "host/bench/machine.hpp"
#include "host/bench/peak_meter.hpp"
#include "host/bench/training_cost.hpp"
#include "host/schedule/devices.hpp"

namespace vnsweep::bench {

/// A point that cannot be measured; what() says why.
class NotMeasured : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the machine reached during a point, in SI units; the best of several measurements.
struct Ceilings {
  double flop_rate = 0.0;  ///< float32 multiply-adds of all threads
  MemoryLevel level;       ///< the first that holds the working set of a thread
  double byte_rate = 0.0;  ///< of that level, all threads
};

/// How fast networks of one shape are trained.
struct TrainingSpeed {
  TrainingCase shape;
  int networks = 0;          ///< of each engine
  std::int64_t steps = 0;    ///< of each network, all sections
  double update_rate = 0.0;  ///< parameter updates per second of all engines, best section
  double median_update_rate = 0.0;
  double cpu_seconds = 0.0;          ///< in which the engines' threads had a processor, summed
  double wall_seconds = 0.0;         ///< the same by the clock on the wall
  std::optional<Ceilings> ceilings;  ///< of the cpu engine alone

  double flop_rate() const {
    return update_rate * flop_per_parameter(shape.optimizer, shape.samples);
  }
  double byte_rate() const { return update_rate * bytes_per_parameter(shape.optimizer); }
  std::optional<double> share_of_flop_rate() const;
  std::optional<double> share_of_byte_rate() const;
};

/// How long and how much is measured.
struct Effort {
  double seconds = 0.3;  ///< of training, per point
  int networks = 0;      ///< of each engine; 0: as many as suit the shape
};

/// Trains networks on random data, which nothing stops, with one engine a thread, and measures what
/// the machine reaches before, between and after the sections of this training. Seconds are those
/// that a thread had a processor; on a GPU those of the clock on the wall. What disturbs a
/// measurement makes it slower, so that the best section is set beside the best ceiling.
/// @param engines  one for each thread of the crew, all of one kind
/// @throws NotMeasured if the networks do not fit, DeviceOutOfMemory, DeviceLost
TrainingSpeed measure_training(const TrainingCase& shape, const Effort& effort,
                               std::span<NamedEngine> engines, const Machine& machine, Crew& crew,
                               PeakMeter& meter);

/// The networks of one engine.
NetworkBatch training_batch(const TrainingCase& shape, int networks);

}  // namespace vnsweep::bench
