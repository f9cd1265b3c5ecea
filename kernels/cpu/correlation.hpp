#pragma once

#include <cstddef>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/batched_eigenvalues.hpp"
#include "kernels/engine.hpp"

namespace vnsweep::cpu {

/// Correlation statistics of layers: live, vni, n_eff, spectrum and effective_rank. Spectra are
/// found for several layers at once; numbers do not depend on which. Holds its memory between
/// layers. Source: DESIGN.md section 1, "Vanishing node indicator".
class CorrelationWorkspace {
 public:
  /// Fills live, vni and n_eff of one layer, and its spectrum and effective_rank now or later.
  /// @param output  node outputs (nodes, stride), float64; the first `probes` of each row count
  /// @param result  must stay where it is until `finish`
  void add(const double* output, int nodes, int probes, std::size_t stride, LayerProbe& result);

  /// Fills what `add` has left.
  /// @throws std::runtime_error if an eigenvalue iteration does not converge
  void finish();

  /// Bytes held for layers of at most so many nodes.
  static std::size_t bytes(int nodes, int probes);

 private:
  struct Pending {
    std::vector<double> correlation;  ///< lower triangle of the smaller of Z Z^T and Z^T Z
    int size = 0;
    LayerProbe* result = nullptr;
  };

  void reserve(int nodes, int probes);
  void correlate(int live, int probes, std::vector<double>& correlation);

  AlignedBuffer<double> z_;           ///< (padded nodes, padded probes)
  AlignedBuffer<double> transposed_;  ///< (padded probes, padded nodes), for more nodes than probes
  std::vector<double> scale_;         ///< (padded nodes)
  std::vector<Pending> pending_ = std::vector<Pending>(kMatrixBatch);
  std::size_t pending_count_ = 0;
  BatchedEigenvalues eigenvalues_;
};

/// The statistics of one layer.
void correlation_statistics(const double* output, int nodes, int probes, std::size_t stride,
                            CorrelationWorkspace& workspace, LayerProbe& result);

}  // namespace vnsweep::cpu
