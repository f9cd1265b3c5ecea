#pragma once

#include <cstdint>

namespace vnsweep {

/// Whether one difference runs through several strata or groups.
struct PooledTest {
  double p_value = 1.0;  ///< two-sided
  bool is_exact = true;  ///< false: from the normal distribution, corrected for continuity
};

/// Multiplications that an exact distribution may take, some tenths of a second; beyond it there
/// are so many runs that the normal distribution is as good.
inline constexpr std::int64_t kMostExactWork = 200'000'000;

/// Two-sided p value of a sum of mean 0 from the normal distribution.
/// @param continuity  half the distance of two possible values
double normal_p_value(double sum, double variance, double continuity);

}  // namespace vnsweep
