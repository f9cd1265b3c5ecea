"""Measures vnsweep and its peers in turns and writes a table of ratios: tools/peers/run [options]"""

import argparse
import itertools
import json
import os
import pathlib
import platform
import re
import statistics
import sys
import tempfile
import time

import page
import problem
import sweep
from entrants import LAYOUTS, PEERS, Peer, Vnsweep
from worker import REPLAYED_STEPS

ROOT = pathlib.Path(__file__).resolve().parents[2]

NETWORKS = {8: 512, 16: 256, 32: 128, 64: 64, 128: 32, 256: 16, 512: 8}  # by width, at depth 10
TIMES_ON_GPU = 16  # so many more networks, which a GPU needs to have work for all its multiprocessors
LEARNING_RATES = {"sgd": 0.01, "adam": 0.001}  # small: wide networks are chaotic at larger ones

# Deviations of a peer from the trace, see Worker.prepare: float32 has 6e-8, the steps multiply it. A wrong
# rule, sample or bias is off by 1e-3 and more.
TOLERANCES = {"loss": 2e-4, "weight": 1e-3}
TRACED_RUNS = 2

# Different random numbers, same chances: less likely than this, and the runs are not the same.
LEAST_AGREEMENT = 1e-4


def log(text):
    print(f"peers: {text}", file=sys.stderr, flush=True)


def options_of_command_line():
    parser = argparse.ArgumentParser(prog="tools/peers/run", description=__doc__)
    parser.add_argument("--vnsweep", default=ROOT / "build/release/vnsweep", help="the program")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)),
                        help="processor cores for everyone (default: all)")
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 16, 32, 64, 128], choices=NETWORKS)
    parser.add_argument("--depths", type=int, nargs="+", default=[10])
    parser.add_argument("--batches", type=int, nargs="+", default=[4, 128],
                        help="samples: 4 is XOR, other numbers are spirals")
    parser.add_argument("--optimizers", nargs="+", default=["sgd", "adam"], choices=LEARNING_RATES)
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--layouts", nargs="+", choices=["processes", "threads"],
                        help="of every peer: a process per core, and one process with all cores"
                        " (default: by processes, JAX both)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one measurement, about")
    parser.add_argument("--times-rest", type=float, default=10,
                        help="vnsweep trains at least so many times as long as it starts and stores")
    parser.add_argument("--sweep", default=ROOT / "sweeps/quickstart.yaml", help="manifest of XOR by SGD")
    parser.add_argument("--sweep-peers", nargs="*", default=["jax", "torch_bmm"], choices=PEERS,
                        help="who makes the whole sweep; none: skip it")
    parser.add_argument("--quick", action="store_true",
                        help="a check of the tool itself: two sizes, one round, no sweep, no file")
    parser.add_argument("--machine", help="name of the results' files (default: processor and cores)")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path(__file__).parent / "results")
    options = parser.parse_args()
    if options.quick:
        options.widths, options.optimizers, options.rounds, options.seconds = [16], ["sgd", "adam"], 1, 0.3
        options.layouts, options.sweep_peers = ["processes"], []
    if options.device == "cuda":
        options.layouts = ["threads"]  # one process drives the device
    if options.threads == 1:
        options.layouts = ["processes"]
    if not pathlib.Path(options.vnsweep).exists():
        sys.exit(f"peers: no program {options.vnsweep}; build it (tools/build) or name it with --vnsweep")
    return options


def machine_name(device):
    if device == "cuda":
        import torch

        return torch.cuda.get_device_name()
    names = re.findall(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.machine()


def jobs_of(options):
    for width, depth, batch, optimizer in itertools.product(
            options.widths, options.depths, options.batches, options.optimizers):
        networks = max(2 * options.threads, NETWORKS[width] * 10 // depth)
        networks *= TIMES_ON_GPU if options.device == "cuda" else 1
        yield problem.Job(width, depth, batch, optimizer, LEARNING_RATES[optimizer], networks)


def chunk_of(job, device):
    """Steps of one call of a peer, so that it lasts some 20 to 200 ms."""
    work = job.networks * job.parameters * job.batch
    most = {"cpu": 1e9, "cuda": 1e12}[device]
    return next((steps for steps in (50, 25, 10) if steps * work <= most), 5)


def replay(peer, job, device, traces):
    """Prepares the peer; ends the program if its training is not the one of the traces."""
    answers = peer.prepare(job, chunk_of(job, device), traces)
    worst = {kind: max(a["deviations"][kind] for a in answers) for kind in TOLERANCES}
    for kind, tolerance in TOLERANCES.items():
        if not worst[kind] <= tolerance:
            sys.exit(f"peers: {peer.name} does not train as vnsweep does (its {kind} is off by {worst[kind]:.2g}"
                     f" within {REPLAYED_STEPS} steps, {job}); one of the two has an error")
    return worst, answers[0]["version"]


def measure_job(job, vnsweep, peers, options):
    """@returns rates by entrant and round, and the peers' deviations from the traces"""
    with tempfile.TemporaryDirectory() as directory:
        traces = vnsweep.trace(job, REPLAYED_STEPS, TRACED_RUNS, directory)
        deviations, versions = {}, set()
        for peer in peers:
            deviations[peer.name], version = replay(peer, job, options.device, traces)
            versions.add(version)
    vnsweep.prepare(job, options.seconds, options.times_rest)
    rounds = {entrant.name: [] for entrant in [vnsweep, *peers]}
    for _ in range(options.rounds):
        rounds[vnsweep.name].append(vnsweep.measure())
        for peer in peers:
            rounds[peer.name].append(peer.measure(options.seconds))
    return {"job": vars(job) | {"parameters": job.parameters}, "deviations": deviations,
            "rounds": rounds}, versions


def measure_sweep(vnsweep, peers, options):
    """@returns seconds of everyone by round, and failed runs by cell"""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        vnsweep.run(options.sweep, directory / "first")
        cells = vnsweep.summary(directory / "first")["cells"]
        manifest = json.loads((directory / "first/manifest.json").read_text())
        jobs = sweep.jobs_of(cells, manifest["train"]["lr"])
        settings = manifest["success"] | {"steps": manifest["train"]["steps"]}
        trace = vnsweep.trace(jobs[-1], 1, 1, directory)[0]
        entrants = [sweep.PeerSweep(peer, jobs, settings, trace) for peer in peers]
        compile_seconds = {}
        for peer, entrant in zip(peers, entrants):
            log(f"the sweep's shapes, {peer.name}")
            compile_seconds[peer.name] = entrant.compile()
        seconds = {name: [] for name in [vnsweep.name, *(peer.name for peer in peers)]}
        failed = {}
        for k in range(options.rounds):
            seconds[vnsweep.name].append(vnsweep.run(options.sweep, directory / f"round-{k}")[0])
            for peer, entrant in zip(peers, entrants):
                elapsed, failed[peer.name] = entrant.run()
                seconds[peer.name].append(elapsed)
    return sweep_results(cells, seconds, failed, compile_seconds)


def sweep_results(cells, seconds, failed, compile_seconds):
    rows = [{"depth": c["depth"], "width": c["width"], "runs": c["runs"], "vnsweep": c["failed"]}
            | {name: counts[c["depth"], c["width"]] for name, counts in failed.items()} for c in cells]
    p_values = {name: sweep.agreement([r["runs"] for r in rows], [r["vnsweep"] for r in rows],
                                      [r[name] for r in rows]) for name in failed}
    for name, p in p_values.items():
        if p < LEAST_AGREEMENT:
            sys.exit(f"peers: {name} fails in other cells of the sweep than vnsweep (p = {p:.2g});"
                     " one of the two has an error")
    return {"seconds": seconds, "compile_seconds": compile_seconds, "cells": rows, "agreement_p": p_values}


def measure(options):
    vnsweep = Vnsweep(options.vnsweep, options.device, options.threads)
    peers = [Peer(key, layout, options.device, options.threads)
             for key in options.peers for layout in options.layouts or LAYOUTS[key]]
    results = {
        "machine": machine_name(options.device), "threads": options.threads, "device": options.device,
        "load_average": round(os.getloadavg()[0], 1), "date": time.strftime("%Y-%m-%d"),
        "vnsweep": vnsweep.version(),
        "python": platform.python_version(), "versions": [], "jobs": [],
    }
    try:
        for job in jobs_of(options):
            log(str(job))
            row, versions = measure_job(job, vnsweep, peers, options)
            results["jobs"].append(row)
            results["versions"] = sorted(versions.union(results["versions"]))
        sweepers = list({p.key: p for p in reversed(peers) if p.key in options.sweep_peers}.values())[::-1]
        if sweepers:
            results["sweep"] = measure_sweep(vnsweep, sweepers, options)
    finally:
        for peer in peers:
            peer.close()
    return results


def main():
    options = options_of_command_line()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:options.threads])
    start = time.perf_counter()
    results = measure(options)
    results["minutes"] = round((time.perf_counter() - start) / 60, 1)
    text = page.markdown(results)
    print(text)
    if not options.quick:
        machine = options.machine or re.sub(
            r"[^a-z0-9]+", "-", f"{results['machine']} {options.device} {options.threads}".lower())
        options.output.mkdir(exist_ok=True)
        (options.output / f"{machine}.md").write_text(text)
        (options.output / f"{machine}.json").write_text(json.dumps(results, indent=1) + "\n")
        log(f"wrote {options.output / machine}.md and .json")


if __name__ == "__main__":
    main()
