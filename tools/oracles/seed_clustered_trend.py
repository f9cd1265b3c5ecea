"""Prints the answers of statsmodels frozen in tests/host/trend_test.cpp.

The Cochran-Armitage test as an association of an ordered 2 x k table, and the test by seed as the
generalized score test of the slope in a logistic GEE with working independence and seeds as clusters.
"""

import numpy
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import Table

# Failure of each seed (row) at each depth (column); -1: no run.
DEPTHS = [2, 5, 10, 20]
COMPLETE = [[0, 0, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]]
RAGGED = [[0, 0, 0, 1], [0, -1, 1, 1], [1, 1, 1, -1], [0, 0, -1, -1], [-1, 1, 0, 1], [-1, -1, -1, 1],
          [0, 0, 0, 0]]


def clustered(rows):
    data = [(s, d, x) for s, row in enumerate(rows) for d, x in zip(DEPTHS, row) if x >= 0]
    seed, depth, failed = (numpy.array(column, dtype=float) for column in zip(*data))
    level = numpy.ones((len(seed), 1))
    family = sm.families.Binomial()
    without = sm.GEE(failed, level, groups=seed, family=family).fit()
    full = sm.GEE(failed, numpy.column_stack([level, depth]), groups=seed, family=family)
    test = full.compare_score_test(without)
    return test["statistic"], test["p-value"]


def ordinal(depths, failed, runs):
    table = numpy.array([failed, numpy.array(runs) - numpy.array(failed)])
    test = Table(table, shift_zeros=False).test_ordinal_association(numpy.array([1.0, 0.0]),
                                                                    numpy.array(depths, float))
    return test.zscore, test.pvalue


for name, rows in (("complete", COMPLETE), ("ragged", RAGGED)):
    print(name, "chi2 %.17g p %.17g" % clustered(rows))
print("rising z %.17g p %.17g" % ordinal([2, 5, 10, 20, 40, 60], [0, 0, 2, 11, 35, 40], [40] * 6))
print("falling z %.17g p %.17g" % ordinal([3, 6, 9], [7, 4, 1], [8] * 3))
print("statsmodels", statsmodels.__version__)
