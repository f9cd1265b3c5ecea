#pragma once

#include <span>

#include "host/stats/pooled_test.hpp"
#include "host/stats/two_samples.hpp"

namespace vnsweep {

/// Cochran-Mantel-Haenszel test that both samples fail with one probability in every stratum, which
/// may differ between strata: whether the first sample's failures, given the margins of each
/// stratum, add up to what is expected. Exact: from the sum of the strata's hypergeometric
/// distributions, two-sided as fisher_exact(), of which it is the generalisation (Mehta, Patel &
/// Gray 1985; R's mantelhaen.test(exact = TRUE)). Not exact: Mantel & Haenszel 1959, corrected for
/// continuity. All runs of all strata are to be independent. Strata that lack a sample add nothing.
/// @throws std::invalid_argument if a count is impossible
PooledTest mantel_haenszel(std::span<const TwoSamples> strata);

/// The approximation alone, whatever the numbers of runs.
PooledTest mantel_haenszel_by_normal(std::span<const TwoSamples> strata);

}  // namespace vnsweep
