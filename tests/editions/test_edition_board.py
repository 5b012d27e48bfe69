"""The boards of an edition in a notebook: what is proposed, and what becomes of the sheets."""

import pytest
from sketch_cells import sketch_of
from support import wait_until

from drawscape import edition
from drawscape.editions import find_edition
from drawscape.errors import EditionError, UnknownNameError
from drawscape.machine.device import add_device

CELL = """
def poles(svg, rng, *, count: int = 3):
    svg.trait("lean", "left" if rng.random() < 0.5 else "right")
    for x, y in rng.uniform(20, 80, (count, 2)):
        svg.line(x, 80, y, 20)
"""


def captions(board):
    return [tile["caption"] for tile in board.tiles]


def test_the_proposed_are_swapped_ordered_and_frozen(home, worker):
    poles = sketch_of(CELL, "poles")
    board = edition("posts", sketch=poles, of=12, size=4, paper="100x100", title="Posts", count=4)
    before = board.proposed[:]
    assert {one.parameters["count"] for one in board.found} == {4}
    assert all("· lean " in one and "%)" in one for one in captions(board)), captions(board)
    board.choose(board.order[3])
    board.act("earlier")
    assert [one.id for one in board.proposed] == [before[i].id for i in (0, 1, 3, 2)]
    board.act("swap")
    assert before[3].id not in [one.id for one in board.proposed]
    assert len({one.id for one in board.proposed}) == 4
    made = board.make()
    recipes = [one.recipe for one in board.proposed]
    assert [one.provenance.recipe for one in made.numbers] == recipes
    assert repr(edition("posts", board.proposed)) == "<EditionBoard: edition posts>"
    with pytest.raises(EditionError, match="of other drawings already"):
        edition("posts", before)
    with pytest.raises(EditionError, match="tilte: give parameters with sketch= only"):
        edition("more", before, tilte="Posts")
    with pytest.raises(UnknownNameError, match="did you mean 'count'"):
        edition("more", sketch=poles, seeds=[1], paper="100x100", cuont=4)
    same = edition("more", sketch=poles, seeds=[1], paper="100x100", parameters={"count": 3})
    assert dict(same.numbers[0].provenance.parameters)["count"] == 3


def test_sheets_are_plotted_and_judged_by_clicks_and_keys(home, worker):
    add_device("desk", "simulator", "1000x")
    board = edition("rings", sketch="rose", seeds=[1, 2], paper="100x100")
    board.act("plot")
    assert board.note == ""
    panel = board._below
    wait_until(lambda: panel.plot.state.state == "waiting")
    board.act("plot", "1")  # its panel is shown again
    assert board.note == "desk still has 1/2, waiting"
    assert board._below.plot.id == panel.plot.id
    while (state := panel.plot.state).state != "done":
        if state.state == "waiting":
            panel.act("answer", to=state.text)
        wait_until(lambda was=state.text: panel.plot.state.text != was or panel.plot.state.done)
        wait_until(lambda: panel.plot.state.state in ("waiting", "done"))
    wait_until(lambda: board.refresh() or captions(board)[0].startswith("1/2 · plotted on desk"))
    wait_until(lambda: find_edition("rings").numbers[1].state == "waiting")
    board.act("plot")
    board.act("trace", "1")  # the pointer rests on a tile
    assert board.note == "desk still has 2/2, waiting"
    board.act("good", "1")
    board.choose("1")
    board.act("spoiled")
    assert captions(board)[0].startswith("1/2 · spoiled")
    board.act("good", "1")
    assert captions(board)[0].startswith("1/2 · good on desk")
    board.act("spoiled", "2")
    assert find_edition("rings").numbers[1].state == "spoiled"
