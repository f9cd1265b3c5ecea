#include "host/stats/integer_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace vnsweep {
namespace {

/// Probabilities of `size` values from the ratios of neighbours, outwards from the most likely one:
/// large numbers of runs neither overflow nor lose digits, as binomial coefficients would.
/// @param ratio  of probability[k + 1] to probability[k], falling with k
template <class Ratio>
std::vector<double> from_ratios(std::size_t size, Ratio ratio) {
  std::size_t low = 0;  // the mode: the first value whose successor is less likely
  std::size_t high = size - 1;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (ratio(middle) > 1.0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::vector<double> probability(size, 0.0);
  probability[low] = 1.0;
  double sum = 1.0;
  for (std::size_t k = low; k + 1 < size && probability[k] > 0.0; ++k)
    sum += probability[k + 1] = probability[k] * ratio(k);
  for (std::size_t k = low; k > 0 && probability[k] > 0.0; --k)
    sum += probability[k - 1] = probability[k] / ratio(k - 1);
  for (double& p : probability)
    p /= sum;
  return probability;
}

}  // namespace

double IntegerDistribution::p_value(std::int64_t observed) const {
  const std::int64_t place = observed - least;
  if (place < 0 || place >= static_cast<std::int64_t>(probability.size())) {
    throw std::invalid_argument("p_value: the value observed is impossible");
  }
  constexpr double kRounding = 1e-7;
  const double limit = probability[static_cast<std::size_t>(place)] * (1.0 + kRounding);
  double sum = 0.0;
  double rest = 0.0;
  for (const double p : probability)
    (p <= limit ? sum : rest) += p;
  // Exactly 1 where nothing is less likely; rounding would miss it.
  return rest == 0.0 ? 1.0 : std::min(1.0, sum);
}

IntegerDistribution failures_of_first(const TwoSamples& samples) {
  check_counts(samples);
  const std::int64_t failed = samples.first.failed + samples.second.failed;
  const std::int64_t least = std::max<std::int64_t>(0, failed - samples.second.runs);
  const std::int64_t most = std::min(failed, samples.first.runs);
  const auto ratio = [&](std::size_t k) {
    const std::int64_t x = least + static_cast<std::int64_t>(k);
    return static_cast<double>(samples.first.runs - x) / static_cast<double>(x + 1) *
           (static_cast<double>(failed - x) /
            static_cast<double>(samples.second.runs - failed + x + 1));
  };
  return {least, from_ratios(static_cast<std::size_t>(most - least + 1), ratio)};
}

IntegerDistribution sum_of_signs(std::int64_t count, std::int64_t step) {
  if (count < 0 || step < 1) {
    throw std::invalid_argument("sum_of_signs: count must not be negative, step must be positive");
  }
  const auto n = static_cast<std::size_t>(count);
  const std::vector<double> plus = from_ratios(n + 1, [n](std::size_t k) {
    return static_cast<double>(n - k) / static_cast<double>(k + 1);
  });
  // Two values are 2 step apart, and those between are impossible.
  const std::size_t stride = 2 * static_cast<std::size_t>(step);
  IntegerDistribution sum{-count * step, std::vector<double>(n * stride + 1, 0.0)};
  for (std::size_t k = 0; k <= n; ++k)
    sum.probability[k * stride] = plus[k];
  return sum;
}

IntegerDistribution sum_of(const IntegerDistribution& a, const IntegerDistribution& b) {
  IntegerDistribution sum{a.least + b.least,
                          std::vector<double>(a.probability.size() + b.probability.size() - 1)};
  for (std::size_t i = 0; i < a.probability.size(); ++i) {
    if (a.probability[i] == 0.0) continue;
    for (std::size_t j = 0; j < b.probability.size(); ++j)
      sum.probability[i + j] += a.probability[i] * b.probability[j];
  }
  return sum;
}

}  // namespace vnsweep
