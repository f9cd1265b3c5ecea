#!/usr/bin/env python3
"""Sweeps on a real Slurm: slurm_test.py VNSWEEP [names of tests]

Starts a private cluster (tools/cluster/slurm), submits sweeps to it, disturbs them, and demands what one
undisturbed local run exports, byte for byte, each run made once. Exit code 77: Slurm is not installed.
"""
import itertools
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/cluster/slurm"
# Arrays hold 8 tasks, so that 16 shards need two of them.
MAX_ARRAY_SIZE = 9
# Whatever takes longer than this hangs. Slurm alone takes some 20 s to give up a node.
PATIENCE = 150
# Of all tests, below ctest's.
LIMIT = 600

# Batches of networks end one after another, so that there is a middle to disturb.
MANIFEST = """
name: cluster
task: xor
grid: {depth: [30, 40], width: 16, seed: {count: 64}}
train: {lr: 0.1, steps: 1500}
success: {loss: 0.0}
probe: {every: 750, samples: 64}
"""
RUNS = 128
NUMBERS = itertools.count()


class Failure(Exception):
    pass


def call(*words, expected=0):
    """What a program prints; its exit code must be the expected one."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=PATIENCE)
    if done.returncode != expected:
        raise Failure(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + (done.stderr if expected else "")


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"waited {PATIENCE} s for {what}")
        time.sleep(0.1)


class Sweep:
    """A directory that a sweep is submitted to."""

    def __init__(self, folder, name, manifest=MANIFEST):
        self.directory = folder / name
        self.manifest = folder / f"{next(NUMBERS)}.yaml"
        self.manifest.write_text(manifest)

    def submit(self, *options):
        call(VNSWEEP, "submit", self.manifest, "-o", self.directory, *options)

    def jobs(self):
        return json.loads((self.directory / "jobs.json").read_text())["jobs"]

    def job(self):
        """Id of the latest array."""
        return [job["id"] for job in self.jobs() if job["kind"] == "shards"][-1]

    def tasks(self):
        """(index, state, node) of the tasks that are in the queue."""
        ids = ",".join(job["id"] for job in self.jobs())
        lines = call("squeue", "--noheader", "--array", f"--jobs={ids},{ids}", "--format=%K|%T|%N")
        return [line.split("|") for line in lines.splitlines()]

    def wait_for_end(self):
        wait_until(lambda: not self.tasks(), f"the end of the jobs of {self.directory}")

    def log(self, shard=1):
        file = self.directory / f"slurm/shard-{shard}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def stored(self, shard=1):
        """How many runs a shard has committed."""
        file = self.directory / f"runs-{shard}.db"
        if not file.exists():
            return 0
        uri = f"file:{urllib.parse.quote(str(file))}?mode=ro"
        try:
            with sqlite3.connect(uri, uri=True, timeout=10) as database:
                return database.execute("SELECT count(*) FROM runs").fetchone()[0]
        except sqlite3.OperationalError:  # it has no tables yet
            return 0

    def wait_for_middle(self, runs=RUNS):
        """Waits until shard 1 has some of its runs, and stops the process that makes them."""
        def caught():
            if self.stored() == 0:
                return None
            process = self.process()
            if process is None:
                raise Failure(f"the run ended before it could be disturbed: {self.log()}")
            os.kill(process, signal.SIGSTOP)
            return process
        try:
            process = wait_until(caught, f"results of {self.directory}")
        except Failure as failure:
            raise Failure(f"{failure}; tasks: {self.tasks()}; log: {self.log()}") from None
        if self.stored() >= runs:
            raise Failure("the run had made everything before it could be disturbed")
        return process

    def process(self, shard=1):
        """Id of the process that makes a shard."""
        for process in processes_with(f"SLURM_ARRAY_JOB_ID={self.job()}\0"):
            entry = pathlib.Path(f"/proc/{process}")
            try:
                variables = (entry / "environ").read_bytes().split(b"\0")
                if f"SLURM_ARRAY_TASK_ID={shard}".encode() in variables and \
                        (entry / "exe").readlink() == VNSWEEP:
                    return process
            except OSError:  # it ended meanwhile
                continue
        return None

    def node(self, shard=1):
        return next(node for index, state, node in self.tasks() if index == str(shard))

    def exported(self):
        return [call(VNSWEEP, "export", self.directory, "--table", table) for table in ("runs", "probes")]


class SlurmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(CLUSTER).parent / "sweeps"
        cls.folder.mkdir()
        local = Sweep(cls.folder, "local")
        call(VNSWEEP, "run", local.manifest, "-o", local.directory, "--quiet")
        cls.expected = local.exported()
        # The time of these ends a minute later, while other tests run.
        cls.warned = Sweep(cls.folder, "warned")
        cls.warned.submit("--shards", 1, "--time", 1, "--signal=B:USR1@20", "--nodelist=n4")
        cls.late = Sweep(cls.folder, "late")
        cls.late.submit("--shards", 1, "--time", 1, "--nodelist=n4")
        cls.warned_process = cls.warned.wait_for_middle()
        cls.late.wait_for_middle()

    def check_complete(self, sweep):
        """Results are those of one local run, and none was made twice."""
        status = call(VNSWEEP, "status", sweep.directory)
        self.assertIn("pending  0\n", status)
        self.assertIn("jobs     none in the queue\n", status)
        self.assertEqual(sweep.exported(), self.expected)
        merges = (sweep.directory / "slurm/merge.log").read_text(errors="replace")
        added = sum(int(n) for n in re.findall(r"(\d+) runs added", merges))
        again = sum(int(n) for n in re.findall(r"(\d+) there already", merges))
        self.assertEqual((added, again), (RUNS, 0), merges)

    def test_1_a_warned_task_commits_and_puts_itself_back(self):
        sweep = self.warned
        self.assertIn(f"job      {sweep.job()}_1 RUNNING", call(VNSWEEP, "status", sweep.directory))
        wait_until(lambda: "warned of the end" in sweep.log(), "Slurm's warning")
        os.kill(self.warned_process, signal.SIGCONT)
        sweep.wait_for_end()

        self.check_complete(sweep)
        self.assertIn("end with 75", sweep.log())
        self.assertIn("put back into the queue", sweep.log())
        self.assertIn("start 1 on n4", sweep.log())

    def test_2_sixteen_shards_equal_one_local_run(self):
        sweep = Sweep(self.folder, "sixteen")
        sweep.submit("--shards", 16)
        self.assertEqual([job["array"] for job in sweep.jobs()], ["1-8", "1-8", ""])
        nodes = set()

        def ended():
            tasks = sweep.tasks()
            nodes.update(node for _, state, node in tasks if state == "RUNNING")
            return not tasks
        wait_until(ended, "16 shards")

        self.check_complete(sweep)
        self.assertGreater(len(nodes), 1)
        self.assertFalse(list(sweep.directory.glob("runs-[1-9]*.db")))

    def test_3_tasks_get_gpus_and_nothing_in_names_is_interpreted(self):
        name = "it's $(touch ran) `touch ran` \"%j\" |;&\n#SBATCH --hold"
        sweep = Sweep(self.folder, name, MANIFEST.replace("cluster", json.dumps(name)))
        sweep.submit("--shards", 2, "--gpus-per-task", 1, "--device", "cpu")
        sweep.wait_for_end()

        self.check_complete(sweep)
        gpus = {re.search("GPUs (.*)", sweep.log(shard))[1] for shard in (1, 2)}
        self.assertEqual(gpus, {"0", "1"})
        self.assertFalse(list(self.folder.rglob("ran")))

    def test_4_cancelled_jobs_stay_away_and_a_new_submission_goes_on(self):
        sweep = Sweep(self.folder, "cancelled")
        sweep.submit("--shards", 2, "--exclude=n2,n3,n4")
        sweep.wait_for_middle()
        call(VNSWEEP, "cancel", sweep.directory)  # Slurm lets stopped processes go on to their end
        sweep.wait_for_end()
        self.assertIn("ended from outside", sweep.log())
        self.assertNotIn("put back", sweep.log())
        pending = re.search(r"pending  (\d+)", call(VNSWEEP, "status", sweep.directory))[1]
        self.assertGreater(int(pending), 0)

        sweep.submit()
        sweep.wait_for_end()
        self.check_complete(sweep)

    def test_5_a_node_that_never_comes_back_loses_nothing_that_was_stored(self):
        sweep = Sweep(self.folder, "crashed")
        sweep.submit("--shards", 1, "--exclude=n1,n4")
        sweep.wait_for_middle()
        node = sweep.node()
        call(TOOL, "crash", CLUSTER, node)
        self.addCleanup(self.revive, node)
        sweep.wait_for_end()

        self.check_complete(sweep)
        other = {"n2": "n3", "n3": "n2"}[node]
        self.assertIn(f"start 1 on {other}", sweep.log())

    def test_6_a_task_that_nobody_hears_of_ends_in_peace(self):
        sweep = Sweep(self.folder, "silent")
        sweep.submit("--shards", 1, "--exclude=n1,n4")
        process = sweep.wait_for_middle()
        node = sweep.node()
        call(TOOL, "stop-daemon", CLUSTER, node)
        self.addCleanup(self.revive, node)
        # The task elsewhere finds the database in use until the first one has ended.
        wait_until(lambda: "put back into the queue" in sweep.log(), "the task elsewhere")
        self.assertRegex(sweep.log(), "in use by process")
        os.kill(process, signal.SIGCONT)
        sweep.wait_for_end()

        self.check_complete(sweep)

    def test_7_a_task_out_of_time_is_ended_and_submitted_again(self):
        sweep = self.late
        sweep.wait_for_end()
        self.assertIn("warned of the end", sweep.log())
        self.assertIn("DUE TO TIME LIMIT", sweep.log())
        self.assertNotIn("put back", sweep.log())

        sweep.submit("--exclude=n2,n3")
        sweep.wait_for_end()
        self.check_complete(sweep)

    def revive(self, node):
        call(TOOL, "start-node", CLUSTER, node)
        wait_until(lambda: call("sinfo", "--noheader", f"--nodes={node}", "--format=%T").strip() == "idle",
                   f"node {node}")


def processes_with(text):
    """Ids of processes in whose environment a text stands."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (entry / "environ").read_bytes():
                yield int(entry.name)
        except OSError:  # it ended meanwhile
            continue


def run_inside_cluster():
    """This program again, with a cluster around it that ends with it, in whatever way."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="vnsweep-slurm-") as folder:
        process = subprocess.Popen([TOOL, "run", f"{folder}/c", "--max-array-size", str(MAX_ARRAY_SIZE),
                                    "--", sys.executable, "-B", __file__, *sys.argv[1:]])
        try:
            code = process.wait(LIMIT)
        finally:
            process.terminate()  # no matter if it has ended
            process.wait()
        left = list(processes_with(f"SLURM_CONF={folder}/c/slurm.conf"))
        if left:
            print(f"the cluster has ended but for the processes {left}", file=sys.stderr)
        return code or len(left)


if __name__ == "__main__":
    VNSWEEP = pathlib.Path(sys.argv[1]).resolve()
    CLUSTER = os.environ.get("VNSWEEP_TEST_CLUSTER")
    if CLUSTER is None:
        sys.exit(run_inside_cluster())
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2, failfast=False)
