"""Claims about trained networks: e, f."""

import math

from estimates import Estimate, group, proportion_text, wilson
from gradients import HEALTHY
from page import Section, table


def nodes_during_training(sweep):
    rows, rises, falls, kept = [], [], [], []
    for (activation, init, depth), members in group(
            sweep.runs(), "activation", "init", "depth").items():
        for status in ("succeeded", "failed"):
            chosen = [r for r in members if r["status"] == status and r["vni_initial"] is not None
                      and r["vni_final"] is not None]
            if len(chosen) < 5:
                continue
            change = Estimate([r["vni_final"] - r["vni_initial"] for r in chosen])
            name = f"{activation} {init}, L = {depth}, {status}"
            (rises if change.low > 0 else falls if change.high < 0 else kept).append(name)
            start = Estimate([r["vni_initial"] for r in chosen])
            end = Estimate([r["vni_final"] for r in chosen])
            rows.append([f"{activation} {init}", depth, status, len(chosen), f"{start.mean:.3f}",
                         f"{end.mean:.3f}", f"{change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}]",
                         "rises" if change.low > 0 else "falls" if change.high < 0 else "neither"])
    verdict = (
        f"Holds under conditions: VNI rises in {len(rises)}, falls in {len(falls)} and does"
        f" neither in {len(kept)} of {len(rows)} groups."
        if falls or kept else f"Holds in all {len(rows)} groups."
    )
    if falls:
        verdict += " It falls for " + "; ".join(falls) + "."
    return Section(
        "e",
        "VNI rises during training",
        "XOR, width 16, SGD: VNI of the last hidden layer at the start and at the last step (its probe"
        " inputs have two dimensions, so that even unrelated nodes are far from VNI 1/16), and the"
        " mean change within a run with its 95 % interval, runs that learn and runs that fail apart"
        " (groups of at least five).",
        [table(["network", "L", "runs that", "count", "start", "end", "change", ""], rows)],
        verdict,
    )


BINS = [(0.0, 0.7), (0.7, 0.9), (0.9, 1.01)]
FAIL, DEAD = 0.9, 0.5  # shares from which the claim holds


def _with_initial_ratio(sweep):
    """Runs, each with log10(g_1/g_L) before training."""
    ends = {}
    for row in sweep.layers():
        if row["step"] == 0 and row["layer"] in (1, row["depth"]):
            ends.setdefault(row["run_id"], {})[row["layer"]] = row["gradient_rms"]
    runs = []
    for run in sweep.runs():
        gradients = ends[run["run_id"]]
        first, last = gradients[1], gradients[run["depth"]]
        if first and last and run["vni_initial"] is not None:
            runs.append({**run, "ratio_initial": math.log10(first / last)})
    return runs


def walking_dead(sweep):
    runs = _with_initial_ratio(sweep)
    healthy = [r for r in runs if abs(r["ratio_initial"]) <= HEALTHY]
    rows = []
    for (init, lr), members in group(healthy, "init", "lr").items():
        for low, high in BINS:
            cell = [r for r in members if low <= r["vni_initial"] < high]
            failed = [r for r in cell if r["status"] == "failed"]
            causes = [sum(r["cause"] == c for r in failed)
                      for c in ("vanishing", "exploding", "walking_dead", "unconverged")]
            if len(cell) >= 10:
                rows.append([init, f"{lr:g}", f"{low:g} to {min(high, 1):g}", len(cell),
                             proportion_text(len(failed), len(cell)), *causes])
    near_one = [r for r in healthy if r["vni_initial"] >= 0.9]
    failed = [r for r in near_one if r["status"] == "failed"]
    dead = sum(r["cause"] == "walking_dead" for r in failed)
    vanished = sum(r["cause"] == "vanishing" for r in failed)
    learned_there = [r for r in runs if r["status"] == "succeeded" and (r["vni_final"] or 0) >= 0.9]
    others = [r for r in healthy if r["vni_initial"] < 0.7]
    others_failed = sum(r["status"] == "failed" for r in others)
    fails_more = wilson(len(failed), len(near_one))[0] > wilson(others_failed, len(others))[1]
    holds = len(failed) >= FAIL * len(near_one) and dead >= DEAD * len(failed)
    verdict = (
        f"{'Holds' if holds else 'Holds only in part' if fails_more else 'Does not hold'}. Of networks with healthy gradients and VNI of at least 0.9 at the start"
        f" {proportion_text(len(failed), len(near_one))} fail, against"
        f" {proportion_text(others_failed, len(others))} of those that start below 0.7"
        f"{', so the indicator foretells failure' if fails_more else ''}. It does not forbid learning: {len(learned_there)} runs have learned and end"
        f" with VNI of at least 0.9. And gradients need not stay healthy: of the {len(failed)} failures"
        f" {dead} end as walking dead, while in {vanished} the gradients have vanished by the end."
    )
    return Section(
        "f",
        "At VNI near 1 a network cannot learn XOR although gradients neither vanish nor explode",
        f"XOR, width 8, tanh, depth 10 to 100, scale 1 and 1.2, at most 5000 steps of SGD. Only"
        f" networks with |log10(g_1/g_L)| of at most {HEALTHY:g} before training ({len(healthy)} of"
        f" {len(runs)}), by their VNI before training: share that fails, and why, from the state at"
        " the end. Orthogonal networks of the same sizes are the control. The claim is said to hold if at"
        f" least {FAIL:.0%} of those that start at VNI 0.9 or more fail and {DEAD:.0%} of these failures end"
        " as walking dead, and in part if they fail more often than those that start below 0.7, their"
        " intervals apart.",
        [table(["init", "learning rate", "VNI at the start", "runs", "P(fail)", "vanishing",
                "exploding", "walking dead", "unconverged"], rows)],
        verdict,
    )
