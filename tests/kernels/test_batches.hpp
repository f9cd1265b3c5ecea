#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <ostream>
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

struct NamedActivation {
  Activation activation;
  const char* name;
  double scale;  ///< about where deep networks neither lose nor magnify differences of inputs

  friend std::ostream& operator<<(std::ostream& stream, const NamedActivation& entry) {
    return stream << entry.name;
  }
};
inline constexpr std::array kActivations = std::to_array<NamedActivation>({
    {Activation::linear, "linear", 1.0},
    {Activation::tanh, "tanh", 1.0},
    {Activation::relu, "relu", 1.4},
    {Activation::hardtanh, "hardtanh", 1.0},
    {Activation::erf, "erf", 0.9},
    {Activation::sigmoid, "sigmoid", 6.0},
    {Activation::leaky_relu, "leaky_relu", 1.4},
    {Activation::gelu, "gelu", 1.4},
    {Activation::silu, "silu", 1.4},
});

inline const char* name(Activation activation) {
  return kActivations.at(static_cast<std::size_t>(activation)).name;
}

/// Normal inputs; random labels for one output, random classes, one-hot, for several.
inline std::shared_ptr<const TrainingData> random_data(int samples, int inputs, int outputs = 1) {
  auto data = std::make_shared<TrainingData>();
  data->samples = samples;
  data->inputs = inputs;
  data->outputs = outputs;
  data->input =
      draw_normals({99, 0, Stream::generated_data}, static_cast<std::int64_t>(samples) * inputs);
  data->target =
      draw_normals({99, 1, Stream::generated_data}, static_cast<std::int64_t>(samples) * outputs);
  for (auto row = data->target.begin(); row != data->target.end(); row += outputs) {
    const auto largest = std::max_element(row, row + outputs);
    const float is_label = outputs > 1 || *largest > 0.0F ? 1.0F : 0.0F;
    std::fill(row, row + outputs, 0.0F);
    *largest = is_label;
  }
  return data;
}

/// Regression: normal inputs and targets.
inline std::shared_ptr<const TrainingData> random_values(int samples, int inputs, int outputs) {
  auto data = std::make_shared<TrainingData>(*random_data(samples, inputs, outputs));
  data->kind = TargetKind::values;
  data->target =
      draw_normals({99, 2, Stream::generated_data}, static_cast<std::int64_t>(samples) * outputs);
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
