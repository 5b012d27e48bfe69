"""The catalogue made again from the files: of what is lost, damaged, or lies somewhere else."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drawscape.catalogue import Drawing, drawings, find, rebuild, settings_store, standing
from drawscape.catalogue.database import connection
from drawscape.catalogue.marks import marks_of, set_mark
from drawscape.errors import CatalogueError
from drawscape.recipe import recipe_of
from drawscape.sketches import SKETCHES

Draw = Callable[..., Drawing]


def test_rebuilding_from_the_files_loses_no_mark(home, drawn):
    first = drawn(seed=1).star(3).tag("kept")
    figures, thumbnail = first.figures, first.thumbnail
    with connection() as opened:
        opened.execute("delete from drawing")
    assert rebuild() == 1
    again = find(first.recipe)
    assert (again.stars, again.tags, again.figures.lines) == (3, ("kept",), figures.lines)
    assert again.figures.ink_mm == pytest.approx(figures.ink_mm, rel=0.01)
    assert abs(len(again.thumbnail) - len(thumbnail)) < 2000
    assert drawings(stars=3)[0].recipe == first.recipe
    assert standing(recipe_of(SKETCHES["spiral"], 60, 80, seed=1)) is not None


def test_a_damaged_catalogue_is_an_error_that_says_what_to_do_and_draws_all_the_same(home, drawn):
    (home / ".drawscape" / "catalogue.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(CatalogueError, match="rebuild"):
        drawings()
    from drawscape.tasks.drawing import generate_complex_svg

    assert Path(generate_complex_svg(60, 60, "rose")).is_file()


def test_rebuilding_counts_what_lies_elsewhere_in_the_home_and_not_what_is_gone(home, drawn):
    one, two, three = (drawn(seed=seed) for seed in range(3))
    (home / "best").mkdir()
    one.path.rename(home / "best" / "a.svg")
    two.path.unlink()
    for _ in range(2):
        assert rebuild() == 2
        assert {d.path for d in drawings()} == {home / "best" / "a.svg", three.path}
    (home / "best" / "a.svg").rename(home / "b.svg")
    with connection() as opened:
        opened.execute("update drawing set lines = null")
    assert rebuild() == 2
    assert find(one.recipe).path == home / "b.svg"
    lines = connection().execute("select count(lines) from drawing where not deleted").fetchone()
    assert lines[0] == 2


def damage(file: Path, text: bytes) -> None:
    """Write over the page of the catalogue that holds `text`, as a disk might."""
    connection().execute("pragma wal_checkpoint(truncate)")
    code = (
        "import sys; file = open(sys.argv[1], 'r+b'); content = file.read()\n"
        "file.seek(content.index(sys.argv[2].encode()) // 4096 * 4096); file.write(b'!' * 4096)"
    )
    # In another process: to close the file here would drop SQLite's locks.
    subprocess.run([sys.executable, "-c", code, file, text], check=True)


def rebuilt_elsewhere() -> int:
    """Return what `rebuild` returns in another thread, which has none of the pages in its memory."""
    with ThreadPoolExecutor() as pool:
        return pool.submit(rebuild).result()


def test_of_a_damaged_catalogue_the_marks_that_can_be_read_are_kept_and_all_go_on_with_them(
    home, drawn, caplog
):
    file = home / ".drawscape" / "catalogue.db"
    drawing = drawn(seed=1).star(3).tag("kept")
    for number in range(400):
        set_mark(f"{number:024x}", "note", f"note {number} of 400 " + "and more " * 20)
    set_mark(f"{399:024x}", "stars", 5)
    settings_store.save("key", {"seed": 3})
    damage(file, b"note 200 of 400")
    assert rebuilt_elsewhere() == 1
    # Seen by the connection that was open all the time.
    assert (drawing.stars, drawing.tags) == (3, ("kept",))
    assert settings_store.load("key") == {"seed": 3}
    assert [marks_of(f"{number:024x}").stars for number in (0, 399)] == [0, 5]
    lost = [number for number in range(400) if not marks_of(f"{number:024x}").note]
    assert 200 in lost
    assert len(lost) < 20  # what lay in that page
    (aside,) = file.parent.glob("catalogue-damaged-*.db")
    assert str(aside) in caplog.text
    assert connection().execute("pragma integrity_check").fetchone()[0] == "ok"
    assert drawing.star(5).stars == 5
    assert rebuilt_elsewhere() == 1
    assert drawing.stars == 5
    assert len(list(file.parent.glob("catalogue-damaged-*.db"))) == 1


def test_a_catalogue_of_which_nothing_can_be_read_is_made_again_from_the_files(home, drawn):
    with ThreadPoolExecutor() as pool:  # whose connections are closed with their threads
        list(pool.map(lambda seed: drawn(seed=seed), range(2)))
    (home / ".drawscape" / "catalogue.db").write_bytes(b"not a database" * 1000)
    assert rebuilt_elsewhere() == 2
    assert sorted(d.seed for d in drawings()) == [0, 1]
