#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "host/stats/outcome.hpp"

namespace vnsweep {

/// Test of "the probability of failure does not depend on depth" against a trend.
struct Trend {
  double z = 0.0;        ///< standard normal without a trend; positive: deeper fails more often
  double p_value = 1.0;  ///< two-sided
};

/// Cochran-Armitage test on runs that are independent, with depth itself as score:
///   z = sum_d (d - dbar)(k_d - n_d p) / sqrt(p (1 - p) sum_d n_d (d - dbar)^2),
/// p = k/n and dbar over all runs. The variance is the binomial one (Armitage 1955), as in R's
/// prop.trend.test and SAS: the runs are a sample, so failures are not fixed in number. Programs
/// that take them as fixed (statsmodels) divide by n - 1 and have a z of sqrt((n - 1)/n) times
/// this.
/// @returns nothing where the statistic is 0/0: one depth, no failure, or failures only
std::optional<Trend> cochran_armitage(std::span<const DepthCount> counts);

/// The same statistic for runs that share random numbers with the runs of equal seed. Seeds are
/// independent, runs of one seed are not, however they depend on one another:
///   z = sum_s U_s / sqrt(sum_s U_s^2),  U_s = sum over the runs of seed s of (d - dbar)(x - p).
/// Source: generalized score test with working independence (Boos 1992; Rotnitzky & Jewell 1990).
/// Seeds may lack depths. Failures that only shift all depths of a seed together cancel. Outcomes
/// in another order may change the last bits.
/// @returns nothing where the statistic is 0/0: as above, one seed, or no seed whose depths differ
std::optional<Trend> cochran_armitage_by_seed(std::span<const Outcome> outcomes);

}  // namespace vnsweep
