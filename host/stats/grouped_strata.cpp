#include "host/stats/grouped_strata.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>

namespace vnsweep {
namespace {

using Strata = std::map<std::size_t, TwoSamples>;

FailureCount& sample_of(const StratifiedRun& run, Strata& strata) {
  TwoSamples& stratum = strata[run.stratum];
  return run.is_second ? stratum.second : stratum.first;
}

/// Counts of the strata that have both samples.
Strata count_strata(std::span<const StratifiedRun> runs) {
  Strata strata;
  for (const StratifiedRun& run : runs) {
    FailureCount& count = sample_of(run, strata);
    ++count.runs;
    if (run.failed) ++count.failed;
  }
  std::erase_if(strata, [](const auto& entry) {
    return entry.second.first.runs == 0 || entry.second.second.runs == 0;
  });
  return strata;
}

/// What one group adds to a sum over all runs.
struct Contribution {
  double sum = 0.0;
  double squares = 0.0;  ///< of its terms, to tell rounding from a variance
};

/// @param term  of a run and its stratum's counts
template <class Term>
std::map<std::uint64_t, Contribution> contributions(std::span<const StratifiedRun> runs,
                                                    const Strata& strata, Term term) {
  std::map<std::uint64_t, Contribution> groups;
  for (const StratifiedRun& run : runs) {
    const auto stratum = strata.find(run.stratum);
    if (stratum == strata.end()) continue;
    const double value = term(run, stratum->second);
    Contribution& group = groups[run.group];
    group.sum += value;
    group.squares += value * value;
  }
  return groups;
}

double weight_of(const TwoSamples& stratum) {
  const auto first = static_cast<double>(stratum.first.runs);
  const auto second = static_cast<double>(stratum.second.runs);
  return first * second / (first + second);
}

double outcome(const StratifiedRun& run) {
  return run.failed ? 1.0 : 0.0;
}

}  // namespace

std::optional<PooledTest> mantel_haenszel_by_group(std::span<const StratifiedRun> runs) {
  const auto score = [](const StratifiedRun& run, const TwoSamples& stratum) {
    const auto all = static_cast<double>(stratum.first.runs + stratum.second.runs);
    const double share = static_cast<double>(stratum.first.failed + stratum.second.failed) / all;
    const double second = static_cast<double>(stratum.second.runs) / all;
    return ((run.is_second ? 1.0 : 0.0) - second) * (outcome(run) - share);
  };
  const auto groups = contributions(runs, count_strata(runs), score);
  if (groups.size() < 2) return std::nullopt;
  double sum = 0.0;
  double variance = 0.0;
  double squares = 0.0;
  for (const auto& [group, contribution] : groups) {
    sum += contribution.sum;
    variance += contribution.sum * contribution.sum;
    squares += contribution.squares;
  }
  // Where the terms of every group cancel, only rounding is left of them: nothing differs.
  constexpr double kRounding = 1e-20;
  if (variance <= kRounding * squares) return PooledTest{.p_value = 1.0, .is_exact = false};
  return PooledTest{.p_value = normal_p_value(sum, variance, 0.0), .is_exact = false};
}

Interval grouped_interval(std::span<const StratifiedRun> runs, double confidence) {
  const Strata strata = count_strata(runs);
  const auto residual = [](const StratifiedRun& run, const TwoSamples& stratum) {
    const FailureCount& own = run.is_second ? stratum.second : stratum.first;
    const double scaled =
        weight_of(stratum) * (outcome(run) - own.share()) / static_cast<double>(own.runs);
    return run.is_second ? scaled : -scaled;
  };
  const auto groups = contributions(runs, strata, residual);
  if (groups.size() < 2) return {-1.0, 1.0};
  double weight = 0.0;
  double sum = 0.0;
  for (const auto& [index, stratum] : strata) {
    weight += weight_of(stratum);
    sum += weight_of(stratum) * (stratum.second.share() - stratum.first.share());
  }
  double squares = 0.0;
  for (const auto& [group, contribution] : groups)
    squares += contribution.sum * contribution.sum;
  const auto count = static_cast<double>(groups.size());
  const double t =
      boost::math::quantile(boost::math::students_t(count - 1.0), 0.5 + confidence / 2.0);
  const double reach = t * std::sqrt(squares * count / (count - 1.0)) / weight;
  const double mean = sum / weight;
  return {std::max(-1.0, mean - reach), std::min(1.0, mean + reach)};
}

}  // namespace vnsweep
