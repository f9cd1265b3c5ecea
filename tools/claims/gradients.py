"""Claim d: two ways to fail that come apart."""

import math

from estimates import Estimate, group, median
from page import Section, table

HEALTHY = 1.0  # |log10(g_1/g_L)| up to here is called healthy
LARGE, SMALL = 0.8, 0.3  # VNI from / up to here is called vanished / kept


def gradients_apart(sweep):
    rows, found = [], {}
    for (width, scale, activation, init), members in group(
            sweep.runs(), "width", "scale", "activation", "init").items():
        vni = Estimate([r["vni_initial"] for r in members])
        ratio = median([r["log10_gradient_ratio"] for r in members
                        if r["log10_gradient_ratio"] is not None])
        gradients = ("vanishing" if ratio < -3 else "exploding" if ratio > 3
                     else "healthy" if abs(ratio) <= HEALTHY else "between")
        nodes = "vanished" if vni.mean >= LARGE else "kept" if vni.mean <= SMALL else "between"
        name = f"{activation} {init}, N = {width}, scale {scale:g}"
        found.setdefault((gradients, nodes), []).append(name)
        rows.append([f"{activation} {init}", width, f"{scale:g}", vni.text(),
                     f"{ratio:+.1f}" if math.isfinite(ratio) else "none", gradients, nodes])
    corners = [("healthy", "kept"), ("healthy", "vanished"), ("vanishing", "kept"),
               ("exploding", "kept"), ("vanishing", "vanished"), ("exploding", "vanished")]
    present = [corner for corner in corners if corner in found]
    apart = ("healthy", "vanished") in found and (
        ("vanishing", "kept") in found or ("exploding", "kept") in found)
    listed = "; ".join(f"{g} gradients with {n} nodes: {found[g, n][0]}" for g, n in present)
    return Section(
        "d",
        "Vanishing or exploding gradients and vanishing nodes are separate",
        f"Before training, depth {sweep.runs()[0]['depth']}: VNI of the last layer and the median of"
        " log10(g_1/g_L). Gradients are called vanishing below -3, exploding above 3, healthy within"
        f" ±{HEALTHY:g}; nodes vanished from VNI {LARGE:g} on, kept up to {SMALL:g}.",
        [table(["network", "N", "scale", "VNI", "log10(g_1/g_L)", "gradients", "nodes"], rows)],
        ("Holds: each occurs without the other. " if apart else "Not shown: one does not occur"
         " without the other here. ") + f"Examples: {listed}.",
    )
