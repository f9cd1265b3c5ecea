#include "host/stats/expected_trials.hpp"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

namespace vnsweep {
namespace {

/// States of less probability do not change an expectation that anybody would notice.
constexpr double kNegligible = 1e-9;

/// Calls `visit(failures, probability)` for the likely numbers of failures in `trials` more.
template <class Visit>
void for_each_outcome(std::int64_t trials, double p, Visit visit) {
  const auto n = static_cast<double>(trials);
  const double reach = 8.0 * std::sqrt(n * p * (1.0 - p)) + 8.0;
  const auto first = static_cast<std::int64_t>(std::max(0.0, std::floor(n * p - reach)));
  const auto last = static_cast<std::int64_t>(std::min(n, std::ceil(n * p + reach)));
  const boost::math::binomial_distribution<double> distribution(n, p);
  for (std::int64_t failures = first; failures <= last; ++failures)
    visit(failures, boost::math::pdf(distribution, static_cast<double>(failures)));
}

}  // namespace

std::int64_t ExpectedTrials::wanted(std::int64_t trials, std::int64_t failures) {
  const auto [entry, is_new] = wanted_.try_emplace({trials, failures}, 0);
  if (is_new) entry->second = trials_wanted(goal_, trials, failures, trials);
  return entry->second;
}

double ExpectedTrials::operator()(double p) {
  double expectation = 0.0;
  // Probability of (trials, failures). Stages only add trials, so that the first state of the map
  // gets no more probability.
  std::map<std::pair<std::int64_t, std::int64_t>, double> states = {{{0, 0}, 1.0}};
  while (!states.empty()) {
    const auto [state, probability] = *states.begin();
    states.erase(states.begin());
    const auto [trials, failures] = state;
    const std::int64_t next = wanted(trials, failures);
    if (next == trials) {
      expectation += probability * static_cast<double>(trials);
      continue;
    }
    const std::int64_t so_far = failures;
    const double weight = probability;
    for_each_outcome(next - trials, p, [&](std::int64_t more, double chance) {
      if (weight * chance > kNegligible) states[{next, so_far + more}] += weight * chance;
    });
  }
  return expectation;
}

BetaSpread spread_of_pairs(std::span<const int> failures) {
  // Of p spread evenly, half of the trials fail and a third of the pairs disagree.
  double pairs = 1.0;
  double failed = 0.5;  // mean of the two trials
  double disagreeing = 1.0 / 3.0;
  for (const int count : failures) {
    failed += 0.5 * count;
    disagreeing += count == 1 ? 1.0 : 0.0;
    pairs += 1.0;
  }
  const double mean = failed / pairs;
  // (a + b) / (a + b + 1); 1 would be one p for all.
  constexpr double kNarrowest = 0.99;
  const double share = std::min(kNarrowest, disagreeing / pairs / (2.0 * mean * (1.0 - mean)));
  const double sum = share / (1.0 - share);
  return {.a = mean * sum, .b = (1.0 - mean) * sum};
}

double expected_growth(const PrecisionGoal& goal, const BetaSpread& spread, double cost_of_failure,
                       double cost_of_success) {
  // Midpoints of intervals of equal probability: the density may be infinite at both ends.
  constexpr int kQuantiles = 64;
  const boost::math::beta_distribution<double> distribution(spread.a, spread.b);
  ExpectedTrials expected_trials(goal);
  double all = 0.0;
  double first = 0.0;
  for (int k = 0; k < kQuantiles; ++k) {
    const double p = boost::math::quantile(distribution, (k + 0.5) / kQuantiles);
    const double cost = p * cost_of_failure + (1.0 - p) * cost_of_success;
    all += expected_trials(p) * cost;
    first += static_cast<double>(goal.least) * cost;
  }
  return all / first;
}

GrowthEstimate growth_of_pairs(const PrecisionGoal& goal, std::span<const int> failures,
                               double cost_of_failure, double cost_of_success) {
  const auto growth = [&](std::span<const int> pairs) {
    return expected_growth(goal, spread_of_pairs(pairs), cost_of_failure, cost_of_success);
  };
  // Pairs that fail alike are alike to leave out.
  std::map<int, double> without;
  for (std::size_t k = 0; k < failures.size(); ++k) {
    if (without.contains(failures[k])) continue;
    std::vector<int> others(failures.begin(), failures.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(k));
    without.emplace(failures[k], growth(others));
  }
  const double pairs = static_cast<double>(failures.size());
  double mean = 0.0;
  for (const int count : failures)
    mean += without.at(count) / pairs;
  double squares = 0.0;
  for (const int count : failures)
    squares += std::pow(without.at(count) - mean, 2);
  const double error = failures.empty() ? 0.0 : std::sqrt((pairs - 1.0) / pairs * squares);
  return {.value = growth(failures), .error = error};
}

}  // namespace vnsweep
