"""The few statistics that the claims need beside those of `vnsweep summary`."""

import math

Z = 1.959963984540054  # two-sided 95 % of the normal distribution


class Estimate:
    """Mean with its 95 % interval, from independent values."""

    def __init__(self, values):
        values = [v for v in values if v is not None and math.isfinite(v)]
        self.count = len(values)
        self.mean = math.fsum(values) / self.count if values else math.nan
        spread = math.fsum((v - self.mean) ** 2 for v in values)
        self.error = math.sqrt(spread / (self.count - 1) / self.count) if self.count > 1 else math.nan

    @property
    def low(self):
        return self.mean - Z * self.error

    @property
    def high(self):
        return self.mean + Z * self.error

    def text(self, digits=3):
        return f"{self.mean:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


def weighted_slope(points):
    """Slope of y = s x by weighted least squares, from (x, y, weight)."""
    return math.fsum(w * x * y for x, y, w in points) / math.fsum(w * x * x for x, _, w in points)


def slope_through_origin(points):
    """The same from (x, Estimate of y), weighted by the inverse variances; an Estimate."""
    weighted = [(x, y.mean, 1.0 / y.error**2) for x, y in points]
    slope = Estimate([])
    slope.mean = weighted_slope(weighted)
    slope.error = 1.0 / math.sqrt(math.fsum(w * x * x for x, _, w in weighted))
    return slope


def wilson(failures, runs):
    """95 % Wilson interval of a proportion."""
    if runs == 0:
        return 0.0, 1.0
    share = failures / runs
    centre = (share + Z * Z / (2 * runs)) / (1 + Z * Z / runs)
    half = Z * math.sqrt(share * (1 - share) / runs + Z * Z / (4 * runs * runs)) / (1 + Z * Z / runs)
    return centre - half, centre + half


def proportion_text(failures, runs):
    if runs == 0:
        return "no runs"
    low, high = wilson(failures, runs)
    return f"{failures / runs:.3f} [{low:.3f}, {high:.3f}]"


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return math.nan
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def group(rows, *keys):
    """Rows by the values of some columns, in the order in which these appear."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups
