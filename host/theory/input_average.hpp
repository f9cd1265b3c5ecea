#pragma once

#include <cstdint>
#include <vector>

namespace vnsweep {

/// An input's mean square |x|^2 / d and the share of inputs that it stands for.
struct InputSquare {
  double mean_square = 1.0;
  double weight = 1.0;
};

/// Quadrature over |x|^2 / d for x ~ N(0, 1)^d, whose |x|^2 is chi-square of d degrees of freedom.
/// Weights add up to 1. Averages of m_1 and the indicators are good to 1e-9 for scales up to 30, to
/// 1e-7 up to 100; beyond, one dimension loses more, since moments there change near |x| = 0 alone.
std::vector<InputSquare> input_squares(std::int64_t dimension);

}  // namespace vnsweep
