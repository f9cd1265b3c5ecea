#include "host/theory/input_average.hpp"

#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

namespace vnsweep {

std::vector<InputSquare> input_squares(std::int64_t dimension) {
  using Rule = boost::math::quadrature::gauss<double, 20>;
  // |x| is within 1 of sqrt(d) mostly; its density r^(d-1) exp(-r^2/2) is smooth for every d, which
  // that of |x|^2 is not, and less than exp(-30) of its maximum outside.
  constexpr double kReach = 8.0;
  const auto d = static_cast<double>(dimension);
  const double centre = std::sqrt(d);
  // In few dimensions many inputs are near zero, where moments of large scales change quickly.
  const std::array<double, 4> ends =
      centre < kReach ? std::array{0.0, centre / 16.0, centre, centre + kReach}
                      : std::array{centre - kReach, centre - 2.0, centre + 2.0, centre + kReach};
  const auto log_density = [&](double r) { return (d - 1.0) * std::log(r) - r * r / 2.0; };
  // Its maximum; a factor that the weights' sum takes out again.
  const double peak = d > 1.0 ? log_density(std::sqrt(d - 1.0)) : 0.0;

  std::vector<InputSquare> squares;
  double sum = 0.0;
  for (std::size_t piece = 0; piece + 1 < ends.size(); ++piece) {
    const double from = ends[piece];
    const double half = (ends[piece + 1] - from) / 2.0;
    for (std::size_t k = 0; k < Rule::abscissa().size(); ++k) {
      for (const double abscissa : {-Rule::abscissa()[k], Rule::abscissa()[k]}) {
        const double r = from + half * (1.0 + abscissa);
        const double weight = half * Rule::weights()[k] * std::exp(log_density(r) - peak);
        squares.push_back({.mean_square = r * r / d, .weight = weight});
        sum += weight;
      }
    }
  }
  for (InputSquare& square : squares)
    square.weight /= sum;
  return squares;
}

}  // namespace vnsweep
