#pragma once

#include <cmath>
#include <limits>

#include "kernels/host_device.hpp"
#include "kernels/math/logistic.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// Slope of leaky relu below zero, as in PyTorch.
inline constexpr double kLeak = 0.01;

/// Distribution function and density of the standard normal distribution.
template <class Real>
VNS_HD Real normal_cdf(Real h) {
  constexpr double kSqrtHalf = 0.70710678118654752440;
  return Real(0.5) * std::erfc(-h * Real(kSqrtHalf));
}
template <class Real>
VNS_HD Real normal_density(Real h) {
  constexpr double kInverseSqrt2Pi = 0.39894228040143267794;
  return Real(kInverseSqrt2Pi) * std::exp(-h * h / 2);
}

/// h times a factor that vanishes faster than h grows: zero with the factor, even for infinite h.
template <class Real>
VNS_HD Real damped(Real h, Real factor) {
  return factor == Real(0) ? Real(0) : h * factor;
}

/// phi(h); NaN passes through every activation, and an infinite h gives the limit.
template <class Real>
VNS_HD Real activate(Activation activation, Real h) {
  switch (activation) {
    case Activation::linear:
      break;
    case Activation::tanh:
      return std::tanh(h);
    case Activation::relu:
      return h <= Real(0) ? Real(0) : h;
    case Activation::hardtanh:
      return h > Real(1) ? Real(1) : (h < Real(-1) ? Real(-1) : h);
    case Activation::erf:
      return std::erf(h);
    case Activation::sigmoid:
      return logistic(h);
    case Activation::leaky_relu:
      return h <= Real(0) ? Real(kLeak) * h : h;
    case Activation::gelu:
      return damped(h, normal_cdf(h));
    case Activation::silu:
      return damped(h, logistic(h));
  }
  return h;
}

/// phi'(h). The kinks of relu, leaky relu and hardtanh take the flatter side, as in PyTorch.
template <class Real>
VNS_HD Real activation_slope(Activation activation, Real h) {
  switch (activation) {
    case Activation::linear:
      break;
    case Activation::tanh: {
      const Real x = std::tanh(h);
      return Real(1) - x * x;
    }
    case Activation::relu:
      return h > Real(0) ? Real(1) : Real(0);
    case Activation::hardtanh:
      return std::fabs(h) < Real(1) ? Real(1) : Real(0);
    case Activation::erf: {
      constexpr double kTwoOverSqrtPi = 1.12837916709551257390;
      return Real(kTwoOverSqrtPi) * std::exp(-h * h);
    }
    case Activation::sigmoid:
      return logistic(h) * logistic(-h);
    case Activation::leaky_relu:
      return h > Real(0) ? Real(1) : Real(kLeak);
    case Activation::gelu:
      return normal_cdf(h) + damped(h, normal_density(h));
    case Activation::silu:
      return logistic(h) + damped(h, logistic(h) * logistic(-h));
  }
  return Real(1);
}

/// Whether phi'(h) takes h itself: slope_from_output() cannot tell it from phi(h).
VNS_HD constexpr bool slope_needs_input(Activation activation) {
  return activation == Activation::erf || activation == Activation::gelu ||
         activation == Activation::silu;
}

/// What slope_from_output() says where it cannot tell: whoever asks in vain will notice.
inline constexpr double kNoSlope = std::numeric_limits<double>::quiet_NaN();

/// phi'(h) from x = phi(h), so that a backward pass need not keep h too.
template <class Real>
VNS_HD Real slope_from_output(Activation activation, Real x) {
  switch (activation) {
    case Activation::linear:
      break;
    case Activation::tanh:
      return Real(1) - x * x;
    case Activation::relu:
      return x > Real(0) ? Real(1) : Real(0);
    case Activation::hardtanh:
      return std::fabs(x) < Real(1) ? Real(1) : Real(0);
    case Activation::sigmoid:
      return x * (Real(1) - x);
    case Activation::leaky_relu:
      return x > Real(0) ? Real(1) : Real(kLeak);
    case Activation::erf:
    case Activation::gelu:
    case Activation::silu:
      return Real(kNoSlope);
  }
  return Real(1);
}

}  // namespace vnsweep
