#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/batched/arena.hpp"
#include "kernels/batched/device.hpp"
#include "kernels/batched/network_order.hpp"
#include "kernels/batched/parameter_layout.hpp"
#include "kernels/batched/probe_in_blocks.hpp"
#include "kernels/network.hpp"

namespace vnsweep::batched {

/// What probes keep on the device, for C networks at once, fewer than the batch's if these would
/// take too much. P: probe inputs; S: samples of a gradient pass; N: width; g = min(N, P); J:
/// Jacobians; L: greatest depth; c_l: those of the C that can reach layer l. All passes are in
/// double.
class ProbeMemory {
 public:
  using PlanEigenvalues = std::function<EigenvaluePlan(int n, int count)>;

  /// @param most_bytes  about what probes may take; one network is measured at a time if need be
  ProbeMemory(const NetworkBatch& batch, const ParameterLayout& layout,
              const PlanEigenvalues& plan_eigenvalues, std::size_t most_bytes, ArenaPlan& plan);

  int networks = 0;  ///< C
  int probe_samples = 0;
  int gradient_samples = 0;
  int jacobians = 0;
  bool in_blocks = false;    ///< a block measures a network; then M is as many as there are
  int gram_size = 0;         ///< g
  int matrices_at_once = 0;  ///< M >= C: Gram matrices whose eigenvalues are computed together
  EigenvaluePlan eigenvalue_plan;

  Slice<std::int32_t> chosen;       ///< network index by position among the C
  Slice<std::int32_t> places;       ///< Place by position
  Slice<ProbedLayer> layers;        ///< hidden layers, then the output layer; in blocks only
  Slice<std::int64_t> gram_begins;  ///< first Gram matrix by layer (L + 2); likewise
  Slice<double> weights;            ///< of one layer; not in blocks
  Slice<double> biases;             ///< likewise
  Slice<double> parameter_faults;   ///< parameters that are not finite (C)

  Slice<double> input;                  ///< (C, P, inputs)
  std::vector<Slice<double>> outputs;   ///< x_l, two planes (C, P, N) that take turns
  Slice<double> pre_activation;         ///< h_l, then the normalised outputs Z (C, P, N)
  Slice<double> live;                   ///< 1 for live nodes (C, N)
  Slice<double> gram;                   ///< smaller Gram matrices of Z (M, g, g)
  Slice<double> eigenvalues;            ///< of networks that have a layer, layer by layer (.., g)
  Slice<std::int32_t> eigenvalue_info;  ///< likewise, one a matrix
  Slice<std::byte> eigenvalue_workspace;
  Slice<double> q;            ///< mean square of h_l (L, C)
  Slice<double> live_count;   ///< (L, C)
  Slice<double> gram_square;  ///< squared Frobenius norm of the Gram matrix (L, C)

  Slice<double> data_input;                         ///< one piece of the training set (S, inputs)
  Slice<double> data_target;                        ///< (S, outputs)
  std::vector<Slice<double>> data_pre_activations;  ///< h_l (C, S, N) for every layer
  Slice<double> data_top;         ///< x of last hidden layers (C, S, N); not in blocks
  Slice<double> logits;           ///< z, then d loss / d z (C, S, outputs)
  Slice<double> delta;            ///< x of every other layer, then deltas (C, S, N)
  Slice<double> delta_below;      ///< likewise
  Slice<double> top_delta;        ///< (C, S, N); not in blocks
  Slice<double> gradient_square;  ///< sum of squares of d loss / d h_l (L, C)

  Slice<double> jacobian;         ///< J_l (C, J, N, N)
  Slice<double> jacobian_scaled;  ///< J_l J_l^T, then phi'(h_l) J_l (C, J, N, N)
  Slice<double> jacobian_square;  ///< squared Frobenius norm of J_l (L, C, J)
  Slice<double> jacobian_fourth;  ///< and of J_l J_l^T (L, C, J)
};

}  // namespace vnsweep::batched
