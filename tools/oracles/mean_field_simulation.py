"""Measures Jacobian moments of random networks and compares them with mean-field theory.

Independent of vnsweep: NumPy draws the weights, the theory is a trapezoidal sum. One network's
matrices serve every activation and scale, so rows of one initialisation are correlated.

    mean_field_simulation.py [--width 200] [--depth 20] [--networks 200] [--bias-scale 0] [--seed 1]

Per row: mean of m_1, mean of m_2 / (N m_1^2) and its standard error over the networks, and as
deviations in percent (measured / predicted - 1): m_1 of infinite width, the local indicator of first
order in L/N (`first`) and of the annealed recursion (`annealed`); z is deviation / standard error.
"""

import argparse

import numpy as np
from scipy.special import erf, expit, ndtr

SQRT_2PI = np.sqrt(2 * np.pi)


def density(h):
    return np.exp(-h * h / 2) / SQRT_2PI


ACTIVATIONS = {
    "linear": (lambda h: h, np.ones_like, 1.0),
    "tanh": (np.tanh, lambda h: 1 - np.tanh(h) ** 2, 1.0),
    "relu": (lambda h: np.maximum(h, 0), lambda h: (h > 0) * 1.0, np.sqrt(2)),
    "hardtanh": (lambda h: np.clip(h, -1, 1), lambda h: (np.abs(h) < 1) * 1.0, 1.0),
    "erf": (erf, lambda h: 2 / np.sqrt(np.pi) * np.exp(-h * h), np.sqrt(np.pi) / 2),
    "sigmoid": (expit, lambda h: expit(h) * expit(-h), None),
    "leaky_relu": (lambda h: np.where(h > 0, h, 0.01 * h), lambda h: np.where(h > 0, 1, 0.01),
                   np.sqrt(2 / (1 + 0.01**2))),
    "gelu": (lambda h: h * ndtr(h), lambda h: ndtr(h) + h * density(h), 2.0),
    "silu": (lambda h: h * expit(h), lambda h: expit(h) * (1 + h * expit(-h)), 2.0),
}

# Odd number of intervals: no node falls on a kink at zero.
NODES = np.linspace(-12, 12, 400_001 + 1)
WEIGHTS = density(NODES) * (NODES[1] - NODES[0])


def mean(f, q):
    return float(WEIGHTS @ f(np.sqrt(q) * NODES))


def sigmoid_critical():
    phi, slope, _ = ACTIVATIONS["sigmoid"]
    low, high = 1e-6, 100.0
    for _ in range(60):
        q = (low + high) / 2
        above = mean(lambda h: phi(h) ** 2, q) / mean(lambda h: slope(h) ** 2, q) > q
        low, high = (q, high) if above else (low, q)
    return 1 / np.sqrt(mean(lambda h: slope(h) ** 2, q))


def predict(name, orthogonal, scale, bias, q, width, depth):
    """m_1, first order and annealed indicator at layers 1..depth."""
    phi, slope, _ = ACTIVATIONS[name]
    m1, first, a, b = [1.0], [1.0], 1.0, 1.0 / width
    annealed = [b / a]
    n = width
    for _ in range(depth - 1):
        mu1 = mean(lambda h: slope(h) ** 2, q)
        mu2 = mean(lambda h: slope(h) ** 4, q)
        m1.append(m1[-1] * scale**2 * mu1)
        first.append(first[-1] + mu2 / mu1**2 - 1 + (0 if orthogonal else 1))
        # a = E (tr M)^2, b = E tr M^2 of M = J J^T, over their scale; diagonal first, then weights.
        v = mu2 / mu1**2 - 1
        diagonal = (a + 2 * b) / (n + 2)
        a, b = a + v * diagonal, b + v * diagonal
        if not orthogonal:
            a, b = a + 2 * b / n, (1 + 1 / n) * b + a / n
        annealed.append(b / a)
        q = scale**2 * mean(lambda h: phi(h) ** 2, q) + bias**2
    return np.array(m1), np.array(first) / n, np.array(annealed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=200)
    parser.add_argument("--depth", type=int, default=20)
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--bias-scale", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    n, depth, bias = arguments.width, arguments.depth, arguments.bias_scale
    rng = np.random.default_rng(arguments.seed)
    print("numpy", np.__version__, vars(arguments))

    cells = []
    for name, (_, _, critical) in ACTIVATIONS.items():
        critical = sigmoid_critical() if critical is None else critical
        # The scale cancels in what is compared where the activation is homogeneous.
        homogeneous = name in ("linear", "relu", "leaky_relu")
        for factor in (1.0,) if homogeneous else (0.8, 1.0, 1.3):
            cells.append((name, factor, factor * critical))

    print(f"{'activation':>10} {'init':>10} {'scale':>7} {'L':>3} {'m_1':>11} {'VNI':>9} {'se%':>5}"
          f" {'m_1 dev%':>9} {'z':>6} {'first%':>8} {'z':>6} {'annealed%':>9} {'z':>6}")
    for orthogonal in (False, True):
        m1 = np.zeros((len(cells), arguments.networks, depth))
        vni = np.zeros_like(m1)
        for k in range(arguments.networks):
            normals = rng.standard_normal(n)
            biases = bias * rng.standard_normal((depth, n))
            h = [scale * normals + biases[0] for _, _, scale in cells]
            # Products of Jacobians are the cost; single precision is a thousand times better than
            # the standard errors.
            jacobians = [np.eye(n, dtype=np.float32) for _ in cells]
            m1[:, k, 0], vni[:, k, 0] = 1, 1 / n
            for layer in range(1, depth):
                w = rng.standard_normal((n, n))
                if orthogonal:
                    w, r = np.linalg.qr(w)
                    w *= np.sign(np.diag(r))
                else:
                    w /= np.sqrt(n)
                w32 = w.astype(np.float32)
                for c, (name, _, scale) in enumerate(cells):
                    phi, slope, _ = ACTIVATIONS[name]
                    slopes = (scale * slope(h[c])).astype(np.float32)
                    jacobians[c] = w32 @ (slopes[:, None] * jacobians[c])
                    h[c] = scale * (w @ phi(h[c])) + biases[layer]
                    gram = jacobians[c] @ jacobians[c].T
                    trace = np.trace(gram)
                    m1[c, k, layer] = trace / n
                    vni[c, k, layer] = np.sum(gram * gram) / trace**2
        for c, (name, factor, scale) in enumerate(cells):
            theory = predict(name, orthogonal, scale, bias, scale**2 + bias**2, n, depth)
            for layer in sorted({2, 5, 10, depth}):
                sample = m1[c, :, layer - 1], vni[c, :, layer - 1], vni[c, :, layer - 1]
                row = []
                for values, predicted in zip(sample, theory):
                    p = predicted[layer - 1]
                    se = values.std(ddof=1) / np.sqrt(len(values))
                    row += [100 * (values.mean() / p - 1), (values.mean() - p) / max(se, 1e-5 * p)]
                se = 100 * sample[1].std(ddof=1) / np.sqrt(arguments.networks) / sample[1].mean()
                print(f"{name:>10} {'orthogonal' if orthogonal else 'gaussian':>10} {factor:5.1f}*c"
                      f" {layer:3d} {sample[0].mean():11.4g} {sample[1].mean():9.5f} {se:5.2f}"
                      f" {row[0]:9.2f} {row[1]:6.1f} {row[2]:8.2f} {row[3]:6.1f}"
                      f" {row[4]:9.2f} {row[5]:6.1f}", flush=True)


if __name__ == "__main__":
    main()
