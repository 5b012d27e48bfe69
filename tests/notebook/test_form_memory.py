"""What a form remembers: its settings, its last pictures in a strip, and settings that were given a name."""

from pathlib import Path
from typing import Any

import pytest
from support import wait_until
from widget_tree import send

from drawscape.catalogue import find
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.jobs import get_job, list_jobs
from drawscape.notebook import form

pytestmark = pytest.mark.usefixtures("consumer")


@pytest.fixture
def notebook(monkeypatch, tmp_path):
    """The kernel of a notebook of its own."""
    name = str(tmp_path / "night.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", name)
    return name


def drawn(shown, **values):
    """Draw with those values and return the file once it is in the strip, first or where it was."""
    path = Path(shown.set(**values).draw().wait(60))
    wait_until(lambda: path in shown.recent.paths, 60, "the picture in the strip")
    wait_until(lambda: len(shown.strip) == len(shown.recent.paths), 60, "its tile")
    return path


def test_a_click_on_a_picture_of_the_strip_brings_it_and_its_settings_back():
    shown = form("rose", paper="A7")
    first = drawn(shown)
    settings, before = shown.values, shown.picture
    second = drawn(shown, width=100, height=80)
    assert shown.recent.paths == [second, first]
    assert "100 x 80 mm" in shown.strip[0]["caption"]
    assert shown.strip[0]["thumbnail"]
    count = len(list_jobs(limit=None))
    send(shown, "choose", path=shown.strip[1]["id"])
    assert (shown.values, shown.picture) == (settings, before)
    assert shown.state["caption"].startswith(f"output/{first.name}")
    assert "drawn before" in shown.status
    assert len(list_jobs(limit=None)) == count
    assert shown.recent.paths == [second, first]
    shown.undo()
    assert shown.values["width"] == 100


def test_strip_stars_and_settings_are_back_in_the_next_kernel(notebook):
    shown = form("rose", paper="A7")
    first, second = drawn(shown), drawn(shown, petals=19)
    send(shown, "star", id=shown.strip[0]["id"], stars=4)
    assert find(second).stars == 4
    again = form("rose", paper="A7")
    assert again.values == shown.values
    assert again.picture == second.read_bytes()
    assert again.recent.paths == [second, first]
    wait_until(lambda: len(again.strip) == 2, 60, "the tiles")
    assert [tile["stars"] for tile in again.strip] == [4, 0]
    again.recent.choose(first)
    assert again.values["petals"] != 19
    other = form("rose", paper="A7", petals=20)  # what the cell says holds
    assert other.values["petals"] == 20
    first.unlink()
    assert form("rose", paper="A6").recent.paths == [second]


def test_pictures_of_the_strip_are_compared(notebook):
    shown = form("rose", paper="A7")
    drawn(shown), drawn(shown, petals=14)
    ids = [tile["id"] for tile in shown.strip]
    send(shown, "compare", ids=ids[:1])
    assert "choose two pictures" in shown.status
    send(shown, "compare", ids=ids)
    assert shown.below
    send(shown, "close_below")
    assert not shown.below


def test_settings_get_a_name_and_are_loaded_and_deleted_by_it(notebook):
    shown = form("rose", paper="A7", petals=15)
    other = form("rose", paper="A4")
    send(shown, "save", name="five")
    shown.set(petals=18, paper="A5").named.save("eight")
    assert shown.named.names == ["eight", "five"]
    wait_until(lambda: other.state["names"] == ["eight", "five"], 60, "the names in the other form")
    send(other, "load", name="five")
    assert (other.values["petals"], other.values["width"]) == (15, 74)
    assert other.state["name"] == "five"
    other.set(petals=16)
    assert other.state["name"] == ""
    send(other, "save", name="five")
    shown.named.load("five")
    assert shown.values["petals"] == 16
    send(other, "delete", name="five")
    assert other.named.names == ["eight"]
    with pytest.raises(UnknownNameError, match="five"):
        shown.named.load("five")
    with pytest.raises(UnknownNameError):
        shown.named.delete("five")
    with pytest.raises(ParameterError, match="give the settings a name"):
        shown.named.save("  ")
    assert form("harmonograph").named.names == []


def test_settings_of_a_sketch_that_has_changed_come_back_as_far_as_they_fit(notebook):
    def reeds(svg: Any, *, count: int = 3, high: float = 2.0) -> None:
        """Reeds."""
        svg.line(10, 10, 20, 10 + count * high)

    first = form(reeds)
    first.set(count=7, high=5.0).named.save("tall")
    path = drawn(first)
    assert get_job(first.job.id).description == "reeds"

    def reeds(svg: Any, *, count: int = 3, wide: float = 1.0) -> None:
        """Reeds, bent."""
        svg.line(10, 10, 30, 10 + count * wide)

    edited = form(reeds)
    assert (edited.values["count"], edited.values["wide"]) == (7, 1.0)
    assert edited.picture == path.read_bytes()
    assert edited.state["older"]
    edited.set(count=1).named.load("tall")
    assert edited.values["count"] == 7
    again = drawn(edited)
    assert edited.recent.paths == [again, path]
    assert not edited.state["older"]


def test_undo_brings_the_picture_of_those_settings_back():
    shown = form("rose", paper="A7")
    path = drawn(shown)
    drawn(shown, petals=13)
    send(shown, "undo")
    assert shown.state["caption"].startswith(f"output/{path.name}")
    shown.set(petals=21)
    assert shown.state["older"]
    shown.reset()
    assert shown.state["caption"].startswith(f"output/{path.name}")
    assert not shown.state["older"]


def test_a_form_opens_although_the_catalogue_is_damaged(notebook, tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    (tmp_path / ".drawscape").mkdir()
    (tmp_path / ".drawscape" / "catalogue.db").write_bytes(b"no database" * 1000)
    shown = form("rose", paper="A7")
    assert shown.recent.paths == []
    assert "the last pictures did not come back" in caplog.text
    send(shown, "save", name="five")
    assert "cannot be used" in shown.status
