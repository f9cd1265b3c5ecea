#include "kernels/reference/reference_formulas.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace vnsweep::reference {
namespace {

double output_loss(Objective objective, double z, double y) {
  if (objective == Objective::squared_error) return (z - y) * (z - y);
  // ln(1 + e^z) - y z, arranged so that nothing large cancels for y = 0 or 1.
  if (z > 0.0) return (1.0 - y) * z + std::log1p(std::exp(-z));
  return -y * z + std::log1p(std::exp(z));
}

double output_loss_derivative(Objective objective, double z, double y) {
  if (objective == Objective::squared_error) return 2.0 * (z - y);
  return (z > 0.0 ? 1.0 / (1.0 + std::exp(-z)) : std::exp(z) / (1.0 + std::exp(z))) - y;
}

/// Whether cross-entropy is that of a softmax: one loss a sample instead of one an output.
bool is_softmax(Objective objective, const Matrix& target) {
  return objective == Objective::cross_entropy && target[0].size() > 1;
}

/// Class of a one-hot target.
std::size_t class_of(const Vector& y) {
  std::size_t label = 0;
  for (std::size_t k = 1; k < y.size(); ++k) {
    if (y[k] > y[label]) label = k;
  }
  return label;
}

/// ln(1 + sum of e^(z_k - z_label) over the other classes). Where that would overflow, the largest
/// term is taken out. NaN if a logit is not finite.
double softmax_loss(const Vector& z, std::size_t label) {
  for (const double z_k : z) {
    if (!std::isfinite(z_k)) return std::numeric_limits<double>::quiet_NaN();
  }
  double largest = 0.0;
  for (const double z_k : z)
    largest = std::fmax(largest, z_k - z[label]);
  double others = 0.0;
  for (std::size_t k = 0; k < z.size(); ++k) {
    if (k != label) others += std::exp(z[k] - z[label] - largest);
  }
  if (largest == 0.0) return std::log1p(others);
  return largest + std::log(std::exp(-largest) + others);
}

/// p_k - y_k; for the label minus the other classes' p, which does not cancel.
Vector softmax_loss_derivative(const Vector& z, std::size_t label) {
  const double largest = *std::max_element(z.begin(), z.end());
  Vector p(z.size());
  double sum = 0.0;
  for (std::size_t k = 0; k < z.size(); ++k)
    sum += p[k] = std::exp(z[k] - largest);
  double others = 0.0;
  for (std::size_t k = 0; k < z.size(); ++k) {
    p[k] /= sum;
    if (k != label) others += p[k];
  }
  p[label] = -others;
  return p;
}

/// Losses that the mean is over: one a sample, or one an output.
double loss_terms(Objective objective, const Matrix& target) {
  const auto samples = static_cast<double>(target.size());
  return is_softmax(objective, target) ? samples : samples * static_cast<double>(target[0].size());
}

}  // namespace

double phi(Activation activation, double h) {
  switch (activation) {
    case Activation::linear:
      return h;
    case Activation::tanh:
      return std::tanh(h);
    case Activation::relu:
      return h <= 0.0 ? 0.0 : h;  // NaN passes through
    case Activation::hardtanh:
      return h > 1.0 ? 1.0 : (h < -1.0 ? -1.0 : h);
    case Activation::erf:
      return std::erf(h);
    case Activation::sigmoid:
      return 1.0 / (1.0 + std::exp(-h));
    case Activation::leaky_relu:
      return h <= 0.0 ? 0.01 * h : h;
    case Activation::gelu:
      return std::isinf(h) ? std::fmax(h, 0.0) : 0.5 * h * std::erfc(-h / std::sqrt(2.0));
    case Activation::silu:
      return std::isinf(h) ? std::fmax(h, 0.0) : h / (1.0 + std::exp(-h));
  }
  throw std::logic_error("reference engine: unknown activation");
}

double phi_derivative(Activation activation, double h) {
  if (std::isinf(h) && (activation == Activation::gelu || activation == Activation::silu)) {
    return h > 0.0 ? 1.0 : 0.0;
  }
  switch (activation) {
    case Activation::linear:
      return 1.0;
    case Activation::tanh:
      return 1.0 - std::tanh(h) * std::tanh(h);
    case Activation::relu:
      return h > 0.0 ? 1.0 : 0.0;
    case Activation::hardtanh:
      return h > -1.0 && h < 1.0 ? 1.0 : 0.0;
    case Activation::erf:
      return 2.0 / std::sqrt(std::numbers::pi) * std::exp(-h * h);
    case Activation::sigmoid: {
      const double e = std::exp(-std::fabs(h));
      return e / ((1.0 + e) * (1.0 + e));
    }
    case Activation::leaky_relu:
      return h > 0.0 ? 1.0 : 0.01;
    case Activation::gelu:
      return 0.5 * std::erfc(-h / std::sqrt(2.0)) +
             h * std::exp(-h * h / 2.0) / std::sqrt(2.0 * std::numbers::pi);
    case Activation::silu:
      return (1.0 + h / (1.0 + std::exp(h))) / (1.0 + std::exp(-h));
  }
  throw std::logic_error("reference engine: unknown activation");
}

bool sample_correct(Objective objective, const Vector& z, const Vector& y) {
  if (z.size() == 1) {
    const double boundary = objective == Objective::squared_error ? 0.5 : 0.0;
    return y[0] > 0.5 ? z[0] > boundary : z[0] <= boundary;
  }
  const std::size_t label = class_of(y);
  for (std::size_t k = 0; k < z.size(); ++k) {
    if (k != label && !(z[label] > z[k])) return false;
  }
  return true;
}

double mean_loss(Objective objective, const Matrix& z, const Matrix& target) {
  double sum = 0.0;
  for (std::size_t s = 0; s < z.size(); ++s) {
    if (is_softmax(objective, target)) {
      sum += softmax_loss(z[s], class_of(target[s]));
      continue;
    }
    for (std::size_t k = 0; k < z[s].size(); ++k)
      sum += output_loss(objective, z[s][k], target[s][k]);
  }
  return sum / loss_terms(objective, target);
}

Matrix mean_loss_derivative(Objective objective, const Matrix& z, const Matrix& target) {
  Matrix delta = z;
  for (std::size_t s = 0; s < z.size(); ++s) {
    if (is_softmax(objective, target)) {
      delta[s] = softmax_loss_derivative(z[s], class_of(target[s]));
    } else {
      for (std::size_t k = 0; k < z[s].size(); ++k)
        delta[s][k] = output_loss_derivative(objective, z[s][k], target[s][k]);
    }
    for (double& d : delta[s])
      d /= loss_terms(objective, target);
  }
  return delta;
}

}  // namespace vnsweep::reference
