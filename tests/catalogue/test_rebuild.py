"""The catalogue after a loss: made again from the files, of an older home, after a kill."""

import os
import random
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import support
from sketch_cells import sketch_of
from support import python, wait_until

from drawscape.atomic import sweep_tree
from drawscape.catalogue import (
    drawings,
    find,
    find_existing,
    rebuild,
    settings_key,
    settings_store,
    sheet_store,
)
from drawscape.catalogue.database import reading
from drawscape.catalogue.redraw import Sameness, compare_again
from drawscape.errors import CatalogueError, UnknownNameError
from drawscape.jobs import list_jobs
from drawscape.recipe import recipe_of
from drawscape.sketches import SKETCHES, as_sketch
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
    (home / "best").mkdir()
    one.path.rename(home / "best" / "a.svg")
    two.path.unlink()
    for _ in range(2):
        assert rebuild() == 2
        assert {d.path for d in drawings()} == {home / "best" / "a.svg", three.path}
    (home / "best" / "a.svg").rename(home / "b.svg")
    with reading() as opened:
        opened.execute("update drawing set lines = null")
    assert rebuild() == 2
    assert find(one.recipe).path == home / "b.svg"
    with reading() as opened:
        lines = opened.execute("select count(lines) from drawing where not deleted").fetchone()
    assert lines[0] == 2


def damage(file, text):
    """Write over the page of the catalogue that holds `text`, as a disk might."""
    with reading() as opened:
        opened.execute("pragma wal_checkpoint(truncate)")
    code = (
        "import sys; file = open(sys.argv[1], 'r+b'); content = file.read()\n"
        "file.seek(content.index(sys.argv[2].encode()) // 4096 * 4096); file.write(b'!' * 4096)"
    )
    # In another process: to close the file here would drop SQLite's locks.
    python("-c", code, file, text)


def rebuilt_elsewhere():
    """Return what `rebuild` returns in another thread, which has none of the pages in its memory."""
    with ThreadPoolExecutor() as pool:
        return pool.submit(rebuild).result()


def test_of_a_damaged_catalogue_the_marks_that_can_be_read_are_kept_and_all_go_on_with_them(
    home, drawn, caplog
):
    file = home / ".drawscape" / "catalogue.db"
    drawing = drawn(seed=1).star(3).tag("kept")
    others = [replace(drawing, recipe=f"{number:024x}") for number in range(400)]
    for number, other in enumerate(others):
        other.annotate(f"note {number} of 400 " + "and more " * 20)
    others[399].star(5)
    settings_store.save("key", {"seed": 3})
    damage(file, "note 200 of 400")
    assert rebuilt_elsewhere() == 1
    # Seen by the connection that was open all the time.
    assert (drawing.stars, drawing.tags) == (3, ("kept",))
    assert settings_store.load("key") == {"seed": 3}
    assert [others[number].stars for number in (0, 399)] == [0, 5]
    lost = [number for number, other in enumerate(others) if not other.note]
    assert 200 in lost
    assert len(lost) < 20  # what lay in that page
    (aside,) = file.parent.glob("catalogue-damaged-*.db")
    assert str(aside) in caplog.text
    with reading() as opened:
        assert opened.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert drawing.star(5).stars == 5
    assert rebuilt_elsewhere() == 1
    assert drawing.stars == 5
    assert len(list(file.parent.glob("catalogue-damaged-*.db"))) == 1


def test_a_damaged_catalogue_says_what_to_do_and_is_made_again_from_the_files(home, drawn):
    with ThreadPoolExecutor() as pool:  # whose connections are closed with their threads
        list(pool.map(lambda seed: drawn(seed=seed), range(2)))
    (home / ".drawscape" / "catalogue.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(CatalogueError, match="rebuild"):
        drawings()
    assert Path(generate_complex_svg(60, 60, "molnar")).is_file()  # drawn all the same
    assert rebuilt_elsewhere() == 3
    assert sorted((d.sketch, d.seed) for d in drawings()) == [
        ("molnar", 0), ("spiral", 0), ("spiral", 1),
    ]  # fmt: skip


def unpacked(home, version):
    """Fill `home` with one of `version`, and return its files with their times."""
    (home / ".drawscape").rmdir()
    with tarfile.open(Path(__file__).with_name(f"home_of_{version}.tar.gz")) as packed:
        packed.extractall(home, filter="data")
    return times(home)


def times(home):
    return {path: path.stat().st_mtime_ns for path in home.rglob("*.svg")}


def test_a_home_of_0_2_opens_with_its_drawings_and_draws_nothing(home):
    before = unpacked(home, "0_2")
    found = drawings()
    assert sorted((d.sketch, d.seed, d.path.parent.name) for d in found) == [
        ("hitomezashi", 2, "output"), ("schotter", 0, "named"), ("schotter", 1, "output"),
        ("schotter", 3, "output"), ("stems", 0, "output"),
    ]  # fmt: skip
    assert len({d.recipe for d in found}) == 5
    for drawing in found:
        assert drawing.figures.lines > 0
        assert drawing.thumbnail
        assert drawing.star(2).stars == 2
    assert len(drawings(stars=2)) == 5
    assert sorted(job.status for job in list_jobs()) == ["finished"] * 5 + ["queued"]
    assert times(home) == before


DRAWN_BY_0_3 = {
    ("cubic_disarray", 0, "ordered.svg", 0), ("rose", 3, "rose-3-2afff62d.svg", 4),
    ("schotter", 1, "schotter-1-9e39758c.svg", 2), ("schotter", 2, "mine.svg", 0),
    ("stems", 4, "stems-4-85be45f7.svg", 5),
}  # fmt: skip


@pytest.mark.parametrize("is_catalogue_lost", [False, True])
def test_a_home_of_0_3_shows_its_drawings_and_none_of_its_exports(home, is_catalogue_lost):
    before = unpacked(home, "0_3")
    if is_catalogue_lost:  # and with it the marks
        (home / ".drawscape" / "catalogue.db").unlink()
        assert rebuild() == 5
    found = {(d.sketch, d.seed, d.path.name, d.stars) for d in drawings()}
    stars = {(*one[:3], 0) for one in DRAWN_BY_0_3} if is_catalogue_lost else DRAWN_BY_0_3
    assert found == stars
    assert not any(d.edited for d in drawings())
    shown = drawings()._repr_html_()  # with the thumbnails of 0.3, where there are any
    assert shown.count("data:image/webp;") == (0 if is_catalogue_lost else 4)
    assert shown.count("data:image/") == 5
    assert rebuild() == len(drawings()) == 5
    assert times(home) == before


def test_a_recipe_of_0_3_finds_its_drawing_and_marks_and_is_not_drawn_again(home):
    before = unpacked(home, "0_3")
    rose = find("2afff62dde4afd423a16dd8b")
    assert (rose.stars, rose.tags, rose.note) == (4, ("kept",), "for Ada")
    assert find("dusk").seed == 2
    assert generate_complex_svg(60, 80, "rose", seed=3) == str(rose.path)
    assert generate_complex_svg(60, 80, "schotter", seed=2) == str(find("dusk").path)
    assert times(home) == before
    assert Path(generate_complex_svg(60, 80, "rose", seed=4)) not in before
    cell = """def stems(svg, rng, *, count: int = 6):
    # Drawn in a notebook by 0.3, and read here with another remark.
    for x in rng.uniform(5, 55, count):
        svg.line(x, 75, x, 20)
"""
    cells = [as_sketch(sketch_of(text, "stems")) for text in (cell, cell.replace("20", "21"))]
    found, other = (find_existing(recipe_of(sketch, 60, 80, seed=4)) for sketch in cells)
    assert (found.path, found.stars, other) == (find("85be45f7").path, 5, None)
    named = ", ".join(f"{name}={value!r}" for name, value in rose.parameters.items())
    cell = f"import threading\nL = threading.Lock()\ndef rose(svg, rng, *, {named}): L.locked()\n"
    assert find_existing(recipe_of(as_sketch(sketch_of(cell, "rose")), 60, 80, seed=3)) is None
    assert sheet_store.load("night")
    assert settings_store.load(settings_key("01.ipynb", "rose")) == {"seed": 3}


def test_a_file_of_0_3_that_was_edited_by_hand_is_kept_and_is_not_the_drawing(home):
    unpacked(home, "0_3")
    path = find("2afff62d").path
    path.write_text(path.read_text().replace("<polyline", "<polyline ", 1))
    (shown,) = drawings("rose")
    assert (shown.edited, shown.path) == (True, path)
    content = path.read_bytes()
    assert generate_complex_svg(60, 80, "rose", seed=3) != str(path)
    rebuild()
    assert find(path).edited
    assert path.read_bytes() == content


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


def test_a_drawing_of_0_2_is_drawn_again_and_says_that_less_of_it_is_known(home):
    unpacked(home, "0_2")
    (drawing,) = drawings("hitomezashi")
    comparison = compare_again(drawing.path)
    assert comparison.sameness in (Sameness.INK, Sameness.DIFFERS)
    assert "version 0.2.0, which kept less of the recipe" in str(comparison)
    with pytest.raises(UnknownNameError, match="stems"):
        compare_again(find(drawings("stems")[0].path).path)
