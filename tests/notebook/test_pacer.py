"""A live form draws the first change at once, one drawing at a time, and the last change always."""

import pytest
from support import wait_until

from drawscape.notebook import pacer
from drawscape.notebook.pacer import Pacer


def test_a_change_during_a_drawing_is_drawn_when_that_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacer, "REST_S", 3600.0)
    drawn: list[int] = []
    setting = 0

    def draw() -> bool:
        drawn.append(setting)
        return True

    live = Pacer(draw)
    for setting in (1, 2, 3):  # noqa: B007 - `draw` reads it
        live.request()
    assert drawn == [1]
    live.ended()
    assert drawn == [1, 3]
    live.ended()
    assert drawn == [1, 3]
    live.drop()


def test_once_the_hand_rests_the_drawing_under_way_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacer, "REST_S", 0.05)
    drawn: list[int] = []
    live = Pacer(lambda: drawn.append(1) is None)
    live.request()
    live.request()
    wait_until(lambda: len(drawn) == 2, 60, "the second drawing")


def test_a_drawing_that_could_not_begin_blocks_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacer, "REST_S", 3600.0)
    answers = iter([False, True])
    drawn: list[bool] = []

    def draw() -> bool:
        drawn.append(next(answers))
        return drawn[-1]

    live = Pacer(draw)
    live.request()
    live.request()
    assert drawn == [False, True]
    live.drop()
