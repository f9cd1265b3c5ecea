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
        " shows by chance. gelu's critical scale, 2, is that of an unstable fixed point, from which its"
        " signals grow with depth.",
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


TOLERANCE = 0.1  # slopes this close to theory's are called proportional to first order


def _fitted_theory(excess, prediction):
    """Slope of a prediction, fitted with the weights of the measurement."""
    return weighted_slope([(d - 1, prediction[d], 1.0 / e.error**2) for d, e in excess.items()])


def _against(measured, theory):
    """How a measured slope compares with a predicted one."""
    if measured.low <= theory <= measured.high:
        return f"{theory:.3f}, inside", 0.0
    deviation = (measured.mean - theory) / theory
    return f"{theory:.3f}, {100 * deviation:+.1f} %", abs(deviation)


def depth_over_width(sweep):
    theory = {(c["depth"], c["width"], c["activation"], c["init"]): c for c in sweep.theory()["cells"]}
    rows, first_order, annealed, constant, flat = [], [], [], [], []
    for (activation, init), members in group(sweep.runs(), "activation", "init").items():
        name, slopes = f"{activation} {init}", []
        for width in sorted({row["width"] for row in members}):
            excess = _excess_by_depth(members, width)
            if all(abs(e.mean) < 1e-9 for e in excess.values()):
                flat.append(name)
                rows.append([name, width, "0, exactly", "0, exactly", "0, exactly"])
                continue
            measured = slope_through_origin([(depth - 1, e) for depth, e in excess.items()])
            slopes.append(measured)
            cells = []
            for quantity, deviations in (("vni_local", first_order), ("vni_annealed", annealed)):
                prediction = {d: width * theory[d, width, activation, init][quantity] - 1.0 for d in excess}
                text, deviation = _against(measured, _fitted_theory(excess, prediction))
                cells.append(text)
                deviations.append(deviation)
            rows.append([name, width, measured.text(), *cells])
        if slopes and max(s.low for s in slopes) <= min(s.high for s in slopes):
            constant.append(name)

    def agreement(deviations):
        return f"{deviations.count(0.0)} of {len(deviations)} intervals, at most {100 * max(deviations):.1f} % outside"

    close = max(first_order) <= TOLERANCE
    verdict = (
        f"{'Holds' if close else 'Does not hold'} to first order, with a slope that depends on activation"
        " and initialisation. The slopes"
        f" at all widths agree within their intervals for {', '.join(constant)}."
    )
    if flat:
        verdict += f" It does not hold for {', '.join(sorted(set(flat)))}: there VNI stays at 1/N."
    verdict += (
        f" First-order theory lies in {agreement(first_order)}; the recursion at finite width in"
        f" {agreement(annealed)}."
    )
    return Section(
        "b",
        "VNI is proportional to depth and inversely proportional to width",
        "Slope s of N VNI_local = 1 + s (L - 1), fitted through the origin to depths 2 to 17, with its"
        " 95 % interval, and the same fit to two predictions of `vnsweep theory`: first order in L/N"
        " (here at most 0.34), and the annealed recursion at the very width. If the claim holds, s does"
        " not depend on N; it is called so here where no slope is more than"
        f" {100 * TOLERANCE:.0f} % from first-order theory. For tanh and erf at the critical scale q_l falls with depth, so the growth per"
        " layer changes; one slope only sums it up, with weights that differ from width to width.",
        [table(["network", "N", "slope measured", "first-order theory", "annealed recursion"], rows)],
        verdict,
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
        " independent of it. The claim holds if all three are within 0.02 of 1 in the last bin.",
        [table(["VNI", "layers", "mean VNI", "N_eff", "effective rank", "largest eigenvalue / n"], rows)],
        ("Holds: " if holds else "Does not hold: ")
        + f"in the last bin the effective rank is {last[1]:.3f} and the largest eigenvalue takes"
        f" {100 * last[2]:.1f} % of the trace. With N_eff = 1/VNI alone it would be a definition.",
    )
