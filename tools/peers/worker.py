"""One peer in one process: worker.py MODULE DEVICE THREADS

Reads commands, one JSON object a line, and answers each with one. The process stays, so that the
peers can be measured in turns; while it waits it uses no processor.
"""

import importlib
import json
import os
import sys
import time

import numpy as np

import problem

REPLAYED_STEPS = 50  # longer ones diverge: training magnifies rounding


def set_threads(module, threads):
    """JAX takes its number of threads from the environment that the process was started with."""
    if module.startswith("torch"):
        import torch

        torch.set_num_threads(threads)
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.set_float32_matmul_precision("highest")


class Worker:
    def __init__(self, module, device):
        self._peer = importlib.import_module(module)
        self._device = device
        self._trainer = None
        self._chunk = None

    def _make(self, networks, job, data):
        return self._peer.Trainer(networks, *data, job.optimizer, job.learning_rate, self._device)

    def prepare(self, job, chunk, traces, seed):
        """Replays traced runs, which compiles what there is to compile, then makes the job's networks.

        @param chunk  steps of one call
        @returns deviations from the traces: the largest of the losses, the root mean square of weights and biases
        """
        job = problem.Job(**job)
        traces = [problem.read_safetensors(path) for path in traces]
        data = traces[0]["input"].astype(np.float32), traces[0]["target"].reshape(-1).astype(np.float32)
        copies = np.arange(job.networks) % len(traces)
        self._trainer = None  # frees its memory first
        self._trainer = self._make(problem.networks_of_traces(traces, "initial").part(copies), job, data)
        logits = np.concatenate([self._trainer.train(chunk) for _ in range(REPLAYED_STEPS // chunk)])

        loss = problem.losses(logits, data[1])  # (steps, networks)
        expected = np.stack([trace["loss"] for trace in traces], axis=1)[:, copies]
        ours, theirs = problem.networks_of_traces(traces, "final").part(copies), self._trainer.networks()
        pairs = zip(ours.weights + ours.biases, theirs.weights + theirs.biases, strict=True)
        # Adam moves a weight whose gradient is rounding alone as far as any other, either way: such weights
        # differ, but the root mean square hardly shows them.
        squares = np.concatenate([(a - b).ravel() for a, b in pairs]).astype(np.float64)**2
        deviations = {"loss": float(np.max(np.abs(loss - expected))),
                      "weight": float(np.sqrt(np.mean(squares)))}

        self._trainer = self._make(problem.draw_networks(job, seed), job, data)
        self._chunk = chunk
        self._trainer.train(chunk)  # warm-up
        return {"deviations": deviations, "version": self._peer.Trainer.version}

    def measure(self, seconds):
        """Trains until the time is over."""
        steps = 0
        processor = time.process_time()
        start = time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds or steps == 0:
            self._trainer.train(self._chunk)
            steps += self._chunk
        return {"steps": steps, "seconds": elapsed, "processor_seconds": time.process_time() - processor}

    def train_cell(self, job, chunk, steps, accuracy, loss, sizes, seed, data):
        """Trains a cell's networks until each has succeeded or its steps are spent.

        Finished networks leave when the rest fits the next of `sizes`; the trainer is made anew from the
        weights, which is all there is to SGD.
        @param data  trace that the data are taken from
        """
        job = problem.Job(**job)
        trace = problem.read_safetensors(data)
        data = trace["input"].astype(np.float32), trace["target"].reshape(-1).astype(np.float32)
        trainer = self._make(problem.draw_networks(job, seed), job, data)
        running = np.ones(job.networks, bool)
        succeeded = 0
        for _ in range(0, steps, chunk):
            logits = np.asarray(trainer.train(chunk))
            reached = ((problem.accuracies(logits, data[1]) >= accuracy)
                       & (problem.losses(logits, data[1]) <= loss)).any(axis=0)
            succeeded += int(np.sum(reached & running))
            running &= ~reached
            if not running.any():
                break
            size = min(s for s in sizes if s >= running.sum())
            if size < len(running):
                kept = np.argsort(~running, kind="stable")[:size]
                trainer = self._make(trainer.networks().part(kept), job, data)
                running = running[kept]
        return {"failed": job.networks - succeeded}


def main():
    module, device, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    set_threads(module, threads)
    worker = Worker(module, device)
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(worker, command.pop("do"))(**command)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
