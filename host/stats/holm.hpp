#pragma once

#include <span>
#include <vector>

namespace vnsweep {

/// p values adjusted for their number: to reject where the adjusted value is at most alpha errs
/// with probability alpha at most in any of the tests, however they depend on one another (Holm
/// 1979).
/// @param p_values  NaN: not tested; it stays NaN and does not count
/// @throws std::invalid_argument if a value is outside of [0, 1]
std::vector<double> holm(std::span<const double> p_values);

}  // namespace vnsweep
