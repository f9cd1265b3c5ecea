#include "host/plan/task.hpp"

#include <bit>

namespace vnsweep {

int task_inputs(const RunSpec& spec) {
  return spec.task == TaskKind::parity ? static_cast<int>(spec.bits.value()) : 2;
}

int task_samples(const RunSpec& spec) {
  return 1 << task_inputs(spec);
}

int task_outputs(const RunSpec& /*spec*/) {
  return 1;
}

std::shared_ptr<const TrainingData> make_training_data(const RunSpec& spec) {
  // xor is parity of two bits: the signs differ where exactly one input is +1.
  auto data = std::make_shared<TrainingData>();
  data->samples = task_samples(spec);
  data->inputs = task_inputs(spec);
  data->outputs = task_outputs(spec);
  for (unsigned point = 0; point < static_cast<unsigned>(data->samples); ++point) {
    for (int i = 0; i < data->inputs; ++i) {
      data->input.push_back(((point >> i) & 1U) != 0 ? 1.0F : -1.0F);
    }
    data->target.push_back(std::popcount(point) % 2 == 1 ? 1.0F : 0.0F);
  }
  return data;
}

}  // namespace vnsweep
