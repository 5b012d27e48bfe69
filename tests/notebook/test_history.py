"""Boards: what is done with the drawings on them, what a page is sent, and the history of all drawings."""

import threading
from typing import Any

import pytest
from support import wait_until

from drawscape.catalogue import drawings
from drawscape.errors import DrawscapeError, ParameterError, UnknownNameError
from drawscape.notebook import Board, contact_sheet, history, variations
from drawscape.notebook.reader import state_of
from drawscape.plot.export.formats import EXPORTERS

pytestmark = pytest.mark.usefixtures("consumer")


class Page:
    """What a board's page receives, and what it reports."""

    def __init__(self, board, monkeypatch):
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        monkeypatch.setattr(board, "send", self._receive, raising=False)
        self._board = board

    def _receive(self, content, buffers=None):
        self.messages.append((content, list(buffers or ())))

    def report(self, act, value=None):
        """Report what somebody did."""
        self._board._handle_custom_msg({"act": act, "value": value}, [])

    @property
    def tiles(self):
        """All tiles that came, each with its picture, in order."""
        return [
            pair
            for content, buffers in self.messages
            for pair in zip(content.get("tiles", ()), buffers, strict=False)
        ]


@pytest.fixture
def opened(monkeypatch):
    """Open a page on a board."""

    def open_page(board: Board) -> Page:
        page = Page(board, monkeypatch)
        assert page.messages == []  # nothing is sent before a page is there
        page.report("ready")
        return page

    return open_page


def test_a_page_gets_all_tiles_and_then_what_changes_without_its_picture(
    opened,
):
    made = contact_sheet("phyllotaxis", 3, paper="A7")
    made.wait(60)
    page = opened(made)
    assert [tile["id"] for tile, _ in page.tiles] == ["0", "1", "2"]
    assert all(picture[:4] == b"RIFF" for _, picture in page.tiles)
    numbers = [tile["number"] for tile, _ in page.tiles]
    page.messages.clear()
    page.report("star", {"id": "1", "stars": 4})
    (tile, _), *more = page.tiles
    assert (tile["id"], tile["stars"], more) == ("1", 4, [])
    assert tile["number"] > max(numbers)
    assert made.drawings[1].stars == 4
    page.report("inspect", "9")
    assert made.note == "this drawing is not finished; wait for its picture"


def test_a_late_state_of_a_job_never_replaces_a_newer_one():
    made = contact_sheet("phyllotaxis", [50], paper="A7")
    early = state_of(made.jobs[0])
    made.wait(60)
    (cell,) = made.cells.values()
    wait_until(lambda: cell.state is not None and cell.state.ended, 60, "the end")
    assert not cell.show(early)
    assert (cell.status, made.tiles[0]["state"]) == ("finished", "finished")


def test_drawings_are_rated_sorted_rejected_compared_exported_and_drawn_larger():
    made = contact_sheet("phyllotaxis", range(3), paper="A7")
    made.wait(60)
    made.star(1, 4)
    made.sort("stars")
    assert made.tiles[0]["id"] == "1"
    made.sort("ink")
    inks = [cell.drawing.figures.ink_mm for cell in made.cells.values() if cell.drawing]
    assert inks == sorted(inks, reverse=True)
    made.reject(0)
    assert made.drawings[0].tags == ("rejected",)
    with pytest.raises(DrawscapeError, match="choose two drawings"):
        made.compare()
    made.choose(1, 2)
    assert repr(made.compare()) == "<Comparison: 2 drawings compared>"
    assert made.below
    made.close_below()
    assert made.below == ""
    assert made.open_form().values["seed"] == 1
    made.tag("for May")
    assert [drawing.tags for drawing in made.chosen] == [("for May",)] * 2
    assert [path.suffix for path in made.export("gcode")] == [".gcode", ".gcode"]
    offered = [name for _, name in made.exports]
    assert offered == [name for _, name in made.open_form().schema["exports"]] == [*EXPORTERS]
    for job in made.draw_larger("A4"):
        assert "on A4" in job.description
        job.wait(60)
    large = drawings("phyllotaxis", seed=1, order="newest")[0]
    assert (large.width, large.height) == (210, 297)
    assert large.parents == (made.drawings[1].recipe,)
    assert large.margin / 210 == pytest.approx(made.drawings[1].margin / 74)
    assert large.parameters == made.drawings[1].parameters


def test_a_closed_board_follows_nothing_and_opens_again_as_it_is_then():
    made = contact_sheet("phyllotaxis", range(60, 63), paper="A7")
    made.close()
    assert made.comm is None
    assert made.wait(60).captions == ["seed 60", "seed 61", "seed 62"]
    made.reopen()
    assert made.comm is not None
    made.drawings[0].star(2)
    wait_until(lambda: made.tiles[0]["stars"] == 2, 60, "the star of another")
    made.close()


def test_the_history_filters_pages_and_shows_what_others_do():
    variations("rose", margin=[3, 4, 5], paper="A7").wait(60)
    seen = history("rose")
    assert seen.status == "3 drawings"
    first = seen.drawings[0]
    first.star(5)
    wait_until(lambda: seen.tiles[0]["stars"] == 5, 60, "the star of another")
    seen.filter(stars=4)
    assert seen.status == "1 drawing"
    assert history("rose", stars=(3, None)).status == "1 drawing"
    seen.filter(stars=0)
    first.tag("rejected")
    wait_until(lambda: seen.status == "2 drawings", 60, "the rejected one to go")
    seen.filter(rejected=True)
    assert seen.status == "3 drawings"
    seen.act("text", "no such")
    assert (seen.status, seen.tiles) == ("0 drawings", [])
    assert seen.empty == "No drawing fits these filters: take one away."
    seen.close()


def test_an_empty_history_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / ".drawscape").mkdir()
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    assert history().empty == 'Nothing is drawn yet: form("spiral") draws the first.'


def test_what_the_history_cannot_look_for_is_an_error_or_a_note_and_never_logged(
    caplog,
):
    with pytest.raises(UnknownNameError, match="unknown sketch 'nope'"):
        history("nope")
    with pytest.raises(UnknownNameError, match="petal"):
        history("rose", petal=3)
    variations("schotter", vary={"columns": [4, 6]}, paper="A7").wait(60)
    seen = history("schotter", where={"columns": 6})
    assert seen.status == "1 drawing"
    seen.act("sketch", "spiral")
    assert seen.note.startswith("unknown parameter or option 'columns'")
    seen.note = ""
    drawings("schotter")[0].star(2)
    wait_until(lambda: "'columns'" in seen.note, 60, "the reader's next try")
    assert [record.getMessage() for record in caplog.records] == []
    seen.close()


def test_a_look_that_began_before_another_filter_is_not_shown_after_it():
    variations("guilloche", margin=[3, 4, 5], paper="A7").wait(60)
    seen = history("guilloche")
    for number in range(40):
        others = [threading.Thread(target=seen.refresh, daemon=True) for _ in range(3)]
        for other in others:
            other.start()
        seen.filter(text="" if number % 2 else "no such")
        for other in others:
            other.join(60)
        assert seen.status == ("3 drawings" if number % 2 else "0 drawings")
    seen.close()


def test_parameters_with_the_names_of_options_go_into_vary():
    with pytest.raises(ParameterError, match=r"vary=\{'columns': 6\} for the parameter"):
        contact_sheet("schotter", 2, columns=6)
    made = variations("schotter", vary={"columns": [5, 7]}, seed=[1, 1, 1], paper="A7")
    assert len(made.jobs) == 2  # one for each recipe
    made.wait(60)
    assert made.status == "6 of 6 drawn"
    assert [d.parameters["columns"] for d in made.drawings] == [5, 5, 5, 7, 7, 7]


def test_traits_of_a_sheet_are_counted_over_its_seeds_and_found_in_the_history():
    def spots(svg: Any, rng: Any) -> None:
        svg.trait("density", "high" if rng.random() > 0.5 else "low").circle(30, 30, 9)

    made = contact_sheet(spots, 8, paper="A7")
    made.wait(60)
    counts = made.trait_counts()["density"]
    assert set(counts) == {"high", "low"}
    assert sum(counts.values()) == 8
    seen = history("spots", where={"density": "high"})
    assert len(seen.drawings) == counts["high"]
    assert "density high" in seen.tiles[0]["hint"]
