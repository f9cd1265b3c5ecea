#include "host/stats/firth_logistic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace vnsweep {
namespace {

using Counts = std::vector<DepthCount>;

struct Reference {
  const char* name;
  Counts counts;
  double intercept;
  double slope;
  double depth50;
  double penalised_log_likelihood;
};

// mpmath 1.2.1 with 40 digits, tools/oracles/depth50_profile.py. R 4.2.2 with brglm2 0.9 agrees to
// the 11 digits and more that it settles to, tools/oracles/failure_curves.R.
const Reference kCurves[] = {
    {"rising",
     {{2, 0, 40}, {5, 0, 40}, {10, 2, 40}, {20, 11, 40}, {40, 35, 40}, {60, 40, 40}},
     -4.6424401710868282,
     0.16995282348260575,
     27.316052042889246,
     -43.332464896803499},
    {"separated",
     {{2, 0, 40}, {5, 0, 40}, {10, 0, 40}, {20, 40, 40}, {40, 40, 40}, {60, 40, 40}},
     -13.170698837859323,
     0.87786912026712425,
     15.003032381241123,
     0.60161866148387716},
    {"unequal runs, wide range",
     {{1, 1, 7}, {10, 20011, 100'000}, {100, 2, 3}, {1000, 40, 50}, {100'000, 12, 12}},
     -1.4133154582340567,
     0.0027775842312139422,
     508.82901852318179,
     -50073.770951121093},
    {"many runs",
     {{10, 1234, 100'000}, {20, 20000, 100'000}, {30, 71000, 100'000}, {40, 99001, 100'000}},
     -6.7229107897784645,
     0.25960119468224204,
     25.897071845171842,
     -123583.14607066417},
    {"few runs",
     {{3, 1, 8}, {6, 0, 5}, {9, 3, 8}},
     -2.8310538524314993,
     0.23926740835237529,
     11.8321750209378,
     -7.3423789996398096},
    {"falling",
     {{3, 7, 8}, {6, 4, 8}, {9, 1, 8}},
     3.3549004501217454,
     -0.5591500750202909,
     6.0,
     -9.4578258502178693},
    {"no failure",
     {{2, 0, 40}, {5, 0, 40}, {10, 0, 40}, {20, 0, 40}, {40, 0, 40}, {60, 0, 40}},
     -6.0373142301473293,
     0.020027432857499112,
     301.4522267084623,
     2.107990773363276},
    {"two maxima, the wider one greater",
     {{3, 0, 4}, {4, 3, 4}, {63, 38, 38}, {1130, 70, 70}},
     -0.74937536715879431,
     0.081655560291693922,
     9.1772729803315238,
     -1.6248291807711233},
    {"one run each",
     {{1, 0, 1}, {2, 1, 1}, {3, 0, 1}, {4, 1, 1}},
     -1.2717146842760134,
     0.50868587371040536,
     2.5,
     -2.4135984895758441},
};

TEST(FirthLogisticTest, CurvesAgreeWithAnIndependentFit) {
  for (const Reference& r : kCurves) {
    const FirthFit fit = fit_firth_logistic(r.counts);

    EXPECT_NEAR(fit.curve.intercept / r.intercept, 1.0, 1e-10) << r.name;
    EXPECT_NEAR(fit.curve.slope / r.slope, 1.0, 1e-10) << r.name;
    EXPECT_NEAR(fit.depth50 / r.depth50, 1.0, 1e-10) << r.name;
    EXPECT_NEAR(fit.penalised_log_likelihood / r.penalised_log_likelihood, 1.0, 1e-11) << r.name;
  }
}

TEST(FirthLogisticTest, TwoDepthsGainHalfAFailureAndHalfASuccessEach) {
  // As many parameters as depths: every leverage is 1, so p = (k + 1/2) / (n + 1).
  const FirthFit fit = fit_firth_logistic(Counts{{10, 0, 5}, {20, 5, 5}});

  const double logit = std::log(5.5 / 0.5);
  EXPECT_NEAR(fit.curve.slope, 2.0 * logit / 10.0, 1e-13);
  EXPECT_NEAR(fit.curve.intercept, -3.0 * logit, 1e-12);
  EXPECT_NEAR(fit.depth50, 15.0, 1e-12);
}

TEST(FirthLogisticTest, DepthsWithoutRunsChangeNothing) {
  const FirthFit fit = fit_firth_logistic(Counts{{1, 0, 0}, {10, 0, 5}, {20, 5, 5}, {900, 0, 0}});

  EXPECT_NEAR(fit.depth50, 15.0, 1e-12);
}

TEST(FirthLogisticTest, SettlesOnSeparationAnywhereUpToTheGreatestSizes) {
  for (const double deepest : {3.0, 1000.0, 100'000.0}) {
    for (const std::int64_t runs : {1, 40, 100'000}) {
      const Counts early = {{1, 0, runs}, {2, runs, runs}, {deepest, runs, runs}};
      const Counts late = {{1, 0, runs}, {2, 0, runs}, {deepest, runs, runs}};

      const FirthFit at_start = fit_firth_logistic(early);
      const FirthFit at_end = fit_firth_logistic(late);

      EXPECT_GT(at_start.depth50, 1.0) << deepest << " " << runs;
      EXPECT_LT(at_start.depth50, 2.0 + (runs == 1 ? deepest : 0.0)) << deepest << " " << runs;
      EXPECT_GT(at_end.depth50, 2.0 - (runs == 1 ? 1.0 : 0.0)) << deepest << " " << runs;
      EXPECT_LT(at_end.depth50, deepest) << deepest << " " << runs;
    }
  }
}

TEST(FirthLogisticTest, LevelDataHaveASlopeOfZero) {
  const FirthFit fit = fit_firth_logistic(Counts{{1, 3, 9}, {2, 3, 9}, {3, 3, 9}});

  // Depth 1 and 3 mirror each other about 2, so a slope could as well have the other sign.
  EXPECT_NEAR(fit.curve.slope, 0.0, 1e-14);
}

TEST(FirthLogisticTest, WhereNothingFailedTheBestRisingCurveIsLevelIfNeedBe) {
  const FirthFit all = fit_rising_curve(Counts{{2, 4, 4}, {4, 4, 4}, {60, 4, 4}});
  const FirthFit none = fit_rising_curve(Counts{{1, 0, 90}, {2, 0, 9}});
  const FirthFit falling = fit_rising_curve(Counts{{3, 7, 8}, {6, 4, 8}, {9, 1, 8}});

  EXPECT_LT(all.depth50, 2.0);
  EXPECT_GT(none.depth50, 2.0);
  EXPECT_TRUE(std::isnan(falling.depth50));
}

TEST(FirthLogisticTest, TheProfileTouchesTheGreatestLikelihoodAtTheEstimateOnly) {
  for (const Reference& r : kCurves) {
    if (r.slope < 0.0) continue;
    const double at = profile_penalised_log_likelihood(r.counts, r.depth50);
    const double near = profile_penalised_log_likelihood(r.counts, r.depth50 * 1.1);

    EXPECT_NEAR(at / r.penalised_log_likelihood, 1.0, 1e-11) << r.name;
    EXPECT_LT(near, at) << r.name;
  }
}

TEST(FirthLogisticTest, OfManyDepthsNoCurveThatRisesIsBetterThanTheFit) {
  // Not every pair of so many depths is tried. The profile looks for the same maximum another way.
  for (const std::size_t step : {2U, 9U, 30U, 57U}) {
    for (const std::int64_t runs : {1, 40}) {
      Counts counts;
      for (std::size_t d = 0; d < 60; ++d) {
        const bool stray = d % 13 == 5 && runs > 1;
        const std::int64_t failed = d < step ? 0 : runs;
        counts.push_back({std::pow(1.1, d), stray ? 1 + failed / 2 : failed, runs});
      }

      const FirthFit fit = fit_firth_logistic(counts);

      for (std::size_t d = 0; d < 60; ++d) {
        for (const double depth50 : {std::pow(1.1, d), std::pow(1.1, d + 0.5)}) {
          const double best = profile_penalised_log_likelihood(counts, depth50);
          EXPECT_LE(best, fit.penalised_log_likelihood + 1e-9) << step << " " << runs << " " << d;
        }
      }
    }
  }
}

TEST(FirthLogisticTest, DepthsTooLargeToBeSquaredDoNotSettle) {
  const Counts counts = {{0, 1, 2}, {1e200, 1, 2}};

  const FirthFit fit = fit_firth_logistic(counts);
  const FirthFit rising = fit_rising_curve(counts);

  EXPECT_FALSE(fit.settled());
  EXPECT_TRUE(std::isnan(fit.depth50));
  EXPECT_FALSE(rising.settled());
  EXPECT_TRUE(std::isnan(rising.depth50));
}

TEST(FirthLogisticTest, OneDepthHasNoCurve) {
  EXPECT_THROW(fit_firth_logistic(Counts{{2, 1, 4}}), std::invalid_argument);
  EXPECT_THROW(fit_firth_logistic(Counts{{2, 1, 4}, {3, 0, 0}}), std::invalid_argument);
  EXPECT_THROW(profile_penalised_log_likelihood(Counts{{2, 1, 4}}, 2.0), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
