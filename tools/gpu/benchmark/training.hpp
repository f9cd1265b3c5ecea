#pragma once

#include <cstdint>
#include <stdexcept>

#include "kernels/engine.hpp"
#include "tools/gpu/benchmark/deadline.hpp"
#include "tools/gpu/benchmark/measurements.hpp"

namespace vnsweep::benchmark {

/// A measurement that cannot be made; what() says why.
class NotMeasured : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Networks of a case on random data, which train to no end: nothing stops them.
NetworkBatch training_batch(const TrainingCase& shape);

struct StepTime {
  std::int64_t steps = 0;  ///< that were timed together
  Spread seconds;          ///< of one step
};

/// Time of one training step of the batch that the engine holds.
/// @throws NotMeasured if the time does not allow it, or if networks stopped in between
StepTime measure_step(Engine& engine, const Deadline& deadline);

/// Takes the case's batch into the engine and times its steps.
/// @throws NotMeasured, DeviceOutOfMemory, DeviceLost
TrainingResult measure_training(Engine& engine, const TrainingCase& shape,
                                const Deadline& deadline);

/// Takes the case's batch into the engine and times probes of all its networks.
/// @throws NotMeasured, DeviceOutOfMemory, DeviceLost
ProbeResult measure_probe(Engine& engine, const TrainingCase& shape, int probe_samples,
                          const Deadline& deadline);

}  // namespace vnsweep::benchmark
