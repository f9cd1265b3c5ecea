"""A whole sweep with early stopping: vnsweep and a peer make the same runs."""

import dataclasses
import queue
import threading
import time

import numpy as np
import scipy.stats

import problem

CHUNK = 20  # steps between two looks at which networks have finished


def jobs_of(cells, learning_rate):
    """Cells of a vnsweep summary as jobs, the deepest, whose runs are longest, first."""
    jobs = [problem.Job(cell["width"], cell["depth"], 4, "sgd", learning_rate, cell["runs"])
            for cell in cells]
    return sorted(jobs, key=lambda job: job.depth * job.width, reverse=True)


def sizes_of(networks):
    """Numbers of networks that a peer trains at once: a finished network leaves at the next of them."""
    return [networks, -(-networks // 2), -(-networks // 5)]


class PeerSweep:
    def __init__(self, peer, jobs, sweep, data):
        """@param sweep  steps, accuracy and loss of success @param data  trace with the data"""
        self._peer = peer
        self._jobs = jobs
        self._sweep = sweep
        self._data = data

    def _cell(self, worker, k, job, steps, networks):
        job = dataclasses.replace(job, networks=networks)
        command = self._sweep | {"steps": steps, "sizes": sizes_of(networks), "data": self._data}
        self._peer.send(worker, do="train_cell", job=dataclasses.asdict(job), chunk=CHUNK, seed=k, **command)
        return self._peer.receive(worker)["failed"]

    def _on_every_worker(self, work):
        threads = [threading.Thread(target=work, args=[worker]) for worker in self._peer.workers]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - start

    def compile(self):
        """Trains one chunk of every shape in every process. @returns seconds"""

        def work(worker):
            for k, job in enumerate(self._jobs):
                for networks in sizes_of(job.networks):
                    self._cell(worker, k, job, CHUNK, networks)

        return self._on_every_worker(work)

    def run(self):
        """@returns seconds, and failed runs by (depth, width)"""
        waiting = queue.SimpleQueue()
        for k, job in enumerate(self._jobs):
            waiting.put((k, job))
        failed = {}

        def work(worker):
            while True:
                try:
                    k, job = waiting.get_nowait()
                except queue.Empty:
                    return
                failed[job.depth, job.width] = self._cell(worker, k, job, self._sweep["steps"], job.networks)

        seconds = self._on_every_worker(work)
        if len(failed) < len(self._jobs):
            raise RuntimeError(f"{self._peer.name} did not finish the sweep; its output is above")
        return seconds, failed


def agreement(runs, ours, theirs):
    """Probability of counts at least as far apart, were both drawn with the same chance of failure.

    Sum over cells of the two-sample chi-square statistic; cells where all or none failed tell nothing.
    @param runs  runs of each cell @param ours, theirs  failed runs of each
    """
    runs, ours, theirs = (np.asarray(a, float) for a in (runs, ours, theirs))
    pooled = (ours + theirs) / (2 * runs)
    told = (pooled > 0) & (pooled < 1)
    square = (ours - theirs)[told]**2 / (2 * runs * pooled * (1 - pooled))[told]
    return float(scipy.stats.chi2.sf(square.sum(), told.sum()))
