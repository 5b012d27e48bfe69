"""The morning after: kernel, worker and lab are gone, and everything that was made is back."""

import os
import signal

import pytest
from support import python, wait_until

from drawscape.queue.engines.liveness import Locks

pytestmark = [pytest.mark.browser, pytest.mark.nightly]

SETUP = """from drawscape.notebook import contact_sheet, form, history, sheet, sheets
def reach(i):
    return i + 2
def rings(svg, rng, *, count: int = 4, wide: float = 1.0):
    'Rings by a helper.'
    for i in range(count):
        svg.circle(50, 50, reach(i) * wide + rng.random())"""
WALL = """from drawscape.tasks.drawing import draw_function_svg
for seed in range(400):
    _ = draw_function_svg(rings, 60, 60, seed=seed, count=2)
wall = contact_sheet(rings, range(400), paper='60x60', count=2, columns=16)
wall"""
FORM = "drawing = form(rings, paper='100x100')\ndrawing"
SHEET = """def slow(svg, rng, *, gate=''):
    'A dot that waits for a file to appear.'
    import pathlib, time
    while not pathlib.Path(gate).exists():
        time.sleep(0.02)
    svg.circle(50, 50, 10 + rng.random())
done = contact_sheet(rings, range(6), paper='60x60')
night = contact_sheet(slow, range(8), paper='60x60', name='overnight', gate={gate!r})
night"""
STARRED = ".board-tile[aria-label='seed 7, 4 stars']"
LOOK = "print(done.status, '|', night.status, '|', drawing.values, '|', drawing.status)"


def test_everything_is_back_after_kernel_worker_and_lab_were_killed(
    chromium, module_home, labs, page
):
    gate, name = module_home / "gate", "night.ipynb"
    locks = module_home / ".drawscape" / "workers"

    with labs() as lab:
        lab.write(name, SETUP, FORM, SHEET.format(gate=str(gate)), WALL)
        notebook = lab.open(page, name)
        notebook.run_all()
        shown = notebook.form()
        notebook.evaluate("drawing.set(count=7, seed=5)")
        shown.press("Draw")
        shown.await_status("finished")
        drawn = shown.picture()
        wait_until(lambda: "6 drawings" in notebook.evaluate(LOOK), "the first sheet")
        notebook.evaluate("drawing.job.wait(); from drawscape.catalogue import find")
        notebook.evaluate("find(drawing.job.result).star(5)")
        wall_of(page, 400).locator(".board-tile[aria-label='seed 7']").click()
        page.keyboard.press("4")
        page.locator(STARRED).wait_for()
        before = notebook.evaluate(LOOK)
        assert "0 of 8 drawn" in before, before
        (worker,) = Locks(locks).living()
        kernel = int(notebook.evaluate("import os; print(os.getpid())"))
        for pid in (kernel, worker.pid, lab.pid):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not Locks(locks).living(), "the worker to be gone")

    jobs = count_jobs()
    context = chromium.new_context(viewport={"width": 1280, "height": 1100})
    morning = context.new_page()
    morning.set_default_timeout(60_000)
    with labs() as lab:
        notebook = lab.open(morning, name)
        notebook.run_all()
        shown = notebook.form()
        after = notebook.evaluate(LOOK)
        assert "6 drawings" in after, after
        assert "0 of 8 drawn" in after, after
        assert "'count': 7" in after, after
        assert "drawn before" in after, after
        assert shown.picture() == drawn
        assert count_jobs() == jobs
        code = "from drawscape.catalogue import drawings; print(len(drawings(stars=5)), sheets())"
        found = notebook.evaluate(code)
        assert found.startswith("1 ")
        assert "'overnight'" in found
        notebook.evaluate("named = sheet('overnight')")
        gate.touch()
        wait_until(lambda: "8 drawings" in notebook.evaluate("print(night.status)"), "the rest")
        assert "8 drawings" in notebook.evaluate("named.wait(); print(named.status)")
        assert count_jobs() == jobs
        for count in (8, 400):
            assert wall_of(morning, count).locator(".board-tile img[src]").count() == count
        assert morning.locator(STARRED).count() == 1
        assert notebook.cell_errors() == []

        def is_saved() -> bool:
            notebook.save()
            # Of the large one the first hundred.
            return (lab.folder / name).read_text().count("data:image/png;base64,") >= 108

        wait_until(is_saved, "the pictures of the sheets in the saved notebook")
        notebook.shut_down()
    context.close()


def wall_of(page, count):
    """Return the sheet of that many drawings on the page, which has their tiles."""
    last = f".board-tile:nth-child({count}):last-child"
    return page.locator(".board-tiles").filter(has=page.locator(last))


def count_jobs():
    """Return how many rows the job table has."""
    code = "from drawscape.jobs import list_jobs; print(len(list_jobs(limit=None)))"
    done = python("-c", code)
    return int(done.stdout)
