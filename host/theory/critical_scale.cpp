#include "host/theory/critical_scale.hpp"

#include <cmath>
#include <stdexcept>

namespace vnsweep {

double critical_scale(Activation activation) {
  switch (activation) {
    case Activation::linear:
    case Activation::tanh:
    case Activation::hardtanh:
      return 1.0;
    case Activation::relu:
      return std::sqrt(2.0);
    case Activation::erf:
      return 0.88622692545275801;
    case Activation::sigmoid:
      // At q = 45.624277797379713; mpmath 1.2.1, 50 digits.
      return 10.149263710019526;
    case Activation::leaky_relu:
      return 1.4141428569978354;
    case Activation::gelu:
    case Activation::silu:
      return 2.0;
  }
  throw std::logic_error("critical scale: unknown activation");
}

}  // namespace vnsweep
