"""Reads what `vnsweep run` wrote into pandas data frames.

    import vnsweep

    sweep = vnsweep.Sweep("runs/quickstart")
    cells = sweep.cells()     # P(fail) with its interval: one row for each cell
    runs = sweep.runs()       # configuration and outcome: one row for each run
    probes = sweep.probes()   # indicators: one row for each run, step and hidden layer

Copy this file to where your program is, or put its folder on PYTHONPATH; it needs NumPy and pandas (tested with
1.5 and 3.1, Python 3.11). The directory is only read, and that at any moment: while `vnsweep run` writes to it,
after it was interrupted, or killed in the middle of a commit. What is committed by then is there.

Columns have the names and the numbers of `vnsweep export` and `vnsweep summary`. A number that is not there is
NaN (pandas.NA in columns of integers), a text that is not there is None; infinite numbers are infinite.
"""

import contextlib
import json
import operator
import pathlib
import shutil
import sqlite3
import statistics
import tempfile
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["ResultsError", "Sweep", "read_cells", "read_probes", "read_runs", "wilson_interval"]


class ResultsError(Exception):
    """A results directory that cannot be read; the message says why and what to do."""


# ---- what a run is -------------------------------------------------------------------------------------------


class _Field(NamedTuple):
    """One scalar of a run's stored configuration."""

    section: str
    name: str
    dtype: str  # of its column; "int64" is always there, others may be missing
    default: object = None  # what a stored configuration that leaves it out means
    is_location: bool = False  # where something is, not what it is: does not tell runs apart

    @property
    def column(self):
        """Its name in read_runs: success.accuracy and the accuracy reached must not share one."""
        if self.section in ("success", "probe", "diagnosis"):
            return f"{self.section}_{self.name}"
        return "task" if self.name == "name" else self.name

    @property
    def axis(self):
        """Its name in read_cells: dotted where two sections use the same word."""
        is_unique = sum(other.name == self.name for other in _FIELDS) == 1
        return self.name if is_unique else f"{self.section}.{self.name}"

    def value(self, config):
        section = config.get(self.section, {}) if self.section else config
        value = section.get(self.name, self.default)
        return float(value) if self.dtype == "float64" and value is not None else value


# In the order in which runs are sorted. The same table as all_fields() of vnsweep.
_FIELDS = (
    _Field("grid", "depth", "int64"),
    _Field("grid", "width", "int64"),
    _Field("grid", "scale", "float64"),
    _Field("task", "name", "object"),
    _Field("task", "bits", "Int64"),
    _Field("task", "samples", "Int64"),
    _Field("task", "turns", "float64"),
    _Field("task", "classes", "Int64"),
    _Field("task", "noise", "float64"),
    _Field("task", "inputs", "Int64"),
    _Field("task", "outputs", "Int64"),
    _Field("task", "teacher_width", "Int64"),
    _Field("task", "teacher_depth", "Int64"),
    _Field("task", "file", "object", is_location=True),
    _Field("task", "images", "object", is_location=True),
    _Field("task", "labels", "object", is_location=True),
    _Field("task", "content", "object"),
    _Field("task", "target", "object"),
    _Field("task", "kind", "object"),
    _Field("task", "normalize", "object"),
    _Field("task", "subset", "Int64"),
    _Field("task", "data_seed", "Int64"),
    _Field("model", "activation", "object"),
    _Field("model", "init", "object"),
    _Field("model", "bias_scale", "float64"),
    _Field("train", "optimizer", "object"),
    _Field("train", "objective", "object"),
    _Field("train", "lr", "float64"),
    _Field("train", "momentum", "float64"),
    _Field("train", "steps", "int64"),
    _Field("train", "batch", "object"),  # an integer or "full"
    _Field("train", "precision", "object", default="fp32"),
    _Field("train", "activation_accuracy", "object", default="fast"),
    _Field("success", "accuracy", "float64"),
    _Field("success", "loss", "float64"),
    _Field("success", "every", "Int64"),
    _Field("probe", "every", "Int64"),
    _Field("probe", "samples", "int64"),
    _Field("probe", "spectrum", "object"),
    _Field("probe", "jacobians", "int64", default=0),
    _Field("diagnosis", "gradient_ratio", "float64"),
    _Field("diagnosis", "vni", "float64"),
    _Field("", "seeding", "object"),
    _Field("grid", "seed", "int64"),
)
_DEPTH, _WIDTH, _SCALE = 0, 1, 2
_SEED = len(_FIELDS) - 1
# Of what the repetitions of one configuration have in common.
_CELL = tuple(k for k, field in enumerate(_FIELDS) if not field.is_location and k != _SEED)
_cell_of = operator.itemgetter(*_CELL)
_SECTIONS_OF_AXES = ("grid", "task", "model", "train")
_KNOWN = {(field.section, field.name) for field in _FIELDS}
_MISSING = type(None)
_TYPES = {"int64": int, "Int64": (int, _MISSING), "float64": (float, _MISSING), "object": (str, int, _MISSING)}

_OUTCOME = {
    "status": "object",
    "cause": "object",
    "steps_taken": "Int64",
    "loss": "float64",
    "accuracy": "float64",
    "vni_initial": "float64",
    "vni_final": "float64",
    "n_eff_final": "float64",
    "log10_gradient_ratio": "float64",
    "m1_initial": "float64",
    "local_vni_initial": "float64",
    "error": "object",
    "engine": "object",
    "device": "object",
    "seconds": "float64",
    "finished_at": "object",
}
_STATUSES = ("succeeded", "failed", "error")
_CAUSES = ("exploding", "vanishing", "walking_dead", "unconverged")


class _Run(NamedTuple):
    database: "_Database"
    row: int  # its key in that database
    run_id: str
    config: tuple  # a value for each of _FIELDS
    outcome: dict  # a value for each of _OUTCOME

    @property
    def is_error(self):
        return self.outcome["status"] == "error"

    @property
    def cell(self):
        return _cell_of(self.config)


def _order(value):
    """Sorts missing values first, then integers, reals and texts, as vnsweep does."""
    return ((_MISSING, int, float, str).index(type(value)), 0 if value is None else value)


def _parse_config(text, file):
    """@returns a value for each of _FIELDS. @raises ResultsError"""
    try:
        config = json.loads(text)
        stored = {(section, name) for section, entry in config.items() if isinstance(entry, dict) for name in entry}
        stored |= {("", name) for name, entry in config.items() if not isinstance(entry, dict)}
        values = tuple(field.value(config) for field in _FIELDS)
    except (ValueError, TypeError, AttributeError) as error:
        raise ResultsError(f"{file} holds a configuration that cannot be read ({error}); restore a copy") from error
    if not stored <= _KNOWN:
        names = ", ".join(sorted(".".join(filter(None, names)) for names in stored - _KNOWN))
        raise ResultsError(f"{file} holds runs with settings that this vnsweep.py does not know ({names}); use the"
                           " vnsweep.py of the version that made them")
    for field, value in zip(_FIELDS, values):
        if not isinstance(value, _TYPES[field.dtype]):
            raise ResultsError(f"{file} holds a run whose {field.column} is {value!r} (damaged?); restore a copy")
    return values


# ---- databases -----------------------------------------------------------------------------------------------

_APPLICATION_ID = 0x766E7377  # "vnsw"
_NEWEST_SCHEMA = 3  # 1 had no Jacobian moments, 2 no checksums
_BUSY_SECONDS = 30  # for the commit of a writer
_ATTEMPTS = 10


class _Database:
    """One database file, which is never written to.

    Every query fetches its rows in one go, so that the lock that it takes never holds up `vnsweep run` for
    longer than that.
    """

    def __init__(self, file):
        self.file = file
        self._folder = None  # of a copy
        self._connection = self._connect(file, "ro")

    def close(self):
        self._connection.close()
        if self._folder is not None:
            self._folder.cleanup()

    def query(self, sql, parameters=()):
        """All rows. @raises ResultsError"""
        for _ in range(_ATTEMPTS):
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                # A commit that was cut off has to be rolled back, which is writing.
                if self._folder is not None or "readonly" not in str(error):
                    raise ResultsError(self._explain(error)) from error
            self._copy_for_rollback()
        raise ResultsError(f"{self.file} is being repaired by another process; try again")

    def value(self, sql):
        """First column of the first row. @raises ResultsError"""
        rows = self.query(sql)
        if not rows:
            raise ResultsError(f"{self.file} is damaged (no row for '{sql}'); restore a copy")
        return rows[0][0]

    def _connect(self, file, mode):
        uri = f"{pathlib.Path(file).absolute().as_uri()}?mode={mode}"
        try:
            return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)
        except sqlite3.Error as error:
            raise ResultsError(self._explain(error)) from error

    def _copy_for_rollback(self):
        """Goes on with a copy in which the cut-off commit is undone, unless a writer is undoing it here."""
        folder = tempfile.TemporaryDirectory(prefix="vnsweep-")
        copy = pathlib.Path(folder.name) / "runs.db"
        sources = {self.file: copy, self.file.with_name(self.file.name + "-journal"): copy.with_name("runs.db-journal")}

        def state():
            return [(s.st_ino, s.st_size, s.st_mtime_ns) for s in map(pathlib.Path.stat, sources)]

        try:
            before = state()
            for source, target in sources.items():
                shutil.copyfile(source, target)
            is_whole = state() == before
        except FileNotFoundError:
            is_whole = False
        if not is_whole:
            folder.cleanup()
            return
        self._connection.close()
        self._folder = folder
        self._connection = self._connect(copy, "rw")

    def _explain(self, error):
        text = str(error)
        if "locked" in text:
            return f"{self.file} is locked by another process ({text}); try again when it has ended"
        if "unable to open" in text:
            return f"cannot open {self.file} ({text}); check its permissions"
        return f"{self.file} is no database or a damaged one ({text}); restore a copy"


def _version(database):
    """Schema and numerics version; nothing where the database has no tables yet, as its sweep is just starting.

    @raises ResultsError if it is not vnsweep's, or of a schema that is not known
    """
    if database.value("SELECT count(*) FROM sqlite_master") == 0:
        return None
    if database.value("PRAGMA application_id") != _APPLICATION_ID:
        raise ResultsError(f"{database.file} is not a database of vnsweep; give the directory that `vnsweep run`"
                           " wrote")
    schema = database.value("PRAGMA user_version")
    if not 1 <= schema <= _NEWEST_SCHEMA:
        raise ResultsError(f"{database.file} has schema {schema}, this vnsweep.py reads schemas up to"
                           f" {_NEWEST_SCHEMA}; use the vnsweep.py of the version that wrote it")
    return schema, int(database.value("SELECT value FROM meta WHERE key = 'numerics_version'"))


def _jacobian_columns(schema, names):
    """To select, also from a schema that has no such columns."""
    return ", ".join(names if schema >= 2 else ["NULL"] * len(names))


def _stored_runs(database, schema):
    moments = _jacobian_columns(schema, ["m1_initial", "local_vni_initial"])
    rows = database.query(
        "SELECT id, run_id, config, status, cause, steps, loss, accuracy, vni_initial, vni_final, n_eff_final,"
        f" log10_gradient_ratio, {moments}, error, engine, device, seconds, finished_at FROM runs")
    for row, run_id, config, *outcome in rows:
        values = dict(zip(_OUTCOME, outcome))
        if values["status"] not in _STATUSES:
            raise ResultsError(f"{database.file} holds a run of status {values['status']!r} (damaged?); restore a copy")
        yield _Run(database, row, run_id, _parse_config(config, database.file), values)


class _Snapshot(NamedTuple):
    runs: list  # of _Run, sorted, each once
    schemas: dict  # by database
    numerics_version: int  # None while there is no result


def _files(directory):
    directory = pathlib.Path(directory)
    if not directory.is_dir():
        raise ResultsError(f"{directory} is not a directory; give the one that `vnsweep run` wrote")
    files = sorted(file for file in directory.iterdir() if file.match("runs-*.db"))
    if not files:
        raise ResultsError(f"{directory} holds no results (no runs-*.db); give the directory that `vnsweep run` wrote")
    return files


@contextlib.contextmanager
def _snapshot(directory):
    """What the databases hold now. @raises ResultsError"""
    with contextlib.ExitStack() as stack:
        versions = {}
        for file in _files(directory):
            database = stack.enter_context(contextlib.closing(_Database(file)))
            version = _version(database)
            if version is not None:
                versions[database] = version
        schemas = {database: schema for database, (schema, _) in versions.items()}
        numerics = {database.file.name: number for database, (_, number) in versions.items()}
        if len(set(numerics.values())) > 1:
            held = ", ".join(f"{name}: {number}" for name, number in numerics.items())
            raise ResultsError(f"{directory} holds results of several numerics versions ({held}), which do not mix;"
                               " move all but one version's databases to directories of their own")
        runs = [run for database, schema in schemas.items() for run in _stored_runs(database, schema)]
        cells = {cell: [_order(value) for value in cell] for cell in {run.cell for run in runs}}
        # A result rather than an error where two databases have both.
        runs.sort(key=lambda run: (cells[run.cell], run.config[_SEED], run.is_error))
        unique = {}
        for run in runs:
            unique.setdefault(run.run_id, run)
        yield _Snapshot(list(unique.values()), schemas, next(iter(numerics.values()), None))


def _manifest(directory):
    file = pathlib.Path(directory) / "manifest.json"
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(f"{directory} has no manifest.json; give the directory that `vnsweep run` wrote") from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"cannot read {file} ({error}); restore a copy, or run the sweep's command again") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("grid"), dict):
        raise ResultsError(f"{file} is not a manifest; restore a copy, or run the sweep's command again")
    return manifest


# ---- runs ----------------------------------------------------------------------------------------------------


def read_runs(directory):
    """One row for each run that is stored, sorted by configuration.

    Columns, those of `vnsweep export --table runs --full`:
      run_id                  32 hexadecimal digits, the key to read_probes
      depth, width, scale     number of hidden layers, nodes of each, sigma_w
      task ... seeding, seed  the rest of the configuration, by the names of the manifest; `success`, `probe` and
                              `diagnosis` stand before the names of these sections, as in success_loss
      status                  succeeded, failed or error (could not be made, counts as neither)
      cause                   of failure: exploding, vanishing, walking_dead, unconverged
      steps_taken             updates until the end
      loss, accuracy          on the whole training set at the end; accuracy in [0, 1]
      vni_initial, vni_final  vanishing node indicator of the last hidden layer at step 0 and at the end, in
                              [1 / width, 1]; NaN without a live node
      n_eff_final             1 / vni_final, effective number of nodes; 0 without a live node
      log10_gradient_ratio    log10(g_1 / g_L) at the end
      m1_initial, local_vni_initial  of the Jacobian of the last hidden layer at step 0, if measured
      error                   text of the error
      engine, device, seconds, finished_at  where it was made, how long it took, when it ended (UTC, ISO 8601)

    Raises ResultsError if the directory is not one of vnsweep's results, is damaged or of a newer schema, or if
    its databases are of several numerics versions, which never mix.
    """
    with _snapshot(directory) as snapshot:
        runs = snapshot.runs
    columns = {"run_id": pd.Series([run.run_id for run in runs], dtype="object")}
    for k, field in enumerate(_FIELDS):
        columns[field.column] = pd.Series([run.config[k] for run in runs], dtype=field.dtype)
    for name, dtype in _OUTCOME.items():
        columns[name] = pd.Series([run.outcome[name] for run in runs], dtype=dtype)
    return pd.DataFrame(columns)


# ---- cells ---------------------------------------------------------------------------------------------------


def wilson_interval(failed, runs, confidence=0.95):
    """Wilson's score interval (1927) of a probability: `failed` of `runs`; (0, 1) without runs.

    Raises ValueError unless 0 <= failed <= runs and 0 < confidence < 1.
    """
    if not 0 <= failed <= runs:
        raise ValueError(f"{failed} of {runs} runs cannot have failed")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, and {confidence} does not")
    if runs == 0:
        return 0.0, 1.0
    z = statistics.NormalDist().inv_cdf(0.5 + confidence / 2)
    p = failed / runs
    centre = p + z**2 / (2 * runs)
    spread = z * (p * (1 - p) / runs + z**2 / (4 * runs**2)) ** 0.5
    # The ends are exactly 0 and 1 there; rounding would miss them.
    low = 0.0 if failed == 0 else max(0.0, (centre - spread) / (1 + z**2 / runs))
    high = 1.0 if failed == runs else min(1.0, (centre + spread) / (1 + z**2 / runs))
    return low, high


def read_cells(directory, confidence=0.95):
    """One row for each cell: runs that differ in the seed alone. Sorted by the axes, depth fastest.

    Columns, those of `vnsweep summary --format csv` (in json, causes are an object of their own, `confidence` and
    `method` stand once):
      depth, width, scale, ...  the axes: those of the grid, and what else is an axis of the manifest or differs
                                between the runs, by the names of the manifest
      runs, failed              runs with an outcome, and those that failed
      errors                    runs without one; not counted in `runs`
      p_fail                    failed / runs; NaN without runs
      ci_low, ci_high           Wilson's interval of the probability of failure; [0, 1] without runs
      confidence, method        of the interval
      vni_initial_mean, vni_final_mean, n_eff_final_mean, m1_initial_mean, local_vni_initial_mean
                                means of read_runs' columns over the runs that have a value
      exploding, vanishing, walking_dead, unconverged  failed runs by cause
    What mean-field theory predicts is not stored: `m1_theory` and `local_vni_theory` are `vnsweep summary`'s alone.

    Raises ResultsError as read_runs does, ValueError unless 0 < confidence < 1.
    """
    wilson_interval(0, 0, confidence)
    with _snapshot(directory) as snapshot:
        runs = snapshot.runs
    try:
        manifest = _manifest(directory)
    except ResultsError:
        # A sweep that has just begun has none.
        if runs:
            raise
        manifest = {"grid": {}}
    axes = _axes(manifest, runs)
    cells = {}
    for run in runs:
        cells.setdefault(run.cell, []).append(run)
    order = [*axes[1:], axes[0]]
    members = sorted(cells.values(), key=lambda cell: [_order(cell[0].config[k]) for k in order])

    columns = {_FIELDS[k].axis: pd.Series([cell[0].config[k] for cell in members], dtype=_FIELDS[k].dtype)
               for k in axes}
    rows = [_measure(cell, confidence) for cell in members]
    for name, dtype in _MEASURES.items():
        columns[name] = pd.Series([row[name] for row in rows], dtype=dtype)
    return pd.DataFrame(columns)


_MEANS = ("vni_initial", "vni_final", "n_eff_final", "m1_initial", "local_vni_initial")
_MEASURES = {
    **dict.fromkeys(("runs", "failed", "errors"), "int64"),
    **dict.fromkeys(("p_fail", "ci_low", "ci_high", "confidence"), "float64"),
    "method": "object",
    **{f"{name}_mean": "float64" for name in _MEANS},
    **dict.fromkeys(_CAUSES, "int64"),
}


def _axes(manifest, runs):
    """Places in _FIELDS of what tells the cells apart."""
    grid = manifest["grid"]
    swept = set(grid).union(*grid.get("include", []))

    def is_axis(k):
        field = _FIELDS[k]
        is_swept = field.section in _SECTIONS_OF_AXES and field.name in swept
        return field.section == "grid" or is_swept or any(run.config[k] != runs[0].config[k] for run in runs)

    return [k for k in _CELL if is_axis(k)]


def _measure(cell, confidence):
    """@param cell  runs of one cell, by seed"""
    ended = [run.outcome for run in cell if not run.is_error]
    causes = [outcome["cause"] for outcome in ended if outcome["status"] == "failed"]
    low, high = wilson_interval(len(causes), len(ended), confidence)
    return {
        "runs": len(ended),
        "failed": len(causes),
        "errors": len(cell) - len(ended),
        "p_fail": len(causes) / len(ended) if ended else np.nan,
        "ci_low": low,
        "ci_high": high,
        "confidence": confidence,
        "method": "wilson",
        **{f"{name}_mean": _mean([outcome[name] for outcome in ended]) for name in _MEANS},
        **{cause: causes.count(cause) for cause in _CAUSES},
    }


def _mean(values):
    """Of those that exist; added from first to last, as vnsweep does, for the same last bit."""
    total, count = 0.0, 0
    for value in values:
        if value is not None:
            total, count = total + value, count + 1
    return total / count if count else np.nan


# ---- probes --------------------------------------------------------------------------------------------------

_PER_LAYER = ("vni", "n_eff", "effective_rank", "q", "gradient_rms", "m1", "m2", "local_vni")
_RUNS_PER_QUERY = 256  # keeps what is read at once to some megabytes
_STEPS = {
    "all": "",
    "first": " AND step = (SELECT min(step) FROM probes AS p WHERE p.run = probes.run)",
    "last": " AND step = (SELECT max(step) FROM probes AS p WHERE p.run = probes.run)",
}
_LAYERS = ("all", "last")


def read_probes(directory, *, steps="all", layers="all", spectra=True):
    """One row for each run, probed step and hidden layer, sorted by configuration, step and layer.

    This long form is what groupby, pivot and plotting libraries take. The whole of a large sweep is large (about
    100 bytes a row, and its eigenvalues), so take what you need:
      steps    "all", "first" (step 0, initialisation) or "last" (the end of each run)
      layers   "all", or "last": the last hidden layer alone, l = depth
      spectra  False leaves out the column `spectrum`

    Columns, those of `vnsweep export --table probes`:
      run_id, depth, width, scale, seed   of the run; for others merge with read_runs on run_id
      step            updates before the probe
      layer           l = 1..depth
      live            nodes whose output varies over the probe inputs
      vni             vanishing node indicator in [1 / live, 1]; NaN without a live node
      n_eff           1 / vni, effective number of nodes; 0 without a live node
      effective_rank  exponential of the entropy of the spectrum, in nodes
      q               mean square of the pre-activations h_l
      gradient_rms    g_l, root mean square of the derivative of the mean loss by h_l
      m1, m2, local_vni  moments of the Jacobian d h_l / d h_1 and the local indicator; NaN if not measured
      spectrum        numpy array (min(live, probe_samples),), float32: the largest eigenvalues of the correlation
                      matrix of the nodes; None where the manifest did not keep them

    As arrays of shape (depth,), one for each run and step: probes.groupby(["run_id", "step"])["vni"].apply(np.array).

    Raises ResultsError as read_runs does, ValueError for another `steps` or `layers`.
    """
    if steps not in _STEPS or layers not in _LAYERS:
        raise ValueError(f"steps is one of {', '.join(_STEPS)}, layers one of {', '.join(_LAYERS)};"
                         f" not {steps!r}, {layers!r}")
    parts = [_probe_columns([], layers, spectra)]
    with _snapshot(directory) as snapshot:
        # The runs that errored have no probes.
        runs = [run for run in snapshot.runs if not run.is_error]
        for start in range(0, len(runs), _RUNS_PER_QUERY):
            probes = _stored_probes(runs[start:start + _RUNS_PER_QUERY], snapshot.schemas, steps, spectra)
            parts.append(_probe_columns(probes, layers, spectra))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    # With their types, as newer versions of pandas would make another one of texts.
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()}, copy=False)


class _Probe(NamedTuple):
    run: _Run
    step: int
    samples: int
    live: np.ndarray  # (depth,)
    per_layer: dict  # of _PER_LAYER: float64 blobs of shape (depth,)
    spectrum: bytes  # None if not kept


def _stored_probes(runs, schemas, steps, with_spectra):
    """Probes of some runs, in the order of the runs and of steps."""
    found = {}
    for database in {run.database: None for run in runs}:
        rows = [run.row for run in runs if run.database is database]
        moments = _jacobian_columns(schemas[database], _PER_LAYER[-3:])
        found[database] = {row: [] for row in rows}
        for row, *probe in database.query(
                f"SELECT run, step, samples, live, {'spectrum' if with_spectra else 'NULL'},"
                f" {', '.join(_PER_LAYER[:-3])}, {moments} FROM probes"
                f" WHERE run IN ({', '.join(map(str, rows))}){_STEPS[steps]} ORDER BY run, step"):
            found[database][row].append(probe)
    return [_probe(run, *probe) for run in runs for probe in found[run.database][run.row]]


def _probe(run, step, samples, live, spectrum, *blobs):
    depth = run.config[_DEPTH]
    not_measured = np.full(depth, np.nan, dtype="<f8").tobytes()
    per_layer = {name: not_measured if blob is None else blob for name, blob in zip(_PER_LAYER, blobs)}
    if any(len(blob) != 8 * depth for blob in (live, *per_layer.values())):
        raise ResultsError(f"{run.database.file}: a stored probe has not {depth} layers (damaged?); restore a copy")
    return _Probe(run, step, samples, np.frombuffer(live, dtype="<f8").astype("int64"), per_layer, spectrum)


def _probe_columns(probes, layers, with_spectra):
    """@returns arrays, one value for each probe and layer"""
    taken = slice(-1, None) if layers == "last" else slice(None)
    counts = [len(probe.live[taken]) for probe in probes]

    def of_run(values, dtype):
        return np.repeat(np.array(values, dtype=dtype), counts)

    def of_layers(arrays, dtype):
        return np.concatenate([np.array([], dtype=dtype), *(array[taken] for array in arrays)])

    config = [probe.run.config for probe in probes]
    columns = {
        "run_id": of_run([probe.run.run_id for probe in probes], "object"),
        "depth": of_run([values[_DEPTH] for values in config], "int64"),
        "width": of_run([values[_WIDTH] for values in config], "int64"),
        "scale": of_run([values[_SCALE] for values in config], "float64"),
        "seed": of_run([values[_SEED] for values in config], "int64"),
        "step": of_run([probe.step for probe in probes], "int64"),
        "layer": of_layers((np.arange(1, len(probe.live) + 1) for probe in probes), "int64"),
        "live": of_layers((probe.live for probe in probes), "int64"),
    }
    for name in _PER_LAYER:
        columns[name] = of_layers((np.frombuffer(probe.per_layer[name], dtype="<f8") for probe in probes), "float64")
    if with_spectra:
        spectra = [spectrum for probe in probes for spectrum in _spectra(probe)[taken]]
        columns["spectrum"] = np.empty(len(spectra), dtype="object")
        for k, spectrum in enumerate(spectra):
            columns["spectrum"][k] = spectrum
    return columns


def _spectra(probe):
    """Eigenvalues of each layer: min(live, samples) of them stand one layer after the other."""
    if probe.spectrum is None:
        return [None] * len(probe.live)
    eigenvalues = np.frombuffer(probe.spectrum, dtype="<f4").astype("float32")
    ends = np.minimum(probe.live, probe.samples).cumsum()
    if len(eigenvalues) < ends[-1]:
        raise ResultsError(f"{probe.run.database.file}: a stored spectrum is shorter than its live nodes (damaged?);"
                           " restore a copy")
    return np.split(eigenvalues[:ends[-1]], ends[:-1])


# ---- a sweep -------------------------------------------------------------------------------------------------


class Sweep:
    """A results directory. Every call reads what is stored at that moment.

    Raises ResultsError if `directory` is not one that `vnsweep run` wrote.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        _files(self.directory)

    def __repr__(self):
        return f"Sweep({str(self.directory)!r})"

    @property
    def manifest(self):
        """The resolved manifest that was run last, a dict. Raises ResultsError."""
        return _manifest(self.directory)

    @property
    def name(self):
        """Of the manifest. Raises ResultsError."""
        return self.manifest.get("name", "")

    @property
    def numerics_version(self):
        """Of all its results, which compare with those of the same version only; None before there is a database.

        Raises ResultsError.
        """
        with _snapshot(self.directory) as snapshot:
            return snapshot.numerics_version

    def runs(self):
        """See read_runs."""
        return read_runs(self.directory)

    def cells(self, confidence=0.95):
        """See read_cells."""
        return read_cells(self.directory, confidence)

    def probes(self, **selection):
        """See read_probes."""
        return read_probes(self.directory, **selection)
