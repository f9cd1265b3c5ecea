#include "kernels/layer_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace vnsweep {

void fill_indicator(int live, double gram_square, LayerProbe& layer) {
  layer.live = live;
  if (live == 0) return;
  const double nodes = live;
  layer.vni = std::clamp(gram_square / (nodes * nodes), 1.0 / nodes, 1.0);  // it is, up to rounding
  layer.n_eff = 1.0 / layer.vni;
}

void fill_spectrum(std::vector<double> spectrum, LayerProbe& layer) {
  if (layer.live == 0) return;
  const double nodes = layer.live;
  spectrum.resize(std::min(spectrum.size(), static_cast<std::size_t>(layer.live)));
  layer.spectrum = std::move(spectrum);
  double entropy = 0.0;
  for (const double eigenvalue : layer.spectrum) {
    const double p = eigenvalue / nodes;
    if (p > 0.0) entropy -= p * std::log(p);
  }
  layer.effective_rank = std::exp(entropy);
}

void fill_correlation_statistics(int live, double gram_square, std::vector<double> spectrum,
                                 LayerProbe& layer) {
  fill_indicator(live, gram_square, layer);
  fill_spectrum(std::move(spectrum), layer);
}

void check_probe_spec(const ProbeSpec& spec) {
  if (spec.jacobians > spec.samples) {
    throw std::logic_error("probe: Jacobians at more inputs than there are samples");
  }
}

JacobianMoments mean_jacobian_moments(std::span<const double> squares,
                                      std::span<const double> fourths, int width) {
  JacobianMoments mean;
  const auto count = static_cast<double>(squares.size());
  for (std::size_t k = 0; k < squares.size(); ++k) {
    const double m1 = squares[k] / width;
    const double m2 = fourths[k] / width;
    mean.m1 += m1 / count;
    mean.m2 += m2 / count;
    mean.local_vni += m2 / (width * m1 * m1) / count;
  }
  return mean;
}

}  // namespace vnsweep
