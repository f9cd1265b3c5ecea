#!/usr/bin/env python3
"""The page of `vnsweep report` in Chromium: page_test.py VNSWEEP [--pictures FOLDER]

Exit code 77: skipped, as Chromium or its driver (Debian: chromium, chromium-driver) is missing.
"""

import argparse
import contextlib
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import browser

SWEEPS = {
    "real": """
name: real
description: XOR with tanh networks.
task: xor
grid: {depth: [2, 10, 20, 30, 40], width: [8, 16], seed: {count: 12}}
train: {lr: 0.1, steps: 600}
success: {accuracy: 1.0, loss: 0.1}
probe: {every: 200, samples: 64}
""",
    "single-cell": """
name: single-cell
task: xor
grid: {depth: 2, width: 4, seed: {count: 5}}
train: {lr: 0.1, steps: 5}
success: {loss: 0.0}
""",
    "no-failure": """
name: no-failure
task: xor
grid: {depth: [1, 2], width: [4, 6], seed: {count: 3}}
train: {lr: 0.01, steps: 2}
success: {accuracy: 0.0}
""",
    "many-axes": """
name: many-axes
task: xor
grid: {depth: [2, 4], width: [3, 4], scale: [1, 1.5], lr: [0.1, 0.01], momentum: [0, 0.9],
       bias_scale: [0, 0.1], activation: [tanh, leaky_relu], init: [gaussian, orthogonal], seed: 0}
train: {steps: 3}
success: {loss: 0.0}
probe: {samples: 8, jacobians: 2}
""",
    # 10^4 cells.
    "many-cells": """
name: many-cells
task: xor
grid: {depth: {from: 1, to: 10, step: 1}, width: {from: 2, to: 11, step: 1},
       scale: {linspace: [0.5, 2, 10]}, lr: {logspace: [-3, 0, 10]}, seed: 0}
train: {steps: 1}
success: {loss: 0.6}
probe: {samples: 2}
""",
    "hostile": r"""
name: "<script>document.title='harmed'</script> \"double\" 'single' `touch harmed` $(touch harmed) & \u00e9\u4e2d\u202e"
description: "</style></script><img src=x onerror=\"document.title='harmed'\">\nsecond line"
task: xor
grid: {depth: [2, 3], width: 3, seed: {count: 3}}
train: {lr: 0.1, steps: 5}
success: {loss: 0.0}
""",
}

# Sweeps of which some runs, or all, could not be made: which rows of the table become errors. What
# makes errors of its own accord, a device that breaks or is too small, is not at hand.
ERRORS = {
    "errors": "json_extract(config, '$.grid.depth') = 8 OR json_extract(config, '$.grid.seed') < 2",
    "errors-only": "1",
}
SWEEPS["errors"] = """
name: errors
task: xor
grid: {depth: [2, 4, 8], width: [3, 4], seed: {count: 6}}
train: {lr: 0.1, steps: 20}
success: {loss: 0.6}
"""
SWEEPS["errors-only"] = """
name: errors-only
task: xor
grid: {depth: [2, 3], width: 3, lr: [0.1, 0.2], seed: {count: 26}}
train: {steps: 2}
success: {loss: 0.0}
"""
ERROR_TEXTS = [
    "out of memory: one network of depth 8 and width 4 takes 3.2 GiB, 1.1 GiB are free; use a "
    "larger device or fewer probe samples",
    "cudaErrorIllegalAddress at /usr/local/include/" + "a-long-name-without-a-space/" * 8 + "x.hpp",
    "<script>document.title='harmed'</script> <b>bold</b> & \"quoted\"\nsecond line\n\ttabbed",
    "",
]

# A phone, a laptop, and A4 without its margins at 96 dots per inch.
SIZES = {"phone": (360, 740, "screen"), "laptop": (1280, 800, "screen"), "print": (673, 1000, "print")}

# Texts that stick out of the page, or out of a table's cell, where nothing scrolls.
CUT_OFF = """
const found = [];
const printed = arguments[0];
const scrolls = (e) => {
  for (; e; e = e.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return true;
  }
  return false;
};
for (const e of document.querySelectorAll("body *")) {
  if (e.closest(".skip") || e.closest("svg") || e.closest("[hidden]")) continue;
  const box = e.getBoundingClientRect();
  if (box.width === 0 || box.height === 0) continue;
  if (!scrolls(e) && (box.right > innerWidth + 1 || box.left < -1)) {
    found.push(`${e.tagName} ${e.textContent.slice(0, 30)}: to ${box.right} of ${innerWidth}`);
  }
  if (/^(TD|TH|H1|H2|H3|P|BUTTON)$/.test(e.tagName) && e.scrollWidth > e.clientWidth + 1) {
    found.push(`${e.tagName} ${e.textContent.slice(0, 30)}: ${e.scrollWidth} in ${e.clientWidth}`);
  }
}
return found.slice(0, 5);
"""

# Ratio of contrast of each text with what is behind it, WCAG 2.
LOW_CONTRAST = """
const channels = (color) => color.match(/[0-9.]+/g).map(Number);
const luminance = (color) => {
  const [r, g, b] = channels(color).slice(0, 3).map((c) => {
    c /= 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const color = getComputedStyle(e).backgroundColor;
    const parts = channels(color);
    if (parts.length < 4 || parts[3] > 0) return color;
  }
  return "rgb(255, 255, 255)";
};
const found = new Set();
for (const e of document.querySelectorAll("body *")) {
  if (e.closest("svg") || e.closest("[hidden]")) continue;
  if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
  const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) found.add(`${e.tagName}.${e.className}: ${ratio.toFixed(2)}`);
}
return [...found];
"""

COLUMN = """
const head = [...document.querySelectorAll("#cells th")]
    .findIndex((th) => th.dataset.key === arguments[0]);
return [...document.querySelectorAll("#cells tbody tr:not([hidden])")]
    .map((row) => row.cells[head].textContent.trim());
"""

ERROR_ROWS = """
return [...document.querySelectorAll("#errors tbody tr")]
    .map((row) => [...row.cells].map((cell) => cell.textContent));
"""

FILTER = """
const field = document.getElementById("cell-filter");
field.value = arguments[0];
field.dispatchEvent(new Event("input"));
return document.getElementById("cell-count").textContent;
"""

CLICK_HEAD = """
const head = document.querySelector(`#cells th[data-key="${arguments[0]}"]`);
head.querySelector("button").click();
return head.getAttribute("aria-sort");
"""

TAB, ENTER = "\ue004", "\ue007"


def make_errors(database, which):
    """Turns stored runs into what is stored of a run that could not be made."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        rows = connection.execute(f"SELECT id FROM runs WHERE {which} ORDER BY run_id").fetchall()
        for k, (row,) in enumerate(rows):
            connection.execute("DELETE FROM probes WHERE run = ?", (row,))
            connection.execute(
                "UPDATE runs SET checksum = NULL, status = 'error', error = ?, cause = NULL, steps = NULL, "
                "loss = NULL, accuracy = NULL, vni_initial = NULL, vni_final = NULL, "
                "n_eff_final = NULL, log10_gradient_ratio = NULL, engine = ?, device = ? "
                "WHERE id = ?",
                (ERROR_TEXTS[k % len(ERROR_TEXTS)], *(("cuda", "cuda:0"), ("", ""))[k % 2], row))


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._folder.cleanup)
        folder = pathlib.Path(cls._folder.name)
        cls.pages = {}
        for name, manifest in SWEEPS.items():
            file = folder / f"{name}.yaml"
            file.write_text(manifest, encoding="utf-8")
            results = folder / f"{name} results"
            subprocess.run([PROGRAM, "run", file, "-q", "-o", results], check=True, cwd=folder)
            if name in ERRORS:
                make_errors(results / "runs-0.db", ERRORS[name])
            written = subprocess.run([PROGRAM, "report", results], check=True, cwd=folder,
                                     stdout=subprocess.PIPE, text=True)
            cls.pages[name] = pathlib.Path(written.stdout.rstrip("\n"))
        cls.folder = folder
        (folder / "profile").mkdir()
        cls.browser = browser.Browser(folder / "profile")
        cls.addClassCleanup(cls.browser.close)

    def open(self, sweep, size="laptop", scheme="light"):
        self.browser.show(*SIZES[size], scheme)
        self.browser.open(self.pages[sweep])

    def test_nothing_is_cut_off_and_the_console_is_silent(self):
        for sweep in self.pages:
            for size in SIZES:
                for scheme in ("light", "dark"):
                    with self.subTest(sweep=sweep, size=size, scheme=scheme):
                        self.open(sweep, size, scheme)

                        wide = self.browser.run(
                            "return [document.documentElement.scrollWidth, innerWidth]")
                        cut_off = self.browser.run(CUT_OFF)
                        problems = self.browser.problems()

                        self.picture(f"{sweep}-{size}-{scheme}")
                        self.assertLessEqual(wide[0], wide[1])
                        self.assertEqual(cut_off, [])
                        self.assertEqual(problems, [])

    def test_every_text_stands_out_from_what_is_behind_it(self):
        for scheme in ("light", "dark"):
            for sweep in ("real", "hostile", "errors"):
                with self.subTest(sweep=sweep, scheme=scheme):
                    self.open(sweep, "laptop", scheme)

                    self.assertEqual(self.browser.run(LOW_CONTRAST), [])

    def test_colour_modes_differ_on_screen_and_not_in_print(self):
        colours = {}
        for size in ("laptop", "print"):
            for scheme in ("light", "dark"):
                self.open("real", size, scheme)
                colours[size, scheme] = self.browser.run(
                    "return getComputedStyle(document.body).backgroundColor")

        self.assertEqual(colours["laptop", "light"], "rgb(255, 255, 255)")
        self.assertNotEqual(colours["laptop", "dark"], "rgb(255, 255, 255)")
        self.assertEqual(colours["print", "dark"], "rgb(255, 255, 255)")

    def test_a_heading_sorts_by_number_up_and_then_down(self):
        self.open("real")

        self.assertEqual(self.browser.run(CLICK_HEAD, "depth"), "ascending")
        up = self.browser.run(COLUMN, "depth")
        self.assertEqual(self.browser.run(CLICK_HEAD, "depth"), "descending")
        down = self.browser.run(COLUMN, "depth")

        self.assertEqual(up, ["2", "2", "10", "10", "20", "20", "30", "30", "40", "40"])
        self.assertEqual(down, up[::-1])

    def test_sorting_by_another_column_keeps_cells_whole(self):
        self.open("real")
        before = self.browser.run("return document.querySelector('#cells tbody').textContent")

        self.browser.run(CLICK_HEAD, "p_fail")
        shares = [float(text) for text in self.browser.run(COLUMN, "p_fail")]
        sorted_heads = self.browser.run("return document.querySelectorAll('[aria-sort]').length")
        after = self.browser.run("return document.querySelector('#cells tbody').textContent")

        self.assertEqual(shares, sorted(shares))
        self.assertEqual(sorted_heads, 1)
        self.assertEqual(sorted(before.split("\n")), sorted(after.split("\n")))

    def test_a_heading_is_reached_and_pressed_by_keyboard(self):
        self.open("real")

        self.browser.run("document.getElementById('cell-filter').focus()")
        self.browser.press(TAB)  # the box that scrolls
        self.browser.press(TAB)
        focused = self.browser.run("return document.activeElement.textContent")
        outline = self.browser.run(
            "return getComputedStyle(document.activeElement).outlineStyle")
        self.browser.press(ENTER)

        self.assertEqual(focused, "depth")
        self.assertEqual(outline, "solid")
        self.assertEqual(self.browser.run(
            "return document.querySelector('#cells th').getAttribute('aria-sort')"), "ascending")

    def test_the_filter_takes_conditions_and_words(self):
        self.open("real")

        self.assertEqual(self.browser.run(FILTER, "depth>=30 width=8"), "2 of 10 cells shown")
        self.assertEqual(self.browser.run(COLUMN, "depth"), ["30", "40"])
        self.assertEqual(self.browser.run(FILTER, "no such words"), "0 of 10 cells shown")
        self.assertEqual(self.browser.run(FILTER, ""), "10 of 10 cells shown")
        self.open("many-axes")
        self.assertEqual(self.browser.run(FILTER, "leaky"), "128 of 256 cells shown")
        self.assertEqual(self.browser.run(FILTER, "activation=tanh momentum>0"),
                         "64 of 256 cells shown")

    def test_of_many_cells_some_are_shown_and_all_are_searched(self):
        self.open("many-cells")
        self.assertEqual(self.browser.run("return document.querySelectorAll('#cells tbody tr').length"),
                         10_000)
        self.assertEqual(len(self.browser.run(COLUMN, "depth")), 200)

        self.browser.run(CLICK_HEAD, "lr")
        self.browser.run(CLICK_HEAD, "lr")
        self.assertEqual(set(self.browser.run(COLUMN, "lr")), {"1"})
        self.assertEqual(self.browser.run(FILTER, "depth=10 width=11"), "100 of 10000 cells shown")
        self.assertEqual(self.browser.run(FILTER, "depth=10"),
                         "200 of 10000 cells shown; 1000 match the filter")
        self.browser.run("document.getElementById('cell-more').click()")
        self.assertEqual(len(self.browser.run(COLUMN, "depth")), 1000)
        self.assertLess(self.pages["many-cells"].stat().st_size, 5_000_000)

    def test_text_of_a_manifest_does_no_harm(self):
        self.open("hostile")

        title = self.browser.run("return document.title")
        heading = self.browser.run("return document.querySelector('h1').textContent")
        strangers = self.browser.run(
            "return document.querySelectorAll('body img, header script, h1 *').length")

        self.assertTrue(title.startswith("<script>document.title='harmed'</script>"), title)
        self.assertIn("\"double\" 'single' `touch harmed` $(touch harmed) & \u00e9\u4e2d", heading)
        self.assertEqual(strangers, 0)
        self.assertEqual([p for p in self.folder.rglob("harmed*")], [])

    def test_the_page_loads_nothing(self):
        for sweep in self.pages:
            self.open(sweep)

            loaded = self.browser.run(
                "return performance.getEntriesByType('resource').map((entry) => entry.name)")

            self.assertEqual([name for name in loaded if not name.startswith("data:")], [], sweep)

    def test_ids_are_unique_and_links_lead_somewhere(self):
        for sweep in ("real", "hostile", "errors", "errors-only"):
            self.open(sweep)

            ids = self.browser.run("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
            links = self.browser.run(
                "return [...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))")

            self.assertEqual(len(ids), len(set(ids)))
            for link in links:
                if link.startswith("#"):
                    self.assertIn(link[1:], ids)
                else:
                    self.assertTrue((self.pages[sweep].parent / link).is_file(), link)

    def test_without_a_failure_that_is_what_is_said(self):
        self.open("no-failure")

        text = self.browser.run("return document.getElementById('findings').textContent")

        self.assertIn("Of 12 runs, none failed: P(fail) = 0.000", text)
        self.assertNotIn("Main cause", text)

    def test_runs_with_errors_are_listed_and_count_nowhere_else(self):
        self.open("errors")

        notice = self.browser.run("return document.querySelector('.notice').textContent")
        rows = self.browser.run(ERROR_ROWS)
        heads = self.browser.run(
            "return [...document.querySelectorAll('#errors th')].map((e) => e.textContent)")
        runs = dict(zip(zip(self.browser.run(COLUMN, "depth"), self.browser.run(COLUMN, "width")),
                        zip(self.browser.run(COLUMN, "runs"), self.browser.run(COLUMN, "errors"),
                            self.browser.run(COLUMN, "p_fail"))))
        findings = self.browser.run("return document.getElementById('findings').textContent")

        self.assertIn("20 of 36 runs could not be made", notice)
        self.assertEqual(len(rows), 20)
        self.assertEqual(heads, ["run", "error", "depth", "width", "scale", "seed", "device",
                                 "finished"])
        self.assertEqual({row[1] for row in rows},
                         {ERROR_TEXTS[0], ERROR_TEXTS[1], ERROR_TEXTS[2], "-"})
        self.assertEqual({row[6] for row in rows}, {"cuda:0", "-"})
        self.assertEqual(runs["8", "3"], ("0", "6", "-"))
        self.assertEqual(runs["2", "4"][:2], ("4", "2"))
        self.assertIn("Of 16 runs", findings)
        self.assertNotEqual(self.browser.run("return document.title"), "harmed")

    def test_on_a_phone_the_text_of_an_error_is_seen_without_scrolling(self):
        self.open("errors", "phone")

        box = self.browser.run(
            "const b = document.querySelector('#errors tbody td:nth-child(2)')"
            ".getBoundingClientRect(); return [b.left, b.right, innerWidth]")

        self.assertGreaterEqual(box[0], 0)
        self.assertLessEqual(box[1], box[2])

    def test_of_many_runs_with_errors_the_first_are_listed(self):
        self.open("errors-only")

        rows = self.browser.run(ERROR_ROWS)
        caption = self.browser.run("return document.querySelector('#errors caption').textContent")
        findings = self.browser.run("return document.getElementById('findings').textContent")

        self.assertEqual(len(rows), 100)
        self.assertEqual(caption, "First 100 of 104 runs with errors")
        self.assertIn("No run is finished", findings)

    def picture(self, name):
        if PICTURES:
            self.browser.picture(PICTURES / f"{name}.png")


def main():
    global PROGRAM, PICTURES
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path, help="keep what was seen, as PNG")
    options, others = parser.parse_known_args()
    missing = [name for name, path in zip(("chromium", "chromium-driver"), browser.programs())
               if path is None]
    if missing:
        print(f"skipped: there is no {' and no '.join(missing)}; tools/setup --browser installs them")
        return 77
    PROGRAM = options.program.resolve()
    PICTURES = options.pictures
    if PICTURES:
        PICTURES.mkdir(parents=True, exist_ok=True)
    os.environ.pop("DISPLAY", None)
    unittest.main(argv=[sys.argv[0], *others])


if __name__ == "__main__":
    sys.exit(main())
