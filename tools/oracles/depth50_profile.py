"""Prints the answers frozen in tests/host/firth_logistic_test.cpp and tests/host/depth50_test.cpp.

Firth's logistic regression and the profile of its penalised likelihood over the depth where
P(fail) = 1/2, with 40 digits. Derivatives are those of Heinze & Schemper (2002), in terms of the hat
matrix, so that they share nothing with the program under test.
"""

import mpmath
from mpmath import mpf

mpmath.mp.dps = 40

CURVES = {
    "rising": ([2, 5, 10, 20, 40, 60], [0, 0, 2, 11, 35, 40], [40] * 6),
    "separated": ([2, 5, 10, 20, 40, 60], [0, 0, 0, 40, 40, 40], [40] * 6),
    "unequal": ([1, 10, 100, 1000, 100000], [1, 20011, 2, 40, 12], [7, 100000, 3, 50, 12]),
    "large": ([10, 20, 30, 40], [1234, 20000, 71000, 99001], [100000] * 4),
    "shallow": ([3, 6, 9], [1, 0, 3], [8, 5, 8]),
    "falling": ([3, 6, 9], [7, 4, 1], [8, 8, 8]),
    "deeper": ([2, 4, 8], [0, 2, 7], [40, 40, 40]),
    "none failed": ([2, 5, 10, 20, 40, 60], [0] * 6, [40] * 6),
    "all failed": ([2, 5, 10, 20, 40, 60], [40] * 6, [40] * 6),
    "two depths": ([10, 20], [0, 5], [5, 5]),
    "two maxima": ([3, 4, 63, 1130], [0, 3, 38, 70], [4, 4, 38, 70]),
    "one run each": ([1, 2, 3, 4], [0, 1, 0, 1], [1, 1, 1, 1]),
}
# Near the answers of failure_curves.R.
STARTS = {"rising": (-4.6, 0.17), "separated": (-13.17, 0.878), "unequal": (-1.413, 0.00278),
          "large": (-6.72, 0.2596), "shallow": (-2.8, 0.24), "falling": (3.35, -0.56),
          "deeper": (-4.9, 0.43), "none failed": (-4, 0.001), "all failed": (4, 0.001),
          "two depths": (-7, 0.5), "two maxima": (-0.807, 0.0905), "one run each": (-0.5, 0.2)}


class Curve:
    def __init__(self, depths, failed, runs):
        self.depths = [mpf(d) for d in depths]
        self.failed = failed
        self.runs = runs

    def probabilities(self, a, b):
        """p and 1 - p, which would cancel."""
        powers = [mpmath.exp(a + b * d) for d in self.depths]
        return [x / (1 + x) for x in powers], [1 / (1 + x) for x in powers]

    def information(self, p, q):
        w = [n * x * y for n, x, y in zip(self.runs, p, q)]
        s = [sum(x * d**m for x, d in zip(w, self.depths)) for m in range(3)]
        return w, s, s[0] * s[2] - s[1] ** 2

    def penalised(self, a, b):
        p, q = self.probabilities(a, b)
        _, _, det = self.information(p, q)
        l = sum(k * mpmath.log(x) + (n - k) * mpmath.log(y)
                for k, n, x, y in zip(self.failed, self.runs, p, q))
        return l + mpmath.log(det) / 2

    def score(self, a, b):
        p, q = self.probabilities(a, b)
        w, s, det = self.information(p, q)
        hat = [x * (s[2] - 2 * s[1] * d + s[0] * d * d) / det for x, d in zip(w, self.depths)]
        r = [k * y - (n - k) * x + h * (y - x) / 2
             for k, n, x, y, h in zip(self.failed, self.runs, p, q, hat)]
        return sum(r), sum(x * d for x, d in zip(r, self.depths))

    def fit(self, start):
        a, b = mpmath.findroot(lambda a, b: self.score(a, b), start, tol=1e-60, maxsteps=200)
        return a, b

    def profile(self, depth50):
        def slope_score(b):
            u, v = self.score(-b * depth50, b)
            return v - depth50 * u
        if slope_score(mpf(0)) <= 0:
            return self.penalised(mpf(0), mpf(0))
        high = mpf(1) / self.depths[-1]
        while slope_score(high) > 0:
            high *= 2
        low = high / 2 if high > mpf(1) / self.depths[-1] else mpf(0)
        b = mpmath.findroot(slope_score, (low, high), solver="anderson", tol=1e-60, maxsteps=400)
        return self.penalised(-b * depth50, b)


def level_value(curve):
    k, n = sum(curve.failed), sum(curve.runs)
    return curve.penalised(mpmath.log(mpf(k + 1) / (n - k + 1)), mpf(0))


def main():
    for name, data in CURVES.items():
        curve = Curve(*data)
        a, b = curve.fit(STARTS[name])
        best = curve.penalised(a, b)
        print(f"{name}: intercept {mpmath.nstr(a, 17)} slope {mpmath.nstr(b, 17)} "
              f"l* {mpmath.nstr(best, 17)} depth50 {mpmath.nstr(-a / b, 17)}")
        depth50 = -a / b
        if b <= 0:
            if 0 < sum(curve.failed) < sum(curve.runs):
                print("    falls")
                continue
            best = level_value(curve)
            depth50 = mpf("-inf") if sum(curve.failed) else mpf("inf")
        for confidence in (0.5, 0.95, 0.99):
            allowed = mpmath.erfinv(mpf(str(confidence))) ** 2  # half the quantile of chi^2_1
            ends = []
            excess = lambda d: best - curve.profile(d) - allowed
            outside = [d for d in (curve.depths[0], curve.depths[-1]) if excess(d) > 0]
            for limit in outside:
                inside = min(max(depth50, curve.depths[0]), curve.depths[-1])
                if inside == limit or excess(inside) > 0:
                    ends.append("limit " + mpmath.nstr(inside, 17))
                    continue
                ends.append(mpmath.nstr(mpmath.findroot(
                    excess, (inside, limit), solver="anderson", tol=1e-40, maxsteps=400), 17))
            print(f"    {confidence}: outside {[int(d) for d in outside]}, ends {ends}")
    print("mpmath", mpmath.__version__)


main()
