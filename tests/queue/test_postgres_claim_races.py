"""What is claimed at one moment, each race with its guard and without it: then it is lost."""

from collections.abc import Callable

import pytest
from queue_races import DONE, WORKER, at_once, claimed
from queue_steps import TASK

from drawscape.job_manager import default_queue, enqueue_background_job, enqueue_many, list_jobs
from drawscape.queue.engines.engine import Database
from drawscape.queue.engines.postgres import database as engine
from drawscape.queue.table import concurrent_claims
from drawscape.queue.table.claims import acknowledge, claim

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.usefixtures("raced_queue")]


MANY = 3000
"""Rounds of a race without its guard, of which the first ones lose it."""


def claims_of_six(jobs: int) -> list[str]:
    """Return what six threads claimed, which stop when each job has been claimed once."""
    enqueue_many(TASK, [{}] * jobs)
    ids: list[str] = []

    def take(own: Database) -> None:
        while (held := claim(own, "background", WORKER, None)) is not None:
            ids.append(held.id)

    at_once(*[take] * 6)
    return ids


def test_six_threads_claim_each_job_once():
    ids = claims_of_six(300)
    assert len(ids) == len(set(ids)) == 300


def test_that_race_is_lost_without_the_lock_of_the_row(monkeypatch: pytest.MonkeyPatch):
    mutant = concurrent_claims._CLAIM.replace("for update skip locked", "")
    assert mutant != concurrent_claims._CLAIM
    monkeypatch.setattr(concurrent_claims, "_CLAIM", mutant)
    ids = claims_of_six(300)
    assert len(ids) > len(set(ids)) == 300


def ended_by_six_in_lanes(jobs: int) -> tuple[list[str], bool]:
    """Return what six threads were given with what they ended, and whether one waited for another."""
    for lane in ("fast", "slow"):
        enqueue_many(TASK, [{}] * (jobs // 2), job_lane=lane)
    ids: list[str] = []
    in_turn: list[bool] = []

    def work(own: Database) -> None:
        held = claim(own, "background", WORKER, None)
        while held is not None:
            ids.append(held.id)
            _, held = acknowledge(own, held, DONE, next_for=("background", WORKER, None))
            in_turn.append(own.has_limits)

    at_once(*[work] * 6)
    return ids, any(in_turn)


def test_six_threads_that_end_jobs_of_lanes_claim_each_once_and_wait_for_none():
    ids, in_turn = ended_by_six_in_lanes(300)
    assert len(ids) == len(set(ids)) == 300
    assert not in_turn


def test_that_race_of_lanes_is_lost_without_the_lock_of_the_row(monkeypatch: pytest.MonkeyPatch):
    mutant = concurrent_claims.AND_CLAIM_FREELY.replace("for update of job skip locked", "")
    assert mutant != concurrent_claims.AND_CLAIM_FREELY
    monkeypatch.setattr(concurrent_claims, "AND_CLAIM_FREELY", mutant)
    ids, _ = ended_by_six_in_lanes(300)
    assert len(ids) > len(set(ids))


LANES = ("fast", "slow")


def most_at_once(rounds: int, race: Callable[[], list[Callable[[Database], object]]]) -> int:
    """Return how many jobs of a limit of one ran at once, at most, when the moves of `race()` met."""
    found = 0
    for _ in range(rounds):
        moves = race()
        for lane in LANES:
            enqueue_background_job(TASK, job_lane=lane, job_limit_key="plotter", job_limit=1)
        at_once(*moves)
        found = max(found, len(list_jobs(status="started")))
        default_queue().database.connection.execute("delete from job")
        if found > 1:
            break
    return found


def claims_of_two() -> list[Callable[[Database], object]]:
    """Workers of two lanes claim."""
    return [
        lambda own, lane=lane: claim(own, "background", WORKER, None, (lane,)) for lane in LANES
    ]


def test_a_limit_holds_for_those_who_claim_at_once():
    assert most_at_once(30, claims_of_two) == 1


@pytest.fixture
def not_alone_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lock from what is sent in one go."""
    monkeypatch.setattr(engine, "_ALONE", "select 1")


def test_that_race_is_lost_where_claims_of_a_group_are_not_alone(not_alone_in_one_go: None):
    assert most_at_once(MANY, claims_of_two) > 1


def ends_and_claims_of_two() -> list[Callable[[Database], object]]:
    """Workers of two lanes end a job and claim the next."""
    enqueue_many(TASK, [{}, {}])
    held = [(claimed(), lane) for lane in LANES]
    return [
        lambda own, one=one, lane=lane: acknowledge(
            own, one, DONE, next_for=("background", WORKER, None), lanes=(lane,)
        )
        for one, lane in held
    ]


def test_a_limit_holds_for_those_who_end_a_job_and_claim_at_once():
    assert most_at_once(30, ends_and_claims_of_two) == 1
    assert default_queue().database.has_groups


def test_that_race_is_lost_where_what_is_sent_in_one_go_is_not_alone(not_alone_in_one_go: None):
    assert most_at_once(MANY, ends_and_claims_of_two) > 1
