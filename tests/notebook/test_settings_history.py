"""Undo goes back change by change; the notches of one move of a slider are one change."""

import pytest

from drawscape.notebook import settings_history
from drawscape.notebook.settings_history import SettingsHistory


def test_two_moves_of_one_slider_with_a_rest_between_them_are_two_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings_history, "ONE_MOVE_S", 0.0)
    history = SettingsHistory({"a": 1})
    history.add({"a": 2})
    history.add({"a": 3})
    assert history.undo() == {"a": 2}
    assert history.undo() == {"a": 1}
    assert history.undo() == {"a": 1}


def test_changes_of_two_parameters_at_once_are_a_step_of_their_own() -> None:
    history = SettingsHistory({"a": 1, "b": 1})
    history.add({"a": 2, "b": 1})
    history.add({"a": 3, "b": 2})
    assert history.undo() == {"a": 2, "b": 1}


def test_a_new_change_cuts_off_what_was_undone() -> None:
    history = SettingsHistory({"a": 1})
    history.add({"a": 2, "b": 5})
    history.undo()
    assert history.can_redo
    history.add({"a": 9})
    assert not history.can_redo
    assert history.redo() == {"a": 9}


def test_the_same_settings_again_are_no_step() -> None:
    history = SettingsHistory({"a": 1})
    history.add({"a": 1})
    assert not history.can_undo
