"""A stranger's first ten minutes, timed, with a picture of every step: `make nightly PART=first-minutes`.

From a wheel: an empty environment. From a clone: `make demo`. Then `drawscape new` and JupyterLab in a real
browser: the form, one's own sketch, a sheet, a star, an export. Pictures are in build/first-minutes.
`python tests/first_minutes.py wheel` goes one way only.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from find_chromium import FLAGS, find
from jupyter_lab import opened
from notebook_page import FormOnPage
from playwright.sync_api import sync_playwright
from try_wheel import ROOT, Journey, build, expect, install

OWN = """import numpy as np

def weave(svg, rng, *, threads=40, slack=4.0):
    \"\"\"Threads that sag a little, each in its own way.\"\"\"
    x = np.linspace(svg.frame.x0, svg.frame.x1, 120)
    for y in np.linspace(svg.frame.y0, svg.frame.y1 - slack, threads):
        sag = rng.uniform(0, slack, 6)
        svg.polyline(np.column_stack([x, y + np.interp(x, np.linspace(x[0], x[-1], 6), sag)]))

own = form(weave, paper='A6')
own"""

SHEET = """sheet = contact_sheet(weave, seeds=range(8), columns=4, paper='A6')
sheet"""


class Diary:
    """What was done, how long it took, and how it looked."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.began, self.steps = folder, time.monotonic(), 0

    def note(self, words, page=None):
        self.steps += 1
        print(f"{time.monotonic() - self.began:6.1f} s  {words}", flush=True)
        if page is not None:
            page.wait_for_timeout(300)  # what was scrolled to is painted
            page.screenshot(path=self.folder / f"{self.steps:02}-{words.replace(' ', '-')}.png")


def add_cell(notebook, source):
    """Write a cell below all others and run it, by the keyboard."""
    for script in (
        "jupyterapp.shell.currentWidget.content.activeCellIndex ="
        " jupyterapp.shell.currentWidget.content.widgets.length - 1",
        "jupyterapp.commands.execute('notebook:insert-cell-below')",
        "jupyterapp.commands.execute('notebook:enter-edit-mode')",
    ):
        notebook.page.evaluate(script)
    notebook.page.keyboard.insert_text(source)
    notebook.page.keyboard.press("Control+Enter")
    notebook.wait_idle()


def drawn(notebook, number):
    """Return the form that stands at that place on the page, counted from 0, with a picture."""
    form = notebook.page.locator(".drawscape-form:has(.drawscape-draw)").nth(number)
    form.scroll_into_view_if_needed()
    form.get_by_role("button", name="Draw", exact=True).click()
    form.locator("xpath=self::*[@data-status='finished']").wait_for()
    form.get_by_role("button", name="Export").wait_for()
    return FormOnPage(notebook, form)


def in_the_browser(page, url, studio, diary):
    """Do what the project's first notebook invites to, and a little more."""
    page.goto(url)
    notebook = opened(page)
    diary.note("JupyterLab opens the notebook", page)

    page.locator(".jp-CodeCell .jp-Editor").first.click()
    page.keyboard.press("Shift+Enter")
    notebook.form()
    diary.note("the form is there", page)
    drawn(notebook, 0).slide("drops", 12)
    diary.note("the first drawing", page)
    add_cell(notebook, OWN)
    own = drawn(notebook, 1)
    diary.note("a sketch of ones own", page)
    add_cell(notebook, f"from drawscape.notebook import contact_sheet\n\n{SHEET}")
    tiles = page.locator(".jp-CodeCell").last.locator("[aria-selected]")
    tiles.locator("img[src]:not([hidden])").nth(7).wait_for()
    tiles.nth(2).click()
    page.keyboard.press("5")
    tiles.and_(page.locator("[aria-label$='5 stars']")).wait_for()
    diary.note("a sheet of eight with a star for one", page)

    own.root.scroll_into_view_if_needed()
    own.root.get_by_role("button", name="Export").click()
    own.root.get_by_role("menuitem", name="G-code").click()
    deadline = time.monotonic() + 60
    while not list(studio.rglob("*.gcode")) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    diary.note("an export for the plotter", page)
    expect(list(studio.rglob("*.gcode")), "the G-code lies in the project")
    expect(not notebook.cell_errors(), f"no cell warns: {notebook.cell_errors()}")


def from_wheel(folder, shown):
    """Install the wheel into an empty environment; return that and the diary."""
    (folder / "dist").mkdir()
    wheel, diary = build(folder / "dist"), Diary(shown)
    install(wheel, folder / "env", sys.executable)
    diary.note("installed")
    return folder / "env", diary


def from_clone(folder, shown):
    clone, diary = folder / "clone", Diary(shown)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    diary.note("cloned")
    for target, words in (("demo", "make demo has drawn"), (".venv/.lab", "ready for make lab")):
        subprocess.run(["make", "--silent", target], cwd=clone, check=True)
        diary.note(words)
    return clone / ".venv", diary


WAYS = {"wheel": from_wheel, "clone": from_clone}


def go(way, shown):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        (folder / "home").mkdir()
        environment, diary = WAYS[way](folder, shown)
        journey = Journey(environment, folder / "home")
        print(journey.run("drawscape", "new", "studio"))
        journey.folder /= "studio"
        diary.note("a project")
        options = ("--no-browser", "--ServerApp.port=0", "--LabApp.expose_app_in_browser=True")
        with (
            journey.beside("drawscape", "lab", *options, until="?token=") as line,
            sync_playwright() as playwright,
        ):
            url = re.search(r"http\S+", line)
            expect(url, f"a link in {line!r}")
            browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.set_default_timeout(60_000)
            try:
                in_the_browser(page, url[0], journey.folder, diary)
            finally:
                diary.note("the end", page)
            browser.close()
    print(f"Pictures of every step are in {shown}.")


def main():
    for way in sys.argv[1:] or WAYS:
        print(f"From a {way}:", flush=True)
        go(way, ROOT / "build" / "first-minutes" / way)


if __name__ == "__main__":
    main()
