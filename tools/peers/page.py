"""The results as Markdown."""

import statistics


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def rates(row, name):
    """Parameter updates per second of each round."""
    return [r["updates_per_second"] for r in row["rounds"][name]]


def per_processor_second(row, name):
    """Median of parameter updates per second of one core."""
    return statistics.median(r["updates_per_second"] * r["seconds"] / r["processor_seconds"]
                             for r in row["rounds"][name])


def ratio(row, name):
    """Median over the rounds of vnsweep's rate over that of the peer in the same round."""
    return statistics.median(a / b for a, b in zip(rates(row, "vnsweep"), rates(row, name)))


def significant(value):
    """Three digits."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def size(row):
    job = row["job"]
    return f"{job['width']}, {job['depth']}, {job['batch']}, {job['optimizer']}"


def peers_of(row):
    return [name for name in row["rounds"] if name != "vnsweep"]


def best_peer(row):
    return max(peers_of(row), key=lambda name: statistics.median(rates(row, name)))


def ratios_table(jobs, device):
    names = peers_of(jobs[0])
    if device != "cpu":  # where the processor only waits
        rows = [[size(row), *(significant(ratio(row, n)) for n in names)] for row in jobs]
        return table(["width, depth, samples, optimizer", *names], rows)
    rows = []
    for row in jobs:
        best = best_peer(row)
        cells = [f"**{significant(ratio(row, n))}**" if n == best else significant(ratio(row, n)) for n in names]
        core = per_processor_second(row, "vnsweep") / per_processor_second(row, best)
        rows.append([size(row), *cells, significant(core)])
    return table(["width, depth, samples, optimizer", *names, "best, per processor second"], rows)


def rates_table(jobs):
    names = ["vnsweep", *peers_of(jobs[0])]
    rows = [[size(row), row["job"]["networks"],
             *(significant(statistics.median(rates(row, n)) / 1e9) for n in names)] for row in jobs]
    return table(["width, depth, samples, optimizer", "networks", *names], rows)


def deviations_text(jobs):
    worst = {kind: max(d[kind] for row in jobs for d in row["deviations"].values()) for kind in ("loss", "weight")}
    return (f"Every peer replayed traced runs of every size: over 50 steps its losses differ by at most"
            f" {worst['loss']:.1g} from those of vnsweep, and its weights after them by {worst['weight']:.1g}.")


def sweep_section(sweep):
    ours = sweep["seconds"]["vnsweep"]
    rows = []
    for name, seconds in sweep["seconds"].items():
        quotient = statistics.median(b / a for a, b in zip(ours, seconds))
        compiling = f"{sweep['compile_seconds'][name]:.0f}" if name != "vnsweep" else ""
        p = f"{sweep['agreement_p'][name]:.2g}" if name != "vnsweep" else ""
        rows.append([name, significant(statistics.median(seconds)), significant(quotient), compiling, p])
    names = list(sweep["agreement_p"])
    cells = [[f"{c['depth']}, {c['width']}", c["runs"], c["vnsweep"], *(c[n] for n in names)]
             for c in sweep["cells"]]
    return "\n\n".join([
        "## A whole sweep with early stopping",
        "The runs of `sweeps/quickstart.yaml`; vnsweep also probes them and stores the results, the peers do not.",
        table(["who", "seconds", "times vnsweep", "seconds to compile, not counted", "p of the counts below"], rows),
        "Failed runs by cell (other random numbers, same chances):",
        table(["depth, width", "runs", "vnsweep", *names], cells)])


def markdown(results):
    """@param results  what measure.measure returns"""
    jobs = results["jobs"]
    program = results["vnsweep"].replace("\n", "; ")
    rounds = len(jobs[0]["rounds"]["vnsweep"])
    sections = [
        f"# vnsweep and its peers: {results['machine']}, {results['device']}, {results['threads']} threads",
        f"Made by `tools/peers/run` on {results['date']} in {results['minutes']} minutes; what is measured is in"
        f" [../README.md](../README.md). {program}; {', '.join(results['versions'])};"
        f" Python {results['python']}. Load of the machine before (1 is one core): {results['load_average']}.",
        "## Times as fast as each peer",
        f"vnsweep's parameter updates per second over the peer's; median of {rounds} rounds in turns, by the clock."
        + (" Best peer in bold. The last column compares processor time with the best peer."
           if results["device"] == "cpu" else ""),
        ratios_table(jobs, results["device"]),
        deviations_text(jobs),
        "## 10^9 parameter updates per second",
        rates_table(jobs),
    ]
    if "sweep" in results:
        sections.append(sweep_section(results["sweep"]))
    return "\n\n".join(sections) + "\n"
