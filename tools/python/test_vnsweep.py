"""Tests of vnsweep.py: makes small sweeps with the program that the environment's VNSWEEP names, and compares."""

import contextlib
import json
import math
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import pandas as pd

import vnsweep

PROGRAM = os.environ.get("VNSWEEP")

# Dead layers, divergence, Jacobians, two activations.
XOR = {
    "name": "xor",
    "task": "xor",
    "grid": {"depth": [12, 1, 3], "width": [2, 4], "scale": [0.5, "critical", 40], "activation": ["relu", "tanh"],
             "seed": {"count": 4}},
    "train": {"lr": 0.5, "steps": 60},
    "success": {"accuracy": 1.0, "loss": 0.3},
    "probe": {"every": 20, "samples": 8, "jacobians": 3},
}
# No accuracy, numbers that only this task has, axes that advance together, a point apart.
TEACHER = {
    "name": "teacher",
    "task": {"name": "teacher", "samples": 24, "inputs": 3, "noise": 0.01, "data_seed": 2**53 + 1},
    "grid": {"depth": [1, 2], "width": [3, 5], "lr": [0.01, 0.02], "zip": ["width", "lr"],
             "include": [{"depth": 4, "momentum": 0.5, "bias_scale": 0}], "seed": {"from": 2**60, "count": 3}},
    "train": {"steps": 9, "batch": 7},
    "success": {"loss": 0.5, "every": 2},
    "probe": {"samples": 4, "every": 3, "spectrum": "ends"},
    "seeding": "paired",
}
# A file, whose place is exported and tells no runs apart.
CSV = {
    "name": "from file",
    "task": {"name": "csv", "file": "points.csv", "subset": 4},
    "grid": {"depth": [2, 3], "width": 4, "batch": [2, "full"], "seed": [5, 3]},
    "train": {"lr": 0.1, "steps": 5, "optimizer": "adam"},
    "success": {"accuracy": 0.9},
    "probe": {"spectrum": "none"},
}
POINTS = "x,y,label\n" + "".join(f"{k},{k * k % 7},{'odd' if k % 2 else 'even'}\n" for k in range(6))


def call(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def run_sweep(manifest, directory):
    """@returns the directory of its results"""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "points.csv").write_text(POINTS)
    file = directory / f"{manifest['name']}.yaml"
    file.write_text(json.dumps(manifest))
    call("run", file, "-o", directory / "results", "--quiet")
    return directory / "results"


def exported_runs(directory):
    return json.loads(call("export", directory, "--table", "runs", "--format", "json", "--full"))


def exported_probes(directory):
    return json.loads(call("export", directory, "--table", "probes", "--format", "json"))


def summarized_cells(directory, *options):
    """Cells of the summary, flat, without what theory predicts."""
    summary = json.loads(call("summary", directory, "--format", "json", *options))
    for cell in summary["cells"]:
        cell.update(cell.pop("causes"), confidence=summary["confidence"], method=summary["method"])
        del cell["m1_theory"], cell["local_vni_theory"]
    return summary["cells"]


def plain(value):
    """A value of a data frame as JSON has it, but for infinite numbers."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def rows_of(frame):
    columns = {name: [plain(value) for value in frame[name]] for name in frame.columns}
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


@contextlib.contextmanager
def writing(directory, name="runs-0.db"):
    """A connection that commits at the end. What it changed has no checksum any more."""
    with contextlib.closing(sqlite3.connect(directory / name)) as database, database:
        yield database
        for table in ("runs", "probes"):
            if "checksum" in (column[1] for column in database.execute(f"PRAGMA table_info({table})")):
                database.execute(f"UPDATE {table} SET checksum = NULL")


MADE = {}  # results of each manifest, which a test copies before it changes them


def setUpModule():
    shared = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(shared.cleanup)
    for manifest in (XOR, TEACHER, CSV):
        MADE[manifest["name"]] = run_sweep(manifest, pathlib.Path(shared.name) / manifest["name"])


class SweepTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def copy_of(self, name):
        return pathlib.Path(shutil.copytree(MADE[name], self.folder / name))

    def assert_same_rows(self, frame, expected, close=()):
        """@param close  columns that may differ by rounding"""
        rows = rows_of(frame)
        self.assertEqual(len(rows), len(expected))
        for row, other in zip(rows, expected):
            self.assertEqual(set(row), set(other))
            for name, value in other.items():
                if isinstance(row[name], float) and value in ("inf", "-inf"):
                    value = float(value)
                if name in close:
                    self.assertAlmostEqual(row[name], value, delta=1e-14, msg=name)
                else:
                    self.assertEqual(row[name], value, name)

    def assert_agrees_with_program(self, directory):
        runs, probes = exported_runs(directory), exported_probes(directory)
        self.assert_same_rows(vnsweep.read_runs(directory), runs)
        self.assertEqual(list(vnsweep.read_runs(directory).columns), list(runs[0]))
        self.assert_same_rows(vnsweep.read_probes(directory), probes)
        self.assertEqual(list(vnsweep.read_probes(directory).columns), list(probes[0]))
        self.assert_same_rows(vnsweep.read_cells(directory), summarized_cells(directory), ["ci_low", "ci_high"])


class AgreementTest(SweepTest):
    """Every number is that of export and summary."""

    def test_sweeps_agree_with_the_program(self):
        for name, directory in MADE.items():
            with self.subTest(name):
                self.assert_agrees_with_program(directory)

    def test_the_sweeps_hold_what_is_hard_to_read(self):
        xor, probes = vnsweep.read_runs(MADE["xor"]), vnsweep.read_probes(MADE["xor"])
        teacher = vnsweep.read_runs(MADE["teacher"])

        self.assertEqual(set(xor.status), {"succeeded", "failed"})
        self.assertGreaterEqual(set(xor.cause), {"exploding", "unconverged"})
        self.assertTrue(((probes.live == 0) & probes.vni.isna()).any())
        self.assertTrue((probes.live < probes.width).any())
        self.assertTrue(xor.vni_initial.isna().any())
        self.assertTrue(probes.m1.notna().all())
        self.assertTrue(xor.loss.isna().any())
        self.assertTrue(np.isinf(xor.log10_gradient_ratio).any())
        self.assertEqual(set(teacher.data_seed), {2**53 + 1})
        self.assertEqual(set(teacher.seed), {2**60, 2**60 + 1, 2**60 + 2})
        self.assertEqual(set(vnsweep.read_runs(MADE["from file"]).batch), {2, "full"})

    def test_csv_summary_has_the_same_columns_in_the_same_order(self):
        for name, directory in MADE.items():
            head = call("summary", directory, "--format", "csv").splitlines()[0].split(",")

            columns = list(vnsweep.read_cells(directory).columns)

            self.assertEqual(columns, [key for key in head if not key.endswith("_theory")], name)

    def test_another_confidence_agrees_with_summary(self):
        cells = vnsweep.read_cells(MADE["xor"], confidence=0.8)

        self.assert_same_rows(cells, summarized_cells(MADE["xor"], "--confidence", 0.8), ["ci_low", "ci_high"])

    def test_manifests_that_share_a_directory_agree(self):
        directory = run_sweep(XOR, self.folder)
        run_sweep({**XOR, "grid": {**XOR["grid"], "depth": 2}, "probe": {"samples": 4}}, self.folder)

        self.assert_agrees_with_program(directory)
        self.assertIn("probe.samples", vnsweep.read_cells(directory).columns)

    def test_where_the_data_are_makes_no_cell(self):
        directory = run_sweep(CSV, self.folder)
        shutil.copy(self.folder / "points.csv", self.folder / "elsewhere.csv")
        run_sweep({**CSV, "task": {**CSV["task"], "file": "elsewhere.csv"}, "grid": {**CSV["grid"], "seed": [3, 7]}},
                  self.folder)

        self.assert_agrees_with_program(directory)
        self.assertEqual(vnsweep.read_runs(directory).file.nunique(), 2)
        self.assertEqual(set(vnsweep.read_cells(directory).runs), {3})

    def test_several_databases_agree(self):
        directory = self.copy_of("xor")
        other = run_sweep({**XOR, "grid": {**XOR["grid"], "seed": {"from": 2, "count": 4}}}, self.folder / "other")
        with writing(other) as database:
            # An error in one where the other has a result, and one that stays an error.
            errors = "id IN (SELECT id FROM runs WHERE json_extract(config, '$.grid.seed') IN (2, 5))"
            database.execute(f"DELETE FROM probes WHERE run IN (SELECT id FROM runs WHERE {errors})")
            database.execute("UPDATE runs SET status = 'error', error = 'no ''memory''', cause = NULL, steps = NULL,"
                             " loss = NULL, accuracy = NULL, vni_initial = NULL, vni_final = NULL,"
                             f" n_eff_final = NULL, m1_initial = NULL, local_vni_initial = NULL WHERE {errors}")
        shutil.copy(other / "runs-0.db", directory / "runs-1.db")

        self.assert_agrees_with_program(directory)
        runs = vnsweep.read_runs(directory)
        self.assertEqual(set(runs.seed[runs.status == "error"]), {5})
        self.assertEqual(len(runs), 36 * 6)

    def test_databases_of_schema_1_agree(self):
        directory = self.copy_of("teacher")
        with writing(directory) as database:
            for table, columns in {"runs": ("m1_initial", "local_vni_initial", "checksum"),
                                   "probes": ("m1", "m2", "local_vni", "checksum"), "sessions": ("seconds",)}.items():
                for column in columns:
                    database.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
            database.execute("PRAGMA user_version = 1")

        self.assert_agrees_with_program(directory)

    def test_names_of_directories_mean_nothing(self):
        directory = pathlib.Path(shutil.copytree(MADE["teacher"], self.folder / "a b#c?mode=rw%20'é"))

        self.assert_agrees_with_program(directory)

    def test_a_part_of_the_probes_is_that_part(self):
        directory = MADE["xor"]
        everything = vnsweep.read_probes(directory)
        ends = everything.groupby("run_id").step

        first = vnsweep.read_probes(directory, steps="first", spectra=False)
        last = vnsweep.read_probes(directory, steps="last", layers="last")

        expected = everything[everything.step == 0].drop(columns="spectrum")
        pd.testing.assert_frame_equal(first, expected.reset_index(drop=True))
        expected = everything[(everything.step == ends.transform("max")) & (everything.layer == everything.depth)]
        pd.testing.assert_frame_equal(last.drop(columns="spectrum"),
                                      expected.drop(columns="spectrum").reset_index(drop=True))
        self.assertEqual(list(map(list, last.spectrum)), list(map(list, expected.spectrum)))

    def test_the_class_reads_what_the_functions_read(self):
        directory = MADE["teacher"]

        sweep = vnsweep.Sweep(str(directory))

        self.assertEqual(sweep.name, "teacher")
        self.assertEqual(sweep.manifest["train"]["steps"], 9)
        self.assertIn(f"numerics version {sweep.numerics_version}", call("--version"))
        pd.testing.assert_frame_equal(sweep.runs(), vnsweep.read_runs(directory))
        pd.testing.assert_frame_equal(sweep.cells(0.5), vnsweep.read_cells(directory, 0.5))
        pd.testing.assert_frame_equal(sweep.probes(steps="last", spectra=False),
                                      vnsweep.read_probes(directory, steps="last", spectra=False))


class HandMadeTest(SweepTest):
    """Numbers chosen here, against an error that vnsweep and vnsweep.py could share."""

    def setUp(self):
        super().setUp()
        # Two layers of two nodes, three probe inputs. Live nodes: 2 and 1, so 2 + 1 eigenvalues.
        self.directory = self.copy_of("xor")
        with writing(self.directory) as database:
            rows = database.execute(
                "SELECT id FROM runs WHERE json_extract(config, '$.grid.depth') = 1"
                " AND json_extract(config, '$.grid.width') = 2 AND json_extract(config, '$.grid.scale') = 0.5"
                " AND json_extract(config, '$.model.activation') = 'tanh' ORDER BY run_id").fetchall()
            self.kept = [row for row, in rows]
            kept = ", ".join(map(str, self.kept))
            database.execute(f"DELETE FROM probes WHERE run NOT IN ({kept}) OR step > 0")
            database.execute(f"DELETE FROM runs WHERE id NOT IN ({kept})")

    def update(self, row, **values):
        with writing(self.directory) as database:
            for name, value in values.items():
                database.execute(f"UPDATE runs SET {name} = ? WHERE id = ?", (value, row))

    def test_a_cell_is_counted_by_hand(self):
        a, b, c, d = self.kept
        self.update(a, status="failed", cause="vanishing", vni_final=0.5, n_eff_final=2.0)
        self.update(b, status="succeeded", cause=None, vni_final=0.75, n_eff_final=4 / 3)
        self.update(c, status="failed", cause="walking_dead", vni_final=None, n_eff_final=0.0)
        self.update(d, status="error", error="out of memory", cause=None, vni_final=None, n_eff_final=None)

        cells = vnsweep.read_cells(self.directory)

        self.assertEqual(len(cells), 1)
        cell = cells.iloc[0]
        self.assertEqual((cell.depth, cell.width, cell.scale, cell.activation), (1, 2, 0.5, "tanh"))
        self.assertEqual((cell.runs, cell.failed, cell.errors), (3, 2, 1))
        self.assertAlmostEqual(cell.p_fail, 2 / 3)
        # SciPy 1.17.1, binomtest(2, 3).proportion_ci(0.95, "wilson").
        self.assertAlmostEqual(cell.ci_low, 0.20765960080204777)
        self.assertAlmostEqual(cell.ci_high, 0.9385080552796037)
        self.assertAlmostEqual(cell.vni_final_mean, 0.625)
        self.assertAlmostEqual(cell.n_eff_final_mean, 10 / 9)
        self.assertEqual((cell.exploding, cell.vanishing, cell.walking_dead, cell.unconverged), (0, 1, 1, 0))

    def test_a_cell_of_errors_says_nothing(self):
        for row in self.kept:
            self.update(row, status="error", error="lost", cause=None)

        cell = vnsweep.read_cells(self.directory).iloc[0]

        self.assertEqual((cell.runs, cell.failed, cell.errors), (0, 0, 4))
        self.assertTrue(math.isnan(cell.p_fail))
        self.assertEqual((cell.ci_low, cell.ci_high), (0, 1))
        self.assertEqual(len(vnsweep.read_probes(self.directory)), 0)

    def test_layers_and_eigenvalues_stand_in_their_order(self):
        doubles = {"live": (2, 1), "vni": (0.625, 1.0), "n_eff": (1.6, 1.0), "effective_rank": (1.7, 1.0),
                   "q": (0.25, 0.125), "gradient_rms": (3.0, 5.0), "m1": (1.0, math.inf), "m2": (0.5, 0.25),
                   "local_vni": (0.5, math.nan)}
        with writing(self.directory) as database:
            row = self.kept[0]
            database.execute("UPDATE runs SET config = json_set(config, '$.grid.depth', 2) WHERE id = ?", (row,))
            database.execute("UPDATE probes SET step = 7, samples = 3, spectrum = ? WHERE run = ?",
                             (struct.pack("<3f", 1.5, 0.5, 1.0), row))
            for name, values in doubles.items():
                database.execute(f"UPDATE probes SET {name} = ? WHERE run = ?", (struct.pack("<2d", *values), row))

        rows = vnsweep.read_probes(self.directory).query("depth == 2").reset_index(drop=True)

        self.assertEqual(rows.layer.tolist(), [1, 2])
        self.assertEqual(rows.step.tolist(), [7, 7])
        for name, values in doubles.items():
            np.testing.assert_array_equal(rows[name], values, err_msg=name)
        self.assertEqual([spectrum.tolist() for spectrum in rows.spectrum], [[1.5, 0.5], [1.0]])
        self.assertEqual(rows.spectrum[0].dtype, np.float32)

    def test_the_interval_is_wilsons(self):
        # SciPy 1.17.1, scipy.stats.binomtest(k, n).proportion_ci(confidence, method="wilson").
        for failed, runs, confidence, low, high in [
            (0, 40, 0.95, 0.0, 0.08762160119728662),
            (3, 40, 0.95, 0.025836025774588198, 0.19864233524310543),
            (20, 40, 0.95, 0.35199526933465386, 0.6480047306653461),
            (40, 40, 0.95, 0.9123783988027133, 1.0),
            (7, 1000, 0.99, 0.002741177154732507, 0.01775771144002663),
            (999999, 1000000, 0.95, 0.9999943350881957, 0.9999998234754233),
        ]:
            interval = vnsweep.wilson_interval(failed, runs, confidence)

            np.testing.assert_allclose(interval, (low, high), rtol=0, atol=1e-12)

    def test_impossible_counts_are_refused(self):
        for arguments in [(3, 2), (-1, 2), (1, 2, 0), (1, 2, 1)]:
            with self.assertRaises(ValueError):
                vnsweep.wilson_interval(*arguments)


# Changes every run and is killed once the file holds a part of it.
CUT_OFF_COMMIT = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 2")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE runs SET loss = 7, error = zeroblob(10000)")
database.execute("DELETE FROM probes")
os.kill(os.getpid(), signal.SIGKILL)
"""


class UnfinishedTest(SweepTest):
    """What is committed can be read at any moment, and reading changes nothing."""

    def test_a_commit_in_progress_is_not_seen_and_not_held_up(self):
        directory = self.copy_of("xor")
        before = vnsweep.read_runs(directory)
        with contextlib.closing(sqlite3.connect(directory / "runs-0.db", timeout=0)) as writer:
            writer.execute("UPDATE runs SET loss = 7")

            during = vnsweep.read_runs(directory)
            writer.commit()

        pd.testing.assert_frame_equal(during, before)
        self.assertEqual(set(vnsweep.read_runs(directory).loss), {7})

    def test_a_commit_that_was_cut_off_is_undone_in_a_copy(self):
        directory = self.copy_of("xor")
        file, journal = directory / "runs-0.db", directory / "runs-0.db-journal"
        runs, probes = vnsweep.read_runs(directory), vnsweep.read_probes(directory, spectra=False)
        whole = file.read_bytes()
        subprocess.run([sys.executable, "-c", CUT_OFF_COMMIT, str(file)], check=False)
        left = file.read_bytes(), journal.read_bytes()
        self.assertNotEqual(left[0], whole)

        pd.testing.assert_frame_equal(vnsweep.read_runs(directory), runs)
        pd.testing.assert_frame_equal(vnsweep.read_probes(directory, spectra=False), probes)

        self.assertEqual((file.read_bytes(), journal.read_bytes()), left)
        self.assert_agrees_with_program(directory)

    def test_reading_needs_no_right_to_write(self):
        directory = self.copy_of("teacher")
        files = {file: file.read_bytes() for file in directory.iterdir()}
        for path in (*files, directory):
            path.chmod(0o555)
        self.addCleanup(directory.chmod, 0o755)

        self.assertEqual(len(vnsweep.read_runs(directory)), len(vnsweep.read_runs(MADE["teacher"])))

        self.assertEqual({file: file.read_bytes() for file in directory.iterdir()}, files)

    def test_a_sweep_that_just_began_is_empty(self):
        directory = self.folder / "begun"
        directory.mkdir()
        (directory / "runs-0.db").touch()

        self.assertEqual(vnsweep.Sweep(directory).numerics_version, None)
        for read in (vnsweep.read_runs, vnsweep.read_probes, vnsweep.read_cells):
            frame, other = read(directory), read(MADE["teacher"])
            self.assertEqual(len(frame), 0)
            self.assertEqual(frame.dtypes.to_dict(), other[frame.columns].dtypes.to_dict())

    def test_a_running_sweep_is_read_all_the_while(self):
        manifest = {**XOR, "grid": {**XOR["grid"], "depth": [5, 10, 20], "seed": {"count": 30}}}
        file = self.folder / "running.yaml"
        file.write_text(json.dumps(manifest))
        directory = self.folder / "results"
        seen = [0]
        with subprocess.Popen([PROGRAM, "run", str(file), "-o", str(directory), "--quiet"]) as process:
            while process.poll() is None:
                if not (directory / "runs-0.db").exists():
                    continue
                runs = vnsweep.read_runs(directory)
                cells = vnsweep.read_cells(directory)
                probes = vnsweep.read_probes(directory, steps="last", layers="last", spectra=False)
                self.assertLessEqual(seen[-1], len(runs))
                self.assertLessEqual(len(runs), cells.runs.sum())
                self.assertLessEqual(cells.runs.sum(), len(probes))
                seen.append(len(probes))

        self.assertEqual(process.returncode, 0)
        self.assertEqual(len(vnsweep.read_runs(directory)), 36 * 30)
        self.assert_agrees_with_program(directory)


class RefusalTest(SweepTest):
    """What cannot be read is refused with its name, the reason and what to do."""

    def assert_refused(self, directory, *words):
        for read in (vnsweep.read_runs, vnsweep.read_cells, vnsweep.read_probes):
            with self.assertRaises(vnsweep.ResultsError) as refused:
                read(directory)
            for word in words:
                self.assertIn(word, str(refused.exception))

    def test_a_directory_that_is_none(self):
        (self.folder / "file").touch()

        self.assert_refused(self.folder / "absent", "absent is not a directory", "vnsweep run")
        self.assert_refused(self.folder / "file", "file is not a directory")
        with self.assertRaises(vnsweep.ResultsError):
            vnsweep.Sweep(self.folder / "absent")

    def test_a_directory_without_results(self):
        self.assert_refused(self.folder, "holds no results (no runs-*.db)", "vnsweep run")

    def test_a_newer_schema(self):
        directory = self.copy_of("xor")
        with writing(directory) as database:
            database.execute("PRAGMA user_version = 4")

        self.assert_refused(directory, "runs-0.db has schema 4", "up to 3", "use the vnsweep.py of the version")

    def test_a_database_of_another_program(self):
        with writing(self.folder) as database:
            database.execute("CREATE TABLE runs(id)")

        self.assert_refused(self.folder, "runs-0.db is not a database of vnsweep")

    def test_a_file_that_is_no_database(self):
        (self.folder / "runs-0.db").write_text("no database" * 1000)

        self.assert_refused(self.folder, "runs-0.db is no database or a damaged one")

    def test_several_numerics_versions(self):
        directory = self.copy_of("xor")
        shutil.copy(directory / "runs-0.db", directory / "runs-1.db")
        with writing(directory, "runs-1.db") as database:
            database.execute("UPDATE meta SET value = '1' WHERE key = 'numerics_version'")

        self.assert_refused(directory, "several numerics versions", "runs-1.db: 1", "do not mix")

    def test_a_setting_that_is_not_known(self):
        directory = self.copy_of("xor")
        with writing(directory) as database:
            database.execute("UPDATE runs SET config = json_set(config, '$.train.warmup', 5)")

        self.assert_refused(directory, "train.warmup", "use the vnsweep.py of the version")

    def test_damaged_values(self):
        for change, word in [
            ("UPDATE runs SET config = '{'", "configuration that cannot be read"),
            ("UPDATE runs SET config = json_remove(config, '$.grid.width')", "width is None"),
            ("UPDATE runs SET config = json_set(config, '$.grid.seed', 'one')", "seed is 'one'"),
            ("UPDATE runs SET status = 'lost'", "status 'lost'"),
            ("DELETE FROM meta", "no row"),
        ]:
            directory = self.copy_of("xor")
            with writing(directory) as database:
                database.execute(change)

            self.assert_refused(directory, "runs-0.db", word, "restore a copy")
            shutil.rmtree(directory)

    def test_damaged_probes(self):
        for change, word in [("vni = x'00'", "layers"), ("spectrum = x'0000803f'", "shorter than its live nodes")]:
            directory = self.copy_of("xor")
            with writing(directory) as database:
                database.execute(f"UPDATE probes SET {change}")

            with self.assertRaisesRegex(vnsweep.ResultsError, word):
                vnsweep.read_probes(directory)
            shutil.rmtree(directory)

    def test_cells_without_their_manifest(self):
        directory = self.copy_of("xor")
        manifest = directory / "manifest.json"
        for text, word in [("{", "cannot read"), ("[]", "is not a manifest"), (None, "has no manifest.json")]:
            manifest.write_text(text) if text else manifest.unlink()

            with self.assertRaisesRegex(vnsweep.ResultsError, word):
                vnsweep.read_cells(directory)

    def test_wrong_arguments(self):
        directory = MADE["xor"]
        with self.assertRaisesRegex(ValueError, "between 0 and 1"):
            vnsweep.read_cells(directory, confidence=95)
        with self.assertRaisesRegex(ValueError, "'middle'"):
            vnsweep.read_probes(directory, steps="middle")
        with self.assertRaisesRegex(ValueError, "'first'"):
            vnsweep.read_probes(directory, layers="first")


if __name__ == "__main__":
    if PROGRAM is None:
        sys.exit("test_vnsweep.py: set VNSWEEP to the program, such as build/release/vnsweep")
    unittest.main()
