// What the intervals and tests of host/stats promise, measured: the share of made-up experiments in
// which a 95 % interval holds the truth, and in which a test at 5 % rejects a true null hypothesis.
#include <gtest/gtest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "host/stats/interval.hpp"
#include "host/stats/seed_bootstrap.hpp"
#include "host/stats/trend.hpp"
#include "kernels/math/philox.hpp"

namespace vnsweep {
namespace {

constexpr double kConfidence = 0.95;

/// Coverage of a binomial interval, exactly: the probability of the counts whose interval holds p.
double coverage(const std::function<Interval(std::int64_t, std::int64_t)>& interval_of,
                std::int64_t trials, double p) {
  const boost::math::binomial distribution(static_cast<double>(trials), p);
  double covered = 0.0;
  for (std::int64_t k = 0; k <= trials; ++k) {
    const Interval interval = interval_of(k, trials);
    if (interval.low <= p && p <= interval.high)
      covered += boost::math::pdf(distribution, static_cast<double>(k));
  }
  return covered;
}

struct CoverageOverP {
  double mean = 0.0;
  double least = 1.0;
};

/// Over p between 0.01 and 0.99, with 40 trials.
CoverageOverP coverage_over_p(
    const std::function<Interval(std::int64_t, std::int64_t)>& interval_of) {
  constexpr int kPoints = 197;
  CoverageOverP result;
  for (int i = 0; i < kPoints; ++i) {
    const double covered = coverage(interval_of, 40, 0.01 + 0.005 * i);
    result.mean += covered / kPoints;
    result.least = std::min(result.least, covered);
  }
  return result;
}

/// Uniform numbers between 0 and 1, the same in every run of the test.
class Uniform {
 public:
  explicit Uniform(std::uint64_t experiment) : sequence_{.run_key = experiment} {}
  double operator()() {
    const auto words = sequence_.block(drawn_ / 4);
    return (words[drawn_++ % 4] + 0.5) * 0x1p-32;
  }
  double logistic() {
    const double u = (*this)();
    return std::log(u / (1.0 - u));
  }

 private:
  RandomSequence sequence_;
  std::uint64_t drawn_ = 0;
};

constexpr double kDepths[] = {10, 20, 30, 40, 50};
constexpr double kDepth50 = 28.0;

/// A run fails if slope * (depth - depth50) + shared + own > 0, where `own` is logistic and
/// `shared` is one symmetric number per seed. P(fail) at kDepth50 is 1/2 whatever the size of
/// `shared`.
struct Truth {
  double slope = 0.0;
  double shared = 0.0;  ///< standard deviations of the logistic distribution
};

std::vector<Outcome> experiment(const Truth& truth, std::int64_t seeds, std::uint64_t number) {
  Uniform uniform(number);
  std::vector<Outcome> outcomes;
  for (std::int64_t seed = 0; seed < seeds; ++seed) {
    const double shared = truth.shared * uniform.logistic();
    for (const double depth : kDepths) {
      const double margin = truth.slope * (depth - kDepth50) + shared + uniform.logistic();
      outcomes.push_back({seed, depth, margin > 0.0});
    }
  }
  return outcomes;
}

/// Share of experiments of which something holds.
double share(int experiments, const std::function<bool(std::uint64_t)>& holds) {
  int count = 0;
  for (int e = 0; e < experiments; ++e)
    count += holds(static_cast<std::uint64_t>(e)) ? 1 : 0;
  return static_cast<double>(count) / experiments;
}

bool covers(const Depth50& result, double depth) {
  return result.crossing != Crossing::none && result.ci_low.value_or(depth) <= depth &&
         depth <= result.ci_high.value_or(depth);
}

bool rejects(const std::optional<Trend>& trend) {
  return trend && trend->p_value < 1.0 - kConfidence;
}

TEST(CoverageTest, WilsonIsRightOnAverageOverP) {
  const CoverageOverP wilson = coverage_over_p([](std::int64_t k, std::int64_t n) {
    return binomial_interval(IntervalMethod::wilson, k, n, kConfidence);
  });
  const CoverageOverP textbook = coverage_over_p([](std::int64_t k, std::int64_t n) {
    const double p = static_cast<double>(k) / static_cast<double>(n);
    const double spread = 1.96 * std::sqrt(p * (1.0 - p) / static_cast<double>(n));
    return Interval{p - spread, p + spread};
  });

  EXPECT_GT(wilson.mean, 0.945);
  EXPECT_LT(wilson.mean, 0.96);
  EXPECT_GT(wilson.least, 0.83);
  EXPECT_LT(textbook.mean, 0.93) << "the band must tell a wrong method";
}

TEST(CoverageTest, ClopperPearsonNeverFallsShort) {
  const CoverageOverP exact = coverage_over_p([](std::int64_t k, std::int64_t n) {
    return binomial_interval(IntervalMethod::clopper_pearson, k, n, kConfidence);
  });

  EXPECT_GE(exact.least, kConfidence);
  EXPECT_LT(exact.mean, 0.985);
}

// 1000 experiments tell a coverage to +- 0.014, two standard errors.
TEST(CoverageTest, ProfileIntervalOfDepth50OnIndependentRuns) {
  for (const Truth& truth : {Truth{.slope = 0.08}, Truth{.slope = 0.3}}) {
    const double covered = share(1000, [&](std::uint64_t number) {
      const auto counts = count_by_depth(experiment(truth, 20, number));
      return covers(depth50_by_profile(counts, kConfidence), kDepth50);
    });

    EXPECT_GT(covered, 0.93) << truth.slope;
    EXPECT_LT(covered, 0.97) << truth.slope;
  }
}

TEST(CoverageTest, BootstrapIntervalOfDepth50OnPairedRunsWhereTheProfileFallsShort) {
  constexpr int kExperiments = 400;
  const Truth truth = {.slope = 0.15, .shared = 2.0};
  int by_profile = 0;
  const double covered = share(kExperiments, [&](std::uint64_t number) {
    const std::vector<Outcome> outcomes = experiment(truth, 40, number);
    by_profile +=
        covers(depth50_by_profile(count_by_depth(outcomes), kConfidence), kDepth50) ? 1 : 0;
    return covers(depth50_over_seeds(outcomes, kConfidence, {.resamples = 300, .key = number}),
                  kDepth50);
  });

  EXPECT_GT(covered, 0.92);
  EXPECT_LT(covered, 0.98);
  EXPECT_LT(static_cast<double>(by_profile) / kExperiments, 0.85);
}

TEST(CoverageTest, TrendTestsRejectATrueNullAsOftenAsTheySay) {
  const Truth independent = {};
  const Truth paired = {.shared = 2.0};
  const double rejected = share(4000, [&](std::uint64_t number) {
    return rejects(cochran_armitage(count_by_depth(experiment(independent, 40, number))));
  });
  const double rejected_paired = share(4000, [&](std::uint64_t number) {
    return rejects(cochran_armitage_by_seed(experiment(paired, 40, number)));
  });
  const double rejected_blindly = share(4000, [&](std::uint64_t number) {
    return rejects(cochran_armitage(count_by_depth(experiment(paired, 40, number))));
  });

  EXPECT_NEAR(rejected, 0.05, 0.011);
  EXPECT_NEAR(rejected_paired, 0.05, 0.011);
  EXPECT_LT(rejected_blindly, 0.02) << "pairing cancels what the seeds share; the test must know";
}

/// Without a trend, a seed's outcomes hang together more the closer their depths are.
TEST(CoverageTest, TrendTestBySeedAllowsForNeighboursThatAreMoreAlike) {
  const auto alike = [](std::uint64_t number) {
    Uniform uniform(number);
    std::vector<Outcome> outcomes;
    for (std::int64_t seed = 0; seed < 40; ++seed) {
      bool failed = uniform() < 0.5;
      for (const double depth : kDepths) {
        if (uniform() < 0.2) failed = uniform() < 0.5;
        outcomes.push_back({seed, depth, failed});
      }
    }
    return outcomes;
  };
  const double rejected = share(
      4000, [&](std::uint64_t number) { return rejects(cochran_armitage_by_seed(alike(number))); });

  EXPECT_NEAR(rejected, 0.05, 0.011);
}

}  // namespace
}  // namespace vnsweep
