"""Prints the values frozen in tests/kernels/activation_points.hpp.

phi(h) and phi'(h) to 40 digits from the definitions, at arguments that are exact in float32: the
middle, the tails, and where float32 and float64 saturate.
"""

import mpmath
from mpmath import mpf

mpmath.mp.dps = 60

ARGUMENTS = [-40, -12.5, -6, -3.84375, -2, -0.75, -0.125, -(2.0**-20), 0, 2.0**-40, 0.25, 1,
             1.5, 3.5, 5, 9.5, 20]


def sigmoid(h):
    return 1 / (1 + mpmath.exp(-h))


def normal_cdf(h):
    return mpmath.erfc(-h / mpmath.sqrt(2)) / 2


def normal_density(h):
    return mpmath.exp(-h * h / 2) / mpmath.sqrt(2 * mpmath.pi)


ACTIVATIONS = {
    "tanh": (mpmath.tanh, lambda h: 1 / mpmath.cosh(h) ** 2),
    "erf": (mpmath.erf, lambda h: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-h * h)),
    "sigmoid": (sigmoid, lambda h: sigmoid(h) * sigmoid(-h)),
    "gelu": (lambda h: h * normal_cdf(h), lambda h: normal_cdf(h) + h * normal_density(h)),
    "silu": (lambda h: h * sigmoid(h), lambda h: sigmoid(h) * (1 + h * sigmoid(-h))),
}

def printed(value):
    """Zero below what float64 can hold."""
    return mpmath.nstr(value, 20) if abs(value) > mpf(2) ** -1074 else "0.0"


print("// mpmath", mpmath.__version__)
for name, (phi, slope) in ACTIVATIONS.items():
    for argument in ARGUMENTS:
        h = mpf(argument)
        print(f"{{Activation::{name}, {argument!r}, "
              f"{printed(phi(h))}, {printed(slope(h))}}},")
