"""Prints the answers frozen in tests/host/activation_moments_test.cpp, critical_scale_test.cpp and
mean_field_test.cpp: Gaussian moments of the activations by quadrature in 50 digits, the critical
scale of the sigmoid, and predictions for a few networks. Nothing is taken from closed forms.
"""

import mpmath
from mpmath import erf, erfc, exp, mpf, ncdf, npdf, pi, quad, sqrt, tanh

mpmath.mp.dps = 50
LEAK = mpf("0.01")


def logistic(h):
    return 1 / (1 + exp(-h))


def clip(h):
    return max(-1, min(1, h))


ACTIVATIONS = {
    "linear": (lambda h: h, lambda h: mpf(1)),
    "tanh": (tanh, lambda h: 1 / mpmath.cosh(h) ** 2),
    "relu": (lambda h: max(h, 0), lambda h: mpf(h > 0)),
    "hardtanh": (clip, lambda h: mpf(abs(h) < 1)),
    "erf": (erf, lambda h: 2 / sqrt(pi) * exp(-h * h)),
    "sigmoid": (logistic, lambda h: logistic(h) * logistic(-h)),
    "leaky_relu": (lambda h: h if h > 0 else LEAK * h, lambda h: mpf(1) if h > 0 else LEAK),
    "gelu": (lambda h: h * ncdf(h), lambda h: ncdf(h) + h * npdf(h)),
    "silu": (lambda h: h * logistic(h), lambda h: logistic(h) * (1 + h * logistic(-h))),
}


def expectation(f, q):
    """E f(sqrt(q) z) in pieces that double: each is smooth, and kinks at 0 and 1 are ends."""
    q = mpf(q)
    if q == 0:
        return f(mpf(0))
    root = sqrt(q)
    ends = [mpf(0)]
    end = min(root, 1) / 4
    while end < 18 * root:
        ends.append(end)
        end *= 2
    ends = sorted(set(ends + [mpf(1)] * (root * 18 > 1)))
    return quad(lambda h: (f(h) + f(-h)) * npdf(h / root) / root, ends + [18 * root])


def moments(name, q):
    phi, slope = ACTIVATIONS[name]
    return (expectation(lambda h: phi(h) ** 2, q), expectation(lambda h: slope(h) ** 2, q),
            expectation(lambda h: slope(h) ** 4, q))


def literal(x):
    return mpmath.nstr(x, 17, min_fixed=0, max_fixed=0)


def print_moments():
    for name in ACTIVATIONS:
        kink_at_zero = name in ("relu", "leaky_relu")
        for q in ("0", "1e-12", "1e-4", "0.1", "1", "7", "100", "1e6", "1e12"):
            if q == "0" and kink_at_zero:
                continue
            row = ", ".join(literal(x) for x in moments(name, q))
            print(f"    {{Activation::{name}, {q}, {row}}},", flush=True)


def print_critical_scales():
    """chi = scale^2 E phi'^2 = 1 at a q with scale^2 E phi^2 = q."""
    def excess(q):
        square, mu1, _ = moments("sigmoid", q)
        return square / mu1 - q
    q = mpmath.findroot(excess, (40, 50), solver="anderson", tol=1e-30)
    print("sigmoid: q", literal(q), "scale", literal(1 / sqrt(moments("sigmoid", q)[1])))
    for name in ("gelu", "silu"):
        # The only fixed point with chi = 1 is q = 0 if this never reaches 0.
        worst = max(moments(name, mpf(10) ** (k / mpf(4)))[0] /
                    (mpf(10) ** (k / mpf(4)) * moments(name, mpf(10) ** (k / mpf(4)))[1])
                    for k in range(-12, 33))
        print(f"{name}: E phi^2 / (q E phi'^2) is at most", mpmath.nstr(worst, 8))
    for name in ("tanh", "erf", "gelu", "silu"):
        print(name, "at q = 0:", literal(1 / sqrt(moments(name, 0)[1])))


def layers(name, orthogonal, scale, bias, width, depth, q):
    """(q_L, m_1(L), local VNI of first order, annealed ratio) of one input."""
    n = mpf(width)
    m1, first, a, b = mpf(1), mpf(1), mpf(1), 1 / n
    for _ in range(depth - 1):
        square, mu1, mu2 = moments(name, q)
        spread = mu2 / mu1**2 - 1
        m1 *= scale**2 * mu1
        first += spread + (0 if orthogonal else 1)
        diagonal = (a + 2 * b) / (n + 2)
        a, b = a + spread * diagonal, b + spread * diagonal
        if not orthogonal:
            a, b = a + 2 * b / n, (1 + 1 / n) * b + a / n
        q = scale**2 * square + bias**2
    return q, m1, first / n, b / a


def averaged(inputs, path):
    """Mean over inputs of N(0, 1)^d: |x|^2 = r^2 is chi-square of d degrees of freedom."""
    d = mpf(inputs)
    norm = mpmath.log(2) * (d / 2 - 1) + mpmath.loggamma(d / 2)

    def density(r):
        return exp((d - 1) * mpmath.log(r) - r * r / 2 - norm) if r else mpf(inputs == 1) * exp(-norm)
    centre = sqrt(d)
    ends = [max(mpf(0), centre - 8), max(mpf(0), centre - 4), centre, centre + 4, centre + 8]
    return [quad(lambda r: density(r) * path(r)[k], ends, maxdegree=4) for k in range(4)]


def print_networks():
    """Averages take minutes, so few networks have one."""
    for name, orthogonal, scale, bias, width, depth, inputs in (
            ("hardtanh", True, "1", "0.1", 100, 8, 0), ("sigmoid", False, "3", "0", 64, 4, 0),
            ("gelu", False, "2", "0", 50, 3, 0), ("silu", True, "1.5", "0.5", 20, 4, 0),
            ("leaky_relu", False, "1.4", "0", 10, 12, 0), ("linear", False, "1", "0", 10, 30, 0),
            ("tanh", False, "1.3", "0.2", 32, 6, 2), ("erf", True, "1.1", "0", 16, 5, 1)):
        scale_value, bias_value = mpf(scale), mpf(bias)
        known = {}

        def path(r):
            if r not in known:
                q = scale_value**2 * (r * r / inputs if inputs else 1) + bias_value**2
                known[r] = layers(name, orthogonal, scale_value, bias_value, width, depth, q)
            return known[r]
        mpmath.mp.dps = 15 if inputs else 25
        answers = averaged(inputs, path) if inputs else path(1)
        word = "orthogonal" if orthogonal else "gaussian"
        print(f"    {{Activation::{name}, Initialization::{word}, {scale}, {bias}, {width}, {depth}, {inputs},",
              ", ".join(mpmath.nstr(x, 13, min_fixed=0, max_fixed=0) for x in answers) + "},",
              flush=True)


if __name__ == "__main__":
    print("mpmath", mpmath.__version__)
    print_critical_scales()
    print_moments()
    print_networks()
