#include "host/stats/interval.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <stdexcept>

namespace vnsweep {
namespace {

Interval wilson(double k, double n, double confidence) {
  const double z = boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2.0);
  const double p = k / n;
  const double centre = p + z * z / (2.0 * n);
  const double spread = z * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
  const double denominator = 1.0 + z * z / n;
  // The ends are exactly 0 and 1 there; rounding would miss them.
  return {k == 0.0 ? 0.0 : std::max(0.0, (centre - spread) / denominator),
          k == n ? 1.0 : std::min(1.0, (centre + spread) / denominator)};
}

Interval clopper_pearson(double k, double n, double confidence) {
  const double tail = (1.0 - confidence) / 2.0;
  return {k == 0.0 ? 0.0 : boost::math::ibeta_inv(k, n - k + 1.0, tail),
          k == n ? 1.0 : boost::math::ibetac_inv(k + 1.0, n - k, tail)};
}

}  // namespace

std::string_view to_string(IntervalMethod method) {
  return method == IntervalMethod::wilson ? "wilson" : "clopper-pearson";
}

Interval binomial_interval(IntervalMethod method, std::int64_t successes, std::int64_t trials,
                           double confidence) {
  if (successes < 0 || successes > trials) {
    throw std::invalid_argument("binomial_interval: successes must be between 0 and trials");
  }
  if (!(confidence > 0.0 && confidence < 1.0)) {
    throw std::invalid_argument("binomial_interval: confidence must be between 0 and 1");
  }
  if (trials == 0) return {};
  const auto k = static_cast<double>(successes);
  const auto n = static_cast<double>(trials);
  return method == IntervalMethod::wilson ? wilson(k, n, confidence)
                                          : clopper_pearson(k, n, confidence);
}

}  // namespace vnsweep
