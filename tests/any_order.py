"""Verbs of the public API in any order, found by hypothesis."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

_STEPS_A_RUN = 50


def run_in_any_order(machine: Callable[[], RuleBasedStateMachine], steps: int, **more: Any) -> None:
    """Let `machine` take so many steps, fifty of them in a row."""
    chosen = settings(
        max_examples=max(1, steps // _STEPS_A_RUN),
        stateful_step_count=_STEPS_A_RUN,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
    run_state_machine_as_test(machine, settings=chosen)
