#pragma once

#include <memory>
#include <vector>

#include "kernels/network.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep::testing {

inline std::shared_ptr<const TrainingData> xor_data() {
  auto data = std::make_shared<TrainingData>();
  data->samples = 4;
  data->inputs = 2;
  data->outputs = 1;
  data->input = {-1, -1, 1, -1, -1, 1, 1, 1};
  data->target = {0, 1, 1, 0};
  return data;
}

/// Normal inputs, random labels.
inline std::shared_ptr<const TrainingData> random_data(int samples, int inputs, int outputs = 1) {
  auto data = std::make_shared<TrainingData>();
  data->samples = samples;
  data->inputs = inputs;
  data->outputs = outputs;
  data->input =
      draw_normals({99, 0, Stream::generated_data}, static_cast<std::int64_t>(samples) * inputs);
  data->target =
      draw_normals({99, 1, Stream::generated_data}, static_cast<std::int64_t>(samples) * outputs);
  for (float& y : data->target)
    y = y > 0.0F ? 1.0F : 0.0F;
  return data;
}

/// xor networks of the given depths, plain SGD.
inline NetworkBatch xor_batch(int width, const std::vector<int>& depths,
                              std::int64_t budget = 100) {
  NetworkBatch batch;
  batch.width = width;
  batch.data = xor_data();
  batch.budget = StepCount(budget);
  batch.success.accuracy = 1.0;
  batch.success.loss = 0.1;
  for (const int depth : depths) {
    batch.networks.push_back(
        {.run_key = 1000 + batch.networks.size(), .depth = depth, .learning_rate = 0.1});
  }
  return batch;
}

inline std::vector<NetworkIndex> all_networks(const NetworkBatch& batch) {
  std::vector<NetworkIndex> indices;
  for (std::size_t n = 0; n < batch.networks.size(); ++n) {
    indices.emplace_back(static_cast<std::uint32_t>(n));
  }
  return indices;
}

}  // namespace vnsweep::testing
