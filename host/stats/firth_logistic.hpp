#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "host/stats/outcome.hpp"

namespace vnsweep {

/// logit P(fail) = intercept + slope * depth.
///
/// Failure is regressed on depth, not on its logarithm: by mean-field theory the indicator that
/// goes with failure grows linearly with depth, and depth is the score of the trend test, which is
/// the score test of this very slope. To regress on another scale, hand in that scale as depth.
struct LogisticCurve {
  double intercept = 0.0;
  double slope = 0.0;
};

/// A curve of greatest penalised likelihood, l* = sum k log p + (n - k) log(1 - p) +
/// 1/2 log det I with I the Fisher information of (intercept, slope).
struct FirthFit {
  LogisticCurve curve;
  /// where P(fail) = 1/2; infinite if the curve is level
  double depth50 = std::numeric_limits<double>::quiet_NaN();
  double penalised_log_likelihood = std::numeric_limits<double>::quiet_NaN();

  /// Whether Newton's method found a maximum; if not, both numbers are NaN and the curve means
  /// nothing. That takes depths too large to be squared in double precision or the like.
  bool settled() const { return !std::isnan(penalised_log_likelihood); }
};

/// Logistic regression with the penalty of Firth (1993): less biased than maximum likelihood, and
/// finite on data that a depth separates.
/// @throws std::invalid_argument unless two depths have runs
FirthFit fit_firth_logistic(std::span<const DepthCount> counts);

/// The same of the curves that rise. Where nothing failed, or everything, the slope says more about
/// the penalty than about the data: if it is not positive there, the best level curve is taken, and
/// depth50 is +infinity or -infinity. Other data that fall give a depth50 of NaN.
FirthFit fit_rising_curve(std::span<const DepthCount> counts);

/// Greatest l* of the curves through P = 1/2 at `depth50` with a slope >= 0.
double profile_penalised_log_likelihood(std::span<const DepthCount> counts, double depth50);

}  // namespace vnsweep
