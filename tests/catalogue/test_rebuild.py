"""The catalogue after a loss: made again from the files, of an older home, after a kill."""

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import support
from support import python, wait_until

from drawscape.atomic import sweep_tree
from drawscape.catalogue import drawings, find, find_existing, rebuild, sheet_store
from drawscape.catalogue.database import data_version, reading
from drawscape.errors import CatalogueError
from drawscape.recipe import recipe_of
from drawscape.sketches import SKETCHES
from drawscape.tasks.drawing import generate_complex_svg


def test_rebuilding_from_the_files_loses_no_mark(home, drawn):
    first = drawn(seed=1).star(3).tag("kept")
    figures, thumbnail = first.figures, first.thumbnail
    with reading() as opened:
        opened.execute("delete from drawing")
    assert rebuild() == 1
    again = find(first.recipe)
    assert (again.stars, again.tags, again.figures.lines) == (3, ("kept",), figures.lines)
    assert again.figures.ink_mm == pytest.approx(figures.ink_mm, rel=0.01)
    assert abs(len(again.thumbnail) - len(thumbnail)) < 2000
    assert drawings(stars=3)[0].recipe == first.recipe
    assert find_existing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1)) is not None


@pytest.mark.parametrize(
    "said",
    ['"seed": 99999999999999999999', '"sketch": "\\ud800"', '"width": NaN', '"recipe": "\\udfff"'],
)
def test_a_file_that_says_what_no_row_can_hold_is_no_drawing_and_hides_no_other(home, drawn, said):
    drawing = drawn(seed=1)
    values = '"sketch": "x", "seed": 1, "width": 1, "height": 1, "margin": 0, "parameters": {}'
    values += f', "version": "0.3", "code": "", {said}'
    odd = f'<svg><metadata id="drawscape">{{{values}}}</metadata></svg>'
    (home / "output" / "odd.svg").write_text(odd)
    assert list(drawings()) == [drawing]
    assert rebuild() == 1


def test_a_file_that_was_cut_is_shown_without_a_picture(drawn):
    drawing = drawn(seed=1)
    drawing.path.write_text(drawing.path.read_text()[:1000])
    (cut,) = drawings()
    assert (cut.edited, cut.thumbnail) == (True, None)
    assert "no picture" in drawings()._repr_html_()


def test_rebuilding_counts_what_lies_elsewhere_in_the_home_and_not_what_is_gone(home, drawn):
    one, two, three = (drawn(seed=seed) for seed in range(3))
    elsewhere = home / "best" / "a.svg"
    elsewhere.parent.mkdir()
    one.path.rename(elsewhere)
    two.path.unlink()
    assert rebuild() == 1
    assert find(elsewhere).took_s == one.took_s  # from now on the catalogue knows where it lies
    with reading() as opened:
        opened.execute("update drawing set lines = null")
    for _ in range(2):
        assert rebuild() == 2
        assert {d.path for d in drawings()} == {elsewhere, three.path}
    with reading() as opened:
        lines = opened.execute("select count(lines) from drawing where not deleted").fetchone()
    assert lines[0] == 2


def damage(file, text):
    """Write over the page of the catalogue that holds `text`, as a disk might."""
    # All pages must lie in the file: those in its log are read from there, and the damage is not seen.
    in_other_thread(empty_the_log)
    code = (
        "import sys; file = open(sys.argv[1], 'r+b'); content = file.read()\n"
        "file.seek(content.index(sys.argv[2].encode()) // 4096 * 4096); file.write(b'!' * 4096)"
    )
    # In another process: to close the file here would drop SQLite's locks.
    python("-c", code, file, text)


def empty_the_log():
    with reading() as opened:
        assert opened.execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0


def in_other_thread(function):
    """Return what a function returns in another thread, which has none of the pages in its memory."""
    with ThreadPoolExecutor() as pool:
        return pool.submit(function).result()


@pytest.fixture(params=["alone", "beside a reader"])
def other_reader(request, home):
    """Let another thread, as that of a live gallery, keep the catalogue open or not."""
    if request.param == "alone":
        yield
        return
    with ThreadPoolExecutor() as pool:
        pool.submit(data_version).result()
        yield


def test_of_a_damaged_catalogue_each_table_of_marks_that_is_readable_is_kept(home, drawn, caplog):
    file = home / ".drawscape" / "catalogue.db"
    drawing = drawn(seed=1).star(3).tag("kept")
    for number in range(400):
        sheet_store.save(f"sheet {number}", {"words": "and more " * 20})
    damage(file, "sheet 200")
    assert in_other_thread(rebuild) == 1
    # Seen by the connection that was open all the time.
    assert (drawing.stars, drawing.tags) == (3, ("kept",))
    assert sheet_store.load("sheet 0") is None
    (aside,) = file.parent.glob("catalogue-damaged-*.db")
    assert str(aside) in caplog.text
    with reading() as opened:
        assert opened.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert drawing.star(5).stars == 5
    assert in_other_thread(rebuild) == 1
    assert drawing.stars == 5
    assert len(list(file.parent.glob("catalogue-damaged-*.db"))) == 1


@pytest.mark.usefixtures("other_reader")
def test_a_damaged_catalogue_says_what_to_do_and_is_made_again_from_the_files(home, drawn):
    for seed in range(2):
        in_other_thread(partial(drawn, seed=seed))
    damage(home / ".drawscape" / "catalogue.db", "SQLite format 3")
    with pytest.raises(CatalogueError, match="rebuild"):
        drawings()
    assert Path(generate_complex_svg(60, 60, "molnar")).is_file()  # drawn all the same
    assert in_other_thread(rebuild) == 3
    assert sorted((d.sketch, d.seed) for d in drawings()) == [
        ("molnar", 0), ("spiral", 0), ("spiral", 1),
    ]  # fmt: skip


ROUNDS = int(os.environ.get("CHAOS_ROUNDS", support.rounds(12, 3000)))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
STEPS = ("call", "return", "any moment", "none")

SERVER = """
import os, random, signal, sys, time
signal.alarm(180)  # nothing here waits for ever: what takes longer dies, and the test with it
from drawscape.catalogue import record
from drawscape.sketches import draw
from drawscape.tasks.drawing import generate_complex_svg
draw("molnar", 40, 40)
def die_at(step):  # the file is there when `record` is called, its row when it returns
    def see(frame, event, _):
        if event == step and frame.f_code is record.__code__:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(see)
print("ready", flush=True)
signal.alarm(0)
for line in sys.stdin:
    seed, step, delay = line.rstrip("\\n").split("\\t")
    signal.alarm(180)
    child = os.fork()
    if child == 0:
        signal.alarm(120)  # a child has no alarm of its own
        if step in ("call", "return"):
            die_at(step)
        generate_complex_svg(40, 40, "molnar", seed=int(seed))
        os._exit(0)
    if step == "any moment":
        time.sleep(float(delay))
        os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    signal.alarm(0)
"""


@pytest.fixture
def play(home):
    """Draw with a seed in a process that is killed at a step; return its exit code."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    server = subprocess.Popen([sys.executable, "-c", SERVER], **pipes)
    assert server.stdout.readline() == "ready\n"

    def play(seed, step, delay_s):
        server.stdin.write(f"{seed}\t{step}\t{delay_s}\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    yield play
    server.stdin.close()
    server.stdout.close()
    server.wait(60)


def check(home, starred):
    """Raise AssertionError where rows, files and marks do not agree."""
    files = set((home / "output").glob("*.svg"))
    for path in files:
        seed = int(path.name.split("-")[1])
        known = find_existing(recipe_of(SKETCHES["molnar"], 40, 40, seed=seed))
        assert known is not None, f"a look does not find {path.name}"
        assert known.path == path
        assert path.read_bytes().endswith(b"</svg>\n"), f"{path.name} is torn"
    rows = list(drawings())
    assert {row.path for row in rows} == files, "rows and files differ"
    assert len(rows) == len(files), "a drawing has two rows"
    for recipe, stars in starred.items():
        assert find(recipe).stars == stars, "a mark is lost"
    with reading() as opened:
        assert opened.execute("pragma integrity_check").fetchone()[0] == "ok"


def rounds(home, play, count):
    dice = random.Random(SEED)
    starred = {}
    for number in range(count):
        step = dice.choice(STEPS)
        seed = number // 3  # some are drawn again, after a kill or without one
        code = play(seed, step, dice.uniform(0, 0.02))
        assert code in (0, -9), code
        if number % 10 == 9 or count < 20:
            try:
                check(home, starred)
            except AssertionError as error:
                pytest.fail(f"seed {SEED}, round {number}, killed at {step}: {error}")
            for row in drawings(stars=0)[:2]:
                starred[row.recipe] = row.star(1 + number % 5).stars

    def swept():
        sweep_tree(home / "output")
        return not list((home / "output").rglob(".*"))

    wait_until(swept, "no file that was begun")
    assert starred


@pytest.mark.chaos
@pytest.mark.slow
def test_rows_and_files_agree_wherever_a_kill_comes(home, play):
    rounds(home, play, ROUNDS)
