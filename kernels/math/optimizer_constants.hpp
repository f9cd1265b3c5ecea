#pragma once

namespace vnsweep {

// PyTorch's defaults, which the manifest does not change.
inline constexpr double kAdamBeta1 = 0.9;
inline constexpr double kAdamBeta2 = 0.999;
inline constexpr double kAdamEpsilon = 1e-8;
inline constexpr double kRmspropAlpha = 0.99;
inline constexpr double kRmspropEpsilon = 1e-8;

}  // namespace vnsweep
