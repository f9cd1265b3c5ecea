#pragma once

#include <cstdint>
#include <span>

#include "host/stats/depth50.hpp"
#include "host/stats/outcome.hpp"

namespace vnsweep {

inline constexpr std::int64_t kMostResamples = 1'000'000;

/// How often and with which Philox key seeds are drawn again.
struct Resampling {
  std::int64_t resamples = 2000;
  std::uint64_t key = 0;
};

/// Key from the data, so that equal outcomes have equal intervals, in any order and on any machine.
std::uint64_t resampling_key(std::span<const Outcome> outcomes);

/// depth50_by_profile for runs that share random numbers with the runs of equal seed: only seeds
/// are independent. Interval by the bootstrap over seeds (Efron & Tibshirani 1993), which draws
/// whole seeds with all their depths: percentiles, since they need no more of a crossing beyond the
/// measured depths than its side, where BCa's jackknife needs its value. The tails are expanded for
/// the narrowness of n seeds, Phi(t_{n-1} sqrt(n/(n-1))) (Hesterberg 2015). It is widened to the
/// interval by profile where that is wider, because seeds that all agree leave no spread to
/// resample. A resample whose curve does not rise, whose fit did not settle, or with one depth
/// only, counts as beyond either end: what is not known of it may not narrow the interval.
/// @throws std::invalid_argument if the confidence is impossible or the resamples are not in [1,
/// 10^6]
Depth50 depth50_over_seeds(std::span<const Outcome> outcomes, double confidence,
                           const Resampling& resampling);

}  // namespace vnsweep
