"""What a form remembers: its last pictures in a strip, and settings that were given a name."""

from pathlib import Path
from typing import Any

import pytest
from support import wait_until
from widget_tree import button, part, picture, text, walk

from drawscape.catalogue import find
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.jobs import get_job, list_jobs
from drawscape.notebook import form
from drawscape.notebook.form_view import Form
from drawscape.notebook.tile_grid import TileGrid

pytestmark = pytest.mark.usefixtures("consumer")


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The kernel of a notebook of its own."""
    name = str(tmp_path / "night.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", name)
    return name


def strip(shown: Form) -> Any:
    return next(w for w in walk(part(shown, "strip")) if isinstance(w, TileGrid))


def drawn(shown: Form, **values: Any) -> Path:
    """Draw with those values and return the file once it is in the strip, first or where it was."""
    path = Path(shown.set(**values).draw().wait(60))
    wait_until(lambda: path in shown.recent.paths, 60, "the picture in the strip")
    wait_until(lambda: len(strip(shown).tiles) == len(shown.recent.paths), 60, "its tile")
    return path


def page(width: float, height: float, dots: int = 3) -> str:
    """A task that keeps no recipe."""
    from drawscape.settings import output_path

    path = output_path(f"page-{width:g}.svg")
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm">'
        f'<circle cx="9" cy="9" r="{dots}"/></svg>'
    )
    return str(path)


@pytest.mark.parametrize("target", ["rose", page])
def test_a_click_on_a_picture_of_the_strip_brings_it_and_its_settings_back(target: Any) -> None:
    shown = form(target, paper="A7")
    first = drawn(shown)
    settings, bytes_before = shown.values, picture(shown)
    second = drawn(shown, width=100, height=80)
    assert shown.recent.paths == [second, first]
    assert "100 x 80 mm" in strip(shown).tiles[0].caption
    assert strip(shown).tiles[0].thumbnail
    count = len(list_jobs(limit=None))
    strip(shown)._received(None, {"event": "select", "ids": [strip(shown).order[1]]}, [])
    assert strip(shown).note == ""
    assert (shown.values, picture(shown)) == (settings, bytes_before)
    assert text(shown, "caption").startswith(f"output/{first.name}")
    assert "drawn before" in shown.status
    assert len(list_jobs(limit=None)) == count
    assert shown.recent.paths == [second, first]
    shown.undo()
    assert shown.values["width"] == 100


def test_the_strip_and_its_stars_are_back_in_the_next_kernel(notebook: str) -> None:
    shown = form("rose", paper="A7", seed=None)
    first, second = drawn(shown), drawn(shown, petals=19)
    strip(shown)._received(None, {"event": "star", "id": strip(shown).order[0], "stars": 4}, [])
    assert strip(shown).note == ""
    assert find(second).stars == 4
    again = form("rose", paper="A6")
    assert again.recent.paths == [second, first]
    wait_until(lambda: len(strip(again).tiles) == 2, 60, "the tiles")
    assert [tile.stars for tile in strip(again).tiles] == [4, 0]
    assert all(tile.thumbnail for tile in strip(again).tiles)
    again.recent.choose(first)
    assert again.values == {**shown.values, "petals": form("rose").values["petals"]}
    first.unlink()
    assert form("rose", paper="A6").recent.paths == [second]


def test_two_pictures_of_the_strip_are_compared(notebook: str) -> None:
    shown = form("rose", paper="A7")
    drawn(shown), drawn(shown, petals=14)
    strip(shown)._received(None, {"event": "compare", "ids": list(strip(shown).order)}, [])
    assert strip(shown).note == ""
    assert part(part(shown, "strip"), "comparison")


def test_settings_get_a_name_and_are_loaded_and_deleted_by_it(notebook: str) -> None:
    shown = form("rose", paper="A7", petals=15)
    shown.named.save("five")
    shown.set(petals=18, paper="A5").named.save("eight")
    assert shown.named.names == ["eight", "five"]
    other = form("rose", paper="A4")
    menu, name, save, trash = part(other, "named").children
    assert [option[1] for option in menu.options] == ["", "eight", "five"]
    menu.value = "five"
    assert (other.values["petals"], other.values["width"]) == (15, 74)
    assert name.value == "five"
    other.set(petals=16)
    assert menu.value == ""
    other.undo()
    assert (other.values["petals"], other.values["width"]) == (15, 74)
    other.set(petals=16)
    save.click()
    assert shown.named.names == ["five", "eight"]
    shown.named.load("five")
    assert shown.values["petals"] == 16
    trash.click()
    assert other.named.names == ["eight"]
    with pytest.raises(UnknownNameError, match="five"):
        shown.named.load("five")
    with pytest.raises(UnknownNameError):
        shown.named.delete("five")
    with pytest.raises(ParameterError, match="give the settings a name"):
        shown.named.save("  ")
    assert form("lissajous").named.names == []


def test_saved_settings_of_a_sketch_that_has_changed_are_shown_as_far_as_they_fit(
    notebook: str,
) -> None:
    def reeds(svg: Any, *, count: int = 3, high: float = 2.0) -> None:
        """Reeds."""
        svg.line(10, 10, 20, 10 + count * high)

    form(reeds, count=7, high=5.0).named.save("tall")

    def reeds(svg: Any, *, count: int = 3, wide: float = 1.0) -> None:  # type: ignore[no-redef]
        """Reeds."""
        svg.line(10, 10, 20, 10 + count * wide)

    shown = form(reeds)
    shown.named.load("tall")
    assert (shown.values["count"], shown.values["wide"]) == (7, 1.0)


def test_the_form_of_an_edited_sketch_shows_the_last_picture_as_older(notebook: str) -> None:
    def reeds(svg: Any, *, count: int = 3) -> None:
        """Reeds."""
        svg.line(10, 10, 20, 10 + count)

    first = form(reeds, paper="A7")
    path = drawn(first, count=5)
    assert first.job is not None
    assert get_job(first.job.id).description == "reeds"

    def reeds(svg: Any, *, count: int = 3) -> None:  # type: ignore[no-redef]
        """Reeds, bent."""
        svg.line(10, 10, 30, 10 + count)

    edited = form(reeds, paper="A7")
    assert picture(edited) == path.read_bytes()
    assert text(edited, "caption").startswith(f"older than the settings · output/{path.name}")
    edited.set(paper="A6")
    assert picture(edited) == path.read_bytes()
    anew = drawn(edited, paper="A7")
    assert anew != path
    assert edited.recent.paths == [anew, path]
    assert text(edited, "caption").startswith(f"output/{anew.name}")


def test_undo_brings_the_picture_of_those_settings_back() -> None:
    shown = form("rose", paper="A7")
    path = drawn(shown)
    drawn(shown, petals=13)
    button(shown, "Undo").click()
    assert text(shown, "caption").startswith(f"output/{path.name}")
    shown.set(petals=21)
    assert text(shown, "caption").startswith("older than the settings")
    shown.reset()
    assert text(shown, "caption").startswith(f"output/{path.name}")


def test_a_form_opens_although_the_catalogue_is_damaged(
    notebook: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    (tmp_path / ".drawscape").mkdir()
    (tmp_path / ".drawscape" / "catalogue.db").write_bytes(b"no database" * 1000)
    shown = form("rose", paper="A7")
    assert shown.recent.paths == []
    assert "the last pictures did not come back" in caplog.text
    part(shown, "named").children[1].value = "five"
    button(shown, "Save these settings under the name").click()
    assert "cannot be used" in shown.status
