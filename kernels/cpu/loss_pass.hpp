#pragma once

#include <cstddef>

namespace vnsweep::cpu {

/// Floats that arrays of so many samples' losses are padded to.
constexpr std::size_t padded_losses(std::size_t count) {
  return (count + 15) / 16 * 16;
}

/// Binary cross-entropy on logits, element by element, within 4 ulp; NaN stays NaN.
/// @param z                (padded_losses(count))
/// @param y                (padded_losses(count)), targets
/// @param[out] loss        (padded_losses(count)), of each logit
/// @param[out] derivative  (padded_losses(count)), d loss / d z
/// All are aligned for vectors; what the padding holds does not matter.
void binary_cross_entropies(const float* z, const float* y, std::size_t count, float* loss,
                            float* derivative);

}  // namespace vnsweep::cpu
