"""Claims about nodes before training: a, b, c."""

import math

from estimates import Estimate, group, slope_through_origin, weighted_slope
from page import Section, table


def correlation_with_depth(sweep):
    runs = sweep.runs()
    depths = sorted({row["depth"] for row in runs})
    rows, rising, others = [], [], []
    for (activation, init), members in group(runs, "activation", "init").items():
        cells = {
            depth: Estimate([r["vni_initial"] for r in members if r["depth"] == depth])
            for depth in depths
        }
        shallow, deep = cells[depths[0]], cells[depths[-1]]
        rises = deep.low > shallow.high
        steady = all(cells[b].mean > cells[a].mean for a, b in zip(depths, depths[1:]))
        name = f"{activation} {init}"
        (rising if rises else others).append((name, deep))
        rows.append([name, *(f"{cells[d].mean:.3f} ± {1.96 * cells[d].error:.3f}" for d in depths),
                     "at every step" if steady else "in the end" if rises else "no"])
    verdict = (
        f"Holds for {len(rising)} of {len(rows)} combinations of activation and initialisation"
        f" between depths {depths[0]} and {depths[-1]}."
    )
    if others:
        listed = ", ".join(f"{name} ({estimate.mean:.3f})" for name, estimate in others)
        verdict += f" It does not for {listed} at depth {depths[-1]}."
    return Section(
        "a",
        "Nodes become more correlated as depth grows",
        "VNI of the last hidden layer before training, mean over seeds ± 1.96 standard errors;"
        f" width {runs[0]['width']}, critical scale, 256 probe inputs of 200 dimensions. Independent"
        f" nodes would have 1/{runs[0]['width']} plus the 1/256 that a correlation over 256 inputs"
        " shows by chance.",
        [table(["network", *(f"L = {d}" for d in depths), "rises"], rows)],
        verdict,
    )


def _excess_by_depth(members, width):
    """N VNI_local - 1 of the cells of one width, by depth."""
    chosen = [row for row in members if row["width"] == width]
    return {
        depth: Estimate([width * row["local_vni_initial"] - 1.0 for row in cell])
        for (depth,), cell in group(chosen, "depth").items()
    }


def _slope_row(name, width, excess, prediction):
    """@returns the row, the measured slope and theory's, or None where all of it is exactly zero"""
    if all(abs(e.mean) < 1e-9 for e in excess.values()):
        exact = all(abs(p) < 1e-9 for p in prediction.values())
        return [name, width, "0, exactly", "0, exactly" if exact else "not 0", "yes" if exact else "no"], None
    measured = slope_through_origin([(depth - 1, e) for depth, e in excess.items()])
    theory = weighted_slope([(d - 1, prediction[d], 1.0 / e.error**2) for d, e in excess.items()])
    inside = measured.low <= theory <= measured.high
    deviation = (measured.mean - theory) / theory
    row = [name, width, measured.text(), f"{theory:.3f}", "yes" if inside else f"{100 * deviation:+.1f} %"]
    return row, (measured, inside, deviation)


def depth_over_width(sweep):
    predicted = {
        (c["depth"], c["width"], c["activation"], c["init"]): c["width"] * c["vni_local"] - 1.0
        for c in sweep.theory()["cells"]
    }
    rows, fits, steady = [], [], 0
    networks = group(sweep.runs(), "activation", "init")
    for (activation, init), members in networks.items():
        slopes = []
        for width in sorted({row["width"] for row in members}):
            excess = _excess_by_depth(members, width)
            prediction = {d: predicted[d, width, activation, init] for d in excess}
            row, fit = _slope_row(f"{activation} {init}", width, excess, prediction)
            rows.append(row)
            if fit:
                fits.append(fit)
                slopes.append(fit[0])
        steady += not slopes or max(s.low for s in slopes) <= min(s.high for s in slopes)
    inside = sum(fit[1] for fit in fits)
    worst = max((abs(fit[2]) for fit in fits if not fit[1]), default=0.0)
    return Section(
        "b",
        "VNI is proportional to depth and inversely proportional to width",
        "Slope s of N VNI_local = 1 + s (L - 1), fitted through the origin to depths 2 to 17, with its"
        " 95 % interval; the same fit to mean-field theory (`vnsweep theory`). If the claim holds, s"
        " does not depend on N. Theory is of first order in L/N, which here is at most 0.34.",
        [table(["network", "N", "slope measured", "slope of theory", "theory in the interval"], rows)],
        f"Holds with a slope that depends on activation and initialisation: for {steady} of"
        f" {len(networks)} of these the intervals of the slopes at all widths overlap. It is not"
        " universal: orthogonal linear networks have slope 0. Theory's slope lies in the interval of"
        f" the measured one for {inside} of {len(fits)} fits; the largest deviation of the others is"
        f" {100 * worst:.1f} %.",
    )


def effective_nodes(sweep):
    edges = [0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0001]
    bins = {}
    for row in sweep.layers():
        if row["vni"] is None:
            continue
        top = float(row["spectrum"].split(" ", 1)[0]) / row["live"]
        for low, high in zip(edges, edges[1:]):
            if low <= row["vni"] < high:
                bins.setdefault((low, high), []).append(
                    (row["vni"], row["n_eff"], row["effective_rank"], top))
    rows = []
    for (low, high), layers in sorted(bins.items()):
        means = [math.fsum(column) / len(layers) for column in zip(*layers)]
        rows.append([f"{low:g} to {min(high, 1):g}", len(layers), f"{means[0]:.4f}",
                     f"{means[1]:.3f}", f"{means[2]:.3f}", f"{means[3]:.4f}"])
    last = [float(rows[-1][k]) for k in (3, 4, 5)]
    holds = all(abs(value - 1.0) < 0.02 for value in last)
    return Section(
        "c",
        "The effective number of nodes goes to 1 as VNI goes to 1",
        "All layers of networks of width 8 and 32 before training, by their VNI. N_eff = 1/VNI is a"
        " definition, so that column cannot fail; the effective rank, the exponential of the entropy"
        " of the correlation matrix's eigenvalues, and the share of the largest eigenvalue are"
        " independent of it.",
        [table(["VNI", "layers", "mean VNI", "N_eff", "effective rank", "largest eigenvalue / n"], rows)],
        ("Holds: " if holds else "Does not hold: ")
        + f"in the last bin the effective rank is {last[1]:.3f} and the largest eigenvalue takes"
        f" {100 * last[2]:.1f} % of the trace. With N_eff = 1/VNI alone it would be a definition.",
    )
