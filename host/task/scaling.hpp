#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

namespace vnsweep {

/// x -> (x - shift) / width; a width of 0 makes 0.
struct Scaling {
  double shift = 0.0;
  double width = 1.0;

  double apply(double x) const { return width == 0.0 ? 0.0 : (x - shift) / width; }
};

/// Scaling of each group of values to mean 0 and variance 1, dividing by the number of values. A
/// group that does not vary, or by less than the square root of what a double can hold, gets the
/// width 0.
/// @param count     values in every group
/// @param for_each  calls its argument with the group and the value of every value, in the same
///                  order every time
template <class ForEach>
std::vector<Scaling> standard_scalings(std::size_t groups, double count, ForEach for_each) {
  std::vector<Scaling> scalings(groups, {.shift = 0.0, .width = 0.0});
  std::vector<std::optional<double>> first(groups);
  std::vector<bool> varies(groups, false);
  for_each([&](std::size_t group, double x) {
    scalings[group].shift += x;
    if (!first[group]) first[group] = x;
    // Rounding can give what is constant a deviation.
    if (x != *first[group]) varies[group] = true;
  });
  for (Scaling& scaling : scalings)
    scaling.shift /= count;
  for_each([&](std::size_t group, double x) {
    Scaling& scaling = scalings[group];
    scaling.width += (x - scaling.shift) * (x - scaling.shift);
  });
  for (std::size_t g = 0; g < groups; ++g)
    scalings[g].width = varies[g] ? std::sqrt(scalings[g].width / count) : 0.0;
  return scalings;
}

}  // namespace vnsweep
