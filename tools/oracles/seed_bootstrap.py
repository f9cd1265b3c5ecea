"""Prints the intervals frozen in tests/host/seed_bootstrap_test.cpp.

A bootstrap over seeds with the draws of the program under test, from a Philox4x32-10 written here
after Salmon et al. (2011), and a Firth fit by Fisher scoring on the hat matrix.
"""

import numpy
import scipy
from scipy.stats import norm, t

DEPTHS = numpy.array([2.0, 5, 10, 20, 40])
# 'F' failed, 's' succeeded, ' ' not run.
COMPLETE = ["sssFF", "ssFFF", "sssFF", "ssssF", "sssss", "sFFFF",
            "ssFsF", "sssFF", "FFFFF", "ssssF", "sssFF", "ssFFF"]
RAGGED = COMPLETE + ["  sF ", "  FF ", "  ss ", "s   F"]
STREAM = 5
RESAMPLES = 2000


def philox(counter, key):
    counter, key = list(counter), list(key)
    for _ in range(10):
        low, high = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(high >> 32) ^ counter[1] ^ key[0], high & 0xFFFFFFFF,
                   (low >> 32) ^ counter[3] ^ key[1], low & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter


def draws(seeds, resample, key):
    words = []
    for block in range((seeds + 3) // 4):
        words += philox([block, 0, resample, STREAM], [key & 0xFFFFFFFF, key >> 32])
    return [(word * seeds) >> 32 for word in words[:seeds]]


def firth_depth50(failed, runs):
    measured = runs > 0
    k, n, x = failed[measured], runs[measured], DEPTHS[measured]
    if len(x) < 2:
        return numpy.nan
    design = numpy.column_stack([numpy.ones_like(x), x - x.mean()])
    beta = numpy.array([numpy.log((k.sum() + 1) / (n.sum() - k.sum() + 1)), 0.0])
    for _ in range(2000):
        p = 1 / (1 + numpy.exp(-design @ beta))
        w = n * p * (1 - p)
        inverse = numpy.linalg.inv(design.T @ (design * w[:, None]))
        hat = w * numpy.einsum("ij,jk,ik->i", design, inverse, design)
        step = inverse @ (design.T @ (k - n * p + hat * (0.5 - p)))
        step *= min(1, 2 / numpy.abs(design @ step).max())
        beta += step
        if numpy.abs(design @ step).max() < 1e-13:
            break
    if beta[1] > 0:
        return x.mean() - beta[0] / beta[1]
    return numpy.inf if k.sum() == 0 else -numpy.inf if k.sum() == n.sum() else numpy.nan


def interval(rows, key, confidence):
    failed = numpy.array([[c == "F" for c in row] for row in rows], float)
    runs = numpy.array([[c != " " for c in row] for row in rows], float)
    n = len(rows)
    crossings = []
    for resample in range(RESAMPLES):
        chosen = draws(n, resample, key)
        crossings.append(firth_depth50(failed[chosen].sum(axis=0), runs[chosen].sum(axis=0)))
    crossings = numpy.array(crossings)
    tail = norm.cdf(t.ppf(0.5 - confidence / 2, n - 1) * numpy.sqrt(n / (n - 1)))
    rank = int(tail * (RESAMPLES + 1))
    low = numpy.sort(numpy.where(numpy.isnan(crossings), -numpy.inf, crossings))[rank - 1]
    high = numpy.sort(numpy.where(numpy.isnan(crossings), numpy.inf, crossings))[-rank]
    return firth_depth50(failed.sum(axis=0), runs.sum(axis=0)), low, high, numpy.isnan(crossings).sum()


if __name__ == "__main__":
    # Random123, kat_vectors: philox4x32 10 of zeros.
    assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    for name, rows in (("complete", COMPLETE), ("ragged", RAGGED)):
        for confidence in (0.8, 0.95):
            print(name, confidence, "estimate %.17g low %.17g high %.17g; %d without a crossing"
                  % interval(rows, 0x0123456789ABCDEF, confidence))
    print("numpy", numpy.__version__, "scipy", scipy.__version__)
