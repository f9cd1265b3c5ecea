"""Prints the answers frozen in tests/host/*_test.cpp of comparisons: fisher_exact, mcnemar,
mantel_haenszel, difference, holm.

SciPy and statsmodels where they have the method; else the definition, in exact fractions.
"""

import itertools
from fractions import Fraction
from math import comb

import numpy
import scipy
import statsmodels
import statsmodels.api as sm
from scipy.stats import binomtest, fisher_exact
from statsmodels.stats.contingency_tables import StratifiedTable, mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

# (failed, runs) of the first and of the second sample.
SAMPLES = [((3, 40), (11, 40)), ((0, 40), (6, 40)), ((7, 8), (2, 9)), ((1, 3), (5, 1000)),
           ((50_000, 100_000), (49_000, 100_000)), ((99_000, 100_000), (98_000, 100_000)),
           ((12, 100_000), (40, 100_000)), ((20, 20), (0, 30)), ((5, 10), (5, 10))]
# Mantel & Haenszel's rabbits, R's data set Rabbits: (cured, all) without delay and with.
RABBITS = [((0, 6), (0, 5)), ((3, 6), (0, 6)), ((6, 6), (2, 6)), ((5, 6), (6, 6)), ((2, 2), (5, 5))]
UNEQUAL = [((5, 40), (9, 35)), ((35, 40), (30, 31)), ((20, 40), (33, 50)), ((0, 12), (0, 7))]
GROUPS = [3, -1, 0, 2, 2, 5, -1, 1, 4, -2]
# (second alone failed minus first alone, pairs) of groups of pairs.
PAIR_GROUPS = [(3, 4), (-1, 4), (0, 4), (2, 3), (2, 4), (1, 1), (-1, 4)]
# Outcomes of the first sample and of the second in each stratum, by group (column): F failed, s
# succeeded.
GROUPED_STRATA = [("FssF s", "FFsFFs"), ("Fss ss", "FFFFss"), ("FFsFss", "FF FFF")]
P_VALUES = [0.01, 0.04, 0.03, 0.005, 0.5, 0.9]


def table(first, second):
    return [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]


def exact_stratified(strata):
    """Probability of all sums of the strata's first cells that are at most as likely as this one."""
    total = {0: Fraction(1)}
    for (a, n), (b, m) in strata:
        ways = {x: Fraction(comb(n, x) * comb(m, a + b - x), comb(n + m, a + b))
                for x in range(max(0, a + b - m), min(a + b, n) + 1)}
        sums = {}
        for (s, p), (x, q) in itertools.product(total.items(), ways.items()):
            sums[s + x] = sums.get(s + x, 0) + p * q
        total = sums
    observed = total[sum(first[0] for first, _ in strata)]
    return float(sum(p for p in total.values() if p <= observed))


def sign_flips(sums):
    """The same of all 2^n choices of signs."""
    counts = {}
    for signs in itertools.product((-1, 1), repeat=len(sums)):
        total = sum(sign * size for sign, size in zip(signs, sums))
        counts[total] = counts.get(total, 0) + 1
    observed = counts[sum(sums)]
    return sum(c for c in counts.values() if c <= observed) / 2 ** len(sums)


def mover(strata, weights, confidence):
    """Zou, Huang & Zhang 2009 for the weighted mean of differences between proportions."""
    estimate = down = up = 0.0
    for ((a, n), (b, m)), weight in zip(strata, weights):
        value = b / m - a / n
        low, high = confint_proportions_2indep(b, m, a, n, method="newcomb", compare="diff",
                                               alpha=1 - confidence)
        share = weight / sum(weights)
        estimate += share * value
        down += (share * (value - low)) ** 2
        up += (share * (high - value)) ** 2
    return estimate, estimate - down ** 0.5, estimate + up ** 0.5


def clustered(groups, confidence):
    """The mean over pairs, each 1, 0 or -1, with groups as clusters."""
    pairs = [(numpy.sign(total) * (j < abs(total)), k)
             for k, (total, count) in enumerate(groups) for j in range(count)]
    values, clusters = (numpy.array(column, dtype=float) for column in zip(*pairs))
    fit = sm.OLS(values, numpy.ones_like(values)).fit(cov_type="cluster", use_t=True,
                                                      cov_kwds={"groups": clusters})
    return tuple(fit.conf_int(1 - confidence)[0])


def grouped_strata(strata, confidence):
    """z^2 and p of the generalized score test of a common effect in a logistic GEE, and the interval of
    the weighted mean difference from a model with a parameter for each sample of each stratum."""
    rows = [(k, t, g, outcome == "F") for k, samples in enumerate(strata)
            for t, sample in enumerate(samples) for g, outcome in enumerate(sample) if outcome != " "]
    k, t, g, x = (numpy.array(column, dtype=float) for column in zip(*rows))
    own = (k[:, None] == numpy.arange(len(strata))).astype(float)
    family = sm.families.Binomial()
    null = sm.GEE(x, own, groups=g, family=family).fit()
    test = sm.GEE(x, numpy.column_stack([own, t]), groups=g, family=family).compare_score_test(null)

    saturated = numpy.column_stack([own * (1 - t)[:, None], own * t[:, None]])
    fit = sm.OLS(x, saturated).fit(cov_type="cluster",
                                   cov_kwds={"groups": g, "use_correction": False})
    runs = saturated.sum(axis=0).reshape(2, -1)
    weights = runs.prod(axis=0) / runs.sum(axis=0)
    contrast = numpy.concatenate([-weights, weights]) / weights.sum()
    groups = len(set(g))
    error = (contrast @ fit.cov_params() @ contrast * groups / (groups - 1)) ** 0.5
    reach = scipy.stats.t.ppf((1 + confidence) / 2, groups - 1) * error
    mean = contrast @ fit.params
    return test["statistic"], test["p-value"], mean - reach, mean + reach


print("fisher_exact")
for first, second in SAMPLES:
    print(first, second, "%.17g" % fisher_exact(table(first, second))[1])
print("newcombe_independent, second minus first")
for (a, n), (b, m) in SAMPLES:
    print((a, n), (b, m), "%.17g %.17g" % confint_proportions_2indep(b, m, a, n, method="newcomb",
                                                                    compare="diff", alpha=0.05))
print("mcnemar")
for b, c in [(6, 16), (0, 5), (3, 3), (1, 0), (49_000, 50_000), (5, 60), (0, 2000)]:
    print(b, c, "%.17g" % mcnemar([[0, b], [c, 0]], exact=True).pvalue,
          "%.17g" % binomtest(b, b + c).pvalue)
print("mcnemar_by_group", "%.17g" % sign_flips(GROUPS))
print("mantel_haenszel")
for strata in (RABBITS, UNEQUAL):
    tables = StratifiedTable([numpy.array(table(*stratum), dtype=float) for stratum in strata])
    informative = StratifiedTable([numpy.array(table(*stratum), dtype=float) for stratum in strata
                                   if 0 < stratum[0][0] + stratum[1][0]
                                   < stratum[0][1] + stratum[1][1]])
    print("exact %.17g" % exact_stratified(strata),
          "normal %.17g" % informative.test_null_odds(correction=True).pvalue)
print("mean_difference %.17g %.17g %.17g" % mover(UNEQUAL[:3], [1.0, 2.0, 3.0], 0.95))
print("grouped_interval %.17g %.17g" % clustered(PAIR_GROUPS, 0.95))
print("grouped_strata chi2 %.17g p %.17g interval %.17g %.17g" % grouped_strata(GROUPED_STRATA, 0.95))
print("holm", *("%.17g" % p for p in multipletests(P_VALUES, method="holm")[1]))
print("SciPy", scipy.__version__, "statsmodels", statsmodels.__version__)
