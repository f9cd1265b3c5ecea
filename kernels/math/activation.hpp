#pragma once

#include <cmath>

#include "kernels/host_device.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// phi(h); NaN passes through every activation.
template <class Real>
VNS_HD Real activate(Activation activation, Real h) {
  switch (activation) {
    case Activation::tanh:
      return std::tanh(h);
    case Activation::relu:
      return h <= Real(0) ? Real(0) : h;
    case Activation::hardtanh:
      return h > Real(1) ? Real(1) : (h < Real(-1) ? Real(-1) : h);
    case Activation::linear:
      break;
  }
  return h;
}

/// phi'(h) from x = phi(h), so that only x has to be kept for the backward pass. The kinks of relu
/// and hardtanh count as flat, as in PyTorch.
template <class Real>
VNS_HD Real activation_derivative(Activation activation, Real x) {
  switch (activation) {
    case Activation::tanh:
      return Real(1) - x * x;
    case Activation::relu:
      return x > Real(0) ? Real(1) : Real(0);
    case Activation::hardtanh:
      return std::fabs(x) < Real(1) ? Real(1) : Real(0);
    case Activation::linear:
      break;
  }
  return Real(1);
}

}  // namespace vnsweep
