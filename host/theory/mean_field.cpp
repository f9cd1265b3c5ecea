#include "host/theory/mean_field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "host/task/task.hpp"
#include "host/theory/input_average.hpp"
#include "host/theory/theory_notes.hpp"

namespace vnsweep {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

void check(const NetworkPrior& network, const InputPrior& inputs) {
  const auto require = [](bool is_met, const char* what, const char* why) {
    if (!is_met) throw std::invalid_argument(fmt::format("theory: {} ({})", what, why));
  };
  const double scale2 = network.layer.scale * network.layer.scale;
  const double bias2 = network.layer.bias_scale * network.layer.bias_scale;
  require(network.layer.scale > 0.0 && std::isfinite(scale2), "scale is out of range",
          "it must be greater than 0 and its square finite");
  require(network.layer.bias_scale >= 0.0 && std::isfinite(bias2), "bias scale is out of range",
          "it must be at least 0 and its square finite");
  require(network.width >= 1 && network.depth >= 1, "the network has no node",
          "width and depth must be at least 1");
  require(inputs.dimension >= 0 && inputs.q1 >= 0.0 && std::isfinite(inputs.q1),
          "the inputs are out of range", "dimension and q_1 must be at least 0, and finite");
}

double first_q(const LayerPrior& layer, const InputPrior& inputs, double mean_square) {
  if (inputs.dimension == 0) return inputs.q1;
  return layer.scale * layer.scale * mean_square + layer.bias_scale * layer.bias_scale;
}

/// Follows the moments of J from h_1 to deeper layers of one network.
class JacobianRecursion {
 public:
  explicit JacobianRecursion(const NetworkPrior& network)
      : width_(static_cast<double>(network.width)),
        log_scale2_(2.0 * std::log10(network.layer.scale)),
        is_gaussian_(network.initialization == Initialization::gaussian),
        annealed_(1.0 / width_) {}

  /// J_{l+1} = W D J_l: slopes D first, then weights W. s_1 is -1 or 0.
  void advance(const ActivationMoments& moments) {
    const double minus_s1 = is_gaussian_ ? 1.0 : 0.0;
    const double spread = moments.mu2 / moments.mu1 / moments.mu1 - 1.0;  // of phi'^2, relative
    log10_m1_ += log_scale2_ + std::log10(moments.mu1);
    sum_ += spread + minus_s1;

    // a = E (tr M)^2 and b = E tr M^2 of M = J J^T, relative to a before the layer. The weights
    // have made M rotationally invariant: N E M_11^2 = (a + 2 b) / (N + 2).
    const double diagonal = (1.0 + 2.0 * annealed_) / (width_ + 2.0);
    double a = 1.0 + spread * diagonal;
    double b = annealed_ + spread * diagonal;
    if (is_gaussian_) {
      const double before = a;
      a += 2.0 * b / width_;
      b += (b + before) / width_;
    }
    annealed_ = b / a;
  }

  double log10_m1() const { return log10_m1_; }
  double local_vni() const { return sum_ / width_; }
  double annealed_vni() const { return annealed_; }

 private:
  double width_;
  double log_scale2_;
  bool is_gaussian_;
  double log10_m1_ = 0.0;
  double sum_ = 1.0;
  double annealed_;
};

/// Adds numbers that are given, and wanted, as logarithms.
class LogSum {
 public:
  void add(double weight, double log10_value) {
    const double term = std::log10(weight) + log10_value;
    if (std::isnan(term)) is_nan_ = true;
    const double top = std::max(term, log10_sum_);
    if (std::isinf(top)) return;
    log10_sum_ = top + std::log10(std::pow(10.0, term - top) + std::pow(10.0, log10_sum_ - top));
  }
  double log10() const { return is_nan_ ? kNotANumber : log10_sum_; }

 private:
  double log10_sum_ = -std::numeric_limits<double>::infinity();
  bool is_nan_ = false;
};

}  // namespace

double LayerPrediction::m1() const {
  return std::pow(10.0, log10_m1);
}

void MeanField::extend(const LayerPrior& layer, std::size_t depth, Path& path) {
  while (path.moments.size() < depth) {
    if (!path.moments.empty()) path.q.push_back(next_q(layer, path.moments.back()));
    const std::size_t l = path.q.size() - 1;
    if (!std::isfinite(path.q[l])) {
      path.q[l] = kNotANumber;
      path.moments.push_back({kNotANumber, kNotANumber, kNotANumber});
    } else if (l > 0 && path.q[l] == path.q[l - 1]) {
      path.moments.push_back(path.moments.back());
    } else {
      path.moments.push_back(activation_moments(layer.activation, path.q[l]));
    }
  }
}

const std::vector<MeanField::Path>& MeanField::paths(const LayerPrior& layer,
                                                     const InputPrior& inputs, std::int64_t depth) {
  // About 200 MB.
  constexpr std::int64_t kMaxLayersKept = 6'000'000;
  if (layers_kept_ > kMaxLayersKept) {
    known_.clear();
    layers_kept_ = 0;
  }
  std::vector<Path>& paths = known_[{layer, inputs}];
  if (paths.empty()) {
    const std::vector<InputSquare> squares =
        inputs.dimension == 0 ? std::vector<InputSquare>(1) : input_squares(inputs.dimension);
    for (const InputSquare& square : squares) {
      paths.push_back({.weight = square.weight});
      paths.back().q.push_back(first_q(layer, inputs, square.mean_square));
    }
  }
  for (Path& path : paths) {
    const std::size_t before = path.moments.size();
    extend(layer, static_cast<std::size_t>(depth), path);
    layers_kept_ += static_cast<std::int64_t>(path.moments.size() - before);
  }
  return paths;
}

std::vector<LayerPrediction> MeanField::layers(const NetworkPrior& network,
                                               const InputPrior& inputs) {
  check(network, inputs);
  const auto depth = static_cast<std::size_t>(network.depth);
  std::vector<LayerPrediction> layers(depth);
  std::vector<LogSum> m1(depth);
  for (const Path& path : paths(network.layer, inputs, network.depth)) {
    JacobianRecursion jacobian(network);
    for (std::size_t l = 0; l < depth; ++l) {
      if (l > 0) jacobian.advance(path.moments[l - 1]);
      LayerPrediction& layer = layers[l];
      layer.q += path.weight * path.q[l];
      layer.mu1 += path.weight * path.moments[l].mu1;
      layer.mu2 += path.weight * path.moments[l].mu2;
      layer.local_vni += path.weight * jacobian.local_vni();
      layer.annealed_vni += path.weight * jacobian.annealed_vni();
      m1[l].add(path.weight, jacobian.log10_m1());
    }
  }
  for (std::size_t l = 0; l < depth; ++l)
    layers[l].log10_m1 = m1[l].log10();
  return layers;
}

Theory MeanField::predict(const NetworkPrior& network, const InputPrior& inputs) {
  Theory theory;
  theory.last = layers(network, inputs).back();
  theory.q1 = first_q(network.layer, inputs, 1.0);
  theory.fixed_point = find_fixed_point(network.layer, theory.q1);
  theory.notes = theory_notes(network, theory);
  return theory;
}

NetworkPrior network_prior(const RunSpec& spec) {
  return {
      .layer = {.activation = spec.activation, .scale = spec.scale, .bias_scale = spec.bias_scale},
      .initialization = spec.initialization,
      .width = spec.width,
      .depth = spec.depth};
}

InputPrior probe_inputs(const RunSpec& spec) {
  return InputPrior::probes(task_inputs(spec));
}

}  // namespace vnsweep
