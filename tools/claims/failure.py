"""Claim g: failure against depth."""

from estimates import group
from page import Section, table


def _rows(summary, task):
    keys = ("activation", "init", "optimizer")
    trend = {tuple(e[k] for k in keys): e for e in summary["trend"]}
    depth50 = {tuple(e[k] for k in keys): e for e in summary["depth50"]}
    rows, verdicts = [], []
    for key, cells in group(summary["cells"], *keys).items():
        cells = sorted(cells, key=lambda cell: cell["depth"])
        test, middle = trend[key], depth50[key]
        p = test["p_value"]
        rising = p is not None and p < 0.01 and test["z"] > 0
        falling = p is not None and p < 0.01 and test["z"] < 0
        never = all(cell["failed"] == 0 for cell in cells)
        verdicts.append("rises" if rising else "falls" if falling else "none" if never else "no trend")
        ends = [middle["ci_low"], middle["ci_high"]]
        interval = ", ".join("open" if end is None else f"{end:.1f}" for end in ends)
        rows.append([task, *key, *(f"{c['p_fail']:.2f}" for c in cells),
                     f"{middle['estimate']:.1f} [{interval}]" if middle["bracketed"] else "not bracketed",
                     "none" if p is None else f"{test['z']:+.1f}", verdicts[-1]])
    return [f"L = {c['depth']}" for c in cells], rows, verdicts


def failure_with_depth(xor, digits):
    tables, sentences, exceptions = [], [], []
    for sweep, task in ((xor, "xor"), (digits, "digits")):
        depths, rows, verdicts = _rows(sweep.summary(), task)
        deepest = depths[-1].removeprefix("L = ")
        tables.append(table(["task", "activation", "init", "optimizer", *depths,
                             "depth50 [95 % interval]", "z of the trend", "failure"], rows))
        sentences.append(
            f"On {task} failure rises with depth in {verdicts.count('rises')} of {len(rows)} combinations,"
            f" falls in {verdicts.count('falls')}, shows no trend in {verdicts.count('no trend')}, and"
            f" {verdicts.count('none')} never fail up to depth {deepest}.")
        exceptions += [" ".join(row[:4]) for row, v in zip(rows, verdicts) if v != "rises"]
    verdict = ("Holds. " if not exceptions else "Holds under conditions. ") + " ".join(sentences)
    if exceptions:
        verdict += " Without a rise: " + "; ".join(exceptions) + "."
    return Section(
        "g",
        "The probability of failed training rises with depth",
        "P(fail) by depth at one learning rate for each optimizer (the manifests say which), so that a"
        " failure is one of this budget and rate. The trend is the Cochran-Armitage test, called a rise"
        " from p < 0.01; depth50 is where P(fail) is 1/2 by Firth's logistic regression, not given"
        " where the measured depths do not bracket it. Seeds were added until the Wilson interval was"
        " ±0.1 or the most was reached. Only networks at the critical scale, which for gelu and silu is that of an"
        " unstable fixed point: their signals grow with depth.",
        tables,
        verdict,
    )
