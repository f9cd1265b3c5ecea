#pragma once

#include <array>
#include <cmath>
#include <stdexcept>

#include "kernels/network.hpp"

namespace vnsweep::testing {

/// How exact a value is, in half units of the last place: 2^-24 for float, 2^-53 for double.
struct ErrorBound {
  double relative = 0.0;      ///< of the value
  double per_h_square = 0.0;  ///< of the value, times h^2: e^(-h^2) magnifies the rounding of h^2
  double absolute = 0.0;      ///< where a difference is close to zero

  double at(double h, double value) const {
    return (relative + per_h_square * h * h) * std::fabs(value) + absolute;
  }
};

struct ActivationBounds {
  Activation activation;
  ErrorBound x;
  ErrorBound slope;
};

/// What the cpu engine promises of its activations, and the scalar formulas too.
inline constexpr std::array kActivationBounds = std::to_array<ActivationBounds>({
    {Activation::tanh, {.relative = 6}, {.absolute = 12}},
    {Activation::erf, {.relative = 6}, {.relative = 6, .per_h_square = 1}},
    {Activation::sigmoid, {.relative = 6}, {.relative = 6}},
    {Activation::leaky_relu, {.relative = 2}, {.relative = 1}},
    {Activation::gelu, {.relative = 6, .per_h_square = 2}, {.absolute = 4}},
    {Activation::silu, {.relative = 6}, {.absolute = 4}},
});

inline const ActivationBounds& bounds_of(Activation activation) {
  for (const ActivationBounds& bounds : kActivationBounds) {
    if (bounds.activation == activation) return bounds;
  }
  throw std::logic_error("no bounds for this activation");
}

}  // namespace vnsweep::testing
