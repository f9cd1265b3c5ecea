#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/optimizer_constants.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// Adam's bias corrections for update number t, from 1.
struct AdamCorrections {
  float first = 1.0F;        ///< 1 / (1 - beta1^t)
  float second_root = 1.0F;  ///< 1 / sqrt(1 - beta2^t)
};

/// Those of an optimizer that has none are one.
VNS_HD inline AdamCorrections bias_corrections(Optimizer optimizer, std::int64_t t) {
  if (optimizer != Optimizer::adam) return {};
  const auto power = static_cast<double>(t);
  return {static_cast<float>(1.0 / (1.0 - std::pow(kAdamBeta1, power))),
          static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(kAdamBeta2, power)))};
}

/// One parameter and what the optimizer remembers of it. Pointers that a rule does not use may be
/// null.
struct ParameterState {
  float* value = nullptr;
  float* first = nullptr;   ///< momentum buffer of SGD, Adam's m
  float* second = nullptr;  ///< Adam's or RMSprop's v
};

/// One update by the rules of torch.optim, float32.
VNS_HD inline void update_parameter(Optimizer optimizer, float learning_rate, float momentum,
                                    const AdamCorrections& corrections, float gradient,
                                    const ParameterState& parameter) {
  switch (optimizer) {
    case Optimizer::sgd: {
      float step = gradient;
      if (parameter.first != nullptr) {
        step += momentum * *parameter.first;
        *parameter.first = step;
      }
      *parameter.value -= learning_rate * step;
      return;
    }
    case Optimizer::adam: {
      constexpr auto kBeta1 = static_cast<float>(kAdamBeta1);
      constexpr auto kBeta2 = static_cast<float>(kAdamBeta2);
      constexpr auto kRest1 = static_cast<float>(1.0 - kAdamBeta1);
      constexpr auto kRest2 = static_cast<float>(1.0 - kAdamBeta2);
      const float first = kBeta1 * *parameter.first + kRest1 * gradient;
      const float second = kBeta2 * *parameter.second + kRest2 * gradient * gradient;
      *parameter.first = first;
      *parameter.second = second;
      const float root =
          std::sqrt(second) * corrections.second_root + static_cast<float>(kAdamEpsilon);
      *parameter.value -= learning_rate * corrections.first * first / root;
      return;
    }
    case Optimizer::rmsprop: {
      constexpr auto kAlpha = static_cast<float>(kRmspropAlpha);
      constexpr auto kRest = static_cast<float>(1.0 - kRmspropAlpha);
      const float second = kAlpha * *parameter.second + kRest * gradient * gradient;
      *parameter.second = second;
      *parameter.value -=
          learning_rate * gradient / (std::sqrt(second) + static_cast<float>(kRmspropEpsilon));
      return;
    }
  }
}

}  // namespace vnsweep
