"""Walls of tiles: what is done with them on a sheet, and the history of all drawings."""

import threading
from typing import Any

import pytest
from support import wait_until
from widget_tree import button

from drawscape.catalogue import drawings
from drawscape.notebook import contact_sheet, history, variations

pytestmark = pytest.mark.usefixtures("consumer")


def tiles(sheet: Any) -> list[Any]:
    return list(sheet._wall.grid.tiles)


def test_tiles_are_rated_sorted_rejected_compared_exported_and_drawn_larger() -> None:
    made = contact_sheet("phyllotaxis", range(3), paper="A7")
    made.wait(60)
    wall = made._wall
    wall.grid._received(None, {"event": "star", "id": "1", "stars": 4}, [])
    assert made.drawings[1].stars == 4
    assert tiles(made)[1].stars == 4
    made.sort("stars")
    assert tiles(made)[0].id == "1"
    made.sort("ink")
    inks = [made.drawings[int(tile.id)].figures.ink_mm for tile in tiles(made)]
    assert inks == sorted(inks, reverse=True)
    wall.grid._received(None, {"event": "key", "id": "0", "key": "x"}, [])
    assert made.drawings[0].tags == ("rejected",)
    wall.grid._received(None, {"event": "key", "id": "0", "key": "c"}, [])
    assert "choose two drawings" in wall.grid.note
    wall.grid.selected = ["1", "2"]
    wall.grid._received(None, {"event": "key", "id": "1", "key": "c"}, [])
    close, compared = wall._below.children
    assert (wall.grid.note, len(compared.viewers)) == ("", 2)
    close.click()
    assert wall._below.children == ()
    wall.grid._received(None, {"event": "open", "id": "1"}, [])
    assert wall._below.children[1].values["seed"] == 1
    wall._tag.value = "for May"
    button(made, "Tag").click()
    assert [drawing.tags for drawing in made.chosen] == [("for May",)] * 2
    assert [path.suffix for path in wall.export()] == [".gcode", ".gcode"]
    jobs = wall.draw_larger()
    for job in jobs:
        job.wait(60)
    large = drawings("phyllotaxis", seed=1, order="newest")[0]
    assert (large.width, large.height) == (210, 297)
    assert large.parents == (made.drawings[1].recipe,)
    assert large.margin / 210 == pytest.approx(made.drawings[1].margin / 74)
    assert large.parameters == made.drawings[1].parameters


def test_the_history_filters_pages_and_shows_what_others_do() -> None:
    variations("rose", margin=[3, 4, 5], paper="A7").wait(60)
    seen = history("rose")
    assert seen.status == "3 drawings"
    assert all(tile.thumbnail for tile in tiles(seen))
    first = seen.drawings[0]
    first.star(5)
    wait_until(lambda: tiles(seen)[0].stars == 5, 60, "the star of another")
    seen._stars.value = 4
    assert seen.status == "1 drawing"
    seen._stars.value = 0
    first.tag("rejected")
    wait_until(lambda: seen.status == "2 drawings", 60, "the rejected one to go")
    seen._rejected.value = True
    assert seen.status == "3 drawings"
    seen._text.value = "no such"
    assert (seen.status, tiles(seen)) == ("0 drawings", [])
    seen.close()


def test_a_look_that_began_before_another_filter_is_not_shown_after_it() -> None:
    variations("guilloche", margin=[3, 4, 5], paper="A7").wait(60)
    seen = history("guilloche")
    for number in range(60):
        others = [threading.Thread(target=seen.refresh, daemon=True) for _ in range(3)]
        for other in others:
            other.start()
        seen._text.value = "" if number % 2 else "no such"
        for other in others:
            other.join(60)
        assert seen.status == ("3 drawings" if number % 2 else "0 drawings")
    seen.close()
