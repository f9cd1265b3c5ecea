#pragma once

#include "host/stats/two_samples.hpp"

namespace vnsweep {

/// Two-sided p value of Fisher's exact test that both samples fail with one probability: of all
/// tables with these margins, the probability of those that are at most as likely as this one
/// (Fisher 1935; as in R and SciPy). 1 where the margins leave one table only; NaN where a sample
/// has no runs.
/// @throws std::invalid_argument if a count is impossible
double fisher_exact(const TwoSamples& samples);

}  // namespace vnsweep
