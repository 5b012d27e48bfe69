"""The way of somebody who has never seen the clone: `python tests/try_wheel.py [--python PYTHON]`.

Builds the wheel, installs it into an empty environment and works in an empty folder outside of the clone: a
project, a sketch, a task, a form under nbval, a worker, the commands, the web front.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]

SKETCH = """\
from typing import Annotated
from annotated_types import Interval

def bars(svg, rng, *, count: Annotated[int, Interval(ge=1, le=50)] = 5):
    '''Upright lines.'''
    for x in rng.uniform(svg.frame.x0, svg.frame.x1, count):
        svg.line(x, svg.frame.y0, x, svg.frame.y1)
"""

FORM = """\
from drawscape.notebook import form
drawing = form('bars', paper='A6', count=7)
assert open(drawing.draw().wait()).read().count('<line ') == 7
drawing
"""

JOBS = """\
from drawscape.job_manager import enqueue_background_job, get_job_status
job = enqueue_background_job(
    'workers.svg_tasks.generate_complex_svg',
    width=200, height=200, pattern_type='spiral', output_filename='output.svg'
)
own = enqueue_background_job('workers.own_tasks.double', 21)
bars = enqueue_background_job(
    'workers.svg_tasks.generate_complex_svg', 50, 50, 'bars', 'bars.svg', count=3
)
print(job.wait(60), own.wait(60), open(bars.wait(60)).read().count('<line '), sep='\\n')
assert get_job_status(job.id)['status'] == 'finished'
"""

DRAW_ALL = """\
from drawscape.sketches import SKETCHES, draw
for name in SKETCHES:
    draw(name, 40, 50, seed=2).to_bytes()
print(*SKETCHES)
"""


class Journey:
    """Commands of an environment, run in one folder, each said before it runs."""

    def __init__(self, environment, folder):
        self.scripts = environment / "bin"
        self.folder = folder
        self.variables = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("DRAWSCAPE_", "JUPYTER"))},
            "PATH": os.pathsep.join([str(self.scripts), os.defpath]),
            "HOME": str(folder),
        }
        for name in ("VIRTUAL_ENV", "PYTHONPATH", "XDG_DATA_HOME"):
            self.variables.pop(name, None)

    @property
    def where(self):
        return {"cwd": self.folder, "env": self.variables}

    def run(self, *command):
        """Return what `command` prints, both streams; fail unless it ends well."""
        print(f"$ {' '.join(command)[:100]}", flush=True)
        program = [str(self.scripts / command[0]), *command[1:]]
        to = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        done = subprocess.run(program, **self.where, **to, timeout=180)
        if done.returncode:
            sys.exit(f"it ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    @contextlib.contextmanager
    def beside(self, *command, until):
        """Run `command` until the block is left; hand out the line that holds `until`."""
        print(f"$ {' '.join(command)[:100]} &", flush=True)
        log = self.folder / f"{command[1]}.log"
        with log.open("wb") as output:
            program = [str(self.scripts / command[0]), *command[1:]]
            process = subprocess.Popen(program, **self.where, stdout=output, stderr=output)
        try:
            yield _line_with(until, log, process)
        finally:
            process.terminate()
            process.wait(60)


def _line_with(words, log, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := [line for line in log.read_text().splitlines() if words in line]:
            return found[0]
        time.sleep(0.05)
    process.kill()
    sys.exit(f"nothing was said of {words!r}:\n{log.read_text()}")


def expect(condition, what):
    if not condition:
        sys.exit(f"WRONG: {what}")


def build(folder):
    """Return the wheel, built from the clone into `folder`."""
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w"]
    uv = ["uv", "build", "--quiet", "--wheel", "--out-dir"]
    command = [*(uv if shutil.which("uv") else pip), str(folder), str(ROOT)]
    address = "https://example.org/studio/drawscape"
    origin = {"GITHUB_SERVER_URL": "https://example.org", "GITHUB_REPOSITORY": "studio/drawscape"}
    subprocess.run(command, check=True, env={**os.environ, **origin})
    (wheel,) = folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    (about,) = (name for name in names if name.endswith("METADATA"))
    page = zipfile.ZipFile(wheel).read(about).decode()
    expect(f"Project-URL: Source, {address}\n" in page, "the wheel names no repository")
    expect(f"]({address}/raw/HEAD/notebooks/pictures/" in page, "its page shows no pictures")
    links = re.findall(r"\]\((?!https?:|#).*?\)", page)
    expect(not links, f"its page has links that lead nowhere: {links}")
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    expect(tops == {"drawscape"}, f"the wheel holds {sorted(tops)} at its top")
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, {len(names)} files")
    return wheel


def install(wheel, environment, python):
    """Make an environment with the wheel, its extras for notebooks and the web, and nbval."""
    if shutil.which("uv"):
        make = ["uv", "venv", "-q", "-p", python]
        add = ["uv", "pip", "install", "-q", "-p", str(environment)]
    else:
        make = [python, "-m", "venv"]
        add = [str(environment / "bin" / "python"), "-m", "pip", "install", "-q"]
    subprocess.run([*make, str(environment)], check=True)
    subprocess.run([*add, f"{wheel}[lab,web]", "pytest", "nbval"], check=True)


def first_steps(journey):
    """Make the project, a sketch and a task; draw without the queue, every sketch too."""
    journey.run("drawscape", "new", "studio", "--tutorials")
    journey.folder /= "studio"
    studio = journey.folder
    (studio / "sketches" / "bars.py").write_text(SKETCH)
    (studio / "workers" / "own_tasks.py").write_text("def double(n):\n    return 2 * n\n")
    expect("bars" in journey.run("drawscape", "sketches"), "`drawscape sketches` lists bars")
    journey.run("drawscape", "draw", "bars", "--count", "4", "--raw", "-o", "bars.svg")
    expect((studio / "bars.svg").read_text().count("<line ") == 4, "bars.svg has four lines")
    drawn = journey.run("python", "-c", DRAW_ALL)
    pictures = (ROOT / "notebooks" / "pages" / "_gallery").glob("*-0.webp")
    of_library = {picture.stem.removesuffix("-0") for picture in pictures}
    expect(of_library <= {*drawn.split()}, f"{of_library - {*drawn.split()}} were not drawn")


def notebooks(journey):
    own = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FORM)])
    own.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(own, journey.folder / "notebooks" / "02_bars.ipynb")
    files = ("notebooks/01_ripples.ipynb", "notebooks/02_bars.ipynb")
    journey.run("pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", *files)


def jobs(journey):
    """Run a worker of one's own, and jobs of all three kinds: the library's, a task, a sketch."""
    with journey.beside("drawscape", "worker", "-w", "1", until="started"):
        said = journey.run("python", "-c", JOBS).splitlines()
        expect(said[1:] == ["42", "3"], f"the jobs returned {said}")
    expect("workers.own_tasks.double" in journey.run("drawscape", "jobs"), "they are listed")


def web(journey):
    with journey.beside("drawscape", "web", "--port", "0", until="Drawscape: http") as line:
        url = line.split()[1].partition("?")[0].rstrip("/")  # a link with the token
        order = {"id": "1", "width": 50, "height": 50, "complexity": "complex", "pattern": "bars"}
        body, headers = json.dumps(order).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/artboard/create", body, headers)
        job = json.load(urllib.request.urlopen(request, timeout=30))["job_id"]
        said = journey.run("drawscape", "jobs", "wait", job)
    expect("artboard_1.svg" in said, f"the order became {said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the interpreter to install for")
    python = parser.parse_args().python
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        for part in ("dist", "home"):
            (folder / part).mkdir()
        install(build(folder / "dist"), folder / "env", python)
        journey = Journey(folder / "env", folder / "home")
        for step in (first_steps, notebooks, jobs, web):
            step(journey)
        journey.run("drawscape", "doctor")
    print(f"The wheel works ({time.monotonic() - began:.0f} s).")


if __name__ == "__main__":
    main()
