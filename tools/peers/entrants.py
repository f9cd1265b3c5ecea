"""Those that are measured: vnsweep, and each peer in each way of using the processor's cores."""

import dataclasses
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent

PEERS = {
    "jax": ("jax_peer", "JAX jit(scan(vmap(grad)))"),
    "torch_bmm": ("torch_bmm_peer", "PyTorch bmm"),
    "torch_compile": ("torch_compile_peer", "PyTorch torch.compile"),
    "torch_func": ("torch_func_peer", "PyTorch torch.func"),
    "torch_loop": ("torch_loop_peer", "PyTorch one at a time"),
}

# How a peer uses several cores unless told: on a busy machine a process per core was the fastest wherever both
# were measured, but for JAX at width 8. The threads of PyTorch wait for each other after every small product.
LAYOUTS = {key: ["processes"] for key in PEERS} | {"jax": ["processes", "threads"]}

# A network of the loop costs the same whatever their number, so a few tell its rate.
NETWORKS_OF_THE_LOOP = 4


def manifest(job, seeds, steps):
    """The job as a manifest. Its success is out of reach, and it is probed as little as can be."""
    task = "xor" if job.batch == 4 else {"name": "spirals", "samples": job.batch}
    return {
        "name": "peers",
        "task": task,
        "grid": {"depth": job.depth, "width": job.width, "scale": 1.0, "seed": {"count": seeds}},
        "model": {"activation": "tanh"},
        "train": {"optimizer": job.optimizer, "lr": job.learning_rate, "steps": steps, "batch": "full"},
        "success": {"accuracy": 1.0, "loss": 0.0},
        "probe": {"samples": 2, "spectrum": "none"},
    }


class Vnsweep:
    """The whole program as a user starts it: `vnsweep run`, from reading the manifest to the store."""

    name = "vnsweep"

    def __init__(self, program, device, threads):
        self._program = str(program)
        self._run_options = ["--device", device] + (["--threads", str(threads)] if device == "cpu" else [])
        self._device = device
        self._steps = None
        self._job = None

    def version(self):
        return self._call("--version").stdout.strip()

    def _call(self, *arguments):
        result = subprocess.run([self._program, *arguments], capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"vnsweep {arguments[0]} failed (exit code {result.returncode}):"
                               f" {result.stderr[-2000:]}")
        return result

    def trace(self, job, steps, seeds, directory):
        """Traces one run per seed. @returns the files"""
        path = pathlib.Path(directory) / "trace.json"
        path.write_text(json.dumps(manifest(job, seeds, steps)))
        files = [str(path.with_suffix(f".{k}.safetensors")) for k in range(seeds)]
        for k, file in enumerate(files):
            self._call("trace", str(path), "--index", str(k), "-o", file, "--device", self._device)
        return files

    def run(self, path, output):
        """@returns seconds from start to exit and processor seconds"""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        self._call("run", str(path), "-o", str(output), *self._run_options)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return seconds, processor

    def summary(self, output):
        return json.loads(self._call("summary", str(output), "--format", "json").stdout)

    def _run_job(self, steps):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "job.json"
            path.write_text(json.dumps(manifest(self._job, self._job.networks, steps)))
            times = self.run(path, pathlib.Path(directory) / "results")
            cell = self.summary(pathlib.Path(directory) / "results")["cells"][0]
        if cell["failed"] != self._job.networks:
            raise RuntimeError(f"runs of vnsweep ended before their {steps} steps ({self._job}), so its rate is"
                               " unknown; lower --seconds")
        return times

    def prepare(self, job, seconds, times_rest):
        """Finds how many steps take about so many seconds and so many times as long as all the rest: starting
        the program, reading the manifest, probing and storing, which count as vnsweep's time. A real sweep
        trains far longer than it does these, so what is measured should, too."""
        self._job = job
        rest = max(self._run_job(1)[0] for _ in range(2))
        seconds = max(seconds, times_rest * rest)
        steps = 50
        while (training := self._run_job(steps)[0] - rest) < 0.2 * seconds:
            steps *= 4
        self._steps = max(1, round(steps * seconds / training))

    def measure(self):
        seconds, processor = self._run_job(self._steps)
        updates = self._job.networks * self._job.parameters * self._steps
        return {"updates_per_second": updates / seconds, "steps": self._steps, "seconds": seconds,
                "processor_seconds": processor}


class Peer:
    """A peer's worker processes; the networks of a job are divided among them.

    @param layout  "threads": one process with all threads; "processes": a process per thread
    """

    def __init__(self, key, layout, device, threads):
        module, title = PEERS[key]
        self.key, self.layout, self.threads = key, layout, threads
        workers = threads if layout == "processes" else 1
        each = threads // workers
        self.name = title if workers == threads == 1 or device == "cuda" else f"{title}, {workers} x {each} threads"
        environment = os.environ | {
            "OMP_NUM_THREADS": str(each), "MKL_NUM_THREADS": str(each),
            "NPROC": str(each),  # the size of XLA's thread pool
            "JAX_PLATFORMS": device,
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # of a GPU's memory, which all share
            "TORCHINDUCTOR_MAX_AUTOTUNE_REPORT_CHOICES_STATS": "0",
        }
        command = [sys.executable, str(HERE / "worker.py"), module, device, str(each)]
        self.workers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
            for _ in range(workers)
        ]
        self._job = None

    def close(self):
        for worker in self.workers:
            worker.stdin.close()
            worker.wait()

    def send(self, worker, **command):
        worker.stdin.write(json.dumps(command) + "\n")
        worker.stdin.flush()

    def receive(self, worker):
        line = worker.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended (its output is above); measure the others with --peers")
        return json.loads(line)

    def prepare(self, job, chunk, traces):
        """@returns the answers of the workers; see Worker.prepare"""
        count = len(self.workers)
        share = NETWORKS_OF_THE_LOOP if self.key == "torch_loop" else -(-job.networks // count)
        self._job = dataclasses.replace(job, networks=share)
        # One after the other, so that the second finds in the cache what the first has compiled.
        answers = []
        for k, worker in enumerate(self.workers):
            self.send(worker, do="prepare", job=dataclasses.asdict(self._job), chunk=chunk, traces=traces, seed=k)
            answers.append(self.receive(worker))
        return answers

    def measure(self, seconds):
        for worker in self.workers:
            self.send(worker, do="measure", seconds=seconds)
        answers = [self.receive(worker) for worker in self.workers]
        updates = self._job.networks * self._job.parameters
        return {"updates_per_second": sum(updates * a["steps"] / a["seconds"] for a in answers),
                "steps": min(a["steps"] for a in answers),
                "seconds": max(a["seconds"] for a in answers),
                "processor_seconds": sum(a["processor_seconds"] for a in answers)}
