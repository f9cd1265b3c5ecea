#include "kernels/batched/probe_memory.hpp"

#include <algorithm>
#include <limits>

#include "kernels/engine.hpp"

namespace vnsweep::batched {
namespace {

/// The training set is passed through in pieces of so many samples.
constexpr int kGradientSamples = 256;

}  // namespace

ProbeMemory::ProbeMemory(const NetworkBatch& batch, const ParameterLayout& layout,
                         const PlanEigenvalues& plan_eigenvalues, std::size_t most_bytes,
                         ArenaPlan& plan)
    : probe_samples(batch.probe_samples),
      gradient_samples(std::min(batch.data->samples, kGradientSamples)),
      jacobians(batch.probe_jacobians),
      in_blocks(is_probed_in_blocks(batch)),
      gram_size(std::min(batch.width, batch.probe_samples)) {
  const TrainingData& data = *batch.data;
  const std::int64_t width = batch.width;
  const std::int64_t depth = layout.greatest_depth();
  const std::int64_t probe_plane = probe_samples * width;
  const std::int64_t data_plane = gradient_samples * width;
  const std::int64_t gram_elements = std::int64_t{1} * gram_size * gram_size;
  if (std::max({probe_plane, data_plane, jacobians * width * width}) >
      std::numeric_limits<int>::max()) {
    throw DeviceOutOfMemory(
        "a probe of one network is too large for this engine; use fewer samples");
  }
  std::int64_t matrix = 0;
  for (const Slab& slab : layout.slabs())
    matrix = std::max(matrix, slab.matrix_size());

  const std::int64_t doubles_per_network = matrix + 4 * probe_plane + (depth + 4) * data_plane +
                                           (in_blocks ? depth : 1) * gram_elements +
                                           depth * gram_size +
                                           jacobians * (2 * width * width + 2 * depth);
  const auto fitting = static_cast<std::int64_t>(
      most_bytes / (static_cast<std::size_t>(doubles_per_network) * sizeof(double)));
  networks = static_cast<int>(
      std::clamp<std::int64_t>(fitting, 1, static_cast<std::int64_t>(batch.networks.size())));
  const std::int64_t c = networks;
  std::int64_t matrices = 0;
  for (int l = 1; l <= depth; ++l)
    matrices += std::min<std::int64_t>(c, layout.hidden(l).networks);
  // Few matrices take as long as many, so what the networks leave is for more layers of them.
  const std::int64_t spare =
      static_cast<std::int64_t>(most_bytes / sizeof(double)) - c * doubles_per_network;
  matrices_at_once =
      static_cast<int>(in_blocks ? matrices : std::clamp(c + spare / gram_elements, c, matrices));
  eigenvalue_plan = plan_eigenvalues(gram_size, matrices_at_once);

  chosen = plan.reserve<std::int32_t>(c);
  places = plan.reserve<Place>(c);
  if (in_blocks) {
    layers = plan.reserve<ProbedLayer>(depth + 1);
    gram_begins = plan.reserve<std::int64_t>(depth + 2);
  }
  const std::int64_t layerwise = in_blocks ? 0 : c;
  weights = plan.reserve<double>(layerwise * matrix);
  biases = plan.reserve<double>(layerwise * std::max(batch.width, data.outputs));
  parameter_faults = plan.reserve<double>(c);

  input = plan.reserve<double>(c * probe_samples * data.inputs);
  for (int k = 0; k < 2; ++k)
    outputs.push_back(plan.reserve<double>(c * probe_plane));
  pre_activation = plan.reserve<double>(c * probe_plane);
  live = plan.reserve<double>(c * width);
  gram = plan.reserve<double>(matrices_at_once * gram_elements);
  eigenvalues = plan.reserve<double>(matrices * gram_size);
  eigenvalue_info = plan.reserve<std::int32_t>(matrices);
  eigenvalue_workspace =
      plan.reserve<std::byte>(static_cast<std::int64_t>(eigenvalue_plan.workspace_bytes));
  q = plan.reserve<double>(depth * c);
  live_count = plan.reserve<double>(depth * c);
  gram_square = plan.reserve<double>(depth * c);

  data_input = plan.reserve<double>(std::int64_t{1} * gradient_samples * data.inputs);
  data_target = plan.reserve<double>(std::int64_t{1} * gradient_samples * data.outputs);
  for (int l = 1; l <= depth; ++l) {
    const std::int64_t reaching = std::min<std::int64_t>(c, layout.hidden(l).networks);
    data_pre_activations.push_back(plan.reserve<double>(reaching * data_plane));
  }
  data_top = plan.reserve<double>(layerwise * data_plane);
  logits = plan.reserve<double>(c * gradient_samples * data.outputs);
  delta = plan.reserve<double>(c * data_plane);
  delta_below = plan.reserve<double>(c * data_plane);
  top_delta = plan.reserve<double>(layerwise * data_plane);
  gradient_square = plan.reserve<double>(depth * c);

  jacobian = plan.reserve<double>(c * jacobians * width * width);
  jacobian_scaled = plan.reserve<double>(c * jacobians * width * width);
  jacobian_square = plan.reserve<double>(depth * c * jacobians);
  jacobian_fourth = plan.reserve<double>(depth * c * jacobians);
}

}  // namespace vnsweep::batched
