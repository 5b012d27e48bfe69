"""The notebook's faces in a real Chromium, before a real JupyterLab and worker: `make bench-notebook`.

Each row is measured in the page, from the press of a button or key to what a person sees. Scripts of the
page are in bench_notebook.js. One row: python tests/benchmarks/bench_notebook.py --only frames
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from tables import Row, report

sys.path.insert(0, str(Path(__file__).parents[1]))

from jupyter_lab import studio

SCRIPT = Path(__file__).with_suffix(".js").read_text()

FORM = """import drawscape.notebook as studio
form = studio.form('schotter')
form"""

SHEET = """first = globals().get('first', 1000) + 24
sheet = studio.contact_sheet('schotter', range(first, first + 24))
sheet"""

SEGMENTS = """import numpy as np
from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
def scribbles(points):
    rng = np.random.default_rng(1)
    lines, length = points // 100, 100
    begins = rng.uniform(10, 200, (lines, 1, 2))
    way = np.cumsum(rng.normal(0, .6, (lines, length, 2)), axis=1)
    return Document(210, 297, (Layer('pen', '#222', .3, Lines.of(list(begins + way))),))"""


def spread(times_ms):
    """Return median and 95th percentile with the number of measurements."""
    p50, p95 = np.percentile(times_ms, (50, 95))
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms (n={len(times_ms)})"


class Bench:
    def __init__(self, lab, page, rounds):
        self.lab, self.page, self.rounds = lab, page, rounds

    def notebook(self, *sources):
        """Return a new notebook whose cells have run, with the scripts loaded."""
        opened = self.lab.run_cells(self.page, *sources)
        self.page.evaluate(SCRIPT)
        return opened

    def click(self):
        """A new seed each time: nothing that stands is shown."""
        notebook = self.notebook(FORM)
        notebook.form()
        times = []
        for seed in range(self.rounds + 2):
            notebook.evaluate(f"form.set(seed={5000 + seed})")
            times.append(self.page.evaluate("bench.clickToPicture()"))
        aim = "p50 <= 100 ms"
        return Row("click to picture of the default schotter", spread(times[2:]), target=aim)

    def sheets(self):
        notebook = self.notebook("import drawscape.notebook as studio", SHEET)
        found = [self.page.evaluate("bench.sheet()") for _ in range(self.rounds + 1)][1:]
        notebook.wait_idle()
        first, whole = ([one[key] for one in found] for key in ("first", "whole"))
        figures = f"first tile {spread(first)}; complete {spread(whole)}"
        return Row("a sheet of 24 default schotters", figures, target="<= 0.4 s; <= 2 s")

    def large(self):
        """58 MB: from the call to all lines, and to all their points; in a form from the job's end."""
        make = f"""{SEGMENTS}
from drawscape.plot import save
from drawscape.settings import output_path
path = save(scribbles(5_000_000), output_path('large.svg'))
import drawscape.notebook as studio
print(path.stat().st_size / 1e6)"""
        notebook = self.notebook("import drawscape.notebook as studio", "0")
        size = float(notebook.evaluate(make))
        found = [self.page.evaluate("bench.shown('studio.view(path)')") for _ in range(5)]
        first, whole = ([one[key] for one in found] for key in ("first", "whole"))
        figures = f"all lines {spread(first)}; all their points {spread(whole)}"
        form = self.notebook(f"{SEGMENTS}\n{LARGE_SKETCH}")
        form.form()
        ends = []
        for seed in range(5):
            form.evaluate(f"form.set(seed={seed})")
            ends.append(self.page.evaluate("bench.clickToPicture()"))
            took = "print((form.job.ended_at - form.job.created_at).total_seconds() * 1000)"
            ends[-1] -= float(form.evaluate(took))
        return [
            Row(f"view() of {size:.0f} MB, 5,000,000 points", figures, target="<= 1.5 s"),
            Row("the same in a form, after its job has ended", spread(ends), target="<= 2 s"),
        ]

    def frames(self):
        """Moved and scrubbed once a frame, 120 frames each."""
        shown = "import drawscape.notebook as studio\nstudio.view(scribbles(1_000_000))"
        self.notebook(SEGMENTS, shown)
        self.page.evaluate("bench.painted()")
        rows = []
        for way in ("pan", "zoom", "scrub"):
            times = [t for _ in range(3) for t in self.page.evaluate(f"bench.frames('{way}')")]
            rate = 1000 * len(times) / sum(times)
            words = f"{rate:.0f} frames/s, slowest twentieth {np.percentile(times, 95):.0f} ms"
            rows.append(Row(f"{way} of 1,000,000 points", words, target=">= 30 frames/s"))
        return rows

    def slider(self):
        """200 moves in 2 s: pictures while moving, the last setting, jobs left over."""
        notebook = self.notebook(FORM.replace("'schotter'", "'schotter', live=True"))
        notebook.form()
        moving, after, right, stale = [], [], 0, 0
        rounds = max(self.rounds // 4, 5)
        for _ in range(rounds):
            found = self.page.evaluate("bench.slide(200, 2000)")
            moving.append(found["pictures"])
            after.append(found["after"])
            notebook.evaluate("form.job.wait(60)")
            check = """from drawscape.jobs import list_jobs
from drawscape.recipe import read_provenance
drawn = read_provenance(open(form.job.result).read()).parameters
print(int(all(drawn[k] == v for k, v in form.values.items() if k in drawn)),
      len(list_jobs(['queued', 'started'])))"""
            same, left = map(int, notebook.evaluate(check).split())
            right, stale = right + same, stale + left
        figures = (
            f"{min(moving)} to {max(moving)} pictures while moving, the last one after {spread(after)}; "
            f"last setting right {right} of {rounds}, {stale} jobs left over"
        )
        aim = "a picture while moving, all right, 0 left"
        return Row("200 slider moves in 2 s", figures, target=aim)

    def typing(self):
        """Each key from its event to the frame that shows it, while 24 spirals fill in another cell."""
        notebook = self.notebook("import drawscape.notebook as studio", SHEET, "# typed here")
        times = []
        while len(times) < max(60, 3 * self.rounds):
            self.page.evaluate("bench.beginTyping(1, 2)")
            for key in "circles and lines " * 2:
                self.page.keyboard.press("Space" if key == " " else key)
                self.page.wait_for_timeout(30)
            times += self.page.evaluate("bench.typed")
            notebook.wait_idle()
            notebook.evaluate("sheet.wait(60)")
        what = "typing in another cell while a sheet fills"
        return Row(what, spread(times), target="p95 <= 50 ms")

    def kernel(self):
        """150 drawings in one form, then a cell with a sheet of 24 that runs ten times."""
        notebook = self.notebook(FORM, SHEET)
        notebook.evaluate("for seed in range(150): form.set(seed=seed).draw().wait(60)")
        for _ in range(9):
            self.page.evaluate("bench.sheet()")
            notebook.wait_idle()
        alive = """import gc, os, psutil
from ipywidgets.widgets.widget import _instances
gc.collect()
print(psutil.Process(os.getpid()).memory_info().rss / 1e6, len(_instances))"""
        megabytes, models = notebook.evaluate(alive).split()
        what = "kernel after 150 Draws and 10 sheets of 24"
        return [
            Row(what, f"{float(megabytes):.0f} MB", target="<= 200 MB"),
            Row(f"widget models in the {what}", models, target="<= 60"),
        ]

    def restart(self):
        """A sheet of 400 drawings that stand, after the kernel was restarted: run, until all are seen."""
        sheet = "studio.contact_sheet('schotter', range(400), paper='A6')"
        source = f"import drawscape.notebook as studio\n{sheet}"
        notebook = self.notebook(source)
        self.page.wait_for_function("() => bench.tiles(document) === 400", timeout=300_000)
        times = []
        for _ in range(5):
            self.page.evaluate("bench.restartKernel()")
            notebook.wait_idle()
            times.append(self.page.evaluate("bench.sheet(400)")["whole"])
        return Row("a sheet of 400 tiles after a restart", spread(times), target="<= 1.5 s")


LARGE_SKETCH = """def scrawl(svg, rng, *, points: int = 5_000_000):
    lines = points // 100
    begins = rng.uniform(10, 200, (lines, 1, 2))
    way = np.cumsum(rng.normal(0, .6, (lines, 100, 2)), axis=1)
    svg.polylines(list(begins + way))
import drawscape.notebook as studio
form = studio.form(scrawl)
form"""


def measured(bench, only):
    for name in ("click", "sheets", "large", "frames", "slider", "typing", "kernel", "restart"):
        if only in (None, name):
            found = getattr(bench, name)()
            for row in found if isinstance(found, list) else [found]:
                print(f"{row.what}: {row.ours} (aim {row.target})", file=sys.stderr, flush=True)
                yield row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", help="the name of one method of Bench")
    chosen = parser.parse_args()
    size = {"width": 1366, "height": 768}
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        studio(Path(name), size, slots=2) as (lab, page),
    ):
        rows = list(measured(Bench(lab, page, chosen.rounds), chosen.only))
    report("bench-notebook", rows)


if __name__ == "__main__":
    main()
