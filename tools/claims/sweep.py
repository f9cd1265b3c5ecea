"""Runs a manifest with vnsweep and reads what came of it."""

import csv
import io
import json
import subprocess
import sys


class Sweep:
    """One manifest's results; runs what is missing when it is made."""

    def __init__(self, vnsweep, manifest, directory):
        self._vnsweep = vnsweep
        self._directory = str(directory)
        self.manifest = manifest
        result = subprocess.run([vnsweep, "run", str(manifest), "-o", self._directory])
        if result.returncode != 0:
            sys.exit(f"claims: {manifest.name} did not complete (exit code {result.returncode})")

    def _call(self, *arguments):
        return subprocess.run(
            [self._vnsweep, *arguments], check=True, capture_output=True, text=True
        ).stdout

    def runs(self):
        """Rows of the table of runs."""
        return json.loads(self._call("export", self._directory, "--table", "runs", "--format", "json"))

    def summary(self):
        return json.loads(self._call("summary", self._directory, "--format", "json"))

    def theory(self):
        """Mean-field predictions, one row per cell."""
        return json.loads(self._call("theory", str(self.manifest), "--format", "json"))

    def layers(self):
        """Rows of the table of probes, numbers as floats, None where there is none."""
        text = self._call("export", self._directory, "--table", "probes")
        for row in csv.DictReader(io.StringIO(text)):
            yield {
                name: value if name in ("run_id", "spectrum") else (float(value) if value else None)
                for name, value in row.items()
            }

    def seconds(self):
        """Processor seconds that the stored runs took."""
        text = self._call("export", self._directory, "--table", "runs", "--format", "json", "--full")
        return sum(row["seconds"] for row in json.loads(text))
