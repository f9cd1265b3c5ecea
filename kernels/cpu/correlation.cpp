#include "kernels/cpu/correlation.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "kernels/cpu/double_passes.hpp"
#include "kernels/cpu/node_correlation.hpp"
#include "kernels/layer_statistics.hpp"
#include "kernels/linear_algebra.hpp"

namespace vnsweep::cpu {
namespace {

/// Beyond this size one matrix alone keeps the library's blocked reduction busy.
constexpr int kLargestBatchedSize = 64;

/// Doubles of Z, or of its transpose with the arguments exchanged.
std::size_t rows_doubles(int rows, int columns) {
  return static_cast<std::size_t>(padded_nodes(rows)) *
         static_cast<std::size_t>(padded_samples(columns));
}

}  // namespace

std::size_t CorrelationWorkspace::bytes(int nodes, int probes) {
  const int size = std::min(nodes, probes);
  const auto elements = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  // The library's work space, about three copies of its one matrix, takes the place of a batch.
  const std::size_t spectra =
      size <= kLargestBatchedSize
          ? kMatrixBatch * elements * sizeof(double) + BatchedEigenvalues::bytes(size)
          : 4 * elements * sizeof(double);
  const std::size_t transposed = nodes > probes ? rows_doubles(probes, nodes) : 0;
  return sizeof(double) * (rows_doubles(nodes, probes) + transposed +
                           static_cast<std::size_t>(padded_nodes(nodes))) +
         spectra;
}

void CorrelationWorkspace::reserve(int nodes, int probes) {
  if (z_.size() < rows_doubles(nodes, probes)) {
    z_ = AlignedBuffer<double>(rows_doubles(nodes, probes));
  }
  if (nodes > probes && transposed_.size() < rows_doubles(probes, nodes)) {
    transposed_ = AlignedBuffer<double>(rows_doubles(probes, nodes));
  }
  scale_.resize(static_cast<std::size_t>(padded_nodes(nodes)));
}

void CorrelationWorkspace::correlate(int live, int probes, std::vector<double>& correlation) {
  const auto z_stride = static_cast<std::size_t>(padded_samples(probes));
  const auto size = static_cast<std::size_t>(std::min(live, probes));
  correlation.resize(size * size);
  if (live <= probes) {
    gram_of_rows(z_.data(), scale_.data(), live, z_stride, correlation.data());
    return;
  }
  const auto stride = static_cast<std::size_t>(padded_samples(live));
  std::fill_n(transposed_.data(), rows_doubles(probes, live), 0.0);
  for (std::size_t i = 0; i < static_cast<std::size_t>(live); ++i) {
    for (std::size_t p = 0; p < static_cast<std::size_t>(probes); ++p)
      transposed_.data()[p * stride + i] = z_.data()[i * z_stride + p] * scale_[i];
  }
  gram_of_rows(transposed_.data(), nullptr, probes, stride, correlation.data());
}

void CorrelationWorkspace::add(const double* output, int nodes, int probes, std::size_t stride,
                               LayerProbe& result) {
  reserve(nodes, probes);
  const auto z_stride = static_cast<std::size_t>(padded_samples(probes));
  const int live =
      centre_live_nodes(output, nodes, probes, stride, z_.data(), z_stride, scale_.data());
  if (live == 0) return;
  Pending& layer = pending_[pending_count_];
  layer.size = std::min(live, probes);
  layer.result = &result;
  correlate(live, probes, layer.correlation);
  fill_indicator(live, frobenius_squared_of_lower(layer.correlation, layer.size), result);
  if (layer.size > kLargestBatchedSize) {
    fill_spectrum(symmetric_eigenvalues(layer.correlation, layer.size), result);
  } else if (++pending_count_ == pending_.size()) {
    finish();
  }
}

void CorrelationWorkspace::finish() {
  const std::size_t count = std::exchange(pending_count_, 0);
  SymmetricMatrix matrices[kMatrixBatch];
  std::vector<double> spectra[kMatrixBatch];
  std::span<double> eigenvalues[kMatrixBatch];
  for (std::size_t k = 0; k < count; ++k) {
    const Pending& layer = pending_[k];
    matrices[k] = {layer.correlation.data(), layer.size};
    spectra[k].resize(static_cast<std::size_t>(layer.size));
    eigenvalues[k] = spectra[k];
  }
  eigenvalues_.solve({matrices, count}, {eigenvalues, count});
  for (std::size_t k = 0; k < count; ++k)
    fill_spectrum(std::move(spectra[k]), *pending_[k].result);
}

void correlation_statistics(const double* output, int nodes, int probes, std::size_t stride,
                            CorrelationWorkspace& workspace, LayerProbe& result) {
  workspace.add(output, nodes, probes, stride, result);
  workspace.finish();
}

}  // namespace vnsweep::cpu
