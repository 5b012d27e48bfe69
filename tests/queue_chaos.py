"""A round of chaos: one process of the queue is killed at a named step, and the table is read after it.

The victim is forked from this process, which has imported everything already, so that a round takes
a fraction of a second. `tests/queue/test_chaos.py` runs it as a script: a copy of a process with several
threads, as pytest's are, may wait for ever for a lock that one of them held.
"""

import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import forkserver, process
from pathlib import Path

from support import await_exit, processes_in, wait_until

from drawscape import clock as failpoints
from drawscape.queue.engines.liveness import Locks
from drawscape.queue.engines.sqlite import SqliteEngine
from drawscape.queue.huey import JobHuey
from drawscape.queue.retention import problems
from drawscape.queue.row import STATUSES, Claim, Outcome
from drawscape.queue.store import MAX_RECOVERIES, acknowledge, recover

ENQUEUER_STEPS = ("insert.before_commit", "insert.after_commit")
WORKER_STEPS = ("claim.committed", "ack.before_commit", "ack.after_commit")
LONG_STEPS = ("slice.committed",)
"""Of long work, which has a test of its own."""
CHILD_STEPS = ("child.before_start", "run.middle", "result.serialised")
ANY_MOMENT = "any moment"
STEPS = (*ENQUEUER_STEPS, *WORKER_STEPS, *CHILD_STEPS, ANY_MOMENT)
RETRIES = 1
LIMITED = "status = 'started' and group_id in (select id from job_group where most = 1)"


@dataclass
class World:
    """A home, its queue, and what is known from outside about the jobs."""

    home: Path
    random: random.Random
    committed: set[str] = field(default_factory=set)
    attempted: set[str] = field(default_factory=set)
    rounds: int = 0

    @property
    def path(self):
        return self.home / ".drawscape" / "queue.db"

    @property
    def locks(self):
        return self.home / ".drawscape" / "workers"

    def huey(self):
        return JobHuey(
            "background", filename=self.path, home=self.home, task_modules=("chaostasks",)
        )

    def play(self, step):
        """Play one round: enqueue, work, kill at `step`, read the table."""
        self.rounds += 1
        self._enqueue(step if step in ENQUEUER_STEPS else None)
        if step not in ENQUEUER_STEPS:
            self._work(step)
        self.check()

    def drain(self):
        """Let an unharmed worker finish everything, then check what holds at the end."""
        pid = self._fork(lambda: self.huey().create_consumer(workers=2).run())
        deadline = time.monotonic() + 300  # minutes only on a machine that is very busy
        try:
            while self._count("status in ('queued', 'scheduled', 'deferred', 'started')"):
                if time.monotonic() > deadline:
                    raise AssertionError("the queue was not drained within five minutes")
                assert self._count(LIMITED) <= 1, "more run at once than their limit says"
                time.sleep(0.01)
        finally:
            os.kill(pid, signal.SIGTERM)
            await_exit(pid)
        self.check()

    def _enqueue(self, step):
        """Enqueue a few jobs in a process of its own; what it reports as returned was committed."""
        names = [f"r{self.rounds}-{i}" for i in range(self.random.randint(1, 4))]
        options = [self._options() for _ in names]
        self.attempted.update(names)
        read_end, write_end = os.pipe()

        def enqueue() -> None:
            if step:
                failpoints.arm(step, self.random.randint(1, len(names)))
            queue = self.huey().queue()
            for name, chosen in zip(names, options, strict=True):
                queue.enqueue("chaostasks.work", (), {"name": name, "job_id": name, **chosen})
                os.write(write_end, f"{name}\n".encode())

        pid = self._fork(enqueue)
        os.close(write_end)
        await_exit(pid)
        with os.fdopen(read_end) as reported:
            self.committed.update(reported.read().split())

    def _options(self):
        """Half of the jobs may be retried, half lie in a lane or have a limit, and a third waits for one or
        two of those that are there.
        """
        chosen = {"job_retries": self.random.choice((0, RETRIES))}
        chosen |= self.random.choice(({}, {}, {"job_lane": "fast"}, {"job_limit_key": "pen"}))
        if self.committed and self.random.random() < 1 / 3:
            newest = sorted(self.committed, key=lambda name: int(name[1:].partition("-")[0]))[-6:]
            chosen["job_depends_on"] = self.random.choices(newest, k=2)
            chosen["job_run_anyway"] = self.random.random() < 0.5
        return chosen

    def _work(self, step):
        """Run a worker until it is killed at `step`, or until there is nothing left for it."""
        count = self.random.randint(1, 3)
        lifetime = self.random.uniform(0.02, 0.6)

        def work() -> None:
            if step in CHILD_STEPS:
                os.environ["DRAWSCAPE_FAILPOINT"] = f"{step}:{count}"
            elif step in WORKER_STEPS:
                failpoints.arm(step, count)
            self.huey().create_consumer(workers=self.random.randint(1, 2)).run()

        pid, ended = self._fork(work), (0, 0)
        deadline = time.monotonic() + (lifetime if step == ANY_MOMENT else 5.0)
        is_left = "status in ('queued', 'started')"
        while ended == (0, 0) and time.monotonic() < deadline:
            if step != ANY_MOMENT and not self._count(is_left):
                break
            time.sleep(0.005)
            ended = os.waitpid(pid, os.WNOHANG)
        if ended == (0, 0):
            os.kill(pid, signal.SIGKILL)
            await_exit(pid)
        # Once its worker was killed every child goes: at once, or on a busy machine within half a minute.
        wait_until(
            lambda: not processes_in(self.home), "the end of those that outlived their worker", 30
        )

    def _fork(self, body):
        pid = os.fork()
        if pid:
            return pid
        try:
            os.environ["DRAWSCAPE_CHAOS"] = str(self.home)  # by which what it starts is found
            _forget_fork_server()
            log = os.open(self.home / "worker.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
            os.dup2(log, 1)
            os.dup2(log, 2)
            body()
        finally:
            os._exit(0)

    def _count(self, condition):
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as connection:
                row = connection.execute(f"select count(*) from job where {condition}").fetchone()
                return int(row[0])
        except sqlite3.OperationalError:  # killed before it made the file or the table
            return 0

    def check(self):
        """Read the file as any program would, and compare with what is known from outside."""
        database = SqliteEngine(self.path)
        stale = self._stale_claims(database)
        recover(database)
        for held in stale:
            late = acknowledge(database, [(held, Outcome("finished"))])[0]
            assert late == [False], f"a late acknowledgement of {held.id} was accepted"
        database.close()
        with closing(sqlite3.connect(self.path)) as connection:
            connection.row_factory = sqlite3.Row
            assert connection.execute("pragma integrity_check").fetchone()[0] == "ok"
            rows = connection.execute("select * from job").fetchall()
        ids = [row["id"] for row in rows]
        assert len(ids) == len(set(ids)), "an id stands twice"
        assert self.committed <= set(ids), f"lost: {self.committed - set(ids)}"
        assert set(ids) <= self.attempted, "a job from nowhere"
        for row in rows:
            self._check_row(row)
        assert not (wrong := problems(self.huey().queue())), wrong

    def _check_row(self, row):
        values = {**dict(row), "payload": None, "result": None}
        status = row["status"]
        trace = self.home / "runs" / row["id"]
        runs = len(trace.read_text().splitlines()) if trace.exists() else 0
        wrong = {
            "its status": status not in STATUSES,
            "its worker": status == "started" and not Locks(self.locks).is_alive(row["worker"]),
            "its result": (row["result"] is not None) != (status == "finished"),
            "its reason": status == "failed"
            and row["reason"] not in ("exception", "crashed", "lost", "dependency"),
            "too many attempts": row["attempts"] > 1 + RETRIES + MAX_RECOVERIES,
            f"{runs} runs": not (status == "finished") <= runs <= row["attempts"],
        }
        assert not any(wrong.values()), f"{[what for what in wrong if wrong[what]]} of {values}"

    def _stale_claims(self, database):
        """The claims of workers that died: what they would acknowledge, were they only slow."""
        rows = database.connection.execute(
            f"select {', '.join(Claim._fields)} from job where status = 'started'"
        ).fetchall()
        return [Claim(*row) for row in rows]


def play(home, seed, rounds):
    """Play so many rounds; an error names the seed, the round and the step."""
    world = World(home, random.Random(seed))
    steps = list(STEPS) * (rounds // len(STEPS) + 1)
    world.random.shuffle(steps)
    for number, step in enumerate(steps[:rounds]):
        try:
            world.play(step)
            if number % 20 == 19:
                world.drain()
        except AssertionError as error:
            sys.exit(f"seed {seed}, round {number}, killed at {step}: {error}")
    world.drain()
    print(f"{len(world.committed)} jobs, none lost")


def _forget_fork_server():
    """Let this copy of the tests' process start one of its own, with a folder of its own: one who sweeps
    what a killed worker has left removes that folder.
    """
    process.current_process()._config.pop("tempdir", None)
    own = forkserver.ForkServer()
    for name in (
        *("ensure_running", "get_inherited_fds", "connect_to_new_process"),
        "set_forkserver_preload",
    ):
        setattr(forkserver, name, getattr(own, name))


if __name__ == "__main__":
    play(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
