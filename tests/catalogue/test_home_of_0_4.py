"""A home that version 0.4 made opens with its drawings, marks and plots."""

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from support import run

from drawscape.catalogue import drawings, find, rebuild, settings_key, settings_store, sheet_store
from drawscape.catalogue.database import TABLES, VERSION, catalogue_file
from drawscape.errors import CatalogueError
from drawscape.jobs import list_jobs
from drawscape.machine.plot import find_plot, list_plots
from drawscape.machine.run import run_plot

MADE_IN = "/home/ada/studio"

SHOWN = {
    # sketch, seed: stars, tags, note, name, deleted, edited
    ("schotter", 1): (2, (), "", "", False, False),
    ("schotter", 2): (0, (), "", "dusk", False, False),
    ("schotter", 3): (4, ("kept",), "for Ada", "", False, False),
    ("schotter", 7): (1, (), "", "", False, True),
    ("stems", 4): (5, ("June", "kept"), "", "", False, False),
    ("hoops", 6): (0, (), "from a cell", "", False, False),
    ("molnar", 4): (3, (), "", "", True, False),
}
"""0.4 itself had lost the name of schotter 2, which it drew again under another version of numpy."""


@pytest.fixture
def studio(home):
    """A home of 0.4, where its plots find their drawings."""
    (home / ".drawscape").rmdir()
    with tarfile.open(Path(__file__).with_name("home_of_0_4.tar.gz")) as packed:
        packed.extractall(home, filter="data")
    for journal in (home / ".drawscape" / "plots").rglob("journal.jsonl"):
        journal.write_text(journal.read_text().replace(MADE_IN, str(home)))
    return home


def shown():
    found = {}
    for one in drawings(deleted=True, order="oldest"):  # what exists follows what is deleted
        marks = (one.stars, one.tags, one.note, one.name)
        found.setdefault((one.sketch, one.seed), []).append((*marks, one.deleted, one.edited))
    return found


def times(home):
    return {path: path.stat().st_mtime_ns for path in home.rglob("*.svg")}


def test_drawings_and_marks_are_there_and_nothing_is_drawn(studio):
    before = times(studio)
    found = shown()
    assert found.keys() == SHOWN.keys()
    assert all(found[one][-1] == SHOWN[one] for one in SHOWN)
    assert times(studio) == before
    rebuild()
    assert all(shown()[one][-1] == SHOWN[one] for one in SHOWN)
    assert sheet_store.load("night")
    assert settings_store.load(settings_key("01.ipynb", "rose")) == {"seed": 3}


def test_marks_are_found_set_and_kept_by_a_redraw(studio):
    assert [one.seed for one in drawings(stars=(4, None), order="stars")] == [4, 3]
    assert [one.sketch for one in drawings(tag="June")] == ["stems"]
    assert find("dusk").seed == 2
    again = find("dusk").redraw()
    assert (again.name, again.deleted) == ("dusk", False)
    (molnar,) = drawings("molnar", deleted=True)
    assert molnar.redraw().stars == 3
    assert find(drawings("schotter", seed=3)[0].path).star(5).tags == ("kept",)


def test_plots_and_jobs_are_there_and_a_cells_sketch_is_drawn_again_from_its_source(studio):
    listed = run("plots", "list").out
    assert [line.split("\t")[2] for line in listed.splitlines()] == ["ready", "done"]
    assert [one.seed for one in drawings(plotted=True)] == [1]
    assert {job.status for job in list_jobs()} == {"finished"}
    (hoops,) = drawings("hoops")
    assert hoops.redraw(trust=True).note == "from a cell"


def test_a_plot_that_0_4_left_in_mid_sheet_goes_on(studio):
    (plot,) = (one for one in list_plots() if one.state.state == "done")
    lines = plot.journal.path.read_text().splitlines(keepends=True)
    plot.journal.path.write_text("".join(lines[:83]))  # with 80 of 204 strokes
    plot = find_plot(plot.id)
    assert plot.words == "interrupted at stroke 80 of 204 (39 %), pen 1"
    assert run_plot(plot, "another run", yes=True, zero_here=True) == "done"
    assert 0 < (plot.state.drawn > 1).sum() <= 3


def columns(connection):
    tables = connection.execute("select name from sqlite_schema where type = 'table'").fetchall()
    found = {}
    for (table,) in tables:
        rows = connection.execute(f"pragma table_info({table})").fetchall()
        found[table] = {(row[1], row[2], row[3], row[5]) for row in rows}
    indexes = connection.execute("select name from sqlite_schema where type <> 'table'").fetchall()
    return found, {row[0] for row in indexes}


def test_a_migrated_catalogue_has_the_tables_of_a_new_one(studio):
    drawings()
    one, other = (sqlite3.connect(name) for name in (":memory:", catalogue_file()))
    with closing(one) as new, closing(other) as old:
        new.executescript(TABLES)
        assert columns(old) == columns(new)
        assert old.execute("pragma user_version").fetchone() == (VERSION,)


def test_a_catalogue_before_0_4_says_how_to_open_it(home):
    with closing(sqlite3.connect(catalogue_file())) as old:
        old.execute("pragma user_version = 3")
    with pytest.raises(CatalogueError, match=r"open it with Drawscape 0\.4 first"):
        drawings()
