"""A wall of tiles sends what has changed and hands on what the page reports."""

from typing import Any

import pytest

from drawscape.notebook.tile_grid import Tile, TileGrid


class Recorded(TileGrid):
    """Keeps what it would send to the page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.messages: list[tuple[list[dict[str, Any]], list[bytes]]] = []
        super().__init__(*args, **options)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.messages.append((content["tiles"], list(buffers)))

    def report(self, event: str, **details: Any) -> None:
        """Do as the page does when something happened there."""
        self._handle_custom_msg({"event": event, **details}, [])


def wall(count: int = 3, **handlers: Any) -> Recorded:
    tiles = [Tile(f"t{i}", b"png%d" % i, f"seed {i}") for i in range(count)]
    grid = Recorded(tiles, **handlers)
    assert grid.messages == []  # nothing is sent before a page is there
    grid.report("ready")
    return grid


def test_a_page_that_opens_gets_every_tile_with_its_picture() -> None:
    grid = wall()
    ((contents, pictures),) = grid.messages
    assert [content["id"] for content in contents] == ["t0", "t1", "t2"] == grid.order
    assert pictures == [b"png0", b"png1", b"png2"]


def test_a_star_sends_no_picture_again() -> None:
    grid = wall()
    grid.messages.clear()
    grid.update(Tile("t1", b"png1", "seed 1", stars=4))
    ((contents, pictures),) = grid.messages
    assert (contents[0]["stars"], contents[0]["changed"], pictures) == (4, False, [b""])
    grid.update(Tile("t1", b"png1", "seed 1", stars=4))
    assert len(grid.messages) == 1


def test_a_new_tile_comes_last_and_one_that_is_gone_leaves_the_choice() -> None:
    grid = wall()
    grid.selected = ["t0", "t2"]
    grid.update(Tile("t9", b"x", "new"))
    assert grid.order == ["t0", "t1", "t2", "t9"]
    grid.show([Tile("t9", b"x", "new"), Tile("t0", b"png0", "seed 0")])
    assert (grid.order, grid.selected) == (["t9", "t0"], ["t0"])


def test_sorting_sends_no_tile() -> None:
    grid = wall()
    grid.messages.clear()
    grid.sort(lambda tile: tile.caption, reverse=True)
    assert grid.order == ["t2", "t1", "t0"]
    assert grid.messages == []


@pytest.mark.parametrize(
    ("event", "details"),
    [
        ("open", {"id": "t1"}),
        ("enlarge", {"id": "t1"}),
        ("star", {"id": "t1", "stars": 5}),
        ("select", {"ids": ["t0", "t1"]}),
        ("compare", {"ids": ["t0", "t1"]}),
        ("key", {"id": "t1", "key": "x"}),
    ],
)
def test_each_event_reaches_its_handler(event: str, details: dict[str, Any]) -> None:
    calls: list[Any] = []
    grid = wall(**{f"on_{event}": lambda *values: calls.append(values)})
    grid.report(event, **details)
    grid.report("nothing that is known")
    assert calls == [tuple(details.values())]


def test_what_a_handler_raises_is_shown_above_the_tiles_until_the_next_one_works() -> None:
    def choose(ids: list[str]) -> None:
        if len(ids) > 1:
            raise ValueError("one at a time")

    grid = wall(on_select=choose)
    grid.report("select", ids=["t0", "t1"])
    assert grid.note == "ValueError: one at a time"
    grid.report("select", ids=["t0"])
    assert grid.note == ""


def test_a_tile_whose_picture_has_come_sends_it_though_its_words_are_the_same() -> None:
    grid = Recorded([Tile("t0", b"", "seed 0", state="started")])
    grid.report("ready")
    grid.messages.clear()
    grid.update(Tile("t0", b"now it is there", "seed 0"))
    ((contents, pictures),) = grid.messages
    assert (contents[0]["changed"], pictures) == (True, [b"now it is there"])
    grid.update(Tile("t0", b"now it is there", "seed 0, drawn"))
    assert grid.messages[-1][1] == [b""]
